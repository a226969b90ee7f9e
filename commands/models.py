"""Saved commands as the cloud last described them, and the console's own definitions of their parameters."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from regions.models import Mirrored


class CommandType(models.TextChoices):
    SHELL = "RunShellScript", _("Shell")
    POWERSHELL = "RunPowerShellScript", _("PowerShell")
    BAT = "RunBatScript", _("Bat")


class CommandQuerySet(models.QuerySet["Command"]):
    def visible_to(self, person: Person) -> Self:
        """Everybody sees every command; scopes will narrow it here."""
        return self.all() if person.is_active else self.none()

    def present(self) -> Self:
        """Those the cloud still has."""
        return self.filter(deleted_at=None)

    def own(self, region: str) -> Self:
        return self.present().filter(region=region, is_public=False)

    def public(self, region: str) -> Self:
        return self.present().filter(region=region, is_public=True)

    def matching(self, text: str) -> Self:
        """A search: a part of the name, or the whole ID."""
        return self.filter(Q(name__icontains=text) | Q(cloud_id=text)) if text else self


class Command(Mirrored):
    """A saved command of one region. Its script never changes under one `cloud_id` (ModifyCommand can't)."""

    region = models.CharField(max_length=64)
    cloud_id = models.CharField(max_length=128)  # c-…
    name = models.CharField(max_length=128)
    type = models.CharField(max_length=32, choices=CommandType)
    content = models.TextField()
    content_sha256 = models.CharField(max_length=64)
    description = models.TextField(blank=True)
    working_dir = models.CharField(max_length=200, blank=True)
    timeout = models.PositiveIntegerField(default=60)  # seconds
    enable_parameter = models.BooleanField(default=False)
    parameter_names = models.JSONField(default=list)  # as the cloud parsed them, in order
    launcher = models.TextField(blank=True)
    tags = models.JSONField(default=dict)
    created_at = models.DateTimeField(null=True)  # in the cloud
    is_public = models.BooleanField(default=False)
    provider = models.CharField(max_length=128, blank=True)  # public ones
    category = models.CharField(max_length=128, blank=True)
    version = models.CharField(max_length=32, blank=True)  # public ones: the provider's own
    seen_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)  # no longer listed since

    # Written by `invocations` at submit and when the run's state changes.
    last_run_id = models.PositiveBigIntegerField(null=True)
    last_run_at = models.DateTimeField(null=True)
    last_run_state = models.CharField(max_length=32, blank=True)

    objects = CommandQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["region", "cloud_id"], name="command_once"),
            models.CheckConstraint(condition=Q(type__in=CommandType.values), name="command_type_known"),
        ]
        indexes = [models.Index(fields=["region", "is_public", "name"])]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def forget(cls) -> None:
        """They stay as deleted ones: runs and drafts refer to them, and the console's own definitions hang on them."""
        cls.objects.filter(deleted_at=None).update(deleted_at=timezone.now())

    @property
    def os_type(self) -> str:
        """The only system it runs on: `linux` or `windows`."""
        return "linux" if self.type == CommandType.SHELL else "windows"


class ParameterDefinition(models.Model):
    """What the console knows of one `{{name}}` beyond the name, which is all the cloud keeps for own commands."""

    command = models.ForeignKey(Command, models.CASCADE, related_name="definitions")
    name = models.CharField(max_length=64)
    description = models.TextField(blank=True)
    default = models.TextField(blank=True)
    is_required = models.BooleanField(default=False)
    allowed = models.JSONField(default=list)  # texts; [] allows everything
    pattern = models.TextField(blank=True)  # RE2, must match the whole value
    is_secret = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["command", "name"], name="definition_once")]
