"""Starts everything the console needs, and nothing but Python is needed for it."""

import logging
import os
import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand

from cloud.connection import ConfigurationError
from consoleapp.keys import CannotKeep
from consoleapp.listening import CannotListen
from consoleapp.lock import AlreadyRunning
from consoleapp.simulated_cloud import DidNotStart
from consoleapp.worker import WorkerDidNotStart

log = logging.getLogger(__name__)

CANNOT_START = (
    AlreadyRunning,
    CannotKeep,
    CannotListen,
    ConfigurationError,
    DidNotStart,
    ImproperlyConfigured,
    WorkerDidNotStart,
)


class Command(BaseCommand):
    help = "Web server, worker, tick and, where no other cloud is set, a simulated one. Ctrl-C stops all of it."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        from consoleapp import running

        os.umask(0o077)
        settings.VAR.mkdir(mode=0o700, parents=True, exist_ok=True)
        told_to_stop = running.when_told_to_stop()
        try:
            console = running.Console(self.say)
            try:
                console.start()
                told_to_stop.wait()
                self.say("Stopping.")  # not in the signal's handler, which may strike in the middle of a print
            finally:
                console.stop()
            exit_code = 0
        except CANNOT_START as error:
            self.stderr.write(str(error))
            exit_code = 1
        except Exception:
            log.exception("the console could not go on")
            exit_code = 1
        sys.stdout.flush()
        logging.shutdown()  # what the log's thread has still to write
        os._exit(exit_code)  # a task that hangs in a call must not keep the process

    def say(self, line: str) -> None:
        """At once, and with nothing in it that a terminal would obey (C52)."""
        print("".join(mark if mark.isprintable() else "\ufffd" for mark in line), flush=True)
