"""A run, and a run being prepared."""

from __future__ import annotations

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext

from commands.models import Command, CommandType
from invocations.models.choices import RepeatMode, RunState


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

    def repeating(self) -> Self:
        """Schedules, and what waits for a startup."""
        return self.exclude(repeat_mode=RepeatMode.ONCE)


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
    frequency = models.CharField(max_length=255, blank=True)  # as it is sent, time zone included; only with Period
    replaces = models.ForeignKey("self", models.SET_NULL, null=True, related_name="replaced_by")  # schedule
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
            models.Index(fields=["state"]),  # counted at each look at the metrics
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.command_name}"

    def get_absolute_url(self) -> str:
        return reverse("invocations:schedule" if self.repeats else "invocations:run", args=[self.region, self.pk])

    @property
    def repeats(self) -> bool:
        """By a schedule, or at startup: its page is another."""
        return self.repeat_mode != RepeatMode.ONCE

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
