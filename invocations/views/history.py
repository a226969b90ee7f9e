"""The history: every run of a region, of all regions, of one command."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.answers import is_fragment, see_other
from accounts.http import PersonRequest
from commands.access import get_command_for
from invocations.access import runs_visible_to
from invocations.models import Invocation, RunState
from invocations.results import found as found_in_cloud
from invocations.results import history as listing
from invocations.results import keyset, recent, strip
from regions.http import RegionRequest
from regions.models import Region

SHOWN = ("person", "command")
UNREAD = ("content", "parameters", "secret_names", "command__content")


@require_safe
def history(request: RegionRequest, region: str) -> HttpResponse:
    if request.GET.get("region") == "all":
        return see_other(
            f"{reverse('invocations:history_all')}?{_without(request.GET, 'region', 'before', 'after').urlencode()}"
        )
    runs = runs_visible_to(request.user).filter(region=region)
    return _answer(request, "invocations/history.html", runs, name=f"history {region}", context={"found_in": region})


@require_safe
def history_all(request: PersonRequest) -> HttpResponse:
    """In every region; one named in the address leads to that region's own list."""
    named = request.GET.get("region", "")
    if Region.objects.filter(pk=named[:64], is_listed=True).exists():
        rest = _without(request.GET, "region", "before", "after").urlencode()
        return see_other(f"{reverse('invocations:history', args=[named])}?{rest}")
    runs = runs_visible_to(request.user)
    context = {"is_everywhere": True, "regions": Region.objects.in_bulk(), "found_in": None}
    return _answer(request, "invocations/history.html", runs, name="history", context=context)


@require_safe
def command_runs(request: RegionRequest, region: str, cloud_id: str) -> HttpResponse:
    """A tab of the command's page."""
    command = get_command_for(request.user, region, cloud_id)
    runs = runs_visible_to(request.user).filter(region=region, command=command)
    context = {"command": command, "recent": recent.of(runs)}
    return _answer(request, "invocations/command_runs.html", runs, name=f"command {region} {cloud_id}", context=context)


def _answer(
    request: PersonRequest, template: str, runs: QuerySet[Invocation], *, name: str, context: dict[str, Any]
) -> HttpResponse:
    """The page, its table alone after a filter or a poll, or 204 when a poll would show what is there."""
    now = timezone.now()
    filters = listing.Filters.of(request.GET, now)
    found = listing.matching(runs, filters).select_related(*SHOWN).defer(*UNREAD)
    page = _page(request, found, filters, name)
    new = _new(request.GET, found)
    if (v := listing.digest(page.rows, new)) == request.GET.get("v"):
        return HttpResponse(status=204)
    shown = {
        "rows": [listing.Row(run) for run in page.rows],
        "page": page,
        "filters": filters,
        "new": new,
        "top": request.GET.get("top") or (page.rows[0].pk if page.rows else 0),
        "v": v,
        "is_empty": not page.rows and page.is_first and not filters.are_any and not new,
    }
    if is_fragment(request):
        request.GET = _without(request.GET, "v", "top")  # type: ignore[assignment]
        template = f"{template}#table"
    else:
        has_found = "found_in" in context and page.is_first and filters.show_found
        shown["found"] = found_in_cloud.listed(context["found_in"]) if has_found else []
        shown |= {"states": RunState.choices, "operators": listing.operators(runs), "strip": strip.of(runs, now)}
    response = render(request, template, context | shown)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _page(
    request: PersonRequest, found: QuerySet[Invocation], filters: listing.Filters, name: str
) -> keyset.KeysetPage[Invocation]:
    """A poll asks for what its page shows: nothing newer than its topmost run."""
    top = request.GET.get("top", "")
    shown = found.filter(pk__lte=int(top)) if _is_number(top) else found
    cursors = keyset.Cursors.of(name, request.user.pk, filters.as_query())
    return keyset.page_of(shown, cursors, before=request.GET.get("before", ""), after=request.GET.get("after", ""))


def _new(query: QueryDict, found: QuerySet[Invocation]) -> int:
    top = query.get("top", "")
    return listing.newer_than(found, int(top)) if _is_number(top) else 0


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _without(query: QueryDict, *names: str) -> QueryDict:
    """The query without these, to be written into an address."""
    rest = query.copy()
    for name in names:
        rest.pop(name, None)
    return rest
