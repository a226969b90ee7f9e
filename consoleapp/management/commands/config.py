"""`manage.py config`: every variable, its value, where that comes from, and what it means. Secrets stay secret."""

from typing import Any

from django.core.management.base import BaseCommand

from consoleapp import configuration, settings


class Command(BaseCommand):
    help = (
        "Prints every variable the console reads, its value, where that comes from, and what it means."
        " Exit code 1, and a sentence for each, where values are wrong."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        for line in configuration.lines(settings.env.readings):
            self.stdout.write(line)
        for name in configuration.unread(settings.env.readings):
            self.stderr.write(f"{name} is set, and nothing reads it; look for its right name above, or unset it.")
