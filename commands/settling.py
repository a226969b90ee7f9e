"""What was changed elsewhere is settled: kept as the next version, or changed back. Nothing happens by itself."""

from __future__ import annotations

import hashlib
from uuid import UUID

from commands import saving, sync
from commands.models import Command, Origin, Version
from commands.saving import By, Edition


def state_of(command: Command) -> str:
    """A digest of what the cloud has: whoever settles names the one they looked at."""
    said = sorted(Edition.of(command).columns().items())
    return hashlib.sha256(repr(said).encode()).hexdigest()


class ChangedAgain(saving.NotSaved):
    """The cloud's copy of `command` is no longer the one that was looked at."""

    def __init__(self, command: Command) -> None:
        super().__init__(command)
        self.command = command


def keep_clouds(command: Command, by: By, *, seen: str, token: UUID) -> Version:
    """The cloud's copy, if it is the one `seen`, becomes the next version. Raises ChangedAgain, or as `saving.save`."""
    present = _present(command, seen)
    return _settle(present, Edition.of(present), by, token, Origin.ELSEWHERE)


def put_ours_back(command: Command, by: By, *, seen: str, token: UUID) -> Version:
    """The newest version becomes what the cloud has again, under a new ID where its script differs."""
    present = _present(command, seen)
    return _settle(present, Edition.of(saving.newest_of(present)), by, token, Origin.PUT_BACK)


def _settle(present: Command, edition: Edition, by: By, token: UUID, origin: Origin) -> Version:
    base = present.version_number
    return saving.save(present, edition, by, base=base, token=token, origin=origin, has_seen_drift=True)


def _present(command: Command, seen: str) -> Command:
    found = sync.look_at(command)
    if found is None:
        raise saving.GoneMeanwhile
    if not found.drifted_at:
        raise saving.NothingToSave
    if state_of(found) != seen:
        raise ChangedAgain(found)
    return found
