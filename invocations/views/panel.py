"""The execute panel: filled in by a draft or a link, checked while it is typed into, and sent."""

from __future__ import annotations

import logging
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts import address
from accounts.access import operators_only
from commands import sync
from commands.access import get_command_for
from commands.models import Command
from instances import mirror
from invocations import drafts, links, submitting
from invocations.models import Draft, Invocation
from invocations.panel import Panel, as_uuid, strange_fields
from invocations.views.answers import is_fragment, see_other
from regions import trouble
from regions.http import RegionRequest
from regions.models import Mirror

log = logging.getLogger(__name__)
PATIENCE = 10.0  # seconds that submit waits for the cloud's present state


@operators_only
@never_cache
@vary_on_headers("HX-Request")
@require_http_methods(["GET", "HEAD", "POST"])
def panel(request: RegionRequest, region: str, cloud_id: str) -> HttpResponse:
    if request.method != "POST":
        return _show(request, region, cloud_id)
    if strange := strange_fields(request.POST):
        log.warning("Fields that the execute form does not have were ignored: %s", ", ".join(strange))
    if request.POST.get("action") == "run":
        return _run(request, region, cloud_id)
    return _check(request, region, cloud_id)


def _show(request: RegionRequest, region: str, cloud_id: str) -> HttpResponse:
    command = get_command_for(request.user, region, cloud_id)
    fresh = mirror.ensure_fresh(region)
    linked, notes = links.from_link(request.GET, command, request.user)
    draft_id = as_uuid(request.GET.get("draft"))
    draft = drafts.find(request.user, region, draft_id)
    if draft and draft.command_id != command.pk:
        draft = None
    if not draft and _needs_token_in_address(request):
        return _with_token_in_address(request)
    if draft_id and not draft:
        linked.pop("draft", None)
        notes.append(_("That draft is no longer there; a draft is kept for 24 hours."))
    shown = Panel(request.user, request.region, command, _over(draft, linked), draft)
    shown.notes += notes
    shown.trouble = trouble.of(fresh, request.region)
    return _page(request, shown)


def _needs_token_in_address(request: RegionRequest) -> bool:
    """A link that chooses fills in the same form each time it is loaded, also by Back after Run (B93)."""
    return "ids" in request.GET and not as_uuid(request.GET.get("form_token")) and not is_fragment(request)


def _with_token_in_address(request: RegionRequest) -> HttpResponse:
    """Back leads to this address, which has the form's token: Run then leads to the run there is, script or not."""
    query = request.GET.copy()
    query["form_token"] = str(uuid4())
    return see_other(f"{request.path}?{query.urlencode()}")


def _over(draft: Draft | None, linked: QueryDict) -> QueryDict:
    """What the draft kept, with what the address says in its place."""
    data = QueryDict(mutable=True)
    for name, value in (draft.fields if draft else {}).items():
        data[name] = value
    for name, values in linked.lists():
        data.setlist(name, values)
    return data


def _check(request: RegionRequest, region: str, cloud_id: str) -> HttpResponse:
    """What would stand in the way, while somebody types (in pieces) or by a button (as a page). Runs nothing."""
    checked = _posted(request, get_command_for(request.user, region, cloud_id))
    if is_fragment(request):
        if checked.draft:
            drafts.type_again(checked.draft, checked.fields_to_keep)
        checked.form.quieten(except_for=request.POST.get("touched", "").split(","))
        return render(request, "invocations/panel_live.html", {"panel": checked})
    if checked.chosen:
        checked.keep()
    checked.shows_summary = True
    return _page(request, checked)


def _posted(request: RegionRequest, command: Command) -> Panel:
    data = request.POST.copy()
    if "go_on_without_unfit" in request.GET:
        data["go_on_without_unfit"] = request.GET["go_on_without_unfit"]
    draft = drafts.find(request.user, command.region, as_uuid(data.get("draft")))
    return Panel(request.user, request.region, command, data, draft)


def _run(request: RegionRequest, region: str, cloud_id: str) -> HttpResponse:
    if before := _made_before(request):
        messages.info(request, _("This run had already been started."))
        return _go_to(request, before)
    posted = _posted(request, get_command_for(request.user, region, cloud_id))
    if posted.form.is_typed_wrong:  # which no fresh copy would change
        return _page(request, _kept(posted), status=422)
    found = mirror.ensure_fresh(region, wait=PATIENCE)
    sync.ensure_fresh(region, wait=PATIENCE)
    posted = _kept(_posted(request, get_command_for(request.user, region, cloud_id)))
    if request.POST.get("version", posted.command.content_sha256) != posted.command.content_sha256:
        posted.notes.append(_("The command was changed while you were here. Look at its content, then run it."))
        return _page(request, posted, status=409)
    if not _has_token_of_its_own(request, posted):
        posted.notes.append(_("This form had been open for another run. Nothing has run; look at it and run it again."))
        return _page(request, posted, status=422)
    if _shows_another_selection(request, posted):
        posted.notes.append(_("The selection has changed, here or in another window. Look at it, then run it."))
        return _page(request, posted, status=422)
    if not posted.form.is_valid():
        return _page(request, posted, status=422)
    return _submit(request, posted, found)


def _kept(posted: Panel) -> Panel:
    """As a draft; and what is wrong with it will stand on top."""
    posted.shows_summary = True
    if posted.chosen:
        posted.keep()
    return posted


def _made_before(request: RegionRequest) -> Invocation | None:
    token = as_uuid(request.POST.get("form_token"))
    return Invocation.objects.filter(form_token=token, person=request.user).first() if token else None


def _has_token_of_its_own(request: RegionRequest, posted: Panel) -> bool:
    """A run needs the token its form came with, and nobody else's. Without a good one the form gets a new one.

    A run of this very person's has it only since another click of a moment ago: to submit then finds that run.
    """
    token = as_uuid(request.POST.get("form_token"))
    if token and not Invocation.objects.filter(form_token=token).exclude(person=request.user).exists():
        return True
    posted.form_token = uuid4()
    return False


def _shows_another_selection(request: RegionRequest, posted: Panel) -> bool:
    """With script the button names the very selection; without, the ticks of the page are newer than its words."""
    shown = request.POST.get("selection")
    return is_fragment(request) and shown is not None and shown != posted.selection_digest


def _submit(request: RegionRequest, posted: Panel, found: Mirror) -> HttpResponse:
    plan = posted.form.plan(
        request.user,
        address=address.of(request),
        form_token=posted.form_token,
        again_of=posted.draft.again_of if posted.draft else None,
    )
    run, is_new = submitting.submit(plan)
    if is_new:
        text = ngettext("Run #%(id)s started on %(n)s instance.", "Run #%(id)s started on %(n)s instances.", run.total)
        messages.success(request, text % {"id": run.pk, "n": f"{run.total:,}"})
        if stale := trouble.of(found, request.region):
            messages.warning(request, stale.what)
    else:
        messages.info(request, _("This run had already been started."))
    return _go_to(request, run)


def _go_to(request: RegionRequest, run: Invocation) -> HttpResponse:
    if is_fragment(request):
        return HttpResponse(status=204, headers={"HX-Redirect": run.get_absolute_url()})
    return see_other(run.get_absolute_url())


def _page(request: RegionRequest, shown: Panel, *, status: int = 200) -> HttpResponse:
    """The whole page; for htmx the drawer's content, or the inside of the form that was sent from it."""
    if not shown.shows_summary:
        shown.form.quieten()
    part = ""
    if is_fragment(request):
        part = "#content" if request.method == "POST" else "#sheet"
    return render(request, f"invocations/panel.html{part}", {"panel": shown}, status=status)
