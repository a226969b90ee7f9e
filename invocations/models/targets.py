"""One instance within a run, and what it printed."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models

from instances.models import Kind
from invocations.models.batches import Batch
from invocations.models.choices import REST, TargetState
from invocations.models.runs import Invocation


class TargetQuerySet(models.QuerySet["Target"]):
    def at_rest(self) -> Self:
        return self.filter(state__in=REST)

    def open(self) -> Self:
        return self.exclude(state__in=REST)


class Target(models.Model):
    """One instance within a run: what it is doing, and how it ended."""

    invocation = models.ForeignKey(Invocation, models.CASCADE, related_name="targets")
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="targets")  # moves to the child when a batch is split
    instance_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=16, choices=Kind)
    name = models.CharField(max_length=255)  # of the instance at submit
    private_ip = models.CharField(max_length=64, blank=True)
    os_type = models.CharField(max_length=16, blank=True)
    state = models.CharField(max_length=32, default=TargetState.WAITING)  # TargetState, or a later word of the API
    reason = models.CharField(max_length=64, blank=True)  # why it was skipped, is unknown …: a key of explaining.py
    exit_code = models.IntegerField(null=True)
    error_code = models.CharField(max_length=128, blank=True)
    error_info = models.TextField(blank=True)
    repeats = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)  # from start to finish
    first_line = models.CharField(max_length=200, blank=True)  # of the output, printable characters only
    changed_at = models.DateTimeField()  # when the state was last written
    stop_requested_at = models.DateTimeField(null=True)
    # Whoever said how it ended where the cloud could not; counts only while `reason` is "marked".
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = TargetQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invocation", "instance_id"], name="target_once")]
        indexes = [
            models.Index(fields=["invocation", "state"]),
            models.Index(fields=["batch"]),
            models.Index(fields=["instance_id", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.name} in #{self.invocation_id}"


class Output(models.Model):
    """The bytes one target printed, as the cloud kept them. Apart from the target, so that lists stay light."""

    target = models.OneToOneField(Target, models.CASCADE, primary_key=True, related_name="output")
    content = models.BinaryField(default=b"")
    dropped = models.PositiveIntegerField(default=0)  # bytes the cloud cut away
    is_complete = models.BooleanField(default=False)  # fetched after the target's end
