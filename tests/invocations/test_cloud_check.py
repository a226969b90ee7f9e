"""Check with the cloud: the same calls with RepeatMode DryRun, their verdicts beside our own, and nothing runs."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from cloud import limits
from invocations import cloud_check, due, tasks
from invocations.cloud_check import PATIENCE
from invocations.models import Check, CheckCall, Draft, Invocation
from tests.factories import HANGZHOU, define, now
from tests.invocations.panels import Shown, fresh_region, panel_url, run_form, submitted

pytestmark = pytest.mark.usefixtures("transactional_db")
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def command(simulator, saved_command):
    fresh_region()
    return saved_command("hostname")


def checked(client, command, *instances, **fields):
    return submitted(client, command, *instances, action="cloud_check", **fields)


def work(rounds=20):
    """What a check has due, without the seconds between."""
    for _round in range(rounds):
        CheckCall.objects.filter(next_at__isnull=False).update(next_at=now())
        jobs = [argument for name, argument in due.jobs() if name == due.CHECK]
        if not jobs:
            return
        for argument in jobs:
            tasks.check_call(argument)
    pytest.fail("the check does not end")


def box(client, command, draft=None):
    """The check as the panel of the draft shows it."""
    draft = draft or Draft.objects.get()
    shown = Shown(client.get(panel_url(command, draft=draft.pk)))
    return shown, shown.part("cloud-check")


def dry_runs(simulator):
    return [call for call in simulator.journal.calls("InvokeCommand") if "console-check" in call.tags]


def test_a_check_asks_about_all_that_is_chosen_and_runs_nothing(operator, simulator, command, chosen):
    response = checked(operator, command, *chosen(60))
    running = Shown(response).part("cloud-check")
    work()
    shown, done = box(operator, command)

    assert (response.status_code, running["data-state"]) == (200, "running")
    assert (done["data-state"], done["data-ok"], done["data-bad"]) == ("done", "60", "0")
    assert "The cloud’s own check: all 60 can run" in shown.text
    assert [len(call.instance_ids) for call in dry_runs(simulator)] == [50, 10]
    assert simulator.journal.executions() == []
    assert not Invocation.objects.exists()
    entry = AuditEntry.objects.get(action="run.checked")
    assert (entry.person, entry.detail["calls"], entry.detail["targets"]) == (operator.person, 2, 60)


def test_a_worker_that_dies_at_the_end_of_a_check_leaves_it_to_the_next_one(operator, command, chosen, monkeypatch):
    """Half an end would leave the page waiting, and nobody could check the same again."""
    checked(operator, command, *chosen(2))
    end = cloud_check._end

    def die(check):
        monkeypatch.setattr(cloud_check, "_end", end)
        raise SystemExit

    monkeypatch.setattr(cloud_check, "_end", die)
    with pytest.raises(SystemExit):
        work()
    work()

    assert Check.objects.get().ended_at


def test_a_late_answer_does_not_wake_a_check_that_has_ended(operator, command, chosen, monkeypatch):
    checked(operator, command, *chosen(2))
    call, send = CheckCall.objects.get(), cloud_check._send

    def slow(*arguments):
        cloud_check._end(Check.objects.get())
        return send(*arguments)

    monkeypatch.setattr(cloud_check, "_send", slow)
    cloud_check.step(call.pk)

    assert CheckCall.objects.get().next_at is None


def test_what_the_cloud_refuses_is_marked_stays_chosen_and_can_be_left_out(operator, simulator, command, chosen):
    fit, doubted = chosen(2)
    simulator.silence_agent(doubted.instance_id, hours=1)  # our copy of the list does not know yet

    checked(operator, command, fit, doubted)
    work()
    shown, done = box(operator, command)

    assert (done["data-state"], done["data-ok"], done["data-bad"]) == ("done", "1", "1")
    assert "The cloud’s own check: 1 can run, 1 can’t" in shown.text
    row = shown.part(f"row-{doubted.instance_id}")
    assert (row["data-cloud"], row["data-fit"]) == ("no", "yes")
    assert shown.part(f"row-{fit.instance_id}")["data-cloud"] == "yes"
    assert "checked" in shown.part(f"pick-{doubted.instance_id}")
    assert shown.part("preflight")["data-ready"] == "yes"

    draft = Draft.objects.get()
    url = reverse("invocations:selection", args=[HANGZHOU, draft.pk])
    answer = operator.post(f"{url}?group=refused", {"op": "remove"}, headers=FRAGMENT)

    draft.refresh_from_db()
    assert draft.chosen == [fit.instance_id]
    left = Shown(answer).part("cloud-check")
    assert (left["data-state"], left["data-ok"], left["data-bad"]) == ("done", "1", "0")


def test_any_other_change_makes_a_check_stale_and_takes_its_marks_away(operator, simulator, command, chosen):
    one, more = chosen(2)
    checked(operator, command, one)
    work()
    draft = Draft.objects.get()

    for fields in (
        {"username": "deploy"},
        {"timeout": "99"},
        {"instance_ids": f"{one.instance_id},{more.instance_id}"},
    ):
        form = run_form(command, one) | {"action": "check", "draft": str(draft.pk)} | fields
        shown = Shown(operator.post(panel_url(command), form))
        assert shown.part("cloud-check")["data-state"] == "stale", fields
        assert "before your last change" in shown.text
        assert "data-cloud" not in shown.part(f"row-{one.instance_id}")


def test_what_is_typed_wrong_is_told_as_for_run_and_nothing_is_asked(operator, simulator, command, chosen):
    response = checked(operator, command, *chosen(1), timeout="5")

    assert response.status_code == 422
    assert "timeout" in Shown(response).errors[0].lower()
    assert not Check.objects.exists()


def test_what_has_to_be_confirmed_can_be_checked_before(operator, simulator, saved_command, chosen):
    fresh_region()

    response = checked(operator, saved_command("rm -rf /var/tmp/x; reboot"), *chosen(1))

    assert response.status_code == 200
    assert Shown(response).part("cloud-check")["data-state"] == "running"


def test_a_second_press_goes_on_with_the_check_under_way(operator, simulator, command, chosen):
    ones = chosen(1)
    checked(operator, command, *ones)
    draft = Draft.objects.get()
    checked(operator, command, *ones, draft=str(draft.pk))
    work()

    assert Check.objects.count() == 1
    assert len(dry_runs(simulator)) == 1


@pytest.mark.parametrize(
    ("code", "state", "words"),
    [
        ("InvalidRepeatMode.NotFound", "unsupported", "doesn’t do its own check (InvalidRepeatMode.NotFound)"),
        ("Invocation.ExceedQuota", "failed", "The checks above stand."),
    ],
)
def test_a_refusal_is_one_neutral_line_and_run_stays(operator, simulator, command, chosen, code, state, words):
    simulator.fault("InvokeCommand", "reject", code=code)

    checked(operator, command, *chosen(120))
    work()
    shown, done = box(operator, command)

    assert done["data-state"] == state
    assert words in shown.text
    assert shown.part("preflight")["data-ready"] == "yes"
    assert len(dry_runs(simulator)) < len(range(0, 120, limits.batch_size())), "one refusal speaks for the others"


def test_a_permission_that_lacks_is_named(operator, simulator, command, chosen):
    simulator.fault("InvokeCommand", "forbid")

    checked(operator, command, *chosen(1))
    work()
    shown, done = box(operator, command)

    assert done["data-state"] == "failed"
    assert "The checks above stand." in shown.text


def test_a_lost_answer_is_asked_for_with_the_same_token(operator, simulator, command, chosen):
    simulator.fault("InvokeCommand", "lose_after", times=1)

    checked(operator, command, *chosen(1))
    work()

    assert box(operator, command)[1]["data-state"] == "done"
    calls = dry_runs(simulator)
    assert len(calls) == 2
    assert len({call.client_token for call in calls}) == 1


def test_a_cloud_that_never_says_is_given_up_after_a_minute(operator, simulator, command, chosen):
    simulator.fault("DescribeInvocations", "empty_list")
    checked(operator, command, *chosen(2))
    Check.objects.update(started_at=now() - PATIENCE - timedelta(seconds=1))
    work()
    shown, done = box(operator, command)

    assert done["data-state"] == "failed"
    assert "The cloud gave no verdict on 2 instances within 60 s." in shown.text
    assert "Check again" in shown.html


def test_secrets_are_sent_and_forgotten(operator, simulator, saved_command, chosen):
    fresh_region()
    command = saved_command("echo {{token}}", parameters=("token",))
    define(command, name="token", is_secret=True)

    checked(operator, command, *chosen(1), **{"param-token": "canary-7f3a"})
    assert Check.objects.get().secrets
    work()

    check = Check.objects.get()
    assert check.secrets is None
    assert "canary" not in check.calls.get().request
    assert box(operator, command)[1]["data-state"] == "done"


def test_how_it_stands_comes_in_pieces_and_the_rows_at_the_end(operator, simulator, command, chosen):
    checked(operator, command, *chosen(1))
    url = reverse("invocations:cloud_check", args=[HANGZHOU, Draft.objects.get().pk])

    under_way = operator.get(url, headers=FRAGMENT).content.decode()
    work()
    at_the_end = operator.get(url, headers=FRAGMENT).content.decode()

    assert 'data-state="running"' in under_way
    assert "<table" not in under_way
    assert 'data-state="done"' in at_the_end
    assert 'data-cloud="yes"' in at_the_end
    assert operator.get(url).status_code == 302 or operator.get(url).status_code == 303
