from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection

from accounts.models import SigninLink
from consoleapp import housekeeping, tick
from consoleapp.models import Tick, Worker
from consoleapp.tick import Ticker
from invocations.clock import db_now
from tests.factories import DraftFactory, SigninLinkFactory


@pytest.fixture
def row(transactional_db):
    return Tick.objects.create(pk=1, due_at=db_now() - timedelta(seconds=1))


def claim_in_a_thread(name):
    try:
        return tick.claim(name)
    finally:
        connection.close()


def test_A18_of_many_workers_one_has_the_tick(row):
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(claim_in_a_thread, [f"worker-{n}" for n in range(8)]))

    assert claims.count(True) == 1
    assert Tick.objects.get().claimed_by == f"worker-{claims.index(True)}"


def test_the_next_tick_comes_a_second_later(row):
    assert tick.claim("one")
    assert not tick.claim("two")

    Tick.objects.update(due_at=db_now())
    assert tick.claim("two")


def test_a_worker_is_listed_while_it_lives(row):
    beats = Event()
    ticker = Ticker(also=beats.set)

    ticker.start()
    assert beats.wait(5)
    listed = list(Worker.objects.values_list("name", flat=True))
    ticker.stop(patience=5)

    assert listed == [ticker.name]
    assert not Worker.objects.exists()


def test_a_beat_that_fails_is_not_the_last_and_is_logged_once(row, caplog, monkeypatch):
    monkeypatch.setattr(tick, "SECOND", timedelta(milliseconds=10))
    beats, done = [], Event()

    def fail_three_times():
        beats.append(1)
        if len(beats) <= 3:
            raise DatabaseError("the database is restarting")
        if len(beats) == 5:
            done.set()

    ticker = Ticker(also=fail_three_times)
    ticker.start()
    assert done.wait(5)
    ticker.stop(patience=5)

    told = [record.getMessage() for record in caplog.records if record.name == "consoleapp.tick"]
    assert told == ["the tick failed: DatabaseError: the database is restarting", "the tick works again"]


@pytest.mark.django_db
def test_what_nobody_asks_for_any_more_is_thrown_away():
    now = db_now()
    Session.objects.create(session_key="old", session_data="", expire_date=now - timedelta(seconds=1))
    Session.objects.create(session_key="new", session_data="", expire_date=now + timedelta(hours=1))
    SigninLinkFactory(token="old", expires_at=now - timedelta(days=2))
    kept = SigninLinkFactory(token="new")
    Worker.objects.create(name="gone", started_at=now, seen_at=now - timedelta(days=2))
    draft = DraftFactory()
    type(draft).objects.update(updated_at=now - timedelta(hours=25))

    housekeeping.clean()

    assert list(Session.objects.values_list("pk", flat=True)) == ["new"]
    assert list(SigninLink.objects.all()) == [kept]
    assert not Worker.objects.exists()
    assert not type(draft).objects.exists()


def test_a_worker_whose_row_is_gone_while_it_slept_comes_back(row, monkeypatch):
    monkeypatch.setattr(tick, "REPORT_EVERY", timedelta(0))
    monkeypatch.setattr(tick, "SECOND", timedelta(milliseconds=20))
    is_gone, is_back = Event(), Event()

    def look():
        if is_gone.is_set() and Worker.objects.exists():
            is_back.set()

    ticker = Ticker(also=look)
    ticker.start()
    Worker.objects.all().delete()
    is_gone.set()

    assert is_back.wait(5)
    ticker.stop(patience=5)
