"""Copying the saved commands of a region from the cloud: the account's own, and the public ones."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from cloud import commands as gateway
from cloud.connection import current
from cloud.slices import slices
from commands import definitions, drift, tasks
from commands.models import SCRIPT_COLUMNS, Command, CommandType, Superseded
from regions import mirrors
from regions.models import Mirror, MirrorKind

log = logging.getLogger(__name__)

PUBLIC_MAX_AGE = 3600.0  # seconds; their providers change them now and then
AT_ONCE = 200  # rows a transaction, and a step in which they appear
_KEY = ["region", "cloud_id"]
_OF_CLOUD = ["created_at", "is_public", "provider", "category", "version", "seen_at", "deleted_at"]
_OWN_COLUMNS = [*_OF_CLOUD, *(name for name in SCRIPT_COLUMNS if name != "definitions")]  # these are the console's own
_PUBLIC_COLUMNS = [*_OF_CLOUD, *SCRIPT_COLUMNS]


def ensure_fresh(region: str, *, max_age: float = 60.0, wait: float | None = None) -> Mirror:
    """The account's own commands; see `regions.mirrors.ensure_fresh`."""
    return mirrors.ensure_fresh(region, MirrorKind.COMMANDS, tasks.refresh_own, max_age=max_age, wait=wait)


def ensure_public_fresh(region: str, *, max_age: float = PUBLIC_MAX_AGE, wait: float | None = None) -> Mirror:
    return mirrors.ensure_fresh(region, MirrorKind.PUBLIC, tasks.refresh_public, max_age=max_age, wait=wait)


def refresh(region: str) -> None:
    """Copy all commands of the region. What the cloud refuses is written into the mirrors."""
    refresh_own(region)
    refresh_public(region)


def refresh_own(region: str) -> None:
    with mirrors.copying(region, MirrorKind.COMMANDS) as began:
        _store(region, gateway.list_commands(current(), region), began, is_public=False)


def refresh_public(region: str) -> None:
    with mirrors.copying(region, MirrorKind.PUBLIC) as began:
        _store(region, gateway.list_commands(current(), region, provider=gateway.PUBLIC), began, is_public=True)


def look_at(command: Command) -> Command | None:
    """The own command as the cloud has it at this moment, drift noticed. None when it is gone; then it is marked so.

    Raises a member of `cloud.errors`.
    """
    began = timezone.now()
    listed = gateway.list_commands(current(), command.region, command_id=command.cloud_id)
    if not listed:
        Command.objects.filter(pk=command.pk, seen_at__lt=began).update(deleted_at=began)
        return None
    _write_own(command.region, listed, began)
    return Command.objects.get(pk=command.pk)


def _store(region: str, found: Sequence[gateway.Command], began: datetime, *, is_public: bool) -> None:
    """Write what was found; what is not listed any more is marked as deleted."""
    usable = [command for command in found if command.type in CommandType.values and "\0" not in command.content]
    if len(usable) < len(found):
        text = "%d commands of %s are left out: their type is unknown here, or their script holds a NUL (B46)"
        log.warning(text, len(found) - len(usable), region)
    for part in slices(usable, AT_ONCE):
        _write_public(region, part, began) if is_public else _write_own(region, part, began)
    asked = Command.objects.filter(region=region, is_public=is_public)
    asked.filter(deleted_at=None, seen_at__lt=began).update(deleted_at=began)


@transaction.atomic
def _write_own(region: str, found: Sequence[gateway.Command], began: datetime) -> None:
    """But for those that carry an older version, and those that were saved here after the list was asked for."""
    ids = [command.command_id for command in found]
    passed = set(Superseded.objects.filter(region=region, cloud_id__in=ids).values_list("cloud_id", flat=True))
    known = dict(Command.objects.filter(region=region, cloud_id__in=ids).values_list("cloud_id", "seen_at"))
    listed = [one for one in found if one.command_id not in passed and not known.get(one.command_id, began) > began]
    rows = [_row(region, command, began) for command in listed]
    if settings.CLOUD == "simulated":
        for row in rows:
            row.definitions = definitions.simulated(row.name, row.parameter_names)  # stored with new rows only
    Command.objects.bulk_create(rows, update_conflicts=True, unique_fields=_KEY, update_fields=_OWN_COLUMNS)
    drift.notice(region, [row.cloud_id for row in rows], began)


def _write_public(region: str, found: Sequence[gateway.Command], began: datetime) -> None:
    rows = [_row(region, command, began) for command in found]
    for row, command in zip(rows, found, strict=True):
        row.is_public = True
        row.definitions = [_said(one).to_json() for one in command.parameter_definitions]
    Command.objects.bulk_create(rows, update_conflicts=True, unique_fields=_KEY, update_fields=_PUBLIC_COLUMNS)


def _row(region: str, command: gateway.Command, began: datetime) -> Command:
    return Command(
        region=region,
        cloud_id=command.command_id,
        name=command.name,
        type=command.type,
        content=command.content,
        content_sha256=hashlib.sha256(command.content.encode()).hexdigest(),
        description=command.description,
        working_dir=command.working_dir,
        timeout=command.timeout,
        enable_parameter=command.enable_parameter,
        parameter_names=list(command.parameter_names),
        launcher=command.launcher,
        tags=command.tags,
        created_at=command.created_at,
        provider=command.provider,
        category=command.category,
        version=command.version,
        seen_at=began,
    )


def _said(one: gateway.ParameterDefinition) -> definitions.Definition:
    """What the cloud says of a parameter of a public command."""
    return definitions.Definition(
        name=one.name,
        description=one.description,
        default=one.default,
        is_required=one.required,
        allowed=one.allowed,
        pattern=one.pattern,
    )
