"""Machines that can be targets, as the cloud last described them, and selections of them that were saved under a name.

Never an authority: dispatch asks the cloud again.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from regions.models import Mirrored


class Kind(models.TextChoices):
    ECS = "ecs"
    MANAGED = "managed"


class Agent(models.TextChoices):
    NORMAL = "normal"
    ABNORMAL = "abnormal"  # installed, but no heartbeat for two minutes
    NONE = "none"  # never reported
    UNKNOWN = "unknown"  # not asked, or the machine is off


class Instance(Mirrored):
    """One machine: an ECS instance (`i-…`) or a managed one (`mi-…`)."""

    region = models.CharField(max_length=64)
    instance_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=16, choices=Kind)
    name = models.CharField(max_length=255)
    hostname = models.CharField(max_length=255, blank=True)
    status = models.CharField(
        max_length=16
    )  # running stopped starting stopping pending released; managed: running stopped
    os_type = models.CharField(max_length=16)  # linux windows
    os_name = models.CharField(max_length=255, blank=True)
    private_ip = models.CharField(max_length=64, blank=True)
    public_ip = models.CharField(max_length=64, blank=True)
    addresses = models.TextField(blank=True)  # all of them, each with a space before and after, for the search
    zone = models.CharField(max_length=64, blank=True)
    tags = models.JSONField(default=dict)
    agent = models.CharField(max_length=16, choices=Agent, default=Agent.UNKNOWN)
    agent_version = models.CharField(max_length=64, blank=True)
    heartbeat_at = models.DateTimeField(null=True)
    lock_reason = models.CharField(max_length=128, blank=True)
    created_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)  # first seen running, or when it was started from here
    registered_at = models.DateTimeField(null=True)  # managed ones
    seen_at = models.DateTimeField()  # the refresh that last listed it
    released_at = models.DateTimeField(null=True)  # no longer listed since

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["region", "instance_id"], name="instance_once"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="instance_kind_known"),
            models.CheckConstraint(condition=Q(agent__in=Agent.values), name="instance_agent_known"),
        ]
        indexes = [models.Index(fields=["region", "kind", "name"])]

    def __str__(self) -> str:
        return f"{self.name} ({self.instance_id})"


class InstanceTag(models.Model):
    """A tag as a row of its own, so that a search by tag is an index look-up."""

    instance = models.ForeignKey(Instance, models.CASCADE, related_name="tag_rows")
    key = models.CharField(max_length=128)
    value = models.CharField(max_length=256, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["instance", "key"], name="instance_tag_once")]
        indexes = [models.Index(fields=["key", "value"])]


class SelectionKind(models.TextChoices):
    QUERY = "query", pgettext_lazy("selection", "Search")
    LIST = "list", pgettext_lazy("selection", "List")


TEAM = "team"  # the one group there is: everybody who runs commands


class Selection(models.Model):
    """Instances of a region under a name: what a search finds, matched anew at each use, or just these ids."""

    region = models.CharField(max_length=64)
    name = models.CharField(max_length=64)
    key = models.CharField(max_length=255)  # the name as it is looked up: instances.selections.key_of
    kind = models.CharField(max_length=16, choices=SelectionKind)
    q = models.TextField(blank=True)
    ids = models.JSONField(default=list)  # of a list
    group = models.SlugField(max_length=64, blank=True)  # "": its owner's alone
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="selections")
    token = models.UUIDField()  # of the form it was saved with: a double click makes one
    version = models.PositiveIntegerField(default=1)  # +1 with each change
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["region", "owner", "key"], condition=Q(group=""), name="selection_own_once"
            ),
            models.UniqueConstraint(fields=["region", "group", "key"], condition=~Q(group=""), name="selection_once"),
            models.UniqueConstraint(fields=["owner", "token"], name="selection_token_once"),
            models.CheckConstraint(condition=Q(kind__in=SelectionKind.values), name="selection_kind_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def full_name(self) -> str:
        """With its group: `team/web`."""
        return f"{self.group}/{self.name}" if self.group else self.name


class SelectionUse(models.Model):
    """A run was submitted on what a selection stood for; by this the next one is told what has changed since."""

    selection = models.ForeignKey(Selection, models.CASCADE, related_name="uses")
    run_id = models.PositiveBigIntegerField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    matched = models.JSONField(default=list)  # ids it matched then, in that person's scope

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["selection", "run_id"], name="selection_use_once")]
