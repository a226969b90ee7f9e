"""Bringing commands of a file into a region: what each of them would do there, and then doing it.

Commands are told apart by their names. What a person has chosen is done one after the other; each has its own end, and
the same token again makes nothing twice, so that a second press goes on where the first one stopped.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID, uuid5

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cloud import errors
from commands import changes, refusals, saving
from commands.interchange import Document, Entry
from commands.models import Command, CommandType
from commands.saving import By, Edition
from regions.models import Region

TIME = 20.0  # seconds that one request goes on for; the cloud takes some two calls a second


class Case(StrEnum):
    NEW = "new"
    CHANGED = "changed"  # it would become the next version
    SAME = "same"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Planned:
    entry: Entry
    case: Case
    command: Command | None = None  # the region's own of this name
    differences: tuple[str, ...] = ()  # words
    why: str = ""  # it is invalid here, though the file is fine

    @property
    def type_name(self) -> str:
        return str(CommandType(self.entry.edition.type).label) if self.entry.edition else ""

    @property
    def version(self) -> int:
        """Of the command, before: what was looked at."""
        return self.command.version_number if self.command else 0


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    SAME = "same"
    FAILED = "failed"
    NOT_DONE = "not-done"  # not begun


@dataclass(frozen=True, slots=True)
class Imported:
    entry: Entry
    outcome: Outcome
    command: Command | None = None
    version: int = 0
    why: str = ""
    is_unsure: bool = False  # the cloud may have made it


def plan(region: Region, document: Document) -> list[Planned]:
    """By the copy there is of the region's list. Asks the cloud nothing."""
    names = [entry.name for entry in document.entries]
    own: dict[str, list[Command]] = {}
    for command in Command.objects.own(region.pk).filter(name__in=names).order_by("created_at", "pk"):
        own.setdefault(command.name, []).append(command)
    return [_planned(entry, own.get(entry.name, [])) for entry in document.entries]


def _planned(entry: Entry, own: Sequence[Command]) -> Planned:
    edition = entry.edition
    if edition is None:
        return Planned(entry, Case.INVALID)
    if not own:
        return Planned(entry, Case.NEW)
    wanted = edition.columns()
    for command in own:
        if Edition.of(command).columns() == wanted and not command.drifted_at:
            return Planned(entry, Case.SAME, command)
    if len(own) > 1:
        why = _("%(n)d commands have this name here, and it is not known which is meant. Rename all but one.")
        return Planned(entry, Case.INVALID, own[0], why=why % {"n": len(own)})
    (command,) = own
    if command.type != edition.type:
        why = _("It is a %(type)s command here, and a type never changes. Rename one of them.")
        return Planned(entry, Case.INVALID, command, why=why % {"type": CommandType(command.type).label})
    if command.drifted_at:
        why = _("It was changed outside this console. Settle that first.")
        return Planned(entry, Case.INVALID, command, why=why)
    return Planned(entry, Case.CHANGED, command, tuple(_differences(command, edition)))


def _differences(command: Command, edition: Edition) -> list[str]:
    """What differs, each in a word or two."""
    wanted = Command(**{name: value for name, value in edition.columns().items() if name != "content_sha256"})
    words = [pgettext("changed", "content")] if command.content != edition.content else []
    return [*words, *dict.fromkeys(row.of or row.what for row in changes.changes(command, wanted))]


@dataclass(slots=True)
class Work:
    """One request's worth of an import."""

    region: Region
    by: By
    token: UUID  # of the form
    unsure: Collection[int]  # entries of which an earlier press does not know what became of them
    until: float = field(default_factory=lambda: time.monotonic() + TIME)
    stopped: str = ""  # why nothing more is begun

    def do(self, planned: Planned, seen: int) -> Imported:
        """`seen` is the version that the person was shown; 0: there was no such command."""
        entry = planned.entry
        edition, command = entry.edition, planned.command
        if planned.case == Case.SAME:
            return Imported(entry, Outcome.SAME, command, planned.version)
        if planned.case == Case.INVALID or edition is None:
            return Imported(entry, Outcome.FAILED, command, why=planned.why or _("It is invalid."))
        if not self.stopped and time.monotonic() > self.until:
            self.stopped = _("It takes long: go on with the rest.")
        if self.stopped:
            return Imported(entry, Outcome.NOT_DONE, command, why=self.stopped)
        if command and not seen and entry.index in self.unsure:
            command = None  # it is the one that the earlier press made: created again under its token, it is the same
        if command and not seen:
            why = _("There is a command of this name by now.")
            return Imported(entry, Outcome.FAILED, command, why=why)
        return self._saved(entry, edition, command, seen)

    def _saved(self, entry: Entry, edition: Edition, command: Command | None, seen: int) -> Imported:
        token = uuid5(self.token, f"{self.region.pk} {entry.index} {entry.name}")
        try:
            if command is None:
                made = saving.create(self.region.pk, edition, self.by, token=token)
                return Imported(entry, Outcome.CREATED, made, 1)
            version = saving.save(command, edition, self.by, base=seen, token=token)
            return Imported(entry, Outcome.UPDATED, version.command, version.number)
        except saving.NothingToSave:
            return Imported(entry, Outcome.SAME, command, seen)
        except saving.QuotaUsedUp as error:
            return Imported(entry, Outcome.FAILED, command, why=refusals.sentence(error, self.region))
        except (saving.NotSaved, errors.CloudError) as error:
            why = refusals.sentence(error, self.region)
            if not isinstance(error, saving.NotSaved | errors.Rejected):
                self.stopped = why  # what keeps the cloud from answering keeps the next one from it as well
            is_unsure = isinstance(error, errors.OutcomeUnknown)
            return Imported(entry, Outcome.FAILED, command, why=why, is_unsure=is_unsure)


def apply(
    region: Region,
    document: Document,
    chosen: Mapping[int, int],
    by: By,
    *,
    token: UUID,
    unsure: Collection[int] = (),
) -> list[Imported]:
    """`chosen`: index of each command that is to be imported -> the version of it that was seen here, 0 for none."""
    work = Work(region, by, token, unsure)
    wanted = [planned for planned in plan(region, document) if planned.entry.index in chosen]
    return [work.do(planned, chosen[planned.entry.index]) for planned in wanted]
