"""Commands as files: exporting them, and importing a file after a look at what it would do."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts import address
from accounts.access import NotHere, admins_only, operators_only
from accounts.plain_input import PlainForm
from commands import exporting, importing, interchange, listing, quota, sync
from commands.import_files import Unreadable
from commands.importing import Case, Outcome, Planned
from commands.interchange import Document
from commands.models import Command
from commands.saving import By, Edition
from regions import catalog, lists, trouble
from regions.http import RegionRequest
from regions.models import Mirror

PATIENCE = 5.0  # seconds for the region's list, which the file is compared with
SHOWN_PROBLEMS = 100
_TYPES = {"json": "application/json", "yaml": "application/yaml"}
_SEEN = re.compile(r"(\d{1,4}):(\d{1,9})", re.ASCII)
_NUMBER = re.compile(r"\d{1,4}", re.ASCII)


@require_safe
@operators_only
def export_commands(request: RegionRequest, region: str) -> HttpResponse:
    """Those whose IDs are given, old ones too; without any, all that the list's search and filters leave."""
    own = Command.objects.visible_to(request.user).own(region)
    ids = [word.strip() for word in request.GET.get("ids", "").split(",") if word.strip()]
    if ids:
        found = own.filter(Q(cloud_id__in=ids) | Q(superseded__cloud_id__in=ids)).distinct()
        if not found:
            raise NotHere(_("There is no such command to export."))
    else:
        found = listing.narrowed(lists.Address(request, "commands"), own, listing.by_tag(own))
    file_format = request.GET.get("format", "")
    file_format = file_format if file_format in exporting.FORMATS else exporting.FORMATS[0]
    editions = [Edition.of(command) for command in found.order_by("name", "pk")]
    response = HttpResponse(exporting.written(editions, file_format), content_type=_TYPES[file_format])
    response.headers["Content-Disposition"] = f'attachment; filename="commands-{region}.{file_format}"'
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"  # opened, it is still no page (C49)
    return response


class ImportForm(PlainForm):
    """A file, or its text; or what a look at one of them carries on, as it was: browsers change line ends of text."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        allow_empty_file=True,
        help_text=gettext_lazy("JSON or YAML in UTF-8, at most 1 MB."),
        widget=forms.FileInput(attrs={"accept": ".json,.yaml,.yml,application/json,application/yaml"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Or its text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": "12", "class": "mono", "spellcheck": "false", "autocomplete": "off"}),
    )
    carried = forms.CharField(required=False, widget=forms.HiddenInput)
    named = forms.CharField(required=False, max_length=8, widget=forms.HiddenInput)  # .yaml, .json
    token = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid.uuid4)

    def clean(self) -> dict[str, Any]:
        given = [name for name in ("file", "text", "carried") if self._is_given(name)]
        if len(given) > 1:
            self.add_error("file", _("Choose a file or paste its text, not both."))
        elif not given and not self.errors:
            self.add_error("file", _("Choose a file, or paste its text."))
        return self.cleaned_data

    def _is_given(self, name: str) -> bool:
        value = self.cleaned_data.get(name)
        return value is not None if name == "file" else bool(value)

    @property
    def suffix(self) -> str:
        file = self.cleaned_data.get("file")
        name = file.name if isinstance(file, UploadedFile) and file.name else self.cleaned_data.get("named", "")
        found = re.search(r"\.(?:ya?ml|json)$", name.lower())
        return found[0] if found else ""

    def read_bytes(self) -> bytes:
        """Raises Unreadable."""
        file = self.cleaned_data.get("file")
        if isinstance(file, UploadedFile):
            return bytes(file.read())
        if carried := self.cleaned_data.get("carried"):
            try:
                return base64.b64decode(carried, altchars=b"-_", validate=True)
            except (binascii.Error, ValueError):
                raise Unreadable(_("What was looked at got lost on the way. Choose the file again.")) from None
        return str(self.cleaned_data["text"]).encode()


@dataclass
class Page:
    """The import in its three states: asked for, looked at, done."""

    request: RegionRequest
    form: ImportForm
    refusal: str = ""  # one sentence: nothing can be read
    document: Document | None = None
    data: bytes = b""
    planned: Sequence[Planned] = ()
    chosen: frozenset[int] = frozenset()
    error: str = ""
    mirror: Mirror | None = None  # of the region's commands

    @property
    def problems(self) -> list[interchange.Problem]:
        """Of the whole file, so that a missing format hides no other mistake."""
        return self.document.all_problems[:SHOWN_PROBLEMS] if self.document else []

    @property
    def carried(self) -> str:
        return base64.urlsafe_b64encode(self.data).decode()

    @property
    def token(self) -> uuid.UUID:
        given: uuid.UUID | None = self.form.cleaned_data.get("token")
        return given or uuid.uuid4()

    @property
    def seen(self) -> str:
        """`3:4,7:1`: of the commands that are there already, the version that was looked at."""
        return ",".join(f"{one.entry.index}:{one.version}" for one in self.planned if one.case == Case.CHANGED)

    @property
    def counts(self) -> dict[str, int]:
        return {case.value: sum(one.case == case for one in self.planned) for case in Case}

    @property
    def can_import(self) -> bool:
        return any(one.case in (Case.NEW, Case.CHANGED) for one in self.planned)

    @property
    def quota(self) -> quota.Quota:
        return quota.of(self.request.region.pk)

    @property
    def lacking(self) -> int:
        """How many more commands there would be than the region keeps, with all new ones."""
        room = self.quota
        return max(0, room.used + self.counts[Case.NEW] - room.most) if room.most is not None else 0


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def import_commands(request: RegionRequest, region: str) -> HttpResponse:
    if request.method != "POST":
        return _asked(Page(request, ImportForm()))
    page = Page(request, ImportForm(request.POST, request.FILES))
    if not page.form.is_valid():
        return _asked(page, 422)
    try:
        page.data = page.form.read_bytes()
        page.document = interchange.read(page.data, name=page.form.suffix)
    except Unreadable as error:
        page.refusal = error.sentence
        return _asked(page, error.status)
    if page.document.problems:
        return _asked(page, 422)
    page.mirror = sync.ensure_fresh(region, wait=PATIENCE)
    catalog.ensure_quotas_fresh(region)
    if page.mirror.refreshed_at is None:  # all would look new, and be there twice
        sentence = _(
            "The commands of %(region)s could not be listed, and the file can’t be compared with them. Try again."
        )
        page.refusal = sentence % {"region": request.region.name}
        return _asked(page, 503)
    page.planned = importing.plan(request.region, page.document)
    if request.POST.get("action") == "import":
        return _import(page)
    page.chosen = frozenset(one.entry.index for one in page.planned if one.case == Case.NEW)
    return _looked(page, 200 if any(one.case != Case.INVALID for one in page.planned) else 422)


def _import(page: Page) -> HttpResponse:
    request, document = page.request, page.document
    assert document is not None
    page.chosen = frozenset(int(text) for text in request.POST.getlist("pick") if _NUMBER.fullmatch(text))
    chosen = page.chosen & {entry.index for entry in document.entries}
    if not chosen:
        page.error = _("Choose at least one command.")
        return _looked(page, 422)
    seen = {int(index): int(version) for index, version in _SEEN.findall(request.POST.get("seen", ""))}
    unsure = {int(text) for text in request.POST.getlist("unsure") if _NUMBER.fullmatch(text)}
    token = page.token
    by = By(person=request.user, address=address.of(request))
    wanted = {index: seen.get(index, 0) for index in chosen}
    imported = importing.apply(request.region, document, wanted, by, token=token, unsure=unsure)
    left = [one for one in imported if one.outcome in (Outcome.FAILED, Outcome.NOT_DONE)]
    context = {
        "page": page,
        "imported": imported,
        "done": len(imported) - len(left),
        "left": left,
        "token": token,
        "seen": request.POST.get("seen", ""),
    }
    return render(request, "commands/imported.html", context)


def _asked(page: Page, status: int = 200) -> HttpResponse:
    return _rendered(page.request, "commands/import.html", page, status)


def _looked(page: Page, status: int) -> HttpResponse:
    return _rendered(page.request, "commands/import_look.html", page, status)


def _rendered(request: HttpRequest, template: str, page: Page, status: int) -> HttpResponse:
    context = {
        "page": page,
        "form": page.form,
        "trouble": trouble.of(page.mirror, page.request.region) if page.mirror else None,
    }
    return render(request, template, context, status=status)
