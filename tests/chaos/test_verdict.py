"""The verdict finds what is wrong: evidence of a run that went well, spoilt in one place, breaks the one rule."""

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.chaos.evidence import Evidence, Form, Shown
from tests.chaos.verdict import verdict
from tests.simulated_cloud import JournalCall, JournalExecution

BATCH, TOKEN = "0" * 31 + "1", "token-1"
FORM = "0" * 31 + "f"
T0 = datetime(2026, 11, 30, 8, tzinfo=UTC)
TAGS = {"console-run": "1", "console-batch": BATCH, "console-id": "d"}
PARAMETERS = {"code": "0"}


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def send(**changed: object) -> JournalCall:
    call = JournalCall(
        operation="InvokeCommand",
        region="cn-hangzhou",
        client_token=TOKEN,
        instance_ids=["i-1", "i-2"],
        tags=TAGS,
        fault="",
        status=200,
        code="",
        invoke_id="t-1",
        at=at(2),
    )
    return replace(call, **changed)


def execution(instance_id: str) -> JournalExecution:
    return JournalExecution(
        instance_id=instance_id,
        invoke_id="t-1",
        username="root",
        parameters=PARAMETERS,
        content_sha256="sha",
        started=at(3),
        finished=at(4),
        exit_code=0,
    )


def target(number: int) -> dict[str, object]:
    return {
        "id": number,
        "invocation_id": 1,
        "batch_id": BATCH,
        "instance_id": f"i-{number}",
        "state": "success",
        "reason": "",
        "exit_code": 0,
        "stop_requested_at": None,
    }


@pytest.fixture
def seen() -> Evidence:
    """One run of two targets in one batch: sent once, accepted, and it ran."""
    run = {
        "id": 1,
        "state": "success",
        "counts": {"success": 2},
        "finished": 2,
        "total": 2,
        "content_sha256": "sha",
        "username": "",
        "parameters": PARAMETERS,
        "form_token": FORM,
        "stop_requested_at": None,
    }
    batch = {
        "batch": BATCH,
        "seq": 1,
        "invocation_id": 1,
        "state": "finished",
        "invoke_id": "t-1",
        "client_token": TOKEN,
        "accepted_at": at(2),
    }
    progress = {"state": "success", "total": "2", "finished": "2", "succeeded": "2", "timeout": "0", "skipped": "0"}
    return Evidence(
        calls=[send()],
        executions=[execution("i-1"), execution("i-2")],
        accepted={"t-1": TAGS},
        runs=[run],
        batches=[batch],
        attempts=[{"batch_id": BATCH, "n": 1, "outcome": "accepted", "started_at": at(1)}],
        targets=[target(1), target(2)],
        moves=[
            {"target": n, "instance_id": f"i-{n}", "old": old, "new": new, "at": at(4)}
            for n in (1, 2)
            for old, new in (("waiting", "pending"), ("pending", "success"))
        ],
        shown={1: Shown({**progress, "unknown": "0"}, "success")},
        forms=[Form(FORM, ("i-1", "i-2"), PARAMETERS)],
    )


def test_what_went_well_holds(seen: Evidence) -> None:
    assert verdict(seen) == []


def run_twice(seen: Evidence) -> None:
    seen.executions = [*seen.executions, execution("i-1")]


def two_invocations(seen: Evidence) -> None:
    seen.accepted = {"t-1": TAGS, "t-2": TAGS}


def an_invocation_nobody_knows_of(seen: Evidence) -> None:
    seen.batches[0].update(state="cancelled", invoke_id="")


def left_running(seen: Evidence) -> None:
    seen.targets[0]["state"] = "running"


def called_skipped(seen: Evidence) -> None:
    seen.targets[0]["state"] = "skipped"


def never_ran(seen: Evidence) -> None:
    seen.executions = seen.executions[1:]


def other_parameters(seen: Evidence) -> None:
    seen.executions = [replace(each, parameters={"code": "1"}) for each in seen.executions]


def counted_wrong(seen: Evidence) -> None:
    seen.runs[0]["counts"] = {"success": 1, "waiting": 1}


def shown_wrong(seen: Evidence) -> None:
    seen.shown = {1: replace(seen.shown[1], progress={**seen.shown[1].progress, "finished": "1"})}


def sent_without_an_attempt(seen: Evidence) -> None:
    seen.calls = [send(), send()]


def sent_before_its_attempt(seen: Evidence) -> None:
    seen.attempts[0]["started_at"] = at(3)


def sent_with_another_token(seen: Evidence) -> None:
    seen.calls = [send(client_token="token-2")]


def rewritten(seen: Evidence) -> None:
    seen.rewrites = [{"batch": BATCH, "at": at(2)}]


def sent_again_in_doubt(seen: Evidence) -> None:
    """The first batch's only attempt is in doubt, and a child goes out."""
    child = "0" * 31 + "2"
    seen.attempts[0]["outcome"] = "unknown"
    seen.batches = [*seen.batches, {**seen.batches[0], "batch": child, "client_token": "token-2", "invoke_id": "t-2"}]
    seen.calls = [*seen.calls, send(client_token="token-2", tags={**TAGS, "console-batch": child}, at=at(5))]


def sent_after_a_stop(seen: Evidence) -> None:
    seen.stops = [{"batch": BATCH, "at": at(0.5)}]


def never_told_to_stop(seen: Evidence) -> None:
    seen.stops = [{"batch": BATCH, "at": at(2)}]
    seen.moves = [{**move, "at": at(90)} for move in seen.moves]


def moved_back(seen: Evidence) -> None:
    seen.moves = [{"target": 1, "instance_id": "i-1", "old": "running", "new": "pending", "at": at(4)}]


def asked_for_nothing(seen: Evidence) -> None:
    seen.quiet = [send(operation="DescribeInvocations")]


def ended_otherwise(seen: Evidence) -> None:
    seen.targets[0].update(state="unknown")


def named_a_stranger(seen: Evidence) -> None:
    seen.calls = [send(instance_ids=["i-1", "i-2", "i-3"])]


def submitted_twice(seen: Evidence) -> None:
    seen.runs = [*seen.runs, {**copy.deepcopy(seen.runs[0]), "id": 2, "counts": {}, "finished": 0, "total": 0}]


def a_broken_page(seen: Evidence) -> None:
    seen.broken_pages = ["/ was answered with 500"]


def a_strange_exception(seen: Evidence) -> None:
    seen.complaints = ["worker-1: IllegalMove"]


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (run_twice, "INV-1"),
        (two_invocations, "INV-2"),
        (an_invocation_nobody_knows_of, "INV-2"),
        (left_running, "INV-3"),
        (called_skipped, "INV-4"),
        (never_ran, "INV-5"),
        (other_parameters, "INV-5"),
        (counted_wrong, "INV-6"),
        (shown_wrong, "INV-6"),
        (sent_without_an_attempt, "INV-7"),
        (sent_before_its_attempt, "INV-7"),
        (sent_with_another_token, "INV-8"),
        (rewritten, "INV-8"),
        (sent_again_in_doubt, "INV-9"),
        (sent_after_a_stop, "INV-10"),
        (never_told_to_stop, "INV-10"),
        (moved_back, "INV-11"),
        (asked_for_nothing, "INV-14"),
        (ended_otherwise, "INV-17"),
        (named_a_stranger, "INV-18"),
        (submitted_twice, "A02"),
        (a_broken_page, "PAGES"),
        (a_strange_exception, "LOGS"),
    ],
)
def test_what_is_wrong_is_found(seen: Evidence, spoil: Callable[[Evidence], None], rule: str) -> None:
    spoil(seen)

    assert rule in {violation.rule for violation in verdict(seen)}
