"""The control path: who may use it, and what it does."""

import json
import urllib.error
from pathlib import Path
from typing import Any

import pytest

from simulator.faults import AFTER, AROUND, BEFORE, BENT, EITHER, EVENTS, RULES, Kind
from tests.simulated_cloud import SimulatedCloud
from tests.simulator.plain_http import Api

PATH = "/_simulator/clock"


def test_C60_without_a_token_there_is_no_control_path(tmp_path: Path) -> None:
    cloud = SimulatedCloud.start(tmp_path, token="")
    try:
        api = Api(cloud.port, *cloud.access_key)
        for path in ("clock", "journal?kind=calls", "reset", "faults"):
            assert api.send("POST", f"/_simulator/{path}", {"Authorization": "Bearer "}, b"{}").status == 404
        assert api("DescribeRegions").status == 200
    finally:
        cloud.close()


@pytest.mark.parametrize(
    "token", ["", "Bearer", "Bearer wrong", "Basic test-control-token", "Bearer test-control-token "[:-3]]
)
def test_C60_a_wrong_token_is_refused(api: Api, token: str) -> None:
    assert api.send("GET", PATH, {"Authorization": token}, b"").status == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://127.0.0.1:8000"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Host": "10.0.0.1:9001"},
        {"Host": ""},
    ],
)
def test_C60_browsers_and_other_hosts_are_refused(api: Api, cloud: SimulatedCloud, headers: dict[str, str]) -> None:
    reply = api.send("GET", PATH, {"Authorization": f"Bearer {cloud.token}", **headers}, b"")

    assert reply.status == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:80", "[::1]:9001", "127.0.0.2:1"])
def test_loopback_hosts_are_served(api: Api, cloud: SimulatedCloud, host: str) -> None:
    assert api.send("GET", PATH, {"Authorization": f"Bearer {cloud.token}", "Host": host}, b"").status == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {}),
        ("faults", {"kind": "earthquake"}),
        ("faults", {"kind": "stop"}),
        ("faults", {"kind": "stop", "instance_id": "i-unknown"}),
        ("faults", {"kind": "quota", "region": "cn-hangzhou", "n": "many"}),
        ("faults", {"kind": "modify_command", "region": "cn-hangzhou", "command_id": "c-unknown"}),
        ("faults", []),
        ("faults", {"kind": "throttle", "time": 1}),
        ("faults", {"kind": "throttle", "operation": "InvokeComand"}),
        ("faults", {"kind": "throttle", "times": "once"}),
        ("faults", {"kind": "token_window"}),
        ("faults", {"kind": "rows", "change": "dupilcate"}),
        ("faults", {"kind": "status", "when": "later"}),
        ("faults", {"kind": "dedup", "times": 1}),
        ("clock", {}),
        ("clock", {"offset": "soon"}),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(cloud: SimulatedCloud, path: str, body: Any) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        cloud.request("POST", path, body)

    assert refused.value.code == 400


def test_the_journal_asks_for_its_kind(cloud: SimulatedCloud) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        cloud.request("GET", "journal")

    assert refused.value.code == 400


def test_the_journal_of_calls_has_these_fields_and_no_others(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    command_id = api.command()
    invoke_id = api.invoke(command_id, linux, ClientToken="t-1", Tag={"console-run": "7"})
    api("DescribeInstances", region="cn-atlantis")

    invoked, failed = [line for line in cloud.lines("journal?kind=calls") if line["operation"] != "CreateCommand"][-2:]

    assert invoked.pop("at")
    assert invoked == {
        "operation": "InvokeCommand",
        "region": "cn-hangzhou",
        "client_token": "t-1",
        "instance_ids": linux,
        "tags": {"console-run": "7"},
        "fault": "",
        "status": 200,
        "code": "",
        "invoke_id": invoke_id,
    }
    assert (failed["status"], failed["code"]) == (404, "InvalidRegionId.NotFound")


def test_the_journal_of_executions_has_these_fields_and_no_others(
    api: Api, cloud: SimulatedCloud, linux: list[str]
) -> None:
    api.ended(api.invoke(api.command(), linux[:1]))

    (line,) = cloud.lines("journal?kind=executions")

    assert list(line) == [
        "instance_id",
        "invoke_id",
        "username",
        "parameters",
        "content_sha256",
        "started",
        "finished",
        "exit_code",
    ]


def test_an_execution_is_written_when_it_starts(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.event("agent_dies_after_accept", instance_id=linux[0])
    invoke_id = api.invoke(api.command("sleep 100000"), linux[:1], Timeout=80000)
    api.when(lambda: api.targets(invoke_id), lambda rows: rows[linux[0]]["InvocationStatus"] == "Running")

    (ran,) = cloud.journal.executions()

    assert ran.started


def test_a_refused_signature_is_journaled_too(api: Api, cloud: SimulatedCloud) -> None:
    api.secret = "wrong"
    api("DescribeRegions")

    (call,) = cloud.journal.calls("DescribeRegions")

    assert (call.status, call.code) == (400, "SignatureDoesNotMatch")


def test_what_was_accepted_is_told_with_its_tags(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    invoke_id = api.invoke(api.command(), linux, **{"Tag.1.Key": "console-run", "Tag.1.Value": "7"})

    assert cloud.accepted() == {invoke_id: {"console-run": "7"}}


def test_a_reset_makes_everything_as_new(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    before = cloud.instances()
    command_id = api.command()
    api.invoke(command_id, linux, ClientToken="t")
    cloud.stop_instance(linux[0])
    cloud.release_instance(linux[1])
    cloud.fault("DescribeRegions", "throttle")
    cloud.rule("check_date")
    cloud.clock(10_000)

    cloud.reset()

    assert json.loads(cloud.request("GET", "clock"))["offset"] == 0
    assert cloud.instances() == before
    assert (cloud.journal.calls(), cloud.journal.executions(), json.loads(cloud.request("GET", "faults"))) == (
        [],
        [],
        [],
    )
    assert api("DescribeInvocations").body["TotalCount"] == 0
    assert api("DescribeCommands", CommandId=command_id).body["Commands"]["Command"] == []
    assert api("DescribeRegions").status == 200


def test_a_reset_stops_what_is_running(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    api.invoke(api.command(), linux)

    cloud.reset()

    assert cloud.journal.executions() == []


def test_files_on_the_machines_are_gone_after_a_reset(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    api.ended(api.invoke(api.command("touch /root/mark"), linux[:1]))

    cloud.reset()

    invoke_id = api.invoke(api.command("test -e /root/mark"), linux[:1])
    assert api.ended(invoke_id)[linux[0]]["ExitCode"] == 1


def test_the_clock_moves_and_is_read(cloud: SimulatedCloud) -> None:
    cloud.clock(100)
    cloud.advance(-30)

    assert json.loads(cloud.request("GET", "clock"))["offset"] == 70


def test_standing_faults_are_listed_counted_and_taken_back(api: Api, cloud: SimulatedCloud) -> None:
    number = cloud.fault("DescribeRegions", "throttle", times=2)
    api("DescribeRegions")

    (fault,) = json.loads(cloud.request("GET", "faults"))
    assert (fault["id"], fault["kind"], fault["seen"], fault["struck"]) == (number, "throttle", 1, 1)

    cloud.take_back(number)
    assert json.loads(cloud.request("GET", "faults")) == []
    with pytest.raises(urllib.error.HTTPError):
        cloud.take_back(number)


def test_every_kind_of_fault_is_in_one_group() -> None:
    groups = [BEFORE, set(EITHER), AFTER, AROUND, BENT, RULES, EVENTS]

    assert sum(map(len, groups)) == len(Kind) == len(set().union(*groups))
