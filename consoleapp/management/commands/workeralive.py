"""`manage.py workeralive`: whether a worker process of this machine does its work; for a supervisor's health check."""

import socket
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from consoleapp.models import Worker
from invocations.clock import db_now

SILENCE = timedelta(seconds=30)  # it reports every five


class Command(BaseCommand):
    help = "Exit code 0 where a worker of this machine has been seen within the last 30 seconds."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        here = Worker.objects.filter(name__startswith=f"{socket.gethostname()}-")
        if not here.filter(seen_at__gt=db_now() - SILENCE).exists():
            raise CommandError("No worker of this machine was seen within 30 s; its log says why.")
        self.stdout.write("ok")
