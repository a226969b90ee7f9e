"""The execute panel: filled in by a draft or a link, checked while it is typed into, and sent."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts import address
from accounts.access import operators_only
from accounts.answers import is_fragment, see_other
from accounts.plain_input import as_uuid, visible
from cloud import errors
from commands import refusals, saving, sync
from commands.access import get_command_for
from commands.models import Command
from instances import mirror
from invocations import drafts, links, staying, submitting
from invocations import unsaved as script
from invocations.models import Draft, Invocation
from invocations.panel import Panel, UnsavedPanel, strange_fields
from regions import trouble
from regions.http import RegionRequest
from regions.models import Mirror

log = logging.getLogger(__name__)
PATIENCE = 10.0  # seconds that submit waits for the cloud's present state
BY_BUTTON = ("go_on_without_unfit", "stay")  # fields that a button brings in its address


@operators_only
@never_cache
@vary_on_headers("HX-Request")
@require_http_methods(["GET", "HEAD", "POST"])
def panel(request: RegionRequest, region: str, cloud_id: str) -> HttpResponse:
    return _answer(_Opening(request, cloud_id))


@operators_only
@never_cache
@vary_on_headers("HX-Request")
@require_http_methods(["GET", "HEAD", "POST"])
def unsaved(request: RegionRequest, region: str) -> HttpResponse:
    """The same of a script that is typed into the form."""
    return _answer(_Opening(request, None))


@dataclass(frozen=True)
class _Opening:
    """Whose panel it is: a command's, or a script's that is not saved (`cloud_id` is None)."""

    request: RegionRequest
    cloud_id: str | None

    def command(self, data: QueryDict) -> Command:
        """As it is at this moment."""
        if self.cloud_id is None:
            return script.command_of(self.request.region.pk, data)
        return get_command_for(self.request.user, self.request.region.pk, self.cloud_id)

    def kept(self, draft: Draft | None) -> Mapping[str, str]:
        """What the draft has of the form; without one a script is as nobody has touched it."""
        if draft:
            fields: dict[str, str] = draft.fields
            return fields
        return script.FRESH if self.cloud_id is None else {}

    def panel(self, command: Command, data: QueryDict, draft: Draft | None) -> Panel:
        kind = UnsavedPanel if self.cloud_id is None else Panel
        return kind(self.request.user, self.request.region, command, data, draft)


def _answer(opening: _Opening) -> HttpResponse:
    request = opening.request
    if request.method != "POST":
        return _show(opening)
    if strange := strange_fields(request.POST):
        log.warning("Fields that the execute form does not have were ignored: %s", ", ".join(strange))
    if request.POST.get("action") in ("run", script.SAVE):
        return _run(opening)
    if request.POST.get("action") == "cloud_check":
        return _cloud_check(opening)
    return _check(opening)


def _show(opening: _Opening) -> HttpResponse:
    request = opening.request
    draft_id = as_uuid(request.GET.get("draft"))
    draft = drafts.find(request.user, request.region.pk, draft_id)
    command = opening.command(_over(opening.kept(draft), QueryDict()))
    fresh = mirror.ensure_fresh(request.region.pk)
    linked, notes = links.from_link(request.GET, command, request.user)
    if draft and draft.command_id != command.pk:
        draft, command = None, opening.command(_over(opening.kept(None), QueryDict()))
    if not draft and _needs_token_in_address(request):
        return _with_token_in_address(request)
    if draft_id and not draft:
        linked.pop("draft", None)
        notes.append(_("That draft is no longer there; a draft is kept for 24 hours."))
    filled = _over(opening.kept(draft), linked)
    data, dropped = links.without_unknown(filled, staying.shown(command, filled))
    shown = opening.panel(command, data, draft)
    shown.notes += notes + dropped + _since_run(shown)
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


def _over(kept: Mapping[str, str], linked: QueryDict) -> QueryDict:
    """What was kept, with what the address says in its place."""
    data = QueryDict(mutable=True)
    for name, value in kept.items():
        if name != "confirm_text":  # what is run is confirmed at that moment
            data[name] = value
    for name, values in linked.lists():
        data.setlist(name, values)
    return data


def _since_run(shown: Panel) -> list[str]:
    """Whether the command has moved on since the run that the form is filled in as."""
    run = shown.draft.again_of if shown.draft else None
    if run is None or run.is_unsaved or shown.is_unsaved:
        return []
    if run.command_version and shown.version and run.command_version != shown.version:
        text = _("Run #%(run)s used version %(old)s; this is version %(new)s.")
        return [text % {"run": run.pk, "old": run.command_version, "new": shown.version}]
    if run.content_sha256 != shown.command.content_sha256:
        return [_("The command content has changed since run #%(run)s.") % {"run": run.pk}]
    return []


def _check(opening: _Opening) -> HttpResponse:
    """What would stand in the way, while somebody types (in pieces) or by a button (as a page). Runs nothing."""
    request = opening.request
    checked = _posted(opening)
    if is_fragment(request):
        if checked.draft:
            drafts.type_again(checked.draft, checked.fields_to_keep)
        checked.form.quieten(except_for=request.POST.get("touched", "").split(","))
        rows = True if checked.shows_other_system else None
        return render(request, "invocations/panel_live.html", {"panel": checked, "rows": rows})
    if checked.chosen:
        checked.keep()
    checked.shows_summary = True
    return _page(request, checked)


def _cloud_check(opening: _Opening) -> HttpResponse:
    """Have the cloud look at what would run. Nothing runs, so nothing needs to be confirmed."""
    request = opening.request
    posted = _kept(_posted(opening))
    if posted.form.problems and not posted.form.is_only_unconfirmed:
        return _page(request, posted, status=422)
    posted.check_with_cloud(address.of(request))
    posted.shows_summary = False
    response = _page(request, posted)
    response["HX-Replace-Url"] = posted.address
    return response


def _posted(opening: _Opening) -> Panel:
    request = opening.request
    data = request.POST.copy()
    for name in BY_BUTTON:
        if name in request.GET:
            data[name] = request.GET[name]
    data = script.read(data) if opening.cloud_id is None else data
    draft = drafts.find(request.user, request.region.pk, as_uuid(data.get("draft")))
    return opening.panel(opening.command(data), data, draft)


def _run(opening: _Opening) -> HttpResponse:
    request = opening.request
    if before := _made_before(request):
        messages.info(request, _("This run had already been started."))
        return _go_to(request, before)
    if _is_to_be_saved(request) and not (opening.cloud_id is None and request.user.is_admin):
        raise Http404
    posted = _posted(opening)
    if posted.form.is_typed_wrong:  # which no fresh copy would change
        return _page(request, _kept(posted), status=422)
    found = mirror.ensure_fresh(request.region.pk, wait=PATIENCE)
    if opening.cloud_id is not None:
        sync.ensure_fresh(request.region.pk, wait=PATIENCE)
    posted = _posted(opening)
    is_another = _is_another(posted)
    posted = _kept(posted)
    if is_another:
        return _page(request, posted, status=409)
    if not _has_token_of_its_own(request, posted):
        posted.notes.append(_("This form had been open for another run. Nothing has run; look at it and run it again."))
        return _page(request, posted, status=422)
    if _shows_another_selection(request, posted):
        posted.notes.append(_("The selection has changed, here or in another window. Look at it, then run it."))
        return _page(request, posted, status=422)
    if not posted.form.is_valid():
        return _page(request, posted, status=422)
    if _is_to_be_saved(request):
        return _save_and_submit(request, posted, found)
    return _submit(request, posted, found)


def _is_to_be_saved(request: RegionRequest) -> bool:
    return request.POST.get("action") == script.SAVE


def _is_another(posted: Panel) -> bool:
    """Whether what would run is not what its person has seen, or asked to stay on; then the panel tells it."""
    if posted.cannot_stay:
        posted.notes.append(
            _("The cloud no longer has version %(n)s.") % {"n": visible(posted.data.get("stay", ""))[:9]}
        )
    return posted.tell_of_newer() or posted.cannot_stay


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


def _save_and_submit(request: RegionRequest, posted: Panel, found: Mirror) -> HttpResponse:
    """The same press of the button again saves nothing twice: the form's token is the version's, too."""
    assert isinstance(posted.form, script.UnsavedForm)
    edition, by = posted.form.edition, saving.By(person=request.user, address=address.of(request))
    try:
        command = saving.create(request.region.pk, edition, by, token=posted.form_token)
    except (saving.NotSaved, errors.CloudError) as error:
        posted.notes.append(refusals.sentence(error, request.region))
        return _page(request, posted, status=409 if isinstance(error, saving.NotSaved) else 422)
    if (command.type, command.content) != (edition.type, edition.content):
        posted.form_token = uuid4()
        posted.notes.append(_("This form had saved another script, as %(name)s. Nothing has run.") % {"name": command})
        return _page(request, posted, status=409)
    return _submit(request, posted, found, command)


def _submit(request: RegionRequest, posted: Panel, found: Mirror, command: Command | None = None) -> HttpResponse:
    """`command`: the script of the form has just been saved as that."""
    plan = posted.form.plan(
        request.user,
        address=address.of(request),
        form_token=posted.form_token,
        again_of=posted.draft.again_of if posted.draft else None,
    )
    run, is_new = submitting.submit(replace(plan, command=command) if command else plan)
    if is_new:
        messages.success(request, _started(run) % {"id": run.pk, "n": f"{run.total:,}"})
        if stale := trouble.of(found, request.region):
            messages.warning(request, stale.what)
    else:
        messages.info(request, _("This run had already been started."))
    return _go_to(request, run)


def _started(run: Invocation) -> str:
    if run.repeats:
        one, many = _("Schedule #%(id)s made on %(n)s instance."), _("Schedule #%(id)s made on %(n)s instances.")
        return one if run.total == 1 else many
    return ngettext("Run #%(id)s started on %(n)s instance.", "Run #%(id)s started on %(n)s instances.", run.total)


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
