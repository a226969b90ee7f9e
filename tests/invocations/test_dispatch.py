"""Runs from submit to the last output, through the real SDK, judged by the simulated cloud's journal."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection as database

from invocations import dispatch, lookup, polling, states, stopping
from invocations.models import Alarm, Attempt, Batch, BatchState, Invocation, Outcome, Output, TargetState
from regions.models import Account
from tests.factories import PersonFactory, now

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _strict_cloud(simulator):
    """The cloud refuses old dates and used nonces, as the protocol assumes of it (E2, E3)."""
    simulator.rule("check_date")
    simulator.rule("check_nonce")


def once_each(run: Invocation) -> Counter[str]:
    return Counter(run.targets.values_list("instance_id", flat=True))


def fresh(run: Invocation) -> Invocation:
    return Invocation.objects.get(pk=run.pk)


def sends(simulator) -> list:
    return simulator.journal.calls("InvokeCommand")


def test_120_instances_are_sent_in_three_calls_and_each_runs_once(submitted, simulator, ran, work_until_quiet):
    run = submitted(targets=120)

    work_until_quiet()

    assert [len(call.instance_ids) for call in sends(simulator)] == [50, 50, 20]
    assert ran() == once_each(run)
    run = fresh(run)
    assert (run.state, run.finished, run.counts) == ("success", 120, {"success": 120})
    assert set(run.batches.values_list("state", flat=True)) == {BatchState.FINISHED}


def test_each_output_is_copied_with_its_first_line_and_exit_code(submitted, work_until_quiet):
    run = submitted(targets=2, content="echo 'one two'; echo three; exit 3")

    work_until_quiet()

    for target in run.targets.all():
        assert bytes(target.output.content) == b"one two\nthree\n"
        assert (target.first_line, target.exit_code, target.state) == ("one two", 3, TargetState.FAILED)
        assert target.output.is_complete


def test_INV5_what_ran_is_what_was_frozen(submitted, simulator, work_until_quiet):
    run = submitted(
        targets=1,
        content="echo {{greeting}} {{rest}}",
        parameters={"greeting": "héllo $(x)", "rest": ""},
        username="deploy",
    )

    work_until_quiet()

    execution = simulator.journal.executions()[0]
    assert execution.username == "deploy"
    assert execution.parameters == {"greeting": "héllo $(x)", "rest": ""}
    assert execution.content_sha256 == run.content_sha256


def test_every_call_carries_the_batchs_token_and_tags(submitted, simulator, work_until_quiet, settings):
    run = submitted(targets=1)
    batch = run.batches.get()

    work_until_quiet()

    call = sends(simulator)[0]
    assert call.client_token == batch.client_token
    assert call.tags == {
        "console-batch": str(batch.pk),
        "console-run": str(run.pk),
        "console-id": settings.DEPLOYMENT_ID,
    }


def test_C39_a_secret_reaches_the_script_and_is_gone_from_the_database_at_the_end(
    submitted, simulator, work_until_quiet
):
    run = submitted(
        targets=1,
        content="test {{word}} = canary-7741 && echo got {{word}}",
        parameters={},
        secrets={"word": "canary-7741"},
    )
    sealed = bytes(run.batches.get().secrets)
    assert b"canary" not in sealed

    work_until_quiet()

    target = run.targets.get()
    assert target.state == TargetState.SUCCESS
    assert b"canary" not in bytes(target.output.content)
    assert run.batches.get().secrets is None
    with database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM invocations_batch WHERE request LIKE '%canary%'")
        assert cursor.fetchone() == (0,)


def test_INV14_nothing_is_called_while_nothing_runs(submitted, simulator, work_until_quiet):
    submitted(targets=1)
    work_until_quiet()
    before = len(simulator.journal.calls())

    work_until_quiet()

    assert len(simulator.journal.calls()) == before


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("close_before", {}),
        ("lose_after", {}),
        ("truncate", {}),
        ("bad_gzip", {}),
        ("status", {"code": 502, "body": "html"}),
        ("status", {"code": 502, "body": "html", "when": "after"}),
        ("status", {"code": 500, "body": "json", "when": "after"}),
        ("nonce_seen", {}),
        ("redirect", {"location": "http://127.0.0.1:1/"}),
    ],
)
def test_A43_A44_A48_A53_whatever_breaks_on_the_way_each_target_runs_once(
    kind, more, submitted, simulator, ran, work_until_quiet
):
    run = submitted(targets=3)
    simulator.fault("InvokeCommand", kind, times=1, **more)

    work_until_quiet()

    assert ran() == once_each(run)
    assert len({call.client_token for call in sends(simulator)}) == 1
    assert fresh(run).state == "success"


@pytest.mark.parametrize(
    "body", ["empty_object", "null", "list", "error", "number_id", "html", "two_documents", "bad_utf8"]
)
def test_A46_A47_a_200_without_an_invoke_id_is_not_an_acceptance(body, submitted, simulator, ran, work_until_quiet):
    run = submitted(targets=1)
    simulator.fault("InvokeCommand", "body", body=body, times=1)

    work_until_quiet()

    assert ran() == once_each(run)
    assert Attempt.objects.first().outcome == Outcome.UNKNOWN
    assert fresh(run).state == "success"


def test_A07_a_worker_killed_after_the_effect_leaves_a_batch_that_is_found(submitted, simulator, ran, work_until_quiet):
    run = submitted(targets=2)
    batch = run.batches.get()
    attempt = states.claim(batch.pk, "killed")
    dispatch._try(attempt, dispatch.Stopwatch())  # and then nothing is recorded: the worker is gone
    Batch.objects.update(lease_until=now() - timedelta(seconds=1))

    work_until_quiet()

    assert ran() == once_each(run)
    assert run.batches.get().invoke_id
    assert fresh(run).state == "success"


def test_A05_a_worker_killed_before_the_call_is_followed_by_another(submitted, ran, work_until_quiet):
    run = submitted(targets=2)
    states.claim(run.batches.get().pk, "killed")
    Batch.objects.update(lease_until=now() - timedelta(seconds=1))

    work_until_quiet()

    assert ran() == once_each(run)
    assert [attempt.outcome for attempt in Attempt.objects.all()] == [Outcome.OPEN, Outcome.ACCEPTED]


def test_A12_a_worker_that_slept_sends_nothing(submitted, simulator):
    run = submitted(targets=1)
    attempt = states.claim(run.batches.get().pk, "sleeper")
    attempt.send_by = attempt.started_at - timedelta(seconds=1)

    answer = dispatch._try(attempt, dispatch.Stopwatch())

    assert answer.outcome == Outcome.NOT_SENT
    assert sends(simulator) == []


def test_A12_a_request_signed_long_ago_is_refused_by_the_cloud(submitted, simulator, ran):
    run = submitted(targets=1)
    attempt = states.claim(run.batches.get().pk, "sleeper")
    attempt.started_at -= timedelta(minutes=20)

    answer = dispatch._try(attempt, dispatch.Stopwatch())

    assert (answer.outcome, answer.hold_reason) == (Outcome.NO_EFFECT, "clock")
    assert ran() == {}


def test_A55_throttling_holds_the_batch_and_says_so(submitted, simulator, ran, work_until_quiet):
    run = submitted(targets=1)
    simulator.fault("InvokeCommand", "throttle", code="Throttling.User", times=1)

    work_until_quiet()

    batch = run.batches.get()
    assert (batch.state, batch.hold_reason, batch.code) == (BatchState.QUEUED, "throttled", "Throttling.User")
    assert fresh(run).state == "held"
    Batch.objects.update(next_attempt_at=now())
    work_until_quiet()
    assert ran() == once_each(run)


@pytest.mark.parametrize(
    ("kind", "more", "reason"),
    [
        ("credentials", {"state": "revoked"}, "credentials"),
        ("forbid", {}, "permission"),
        ("region_closed", {}, "region"),
    ],
)
def test_A75_what_only_a_person_can_mend_is_held_and_goes_on_by_itself(
    kind, more, reason, submitted, simulator, ran, work_until_quiet
):
    run = submitted(targets=1)
    fault = simulator.fault("InvokeCommand", kind, **more)
    work_until_quiet()
    assert run.batches.get().hold_reason == reason

    simulator.take_back(fault)
    Batch.objects.update(next_attempt_at=now())
    work_until_quiet()

    assert ran() == once_each(run)


def test_A57_a_used_up_quota_holds_the_rest_and_leaves_what_was_sent(submitted, simulator, work_until_quiet):
    run = submitted(targets=120)
    simulator.event("quota", n=2, region=run.region)

    work_until_quiet()

    assert sorted(run.batches.values_list("state", "hold_reason")) == [
        ("finished", ""),
        ("finished", ""),
        ("queued", "quota"),
    ]
    assert fresh(run).counts == {"success": 100, "waiting": 20}


def test_A42_an_unreachable_cloud_is_no_doubt(submitted, simulator, settings, work_until_quiet, ran):
    run = submitted(targets=1)
    settings.ECS_ENDPOINT = "http://127.0.0.1:9"
    work_until_quiet()
    assert run.batches.get().hold_reason == "unreachable"
    assert Attempt.objects.get().outcome == Outcome.NO_EFFECT

    settings.ECS_ENDPOINT = simulator.url
    Batch.objects.update(next_attempt_at=now())
    work_until_quiet()

    assert ran() == once_each(run)


@pytest.mark.parametrize("broken", [1, 3])
def test_A58_unfit_instances_leave_in_one_round_and_the_rest_runs_once(
    broken, submitted, simulator, ran, work_until_quiet
):
    simulator.rule("strict_targets")
    run = submitted(targets=10)
    unfit = list(run.targets.values_list("instance_id", flat=True)[:broken])
    for instance_id in unfit:
        simulator.stop_instance(instance_id)

    work_until_quiet()

    expected = once_each(run)
    for instance_id in unfit:
        del expected[instance_id]
    assert ran() == expected
    assert fresh(run).counts == {"success": 10 - broken, "skipped": broken}
    assert set(run.targets.filter(state="skipped").values_list("reason", flat=True)) == {"stopped"}
    assert run.batches.count() == 2


def test_A58_a_cloud_that_takes_unfit_instances_answers_for_each(submitted, simulator, ran, work_until_quiet):
    run = submitted(targets=3)
    stopped = run.targets.first().instance_id
    simulator.stop_instance(stopped)

    work_until_quiet()

    target = run.targets.get(instance_id=stopped)
    assert (target.state, target.error_code) == ("aborted", "InstanceNotRunning")
    assert stopped not in ran()
    assert fresh(run).state == "partialfailed"


def test_A59_a_refusal_nobody_can_explain_ends_at_the_one_instance(submitted, simulator, ran, work_until_quiet):
    run = submitted(targets=7)
    culprit = run.targets.all()[4].instance_id
    simulator.fault("InvokeCommand", "reject", code="InvalidInstance.NotMatch", instance_id=culprit)

    work_until_quiet()

    skipped = run.targets.get(state="skipped")
    assert (skipped.instance_id, skipped.error_code) == (culprit, "InvalidInstance.NotMatch")
    assert set(ran().values()) == {1}
    assert fresh(run).counts == {"success": 6, "skipped": 1}


def test_too_many_instances_for_one_call_are_halved(submitted, simulator, ran, work_until_quiet):
    simulator.rule("instance_limit", n=20)
    run = submitted(targets=50)

    work_until_quiet()

    assert ran() == once_each(run)
    assert fresh(run).state == "success"


def test_A78_a_deleted_command_skips_the_rest(submitted, simulator, ran, work_until_quiet):
    run = submitted(targets=2)
    simulator.delete_command(run.command_cloud_id)

    work_until_quiet()

    assert ran() == {}
    assert set(run.targets.values_list("state", "error_code")) == {("skipped", "InvalidCmdId.NotFound")}


def test_A60_lost_then_stopped_then_rejected_skips_nobody(submitted, simulator, ran, work_until_quiet):
    simulator.rule("strict_targets")
    simulator.rule("validate_first")
    run = submitted(targets=2)
    simulator.fault("InvokeCommand", "lose_after", times=1)
    simulator.fault("DescribeInvocations", "status", code=503, body="json", times=1)
    batch = run.batches.get()
    dispatch.dispatch(batch.pk)
    simulator.stop_instance(run.targets.first().instance_id)

    work_until_quiet()

    assert ran() == once_each(run)
    assert not run.targets.filter(state="skipped").exists()
    assert run.batches.count() == 1


def test_E4_what_is_not_listed_may_have_run(submitted, simulator, ran):
    simulator.rule("strict_targets")
    simulator.rule("validate_first")
    simulator.rule("list_lag", seconds=3600)
    run = submitted(targets=2)
    batch = run.batches.get()
    simulator.fault("InvokeCommand", "lose_after", times=1)
    dispatch.dispatch(batch.pk)
    lookup.look_up(batch.pk)  # and finds nothing

    simulator.stop_instance(run.targets.first().instance_id)
    Batch.objects.update(next_attempt_at=now())
    dispatch.dispatch(batch.pk)  # is rejected

    assert run.batches.get().state == BatchState.UNSURE
    assert ran() == once_each(run)
    assert set(run.targets.values_list("state", flat=True)) == {TargetState.WAITING}


def test_T5_a_second_invocation_of_one_batch_is_followed_and_alarms(submitted, simulator, work_until_quiet):
    simulator.rule("dedup")
    run = submitted(targets=1, content="sleep 0; echo x")
    batch = run.batches.get()
    attempt = states.claim(batch.pk, "first")
    dispatch._try(attempt, dispatch.Stopwatch())
    Batch.objects.update(lease_until=now() - timedelta(seconds=1), next_attempt_at=now())
    dispatch.dispatch(batch.pk)  # a cloud that ignores tokens runs it again

    work_until_quiet()
    lookup.look_up(batch.pk)

    assert Alarm.objects.get().kind == Alarm.Kind.TWO_INVOCATIONS
    assert batch.others.count() == 1


class TestStop:
    def test_what_is_unsent_is_never_sent(self, submitted, simulator, ran, work_until_quiet):
        run = submitted(targets=60)

        stopping.request(run, PersonFactory(), "127.0.0.1")
        work_until_quiet()

        assert ran() == {}
        assert sends(simulator) == []
        assert fresh(run).state == "stopped"

    def test_what_runs_is_told_to_stop_until_it_is_at_rest(self, submitted, simulator, work_until_quiet):
        run = submitted(targets=2, content="while true; do :; done")
        dispatch.dispatch(run.batches.get().pk)
        simulator.fault("StopInvocation", "lose_after", times=1)

        stopping.request(run, PersonFactory(), "127.0.0.1")
        work_until_quiet()

        assert fresh(run).state == "stopped"
        assert set(run.targets.values_list("state", flat=True)) <= {"stopped", "cancelled"}

    def test_INV10_a_batch_in_doubt_is_looked_up_and_stopped_but_not_sent_again(
        self, submitted, simulator, ran, work_until_quiet
    ):
        run = submitted(targets=1, content="while true; do :; done")
        simulator.fault("InvokeCommand", "lose_after", times=1)
        dispatch.dispatch(run.batches.get().pk)

        stopping.request(run, PersonFactory(), "127.0.0.1")
        work_until_quiet()

        assert len(sends(simulator)) == 1
        assert simulator.journal.calls("StopInvocation")
        assert fresh(run).state == "stopped"

    def test_single_targets_of_an_unsent_batch_leave_it(self, submitted, ran, work_until_quiet):
        run = submitted(targets=3)
        chosen = run.targets.first().instance_id

        stopping.request(run, PersonFactory(), "127.0.0.1", scope="targets", ids=[chosen])
        work_until_quiet()

        assert chosen not in ran()
        assert fresh(run).counts == {"success": 2, "cancelled": 1}

    def test_A86_a_stop_that_is_pressed_after_the_end_changes_nothing(self, submitted, simulator, work_until_quiet):
        run = submitted(targets=1)
        work_until_quiet()

        stopping.request(run, PersonFactory(), "127.0.0.1")
        work_until_quiet()

        assert fresh(run).state == "success"
        assert simulator.journal.calls("StopInvocation") == []


def test_C24_a_person_who_may_no_longer_run_sends_nothing_more(submitted, ran, work_until_quiet):
    person = PersonFactory()
    run = submitted(targets=2, person=person)
    person.role = "viewer"
    person.save()

    work_until_quiet()

    assert ran() == {}
    assert set(run.targets.values_list("reason", flat=True)) == {"not-permitted"}


def test_C59_a_run_never_moves_to_another_account(submitted, simulator, work_until_quiet):
    run = submitted(targets=1)
    Account.objects.update(account_id="999")

    work_until_quiet()

    assert run.batches.get().hold_reason == "account"
    assert sends(simulator) == []


def test_A73_an_edited_request_is_not_sent(submitted, simulator, work_until_quiet):
    run = submitted(targets=1)
    Batch.objects.update(
        request=run.batches.get().request.replace("hostname", "x").replace('"timeout":60', '"timeout":61')
    )

    work_until_quiet()

    assert sends(simulator) == []
    assert run.batches.get().hold_reason == "parameters"


def test_A62_a_silent_agent_leaves_its_target_open_and_the_others_done(submitted, simulator, work_until_quiet):
    run = submitted(targets=2)
    silent = run.targets.first().instance_id
    simulator.fault("", "agent_dies_after_accept", instance_id=silent, stage="Running")

    with pytest.raises(AssertionError, match="nothing moves"):
        work_until_quiet(patience=2)

    assert run.targets.get(instance_id=silent).state not in ("failed", "error", "unknown")
    assert fresh(run).finished == 1


def test_A65_a_batch_whose_outputs_the_cloud_forgot_ends_without_them(submitted, simulator):
    run = submitted(targets=2, parameters={"a": "1"}, secrets={"key": "s3cret"}, content="echo {{a}} {{key}}")
    batch = run.batches.get()
    dispatch.dispatch(batch.pk)
    simulator.fault("DescribeInvocationResults", "throttle", times=1000)
    while run.targets.open().exists():
        poll(batch)
    simulator.clear_faults()
    batch.refresh_from_db()
    simulator.forget_invocation(batch.invoke_id)

    poll(batch)
    batch.refresh_from_db()
    assert batch.state == BatchState.ACCEPTED  # it may still come
    run.targets.update(changed_at=now() - timedelta(minutes=11))
    poll(batch)

    batch.refresh_from_db()
    assert (batch.state, bytes(batch.secrets or b"")) == (BatchState.FINISHED, b"")
    assert fresh(run).state == "success"


def poll(batch: Batch) -> None:
    Batch.objects.filter(pk=batch.pk).update(next_poll_at=now(), poll_lease_until=None)
    polling.poll_region(batch.region)


def test_outputs_are_read_once_a_batch(submitted, simulator, work_until_quiet):
    submitted(targets=50)

    work_until_quiet()

    assert len(simulator.journal.calls("DescribeInvocationResults")) <= 2
    assert Output.objects.filter(is_complete=True).count() == 50
