"""Regions, the account behind them, and how fresh each mirror of the cloud is."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import get_language


class Mirrored(models.Model):
    """A row copied from the cloud. When the account behind the console changes, none of them may stay (account.py)."""

    class Meta:
        abstract = True

    @classmethod
    def forget(cls) -> None:
        """Nothing of the former account is shown any more."""
        cls._default_manager.all().delete()


class Account(models.Model):
    """The one Alibaba Cloud account this deployment works for, as `GetCallerIdentity` told. At most one row."""

    account_id = models.CharField(max_length=64)  # "" until the cloud has said it
    arn = models.CharField(max_length=255, blank=True)
    provider = models.CharField(max_length=64, blank=True)  # where the credentials came from: `default/env`
    checked_at = models.DateTimeField()


class Region(Mirrored):
    """A region the account may use. Names are the cloud's own, in both languages."""

    region_id = models.CharField(max_length=64, primary_key=True)  # cn-hangzhou
    name_en = models.CharField(max_length=128)
    name_zh = models.CharField(max_length=128)
    has_managed = models.BooleanField(default=False)  # managed instances exist here
    daily_quota = models.PositiveIntegerField(null=True)  # `max-axt-invocation-daily`, in calls
    command_quota = models.PositiveIntegerField(null=True)  # `max-axt-command-count`
    is_listed = models.BooleanField(default=True)  # the cloud still names it

    # Written by `instances` with each copy; null until the first.
    instance_count = models.PositiveIntegerField(null=True)
    managed_count = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["region_id"]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def forget(cls) -> None:
        """Addresses stay: which regions there are is the cloud's, only what is in them is the account's."""
        cls.objects.update(daily_quota=None, command_quota=None, instance_count=None, managed_count=None)

    @property
    def name(self) -> str:
        """In the current language; the id where the cloud gave no name."""
        is_chinese = (get_language() or "").startswith("zh")
        return (self.name_zh if is_chinese else self.name_en) or self.region_id


class MirrorKind(models.TextChoices):
    REGIONS = "regions"  # of the account: its region is ""
    INSTANCES = "instances"  # with their agents
    MANAGED = "managed"
    COMMANDS = "commands"
    PUBLIC = "public"
    QUOTA = "quota"
    SECRETS = "secrets"
    SCHEDULES = "schedules"  # made elsewhere


class MirrorQuerySet(models.QuerySet["Mirror"]):
    def of(self, region: str, kind: MirrorKind) -> Mirror:
        mirror, _created = self.get_or_create(region=region, kind=kind)
        return mirror


class Mirror(Mirrored):
    """What one region has of one kind, copied from the cloud: how fresh it is, and why it may not be fresher.

    Whoever finds it too old claims the refresh (regions/mirrors.py); everybody else waits or shows what there is.
    """

    region = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=16, choices=MirrorKind)
    refreshed_at = models.DateTimeField(null=True)  # the last complete copy
    claimed_until = models.DateTimeField(null=True)  # somebody is at it
    failed_at = models.DateTimeField(null=True)  # of the newest try, null when it went well
    error_kind = models.CharField(max_length=32, blank=True)  # the class of cloud.errors
    error_code = models.CharField(max_length=128, blank=True)
    error_message = models.TextField(blank=True)
    error_action = models.CharField(max_length=128, blank=True)  # the RAM action that is missing
    next_try_at = models.DateTimeField(null=True)  # after a failure, nobody tries before

    objects = MirrorQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["region", "kind"], name="mirror_once")]

    @classmethod
    def forget(cls) -> None:
        """The rows stay, for whoever waits for one or is at it; what they tell of the cloud does not."""
        cls.objects.update(refreshed_at=None, failed_at=None, next_try_at=None)

    @property
    def is_refreshing(self) -> bool:
        return self.claimed_until is not None and timezone.now() < self.claimed_until

    @property
    def has_failed(self) -> bool:
        """The newest try went wrong: what is shown is older."""
        return self.failed_at is not None
