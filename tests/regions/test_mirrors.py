"""Keeping copies fresh: who starts one, who waits, what is remembered of a failure."""

import threading
import time
from datetime import timedelta

import pytest
from celery import shared_task
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError

from cloud.errors import NotPermitted, Throttled, Unreachable
from regions import mirrors
from regions.models import Mirror, MirrorKind
from tests.factories import HANGZHOU, MirrorFactory

KIND = MirrorKind.COMMANDS
made: list[str] = []
failing: list[Exception] = []


@shared_task
def make(region: str) -> None:
    with mirrors.copying(region, KIND):
        made.append(region)
        if failing:
            raise failing.pop()


@pytest.fixture(autouse=True)
def _clean(simulator) -> None:
    made.clear()
    failing.clear()


def ask(**more) -> Mirror:
    return mirrors.ensure_fresh(HANGZHOU, KIND, make, **more)


def age(seconds: float) -> None:
    Mirror.objects.filter(kind=KIND).update(refreshed_at=timezone.now() - timedelta(seconds=seconds))


@pytest.mark.django_db
def test_the_first_who_asks_has_a_copy_made() -> None:
    mirror = ask()

    assert made == [HANGZHOU]
    assert mirror.refreshed_at > timezone.now() - timedelta(seconds=5)
    assert (mirror.is_refreshing, mirror.has_failed) == (False, False)


@pytest.mark.django_db
def test_a_young_copy_is_left_alone() -> None:
    ask()
    age(50)

    ask()

    assert made == [HANGZHOU]


@pytest.mark.django_db
def test_an_old_copy_is_made_again() -> None:
    ask()
    age(61)

    ask()

    assert made == [HANGZHOU] * 2


@pytest.mark.django_db
def test_who_wants_it_now_gets_it_now_but_not_twice_in_a_moment() -> None:
    ask()
    age(5)

    ask(max_age=0)
    ask(max_age=0)

    assert made == [HANGZHOU] * 2


@pytest.mark.django_db
def test_nobody_starts_what_somebody_else_is_at() -> None:
    MirrorFactory(kind=KIND, refreshed_at=None, claimed_until=timezone.now() + timedelta(seconds=60))

    mirror = ask(wait=0.1)

    assert not made
    assert mirror.is_refreshing


@pytest.mark.django_db
def test_the_claim_of_a_worker_that_died_runs_out() -> None:
    MirrorFactory(kind=KIND, refreshed_at=None, claimed_until=timezone.now() - timedelta(seconds=1))

    ask()

    assert made == [HANGZHOU]


@pytest.mark.django_db
def test_a_wait_ends_with_the_patience_of_the_page() -> None:
    MirrorFactory(kind=KIND, refreshed_at=None, claimed_until=timezone.now() + timedelta(seconds=60))
    began = time.monotonic()

    ask(wait=0.3)

    assert 0.25 < time.monotonic() - began < 2


@pytest.mark.django_db(transaction=True)
def test_who_waits_sees_the_copy_that_somebody_else_has_made() -> None:
    MirrorFactory(kind=KIND, refreshed_at=None, claimed_until=timezone.now() + timedelta(seconds=60))

    def finish() -> None:
        with mirrors.copying(HANGZHOU, KIND):
            pass
        connection.close()

    other = threading.Timer(0.2, finish)
    other.start()
    mirror = ask(wait=5)
    other.join()

    assert mirror.refreshed_at is not None
    assert not made


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_starts_the_copy() -> None:
    MirrorFactory(kind=KIND, refreshed_at=None)
    barrier = threading.Barrier(6)

    def come() -> None:
        barrier.wait()
        ask(wait=0)
        connection.close()

    crowd = [threading.Thread(target=come) for _ in range(6)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()

    assert made == [HANGZHOU]


@pytest.mark.django_db
def test_a_failure_is_remembered_and_leaves_the_old_copy() -> None:
    before = ask().refreshed_at
    age(61)
    failing.append(NotPermitted("Forbidden.RAM", "no", action="ecs:DescribeCommands"))

    mirror = ask()

    assert (mirror.error_kind, mirror.error_code, mirror.error_action) == (
        "NotPermitted",
        "Forbidden.RAM",
        "ecs:DescribeCommands",
    )
    assert mirror.has_failed
    assert not mirror.is_refreshing
    assert mirror.refreshed_at < before


@pytest.mark.django_db
def test_after_a_failure_nobody_tries_for_a_while() -> None:
    failing.append(Unreachable("ConnectionFailed"))
    ask()

    ask()
    assert made == [HANGZHOU]

    Mirror.objects.update(next_try_at=timezone.now())
    assert not ask().has_failed
    assert made == [HANGZHOU] * 2


@pytest.mark.django_db
def test_the_cloud_says_how_long_to_leave_it_alone() -> None:
    failing.append(Throttled("Throttling", retry_after=45))

    mirror = ask()

    left = mirror.next_try_at - timezone.now()
    assert timedelta(seconds=40) < left <= timedelta(seconds=45)


@pytest.mark.django_db
def test_a_bug_is_no_state_but_frees_the_claim() -> None:
    failing.append(ZeroDivisionError())

    with pytest.raises(ZeroDivisionError):
        make(HANGZHOU)

    assert not Mirror.objects.of(HANGZHOU, KIND).is_refreshing


@pytest.mark.django_db
def test_without_a_broker_the_page_shows_what_there_is(monkeypatch) -> None:
    def refuse(*_args, **_kwargs):
        raise OperationalError("no broker")

    monkeypatch.setattr(make, "delay", refuse)

    mirror = ask()

    assert not mirror.is_refreshing
    assert mirror.next_try_at > timezone.now()


@pytest.mark.django_db
def test_A75_without_an_endpoint_the_copy_fails_with_a_sentence(settings) -> None:
    settings.ECS_ENDPOINT = settings.STS_ENDPOINT = settings.OOS_ENDPOINT = ""

    mirror = ask()

    assert (mirror.error_kind, not made) == ("ConfigurationError", True)
    assert mirror.error_message
