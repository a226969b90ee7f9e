"""One run: its page, the fragment that keeps it live, stopping it, running it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HTMX_STOP_POLLING

from accounts import address
from accounts.access import operators_only
from accounts.answers import is_fragment, see_other
from accounts.plain_input import as_number, visible
from accounts.sessions import background
from invocations import drafts, stopping
from invocations.access import get_run_for
from invocations.results import run_page, stop
from regions.http import RegionRequest

if TYPE_CHECKING:
    from invocations.models import Invocation

MOST_IDS = 1000  # chosen rows of one page, and then some


@require_safe
def run(request: RegionRequest, region: str, run: int) -> HttpResponse:
    found = get_run_for(request.user, region, run)
    template = "invocations/run.html#live" if is_fragment(request) else "invocations/run.html"
    return _rendered(request, found, template)


@background
@require_safe
def live(request: RegionRequest, region: str, run: int) -> HttpResponse:
    """204 while the page shows what there is, else the fragment; at the end the last one, which stops the polling."""
    found = get_run_for(request.user, region, run)
    query = request.GET.copy()
    if query.pop("v", [""])[0] == run_page.version(found, timezone.now()):
        return HttpResponse(status=204)
    request.GET = query  # type: ignore[assignment]  # the fragment's links carry the page's query, without `v`
    response = _rendered(request, found, "invocations/run.html#live", keeps_batches=True)
    response.status_code = 200 if found.is_live else HTMX_STOP_POLLING
    return response


def _rendered(request: RegionRequest, found: Invocation, template: str, *, keeps_batches: bool = False) -> HttpResponse:
    """`keeps_batches`: they were open while the run was live; only a page opened later folds them."""
    context = run_page.context(found, request.region, request.user, request.GET, timezone.now())
    own = {"is_fragment": template.endswith("#live"), "keeps_batches": keeps_batches}
    response = render(request, template, context | own)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@operators_only
def stop_run(request: RegionRequest, region: str, run: int) -> HttpResponse:
    """GET says what a stop would do: a dialog, and a page of its own without script. POST does it.

    Chosen rows are posted, too; with `ask` among them they are only asked about.
    """
    found = get_run_for(request.user, region, run)
    asked = _stop_asked_for(found, request.POST if request.method == "POST" else request.GET)
    if request.method != "POST" or "ask" in request.POST:
        template = "invocations/stop.html#dialog" if is_fragment(request) else "invocations/stop.html"
        response = render(request, template, {"run": found, "stop": asked})
        patch_vary_headers(response, ["HX-Request"])
        return response
    if asked.is_possible:
        stopping.request(found, request.user, address.of(request), scope=asked.scope, batch=asked.batch, ids=asked.ids)
    else:
        messages.info(request, _("Nothing was left to stop: it had already ended."))
    return see_other(found.get_absolute_url())


def _stop_asked_for(found: Invocation, query: QueryDict) -> stop.Stop:
    scope = query.get("ask") or query.get("scope", "run")
    if scope not in ("run", "batch", "targets"):
        raise Http404
    batch = get_object_or_404(found.batches, seq=as_number(query.get("batch"))) if scope == "batch" else None
    return stop.of(found, cast(stopping.Scope, scope), batch, _ids(query) if scope == "targets" else [])


def _ids(query: QueryDict) -> list[str]:
    """Repeated or comma-separated."""
    return [visible(part) for text in query.getlist("ids") for part in text.split(",") if part][:MOST_IDS]


@require_POST
@operators_only
def again(request: RegionRequest, region: str, run: int) -> HttpResponse:
    """The panel, filled in as this run was; nothing runs by itself."""
    found = get_run_for(request.user, region, run)
    which = [word for word in request.POST.get("which", "all").split(",") if word in (*drafts.STATES_AGAIN, "ids")]
    draft = drafts.for_again(found, which or ["all"], _ids(request.POST), request.user)
    panel = reverse("invocations:unsaved", args=[region])
    if draft.command:
        panel = reverse("invocations:panel", args=[region, draft.command.cloud_id])
    return see_other(f"{panel}?draft={draft.pk}")
