from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from consoleapp.models import Tick, Worker
from invocations.clock import db_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticked():
    now = db_now()
    return Tick.objects.create(pk=1, due_at=now, claimed_at=now, claimed_by="host-canary-17")


def test_C63_healthz_says_only_ok(client):
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok\n")


def test_a_console_whose_work_gets_done_is_ready(client, ticked):
    response = client.get("/readyz")

    assert (response.status_code, response.content) == (200, b"ok\n")


def test_A11_without_a_tick_it_is_not_ready_and_says_for_how_long(client, ticked):
    never = Tick.objects.filter(pk=1)
    never.update(claimed_at=db_now() - timedelta(minutes=61, seconds=5))

    response = client.get("/readyz")

    assert (response.status_code, response.content) == (503, b"no tick for 61 min\n")


def test_before_the_first_tick_it_is_not_ready(client):
    assert client.get("/readyz").content == b"no tick yet\n"


def test_A40_it_is_not_ready_while_migrations_are_missing(client, ticked):
    MigrationRecorder(connection).record_unapplied("consoleapp", "0001_initial")

    response = client.get("/readyz")

    assert (response.status_code, response.content) == (503, b"the database waits for migrations\n")


def test_C63_neither_names_anybody(client, ticked):
    Worker.objects.create(name="host-canary-17", started_at=db_now(), seen_at=db_now())

    assert b"canary" not in client.get("/healthz").content + client.get("/readyz").content


@pytest.mark.parametrize("url", ["/healthz", "/readyz"])
def test_a_supervisor_needs_no_session_and_no_slash(client, url):
    response = client.get(url)

    assert response.status_code in (200, 503)
    assert not response.cookies
