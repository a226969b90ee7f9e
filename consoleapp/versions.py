"""Whether this version of the console and the database's tables belong together (A40, A99).

A release works on the tables of the one before and after it, so processes of two versions may overlap for an upgrade.
What was started before a newer version migrated takes no new work from then on; started anew, it refuses.
"""

from functools import cache

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from consoleapp.models import Release
from consoleapp.version import VERSION

Migration = tuple[str, str]  # app, name


class DoesNotFit(ImproperlyConfigured):
    """The sentence names the version that is needed, or what to run."""


def check() -> None:
    """Raises DoesNotFit where the tables are of a newer or of an older version; DatabaseError without a database."""
    check_not_newer()
    if missing():
        raise DoesNotFit(
            "The database waits for the migrations of this version: run manage.py migrate, then start again."
        )


def check_not_newer() -> None:
    """Raises DoesNotFit where a newer version has migrated the database."""
    if unknown := _unknown(_applied()):
        app, name = max(unknown)
        newest = _newest_version() or f"one after {VERSION}"
        raise DoesNotFit(
            f"This database belongs to a newer version of the console: {newest} has migrated it (to {app} {name}), and"
            f" this is {VERSION}. Start that version or a newer one, or restore a backup made before the upgrade."
        )


def missing() -> frozenset[Migration]:
    """Migrations of this version that the database has not seen."""
    return known() - _applied()


def fits() -> bool:
    """Whether new work may be taken; asked before each task, so with one query."""
    applied = frozenset(MigrationRecorder(connection).migration_qs.values_list("app", "name"))
    return applied >= known() and not _unknown(applied)


def note() -> None:
    """Keep, for those who may meet this database with an older version, that this one has migrated it."""
    newest = _newest_version()
    if newest is None or _parts(newest) < _parts(VERSION):
        Release.objects.update_or_create(pk=1, defaults={"version": VERSION, "migrated_at": timezone.now()})


@cache
def known() -> frozenset[Migration]:
    """The migrations of this version."""
    return frozenset(MigrationLoader(None).disk_migrations)


def _unknown(applied: frozenset[Migration]) -> frozenset[Migration]:
    """What the database has seen of this version's apps, and this version has not."""
    return frozenset(migration for migration in applied - known() if migration[0] in apps.app_configs)


def _applied() -> frozenset[Migration]:
    return frozenset(MigrationRecorder(connection).applied_migrations())


def _newest_version() -> str | None:
    """None where nobody has noted it yet."""
    try:
        return Release.objects.filter(pk=1).values_list("version", flat=True).first()
    except DatabaseError:  # a table that is not there yet
        return None


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())
