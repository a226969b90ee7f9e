"""Saving a command: created, or edited into its next version.

The cloud can't change a script under its ID, nor whether it has parameters, nor its tags (API page ModifyCommand): with
a new one of these a new cloud command is created and the command moves on to its ID. Everything else is modified.

No call is made inside a transaction. Every press of Save has a token: pressed again, it is the same command in the
cloud (ClientToken) and the same version here, also after an answer that got lost.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction
from django.utils import timezone

import cloud.commands as gateway
from accounts import audit
from accounts.models import Person
from cloud import errors
from cloud.connection import current
from commands import drift, quota, sync
from commands.definitions import Definition, definitions_of
from commands.models import SCRIPT_COLUMNS, Command, Origin, Superseded, Version
from commands.parameters import names_in
from commands.quota import Quota


@dataclass(frozen=True, kw_only=True)
class By:
    """Who does it, and from where, for the trail."""

    person: Person
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class Edition:
    """A command as somebody wants it to be. `commands.checking` says whether it can be."""

    name: str
    type: str
    content: str
    description: str = ""
    working_dir: str = ""
    timeout: int = 60  # seconds
    enable_parameter: bool = False
    launcher: str = ""
    tags: Mapping[str, str] = dataclasses.field(default_factory=dict)
    definitions: Sequence[Definition] = ()

    @classmethod
    def of(cls, script: Command | Version) -> Self:
        names = {field.name for field in dataclasses.fields(cls)} - {"definitions", "tags"}
        columns = {name: getattr(script, name) for name in names}
        return cls(**columns, tags=drift.own_tags(script.tags), definitions=tuple(definitions_of(script)))

    def columns(self) -> dict[str, Any]:
        """The columns of `Script`; of definitions those that say something of a parameter there is."""
        names = names_in(self.content) if self.enable_parameter else []
        known = {one.name.lower(): one for one in self.definitions}
        said = [dataclasses.replace(known[name.lower()], name=name) for name in names if name.lower() in known]
        return {
            **{name: getattr(self, name) for name in SCRIPT_COLUMNS if hasattr(self, name)},
            "content_sha256": hashlib.sha256(self.content.encode()).hexdigest(),
            "parameter_names": names,
            "tags": dict(self.tags),
            "definitions": [one.to_json() for one in said if one != Definition(one.name)],
        }

    def needs_new_command(self, command: Command) -> bool:
        """Whether it differs from what the cloud has in what can't change under one ID."""
        fixed = (command.type, command.content, command.enable_parameter, drift.own_tags(command.tags))
        return fixed != (self.type, self.content, self.enable_parameter, dict(self.tags))


class NotSaved(Exception):
    """Nothing was changed, for a reason of the console's own."""


class NothingToSave(NotSaved):
    """It is as it was saved last."""


class SavedMeanwhile(NotSaved):
    """Somebody saved `version` after the form was opened."""

    def __init__(self, version: Version) -> None:
        super().__init__(version)
        self.version = version


class ChangedElsewhere(NotSaved):
    """The cloud's copy of `command` differs from the newest version, and whoever saves has not seen it."""

    def __init__(self, command: Command) -> None:
        super().__init__(command)
        self.command = command


class GoneMeanwhile(NotSaved):
    """The cloud no longer has the command; it can be created anew."""


class QuotaUsedUp(NotSaved):
    """The region keeps as many commands as it may, older versions of ours among them."""

    def __init__(self, quota: Quota) -> None:
        super().__init__(quota)
        self.quota = quota


def create(region_id: str, edition: Edition, by: By, *, note: str = "", token: UUID) -> Command:
    """A new command with version 1. Raises QuotaUsedUp, or a member of `cloud.errors`."""
    token = uuid5(token, region_id)  # elsewhere the same token is another press
    if before := Version.objects.filter(token=token).select_related("command").first():
        return before.command
    cloud_id = _create_in_cloud(region_id, edition, token)
    try:
        with transaction.atomic():
            return _store_new(region_id, cloud_id, edition, by, note, token)
    except IntegrityError:  # the same press of the button, twice at once
        return Version.objects.select_related("command").get(token=token).command


def save(
    command: Command,
    edition: Edition,
    by: By,
    *,
    base: int,
    note: str = "",
    token: UUID,
    origin: Origin = Origin.SAVED,
    has_seen_drift: bool = False,
) -> Version:
    """The next version of an own command. `base` is the number of the version that the form was made from.

    Raises a NotSaved, or a member of `cloud.errors`.
    """
    token = uuid5(token, str(command.pk))  # for another command the same token is another press
    if before := _pressed_before(command, token):
        return before
    found = sync.look_at(command)
    if found is None:
        raise GoneMeanwhile
    cloud_id = found.cloud_id
    try:
        _check(found, edition, base, has_seen_drift=has_seen_drift)
        cloud_id = _change_in_cloud(found, edition, token)
        with transaction.atomic():
            return _move_on(found, base, cloud_id, edition, by, note=note, token=token, origin=origin)
    except SavedMeanwhile:
        if twin := _pressed_before(command, token):
            return twin
        _hand_over(found, cloud_id)
        raise


def _pressed_before(command: Command, token: UUID) -> Version | None:
    """What an earlier press of the same button has saved, also one of a moment ago."""
    return Version.objects.filter(token=token, command=command).first()


def _check(command: Command, edition: Edition, base: int, *, has_seen_drift: bool) -> None:
    newest = newest_of(command)
    if newest.number != base:
        raise SavedMeanwhile(newest)
    if command.drifted_at and not has_seen_drift and not _is_in_cloud(command, edition):
        raise ChangedElsewhere(command)
    if not command.drifted_at and edition.columns() == Edition.of(newest).columns():
        raise NothingToSave


def _create_in_cloud(region_id: str, edition: Edition, token: UUID) -> str:
    room = quota.of(region_id)
    if room.is_used_up:
        raise QuotaUsedUp(room)
    said = repr(sorted(edition.columns().items()))  # the same token with another script would be refused
    try:
        return gateway.create_command(
            current(),
            region_id,
            name=edition.name,
            type=edition.type,
            content=edition.content,
            client_token=uuid5(token, region_id + said).hex,
            description=edition.description,
            working_dir=edition.working_dir,
            timeout=edition.timeout,
            enable_parameter=edition.enable_parameter,
            launcher=edition.launcher,
            tags=edition.tags,
        )
    except errors.QuotaExceeded as error:
        raise QuotaUsedUp(room) from error


def _change_in_cloud(command: Command, edition: Edition, token: UUID) -> str:
    """The ID that carries the edition now."""
    if edition.needs_new_command(command):
        return _create_in_cloud(command.region, edition, token)
    changed = _modified(command, edition)
    if changed:
        try:
            gateway.modify_command(current(), command.region, command.cloud_id, **changed)
        except errors.Rejected as error:
            if error.is_gone:
                raise GoneMeanwhile from error
            raise
    return command.cloud_id


def _modified(command: Command, edition: Edition) -> dict[str, Any]:
    """What ModifyCommand can change, where it differs from what the cloud has."""
    names = ("name", "description", "working_dir", "timeout", "launcher")
    return {name: getattr(edition, name) for name in names if getattr(edition, name) != getattr(command, name)}


def _is_in_cloud(command: Command, edition: Edition) -> bool:
    """As after an earlier press of the button whose answer got lost."""
    return not edition.needs_new_command(command) and not _modified(command, edition)


def _store_new(region_id: str, cloud_id: str, edition: Edition, by: By, note: str, token: UUID) -> Command:
    """A copy of the list may have found it first, and somebody may have gone on from there: then it stays theirs."""
    others = Command.objects.present().filter(region=region_id, version_number__gt=1)
    if later := others.filter(versions__cloud_id=cloud_id).first():
        return later
    now = timezone.now()
    columns = {**edition.columns(), "created_at": now, "seen_at": now, "deleted_at": None, "version_number": 1}
    command, _is_new = Command.objects.update_or_create(region=region_id, cloud_id=cloud_id, defaults=columns)
    command.versions.filter(token=None).delete()
    _record(command, 1, by, note=note, token=token, origin=Origin.SAVED, action="command.created")
    return command


def _move_on(
    command: Command, base: int, cloud_id: str, edition: Edition, by: By, *, note: str, token: UUID, origin: Origin
) -> Version:
    """Two at once: the row is claimed by the one who finds it as it was read, before anything else is touched.

    The other one raises SavedMeanwhile and deletes nothing: the row with the new ID may be the command itself by now.
    """
    now = timezone.now()
    as_read = Command.objects.filter(pk=command.pk, version_number=base, cloud_id=command.cloud_id)
    if not as_read.update(version_number=base + 1):
        raise SavedMeanwhile(newest_of(command))
    if cloud_id != command.cloud_id:
        Command.objects.filter(region=command.region, cloud_id=cloud_id).delete()  # a copy of the list found it first
        Superseded.objects.filter(region=command.region, cloud_id=cloud_id).delete()
        Superseded.objects.create(region=command.region, cloud_id=command.cloud_id, command=command, since=now)
    columns = {**edition.columns(), "cloud_id": cloud_id, "drifted_at": None, "seen_at": now}
    Command.objects.filter(pk=command.pk).update(**columns)
    command.refresh_from_db()
    return _record(command, base + 1, by, note=note, token=token, origin=origin, action="command.saved")


def _record(command: Command, number: int, by: By, *, note: str, token: UUID, origin: Origin, action: str) -> Version:
    """The version that `command` is now, and its entry in the trail."""
    version = Version.objects.create(
        command=command,
        number=number,
        cloud_id=command.cloud_id,
        note=note,
        person=by.person,
        saved_at=command.seen_at,
        origin=origin,
        token=token,
        **{name: getattr(command, name) for name in SCRIPT_COLUMNS},
    )
    audit.record(
        by.person,
        action,
        region=command.region,
        object=command.cloud_id,
        address=by.address,
        name=command.name,
        version=number,
        content_sha256=command.content_sha256,
        origin=origin,
    )
    return version


def _hand_over(command: Command, cloud_id: str) -> None:
    """What was created for a version that came too late: not listed, and deleted like all that nothing needs."""
    if cloud_id != command.cloud_id:
        known = {"command": command, "since": timezone.now()}
        Superseded.objects.get_or_create(region=command.region, cloud_id=cloud_id, defaults=known)


def newest_of(command: Command) -> Version:
    """The newest version of an own command, read again."""
    version = Command.objects.get(pk=command.pk).newest
    assert version is not None, "an own command has a version from its first copy on"
    return version
