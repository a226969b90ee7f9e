"""The words of runs: states, outcomes, reasons. On screen each has its own wording and icon (consoleapp/states.py)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class BatchState(models.TextChoices):
    QUEUED = "queued", _("Queued")  # nothing that was tried had an effect; with a hold reason it is shown as held
    SENDING = "sending", _("Sending")  # somebody holds the lease
    UNSURE = "unsure", _("Being checked with the cloud")  # an attempt may have taken effect, nobody is sending
    ACCEPTED = "accepted", _("Running")
    FINISHED = "finished", _("Finished")
    REJECTED = "rejected", _("Rejected")  # its targets are skipped, or live on in its children
    CANCELLED = "cancelled", _("Cancelled")  # nothing ran
    UNKNOWN = "unknown", _("Outcome unknown")


UNCONFIRMED = (BatchState.QUEUED, BatchState.SENDING, BatchState.UNSURE)  # the cloud has named no InvokeId, and may


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
    PAUSED = "paused", _("Paused")  # a rollout waits at a gate, or for a person
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
