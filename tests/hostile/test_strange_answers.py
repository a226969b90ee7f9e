"""A cloud that answers what no column holds: the run still ends, and nobody else waits for it."""

import json

import pytest

import cloud.invocations as gateway
from cloud.answers import LONGEST_CODE, count, exit_code, text
from invocations.models import BatchState, Execution
from invocations.schedules import executions
from invocations.schedules.cron import Unreadable
from invocations.schedules.frequency import read
from tests.factories import HANGZHOU, InvocationFactory, TargetFactory
from tests.invocations.conftest import chosen, ran, saved_command, submitted  # noqa: F401  # fixtures

pytestmark = pytest.mark.django_db(transaction=True)

NONSENSE = {
    "ExitCode": 3221225786,
    "Repeats": 10**12,
    "Dropped": -5,
    "ErrorCode": "Odd\x00" * 100,
    "ErrorInfo": "NUL \x00 and half a character \ud800",
    "InvocationStatus": "Failed",
}


@pytest.fixture
def bent(monkeypatch):
    """Each target's record, and each result, is nonsense."""
    every_row = gateway.every_row

    def rows(*arguments, **more):
        for row in every_row(*arguments, **more):
            listed = row.get("InvokeInstances", {}).get("InvokeInstance", [row])
            for one in listed:
                one |= NONSENSE
            yield row

    monkeypatch.setattr(gateway, "every_row", rows)


def test_numbers_and_texts_that_no_column_holds_end_the_run_all_the_same(submitted, bent, work_until_quiet):  # noqa: F811
    run = submitted(targets=1)

    work_until_quiet()

    target = run.targets.get()
    assert (target.state, target.exit_code) == ("failed", -1073741510)
    assert target.error_code.startswith("Odd\ufffd")
    assert len(target.error_code) == LONGEST_CODE
    assert target.error_info == "NUL \ufffd and half a character \ufffd"
    assert run.batches.get().state == BatchState.FINISHED


def test_a_refusal_with_a_message_that_no_column_holds_is_kept(submitted, simulator, work_until_quiet, monkeypatch):  # noqa: F811
    from cloud import classify

    run, api_error = submitted(targets=1), classify._api_error

    def bent_error(failure):
        if isinstance(failure.data, dict):
            failure.data |= {"Code": "InvalidParam." + "x\x00" * 200, "Message": "a NUL: \x00"}
        return api_error(failure)

    monkeypatch.setattr(classify, "_api_error", bent_error)
    simulator.fault("InvokeCommand", "reject", code="InvalidParam", times=1)

    work_until_quiet()

    target = run.targets.get()
    assert (target.state, target.error_info) == ("skipped", "a NUL: \ufffd")


@pytest.mark.parametrize(
    ("given", "shown"),
    [(0, 0), (-1, -1), ("137", 137), (2**31, -(2**31)), (2**32 - 1, -1), (2**32, None), (-(2**31) - 1, None)],
)
def test_an_exit_code_has_a_sign_as_windows_shows_it(given, shown):
    assert exit_code({"ExitCode": given}, "ExitCode") == shown


def test_counts_and_texts_fit_into_their_columns():
    row = json.loads('{"n": 99999999999, "less": -1, "text": "\\u0000\\ud800"}')

    assert (count(row, "n"), count(row, "less"), count(row, "none")) == (2**31 - 1, 0, 0)
    assert text(row, "text") == "\ufffd\ufffd"


def test_a_schedule_that_claims_endless_executions_fills_neither_memory_nor_table(monkeypatch):
    run = InvocationFactory(region=HANGZHOU)
    target = TargetFactory(invocation=run, repeats=2**31 - 1)

    missing = executions._missing([target])

    assert max(missing[target.pk]) == 2**31 - 1
    assert len(missing[target.pk]) == executions.MISSED
    assert not Execution.objects.exists()


@pytest.mark.parametrize(
    "text",
    [
        "rate(0m)",
        "rate(999999999d)",
        "at(0001-01-01 00:00:00 Asia/Shanghai)",
        "at(9999-12-31 23:59:59 GMT-12:00)",
        "at(2026-02-30 00:00:00)",
        "at(2026-12-24 18:00:00 ../../etc/passwd)",
        "0 0 0 ? * ? 2099 America/",
    ],
)
def test_a_frequency_from_elsewhere_that_comes_to_no_time_is_unreadable(text):
    with pytest.raises(Unreadable):
        read(text)
