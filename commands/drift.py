"""Noticing what was changed elsewhere: the cloud's copy of a command is compared with its newest version.

`Command` holds what the cloud has, `Version` what was saved here. Nothing is overwritten: a difference is marked, and
an admin settles it (settling.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F

from commands.models import SCRIPT_COLUMNS, Command, Origin, Version

_OF_CLOUD = ("name", "type", "content_sha256", "description", "working_dir", "timeout", "enable_parameter", "launcher")
_SYSTEM_TAGS = ("acs:", "aliyun")  # set by the cloud itself


def notice(region: str, cloud_ids: Sequence[str], now: datetime) -> None:
    """Give version 1 to what is seen first; mark what differs from its newest version, and unmark what no longer does.

    Call it in the transaction that wrote the rows.
    """
    commands = list(Command.objects.filter(region=region, cloud_id__in=cloud_ids))
    _begin([command for command in commands if not command.version_number], now)
    newest = {
        version.command_id: version
        for version in Version.objects.filter(
            command__region=region, command__cloud_id__in=cloud_ids, number=F("command__version_number")
        )
    }
    drifted = {one.pk for one in commands if one.pk in newest and differs(one, newest[one.pk])}
    marked = {one.pk for one in commands if one.drifted_at}
    Command.objects.filter(pk__in=drifted - marked).update(drifted_at=now)
    Command.objects.filter(pk__in=marked - drifted).update(drifted_at=None)


def differs(command: Command, version: Version) -> bool:
    """In anything the cloud keeps; definitions of parameters are the console's own."""
    is_same = all(getattr(command, name) == getattr(version, name) for name in _OF_CLOUD)
    return not is_same or own_tags(command.tags) != own_tags(version.tags)


def _begin(commands: Sequence[Command], now: datetime) -> None:
    """Their state as found is version 1."""
    Version.objects.bulk_create(
        Version(
            command=command,
            number=1,
            cloud_id=command.cloud_id,
            origin=Origin.FOUND,
            saved_at=command.created_at or now,
            **{name: getattr(command, name) for name in SCRIPT_COLUMNS},
        )
        for command in commands
    )
    Command.objects.filter(pk__in=[command.pk for command in commands]).update(version_number=1)


def own_tags(tags: dict[str, str]) -> dict[str, str]:
    """Without those the cloud sets itself."""
    return {key: value for key, value in tags.items() if not key.startswith(_SYSTEM_TAGS)}
