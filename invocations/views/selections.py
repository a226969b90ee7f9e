"""The pages of saved selections: the list, saving, changing and deleting one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import address
from accounts.access import NotHere, operators_only
from accounts.answers import is_fragment, see_other
from accounts.pages import own_path
from accounts.plain_input import as_uuid
from instances import selection_saving, selection_uses, selections
from instances.access import get_selection_for
from instances.models import Kind, Selection
from instances.selection_saving import ChangedMeanwhile, GoneMeanwhile, NameTaken
from invocations import drafts, selecting
from invocations.models import Draft
from invocations.picking import MANAGED
from invocations.selecting import Listing, SelectionForm, Start
from regions.http import RegionRequest

HISTORY = 20  # uses of a selection that are compared on its page


@operators_only
@never_cache
@vary_on_headers("HX-Request")
@require_safe
def listing(request: RegionRequest, region: str) -> HttpResponse:
    """All there are; as a fragment the menu of a picker of `kind`. With `draft`, each leads back to that panel."""
    kind = _kind(request.GET)
    draft = drafts.find(request.user, region, as_uuid(request.GET.get("draft")))
    context = {
        "listing": Listing(request.user, request.region, request.GET.get("page")),
        "kind": kind,
        "draft": draft,
        "back": _panel_of(draft) if draft else "",
        "field": f"{MANAGED}q" if kind == Kind.MANAGED else "q",
    }
    return render(request, f"invocations/selections.html{'#menu' if is_fragment(request) else ''}", context)


def _panel_of(draft: Draft) -> str:
    """Where it is filled in further."""
    query = {"draft": str(draft.pk)}
    if draft.command is None:
        return reverse("invocations:unsaved", args=[draft.region], query=query)
    return reverse("invocations:panel", args=[draft.region, draft.command.cloud_id], query=query)


@operators_only
@never_cache
@vary_on_headers("HX-Request")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: RegionRequest, region: str) -> HttpResponse:
    """Save what a picker shows: a dialog of the panel, and a page of its own."""
    if request.method == "POST":
        return _save(request, SelectionForm(request.POST, request.user, request.region))
    draft = drafts.find(request.user, region, as_uuid(request.GET.get("draft")))
    start = Start.of(request.user, request.region, request.GET, draft, _kind(request.GET))
    form = SelectionForm(start.data, request.user, request.region)
    return _page(request, form, is_sent=False)


def _save(request: RegionRequest, form: SelectionForm) -> HttpResponse:
    if request.POST.get("action") == "check":
        return _page(request, form, is_sent=False)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        saved = selection_saving.save(
            request.user, request.region.pk, form.wording(), token=form.token, address=address.of(request)
        )
    except NameTaken:
        form.add_error("name", selecting.name_refused())
        return _page(request, form, status=422)
    if is_fragment(request):
        context = {"selection": saved, "word": selections.word(saved)}
        return render(request, "invocations/selection_edit.html#done", context)
    return _back(request, _("Saved as “%(name)s”.") % {"name": saved.full_name})


@operators_only
@never_cache
@vary_on_headers("HX-Request")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: RegionRequest, region: str, selection: int) -> HttpResponse:
    found = get_selection_for(request.user, region, selection)
    if request.method == "POST":
        return _change(request, found, SelectionForm(request.POST, request.user, request.region, found))
    form = SelectionForm(selecting.data_of(found), request.user, request.region, found)
    return _page(request, form, is_sent=False)


def _change(request: RegionRequest, selection: Selection, form: SelectionForm) -> HttpResponse:
    if request.POST.get("action") == "check":
        return _page(request, form, is_sent=False)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        changed = selection_saving.change(
            request.user, selection, form.wording(), base=form.base, address=address.of(request)
        )
    except NameTaken:
        form.add_error("name", selecting.name_refused())
        return _page(request, form, status=422)
    except GoneMeanwhile as error:
        raise NotHere(_("This saved selection is not here. It may have been deleted.")) from error
    except ChangedMeanwhile as error:
        form.data["base"] = str(error.selection.version)
        return _page(request, form, status=409, meanwhile=error.selection)
    return _back(request, _("Saved as “%(name)s”.") % {"name": changed.full_name})


@operators_only
@never_cache
@vary_on_headers("HX-Request")
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: RegionRequest, region: str, selection: int) -> HttpResponse:
    """GET asks, POST does it."""
    found = get_selection_for(request.user, region, selection)
    if request.method != "POST":
        part = "#dialog" if is_fragment(request) else ""
        context = {"selection": found, "word": selections.word(found)}
        return render(request, f"invocations/selection_delete.html{part}", context)
    if selection_saving.delete(request.user, found, address=address.of(request)):
        return _back(request, _("Deleted “%(name)s”.") % {"name": found.full_name})
    return _back(request, _("“%(name)s” had already been deleted.") % {"name": found.full_name})


def _page(
    request: RegionRequest,
    form: SelectionForm,
    *,
    status: int = 200,
    is_sent: bool = True,
    meanwhile: Selection | None = None,
) -> HttpResponse:
    """The form as a page; as a fragment the panel's dialog, or what a form that is being filled in would find."""
    if not is_sent:
        form.quieten()
    given = request.POST or request.GET
    part = ""
    if is_fragment(request):
        part = "#matches" if request.POST.get("action") == "check" else "#dialog"
    context = {
        "form": form,
        "meanwhile": meanwhile,
        "kind": _kind(given),
        "next": own_path(given.get("next", "")),
        "history": _history(request, form.selection) if form.selection and not part else [],
    }
    return render(request, f"invocations/selection_edit.html{part}", context, status=status)


def _history(request: RegionRequest, selection: Selection) -> list[selection_uses.Change]:
    return selection_uses.history(request.user, selection, HISTORY)


def _back(request: RegionRequest, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    pages = reverse("invocations:selections", args=[request.region.pk])
    return see_other(own_path(request.POST.get("next", "")) or pages)


def _kind(data: QueryDict) -> Kind:
    return Kind.MANAGED if data.get("of") == Kind.MANAGED else Kind.ECS
