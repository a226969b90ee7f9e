"""Scheduled tasks: the list, one of them with its executions, stopping and replacing it; those made elsewhere."""

from __future__ import annotations

import re

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import address as addresses
from accounts import audit
from accounts.access import NotHere, admins_only, operators_only
from accounts.answers import is_fragment, see_other, text_file
from cloud import errors
from cloud.connection import ConfigurationError
from cloud.explain import in_short
from invocations import again, drafts, stopping
from invocations.access import runs_visible_to
from invocations.models import Found, Invocation, RunState
from invocations.results import batches, notices, output, run_page, sent
from invocations.schedules import detail, elsewhere, listing, replacing
from invocations.schedules.preview import Preview
from regions import lists, trouble
from regions.http import RegionRequest


@require_safe
def schedules(request: RegionRequest, region: str) -> HttpResponse:
    mirror = elsewhere.ensure_fresh(region)
    address, now = lists.Address(request, "schedules"), timezone.now()
    page, rows = listing.read(address, request.user, region, now)
    address.settle()
    context = {
        "page": page,
        "rows": rows,
        "address": address,
        "makers": listing.makers(request.user, region),
        "states": [state for state in RunState.choices if state[0] != RunState.PAUSED],
        "next_at": listing.next_of_all(request.user, region, now),
        "trouble": trouble.of(mirror, request.region),
        "is_filtered": any(name in address.in_force for name in ("q", "state", "by")),
    }
    template = "invocations/schedules.html#table" if is_fragment(request) else "invocations/schedules.html"
    return address.answer(render(request, template, context))


@require_safe
def schedule(request: RegionRequest, region: str, schedule: int) -> HttpResponse:
    run = _get(request, schedule)
    if is_fragment(request) and request.GET.get("v") == str(run.version):
        return HttpResponse(status=204)
    query = request.GET.copy()
    query.pop("v", None)
    request.GET = query  # type: ignore[assignment]  # the links of the page carry its query, without `v`
    now = timezone.now()
    shown = detail.Detail(run, request.user, query, now)
    all_batches = batches.of(run, now)
    tab = query.get("tab", "")
    context: dict[str, object] = {
        "run": run,
        "shown": shown.opened,
        "detail": shown,
        "tab": tab if tab in ("instances", "settings") else "executions",
        "run_as": run_page.run_as(run),
        "parameters": sent.parameters(run),
        "notices": notices.of(run, request.region, all_batches, now),
        "batches": all_batches,
    }
    if tab == "settings":
        context |= {"content_lines": sent.content_lines(run), "sent_page": sent.batches(run, query.get("page"))}
    template = "invocations/schedule.html#live" if is_fragment(request) else "invocations/schedule.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@operators_only
def stop(request: RegionRequest, region: str, schedule: int) -> HttpResponse:
    """GET says what a stop would do: a dialog, and a page of its own without script. POST does it."""
    run = _get(request, schedule)
    if not replacing.may_stop(request.user, run):
        raise NotHere(_("Only whoever made this schedule and team admins can stop it."))
    if request.method != "POST":
        running = run.targets.filter(state="running").count()
        return _asked(request, {"title": run.title, "run": run, "n": run.targets.open().count(), "running": running})
    if run.is_live and run.stop_requested_at is None:
        stopping.request(run, request.user, addresses.of(request))
        messages.success(request, _("Schedule #%(id)s is being stopped.") % {"id": run.pk})
    else:
        messages.info(request, _("Nothing was left to stop: it had already ended."))
    return see_other(run.get_absolute_url())


@require_POST
@operators_only
def replace(request: RegionRequest, region: str, schedule: int) -> HttpResponse:
    """The panel, filled in as this schedule is; it goes on until the cloud has taken the new one."""
    run = _get(request, schedule)
    if not replacing.may_stop(request.user, run):
        raise NotHere(_("Only whoever made this schedule and team admins can replace it."))
    draft = again.prepare(run, run.targets.order_by("name").values_list("instance_id", flat=True), request.user)
    if run.is_live:
        drafts.type_again(draft, {**draft.fields, "replaces": str(run.pk)})
    return see_other(again.path_of(draft))


@require_safe
def execution_output(request: RegionRequest, region: str, schedule: int, execution: int) -> HttpResponse:
    """The bytes as they came."""
    run = _get(request, schedule)
    found = detail.get_execution(run, str(execution))
    if found is None:
        raise Http404
    opened = detail.open_execution(found, run, timezone.now())
    name = re.sub(r"[^0-9A-Za-z-]", "", found.target.instance_id)
    return text_file(output.content_of(opened.target), f"schedule-{run.pk}-{name}-{found.n}.txt")


@require_safe
def made_elsewhere(request: RegionRequest, region: str, task_id: str) -> HttpResponse:
    elsewhere.ensure_fresh(region)
    found = _found(region, task_id)
    timing = elsewhere.timing_of(found)
    context = {
        "found": found,
        "title": found.command_name or found.command_cloud_id,
        "timing": timing,
        "preview": Preview(timing, timezone.now()),
        "goes_on": elsewhere.goes_on(found),
        "targets": sorted(found.targets.items()),
    }
    return render(request, "invocations/schedule_elsewhere.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def stop_elsewhere(request: RegionRequest, region: str, task_id: str) -> HttpResponse:
    """Nobody here made it, so that only team admins may end it."""
    found = _found(region, task_id)
    title = found.command_name or found.command_cloud_id
    asked = {"title": title, "found": found, "n": len(found.targets)}
    if request.method != "POST":
        return _asked(request, asked)
    with transaction.atomic():  # written before the call, as every effect is
        audit.record(
            request.user,
            "schedule.stopped",
            region=region,
            object=found.invoke_id,
            address=addresses.of(request),
            targets=sorted(found.targets),
        )
    try:
        elsewhere.stop(found)
    except (errors.CloudError, ConfigurationError) as error:
        return _asked(request, asked | {"refusal": in_short(error)}, status=409)
    messages.success(request, _("The cloud was asked to stop %(name)s.") % {"name": title})
    return see_other(reverse("invocations:schedule_elsewhere", args=[region, task_id]))


def _get(request: RegionRequest, number: int) -> Invocation:
    """A schedule this person may see; a run of now has another page."""
    runs = runs_visible_to(request.user).repeating().select_related("person", "command", "replaces")
    return get_object_or_404(runs, region=request.region.pk, pk=number)


def _found(region: str, invoke_id: str) -> Found:
    return get_object_or_404(elsewhere.listed(region), invoke_id=invoke_id[:64])


def _asked(request: RegionRequest, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    template = "invocations/schedule_stop.html#dialog" if is_fragment(request) else "invocations/schedule_stop.html"
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
