"""DescribeCloudAssistantStatus, InstallCloudAssistant, StartInstance, StartInstances."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.simulated_cloud import SimulatedCloud
from tests.simulator.plain_http import Api

HEARTBEAT = "%Y-%m-%dT%H:%M:%SZ"


@pytest.fixture
def status(api: Api) -> Callable[[str], dict[str, Any]]:
    def of(instance_id: str) -> dict[str, Any]:
        reply = api("DescribeCloudAssistantStatus", InstanceId=[instance_id])
        assert reply.status == 200, reply.body
        (row,) = reply.body["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"]
        return dict(row)

    return of


def power(api: Api, instance_id: str) -> str:
    (row,) = api("DescribeInstances", InstanceIds=json.dumps([instance_id])).body["Instances"]["Instance"]
    return str(row["Status"])


def test_an_agent_that_beats_is_online(status: Any, linux: list[str]) -> None:
    row = status(linux[0])

    assert row["CloudAssistantStatus"] == "true"
    assert row["CloudAssistantVersion"]
    age = datetime.now(UTC) - datetime.strptime(row["LastHeartbeatTime"], HEARTBEAT).replace(tzinfo=UTC)
    assert -2 < age.total_seconds() < 65
    assert (row["OSType"], row["ActiveTaskCount"], row["SupportSessionManager"]) == ("Linux", 0, True)


def test_an_instance_without_agent_has_neither_version_nor_heartbeat(status: Any, cloud: SimulatedCloud) -> None:
    row = status(cloud.instances("cn-hangzhou", agent="none")[0].instance_id)

    assert [row[name] for name in ("CloudAssistantStatus", "CloudAssistantVersion", "LastHeartbeatTime")] == [
        "false",
        "",
        "",
    ]


def test_a_silent_agent_has_a_heartbeat_in_the_past(status: Any, cloud: SimulatedCloud) -> None:
    row = status(cloud.instances("cn-hangzhou", agent="silent", status="Running")[0].instance_id)

    assert row["CloudAssistantStatus"] == "false"
    age = datetime.now(UTC) - datetime.strptime(row["LastHeartbeatTime"], HEARTBEAT).replace(tzinfo=UTC)
    assert age.total_seconds() > 3600


def test_a_fresh_stop_shows_after_two_minutes_only(status: Any, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.stop_instance(linux[0])
    assert status(linux[0])["CloudAssistantStatus"] == "true"

    cloud.advance(121)

    assert status(linux[0])["CloudAssistantStatus"] == "false"


def test_one_unknown_id_fails_the_whole_call(api: Api, linux: list[str]) -> None:
    reply = api("DescribeCloudAssistantStatus", InstanceId=[*linux, "i-unknown"])

    assert (reply.status, reply.code) == (404, "InvalidInstance.NotFound")
    assert "i-unknown" not in reply.body["Message"]


def test_an_instance_of_another_region_is_unknown(api: Api, linux: list[str]) -> None:
    assert api("DescribeCloudAssistantStatus", region="cn-beijing", InstanceId=linux[:1]).status == 404


def test_a_hundred_can_be_asked_for_at_once(api: Api, cloud: SimulatedCloud) -> None:
    ids = cloud.running_instances("cn-hangzhou", 101)

    rows = api("DescribeCloudAssistantStatus", InstanceId=ids[:100]).body["InstanceCloudAssistantStatusSet"]
    too_many = api("DescribeCloudAssistantStatus", InstanceId=ids)

    assert [row["InstanceId"] for row in rows["InstanceCloudAssistantStatus"]] == ids[:100]
    assert (too_many.status, too_many.code) == (403, "InstanceIds.ExceedLimit")


def test_without_ids_the_region_is_listed_by_os(api: Api) -> None:
    body = api("DescribeCloudAssistantStatus", MaxResults=50, OSType="Windows").body

    rows = body["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"]
    assert {row["OSType"] for row in rows} == {"Windows"}


def test_what_was_run_is_counted(api: Api, status: Any, linux: list[str]) -> None:
    api.ended(api.invoke(api.command(), linux[:1]))

    row = status(linux[0])

    assert row["InvocationCount"] == 1
    assert row["LastInvokedTime"].startswith(datetime.now(UTC).strftime("%Y-%m-%dT"))


def test_an_agent_is_there_only_after_the_next_boot(api: Api, status: Any, cloud: SimulatedCloud) -> None:
    without = cloud.instances("cn-hangzhou", agent="none", status="Running")[0].instance_id

    reply = api("InstallCloudAssistant", InstanceId=[without])

    assert set(reply.body) == {"RequestId"}
    assert status(without)["CloudAssistantStatus"] == "false"
    cloud.reboot_instance(without)
    row = api.when(lambda: status(without), lambda row: row["CloudAssistantStatus"] == "true")
    assert row["CloudAssistantVersion"]


def test_rebooting_without_installing_brings_no_agent(status: Any, cloud: SimulatedCloud) -> None:
    without = cloud.instances("cn-hangzhou", agent="none", status="Running")[0].instance_id

    cloud.reboot_instance(without)
    cloud.advance(600)

    assert status(without)["LastHeartbeatTime"] == ""


def test_installing_has_its_refusals(api: Api, cloud: SimulatedCloud) -> None:
    managed = cloud.instances("cn-hangzhou", kind="managed")[0].instance_id
    fifty_one = cloud.running_instances("cn-hangzhou", 51)

    assert api("InstallCloudAssistant").code == "MissingParam.InstanceId"
    assert api("InstallCloudAssistant", InstanceId=["i-unknown"]).code == "InvalidInstance.NotFound"
    assert api("InstallCloudAssistant", InstanceId=[managed]).code == "InvalidInstance.NotFound"
    assert api("InstallCloudAssistant", InstanceId=fifty_one).code == "InstanceIds.ExceedLimit"


def test_starting_needs_no_region_and_only_a_stopped_instance(
    api: Api, cloud: SimulatedCloud, linux: list[str]
) -> None:
    cloud.stop_instance(linux[0])

    assert api("StartInstance", region="", InstanceId=linux[0]).status == 200
    running = api("StartInstance", region="", InstanceId=linux[1])
    assert (running.status, running.code) == (403, "IncorrectInstanceStatus")
    unknown = api("StartInstance", region="", InstanceId="i-unknown")
    assert (unknown.status, unknown.code) == (404, "InvalidInstanceId.NotFound")


def test_several_start_together_or_not_at_all(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.stop_instance(linux[0])

    assert api("StartInstances", InstanceId=linux[:2]).code == "IncorrectInstanceStatus"

    assert power(api, linux[0]) == "Stopped"


def test_several_start_one_by_one_when_asked_to(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.stop_instance(linux[0])

    reply = api("StartInstances", InstanceId=linux[:2], BatchOptimization="SuccessFirst")

    first, second = reply.body["InstanceResponses"]["InstanceResponse"]
    assert (first["InstanceId"], first["Code"], first["PreviousStatus"]) == (linux[0], "200", "Stopped")
    assert (second["InstanceId"], second["Code"]) == (linux[1], "IncorrectInstanceStatus")
    api.when(lambda: power(api, linux[0]), lambda status: status == "Running")


def test_starting_several_has_its_refusals(api: Api, cloud: SimulatedCloud) -> None:
    stopped = cloud.instances("cn-hangzhou", kind="ecs", status="Stopped")[0].instance_id

    assert api("StartInstances").code == "MissingParam.InstanceId"
    assert api("StartInstances", InstanceId=[stopped, "i-unknown"]).code == "InvalidInstanceId.NotFound"
    assert api("StartInstances", InstanceId=[f"i-{n}" for n in range(101)]).code == "InstanceIds.ExceedLimit"
    assert api("StartInstances", InstanceId=[stopped], DryRun=True).code == "DryRunOperation"
    assert power(api, stopped) == "Stopped"


def test_a_started_instance_can_run_once_its_agent_beats(api: Api, status: Any, cloud: SimulatedCloud) -> None:
    stopped = cloud.instances("cn-hangzhou", os_type="linux", status="Stopped")[0].instance_id

    api("StartInstance", region="", InstanceId=stopped)

    api.when(lambda: status(stopped), lambda row: row["CloudAssistantStatus"] == "true")
    target = api.ended(api.invoke(api.command(), [stopped]))[stopped]
    assert target["InvocationStatus"] == "Success"
