"""System status: the worst first, details for team admins only."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from consoleapp.models import Tick, Worker
from consoleapp.version import VERSION
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


# Workers


def test_a_worker_that_was_killed_is_dimmed_for_an_hour_and_then_gone(admin, at_work):
    moment = timezone.now()
    for name, minutes in (("web-2", 2), ("web-3", 59), ("web-4", 61)):
        Worker.objects.create(name=name, started_at=moment, seen_at=moment - timedelta(minutes=minutes))

    shown = page(admin)

    assert shown.count('data-testid="worker" data-alive="yes"') == 1
    assert shown.count('class="unfit" data-testid="worker" data-alive="no"') == 2
    assert "web-4" not in shown
    assert "1 alive" in shown


def test_what_a_worker_is_sending_is_named(admin, at_work):
    batch = BatchFactory(state="sending", lease_owner="web-1", lease_until=timezone.now(), seq=3)

    assert f"batch 3 of #{batch.invocation_id}" in page(admin)


# What all processes see of the cloud


@pytest.fixture
def other_process(at_work):
    """A worker that is another process than this one, and tells how the cloud answers it."""
    moment = timezone.now()
    calls = [{"at": moment.timestamp(), "ms": 200}, {"at": moment.timestamp(), "ms": 400, "error": "Throttled"}]
    note = {
        "region": "eu-central-1",
        "family": "Invoke",
        "success_at": moment.timestamp() - 60,
        "error_at": moment.timestamp(),
        "error": "Throttled",
        "calls": calls,
    }
    waiting = {"operation": "InvokeCommand", "region": "eu-central-1", "threads": 3}
    Worker.objects.update(version=VERSION, report={"calls": [note], "waiting": [waiting]})


def test_how_the_cloud_answers_other_processes_is_shown(admin, other_process):
    shown = page(admin)

    [row] = re.findall(r"<tr>\s*<td class=\"mono\">eu-central-1</td>.*?</tr>", shown, re.DOTALL)
    assert "Throttled" in row
    assert "400 ms" in row
    assert "50 %" in row
    [limit] = re.findall(r'data-testid="limit" data-operation="InvokeCommand">.*?</tr>', shown, re.DOTALL)
    assert '<td class="num">3</td>' in limit
    assert "0.0 / 2.0 /s" in limit


def test_calls_of_more_than_a_quarter_of_an_hour_ago_no_longer_count(admin, other_process):
    worker = Worker.objects.get()
    for call in worker.report["calls"][0]["calls"]:
        call["at"] -= 16 * 60
    worker.save(update_fields=["report"])

    [row] = re.findall(r"<tr>\s*<td class=\"mono\">eu-central-1</td>.*?</tr>", page(admin), re.DOTALL)
    assert "0 %" in row
    assert "400 ms" not in row


def test_what_a_worker_of_another_version_reports_is_left_alone(admin, other_process):
    Worker.objects.update(version="9.9.9", report={"calls": "in another form"})

    assert "eu-central-1" not in page(admin)


def test_only_team_admins_see_the_limiter(operator, other_process):
    assert "InvokeCommand" not in page(operator)


# What does not work


def test_A38_where_nothing_can_be_written_the_page_says_why(operator, at_work):
    Tick.objects.update(claimed_at=timezone.now() - timedelta(minutes=5))

    def refuse_the_tick(execute, sql, *args):
        if sql.startswith("UPDATE") and "consoleapp_tick" in sql:
            raise DatabaseError("database or disk is full")
        return execute(sql, *args)

    with connection.execute_wrapper(refuse_the_tick):
        shown = page(operator)

    assert "The console can’t write to its database: database or disk is full." in shown


def test_A38_a_disk_that_is_almost_full_is_told_before_it_is(operator, at_work, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(total=10**12, used=0, free=150_000_000))

    assert "The disk of this server is almost full: 150 MB are left." in page(operator)


def test_a_folder_that_was_never_needed_is_no_problem(operator, at_work, settings, tmp_path):
    settings.VAR = tmp_path / "not" / "there"

    assert WORKS in page(operator)


def test_the_number_of_alarms_nobody_has_seen_stands_in_the_navigation(operator, at_work):
    for kind in (Alarm.Kind.CLOCK, Alarm.Kind.ACCOUNT):
        Alarm.objects.create(kind=kind, raised_at=timezone.now())
    Alarm.objects.create(kind=Alarm.Kind.DATABASE, raised_at=timezone.now(), seen_at=timezone.now())

    shown = operator.get("/r/cn-hangzhou/runs/").content.decode()

    assert re.search(r'System status<span class="count">2</span>', shown)
