"""Copying the saved commands of a region from the cloud: the account's own, and the public ones."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction

from cloud import commands as gateway
from cloud.connection import current
from cloud.slices import slices
from commands import definitions, tasks
from commands.models import Command, CommandType, ParameterDefinition
from regions import mirrors
from regions.models import Mirror, MirrorKind

log = logging.getLogger(__name__)

PUBLIC_MAX_AGE = 3600.0  # seconds; their providers change them now and then
AT_ONCE = 200  # rows a transaction, and a step in which they appear
_KEY = ["region", "cloud_id"]
_OURS = ("id", "last_run_id", "last_run_at", "last_run_state")  # written by others
_COLUMNS = [field.name for field in Command._meta.fields if field.name not in (*_KEY, *_OURS)]


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


def _store(region: str, found: Sequence[gateway.Command], began: datetime, *, is_public: bool) -> None:
    """Write what was found; what is not listed any more is marked as deleted."""
    usable = [command for command in found if command.type in CommandType.values and "\0" not in command.content]
    if len(usable) < len(found):
        text = "%d commands of %s are left out: their type is unknown here, or their script holds a NUL (B46)"
        log.warning(text, len(found) - len(usable), region)
    asked = Command.objects.filter(region=region, is_public=is_public)
    known = set(asked.values_list("cloud_id", flat=True))
    for part in slices(usable, AT_ONCE):
        _write([_row(region, command, began, is_public=is_public) for command in part], part, known)
    asked.filter(deleted_at=None, seen_at__lt=began).update(deleted_at=began)


def _row(region: str, command: gateway.Command, began: datetime, *, is_public: bool) -> Command:
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
        is_public=is_public,
        provider=command.provider,
        category=command.category,
        version=command.version,
        seen_at=began,
    )


@transaction.atomic
def _write(rows: Sequence[Command], found: Sequence[gateway.Command], known: set[str]) -> None:
    written = Command.objects.bulk_create(rows, update_conflicts=True, unique_fields=_KEY, update_fields=_COLUMNS)
    _define([(row, command) for row, command in zip(written, found, strict=True) if row.is_public])
    if settings.CLOUD == "simulated":
        definitions.seed(row for row in written if row.cloud_id not in known and not row.is_public)


def _define(pairs: Sequence[tuple[Command, gateway.Command]]) -> None:
    """What the cloud says of the parameters of public commands."""
    ParameterDefinition.objects.filter(command__in=[row.pk for row, _command in pairs]).delete()
    ParameterDefinition.objects.bulk_create(
        ParameterDefinition(
            command=row,
            name=said.name,
            description=said.description,
            default=said.default,
            is_required=said.required,
            allowed=list(said.allowed),
            pattern=said.pattern,
        )
        for row, command in pairs
        for said in command.parameter_definitions
    )
