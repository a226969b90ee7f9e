"""What waits says why and for how long, and goes on by itself once the cause is gone; nothing in doubt is lost."""

from datetime import timedelta

import pytest
from django.db.models import F

from invocations import dispatch, polling, stopping
from invocations.models import Alarm, Attempt, Batch, BatchState, Invocation, Outcome
from regions.models import Account
from tests.factories import PersonFactory, now
from tests.invocations.pages import read

pytestmark = pytest.mark.django_db(transaction=True)


def told(client, run) -> str:
    """The bars above a run's progress."""
    page = read(client.get(Invocation.objects.get(pk=run.pk).get_absolute_url()))
    return " ".join(note.text for note in page.all("div") if note.attrs.get("id", "").startswith("notice-"))


def send_again() -> None:
    for batch in Batch.objects.all():
        Batch.objects.filter(pk=batch.pk).update(next_attempt_at=now(), next_lookup_at=now())
        dispatch.dispatch(batch.pk)


HOLDS = [
    ("A55", "throttle", {"code": "Throttling.User"}, "throttled", "The cloud is slowing us down."),
    ("A75", "credentials", {"state": "revoked"}, "credentials", "doesn’t accept the console’s credentials"),
    ("A75", "credentials", {"state": "expired"}, "credentials", "doesn’t accept the console’s credentials"),
    ("A76", "forbid", {}, "permission", "lack the permission ecs:InvokeCommand"),
    ("A77", "region_closed", {}, "region", "isn’t available to this account"),
]


@pytest.mark.parametrize(
    ("kind", "wish", "reason", "sentence"),
    [pytest.param(*one[1:], id=f"{one[0]}-{one[1]}-{at}") for at, one in enumerate(HOLDS)],
)
def test_A75_a_hold_is_told_with_its_next_try_and_ends_by_itself(
    kind, wish, reason, sentence, submitted, simulator, operator, ran, work_until_quiet
):
    run = submitted(targets=1)
    fault = simulator.fault("InvokeCommand", kind, **wish)
    dispatch.dispatch(run.batches.get().pk)
    batch = run.batches.get()
    assert (batch.state, batch.hold_reason) == (BatchState.QUEUED, reason)
    assert now() < batch.next_attempt_at <= now() + timedelta(seconds=61)
    assert sentence in told(operator, run)
    assert "next try in" in told(operator, run).lower()

    simulator.take_back(fault)
    send_again()
    work_until_quiet()

    assert sum(ran().values()) == 1
    assert sentence not in told(operator, run)


def test_A57_the_quota_is_probed_once_an_hour(submitted, simulator, operator, work_until_quiet):
    run = submitted(targets=60)
    simulator.event("quota", n=1, region=run.region)

    work_until_quiet()

    held = run.batches.get(hold_reason="quota")
    assert timedelta(minutes=50) < held.next_attempt_at - now() < timedelta(minutes=70)
    assert "is used up. The rest is held and tried again at" in told(operator, run)
    assert len(simulator.journal.calls("InvokeCommand")) == 2


def test_A75_new_credentials_are_taken_up_without_a_restart(submitted, simulator, settings, ran, work_until_quiet):
    run = submitted(targets=1)
    key = settings.CLOUD_ACCESS_KEY_SECRET
    settings.CLOUD_ACCESS_KEY_SECRET = "rotated-away"
    dispatch.dispatch(run.batches.get().pk)
    assert run.batches.get().hold_reason == "credentials"

    settings.CLOUD_ACCESS_KEY_SECRET = key
    send_again()
    work_until_quiet()

    assert sum(ran().values()) == 1


def test_A75_another_account_s_credentials_pause_the_run(submitted, operator):
    run = submitted(targets=1)
    Account.objects.update(account_id="99999")
    dispatch.dispatch(run.batches.get().pk)

    assert run.batches.get().hold_reason == "account"
    text = told(operator, run)
    assert "These credentials belong to account 99999" in text
    assert f"the run was started in {run.account_id}" in text


def test_A42_an_unreachable_cloud_is_told_with_the_tries(submitted, simulator, settings, operator):
    run = submitted(targets=1)
    settings.ECS_ENDPOINT = "http://127.0.0.1:9"

    dispatch.dispatch(run.batches.get().pk)

    assert run.batches.get().hold_reason == "unreachable"
    assert "can’t be reached. Tried 1 times, next try in" in told(operator, run)


def test_A45_a_certificate_that_is_not_valid_is_told_with_its_host(submitted, operator):
    run = submitted(targets=1)
    Batch.objects.update(
        hold_reason="certificate", message="certificate has expired", next_attempt_at=now() + timedelta(seconds=60)
    )

    assert "The certificate of 127.0.0.1 isn’t valid: certificate has expired. Nothing was sent." in told(operator, run)


@pytest.mark.parametrize(
    ("kind", "wish"),
    [
        ("status", {"code": 407, "body": "html"}),
        ("status", {"code": 413, "body": "html"}),
        ("redirect", {"location": "http://127.0.0.1:1/"}),
    ],
)
def test_A49_five_answers_in_a_row_that_are_not_the_cloud_s_are_told(
    kind, wish, submitted, simulator, operator, ran, work_until_quiet
):
    run = submitted(targets=1)
    simulator.fault("InvokeCommand", kind, times=5, **wish)

    for times in range(1, 6):
        send_again()
        batch = run.batches.get()
        assert (batch.state, batch.hold_reason) == (BatchState.UNSURE, "proxy" if times == 5 else "")
    assert set(Attempt.objects.values_list("outcome", flat=True)) == {Outcome.UNKNOWN}
    assert "Something between this console and the cloud answers in its place (" in told(operator, run)

    send_again()
    work_until_quiet()

    assert sum(ran().values()) == 1
    assert len({call.client_token for call in simulator.journal.calls("InvokeCommand")}) == 1


def test_A76_who_may_not_follow_sends_nothing_more(submitted, simulator, operator, ran, work_until_quiet):
    first, second = submitted(targets=1), submitted(targets=1)
    dispatch.dispatch(first.batches.get().pk)
    fault = simulator.fault("DescribeInvocations", "forbid")
    polling.poll_region(first.region)

    dispatch.dispatch(second.batches.get().pk)

    assert "This run can’t be followed. The console’s credentials lack the permission ecs:DescribeInvocations" in told(
        operator, first
    )
    assert second.batches.get().hold_reason == "permission"
    assert len(simulator.journal.calls("InvokeCommand")) == 1
    simulator.take_back(fault)
    Batch.objects.filter(invocation=first).update(next_poll_at=now(), poll_lease_until=None)
    polling.poll_region(first.region)
    send_again()
    work_until_quiet()
    assert sum(ran().values()) == 2


class TestStop:
    @pytest.fixture
    def run(self, submitted):
        """Under way, on two machines, without an end of its own."""
        run = submitted(targets=2, content="while true; do :; done")
        dispatch.dispatch(run.batches.get().pk)
        return run

    def stop(self, run, **scope):
        stopping.request(run, PersonFactory(), "127.0.0.1", **scope)

    def test_A76_a_stop_that_is_not_permitted_says_which_action_is_missing(self, run, simulator, operator):
        simulator.fault("StopInvocation", "forbid")
        self.stop(run)

        stopping.stop_batch(run.batches.get().pk)

        assert "This run can’t be stopped. The console’s credentials lack the permission ecs:StopInvocation" in told(
            operator, run
        )

    @pytest.mark.parametrize(
        ("kind", "wish"),
        [
            ("lose_after", {}),
            ("close_before", {}),
            ("throttle", {"code": "Throttling"}),
            ("status", {"code": 503, "body": "json"}),
            ("reject", {"code": "InvalidInvokeId.NotFound"}),
        ],
    )
    def test_A86_it_is_repeated_until_all_is_at_rest(self, kind, wish, run, simulator, work_until_quiet):
        simulator.fault("StopInvocation", kind, times=2, **wish)

        self.stop(run)
        work_until_quiet()

        assert set(run.targets.values_list("state", flat=True)) == {"stopped"}
        assert run.batches.get().next_stop_at is None

    def test_A86_after_ten_minutes_the_page_says_what_still_runs(self, run, operator):
        self.stop(run)
        Invocation.objects.update(stop_requested_at=now() - timedelta(minutes=11))

        assert "The stop was accepted, 2 instances still report Running." in told(operator, run)

    def test_A84_those_that_finished_first_stay_finished_and_are_counted(
        self, submitted, simulator, operator, work_until_quiet
    ):
        run = submitted(targets=3)
        dispatch.dispatch(run.batches.get().pk)
        self.stop(run)
        work_until_quiet()

        assert set(run.targets.values_list("state", flat=True)) == {"success"}
        # The cloud's times are whole seconds
        Invocation.objects.update(stop_requested_at=F("submitted_at") - timedelta(seconds=2))
        assert "0 stopped, 3 had finished already." in told(operator, run)

    @pytest.mark.parametrize("moment", ["unsent", "held", "sending", "doubt"])
    def test_A85_a_stop_at_any_moment_of_sending(self, moment, submitted, simulator, ran, work_until_quiet):
        run = submitted(targets=1, content="while true; do :; done")
        batch = run.batches.get()
        if moment == "held":
            simulator.fault("InvokeCommand", "throttle", times=1)
            dispatch.dispatch(batch.pk)
        if moment in ("sending", "doubt"):
            simulator.fault("InvokeCommand", "lose_after", times=1)
            dispatch.dispatch(batch.pk)
        if moment == "sending":
            a_moment_ago = now() - timedelta(seconds=1)
            Batch.objects.update(state=BatchState.SENDING, lease_until=a_moment_ago, next_lookup_at=None)
        sends = len(simulator.journal.calls("InvokeCommand"))

        self.stop(run)
        work_until_quiet()

        assert len(simulator.journal.calls("InvokeCommand")) == sends
        is_sent = moment in ("sending", "doubt")
        assert run.targets.get().state == ("stopped" if is_sent else "cancelled")
        assert sum(ran().values()) == (1 if is_sent else 0)

    def test_A82_a_hundred_are_stopped_in_calls_of_fifty(self, submitted, simulator, settings, work_until_quiet):
        settings.BATCH_SIZE = 100
        run = submitted(targets=100, content="sleep 60")
        dispatch.dispatch(run.batches.get().pk)

        self.stop(run)
        work_until_quiet()

        calls = simulator.journal.calls("StopInvocation")
        assert all(len(call.instance_ids) <= 50 for call in calls)
        assert {one for call in calls for one in call.instance_ids} == set(
            run.targets.values_list("instance_id", flat=True)
        )


def test_A78_content_that_differs_from_what_was_confirmed_raises_an_alarm(
    submitted, simulator, operator, work_until_quiet
):
    run = submitted(targets=1)
    simulator.modify_command(run.region, run.command_cloud_id, content="hostname -f")

    work_until_quiet()

    assert [alarm.kind for alarm in Alarm.objects.all()] == ["content"]
    assert "The content the cloud lists for batch 1 is not what was confirmed here." in told(operator, run)


def test_A78_the_same_content_raises_none_whatever_its_parameters(submitted, work_until_quiet):
    submitted(targets=1, content="echo {{a}}", parameters={"a": "x"})

    work_until_quiet()

    assert not Alarm.objects.exists()


def test_A83_a_run_of_more_than_a_tag_can_find_is_followed_by_ids(submitted, simulator, settings, monkeypatch):
    monkeypatch.setattr("cloud.limits.TAGGED_RESULTS", 2)
    settings.BATCH_SIZE = 1
    run = submitted(targets=3)
    for batch in run.batches.all():
        dispatch.dispatch(batch.pk)

    for _ in range(20):
        Batch.objects.update(next_poll_at=now(), poll_lease_until=None)
        polling.poll_region(run.region)

    assert Invocation.objects.get(pk=run.pk).state == "success"


def test_A101_a_cloud_that_lost_its_records_is_told_and_nothing_is_sent_again(
    submitted, simulator, operator, work_until_quiet
):
    run = submitted(targets=2, content="while true; do :; done")
    dispatch.dispatch(run.batches.get().pk)
    batch = run.batches.get()
    simulator.forget_invocation(batch.invoke_id)
    Batch.objects.update(accepted_at=now() - timedelta(minutes=3))

    work_until_quiet()

    assert set(run.targets.values_list("state", "reason")) == {("unknown", "vanished")}
    assert len(simulator.journal.calls("InvokeCommand")) == 1
    target = run.targets.first()
    page = read(operator.get(f"{run.get_absolute_url()}?target={target.instance_id}"))
    assert f"The cloud no longer lists {batch.invoke_id}." in page.text
