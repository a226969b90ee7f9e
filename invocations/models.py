"""Runs, their batches, the attempts to send them, and what became of every target.

The rows are the truth; messages only wake. What may change a state stands in `states.py`.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from commands.models import Command, CommandType
from instances.models import Kind

if TYPE_CHECKING:
    from datetime import datetime


class BatchState(models.TextChoices):
    QUEUED = "queued", _("Queued")  # nothing that was tried had an effect; with a hold reason it is shown as held
    SENDING = "sending", _("Sending")  # somebody holds the lease
    UNSURE = "unsure", _("Being checked with the cloud")  # an attempt may have taken effect, nobody is sending
    ACCEPTED = "accepted", _("Running")
    FINISHED = "finished", _("Finished")
    REJECTED = "rejected", _("Rejected")  # its targets are skipped, or live on in its children
    CANCELLED = "cancelled", _("Cancelled")  # nothing ran
    UNKNOWN = "unknown", _("Outcome unknown")


class Outcome(models.TextChoices):
    OPEN = "open"
    NOT_SENT = "not_sent"
    NO_EFFECT = "no_effect"
    REJECTED = "rejected"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"


class TargetState(models.TextChoices):
    """Our words beside the API's, in lower case. A word the API adds later is stored as it came."""

    WAITING = "waiting", _("Waiting")
    PENDING = "pending", _("Sending")
    RUNNING = "running", _("Running")
    STOPPING = "stopping", _("Stopping")
    SCHEDULED = "scheduled", _("Scheduled")
    SUCCESS = "success", _("Succeeded")
    FAILED = "failed", _("Failed")
    TIMEOUT = "timeout", _("Timed out")
    ERROR = "error", _("Error")
    INVALID = "invalid", _("Rejected")
    ABORTED = "aborted", _("Not delivered")
    STOPPED = "stopped", _("Stopped")  # the API's Terminated
    CANCELLED = "cancelled", _("Cancelled")
    SKIPPED = "skipped", _("Skipped")
    UNKNOWN = "unknown", _("Outcome unknown")
    UNFOLLOWED = "unfollowed", _("No longer followed")


class RunState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    HELD = "held", _("Held")
    STOPPING = "stopping", _("Stopping")
    SCHEDULED = "scheduled", _("Scheduled")
    SUCCESS = "success", _("Succeeded")
    PARTIALFAILED = "partialfailed", _("Partially failed")
    FAILED = "failed", _("Failed")
    STOPPED = "stopped", _("Stopped")
    UNKNOWN = "unknown", _("Outcome unknown")


class RepeatMode(models.TextChoices):
    ONCE = "Once"
    PERIOD = "Period"
    NEXT_REBOOT_ONLY = "NextRebootOnly"
    EVERY_REBOOT = "EveryReboot"


class HoldReason(models.TextChoices):
    THROTTLED = "throttled"
    QUOTA = "quota"
    UNREACHABLE = "unreachable"
    CREDENTIALS = "credentials"
    PERMISSION = "permission"
    CLOCK = "clock"
    REGION = "region"
    ACCOUNT = "account"
    CERTIFICATE = "certificate"
    PROXY = "proxy"
    COMMAND = "command"
    PARAMETERS = "parameters"
    RESTORED = "restored"


REST = (
    TargetState.SUCCESS,
    TargetState.FAILED,
    TargetState.TIMEOUT,
    TargetState.ERROR,
    TargetState.INVALID,
    TargetState.ABORTED,
    TargetState.STOPPED,
    TargetState.CANCELLED,
    TargetState.SKIPPED,
    TargetState.UNKNOWN,
    TargetState.UNFOLLOWED,
)  # a target in one of these is at rest


class Deployment(models.Model):
    """This database's own identity, to notice that it was copied or restored (T12). One row, pk 1."""

    deployment_id = models.CharField(max_length=64)
    paused_at = models.DateTimeField(null=True)  # dispatch stands still since
    pause_reason = models.CharField(max_length=32, blank=True)


class Draft(models.Model):
    """A run being prepared: what was typed (no secret) and chosen. Private to its person, kept for 24 hours."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")
    region = models.CharField(max_length=64)
    command = models.ForeignKey(Command, models.CASCADE, null=True, related_name="+")  # null: its script is in `fields`
    fields = models.JSONField(default=dict)  # form field -> what was typed
    chosen = models.JSONField(default=list)  # instance ids, in the order of choosing
    again_of = models.ForeignKey("Invocation", models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)


class InvocationQuerySet(models.QuerySet["Invocation"]):
    def live(self) -> Self:
        return self.filter(ended_at=None)


class Invocation(models.Model):
    """One press of Run: one content, one set of settings, N targets, one region. On screen it is a run."""

    account_id = models.CharField(max_length=64)  # the one it was started in; a claim compares (C59)
    cloud_kind = models.CharField(max_length=16)  # simulated | alibaba
    region = models.CharField(max_length=64)
    # None: a script that was not saved. Rows of commands stay, whatever becomes of them in the cloud.
    command = models.ForeignKey(Command, models.SET_NULL, null=True, related_name="invocations")
    command_version = models.PositiveIntegerField(null=True)  # of the command; null: none of them
    command_cloud_id = models.CharField(max_length=128, blank=True)  # that ran; "": the cloud has given none yet
    command_name = models.CharField(max_length=128, blank=True)
    command_type = models.CharField(max_length=32, choices=CommandType)
    content = models.TextField()  # as the operator saw it, parameters not yet filled in
    content_sha256 = models.CharField(max_length=64)
    parameters = models.JSONField(default=dict)  # name -> value; secret ones are absent
    secret_names = models.JSONField(default=list)
    username = models.CharField(max_length=255, blank=True)  # "" is root, or System
    windows_password_name = models.CharField(max_length=255, blank=True)
    timeout = models.PositiveIntegerField()
    working_dir = models.CharField(max_length=200, blank=True)
    repeat_mode = models.CharField(max_length=16, choices=RepeatMode, default=RepeatMode.ONCE)
    termination_mode = models.CharField(max_length=16, default="Process")
    container_name = models.CharField(max_length=255, blank=True)
    container_id = models.CharField(max_length=255, blank=True)
    oss_delivery = models.CharField(max_length=1024, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="invocations")
    address = models.CharField(max_length=64, blank=True)  # where the form came from
    form_token = models.UUIDField(unique=True)  # a double click is one invocation
    again_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="agains")
    submitted_at = models.DateTimeField()
    stop_requested_at = models.DateTimeField(null=True)
    stop_requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    # Derived from targets and batches (counting.py), stored for the history list.
    state = models.CharField(max_length=16, choices=RunState, default=RunState.QUEUED)
    counts = models.JSONField(default=dict)  # target state -> number
    total = models.PositiveIntegerField()
    finished = models.PositiveIntegerField(default=0)  # targets at rest
    version = models.PositiveIntegerField(default=1)  # +1 with each change a page could show
    ended_at = models.DateTimeField(null=True)  # every target is at rest since

    objects = InvocationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="run_state_known"),
            models.CheckConstraint(condition=Q(finished__lte=F("total")), name="run_finished_at_most_total"),
        ]
        indexes = [
            models.Index(fields=["region", "-id"]),
            models.Index(fields=["command_cloud_id", "-id"]),
            models.Index(fields=["ended_at"]),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.command_name}"

    def get_absolute_url(self) -> str:
        return reverse("invocations:run", args=[self.region, self.pk])

    @property
    def is_live(self) -> bool:
        return self.ended_at is None

    @property
    def is_unsaved(self) -> bool:
        return self.command_id is None

    @property
    def title(self) -> str:
        """A script that was run without being saved need not have a name."""
        return self.command_name or gettext("Run without saving")


HAS_ID = Q(state__in=[BatchState.ACCEPTED, BatchState.FINISHED])


class BatchQuerySet(models.QuerySet["Batch"]):
    def due(self, now: datetime) -> Self:
        """Those somebody should try to send: T2's conditions that stand in the row; the claim looks at the rest."""
        free = Q(state__in=[BatchState.QUEUED, BatchState.UNSURE]) | Q(state=BatchState.SENDING, lease_until__lt=now)
        return self.filter(free, next_attempt_at__lte=now, send_deadline__gt=now, stop_requested_at=None, invoke_id="")


class Batch(models.Model):
    """One InvokeCommand or RunCommand: one kind of instance, at most the batch size, one token for all its attempts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)  # also its tag `console-batch`
    invocation = models.ForeignKey(Invocation, models.CASCADE, related_name="batches")
    region = models.CharField(max_length=64)
    kind = models.CharField(max_length=16, choices=Kind)
    seq = models.PositiveIntegerField()
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    part = models.PositiveIntegerField(default=0)  # which child of its parent
    client_token = models.CharField(
        max_length=64, unique=True, editable=False
    )  # written before any call, never changed
    request = models.TextField(editable=False)  # FrozenRequest as JSON; secrets are placeholders in it
    request_sha256 = models.CharField(max_length=64, editable=False)  # of what is sent, secrets filled in
    secrets = models.BinaryField(null=True)  # their values, encrypted; emptied when the batch is at rest
    size = models.PositiveIntegerField()

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
        ACCOUNT = "account"
        CLOCK = "clock"
        RESTORED = "restored"
        DATABASE = "database"
        WINDOW = "window"

    kind = models.CharField(max_length=32, choices=Kind)
    batch = models.ForeignKey(Batch, models.CASCADE, null=True, related_name="alarms")
    detail = models.JSONField(default=dict)  # what the sentence names
    raised_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "batch"], name="alarm_once")]
