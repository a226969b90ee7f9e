"""Which two versions of a command a page compares, as its address asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _

from commands.changes import Change, changes
from commands.differences import Difference, compare
from commands.models import Command, Script

CLOUD = "cloud"  # in place of a number: as the cloud has it now
SHOWN = 64  # characters of a useless value in its notice
_DIGITS = 9  # of a number; no command has more versions


@dataclass(frozen=True, slots=True)
class Side:
    script: Script
    number: int | None  # None: as the cloud has it

    @property
    def key(self) -> str:
        """How the address names it."""
        return str(self.number or CLOUD)

    @property
    def name(self) -> str:
        return _("Version %(n)s") % {"n": self.number} if self.number else _("In the cloud now")


@dataclass(frozen=True)
class Comparison:
    old: Side
    new: Side
    newest: int
    notices: list[str]

    @cached_property
    def difference(self) -> Difference:
        return compare(self.old.script.content, self.new.script.content)

    @cached_property
    def changes(self) -> list[Change]:
        """Of everything but the script."""
        return changes(self.old.script, self.new.script)

    @property
    def is_of_one(self) -> bool:
        """One version beside itself, to be read as it was."""
        return self.old.key == self.new.key

    @property
    def restorable(self) -> int | None:
        """The older one of the two; the newest is there already."""
        numbers = [side.number for side in (self.old, self.new) if side.number]
        return min(numbers) if numbers and min(numbers) < self.newest else None


def read(command: Command, query: Mapping[str, str]) -> Comparison | None:
    """What `from` and `to` ask for, else the newest change: what was changed elsewhere, or the last version.

    A number that no version has becomes the nearest one, with a notice. None: the command has no versions.
    """
    newest = command.version_number
    if not newest:
        return None
    notices: list[str] = []
    to = _end(query, "to", CLOUD if command.drifted_at else str(newest), newest, notices)
    before = newest if to == CLOUD else max(1, int(to) - 1)
    since = _end(query, "from", str(before), newest, notices)
    numbers = {int(key) for key in (since, to) if key != CLOUD}
    versions = {version.number: version for version in command.versions.filter(number__in=numbers)}
    old, new = (Side(command, None) if key == CLOUD else Side(versions[int(key)], int(key)) for key in (since, to))
    return Comparison(old, new, newest, notices)


def _end(query: Mapping[str, str], name: str, default: str, newest: int, notices: list[str]) -> str:
    given = query.get(name, "") or default
    if given == CLOUD:
        return CLOUD
    is_number = given.isascii() and given.removeprefix("-").isdigit()
    nearest = str(min(max(int(given[:_DIGITS]), 1), newest)) if is_number else default
    if nearest != given:
        values = {"value": given[:SHOWN], "name": Side(Command(), None if nearest == CLOUD else int(nearest)).name}
        notices.append(_("There is no version “%(value)s”; shown is: %(name)s.") % values)
    return nearest
