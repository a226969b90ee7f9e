#!/usr/bin/env python
"""Django's command line, and `runconsole`, which starts everything."""

import os
import sys


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consoleapp.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from environs import EnvValidationError
    except ModuleNotFoundError:
        print(
            "This Python has no Django; script/bootstrap makes one that has: .venv/bin/python manage.py",
            file=sys.stderr,
        )
        return 1

    from consoleapp.variables import sentences

    try:
        execute_from_command_line(sys.argv)
    except EnvValidationError as error:
        print(*sentences(error.error_messages), sep="\n", file=sys.stderr)
        return 1
    except ImproperlyConfigured as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
