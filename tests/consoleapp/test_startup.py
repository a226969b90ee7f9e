import os
import subprocess
import sys
from urllib.parse import quote

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from consoleapp import startup
from tests.services import free_port

pytestmark = pytest.mark.django_db


def test_A17_every_connection_keeps_what_was_committed(is_on_services):
    assert startup.check() == []
    if not is_on_services:
        with connection.cursor() as cursor:
            answers = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")]
        assert answers == [2, "wal"]


def test_A17_a_database_that_may_forget_a_commit_is_refused(is_on_services):
    forget = "SET LOCAL synchronous_commit = off" if is_on_services else "PRAGMA synchronous = NORMAL"
    restore = "SELECT 1" if is_on_services else "PRAGMA synchronous = FULL"
    with connection.cursor() as cursor:
        if not is_on_services:
            cursor.execute("COMMIT")  # SQLite changes it outside of transactions only
        cursor.execute(forget)
        try:
            with pytest.raises(ImproperlyConfigured, match="must survive a power cut"):
                startup.check()
        finally:
            cursor.execute(restore)
            if not is_on_services:
                cursor.execute("BEGIN")


def test_A17_the_embedded_console_refuses_it_in_one_sentence(is_on_services, repository, tmp_path):
    if not is_on_services:
        pytest.skip("SQLite is told how to commit by the console itself")
    host, name = quote(connection.settings_dict["HOST"], safe=""), connection.settings_dict["NAME"]
    url = f"postgres://postgres@{host}/{name}?options=-c%20synchronous_commit%3Doff"

    told = subprocess.run(
        [sys.executable, "manage.py", "runconsole"],
        cwd=repository,
        env={**os.environ, "DATABASE_URL": url, "CONSOLE_VAR": str(tmp_path), "CONSOLE_PORT": str(free_port())},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert told.returncode == 1
    [sentence] = told.stderr.splitlines()
    assert sentence.startswith("PostgreSQL must run with synchronous_commit on")


def test_a_token_window_that_is_too_short_is_told(settings):
    settings.TOKEN_WINDOW = settings.LEASE + settings.REQUEST_LIFE - 1

    [remark] = startup.check()

    assert remark.startswith("Token window too short: uncertain batches will be looked up, not retried.")
