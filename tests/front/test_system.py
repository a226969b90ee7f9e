"""System status: the worst first, details for team admins only."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from consoleapp.models import Tick, Worker
from invocations.models import Alarm, Deployment, HoldReason
from regions.models import MirrorKind
from tests.factories import BatchFactory, MirrorFactory, RegionFactory

WORKS = "Everything works."


@pytest.fixture(autouse=True)
def hangzhou(db):
    return RegionFactory()


@pytest.fixture
def at_work(db):
    """A worker that is alive, and a tick a moment ago."""
    now = timezone.now()
    Tick.objects.update_or_create(pk=1, defaults={"due_at": now, "claimed_at": now, "claimed_by": "web-1"})
    return Worker.objects.create(name="web-1", started_at=now, seen_at=now, busy=2)


def page(client):
    return client.get("/system/").content.decode()


def test_all_is_well_in_one_sentence(operator, at_work):
    assert WORKS in page(operator)


def test_without_a_worker_nothing_is_sent_and_the_page_says_how_to_start_one(operator):
    BatchFactory(next_attempt_at=timezone.now() - timedelta(minutes=4))

    shown = page(operator)

    assert WORKS not in shown
    assert "No worker is alive. Nothing will be sent until one starts." in shown
    assert "1 batch is due." in shown
    assert "celery -A consoleapp worker" in shown


def test_a_worker_that_has_gone_silent_is_not_alive(operator, at_work):
    Worker.objects.update(seen_at=timezone.now() - timedelta(minutes=4))

    assert "No worker is alive." in page(operator)


def test_a_tick_long_ago_is_a_problem(operator, at_work):
    Tick.objects.update(claimed_at=timezone.now() - timedelta(seconds=125))

    shown = page(operator)

    assert "No tick for 2 min 5 s. Due work waits." in shown
    assert 'data-testid="tick" data-age="125"' in shown


def test_what_is_held_is_told_by_reason_with_its_runs(operator, at_work):
    held = BatchFactory(hold_reason=HoldReason.THROTTLED, next_attempt_at=timezone.now() + timedelta(seconds=12))

    shown = page(operator)

    assert "1 batch is held." in shown
    assert 'data-testid="held" data-reason="throttled" data-count="1"' in shown
    assert reverse("invocations:run", args=[held.region, held.invocation_id]) in shown


def test_a_region_out_of_reach_is_named(operator, at_work):
    MirrorFactory(kind=MirrorKind.COMMANDS, failed_at=timezone.now(), error_kind="Unreachable")

    shown = page(operator)

    assert "The cloud could not be reached" in shown
    assert "cn-hangzhou)" in shown


def test_a_restored_database_comes_before_everything_else(operator):
    Deployment.objects.update_or_create(pk=1, defaults={"deployment_id": "d", "paused_at": timezone.now()})

    shown = page(operator)

    assert shown.index("This database was restored or copied.") < shown.index("No worker is alive.")


def test_only_team_admins_see_workers_api_and_versions(operator, admin, at_work):
    for detail in ("web-1", "SQLite" if "SQLite" in page(admin) else "PostgreSQL", "SDK", "Limiter"):
        assert detail in page(admin)
        assert detail not in page(operator)


def test_the_live_part_is_a_fragment_and_keeps_no_session_alive(operator, at_work):
    response = operator.get("/system/live/", headers={"HX-Request": "true"})

    assert WORKS in response.content.decode()
    assert "<html" not in response.content.decode()
    assert reverse("system_live") == "/system/live/"


def test_a_team_admin_marks_an_alarm_as_seen_once(admin, at_work):
    alarm = Alarm.objects.create(
        kind=Alarm.Kind.TWO_INVOCATIONS,
        batch=BatchFactory(),
        detail={"first": "t-1", "second": "t-2"},
        raised_at=timezone.now(),
    )
    assert "two task IDs: t-1 and t-2" in page(admin)

    for _twice in range(2):
        admin.post(reverse("alarm_seen", args=[alarm.pk]))

    alarm.refresh_from_db()
    assert alarm.seen_by == admin.person
    assert AuditEntry.objects.filter(action="alarm.seen").count() == 1
    assert 'data-alarm="two-invocations" data-seen="yes"' in page(admin)


@pytest.mark.parametrize("who", ["viewer", "operator"])
def test_nobody_else_marks_alarms(who, request):
    alarm = Alarm.objects.create(kind=Alarm.Kind.CLOCK, detail={"s": 900}, raised_at=timezone.now())

    response = request.getfixturevalue(who).post(reverse("alarm_seen", args=[alarm.pk]))

    alarm.refresh_from_db()
    assert response.status_code == 404
    assert alarm.seen_at is None


def test_the_page_takes_a_bounded_number_of_queries(admin, at_work, django_assert_max_num_queries):
    for _batch in range(20):
        BatchFactory(hold_reason=HoldReason.QUOTA)

    with django_assert_max_num_queries(25):
        page(admin)
