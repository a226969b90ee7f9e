"""The cloud's own check of a run that is being prepared (RepeatMode DryRun). Nothing runs, and no history has it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from invocations.models.runs import Draft


class Check(models.Model):
    """One press of *Check with the cloud*: what was checked, and the verdicts so far."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="checks")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    region = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)  # of everything else that was checked: a later change shows
    secrets = models.BinaryField(null=True)  # values of secret parameters, encrypted; emptied at the end
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    # Instance id -> None while there is no verdict, {} for can run, else {"code", "message"} of the cloud.
    verdicts = models.JSONField(default=dict)
    code = models.CharField(max_length=128, blank=True)  # of a call that was refused: its instances have no verdict
    message = models.TextField(blank=True)


class CheckCall(models.Model):
    """One call of a check, written before it is made. It may be made again: it has no effect."""

    check_of = models.ForeignKey(Check, models.CASCADE, related_name="calls")
    n = models.PositiveIntegerField()
    client_token = models.CharField(max_length=64, unique=True)
    request = models.TextField()  # FrozenRequest as JSON; secrets are placeholders in it
    invoke_id = models.CharField(max_length=64, blank=True)
    next_at = models.DateTimeField(null=True)  # to be sent, or asked about; null: answered

    class Meta:
        constraints = [models.UniqueConstraint(fields=["check_of", "n"], name="check_call_once")]
