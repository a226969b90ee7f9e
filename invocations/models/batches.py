"""The calls of a run, every try to make one, and what a person must know about them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from instances.models import Kind
from invocations.models.choices import BatchState, HoldReason, Outcome
from invocations.models.runs import Invocation

if TYPE_CHECKING:
    from datetime import datetime

HAS_ID = Q(state__in=[BatchState.ACCEPTED, BatchState.FINISHED])


class BatchQuerySet(models.QuerySet["Batch"]):
    def due(self, now: datetime) -> Self:
        """Those somebody should try to send: T2's conditions that stand in the row; the claim looks at the rest."""
        free = Q(state__in=[BatchState.QUEUED, BatchState.UNSURE]) | Q(state=BatchState.SENDING, lease_until__lt=now)
        is_open = Q(wave__rollout__halted_at=None, wave__rollout__stopped_at=None, wave__released_at__isnull=False)
        return self.filter(
            free,
            Q(wave=None) | is_open,
            next_attempt_at__lte=now,
            send_deadline__gt=now,
            stop_requested_at=None,
            invoke_id="",
        )


class Batch(models.Model):
    """One InvokeCommand or RunCommand: one kind of instance, at most the batch size, one token for all its attempts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)  # also its tag `console-batch`
    invocation = models.ForeignKey(Invocation, models.CASCADE, related_name="batches")
    region = models.CharField(max_length=64)
    kind = models.CharField(max_length=16, choices=Kind)
    seq = models.PositiveIntegerField()
    wave = models.ForeignKey("Wave", models.CASCADE, null=True, related_name="batches")  # null: no rollout
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    part = models.PositiveIntegerField(default=0)  # which child of its parent
    client_token = models.CharField(
        max_length=64, unique=True, editable=False
    )  # written before any call, never changed
    request = models.TextField(editable=False)  # FrozenRequest as JSON; secrets are placeholders in it
    request_sha256 = models.CharField(max_length=64, editable=False)  # of what is sent, secrets filled in
    secrets = models.BinaryField(null=True)  # their values, encrypted; emptied when the batch is at rest
    size = models.PositiveIntegerField()
    counts = models.JSONField(default=dict)  # target state -> number of its targets now (counting.py)

    state = models.CharField(max_length=16, choices=BatchState, default=BatchState.QUEUED)
    hold_reason = models.CharField(max_length=16, choices=HoldReason, blank=True)
    epoch = models.PositiveIntegerField(default=0)  # +1 with each claim: the fencing number
    lease_owner = models.CharField(max_length=128, blank=True)
    lease_until = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField()
    send_deadline = models.DateTimeField()
    stop_requested_at = models.DateTimeField(null=True)

    invoke_id = models.CharField(max_length=64, blank=True)  # t-…
    accepted_at = models.DateTimeField(null=True)
    is_late = models.BooleanField(default=False)  # the answer came after the batch had been given up
    finished_at = models.DateTimeField(null=True)
    lookups = models.PositiveIntegerField(default=0)
    next_lookup_at = models.DateTimeField(null=True)
    next_poll_at = models.DateTimeField(null=True)
    poll_lease_until = models.DateTimeField(null=True)
    next_stop_at = models.DateTimeField(null=True)  # StopInvocation is due
    code = models.CharField(max_length=128, blank=True)  # of the last answer
    message = models.TextField(blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["invocation", "seq"], name="batch_seq_once"),
            models.UniqueConstraint(fields=["parent", "part"], name="batch_part_once"),
            models.UniqueConstraint(
                fields=["region", "invoke_id"], condition=~Q(invoke_id=""), name="batch_invoke_id_once"
            ),
            models.CheckConstraint(condition=Q(state__in=BatchState.values), name="batch_state_known"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="batch_kind_known"),
            models.CheckConstraint(
                condition=HAS_ID & Q(invoke_id__gt="") | ~HAS_ID & Q(invoke_id=""), name="batch_invoke_id_iff_accepted"
            ),
            models.CheckConstraint(
                condition=Q(hold_reason="") | Q(state__in=[BatchState.QUEUED, BatchState.UNSURE]),
                name="batch_held_only_unsent",
            ),
            models.CheckConstraint(
                condition=~Q(state=BatchState.SENDING) | Q(lease_until__isnull=False), name="batch_sending_has_lease"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "next_attempt_at"]),
            models.Index(fields=["region", "next_poll_at"]),
        ]

    def __str__(self) -> str:
        return f"batch {self.seq} of #{self.invocation_id}"


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def doubtful(self) -> Self:
        """Those that may have taken effect, or still may."""
        return self.filter(outcome__in=[Outcome.OPEN, Outcome.UNKNOWN])


class Attempt(models.Model):
    """One try to send a batch, written and committed before the call: no call without an owner row."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="attempts")
    n = models.PositiveIntegerField()  # the epoch of its claim; 0 marks a batch of a restored database (T12)
    worker = models.CharField(max_length=128)
    started_at = models.DateTimeField()
    send_by = models.DateTimeField()  # fixed in the claim, never worked out again
    signed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=16, choices=Outcome, default=Outcome.OPEN)
    http_status = models.PositiveIntegerField(null=True)
    code = models.CharField(max_length=128, blank=True)
    message = models.TextField(blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        ordering = ["n"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "n"], name="attempt_once"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="attempt_outcome_known"),
        ]


class OtherInvocation(models.Model):
    """A second InvokeId the cloud named for one batch (T5): an alarm, kept and polled beside the first."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="others")
    invoke_id = models.CharField(max_length=64)
    found_at = models.DateTimeField()
    results = models.JSONField(default=dict)  # instance id -> state, exit code

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "invoke_id"], name="other_invocation_once")]


class Alarm(models.Model):
    """Something a person must know and that no retry mends."""

    class Kind(models.TextChoices):
        TWO_INVOCATIONS = "two-invocations"
        PARAMETERS = "parameters"
        CONTENT = "content"
        SCHEDULE = "schedule"
        ACCOUNT = "account"
        CLOCK = "clock"
        RESTORED = "restored"
        DATABASE = "database"
        FOUND = "found"

    kind = models.CharField(max_length=32, choices=Kind)
    batch = models.ForeignKey(Batch, models.CASCADE, null=True, related_name="alarms")
    detail = models.JSONField(default=dict)  # what the sentence names
    raised_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "batch"], name="alarm_once")]
