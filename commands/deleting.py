"""Deleting a command: in the cloud with everything that carried older versions of it, and from the lists. Runs stay."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

import cloud.commands as gateway
from accounts import audit
from cloud import errors
from cloud.connection import current
from commands.models import Command, Superseded
from commands.saving import By, SavedMeanwhile, newest_of


def delete(command: Command, by: By) -> None:
    """Gone already counts. Raises a member of `cloud.errors`: the cloud refuses while an execution of it is running.

    Raises saving.SavedMeanwhile when the command has moved on to another ID: then it is still there.
    """
    _delete_in_cloud(command.region, command.cloud_id)
    now = timezone.now()
    with transaction.atomic():
        as_read = Command.objects.filter(pk=command.pk, cloud_id=command.cloud_id)
        if not as_read.update(deleted_at=now, seen_at=now):
            raise SavedMeanwhile(newest_of(command))
        audit.record(
            by.person,
            "command.deleted",
            region=command.region,
            object=command.cloud_id,
            address=by.address,
            name=command.name,
            version=command.version_number,
            content_sha256=command.content_sha256,
        )


def delete_superseded(old: Superseded) -> bool:
    """Whether the cloud no longer has it. While an execution of it is running it stays, to be tried again."""
    try:
        _delete_in_cloud(old.region, old.cloud_id)
    except errors.CloudError:
        return False
    Superseded.objects.filter(pk=old.pk).update(deleted_at=timezone.now())
    return True


def _delete_in_cloud(region_id: str, cloud_id: str) -> None:
    try:
        gateway.delete_command(current(), region_id, cloud_id)
    except errors.Rejected as error:
        if not error.is_gone:
            raise
