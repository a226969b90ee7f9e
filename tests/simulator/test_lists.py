"""DescribeInvocations and DescribeInvocationResults: what is found, in which form."""

import base64
import json
from typing import Any

import pytest

from tests.simulated_cloud import SimulatedCloud
from tests.simulator.plain_http import Api


@pytest.fixture
def command_id(api: Api) -> str:
    return api.command("echo {{word}}", Name="say", EnableParameter=True, Description="speak")


def listed(api: Api, **filters: Any) -> list[str]:
    reply = api("DescribeInvocations", MaxResults=50, **filters)
    assert reply.status == 200, reply.body
    return [row["InvokeId"] for row in reply.body["Invocations"]["Invocation"]]


def invoked(api: Api, command_id: str, instance_ids: list[str], **wish: Any) -> str:
    invoke_id = api.invoke(command_id, instance_ids, Parameters={"word": "hi"}, **wish)
    api.ended(invoke_id)
    return invoke_id


def test_an_invocation_is_shown_as_it_was_asked_for(api: Api, command_id: str, linux: list[str]) -> None:
    invoke_id = invoked(
        api,
        command_id,
        linux[:1],
        Timeout=70,
        Username="deploy",
        WorkingDir="/tmp",
        Tag={"run": "7"},
        TerminationMode="ProcessTree",
    )

    (row,) = api("DescribeInvocations", InvokeId=invoke_id).body["Invocations"]["Invocation"]
    expected = {
        "CommandId": command_id,
        "CommandName": "say",
        "CommandDescription": "speak",
        "CommandType": "RunShellScript",
        "RepeatMode": "Once",
        "Frequency": "",
        "Timed": False,
        "Timeout": 70,
        "Username": "deploy",
        "WorkingDir": "/tmp",
        "TerminationMode": "ProcessTree",
        "InvocationStatus": "Success",
        "InvokeStatus": "Finished",
        "Tags": {"Tag": [{"TagKey": "run", "TagValue": "7"}]},
    }
    assert {name: row[name] for name in expected} == expected
    assert base64.b64decode(row["CommandContent"]) == b"echo {{word}}"
    assert row["Parameters"] == '{"word":"hi"}'
    assert json.loads(row["Parameters"]) == {"word": "hi"}
    assert row["CreationTime"].endswith("Z")


def test_targets_have_the_types_that_typed_clients_expect(api: Api, command_id: str, linux: list[str]) -> None:
    invoke_id = invoked(api, command_id, linux[:1])

    target = api.targets(invoke_id)[linux[0]]
    (result,) = api.results(invoke_id)

    for row in (target, result):
        assert (type(row["ExitCode"]), type(row["Dropped"]), type(row["Repeats"])) == (int, int, int)
        assert (row["ErrorCode"], row["ErrorInfo"], row["StopTime"]) == ("", "", "")
    assert (target["InstanceInvokeStatus"], target["Timed"], target["Repeats"]) == ("Finished", False, 1)
    assert target["CreationTime"] <= target["StartTime"] <= target["FinishTime"] <= target["UpdateTime"]
    assert (result["InvokeRecordStatus"], result["CommandId"], result["InvokeId"]) == (
        "Finished",
        command_id,
        invoke_id,
    )
    assert (result["StartTime"], result["FinishedTime"]) == (target["StartTime"], target["FinishTime"])


def test_output_is_in_the_list_only_when_asked_for(api: Api, command_id: str, linux: list[str]) -> None:
    invoke_id = invoked(api, command_id, linux[:1])

    assert api.targets(invoke_id)[linux[0]]["Output"] == ""
    assert api.targets(invoke_id, IncludeOutput="true", ContentEncoding="PlainText")[linux[0]]["Output"] == "hi\n"
    reply = api("DescribeInvocations", IncludeOutput="true")
    assert (reply.status, reply.code) == (400, "InvalidParameter")


def test_filters_find_what_they_name(api: Api, command_id: str, linux: list[str]) -> None:
    other = api.command("exit 2", Name="fail")
    first = invoked(api, command_id, linux[:2], Tag={"run": "1", "batch": "a"}, ResourceGroupId="rg-1")
    second = invoked(api, command_id, linux[1:], Tag={"run": "1", "batch": "b"})
    third = api.invoke(other, linux[:1])
    api.ended(third)

    assert listed(api) == [third, second, first]
    assert listed(api, InvokeId=second) == [second]
    assert listed(api, InvokeId="t-unknown") == []
    assert listed(api, CommandId=command_id) == [second, first]
    assert listed(api, CommandName="fail") == [third]
    assert listed(api, CommandType="RunBatScript") == []
    assert listed(api, ResourceGroupId="rg-1") == [first]
    assert listed(api, Tag={"run": "1"}) == [second, first]
    assert listed(api, Tag={"run": "1", "batch": "a"}) == [first]
    assert listed(api, Tag={"run": "2"}) == []
    assert listed(api, InvokeStatus="Failed") == [third]
    assert listed(api, InvokeStatus="Finished") == listed(api, InvokeStatus="Success") == [second, first]
    assert listed(api, RepeatMode="Period") == []
    assert listed(api, region="cn-beijing") == []


def test_by_instance_only_its_targets_are_shown_and_some_filters_are_ignored(
    api: Api, command_id: str, linux: list[str]
) -> None:
    first = invoked(api, command_id, linux[:2])
    invoked(api, command_id, linux[2:])

    rows = api("DescribeInvocations", InstanceId=linux[1], CommandName="ignored").body["Invocations"]["Invocation"]

    assert [row["InvokeId"] for row in rows] == [first]
    assert [each["InstanceId"] for each in rows[0]["InvokeInstances"]["InvokeInstance"]] == [linux[1]]


def test_invocations_come_in_pages_of_either_kind(api: Api, command_id: str, linux: list[str]) -> None:
    ids = [invoked(api, command_id, linux[:1]) for _ in range(5)][::-1]

    numbered = api("DescribeInvocations", PageSize=2, PageNumber=2).body
    by_token = api("DescribeInvocations", MaxResults=2).body
    following = api("DescribeInvocations", MaxResults=4, NextToken=by_token["NextToken"]).body

    def shown(body: dict[str, Any]) -> list[str]:
        return [row["InvokeId"] for row in body["Invocations"]["Invocation"]]

    assert (shown(numbered), numbered["TotalCount"]) == (ids[2:4], 5)
    assert (shown(by_token), shown(following), following["NextToken"]) == (ids[:2], ids[2:], "")
    assert api("DescribeInvocations", MaxResults=51).code == "InvalidParameter.MaxResults"
    assert api("DescribeInvocationResults", PageSize=51).code == "InvalidParam.PageSize"


def test_results_of_a_hundred_targets_take_two_pages(api: Api, command_id: str, cloud: SimulatedCloud) -> None:
    ids = cloud.running_instances("cn-hangzhou", 100)
    invoke_id = invoked(api, command_id, ids)

    first = api("DescribeInvocationResults", InvokeId=invoke_id, MaxResults=50).body["Invocation"]
    second = api("DescribeInvocationResults", InvokeId=invoke_id, MaxResults=50, NextToken=first["NextToken"]).body[
        "Invocation"
    ]

    rows = first["InvocationResults"]["InvocationResult"] + second["InvocationResults"]["InvocationResult"]
    assert [row["InstanceId"] for row in rows] == ids
    assert second["NextToken"] == ""


def test_results_are_found_by_instance_command_tag_and_status(api: Api, command_id: str, linux: list[str]) -> None:
    fail = api.command("exit 2")
    first, second = invoked(api, command_id, linux, Tag={"run": "1"}), api.invoke(fail, linux[:1])
    api.ended(second)

    def found(**filters: Any) -> list[tuple[str, str]]:
        body = api("DescribeInvocationResults", MaxResults=50, **filters).body
        return [
            (row["InvokeId"], row["InstanceId"]) for row in body["Invocation"]["InvocationResults"]["InvocationResult"]
        ]

    assert found(InstanceId=linux[0]) == [(second, linux[0]), (first, linux[0])]
    assert found(CommandId=fail) == [(second, linux[0])]
    assert found(Tag={"run": "1"}) == [(first, each) for each in linux]
    assert found(InvokeId=first, InvokeRecordStatus="Running") == []
    assert len(found(InvokeRecordStatus="Finished")) == 4
    assert found(InvokeId="t-unknown") == []


def test_what_has_ended_is_forgotten_after_four_weeks(
    api: Api, command_id: str, cloud: SimulatedCloud, linux: list[str]
) -> None:
    invoke_id = invoked(api, command_id, linux)

    cloud.advance(27 * 86400)
    assert len(api.results(invoke_id)) == 3

    cloud.advance(2 * 86400)
    assert (api.results(invoke_id), listed(api)) == ([], [])


def test_the_whole_is_partly_failed_when_some_targets_failed(api: Api, linux: list[str], cloud: SimulatedCloud) -> None:
    stopped = cloud.instances("cn-hangzhou", os_type="linux", status="Stopped")[0].instance_id
    invoke_id = api.invoke(api.command("exit 0"), [linux[0], stopped])
    api.ended(invoke_id)

    assert listed(api, InvokeStatus="PartialFailed") == [invoke_id]


def test_output_streams_while_a_script_runs(paced_api: Api, paced: SimulatedCloud) -> None:
    linux = paced.running_instances("cn-hangzhou", 1)
    script = "for n in $(seq 1 100000); do echo line $n; sleep 1; done"
    invoke_id = paced_api.invoke(paced_api.command(script, Timeout=80000), linux)

    def output() -> str:
        rows = paced_api.results(invoke_id, ContentEncoding="PlainText")
        return str(rows[0]["Output"]) if rows[0]["InvocationStatus"] == "Running" else ""

    begun = paced_api.when(output, lambda text: "line 1\n" in text)
    later = paced_api.when(output, lambda text: len(text) > len(begun))

    assert later.startswith(begun)
    paced_api("StopInvocation", InvokeId=invoke_id)
    paced_api.ended(invoke_id)


def test_long_output_keeps_its_tail(api: Api, linux: list[str]) -> None:
    invoke_id = api.invoke(api.command("seq 1 20000"), linux[:1])
    api.ended(invoke_id)

    (row,) = api.results(invoke_id)

    output = base64.b64decode(row["Output"])
    assert len(output) <= 24 * 1024
    assert output.endswith(b"19999\n20000\n")
    whole = sum(len(f"{n}\n") for n in range(1, 20001))
    assert row["Dropped"] + len(output) == whole
