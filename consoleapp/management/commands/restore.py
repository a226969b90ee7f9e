"""`manage.py restore`: put a backup in the place of the database. Sending is paused until an admin has looked (T12)."""

import os
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from consoleapp import backups
from consoleapp.lock import AlreadyRunning, Lock

CONFIRMED = "restore"


class Command(BaseCommand):
    help = (
        "Put a backup in the place of the database that the settings name. Stop every process of the console before."
        " Afterwards sending is paused until a team admin has looked at the unfinished runs: nothing runs twice."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--yes", action="store_true", help="replace the present database without asking")
        parser.add_argument("--with-keys", action="store_true", help="also put the keys in place that the backup holds")

    def handle(self, *args: Any, file: Path, yes: bool, with_keys: bool, **options: Any) -> None:
        os.umask(0o077)
        Path(settings.VAR).mkdir(parents=True, exist_ok=True)
        try:
            lock = Lock(Path(settings.VAR))
        except AlreadyRunning as error:
            raise CommandError(f"Nothing was changed. {error} Stop it, then try again.") from error
        try:
            with backups.opened(file.absolute()) as (manifest, parts):
                self.ask(manifest, yes)
                done = backups.put_in_place(manifest, parts, with_keys=with_keys)
        except backups.NoBackup as error:
            raise CommandError(f"Nothing was changed. {error}") from error
        except DatabaseError as error:
            why = str(error).strip().partition("\n")[0]
            raise CommandError(f"Nothing was changed. The database does not answer: {why}.") from error
        finally:
            lock.release()
        self.tell(manifest, done)

    def ask(self, manifest: backups.Manifest, yes: bool) -> None:
        newest = f", its newest run or attempt of {manifest.newest_row}" if manifest.newest_row else ""
        self.stdout.write(f"Backup of {manifest.made_at}, by version {manifest.console}{newest}.")
        if yes:
            return
        if not sys.stdin.isatty():
            raise CommandError("Nothing was changed. Say --yes to replace the present database.")
        if input(f"Type {CONFIRMED} to replace the present database: ") != CONFIRMED:
            raise CommandError("Nothing was changed.")

    def tell(self, manifest: backups.Manifest, done: backups.Restored) -> None:
        self.stdout.write("The backup is in place. Sending is paused.")
        if done.replaced:
            self.stdout.write(f"The database that was there before: {done.replaced}.")
        if done.keys:
            self.stdout.write(f"Keys put in place: {', '.join(done.keys)}; those before them end in .replaced.")
        elif manifest.keys:
            self.stdout.write(
                f"The backup holds keys ({', '.join(manifest.keys)}); --with-keys puts them in place, too."
            )
        if done.has_other_key:
            self.stdout.write(
                "The encryption key here is another one: secrets that the backup holds can’t be read, and batches with"
                " secret parameters are not sent. Give the old one first in CONSOLE_ENCRYPTION_KEY."
            )
        if done.has_other_id:
            self.stdout.write(
                "The deployment’s id here is another one, so this counts as a copy: make sure that the original does"
                " not run any more, or keep this one as a copy."
            )
        if done.is_behind:
            self.stdout.write("It is of an older version: run manage.py migrate, which script/server does by itself.")
        self.stdout.write(
            "Start the console, and as a team admin look at the unfinished runs: System status, Look at unfinished"
            " runs, or manage.py adoptdatabase. They are looked up in the cloud and never sent again."
        )
