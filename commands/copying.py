"""Copying a command to other regions. Each region is by itself: what one refuses keeps no other from its copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID, uuid5

from cloud import errors
from commands import refusals, saving, tasks
from commands.models import Command
from commands.saving import By, Edition
from regions import mirrors
from regions.models import Mirror, MirrorKind, Region

PATIENCE = 10.0  # seconds for the lists of all regions together


class Case(StrEnum):
    """What a region has of the command already, by its name."""

    NEW = "new"
    SAME = "same"
    DIFFERS = "differs"  # a copy would become its next version
    UNKNOWN = "unknown"  # the region's commands could not be listed


@dataclass(frozen=True, slots=True)
class Planned:
    region: Region
    case: Case
    command: Command | None = None  # the region's own of this name


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    SAME = "same"
    DIFFERS = "differs"  # and whoever copied had not seen that: nothing was changed
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Copied:
    region: Region
    outcome: Outcome
    command: Command | None = None
    sentence: str = ""  # why it failed


def plan(command: Command, regions: Sequence[Region]) -> list[Planned]:
    """What each of the regions has, by the copies there are of their lists. Asks the cloud nothing."""
    known = {mirror.region: mirror for mirror in Mirror.objects.filter(kind=MirrorKind.COMMANDS)}
    own = Command.objects.present().filter(is_public=False, name=command.name, region__in=[one.pk for one in regions])
    by_region: dict[str, list[Command]] = {}
    for found in own:
        by_region.setdefault(found.region, []).append(found)
    return [_planned(command, region, known.get(region.pk), by_region.get(region.pk, [])) for region in regions]


def look_at(regions: Sequence[Region]) -> None:
    """Have their lists copied where they are old, and wait a while for that."""
    asked = [mirrors.start_if_old(region.pk, MirrorKind.COMMANDS, tasks.refresh_own) for region in regions]
    mirrors.wait_for(asked, PATIENCE)


def copy(
    command: Command, regions: Sequence[Region], by: By, *, token: UUID, seen: Mapping[str, int] | None = None
) -> list[Copied]:
    """Create it in each region, or save it as the next version of the command of its name there.

    The latter only where `seen` has the version, by region, that it comes after: nothing is overwritten that whoever
    copies has not seen. The same token again makes nothing twice. What a region refuses is a sentence.
    """
    look_at(regions)
    return [_copied(command, planned, by, token, seen or {}) for planned in plan(command, regions)]


def _planned(command: Command, region: Region, mirror: Mirror | None, own: Sequence[Command]) -> Planned:
    wanted = Edition.of(command).columns()
    for found in own:
        if Edition.of(found).columns() == wanted:
            return Planned(region, Case.SAME, found)
    if own:
        return Planned(region, Case.DIFFERS, own[0])
    is_known = mirror is not None and mirror.refreshed_at is not None and not mirror.has_failed
    return Planned(region, Case.NEW if is_known else Case.UNKNOWN)


def _copied(command: Command, planned: Planned, by: By, token: UUID, seen: Mapping[str, int]) -> Copied:
    there = planned.command
    if planned.case == Case.SAME:
        return Copied(planned.region, Outcome.SAME, there)
    if there and seen.get(planned.region.pk) != there.version_number:
        return Copied(planned.region, Outcome.DIFFERS, there)
    edition, token = Edition.of(command), uuid5(token, planned.region.pk)
    try:
        if there is None:
            made = saving.create(planned.region.pk, edition, by, token=token)
            return Copied(planned.region, Outcome.CREATED, made)
        saving.save(there, edition, by, base=there.version_number, token=token)
    except (saving.NotSaved, errors.CloudError) as error:
        return Copied(planned.region, Outcome.FAILED, there, refusals.sentence(error, planned.region))
    there.refresh_from_db()
    return Copied(planned.region, Outcome.UPDATED, there)
