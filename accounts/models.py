"""People, their one-time links, and the trail of what they did."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    VIEWER = "viewer", _("Viewer")
    OPERATOR = "operator", _("Operator")
    ADMIN = "admin", _("Team admin")


class Theme(models.TextChoices):
    SYSTEM = "system", _("System")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class PersonManager(UserManager["Person"]):
    use_in_migrations = False

    def create_superuser(self, *args: Any, **columns: Any) -> Person:
        """`manage.py createsuperuser`, where no one-time link can be opened: makes a team admin."""
        return super().create_superuser(*args, **{"role": Role.ADMIN, **columns})


class Person(AbstractUser):
    """Somebody who signs in. What they may do follows from `role` alone (accounts/access.py)."""

    role = models.CharField(max_length=16, choices=Role, default=Role.VIEWER)
    language = models.CharField(max_length=16, blank=True)  # "" follows the browser
    time_zone = models.CharField(max_length=64, blank=True)  # "" follows the browser
    theme = models.CharField(max_length=16, choices=Theme, default=Theme.SYSTEM)
    single_keys = models.BooleanField(default=True)  # the one-letter shortcuts
    recent_regions = models.JSONField(default=list, blank=True)  # region ids, newest first, at most five

    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="person_role_known"),
            models.CheckConstraint(condition=Q(theme__in=Theme.values), name="person_theme_known"),
        ]

    @property
    def is_operator(self) -> bool:
        """May run commands."""
        return self.role in (Role.OPERATOR, Role.ADMIN)

    @property
    def is_admin(self) -> bool:
        """May look after saved commands, and sees the workers."""
        return self.role == Role.ADMIN

    @property
    def shown_name(self) -> str:
        return self.get_full_name() or self.username


class SigninLink(models.Model):
    """A link that signs one person in once, from this computer only. Only its hash is stored."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="signin_links")
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class AuditEntry(models.Model):
    """Who did what, written in the transaction of its cause (accounts/audit.py). Never changed, never deleted."""

    at = models.DateTimeField(db_index=True)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    actor = models.CharField(max_length=150)  # the user name then, or "console"
    address = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=64)  # "run.submitted"
    region = models.CharField(max_length=64, blank=True)
    object = models.CharField(max_length=128, blank=True)  # "run 1042", "c-hz…"
    detail = models.JSONField(default=dict)  # digests and counts; no secret

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise TypeError("an audit entry is never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("an audit entry is never deleted")
