"""Processes of one version on the tables of another: upgrades under way (A40), and the way back (A99)."""

import os
import sqlite3
import subprocess
import sys

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from consoleapp import tick, versions
from consoleapp.models import Release, Tick
from consoleapp.version import VERSION
from invocations import tasks
from invocations.clock import db_now
from invocations.models import Batch
from tests.invocations.runs import a_run

FUTURE = ("invocations", "9999_of_the_future")
SENTENCE = (
    "This database belongs to a newer version of the console: 9.8.7 has migrated it (to invocations"
    f" 9999_of_the_future), and this is {VERSION}. Start that version or a newer one, or restore a backup made before"
    " the upgrade.\n"
)


@pytest.fixture(scope="module")
def newer(tmp_path_factory):
    """A folder with the database of a version to come."""
    folder = tmp_path_factory.mktemp("newer")
    run("manage.py", "migrate", "-v0", folder=folder)
    with sqlite3.connect(folder / "console.sqlite3") as database:
        database.execute("INSERT INTO django_migrations (app, name, applied) VALUES (?, ?, '2030-01-01')", FUTURE)
        database.execute("UPDATE consoleapp_release SET version = '9.8.7'")
    database.close()
    return folder


def run(*command, folder):
    private = ("CONSOLE_", "DATABASE_URL", "REDIS_URL", "ALIBABA_", "SIMULATOR_")
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(private)}
    return subprocess.run(
        [sys.executable, *command],
        cwd=os.path.dirname(versions.__file__) + "/..",
        env={**surroundings, "CONSOLE_VAR": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "signinlink"],
        ["manage.py", "migrate"],
        ["manage.py", "runconsole"],
        ["-m", "celery", "-A", "consoleapp", "worker", "-P", "threads"],
        ["-m", "gunicorn", "-w", "1", "-b", "127.0.0.1:0", "--log-level", "critical", "consoleapp.wsgi"],
    ],
    ids=lambda command: command[1] if command[0] == "-m" else command[-1],
)
def test_A99_no_door_opens_to_a_database_of_a_newer_version(newer, command):
    told = run(*command, folder=newer)

    assert told.returncode not in (0, None)
    assert told.stderr.endswith(f"\n{SENTENCE}") or told.stderr == SENTENCE  # Celery warns root first


@pytest.fixture
def upgraded(db):
    """A newer version migrates this database, while this one is running."""
    MigrationRecorder(connection).record_applied(*FUTURE)
    Release.objects.update_or_create(pk=1, defaults={"version": "9.8.7", "migrated_at": db_now()})
    yield
    MigrationRecorder(connection).record_unapplied(*FUTURE)  # no test empties that table


def test_A40_a_worker_that_was_left_behind_takes_neither_tick_nor_batch(upgraded, simulator):
    a_run({"waiting": 1})
    Tick.objects.create(pk=1, due_at=db_now())
    batch = Batch.objects.get()

    with pytest.raises(versions.DoesNotFit, match=r"9\.8\.7"):
        tick.tick("left-behind")
    tasks.dispatch_batch(str(batch.pk))

    assert Tick.objects.get().claimed_by == ""
    assert Batch.objects.get().state == batch.state == "queued"
    assert simulator.journal.calls("InvokeCommand") == []


def test_A40_a_worker_that_is_ahead_of_the_database_takes_nothing_either(db, simulator):
    a_run({"waiting": 1})
    batch = Batch.objects.get()
    MigrationRecorder(connection).record_unapplied("consoleapp", "0002_releases_and_reports")

    tasks.dispatch_batch(str(batch.pk))

    assert Batch.objects.get().state == "queued"
    assert simulator.journal.calls("InvokeCommand") == []


def test_A40_the_web_server_that_was_left_behind_is_not_ready(client, upgraded):
    response = client.get("/readyz")

    assert (response.status_code, response.json()["migrations"]) == (503, "of a newer version")


@pytest.fixture
def renamed(transactional_db):
    """What no upgrade should do: a table is gone that the version before needs."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_auditentry RENAME TO accounts_trail")
        yield
        cursor.execute("ALTER TABLE accounts_trail RENAME TO accounts_auditentry")


def test_A40_a_page_that_needs_the_new_version_says_so(operator, upgraded, renamed):
    operator.raise_request_exception = False

    response = operator.post("/signout/")

    assert response.status_code == 503
    assert "The console is being upgraded." in response.content.decode()
    assert response["Retry-After"]


def test_A40_a_worker_refuses_to_start_on_tables_that_are_missing_something(tmp_path):
    run("manage.py", "migrate", "-v0", "consoleapp", "0002", folder=tmp_path)

    told = run("-m", "celery", "-A", "consoleapp", "worker", "-P", "threads", folder=tmp_path)

    assert told.returncode == 1
    assert told.stderr.endswith("run manage.py migrate, then start again.\n")


def test_A99_the_newest_version_is_noted_and_never_an_older_one(db, monkeypatch):
    call_command("migrate", verbosity=0)
    first = Release.objects.get().version
    monkeypatch.setattr(versions, "VERSION", "0.10.0")
    versions.note()
    monkeypatch.setattr(versions, "VERSION", "0.9.0")
    versions.note()

    assert first == VERSION
    assert Release.objects.get().version == "0.10.0"
