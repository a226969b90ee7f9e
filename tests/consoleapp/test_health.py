from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder

from consoleapp.models import Tick, Worker
from invocations.clock import db_now
from tests.services import free_port

READY = {"ready": True, "database": "ok", "migrations": "ok", "worker": "ok", "tick": "ok", "broker": "ok"}


@pytest.fixture
def at_work(db):
    """A tick and a worker, both a moment ago."""
    now = db_now()
    Worker.objects.create(name="host-canary-17", started_at=now, seen_at=now, version="1.2.3-canary")
    return Tick.objects.create(pk=1, due_at=now, claimed_at=now, claimed_by="host-canary-17")


@pytest.fixture
def unused_port():
    return free_port()


def without(part: str, said: str) -> tuple[int, dict[str, object]]:
    return 503, {**READY, "ready": False, part: said}


def ready(client) -> tuple[int, dict[str, object]]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json()


def test_C63_healthz_says_only_ok_and_needs_no_database(client):
    response = client.get("/healthz")  # the test may not ask one

    assert (response.status_code, response.content) == (200, b"ok\n")


def test_a_console_whose_work_gets_done_is_ready(client, at_work):
    assert ready(client) == (200, READY)
    assert len(client.get("/readyz").content.splitlines()) == len(READY) + 2  # a line for each part


def test_A11_without_a_tick_it_is_not_ready_and_says_for_how_long(client, at_work):
    Tick.objects.update(claimed_at=db_now() - timedelta(minutes=61, seconds=5))

    assert ready(client) == without("tick", "none for 61 min")


def test_before_the_first_tick_it_is_not_ready(client, at_work):
    Tick.objects.all().delete()

    assert ready(client) == without("tick", "none yet")


def test_without_a_worker_it_is_not_ready_and_does_not_fill_the_log_with_it(client, at_work, caplog):
    Worker.objects.update(seen_at=db_now() - timedelta(minutes=2))

    assert ready(client) == without("worker", "none is alive")
    assert caplog.records == []


def test_A40_it_is_not_ready_while_migrations_are_missing(client, at_work):
    MigrationRecorder(connection).record_unapplied("consoleapp", "0001_initial")

    assert ready(client) == without("migrations", "some are missing")


def test_without_a_broker_it_is_not_ready(client, at_work, settings, unused_port):
    settings.REDIS_URL = f"redis://:canary@127.0.0.1:{unused_port}/0"

    assert ready(client) == without("broker", "does not answer")


@pytest.mark.django_db
def test_A32_without_a_database_it_says_so_and_still_answers(client):
    def refuse(*args):
        raise DatabaseError("canary: the server closed the connection")

    with connection.execute_wrapper(refuse):
        status, said = ready(client)

    assert status == 503
    assert (said["database"], said["tick"], said["broker"]) == ("does not answer", "unknown", "ok")
    assert "canary" not in str(said)


def test_C63_neither_names_anybody_nor_tells_a_version(client, at_work):
    assert b"canary" not in client.get("/healthz").content + client.get("/readyz").content


@pytest.mark.parametrize("url", ["/healthz", "/readyz"])
def test_a_supervisor_needs_no_session_and_no_slash(client, url, at_work):
    response = client.get(url)

    assert response.status_code == 200
    assert not response.cookies
