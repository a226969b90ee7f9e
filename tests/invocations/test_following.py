"""What a record of the cloud does to a target, and what its silence does."""

from datetime import timedelta

import pytest

from cloud.invocations import InvocationInstance
from invocations import following
from invocations.models import Batch, Invocation, TargetState
from tests.factories import TargetFactory, now


def record(status: str, **more) -> InvocationInstance:
    values = {
        "instance_id": "i-1",
        "exit_code": None,
        "error_code": "",
        "error_info": "",
        "output": b"",
        "dropped": 0,
        "repeats": 0,
        "started_at": None,
        "finished_at": None,
        "stopped_at": None,
    }
    return InvocationInstance(status=status, **{**values, **more})


def target(state: str, **more):
    return TargetFactory.build(batch=None, invocation=None, kind="ecs", instance_id="i-1", state=state, **more)


@pytest.mark.parametrize(
    ("known", "told", "shown"),
    [
        ("waiting", "Pending", "pending"),
        ("pending", "Running", "running"),
        ("running", "Success", "success"),
        ("running", "Terminated", "stopped"),
        ("stopping", "Cancelled", "cancelled"),
        ("pending", "Aborted", "aborted"),
        ("unknown", "Success", "success"),
        ("unfollowed", "Failed", "failed"),
    ],
)
def test_states_move_forward_by_the_clouds_word(known, told, shown):
    row = target(known)

    assert following.advance(row, record(told), now())

    assert row.state == shown


@pytest.mark.parametrize(
    ("known", "told"),
    [
        ("running", "Pending"),
        ("success", "Running"),
        ("stopping", "Running"),
        ("failed", "Success"),
        ("unknown", "Running"),
    ],
)
def test_A67_an_older_word_after_a_newer_one_is_ignored(known, told):
    row = target(known)

    assert not following.advance(row, record(told), now())

    assert row.state == known


def test_an_end_gives_way_to_an_end_that_came_later():
    row = target("success", finished_at=now())

    assert following.advance(row, record("Failed", finished_at=now() + timedelta(seconds=9), exit_code=3), now())

    assert (row.state, row.exit_code) == ("failed", 3)


def test_A68_a_word_nobody_knows_is_shown_as_it_is_and_stays_open():
    row = target("running")

    assert following.advance(row, record("Frobnicating"), now())

    assert row.state == "frobnicating"
    assert row.state not in following.REST


def test_A68_odd_times_give_no_duration():
    row = target("running")

    following.advance(row, record("Success", started_at=now(), finished_at=now() - timedelta(seconds=5)), now())

    assert row.seconds is None


@pytest.mark.parametrize(("status", "told", "kept"), [("Error", 0, None), ("Stopped", 0, None), ("Timeout", 1, 1)])
def test_A69_zero_is_an_exit_code_only_of_what_succeeded(status, told, kept):
    row = target("running")

    following.advance(row, record(status, finished_at=now(), exit_code=told), now())

    assert row.exit_code == kept


def test_A69_the_exit_code_of_what_still_runs_is_not_believed():
    row = target("pending")

    following.advance(row, record("Running", exit_code=0), now())

    assert row.exit_code is None


def test_the_same_word_again_changes_nothing():
    row = target("running")

    assert not following.advance(row, record("Running"), now())


def missing(state="running", *, records=(), is_listed=True, age=0.0, quiet=None, timeout=60):
    moment = now()
    batch = Batch(invocation=Invocation(timeout=timeout), accepted_at=moment - timedelta(seconds=age))
    rows = [target(state, changed_at=moment)]
    if quiet is not None:
        rows.append(target("success", changed_at=moment - timedelta(seconds=quiet)))
        rows[-1].instance_id = "i-2"
    listed = {instance_id: record("Success", instance_id=instance_id) for instance_id in records}
    return [(row.state, row.reason) for row in following.missing(batch, rows, listed, is_listed, moment)]


def test_A62_a_silent_agent_is_not_ended_by_our_own_clock():
    assert missing(records=["i-1"], age=60 + 3600) == []


def test_A62_a_day_after_its_time_out_a_silent_target_is_no_longer_followed():
    assert missing(records=["i-1"], age=60 + 86400 + 1) == [(TargetState.UNFOLLOWED, "unfollowed")]


def test_A63_a_target_without_a_record_ends_unknown_some_minutes_after_the_others():
    assert missing(records=["i-2"], quiet=299, age=400) == []
    assert missing(records=["i-2"], quiet=301, age=400) == [(TargetState.UNKNOWN, "no-record")]


def test_A64_an_invocation_that_is_not_listed_is_given_two_minutes():
    assert missing(is_listed=False, age=119) == []
    assert missing(is_listed=False, age=121) == [(TargetState.UNKNOWN, "vanished")]
