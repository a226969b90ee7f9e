"""The pages of scheduled tasks: the list, one of them with its executions, stopping, those made elsewhere."""

from datetime import UTC, datetime, timedelta

import pytest

import cloud.invocations as gateway
from accounts.models import AuditEntry
from cloud import connection
from invocations.models import Alarm, Batch, BatchState, Execution, Found, Invocation
from invocations.schedules import elsewhere, executions
from tests.factories import (
    HANGZHOU,
    AccountFactory,
    BatchFactory,
    CommandFactory,
    InvocationFactory,
    MirrorFactory,
    RegionFactory,
    TargetFactory,
    now,
)
from tests.invocations.pages import read

pytestmark = pytest.mark.django_db

LIST = f"/r/{HANGZHOU}/schedules/"
DUE = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def region():
    RegionFactory()
    AccountFactory()
    for kind in ("schedules", "commands", "public", "quota"):
        MirrorFactory(region=HANGZHOU, kind=kind)


def a_schedule(*states, person=None, frequency="0 0 3 * * ? UTC", repeat_mode="Period", **fields):
    """One that the cloud has taken; `states` are those of its targets."""
    more = {"person": person} if person else {}
    run = InvocationFactory(
        total=len(states) or 1, repeat_mode=repeat_mode, frequency=frequency, state="scheduled", **more, **fields
    )
    batch = BatchFactory(invocation=run, accepted=True, size=run.total)
    for n, state in enumerate(states or ("scheduled",)):
        TargetFactory(batch=batch, invocation=run, name=f"hz-web-{n + 1:03}", state=state)
    return run


def executed(run, n=1, due=DUE, **states):
    """Its nth execution on each target, in the order of the states: success=2, failed=1."""
    words = [state for state, count in states.items() for _ in range(count)]
    for target, state in zip(run.targets.order_by("name"), words, strict=True):
        Execution.objects.create(
            invocation=run,
            target=target,
            n=n,
            due_at=due,
            state=state,
            exit_code=0 if state == "success" else 3,
            started_at=(due or DUE) + timedelta(seconds=1),
            finished_at=(due or DUE) + timedelta(seconds=3),
            seconds=2.0,
            content=f"run {n} <b>on</b> {target.name}".encode(),
            first_line=f"run {n}",
            is_complete=True,
        )
        type(target).objects.filter(pk=target.pk).update(repeats=n)


def test_the_list_tells_when_where_and_how_it_went(viewer):
    run = a_schedule("scheduled", "scheduled", command_name="rotate-logs")
    executed(run, success=1, failed=1)

    page = read(viewer.get(LIST))

    row = page.one("tr", data_schedule=str(run.pk))
    assert row["data-state"] == "scheduled"
    for text in ("rotate-logs", "Every day at 03:00", "UTC", "Partially failed", "1 / 2", run.person.username):
        assert text in row.text
    assert "1 scheduled task in" in page.text
    assert "Stop schedule" not in row.text, "viewers only look"


def test_an_empty_list_has_one_next_step(viewer):
    page = read(viewer.get(LIST))

    assert "Nothing is scheduled in" in page.text
    assert page.all("a", href=f"/r/{HANGZHOU}/commands/")


def test_the_list_is_narrowed_by_name_state_and_maker(operator):
    mine = a_schedule(person=operator.person, command_name="mine")
    other = a_schedule(command_name="other")
    Invocation.objects.filter(pk=other.pk).update(state="stopped", ended_at=now())

    def shown(**query):
        return [row["data-schedule"] for row in read(operator.get(LIST, query)).all("tr", data_schedule="")]

    assert shown() == [str(mine.pk), str(other.pk)], "what goes on comes first"
    assert shown(q="min") == [str(mine.pk)]
    assert shown(state="stopped") == [str(other.pk)]
    assert shown(by=operator.person.username) == [str(mine.pk)]
    assert shown(q="nothing") == []


def test_the_list_asks_as_often_for_many_as_for_one(viewer, django_assert_max_num_queries):
    for _ in range(12):
        executed(a_schedule(), success=1)

    with django_assert_max_num_queries(30):
        assert viewer.get(LIST).status_code == 200


def test_a_run_of_now_is_no_schedule_and_a_schedule_no_run(viewer):
    run, now_run = a_schedule(), InvocationFactory()

    assert viewer.get(f"/r/{HANGZHOU}/runs/{run.pk}/").url == f"{LIST}{run.pk}/"
    assert viewer.get(f"{LIST}{now_run.pk}/").status_code == 404
    assert f'href="{LIST}{run.pk}/"' in viewer.get(f"/r/{HANGZHOU}/runs/").content.decode()


def test_the_page_shows_the_times_and_of_each_the_instances(viewer):
    run = a_schedule("scheduled", "scheduled", "scheduled")
    executed(run, 1, success=3)
    executed(run, 2, DUE + timedelta(days=1), success=2, failed=1)

    page = read(viewer.get(f"{LIST}{run.pk}/"))

    rounds = page.all("tr", data_round="")
    assert [(one["data-state"], one["data-count"]) for one in rounds] == [("partialfailed", "3"), ("success", "3")]
    assert page.one(data_testid="schedule-preview")["data-frequency"] == "0 0 3 * * ? UTC"
    assert [row["data-state"] for row in page.all("tr", data_instance_id="")] == ["success", "success", "failed"]
    older = read(viewer.get(f"{LIST}{run.pk}/", {"at": rounds[1]["data-round"]}))
    assert {row["data-n"] for row in older.all("tr", data_instance_id="")} == {"1"}


def test_an_execution_shows_its_output_and_gives_the_bytes(viewer):
    run = a_schedule("scheduled", "scheduled")
    executed(run, 1, failed=2)
    one = Execution.objects.first()

    page = read(viewer.get(f"{LIST}{run.pk}/", {"execution": one.pk}))
    download = viewer.get(f"{LIST}{run.pk}/executions/{one.pk}/output.txt")

    assert "run 1 <b>on</b>" in page.one(id="output").text
    assert "exit code 3" in page.text
    assert download.content == bytes(one.content)
    assert download.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in download.headers["Content-Security-Policy"]
    other = a_schedule()
    assert viewer.get(f"{LIST}{other.pk}/executions/{one.pk}/output.txt").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "at=x",
        "at=2026-13-01",
        "at=startup",
        "execution=x",
        "execution=99999999999999999999",
        "page=-1&rounds=x",
        "tab=nothing",
        "tab=instances",
        "tab=settings",
    ],
)
def test_odd_addresses_show_the_schedule(viewer, query):
    run = a_schedule()
    executed(run, success=1)

    assert viewer.get(f"{LIST}{run.pk}/?{query}").status_code == 200


def test_startups_are_one_group(viewer):
    run = a_schedule(frequency="", repeat_mode="EveryReboot")
    executed(run, 1, None, success=1)

    page = read(viewer.get(f"{LIST}{run.pk}/"))

    assert page.one("tr", data_round="")["data-round"] == "startup"
    assert "Every startup" in page.text


def test_A92_what_the_cloud_forgot_is_said(viewer):
    run = a_schedule()
    executed(run, 1, success=1)
    executed(run, 4, DUE + timedelta(days=3), success=1)
    for n in (2, 3):
        Execution.objects.create(
            invocation=run, target=run.targets.get(), n=n, state="unknown", error_code=executions.LOST, is_complete=True
        )

    page = read(viewer.get(f"{LIST}{run.pk}/"))

    assert page.one(id="gap")["data-count"] == "2"
    assert len(page.all("tr", data_round="")) == 2


def test_A79_the_page_shows_old_and_new(viewer):
    run = a_schedule()
    detail = {
        "old": {"frequency": run.frequency, "content_sha256": "a"},
        "new": {"frequency": "0 0 4 * * ? UTC", "content_sha256": "b"},
        "added": ["i-new"],
        "time": "2026-11-24 10:00 UTC",
    }
    Alarm.objects.create(kind="schedule", batch=run.batches.get(), detail=detail, raised_at=now())

    page = read(viewer.get(f"{LIST}{run.pk}/"))

    told = page.one(data_alarm="schedule").text
    for text in (
        "changed outside this console",
        "Every day at 03:00 (UTC)",
        "Every day at 04:00 (UTC)",
        "another script",
        "i-new",
    ):
        assert text in told
    assert page.one(data_testid="schedule-preview")["data-frequency"] == "0 0 4 * * ? UTC"
    assert "changed outside this console on 2026-11-24 10:00 UTC" in viewer.get("/system/").content.decode()


def test_a_poll_without_news_answers_nothing(viewer):
    run = a_schedule()
    path = f"{LIST}{run.pk}/"

    assert viewer.get(f"{path}?v={run.version}", headers={"HX-Request": "true"}).status_code == 204
    assert viewer.get(f"{path}?v=0", headers={"HX-Request": "true"}).status_code == 200


def test_stopping_asks_first_and_is_written_down(operator):
    run = a_schedule("scheduled", "scheduled", person=operator.person)
    asked = read(operator.get(f"{LIST}{run.pk}/stop/"))

    answer = operator.post(f"{LIST}{run.pk}/stop/", follow=True)

    run.refresh_from_db()
    assert "2 instances will no longer run it. Executions under way go on." in asked.text
    assert run.stop_requested_by == operator.person
    assert Batch.objects.get().next_stop_at is not None
    assert AuditEntry.objects.filter(action="run.stopped", object=f"run {run.pk}").count() == 1
    assert "is being stopped" in answer.content.decode()
    assert "had already ended" in operator.post(f"{LIST}{run.pk}/stop/", follow=True).content.decode()


def test_only_its_maker_and_admins_stop_it(operator, admin, viewer):
    run = a_schedule()

    assert operator.post(f"{LIST}{run.pk}/stop/").status_code == 404
    assert viewer.post(f"{LIST}{run.pk}/stop/").status_code == 404
    assert "Only whoever made this schedule" in operator.get(f"{LIST}{run.pk}/").content.decode()
    assert admin.post(f"{LIST}{run.pk}/stop/").status_code == 303


def test_both_pages_tell_of_a_replacement(viewer):
    old = a_schedule()
    new = a_schedule(replaces=old)
    Batch.objects.filter(invocation=new).update(state=BatchState.CANCELLED, invoke_id="")

    assert "not all of it got to the cloud" in read(viewer.get(f"{LIST}{old.pk}/")).one(id="replaced-by").text
    assert "not all of it got to the cloud" in read(viewer.get(f"{LIST}{new.pk}/")).one(id="replaces").text


def test_deleting_a_command_stops_its_schedules_after_its_name_was_typed(admin, simulator):
    command = CommandFactory(name="rotate logs")
    run = a_schedule(command=command)
    url = f"/r/{HANGZHOU}/commands/{command.cloud_id}/delete/"

    asked = read(admin.get(url)).text
    wrong = admin.post(url, {"confirm_text": "rotate"})
    run.refresh_from_db()

    assert "1 scheduled task uses it and will be stopped first" in asked
    assert (wrong.status_code, run.stop_requested_at) == (422, None)
    assert "rotate" in wrong.content.decode()
    admin.post(url, {"confirm_text": "rotate logs"})
    run.refresh_from_db()
    assert run.stop_requested_at is not None


@pytest.fixture
def made_elsewhere(simulator):
    """A schedule that somebody made in the official console."""
    here = connection.current()
    (instance_id,) = simulator.running_instances(HANGZHOU, 1)
    request = gateway.FrozenRun(
        region=HANGZHOU,
        instance_ids=(instance_id,),
        type="RunShellScript",
        content="date",
        name="theirs",
        repeat_mode="Period",
        frequency="0 0 3 * * ? Asia/Shanghai",
    )
    accepted = gateway.run(here, request, client_token="theirs-1", date=datetime.now(UTC))
    return accepted.invoke_id


def test_what_was_made_elsewhere_is_listed_looked_at_and_stopped(made_elsewhere, admin, operator, simulator):
    elsewhere.refresh(HANGZHOU)

    row = read(admin.get(LIST)).one("tr", data_imported="yes")
    path = f"{LIST}elsewhere/{made_elsewhere}/"
    page = admin.get(path).content.decode()

    assert "Imported" in row.text
    assert "Every day at 03:00" in row.text
    assert "date" in page
    assert operator.post(f"{path}stop/").status_code == 404
    admin.post(f"{path}stop/")
    assert len(simulator.journal.calls("StopInvocation")) == 1
    assert AuditEntry.objects.filter(action="schedule.stopped", object=made_elsewhere).exists()
    elsewhere.refresh(HANGZHOU)
    assert Found.objects.get(invoke_id=made_elsewhere).state == "stopped"


def test_our_own_are_not_taken_for_others(simulator, made_elsewhere):
    BatchFactory(accepted=True, invoke_id=made_elsewhere, region=HANGZHOU)

    elsewhere.refresh(HANGZHOU)

    assert not Found.objects.exists()


def test_a_schedule_is_stopped_by_its_own_rules_also_by_the_address_of_a_run(operator):
    run = a_schedule()

    assert operator.post(f"/r/{HANGZHOU}/runs/{run.pk}/stop/").status_code == 404
    run.refresh_from_db()
    assert run.stop_requested_at is None
