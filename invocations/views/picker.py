"""The picker's rows, changes of the selection, its review, and pasted lists."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.access import operators_only
from accounts.answers import is_fragment, see_other
from accounts.plain_input import as_uuid, visible
from commands.access import Moved, get_command_for
from commands.models import Command
from instances import mirror
from instances.models import Kind
from invocations import choosing, drafts, pasting, unsaved
from invocations.models import Draft
from invocations.panel import Panel, UnsavedPanel
from invocations.picking import LOOKS, MANAGED, Look, Picker
from invocations.reports import Report
from invocations.reviewing import Review
from invocations.suggesting import suggestions_for
from regions.http import RegionRequest

PATIENCE = 5.0  # seconds for somebody who asked to check again
FIXES = {"start": "instances:start", "install": "instances:install_agent"}
KINDS = {"instances": Kind.ECS, "managed": Kind.MANAGED}  # word in the address -> kind


@operators_only
@never_cache
@vary_on_headers("HX-Request")
@require_safe
def picker(request: RegionRequest, region: str, kind: str) -> HttpResponse:
    """The rows of one kind that match `q`: a piece of the panel, or a plain list where no command is named."""
    if kind not in KINDS:
        raise Http404
    draft = drafts.find(request.user, region, as_uuid(request.GET.get("draft")))
    panel = _opened(request, _with_script(request.GET, draft), draft)
    if panel is None:
        found = Picker(request.user, request.region, "", Look.of(request.GET, KINDS[kind]), [])
        return render(request, "invocations/picker.html", {"picker": found})
    if not is_fragment(request):
        panel.form.quieten()
        return render(request, "invocations/panel.html", {"panel": panel})
    found = panel.picker(KINDS[kind])
    response = render(request, "invocations/picker_pieces.html", {"panel": panel, "picker": found})
    if found.look.is_too_long:
        response.status_code = 422
    else:
        response["HX-Replace-Url"] = panel.address
    return response


@operators_only
@never_cache
@require_safe
def suggestions(request: RegionRequest, region: str, kind: str) -> HttpResponse:
    """What the word that is being typed may become, with how many instances each finds."""
    if kind not in KINDS:
        raise Http404
    found = suggestions_for(request.user, request.region, KINDS[kind], request.GET.get("word", ""))
    return render(request, "invocations/suggestions.html", {"suggestions": found, "kind": KINDS[kind]})


@operators_only
@never_cache
@require_POST
def selection(request: RegionRequest, region: str, draft: UUID) -> HttpResponse:
    """Change the selection: `op` says how; whatever was typed into the form is kept with it."""
    panel = _panel(request, draft)
    op = request.POST.get("op") or request.GET.get("op", "")
    if op == "paste" and pasting.read(request.POST.get("ids", "")).is_too_long:
        return _paste(request, panel, status=422)
    if request.GET.get("then") == "refresh":
        mirror.ensure_fresh(region, max_age=0, wait=PATIENCE)
    before = panel.chosen
    panel.choose(choosing.CHANGES.get(op, choosing.show)(panel, _change(request)))
    panel.keep()
    if not is_fragment(request):
        return see_other(_next(request, panel))
    is_reviewed = request.GET.get("then") == "review"
    if is_reviewed and op == "show":
        return _review(request, panel)
    context = {
        "panel": panel,
        "rows": is_reviewed or op not in ("add", "remove") or "group" in request.GET,
        "cleared": before if op == "clear" else [],
        "review": _review_of(request, panel) if is_reviewed else None,
    }
    response = render(request, "invocations/panel_live.html", context)
    response["HX-Replace-Url"] = panel.address
    return response


def _with_script(query: QueryDict, draft: Draft | None) -> QueryDict:
    """An address has at most the type of a script that is not saved; the rest of it is in the draft."""
    if draft is None or draft.command is not None:
        return query
    data = query.copy()
    for name in unsaved.COMMAND_FIELDS:
        if name in draft.fields:
            data.setdefault(name, draft.fields[name])
    return data


def _change(request: RegionRequest) -> choosing.Change:
    kind = request.GET.get("kind")
    field = "undo_ids" if request.POST.get("op") == "undo" else "ids"
    return choosing.Change(
        ids=drafts.ids_in(request.POST.getlist(field)),
        text=request.POST.get("ids", ""),
        resolves_names=_resolves_names(request),
        kind=Kind(kind) if kind in Kind.values else None,
        group=request.GET.get("group", ""),
    )


def _next(request: RegionRequest, panel: Panel) -> str:
    then = request.GET.get("then", "")
    if then in FIXES:
        ids = {"ids": request.GET.get("fix", ""), "next": panel.address}
        return f"{reverse(FIXES[then], args=[panel.region.pk])}?{urlencode(ids)}"
    addresses = {"paste": panel.paste_path, "review": panel.review_path, **_pages_of_selections(request, panel)}
    return addresses.get(then, f"{panel.address}#instances")


def _pages_of_selections(request: RegionRequest, panel: Panel) -> dict[str, str]:
    fields = {"draft": str(panel.draft_id), "of": request.GET.get("of", ""), "next": f"{panel.address}#instances"}
    query, region = urlencode(fields), [panel.region.pk]
    return {
        "selections": f"{reverse('invocations:selections', args=region)}?{query}",
        "save": f"{reverse('invocations:selection_new', args=region)}?{query}",
    }


@operators_only
@never_cache
@vary_on_headers("HX-Request")
@require_safe
def cloud_check(request: RegionRequest, region: str, draft: UUID) -> HttpResponse:
    """How the cloud's own check stands; at its end with the rows it marks. Asks the cloud nothing itself."""
    panel = _panel(request, draft)
    panel.form.quieten()
    if not is_fragment(request):
        return see_other(f"{panel.address}#cloud-check")
    is_over = panel.cloud_check.state != "running"
    return render(request, "invocations/panel_cloud_check.html", {"panel": panel, "rows": is_over})


@operators_only
@never_cache
@vary_on_headers("HX-Request")
@require_safe
def review(request: RegionRequest, region: str, draft: UUID) -> HttpResponse:
    """Only what is chosen. There is nothing to review before something is."""
    return _review(request, _panel(request, draft))


def _review(request: RegionRequest, panel: Panel) -> HttpResponse:
    template = "invocations/review.html#content" if is_fragment(request) else "invocations/review.html"
    return render(request, template, {"panel": panel, "review": _review_of(request, panel)})


def _review_of(request: RegionRequest, panel: Panel) -> Review:
    look = request.GET if "review_q" in request.GET else request.POST or request.GET
    return Review(request.user, request.region, panel.command.type, panel.chosen, look)


@operators_only
@never_cache
@vary_on_headers("HX-Request")
@require_http_methods(["GET", "HEAD", "POST"])
def paste(request: RegionRequest, region: str, draft: UUID) -> HttpResponse:
    """A pasted list: what of it is there, what of that can run. Adds nothing."""
    return _paste(request, _panel(request, draft))


def _paste(request: RegionRequest, panel: Panel, *, status: int = 200) -> HttpResponse:
    text = request.POST.get("ids", "")
    report = Report(panel, text, resolves_names=_resolves_names(request)) if text.strip() else None
    if report and report.is_too_long:
        status = 422
    template = "invocations/paste.html#content" if is_fragment(request) else "invocations/paste.html"
    return render(request, template, {"panel": panel, "text": text, "report": report}, status=status)


def _resolves_names(request: RegionRequest) -> bool:
    return request.POST.get("names") == "on"


def _command(request: RegionRequest, draft: Draft | None) -> Command | None:
    """The draft's, or the one that is named as long as there is no draft yet; of a script that is not saved none."""
    if draft:
        return draft.command
    cloud_id = _key(request)
    if cloud_id == unsaved.KEY:
        return None
    try:
        return get_command_for(request.user, request.region.pk, visible(cloud_id)) if cloud_id else None
    except Moved as moved:  # the panel was opened before: what is chosen is chosen for the command all the same
        return moved.command


def _key(request: RegionRequest) -> str:
    return request.POST.get("command") or request.GET.get("command") or ""


def _opened(request: RegionRequest, data: QueryDict, draft: Draft | None) -> Panel | None:
    """None where neither a draft nor a command is named."""
    command = _command(request, draft)
    if command is not None:
        return Panel(request.user, request.region, command, data, draft)
    if draft or _key(request) == unsaved.KEY:
        script = unsaved.command_of(request.region.pk, data)
        return UnsavedPanel(request.user, request.region, script, data, draft)
    return None


def _panel(request: RegionRequest, draft_id: UUID) -> Panel:
    """As the form shows it, an address naming what it changes. A form that brings only a change leaves the rest."""
    draft = drafts.find(request.user, request.region.pk, draft_id)
    data = QueryDict(mutable=True)
    is_whole_form = "form_token" in request.POST
    for name, value in (draft.fields if draft and not is_whole_form else {}).items():
        data[name] = value
    for source in (request.POST, request.GET):
        for name, values in source.lists():
            data.setlist(name, values)
    _turn_back(request, data)
    data["draft"] = str(draft_id)
    panel = _opened(request, unsaved.read(data) if is_whole_form else data, draft)
    if panel is None:
        raise Http404
    return panel


def _turn_back(request: RegionRequest, data: QueryDict) -> None:
    """A new search begins on its first page; `forget` names the picker whose search is to be given up."""
    forgotten = request.GET.get("forget")
    for name in LOOKS:
        is_forgotten = forgotten == (Kind.MANAGED if name.startswith(MANAGED) else Kind.ECS)
        is_old_page = name.endswith("page") and request.POST.get("op") == "show" and name not in request.GET
        if is_forgotten or is_old_page:
            data.pop(name, None)
