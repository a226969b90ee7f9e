"""Django's `migrate`, which leaves the tables of a newer version alone, and notes the version they are of (A99)."""

from typing import Any

from django.core.management.commands import migrate

from consoleapp import versions


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        versions.check_not_newer()
        super().handle(*args, **options)
        if not versions.missing():
            versions.note()
