#!/usr/bin/env python
"""Django's command line, and `runconsole`, which starts everything."""

import os
import sys


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
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if sys.argv[1:2] == ["config"]:
            show_what_was_read(error)
        print(error, file=sys.stderr)
        return 1
    return 0


def show_what_was_read(error: Exception) -> None:
    """What `manage.py config` prints also where a value is wrong, and no command can be loaded."""
    from consoleapp import configuration

    print(*configuration.lines(getattr(error, "readings", [])), sep="\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
