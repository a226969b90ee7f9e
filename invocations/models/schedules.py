"""The executions of a schedule. The schedule itself is an invocation that repeats: its batches wait in the cloud."""

from __future__ import annotations

from django.db import models

from invocations.models.runs import Invocation
from invocations.models.targets import Target


class Execution(models.Model):
    """One time a schedule ran on one of its targets, with what it printed."""

    invocation = models.ForeignKey(Invocation, models.CASCADE, related_name="executions")
    target = models.ForeignKey(Target, models.CASCADE, related_name="executions")
    n = models.PositiveIntegerField()  # the cloud's Repeats
    due_at = models.DateTimeField(null=True)  # the schedule's time it belongs to; null: a startup has none
    state = models.CharField(max_length=32)
    exit_code = models.IntegerField(null=True)
    error_code = models.CharField(max_length=128, blank=True)
    error_info = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)
    first_line = models.CharField(max_length=200, blank=True)
    content = models.BinaryField(default=b"")  # of the output, as the cloud kept it
    dropped = models.PositiveIntegerField(default=0)  # bytes the cloud cut away
    is_complete = models.BooleanField(default=False)  # fetched after its end

    class Meta:
        constraints = [models.UniqueConstraint(fields=["target", "n"], name="execution_once")]
        indexes = [models.Index(fields=["invocation", "-due_at"])]
