"""The page that creates, edits and clones a command. Looked at while it is typed into, and saved."""

from __future__ import annotations

import logging
import re
from urllib.parse import urlencode
from uuid import uuid4, uuid5

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts import address
from accounts.access import admins_only
from accounts.answers import is_fragment, see_other
from accounts.plain_input import as_number, as_uuid
from cloud import errors, limits
from commands import editing, editor_phrases, looking_over, quota, refusals, saving, typing_slips
from commands.access import Moved, get_command_for, get_edited_command_for, get_own_command_for
from commands.editing import EditForm
from commands.models import Command, Version
from commands.saving import By, Edition
from regions.http import RegionRequest

log = logging.getLogger(__name__)
_OVER = re.compile(r"over-(\d{1,9})", re.ASCII)  # save over that version
_MEND = re.compile("mend-([a-z-]+)")
_REMOVE = re.compile("remove-(.+)")


class Editor:
    """One form on its page: what is edited, what was typed, and what stands in the way."""

    def __init__(self, request: RegionRequest, data: QueryDict, command: Command | None = None) -> None:
        self.request = request
        self.region = request.region
        self.command = command
        self.form = EditForm(data, command=command)
        self.token = as_uuid(data.get("token")) or uuid4()
        self.base = (as_number(data.get("base")) or 0) if "base" in data else (command.version_number if command else 0)
        self.notes: list[str] = []  # said above the form
        self.refusal = ""  # why the cloud, or the console, did not save it
        self.conflict: Version | None = None
        self.is_gone = bool(command and command.deleted_at)
        self.shows_summary = False
        self.asks_about_cloud = bool(command and command.drifted_at)
        self.replaces_content = False  # the answer has another script than the form that was sent

    @property
    def path(self) -> str:
        region = self.region.pk
        if self.command is None:
            return reverse("commands:new", args=[region])
        return reverse("commands:edit", args=[region, self.command.cloud_id])

    @property
    def back(self) -> str:
        """Where Cancel leads."""
        if self.command is None or self.is_gone:
            return reverse("commands:list", args=[self.region.pk])
        return reverse("commands:detail", args=[self.region.pk, self.command.cloud_id])

    @cached_property
    def look(self) -> looking_over.Look:
        is_being_opened = self.request.method != "POST"
        return looking_over.glance_at(self.form) if is_being_opened else looking_over.look_over(self.form)

    @property
    def built_in_ones(self) -> list[str]:
        return editing.built_in_ones(self.form.script)

    @property
    def blank_row(self) -> editing.ParameterRow:
        """What a script makes new rows of."""
        return editing.ParameterRow("__name__", line=1)

    @property
    def next_number(self) -> int:
        return self.base + 1

    @property
    def conflict_next(self) -> int:
        return self.conflict.number + 1 if self.conflict else 0

    @property
    def conflict_url(self) -> str:
        """What was saved meanwhile, beside what this form was made from."""
        return self._versions(str(self.conflict.number)) if self.conflict else ""

    @property
    def drift_url(self) -> str:
        return self._versions("cloud")

    def _versions(self, to: str) -> str:
        assert self.command is not None
        path = reverse("commands:versions", args=[self.region.pk, self.command.cloud_id])
        return f"{path}?{urlencode({'from': self.base, 'to': to})}"

    @cached_property
    def has_nothing_to_save(self) -> bool:
        if self.command is None or self.command.drifted_at or self.is_gone:
            return False
        known = self.command.newest or self.command
        return self.form.edition.columns() == Edition.of(known).columns()

    @property
    def needs_new_command(self) -> bool:
        return self.command is not None and self.form.edition.needs_new_command(self.command)

    @cached_property
    def has_namesake(self) -> bool:
        """The API allows it."""
        others = Command.objects.visible_to(self.request.user).own(self.region.pk)
        if self.command:
            others = others.exclude(pk=self.command.pk)
        return others.filter(name=self.form.edition.name).exists()

    def quieten(self) -> None:
        """Nobody is told off for what they have not come to yet."""
        self.form.errors.clear()
        for row in self.form.parameter_rows:
            row.errors.clear()
        for tag in self.form.tag_rows:
            tag.errors.clear()


@admins_only
@never_cache
@vary_on_headers("HX-Request")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: RegionRequest, region: str) -> HttpResponse:
    if request.method == "POST":
        return _posted(Editor(request, request.POST))
    data = editing.blank_fields()
    if source_id := request.GET.get("clone"):
        source = _source(request, source_id)
        data = editing.fields_of(Edition.of(source))
        data["name"] = f"{source.name[: limits.NAME_CHARACTERS - len('-copy')]}-copy"
    editor = Editor(request, data)
    _tell_of_quota(editor)
    return _page(editor)


def _source(request: RegionRequest, cloud_id: str) -> Command:
    """Of a clone; an older ID of it will do."""
    try:
        return get_command_for(request.user, request.region.pk, cloud_id)
    except Moved as moved:
        return moved.command


@admins_only
@never_cache
@vary_on_headers("HX-Request")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: RegionRequest, region: str, cloud_id: str) -> HttpResponse:
    if request.method == "POST":
        return _posted(Editor(request, request.POST, get_edited_command_for(request.user, region, cloud_id)))
    command = get_own_command_for(request.user, region, cloud_id)
    restored = _restored(request, command)
    editor = Editor(request, editing.fields_of(Edition.of(restored or command)), command)
    if restored:
        editor.form.data["note"] = _("Version %(n)d again") % {"n": restored.number}
    elif "restore" in request.GET:
        editor.notes.append(_("There is no such version; this is the newest."))
    _tell_of_quota(editor)
    if "note" in request.GET:
        editor.form.data["note"] = request.GET["note"][: editing.NOTE_CHARACTERS]
    return _page(editor)


def _tell_of_quota(editor: Editor) -> None:
    """Before somebody has written a script that there is no room for."""
    room = quota.of(editor.region.pk)
    if room.is_used_up:
        editor.notes.append(refusals.sentence(saving.QuotaUsedUp(room), editor.region))


def _restored(request: RegionRequest, command: Command) -> Version | None:
    number = as_number(request.GET.get("restore"))
    return command.versions.filter(number=number).first() if number else None


def _posted(editor: Editor) -> HttpResponse:
    action = editor.request.POST.get("action", "")
    if fix := _MEND.fullmatch(action):
        editor.form.mend(typing_slips.mended(editor.form.script, fix[1]))
        editor.replaces_content = True
    elif removed := _REMOVE.fullmatch(action):
        _remove(editor, removed[1])
    elif action in ("save", "run", "new") or _OVER.fullmatch(action):
        return _save(editor, action)
    return _look(editor)


def _remove(editor: Editor, name: str) -> None:
    data = editor.form.data.copy()
    for what in ("description", "default", "required", "allowed", "secret"):
        data.pop(f"param-{name}-{what}", None)
    editor.form = EditForm(data, command=editor.command)


def _look(editor: Editor) -> HttpResponse:
    """What would stand in the way, while somebody types (in pieces) or by a button (as a page). Saves nothing."""
    if is_fragment(editor.request):
        editor.form.full_clean()
        return render(editor.request, "commands/edit_looked.html", {"editor": editor, "form": editor.form})
    return _page(editor)


def _save(editor: Editor, action: str) -> HttpResponse:
    editor.shows_summary = True
    if over := _OVER.fullmatch(action):
        editor.base, editor.token = int(over[1]), uuid5(editor.token, action)  # a press of its own, once
    if not editor.form.is_valid():
        return _page(editor, status=422)
    try:
        saved = _saved(editor, as_new=action == "new")
    except saving.SavedMeanwhile as error:
        editor.conflict, editor.command = error.version, error.version.command
        return _page(editor, status=409)
    except saving.GoneMeanwhile:
        editor.is_gone = True
        return _page(editor, status=409)
    except saving.ChangedElsewhere as error:
        editor.asks_about_cloud, editor.command = True, error.command
        return _page(editor, status=409)
    except (saving.NotSaved, errors.CloudError) as error:
        editor.refusal = refusals.sentence(error, editor.region)
        return _page(editor, status=422)
    return _leave(editor, saved, action)


def _saved(editor: Editor, *, as_new: bool) -> Version:
    """The version that reads as the form does. Raises what saving raises."""
    edition, note = editor.form.edition, editor.form.cleaned_data["note"]
    by = By(person=editor.request.user, address=address.of(editor.request))
    if editor.command is None or as_new:
        version = saving.create(editor.region.pk, edition, by, note=note, token=editor.token).newest
    else:
        version = saving.save(
            editor.command,
            edition,
            by,
            base=editor.base,
            note=note,
            token=editor.token,
            has_seen_drift=editor.form.cleaned_data["from_cloud"],
        )
    assert version is not None, "what was saved has a version"
    if Edition.of(version).columns() != edition.columns():
        raise saving.SavedMeanwhile(version)  # an earlier press of this button, whose answer never came here
    return version


def _leave(editor: Editor, version: Version, action: str) -> HttpResponse:
    command = version.command
    text = _("Version %(n)s of %(name)s is saved.") % {"n": version.number, "name": command.name}
    messages.success(editor.request, text)
    page = "invocations:panel" if action == "run" else "commands:detail"
    url = reverse(page, args=[command.region, command.cloud_id])
    if is_fragment(editor.request):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return see_other(url)


def _page(editor: Editor, *, status: int = 200) -> HttpResponse:
    """The whole page; for htmx, the pieces of it that say what is wrong."""
    if not editor.shows_summary:
        editor.form.full_clean()
        editor.quieten()
    template = "commands/edit_refused.html" if is_fragment(editor.request) else "commands/edit.html"
    context = {"editor": editor, "form": editor.form, "phrases": editor_phrases.phrases()}
    return render(editor.request, template, context, status=status)
