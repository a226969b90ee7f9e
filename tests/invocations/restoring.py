"""A database as it was at a moment, to be put back later: what a restored backup, or a promoted replica, comes to."""

from __future__ import annotations

from django.core import serializers
from django.db import models

from commands.models import Command
from invocations.models import Attempt, Batch, Deployment, Invocation, OtherInvocation, Output, Target

TABLES: tuple[type[models.Model], ...] = (
    Command,
    Invocation,
    Batch,
    Attempt,
    OtherInvocation,
    Target,
    Output,
    Deployment,
)


class Backup:
    """Of what runs are made of."""

    def __init__(self) -> None:
        self._rows = [serializers.serialize("json", table._default_manager.all()) for table in TABLES]

    def restore(self) -> None:
        """What was written since is gone."""
        for table in reversed(TABLES):
            table._default_manager.all().delete()
        for rows in self._rows:
            for row in serializers.deserialize("json", rows):
                row.save()
