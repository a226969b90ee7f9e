"""One run: its page, the fragment that keeps it live, stopping it, running it again."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HTMX_STOP_POLLING

from accounts import address
from accounts.access import operators_only
from accounts.answers import is_fragment, see_other
from accounts.plain_input import as_number, as_uuid, visible
from accounts.sessions import background
from invocations import again as running_again
from invocations import drafts, stopping
from invocations.access import get_run_for, get_run_version_for
from invocations.results import run_page, shared, stop
from invocations.views import rollout, schedules
from regions.http import RegionRequest

if TYPE_CHECKING:
    from invocations.models import Invocation

TOKEN_OF_ANYBODY = secrets.token_hex(16)  # of forms in a shared fragment; in no answer, and not to be guessed
MOST_IDS = 1000  # chosen rows of one page, and then some


@require_safe
def run(request: RegionRequest, region: str, run: int) -> HttpResponse:
    found = get_run_for(request.user, region, run)
    if found.repeats:
        return see_other(found.get_absolute_url())
    template = "invocations/run.html#live" if is_fragment(request) else "invocations/run.html"
    return _rendered(request, found, template)


@background
@require_safe
def live(request: RegionRequest, region: str, run: int) -> HttpResponse:
    """204 while the page shows what there is, else the fragment; at the end the last one, which stops the polling."""
    found = get_run_version_for(request.user, region, run)
    query = request.GET.copy()
    seen = query.pop("v", [""])[0]
    if seen == run_page.version(found, timezone.now()):
        return HttpResponse(status=204)
    request.GET = query  # type: ignore[assignment]  # the fragment's links carry the page's query, without `v`
    fragment = _fragment(request, found, seen)
    if fragment is None:
        return HttpResponse(status=204)
    response = HttpResponse(_with_own_token(fragment.text, request))
    response.status_code = HTMX_STOP_POLLING if fragment.is_last else 200
    patch_vary_headers(response, ["HX-Request"])
    return response


def _fragment(request: RegionRequest, found: Invocation, seen: str) -> shared.Fragment | None:
    """Shared with all who see the very same: only the token of its forms is each person's own."""

    def make() -> shared.Fragment:
        whole = get_run_for(request.user, request.region.pk, found.pk)
        shown = _context(request, whole, is_fragment=True, keeps_batches=True) | {"csrf_token": TOKEN_OF_ANYBODY}
        text = render_to_string("invocations/run.html#live", shown, request)
        return shared.Fragment(text, whole.version, is_last=not whole.is_live)

    if messages.get_messages(request):
        return make()
    who = (request.user.role, get_language(), str(timezone.get_current_timezone()))
    number = as_number(seen.partition("-")[0]) or 0
    return shared.fragment((found.pk, found.is_live, *who, request.GET.urlencode()), seen=number, make=make)


def _with_own_token(text: str, request: RegionRequest) -> str:
    return text.replace(TOKEN_OF_ANYBODY, get_token(request)) if TOKEN_OF_ANYBODY in text else text


def _rendered(request: RegionRequest, found: Invocation, template: str) -> HttpResponse:
    response = render(request, template, _context(request, found, is_fragment=template.endswith("#live")))
    patch_vary_headers(response, ["HX-Request"])
    return response


def _context(
    request: RegionRequest, found: Invocation, *, is_fragment: bool, keeps_batches: bool = False
) -> dict[str, Any]:
    """`keeps_batches`: they were open while the run was live; only a page opened later folds them."""
    shown = run_page.context(found, request.region, request.user, request.GET, timezone.now())
    return shown | {"is_fragment": is_fragment, "keeps_batches": keeps_batches}


@require_http_methods(["GET", "HEAD", "POST"])
@operators_only
def stop_run(request: RegionRequest, region: str, run: int) -> HttpResponse:
    """GET says what a stop would do: a dialog, and a page of its own without script. POST does it.

    Chosen rows are posted, too; with `ask` among them they are only asked about.
    """
    found = get_run_for(request.user, region, run)
    if found.repeats:
        return schedules.stop(request, region, run)
    if request.method == "POST" and request.POST.get("scope") == "unsent":
        return rollout.stop_here(request, found)
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
    """The panel, filled in as this run was; nothing runs by itself. Asks first where some may have run already."""
    found = get_run_for(request.user, region, run)
    if "newest" in request.POST:
        return _with_newest(request, found)
    words = request.POST.get("which", "all").split(",")
    which = [word for word in words if word in (*drafts.STATES_AGAIN, "ids")] or ["all"]
    chosen = running_again.targets_of(found, which, drafts.ids_in(request.POST.getlist("ids")))
    if not chosen.ids and chosen.still_open:
        messages.error(request, chosen.refusal)
        return see_other(found.get_absolute_url())
    if chosen.question and "confirmed" not in request.POST:
        return render(request, "invocations/again.html", {"run": found, "chosen": chosen})
    draft = running_again.prepare(found, chosen.ids, request.user)
    if chosen.refusal:
        messages.warning(request, chosen.refusal)
    return see_other(running_again.path_of(draft))


def _with_newest(request: RegionRequest, found: Invocation) -> HttpResponse:
    """From the panel of an older version: the same with the command as it is now."""
    draft = drafts.find(request.user, found.region, as_uuid(request.POST.get("draft")))
    if draft is None or draft.again_of_id != found.pk:
        raise Http404
    if not running_again.use_newest(draft, request.user):
        messages.error(request, _("The command is no longer there; its content as it ran is."))
    return see_other(running_again.path_of(draft))
