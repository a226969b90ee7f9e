"""How a run is let out in waves. A run without a rollout goes to all of its targets at once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from invocations.models.runs import Invocation


class Rollout(models.Model):
    """The plan as it was asked for, and what stopped it on the way. Numbers stay as typed: `5`, or `10%`."""

    class Kind(models.TextChoices):
        CANARY = "canary", _("Canary first")
        WAVES = "waves", _("In waves")
        DOUBLING = "doubling", _("Doubling")

    class Gate(models.TextChoices):
        HAND = "hand"  # a person releases each wave
        TIMED = "timed"  # it goes on by itself after `pause`

    class OnFailures(models.TextChoices):
        STOP = "stop", _("Stop")
        PAUSE = "pause", _("Pause")

    invocation = models.OneToOneField(Invocation, models.CASCADE, primary_key=True, related_name="rollout")
    kind = models.CharField(max_length=16, choices=Kind)
    wave_size = models.CharField(max_length=16)  # of the first wave; of every wave where the kind is `waves`
    wave_max = models.PositiveIntegerField(null=True)  # doubling: no wave is larger
    gate = models.CharField(max_length=8, choices=Gate)
    pause = models.PositiveIntegerField(default=0)  # seconds between two waves, where the gate is timed
    failure_limit = models.CharField(max_length=16, blank=True)  # more failures than this halt it; "": none do
    on_failures = models.CharField(max_length=8, choices=OnFailures, default=OnFailures.STOP)

    forgiven = models.PositiveIntegerField(default=0)  # failures a person has seen and gone on from
    halted_at = models.DateTimeField(null=True)  # the limit was passed; emptied when a person goes on
    halted_wave = models.PositiveIntegerField(null=True)
    halted_failures = models.PositiveIntegerField(null=True)  # beyond the forgiven ones
    halted_limit = models.PositiveIntegerField(null=True)  # what the limit came to then
    stopped_at = models.DateTimeField(null=True)  # nothing more is sent: by the limit, or by a person
    stopped_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(halted_at=None) | ~Q(failure_limit=""), name="rollout_halted_by_limit"),
        ]


class Wave(models.Model):
    """Targets that are let out together: whole batches. The first is released with the run."""

    rollout = models.ForeignKey(Rollout, models.CASCADE, related_name="waves")
    n = models.PositiveIntegerField()  # from 1
    size = models.PositiveIntegerField()  # targets
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    due_at = models.DateTimeField(null=True)  # a timed gate opens by itself
    ended_at = models.DateTimeField(null=True)  # every target of it is at rest since
    silent_at = models.DateTimeField(null=True)  # a target has not answered: only a person opens the next gate

    class Meta:
        ordering = ["n"]
        constraints = [models.UniqueConstraint(fields=["rollout", "n"], name="wave_once")]
