"""The moves of a batch: each is made, refused where it is not legal, and lost by whoever comes second."""

import itertools
import json
from datetime import timedelta

import pytest

from invocations import children, states
from invocations.answers import Answer
from invocations.models import Alarm, Batch, BatchState, Deployment, Outcome, TargetState
from tests.factories import AttemptFactory, BatchFactory, TargetFactory, now

pytestmark = pytest.mark.django_db

S = BatchState


def request_of(*ids: str) -> str:
    return json.dumps({"region": "cn-hangzhou", "command_id": "c-1", "instance_ids": list(ids)})


def batch_of(*ids: str, **traits) -> Batch:
    """A batch with a target for each id; `total` of its run equals them."""
    batch = BatchFactory(size=len(ids), request=request_of(*ids), invocation__total=len(ids), **traits)
    for instance_id in ids:
        TargetFactory(batch=batch, instance_id=instance_id)
    return batch


def claimed(*ids: str, **traits) -> tuple[Batch, "states.Attempt"]:
    batch = batch_of(*(ids or ("i-1",)), **traits)
    attempt = states.claim(batch.pk, "w1")
    assert attempt is not None
    return fresh(batch), attempt


def fresh(batch: Batch) -> Batch:
    return Batch.objects.get(pk=batch.pk)


def target_states(batch: Batch) -> dict[str, str]:
    return dict(batch.invocation.targets.values_list("instance_id", "state"))


def no_effect(**more) -> Answer:
    return Answer(outcome=Outcome.NO_EFFECT, **more)


UNKNOWN = Answer(outcome=Outcome.UNKNOWN)
ACCEPTED = Answer(outcome=Outcome.ACCEPTED, invoke_id="t-1")


class TestClaim:
    def test_it_writes_the_attempt_before_any_call(self):
        batch, attempt = claimed()

        assert (batch.state, batch.epoch, batch.lease_owner) == (S.SENDING, 1, "w1")
        assert batch.attempts.get() == attempt
        assert (attempt.n, attempt.outcome, attempt.send_by) == (1, Outcome.OPEN, batch.lease_until)

    def test_of_two_workers_one_gets_the_batch(self):
        batch, _attempt = claimed()

        assert states.claim(batch.pk, "w2") is None
        assert batch.attempts.count() == 1

    def test_a_dead_lease_can_be_taken_over_and_the_first_doubt_bounds_the_second_send(self, settings):
        batch, first = claimed()
        ago = timedelta(seconds=settings.TOKEN_WINDOW - settings.REQUEST_LIFE - 30)
        batch.attempts.update(started_at=now() - ago)
        Batch.objects.update(lease_until=now() - timedelta(seconds=1))

        second = states.claim(batch.pk, "w2")

        assert second is not None
        assert second.n == 2
        first.refresh_from_db()
        assert second.send_by == first.started_at + states.token_window()

    @pytest.mark.parametrize(
        "columns",
        [
            {"stop_requested_at": now()},
            {"next_attempt_at": now() + timedelta(days=1)},
            {"send_deadline": now() - timedelta(seconds=1)},
            {"state": S.CANCELLED},
            {"state": S.REJECTED},
            {"state": S.UNKNOWN},
        ],
    )
    def test_what_is_not_to_be_sent_is_not_claimed(self, columns):
        batch = batch_of("i-1", **columns)

        assert states.claim(batch.pk, "w1") is None
        assert not batch.attempts.exists()

    def test_nothing_is_claimed_while_dispatch_is_paused(self):
        Deployment.objects.create(pk=1, deployment_id="x", paused_at=now())

        assert states.claim(batch_of("i-1").pk, "w1") is None

    def test_A72_a_batch_in_doubt_is_not_sent_after_the_token_window(self, settings):
        batch = batch_of("i-1", unsure=True)
        ago = timedelta(seconds=settings.TOKEN_WINDOW - settings.REQUEST_LIFE + 1)
        AttemptFactory(batch=batch, started_at=now() - ago, outcome=Outcome.UNKNOWN)

        assert states.claim(batch.pk, "w1") is None
        assert fresh(batch).next_attempt_at == batch.send_deadline

    def test_A74_without_a_window_a_batch_in_doubt_is_only_looked_up(self, settings):
        settings.TOKEN_WINDOW = 0
        batch = batch_of("i-1", unsure=True)
        AttemptFactory(batch=batch, outcome=Outcome.UNKNOWN)

        assert states.claim(batch.pk, "w1") is None

    def test_A100_a_batch_of_a_restored_database_is_never_sent(self):
        batch = batch_of("i-1")

        states.distrust([batch])

        assert fresh(batch).state == S.UNSURE
        assert states.claim(batch.pk, "w1") is None


class TestAccept:
    def test_it_stores_the_invoke_id_and_when_to_poll_in_one_go(self):
        batch, attempt = claimed("i-1", "i-2")

        states.record(attempt, ACCEPTED)

        batch = fresh(batch)
        assert (batch.state, batch.invoke_id) == (S.ACCEPTED, "t-1")
        assert batch.next_poll_at is not None
        assert set(target_states(batch).values()) == {TargetState.PENDING}
        assert batch.attempts.get().outcome == Outcome.ACCEPTED

    def test_A13_an_acceptance_that_comes_after_giving_up_is_kept_and_called_late(self):
        batch, attempt = claimed()
        Batch.objects.update(state=S.UNKNOWN, epoch=7)

        states.record(attempt, ACCEPTED)

        batch = fresh(batch)
        assert (batch.state, batch.is_late) == (S.ACCEPTED, True)

    @pytest.mark.parametrize("state", [S.QUEUED, S.UNSURE, S.UNKNOWN, S.CANCELLED, S.REJECTED])
    def test_the_truth_is_kept_in_any_state(self, state):
        batch, attempt = claimed()
        Batch.objects.update(state=state)

        states.record(attempt, ACCEPTED)

        assert fresh(batch).invoke_id == "t-1"

    def test_the_same_invoke_id_again_changes_nothing(self):
        batch, attempt = claimed()
        states.record(attempt, ACCEPTED)

        states.accept(fresh(batch), "t-1")

        assert not batch.others.exists()
        assert not Alarm.objects.exists()

    def test_another_invoke_id_is_kept_followed_and_raises_the_alarm(self):
        batch, attempt = claimed()
        states.record(attempt, ACCEPTED)

        states.accept(fresh(batch), "t-2")

        assert batch.others.get().invoke_id == "t-2"
        assert Alarm.objects.get().kind == Alarm.Kind.TWO_INVOCATIONS

    def test_a_batch_that_was_to_be_stopped_is_told_to_stop_once_it_is_accepted(self):
        batch, attempt = claimed()
        Batch.objects.update(stop_requested_at=now())

        states.record(attempt, ACCEPTED)

        assert fresh(batch).next_stop_at is not None


class TestResolve:
    def test_an_answer_without_effect_queues_the_batch_again_with_its_reason(self):
        batch, attempt = claimed()

        states.record(attempt, no_effect(hold_reason="throttled", code="Throttling.User"))

        batch = fresh(batch)
        assert (batch.state, batch.hold_reason, batch.code) == (S.QUEUED, "throttled", "Throttling.User")
        assert batch.next_attempt_at > now()

    def test_an_unknown_outcome_makes_it_unsure_and_is_looked_up(self):
        batch, attempt = claimed()

        states.record(attempt, UNKNOWN)

        batch = fresh(batch)
        assert batch.state == S.UNSURE
        assert batch.next_lookup_at is not None
        assert batch.next_attempt_at > batch.next_lookup_at

    def test_A56_throttled_after_an_unknown_outcome_stays_in_doubt(self):
        batch, first = claimed()
        states.record(first, UNKNOWN)
        Batch.objects.update(next_attempt_at=now())
        second = states.claim(batch.pk, "w1")

        states.record(second, no_effect(hold_reason="throttled"))

        assert fresh(batch).state == S.UNSURE

    def test_A60_a_rejection_after_an_unknown_outcome_skips_nobody(self):
        batch, first = claimed("i-1", "i-2")
        states.record(first, UNKNOWN)
        Batch.objects.update(next_attempt_at=now())
        second = states.claim(batch.pk, "w1")

        states.record(second, Answer(outcome=Outcome.REJECTED, splits=True, unfit={"i-1": "stopped"}))

        assert fresh(batch).state == S.UNSURE
        assert set(target_states(batch).values()) == {TargetState.WAITING}

    def test_a_late_answer_of_an_older_attempt_leaves_the_one_under_way_alone(self):
        batch, first = claimed()
        Batch.objects.update(lease_until=now() - timedelta(seconds=1))
        assert states.claim(batch.pk, "w2")

        states.record(first, no_effect())

        batch = fresh(batch)
        assert (batch.state, batch.epoch) == (S.SENDING, 2)

    def test_A13_what_a_late_attempt_came_to_is_kept_while_another_is_in_doubt(self):
        batch, first = claimed()
        Batch.objects.update(lease_until=now() - timedelta(seconds=1))
        second = states.claim(batch.pk, "w2")
        states.record(second, UNKNOWN)

        states.record(first, no_effect(code="InvalidTimeStamp.Expired"))

        assert fresh(batch).state == S.UNSURE
        assert list(batch.attempts.values_list("outcome", flat=True)) == [Outcome.NO_EFFECT, Outcome.UNKNOWN]

    def test_A14_late_news_that_nothing_was_sent_cancels_an_unknown_batch(self):
        batch, attempt = claimed()
        Batch.objects.update(state=S.UNKNOWN)

        states.record(attempt, Answer(outcome=Outcome.NOT_SENT))

        assert fresh(batch).state == S.CANCELLED
        assert batch.targets.get().reason == "never-sent"

    def test_a_batch_to_be_stopped_that_had_no_effect_is_cancelled(self):
        batch, attempt = claimed()
        Batch.objects.update(stop_requested_at=now())

        states.record(attempt, no_effect())

        assert fresh(batch).state == S.CANCELLED

    def test_A85_a_batch_in_doubt_that_was_to_be_stopped_stays_in_doubt(self):
        batch, attempt = claimed()
        Batch.objects.update(stop_requested_at=now())

        states.record(attempt, UNKNOWN)

        Batch.objects.update(next_attempt_at=now())
        assert fresh(batch).state == S.UNSURE
        assert states.claim(batch.pk, "w1") is None

    def test_A73_a_token_known_with_other_parameters_is_never_sent_again(self):
        batch, attempt = claimed()

        states.record(attempt, Answer(outcome=Outcome.UNKNOWN, is_alarm=True, code="IdempotentParameterMismatch"))

        Batch.objects.update(next_attempt_at=now())
        assert states.claim(batch.pk, "w1") is None
        assert Alarm.objects.get().kind == Alarm.Kind.PARAMETERS


class TestSplit:
    def test_A58_the_unfit_leave_and_the_rest_goes_on_with_a_token_of_its_own(self):
        batch, attempt = claimed("i-1", "i-2", "i-3")

        states.record(attempt, Answer(outcome=Outcome.REJECTED, splits=True, unfit={"i-2": "stopped"}))

        child = batch.children.get()
        assert fresh(batch).state == S.REJECTED
        assert (child.state, child.size, child.seq) == (S.QUEUED, 2, batch.seq + 1)
        assert child.client_token != batch.client_token
        assert json.loads(child.request)["instance_ids"] == ["i-1", "i-3"]
        assert ["console-batch", str(child.pk)] in json.loads(child.request)["tags"]
        assert target_states(batch) == {"i-1": "waiting", "i-2": "skipped", "i-3": "waiting"}
        assert set(child.targets.values_list("instance_id", flat=True)) == {"i-1", "i-3"}

    def test_A59_where_nobody_is_found_unfit_it_is_halved(self):
        batch, attempt = claimed("i-1", "i-2", "i-3")

        states.record(attempt, Answer(outcome=Outcome.REJECTED, splits=True, unfit={}))

        assert [child.size for child in batch.children.order_by("part")] == [2, 1]

    def test_A59_a_single_rejected_instance_is_skipped_with_the_clouds_code(self):
        batch, attempt = claimed("i-1")

        states.record(attempt, Answer(outcome=Outcome.REJECTED, splits=True, unfit={}, code="InvalidInstance.NotMatch"))

        target = batch.targets.get()
        assert (target.state, target.error_code) == (TargetState.SKIPPED, "InvalidInstance.NotMatch")
        assert not batch.children.exists()

    def test_A58_when_all_are_unfit_there_is_no_child_and_the_run_ends(self):
        batch, attempt = claimed("i-1", "i-2")

        states.record(
            attempt, Answer(outcome=Outcome.REJECTED, splits=True, unfit={"i-1": "stopped", "i-2": "released"})
        )

        assert not batch.children.exists()
        batch.invocation.refresh_from_db()
        assert (batch.invocation.state, batch.invocation.finished) == ("failed", 2)

    def test_a_split_after_stop_makes_no_child(self):
        batch, attempt = claimed("i-1", "i-2")
        Batch.objects.update(stop_requested_at=now())

        states.record(attempt, Answer(outcome=Outcome.REJECTED, splits=True, unfit={"i-1": "stopped"}))

        assert not batch.children.exists()
        assert target_states(batch) == {"i-1": "skipped", "i-2": "cancelled"}

    def test_A20_a_rejection_handled_twice_makes_one_child(self):
        batch, attempt = claimed("i-1", "i-2")
        answer = Answer(outcome=Outcome.REJECTED, splits=True, unfit={"i-1": "stopped"})

        states.record(attempt, answer)
        states.record(attempt, answer)

        assert batch.children.count() == 1

    def test_without_a_finished_look_up_a_rejection_splits_nothing(self):
        batch, attempt = claimed("i-1", "i-2")

        states.record(attempt, Answer(outcome=Outcome.REJECTED, splits=True))

        assert fresh(batch).state == S.QUEUED
        assert not batch.children.exists()


class TestRefuse:
    def test_a_wrong_request_skips_every_target_with_code_and_message(self):
        batch, attempt = claimed("i-1", "i-2")

        states.record(attempt, Answer(outcome=Outcome.REJECTED, code="Parameter.NotMatched", message="no"))

        assert fresh(batch).state == S.REJECTED
        assert set(batch.targets.values_list("state", "error_code", "error_info")) == {
            ("skipped", "Parameter.NotMatched", "no")
        }

    def test_C24_whoever_may_no_longer_run_sends_nothing(self):
        batch, attempt = claimed()

        states.record(attempt, Answer(outcome=Outcome.NOT_SENT, skip="not-permitted"))

        assert fresh(batch).state == S.REJECTED
        assert batch.targets.get().reason == "not-permitted"


class TestEnds:
    def test_giving_up_needs_a_look_up_that_began_after_everything_had_settled(self, settings):
        settings.TOKEN_WINDOW = 0
        batch = batch_of("i-1", unsure=True)
        attempt = AttemptFactory(batch=batch, outcome=Outcome.UNKNOWN)
        settled = attempt.send_by + timedelta(seconds=settings.REQUEST_LIFE + settings.LOOKUP_SETTLE)

        assert not states.give_up(batch, settled)
        assert states.give_up(batch, settled + timedelta(seconds=1))

        assert fresh(batch).state == S.UNKNOWN
        assert batch.targets.get().state == TargetState.UNKNOWN

    def test_a_batch_that_may_still_be_sent_is_not_given_up(self, settings):
        settings.TOKEN_WINDOW = 10**6
        batch = batch_of("i-1", unsure=True)
        AttemptFactory(batch=batch, outcome=Outcome.UNKNOWN)

        assert not states.give_up(batch, now() + timedelta(days=1))

    def test_T11_what_was_not_sent_in_time_is_cancelled(self):
        batch = batch_of("i-1", send_deadline=now() - timedelta(seconds=1))

        states.expire(batch)

        assert fresh(batch).state == S.CANCELLED
        assert batch.targets.get().reason == "not-in-time"

    def test_secrets_leave_the_database_with_the_end_of_the_batch(self):
        batch, attempt = claimed(secrets=b"sealed")

        states.record(attempt, Answer(outcome=Outcome.REJECTED, code="x"))

        assert fresh(batch).secrets is None


def _legal(old: str, new: str) -> bool:
    return new in states.MOVES.get(old, ())


@pytest.mark.parametrize(("old", "new"), [pair for pair in itertools.product(S.values, S.values) if not _legal(*pair)])
def test_an_illegal_move_is_refused_and_changes_nothing(old, new):
    needs = {"invoke_id": "t-9"} if old in (S.ACCEPTED, S.FINISHED) else {}
    batch = BatchFactory(state=old, lease_until=now(), **needs)

    with pytest.raises(states.IllegalMove):
        states._decide(batch, new)

    assert fresh(batch).state == old


def test_a_decision_on_an_old_reading_finds_no_row():
    batch = batch_of("i-1")
    stale = fresh(batch)
    Batch.objects.update(epoch=1)

    assert not states.cancel(stale, reason="stopped")

    assert fresh(batch).state == S.QUEUED


def test_halves_differ_by_one_at_most():
    assert children.halves(["a", "b", "c"]) == [["a", "b"], ["c"]]
