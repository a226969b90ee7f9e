"""`manage.py backup`: a copy of the database, and of the keys if wanted, while the console goes on working."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from consoleapp import backups


class Command(BaseCommand):
    help = (
        "Write a backup of the database into one file, which only this user can read. The console may go on working."
        " It holds scripts, outputs and names; with --with-keys also what encrypts and signs: keep that apart."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="default: backups/console-….tar in CONSOLE_VAR")
        parser.add_argument("--with-keys", action="store_true", help="also the keys that CONSOLE_VAR holds")

    def handle(self, *args: Any, file: Path | None, with_keys: bool, **options: Any) -> None:
        path = (file or backups.default_path()).absolute()
        try:
            manifest = backups.make(path, with_keys=with_keys)
        except backups.NoBackup as error:
            raise CommandError(f"There is no backup. {error}") from error
        except DatabaseError as error:
            why = str(error).strip().partition("\n")[0]
            raise CommandError(f"There is no backup. The database does not answer: {why}.") from error
        self.stdout.write(f"Written: {path} ({path.stat().st_size / 1_000_000:.1f} MB, of {manifest.engine}).")
        if manifest.keys:
            self.stdout.write(f"It holds keys ({', '.join(manifest.keys)}): whoever has it can sign and decrypt.")
        else:
            self.stdout.write(
                "It holds no keys: keep CONSOLE_ENCRYPTION_KEY, or the file encryption_key in CONSOLE_VAR, elsewhere;"
                " --with-keys puts what CONSOLE_VAR holds of them into the backup."
            )
