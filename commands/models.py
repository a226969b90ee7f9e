"""Saved commands as the cloud last described them, and the versions of them that this console knows.

The cloud can't change a script under one ID (API page ModifyCommand), so a new script is a new cloud command. Here it
stays one command: its row moves on to the new ID, and the old one leads to it for ever (`Superseded`).
"""

from __future__ import annotations

from typing import Self

from django.conf import settings
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


class Script(models.Model):
    """What a version of a command fixes: everything a run of it takes from there."""

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
    definitions = models.JSONField(default=list)  # what is known of the parameters: definitions.Definition.to_json

    class Meta:
        abstract = True

    @property
    def os_type(self) -> str:
        """The only system it runs on: `linux` or `windows`."""
        return "linux" if self.type == CommandType.SHELL else "windows"


SCRIPT_COLUMNS = tuple(field.name for field in Script._meta.fields)


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


class Command(Mirrored, Script):
    """A saved command of one region. Its columns are what the cloud has; what was saved here stands in its versions."""

    region = models.CharField(max_length=64)
    cloud_id = models.CharField(max_length=128)  # c-…, of the cloud command that carries it now
    created_at = models.DateTimeField(null=True)  # in the cloud
    is_public = models.BooleanField(default=False)
    provider = models.CharField(max_length=128, blank=True)  # public ones
    category = models.CharField(max_length=128, blank=True)
    version = models.CharField(max_length=32, blank=True)  # public ones: the provider's own
    version_number = models.PositiveIntegerField(default=0)  # of the newest version; 0: public, or just found
    drifted_at = models.DateTimeField(null=True)  # the cloud's copy differs from the newest version since
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
            models.CheckConstraint(condition=Q(drifted_at=None) | Q(is_public=False), name="command_drift_own_only"),
        ]
        indexes = [models.Index(fields=["region", "is_public", "name"])]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def forget(cls) -> None:
        """They stay as deleted ones: runs, drafts and versions refer to them."""
        cls.objects.filter(deleted_at=None).update(deleted_at=timezone.now())

    @property
    def newest(self) -> Version | None:
        """The newest version. None for public commands, which have none."""
        return self.versions.filter(number=self.version_number).first()

    def as_of(self, version: Version) -> Command:
        """This command as it was in `version`, with the ID that carried it then. Not to be stored."""
        columns = {field.attname: getattr(self, field.attname) for field in self._meta.concrete_fields}
        columns |= {name: getattr(version, name) for name in SCRIPT_COLUMNS}
        return Command(**columns | {"cloud_id": version.cloud_id, "version_number": version.number})


class Origin(models.TextChoices):
    SAVED = "saved"  # in this console
    FOUND = "found"  # as the cloud had it when it was seen first
    ELSEWHERE = "elsewhere"  # changed elsewhere, and kept so
    PUT_BACK = "put-back"  # changed elsewhere, and changed back


class Version(Script):
    """One state of an own command, never changed afterwards."""

    command = models.ForeignKey(Command, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()  # 1, 2, …
    cloud_id = models.CharField(max_length=128)  # that carried it; several versions may share one
    note = models.CharField(max_length=200, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )  # null: nobody here
    saved_at = models.DateTimeField()
    origin = models.CharField(max_length=16, choices=Origin, default=Origin.SAVED)
    token = models.UUIDField(null=True, unique=True)  # of the form: pressed twice, it is one version

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["command", "number"], name="version_once"),
            models.CheckConstraint(condition=Q(origin__in=Origin.values), name="version_origin_known"),
            models.CheckConstraint(condition=Q(number__gt=0), name="version_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.number}"


class SupersededQuerySet(models.QuerySet["Superseded"]):
    def kept(self, region: str) -> Self:
        """Those the cloud still has: they count towards the region's quota."""
        return self.filter(region=region, deleted_at=None)


class Superseded(models.Model):
    """The ID of a cloud command that carried an older version. It leads to its command, and is never listed itself."""

    region = models.CharField(max_length=64)
    cloud_id = models.CharField(max_length=128)
    command = models.ForeignKey(Command, models.CASCADE, related_name="superseded")
    since = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)  # in the cloud

    objects = SupersededQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["region", "cloud_id"], name="superseded_once")]
