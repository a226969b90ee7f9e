"""ClientToken: one effect for all copies of a request."""

import json
import threading
from typing import Any

import pytest

from tests.simulated_cloud import SimulatedCloud
from tests.simulator.plain_http import Api, Reply, base64_of


def sent(api: Api, command_id: str, instance_ids: list[str], **wish: Any) -> Reply:
    return api(
        "InvokeCommand", **{"CommandId": command_id, "InstanceId": instance_ids, "ClientToken": "token-1", **wish}
    )


def test_the_same_request_again_gives_the_same_answer_and_runs_nothing(
    api: Api, cloud: SimulatedCloud, linux: list[str]
) -> None:
    command_id = api.command()

    first, second = sent(api, command_id, linux), sent(api, command_id, linux)

    assert first.body["InvokeId"] == second.body["InvokeId"]
    assert first.body["RequestId"] != second.body["RequestId"]
    api.ended(first.body["InvokeId"])
    assert len(cloud.journal.executions()) == 3


@pytest.mark.parametrize("change", [{"Timeout": 70}, {"Tag": {"a": "b"}}, {"Username": "deploy"}, {"reverse": True}])
def test_another_request_with_the_same_token_is_refused(api: Api, linux: list[str], change: dict[str, Any]) -> None:
    command_id = api.command()
    sent(api, command_id, linux)
    order = linux[::-1] if change.pop("reverse", False) else linux

    reply = sent(api, command_id, order, **change)

    assert (reply.status, reply.code) == (403, "IdempotentParameterMismatch")


def test_a_refused_call_leaves_its_token_free(api: Api, linux: list[str]) -> None:
    command_id = api.command()
    assert sent(api, command_id, ["i-unknown"]).status == 404

    assert sent(api, command_id, linux).status == 200


def test_a_token_counts_in_its_region_and_operation_only(api: Api, linux: list[str]) -> None:
    command_id = api.command()
    sent(api, command_id, linux)

    ran = api("RunCommand", Type="RunShellScript", CommandContent="echo", InstanceId=linux, ClientToken="token-1")
    created = api(
        "CreateCommand", Name="n", Type="RunShellScript", CommandContent=base64_of("x"), ClientToken="token-1"
    )

    assert (ran.status, created.status) == (200, 200)


def test_creating_twice_with_one_token_creates_once(api: Api) -> None:
    wish = {"Name": "once", "Type": "RunShellScript", "CommandContent": base64_of("x"), "ClientToken": "create-1"}

    first, second = api("CreateCommand", **wish), api("CreateCommand", **wish)

    assert first.body["CommandId"] == second.body["CommandId"]
    assert len(api("DescribeCommands", Name="once").body["Commands"]["Command"]) == 1


def test_run_command_remembers_its_whole_answer(api: Api, linux: list[str]) -> None:
    wish = {"Type": "RunShellScript", "CommandContent": "echo", "InstanceId": linux, "ClientToken": "run-1"}

    first, second = api("RunCommand", **wish).body, api("RunCommand", **wish).body

    assert {k: first[k] for k in ("CommandId", "InvokeId")} == {k: second[k] for k in ("CommandId", "InvokeId")}


def test_a_token_is_remembered_for_a_day(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    command_id = api.command()
    first = sent(api, command_id, linux).body["InvokeId"]

    cloud.advance(24 * 3600 - 60)
    assert sent(api, command_id, linux).body["InvokeId"] == first

    cloud.advance(120)
    assert sent(api, command_id, linux).body["InvokeId"] != first


def test_the_window_can_be_set(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.rule("token_window", seconds=300)
    command_id = api.command()
    first = sent(api, command_id, linux).body["InvokeId"]

    cloud.advance(301)

    assert sent(api, command_id, linux).body["InvokeId"] != first


def test_a_cloud_may_ignore_tokens(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.rule("dedup")
    command_id = api.command()

    assert sent(api, command_id, linux).body["InvokeId"] != sent(api, command_id, linux).body["InvokeId"]


def test_the_token_is_looked_at_before_the_request_is_validated(
    api: Api, cloud: SimulatedCloud, linux: list[str]
) -> None:
    command_id = api.command()
    first = sent(api, command_id, linux).body["InvokeId"]
    cloud.release_instance(linux[0])

    assert sent(api, command_id, linux).body["InvokeId"] == first

    cloud.rule("validate_first")
    assert sent(api, command_id, linux).code == "InvalidInstance.NotFound"


def test_a_twin_of_a_call_in_progress_is_told_to_wait(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    command_id = api.command()
    cloud.fault("InvokeCommand", "slow", seconds=1, times=1)
    answers: list[Reply] = []
    first = threading.Thread(target=lambda: answers.append(sent(api, command_id, linux)))
    first.start()
    api.when(lambda: json.loads(cloud.request("GET", "faults"))[0], lambda fault: fault["struck"] == 1)

    twin = sent(api, command_id, linux)
    first.join()

    assert (twin.status, twin.code) == (403, "IdempotentProcessing")
    assert sent(api, command_id, linux).body["InvokeId"] == answers[0].body["InvokeId"]
    assert len(api("DescribeInvocations").body["Invocations"]["Invocation"]) == 1
