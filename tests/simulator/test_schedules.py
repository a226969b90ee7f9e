"""When periodic runs are due, and what becomes of them."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from simulator import schedules
from simulator.cron import Unusable
from tests.simulated_cloud import SimulatedCloud
from tests.simulator.plain_http import Api, output_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
# A Tuesday
BEGIN = datetime(2026, 11, 24, 10, 0, 0, tzinfo=SHANGHAI)


def due(expression: str, count: int = 3, begin: datetime = BEGIN, zone: str = "Asia/Shanghai") -> list[str]:
    """The first times after `begin`, as clocks show them in `zone`."""
    schedule = schedules.parse(expression, begins_at=begin.timestamp(), machine_zone=zone)
    found: list[str] = []
    moment = schedule.after(begin.timestamp())
    while moment is not None and len(found) < count:
        found.append(datetime.fromtimestamp(moment, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S"))
        moment = schedule.after(moment)
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # every so often, beginning one interval after the invocation
        ("rate(5m)", ["2026-11-24 10:05:00", "2026-11-24 10:10:00", "2026-11-24 10:15:00"]),
        ("rate(7d)", ["2026-12-01 10:00:00", "2026-12-08 10:00:00", "2026-12-15 10:00:00"]),
        # once
        ("at(2026-12-24 18:00:00 Asia/Shanghai)", ["2026-12-24 18:00:00"]),
        ("at(2026-12-24 18:00:00)", ["2026-12-25 02:00:00"]),
        ("at(2026-12-24 18:00:00 GMT+9:30)", ["2026-12-24 16:30:00"]),
        ("at(2026-11-24 01:00:00 Asia/Shanghai)", []),
        # plain fields
        ("0 30 9 * * ?", ["2026-11-25 09:30:00", "2026-11-26 09:30:00", "2026-11-27 09:30:00"]),
        ("0 0/20 * * * ? *", ["2026-11-24 10:20:00", "2026-11-24 10:40:00", "2026-11-24 11:00:00"]),
        ("0 */20 10-11 * * ?", ["2026-11-24 10:20:00", "2026-11-24 10:40:00", "2026-11-24 11:00:00"]),
        ("15,45 0 12 * * ?", ["2026-11-24 12:00:15", "2026-11-24 12:00:45", "2026-11-25 12:00:15"]),
        ("0 05 08 01 01 ? 2027-2028", ["2027-01-01 08:05:00", "2028-01-01 08:05:00"]),
        ("0 0 0 29 2 ?", ["2028-02-29 00:00:00", "2032-02-29 00:00:00", "2036-02-29 00:00:00"]),
        ("0 0 0 31 * ?", ["2026-12-31 00:00:00", "2027-01-31 00:00:00", "2027-03-31 00:00:00"]),
        # days of the week count from Monday = 1
        ("0 0 9 ? * 1", ["2026-11-30 09:00:00", "2026-12-07 09:00:00", "2026-12-14 09:00:00"]),
        ("0 0 9 ? * 7", ["2026-11-29 09:00:00", "2026-12-06 09:00:00", "2026-12-13 09:00:00"]),
        ("0 0 9 ? * MON-FRI", ["2026-11-25 09:00:00", "2026-11-26 09:00:00", "2026-11-27 09:00:00"]),
        ("0 0 9 ? * sat,SUN", ["2026-11-28 09:00:00", "2026-11-29 09:00:00", "2026-12-05 09:00:00"]),
        ("0 0 9 ? * 6#3", ["2026-12-19 09:00:00", "2027-01-16 09:00:00", "2027-02-20 09:00:00"]),
        ("0 0 9 ? * MON#5", ["2026-11-30 09:00:00", "2027-03-29 09:00:00", "2027-05-31 09:00:00"]),
        ("0 0 9 ? * 5L", ["2026-11-27 09:00:00", "2026-12-25 09:00:00", "2027-01-29 09:00:00"]),
        ("0 0 9 ? * L", ["2026-11-29 09:00:00", "2026-12-06 09:00:00", "2026-12-13 09:00:00"]),
        # special days of the month
        ("0 0 9 L * ?", ["2026-11-30 09:00:00", "2026-12-31 09:00:00", "2027-01-31 09:00:00"]),
        ("0 0 9 15W * ?", ["2026-12-15 09:00:00", "2027-01-15 09:00:00", "2027-02-15 09:00:00"]),
        ("0 0 9 1W 8 ?", ["2027-08-02 09:00:00", "2028-08-01 09:00:00", "2029-08-01 09:00:00"]),
        ("0 0 9 31W 10 ?", ["2027-10-29 09:00:00", "2028-10-31 09:00:00", "2029-10-31 09:00:00"]),
        ("0 0 9 LW * ?", ["2026-11-30 09:00:00", "2026-12-31 09:00:00", "2027-01-29 09:00:00"]),
        ("0 0 9 1-5,20 DEC ?", ["2026-12-01 09:00:00", "2026-12-02 09:00:00", "2026-12-03 09:00:00"]),
        # zones
        ("0 0 12 * * ? UTC", ["2026-11-24 20:00:00", "2026-11-25 20:00:00", "2026-11-26 20:00:00"]),
        ("0 0 12 * * ? 2027 GMT-3:30", ["2027-01-01 23:30:00", "2027-01-02 23:30:00", "2027-01-03 23:30:00"]),
        ("0 0 12 * * ? America/New_York", ["2026-11-25 01:00:00", "2026-11-26 01:00:00", "2026-11-27 01:00:00"]),
        # over before it began
        ("0 0 12 * * ? 2025", []),
    ],
)
def test_A89_times_due(expression: str, expected: list[str]) -> None:
    assert due(expression) == expected


def test_A93_an_old_agent_cannot_keep_a_schedule(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.event("agent_version", instance_id=linux[0], version="2.2.3.281")

    invoke_id = api.invoke(api.command(), linux[:2], Frequency="rate(5m)")

    rows = api.when(
        lambda: api.targets(invoke_id, Timed=True),
        lambda rows: {row["InvocationStatus"] for row in rows.values()} == {"Invalid", "Scheduled"},
    )
    assert rows[linux[0]]["ErrorCode"] == "ClientNeedUpgrade"


def test_A89_a_time_that_the_clock_skips_is_left_out_and_a_double_one_comes_once() -> None:
    spring = datetime(2027, 3, 13, 12, 0, tzinfo=ZoneInfo("America/New_York"))
    autumn = datetime(2027, 11, 6, 12, 0, tzinfo=ZoneInfo("America/New_York"))

    skipped = due("0 30 2 * * ? America/New_York", 2, spring, "America/New_York")
    doubled = due("0 30 1 * * ? America/New_York", 2, autumn, "America/New_York")

    assert skipped == ["2027-03-15 02:30:00", "2027-03-16 02:30:00"]
    assert doubled == ["2027-11-07 01:30:00", "2027-11-08 01:30:00"]


def test_without_a_zone_the_machines_own_counts() -> None:
    assert due("0 0 9 * * ?", 1, zone="Asia/Singapore") == ["2026-11-25 09:00:00"]
    there = schedules.parse("0 0 9 * * ?", begins_at=0, machine_zone="Europe/Berlin").after(BEGIN.timestamp())
    assert datetime.fromtimestamp(there or 0, UTC).hour == 8


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "rate()",
        "rate(5)",
        "rate(-5m)",
        "rate(5w)",
        "rate(59s)",
        "at(tomorrow)",
        "at(2026-13-01 00:00:00)",
        "at(2026-12-01 00:00:00 CST)",
        "* * * * *",
        "0 0 9 * *",
        "60 0 9 * * ?",
        "0 60 9 * * ?",
        "0 0 24 * * ?",
        "0 0 9 32 * ?",
        "0 0 9 * 13 ?",
        "0 0 9 ? * 0",
        "0 0 9 ? * 8",
        "0 0 9 ? * FRO",
        "0 0 9 ? * 6#6",
        "0 000 9 * * ?",
        "0 0 9 * * ? 2100",
        "0 0 9 * * ? 1969",
        "0 0 9 * * ? Mars/Olympus",
        "0 0 9 * * ? America/Argentina",
        "0 0 9 * * ? ../etc/passwd",
        "0 0 9 * * ? GMT+08:00",
        "0 0 9 * * ? GMT+14:60",
        "0 0 9 * * ? GMT-13:00",
        "0 0 9 * * ? * UTC more",
        "0 5-1 9 * * ?",
        "0 */0 9 * * ?",
        "0 ,5 9 * * ?",
        "0/5 * * * * ?",
        "0,5 0 9 * * ?",
    ],
)
def test_what_cannot_be_a_schedule_is_refused_at_once(api: Api, linux: list[str], expression: str) -> None:
    with pytest.raises(Unusable):
        schedules.check(expression, begins_at=BEGIN.timestamp(), timeout=60)
    if expression:
        reply = api("InvokeCommand", CommandId=api.command(), InstanceId=linux, Frequency=expression)
        assert (reply.status, reply.code) == (400, "InvalidParam.Frequency")


@pytest.mark.parametrize("expression", ["rate(10m)", "0 */10 * * * ?"])
def test_rounds_may_not_follow_one_another_within_the_timeout(expression: str) -> None:
    schedules.check(expression, begins_at=BEGIN.timestamp(), timeout=599)
    with pytest.raises(Unusable):
        schedules.check(expression, begins_at=BEGIN.timestamp(), timeout=601)


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("rate(8d)", "RateFrequencyTooLarge"),
        ("at(2020-01-01 00:00:00)", "AtExpressionExpired"),
        ("0 0 9 * * ? 2020", "CronExpressionExpired"),
    ],
)
def test_what_is_never_due_is_accepted_and_invalid_on_each_target(
    api: Api, linux: list[str], expression: str, code: str
) -> None:
    invoke_id = api.invoke(api.command(), linux[:1], Frequency=expression)

    target = api.when(lambda: api.targets(invoke_id), bool)[linux[0]]

    assert (target["InvocationStatus"], target["ErrorCode"]) == ("Invalid", code)


def scheduled(api: Api, invoke_id: str, repeats: int) -> dict[str, dict[str, Any]]:
    """Its targets, once they have run so often and wait again."""
    return api.when(
        lambda: api.targets(invoke_id, Timed=True),
        lambda rows: (
            bool(rows)
            and all((row["InvocationStatus"], row["Repeats"]) == ("Scheduled", repeats) for row in rows.values())
        ),
    )


def test_a_rate_runs_round_after_round_until_it_is_stopped(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    invoke_id = api.invoke(api.command("date"), linux[:2], Frequency="rate(5m)")
    scheduled(api, invoke_id, 0)
    assert cloud.journal.executions() == []

    for repeats in (1, 2, 3):
        cloud.advance(300)
        rows = scheduled(api, invoke_id, repeats)
    assert {row["ExitCode"] for row in rows.values()} == {0}
    executions = cloud.journal.executions()
    assert len(executions) == 6
    starts = [ran.started for ran in executions if ran.instance_id == linux[0]]
    assert all(299 <= (later - earlier).total_seconds() <= 301 for earlier, later in pairwise(starts))

    api("StopInvocation", InvokeId=invoke_id)
    cloud.advance(3000)

    assert {row["InvocationStatus"] for row in api.ended(invoke_id).values()} == {"Cancelled"}
    assert len(cloud.journal.executions()) == 6


def test_what_is_scheduled_is_hidden_from_those_who_do_not_ask_for_it(api: Api, linux: list[str]) -> None:
    once = api.invoke(api.command(), linux[:1])
    timed = api.invoke(api.command(), linux[:1], Frequency="rate(5m)", Tag={"run": "1"})
    scheduled(api, timed, 0)

    def listed(**filters: Any) -> list[str]:
        return [row["InvokeId"] for row in api("DescribeInvocations", **filters).body["Invocations"]["Invocation"]]

    assert (listed(), listed(Timed=True)) == ([once], [timed])
    assert (listed(InvokeId=timed), listed(Tag={"run": "1"})) == ([], [])
    assert listed(Tag={"run": "1"}, Timed="true") == [timed]

    api("StopInvocation", InvokeId=timed)

    assert listed(Timed=True) == []
    assert listed() == [timed, once]


def test_all_rounds_are_in_the_history(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    invoke_id = api.invoke(
        api.command("echo x >> /root/log; wc -l < /root/log"), linux[:1], Frequency="rate(1m)", Timeout=10
    )
    for repeats in (1, 2, 3):
        scheduled(api, invoke_id, repeats - 1)
        cloud.advance(60)
    scheduled(api, invoke_id, 3)

    history = api.results(invoke_id, IncludeHistory="true")

    assert [(row["Repeats"], output_of(row).strip()) for row in history] == [(3, "3"), (2, "2"), (1, "1")]
    assert [output_of(row).strip() for row in api.results(invoke_id)] == ["3"]
    once = api.invoke(api.command(), linux[:1])
    assert api("DescribeInvocationResults", InvokeId=once, IncludeHistory="true").code == "InvalidParameter"


def test_a_single_time_runs_once_and_is_over(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    moment = datetime.fromtimestamp(datetime.now(UTC).timestamp() + 600, UTC).strftime("%Y-%m-%d %H:%M:%S")
    invoke_id = api.invoke(api.command(), linux[:1], Frequency=f"at({moment} UTC)")
    scheduled(api, invoke_id, 0)

    cloud.advance(600)

    target = api.when(lambda: api.targets(invoke_id), bool)[linux[0]]
    assert (target["InvocationStatus"], target["Repeats"]) == ("Success", 1)
    cloud.advance(24 * 3600)
    assert len(cloud.journal.executions()) == 1


def test_a_frequency_makes_a_run_periodic_whatever_the_mode_says(api: Api, linux: list[str]) -> None:
    invoke_id = api.invoke(api.command(), linux[:1], Frequency="rate(5m)", RepeatMode="Once")

    (row,) = api("DescribeInvocations", InvokeId=invoke_id, Timed=True).body["Invocations"]["Invocation"]

    assert (row["RepeatMode"], row["Timed"], row["Frequency"]) == ("Period", True, "rate(5m)")


def test_a_failed_round_does_not_end_the_schedule(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    invoke_id = api.invoke(api.command("exit 3"), linux[:1], Frequency="rate(5m)")
    scheduled(api, invoke_id, 0)

    cloud.advance(300)

    assert scheduled(api, invoke_id, 1)[linux[0]]["ExitCode"] == 3


def test_the_next_boot_is_waited_for_once(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    invoke_id = api.invoke(api.command(), linux[:1], RepeatMode="NextRebootOnly")
    scheduled(api, invoke_id, 0)

    cloud.reboot_instance(linux[0])
    target = api.when(lambda: api.targets(invoke_id), bool)[linux[0]]
    cloud.reboot_instance(linux[0])
    cloud.advance(3600)

    assert (target["InvocationStatus"], target["Repeats"]) == ("Success", 1)
    assert len(cloud.journal.executions()) == 1


def test_every_boot_runs_until_it_is_stopped(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    invoke_id = api.invoke(api.command(), linux[:1], RepeatMode="EveryReboot")
    for repeats in (1, 2):
        scheduled(api, invoke_id, repeats - 1)
        cloud.reboot_instance(linux[0])
    scheduled(api, invoke_id, 2)

    api("StopInvocation", InvokeId=invoke_id)
    cloud.reboot_instance(linux[0])
    cloud.advance(3600)

    assert api.ended(invoke_id)[linux[0]]["InvocationStatus"] == "Cancelled"
    assert len(cloud.journal.executions()) == 2


def test_a_boot_that_never_comes_ends_with_the_instance(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    invoke_id = api.invoke(api.command(), linux[:1], RepeatMode="NextRebootOnly")
    scheduled(api, invoke_id, 0)

    cloud.release_instance(linux[0])

    target = api.when(lambda: api.targets(invoke_id), bool)[linux[0]]
    assert (target["InvocationStatus"], target["ErrorCode"]) == ("Aborted", "InstanceNotExists")
