#!/usr/bin/env python
"""Django's command line, and `runconsole`, which starts everything."""

import os
import sys
from contextlib import suppress

# What has nothing to do with this database's tables, looks at them itself, or helps where they don't fit.
FOR_ANY_DATABASE = {
    "check",
    "config",
    "doctor",
    "help",
    "makemessages",
    "makemigrations",
    "migrate",
    "restore",
    "runconsole",
}


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consoleapp.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ModuleNotFoundError:
        print(
            "This Python has no Django; script/bootstrap makes one that has: .venv/bin/python manage.py",
            file=sys.stderr,
        )
        return 1

    try:
        if sys.argv[1:] and sys.argv[1] not in FOR_ANY_DATABASE:
            refuse_newer_database()
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if sys.argv[1:2] == ["config"]:
            show_what_was_read(error)
        print(error, file=sys.stderr)
        return 1
    return 0


def refuse_newer_database() -> None:
    """A99: no command works on tables it does not know."""
    import django
    from django.db import DatabaseError

    django.setup()
    from consoleapp import versions

    with suppress(DatabaseError):  # the command itself tells best what it misses
        versions.check_not_newer()


def show_what_was_read(error: Exception) -> None:
    """What `manage.py config` prints also where a value is wrong, and no command can be loaded."""
    from consoleapp import configuration

    print(*configuration.lines(getattr(error, "readings", [])), sep="\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
