"""What must hold before anything is sent, told in sentences."""

import logging

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from consoleapp import versions

log = logging.getLogger(__name__)

SQLITE_FULL = 2  # PRAGMA synchronous


def check() -> list[str]:
    """Raises ImproperlyConfigured for what is refused; returns what only has to be said, and logs it."""
    versions.check()
    refuse_forgetful_database()
    remarks = [_remark_on_window()] if settings.LEASE + settings.REQUEST_LIFE > settings.TOKEN_WINDOW else []
    for remark in remarks:
        log.warning(remark)
    return remarks


def refuse_forgetful_database() -> None:
    """A17: a claim that was committed and then lost in a power cut could be made again, and its batch sent twice."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous")
            is_safe = cursor.fetchone()[0] >= SQLITE_FULL
            wanted = "SQLite must run with PRAGMA synchronous=FULL"
        else:
            cursor.execute("SHOW synchronous_commit")
            is_safe = cursor.fetchone()[0] != "off"
            wanted = "PostgreSQL must run with synchronous_commit on"
    if not is_safe:
        raise ImproperlyConfigured(f"{wanted}: what the console has noted before a call must survive a power cut.")


def _remark_on_window() -> str:
    return (
        "Token window too short: uncertain batches will be looked up, not retried."
        f" (CONSOLE_LEASE {settings.LEASE} + CONSOLE_REQUEST_LIFE {settings.REQUEST_LIFE}"
        f" is more than CONSOLE_TOKEN_WINDOW {settings.TOKEN_WINDOW}.)"
    )
