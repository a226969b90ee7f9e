"""What a test can make go wrong: each kind, seen from the caller's side and in the journal."""

import gzip
import http.client
import json
import signal
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from tests.simulated_cloud import SimulatedCloud
from tests.simulator.plain_http import Api, Reply

BROKEN = (http.client.RemoteDisconnected, ConnectionError, http.client.IncompleteRead)


def invoke(api: Api, linux: list[str], token: str = "t") -> Reply:
    command_id = api.command(ClientToken="the-same")
    return api("InvokeCommand", CommandId=command_id, InstanceId=linux, ClientToken=token)


def last_call(cloud: SimulatedCloud, operation: str = "InvokeCommand") -> tuple[str, int | None, str]:
    call = cloud.journal.calls(operation)[-1]
    return call.fault, call.status, call.code


def count_of_invocations(api: Api) -> int:
    return int(api("DescribeInvocations").body["TotalCount"])


# -- before the effect


def test_a_connection_closed_before_leaves_no_effect(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.fault("InvokeCommand", "close_before", times=1)

    with pytest.raises(BROKEN):
        invoke(api, linux)

    assert last_call(cloud) == ("close_before", None, "")
    assert count_of_invocations(api) == 0
    assert invoke(api, linux).status == 200


def test_a_hanging_call_answers_nothing_and_does_nothing(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.fault("InvokeCommand", "hang", times=1, seconds=0.3)

    with pytest.raises(BROKEN):
        invoke(api, linux)

    assert last_call(cloud) == ("hang", None, "")
    assert count_of_invocations(api) == 0


def test_a_caller_who_gives_up_on_a_hanging_call_does_no_harm(api: Api, cloud: SimulatedCloud) -> None:
    cloud.fault("DescribeRegions", "hang", times=1)

    with pytest.raises(TimeoutError):
        replace(api, timeout=0.2)("DescribeRegions")

    assert api("DescribeRegions").status == 200


def test_throttling_has_a_code_and_tells_when_to_come_back(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.fault("InvokeCommand", "throttle", times=1, code="Throttling.Api", retry_after=1500, status=429)

    reply = invoke(api, linux)

    assert (reply.status, reply.code, reply.headers["x-acs-retry-after"]) == (429, "Throttling.Api", "1500")
    assert last_call(cloud) == ("throttle", 429, "Throttling.Api")
    assert invoke(api, linux).status == 200


def test_throttling_has_no_header_unless_asked_for(api: Api, cloud: SimulatedCloud) -> None:
    cloud.fault("DescribeRegions", "throttle", times=1)

    reply = api("DescribeRegions")

    assert (reply.status, reply.code) == (400, "Throttling.User")
    assert "x-acs-retry-after" not in reply.headers


def test_throttling_can_depend_on_the_rate_of_calls(api: Api, cloud: SimulatedCloud) -> None:
    cloud.fault("DescribeRegions", "throttle", per_second=3)

    assert [api("DescribeRegions").status for _ in range(5)] == [200, 200, 200, 400, 400]

    cloud.advance(2)
    assert api("DescribeRegions").status == 200


def test_a_rejection_has_the_code_asked_for(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.fault("InvokeCommand", "reject", code="InvalidInstance.NotMatch", instance_id=linux[1])

    assert invoke(api, linux).code == "InvalidInstance.NotMatch"
    assert invoke(api, [linux[0], linux[2]]).status == 200


def test_a_missing_permission_names_the_action(api: Api, cloud: SimulatedCloud) -> None:
    cloud.fault("StopInvocation", "forbid")

    reply = api("StopInvocation", InvokeId="t-1")

    assert (reply.status, reply.code) == (403, "Forbidden.RAM")
    assert reply.body["AccessDeniedDetail"]["AuthAction"] == "ecs:StopInvocation"
    assert api("DescribeInvocations").status == 200


def test_who_may_not_list_instances_sees_none_and_learns_why_from_a_dry_run(api: Api, cloud: SimulatedCloud) -> None:
    cloud.fault("DescribeInstances", "forbid")

    assert api("DescribeInstances").body["Instances"]["Instance"] == []
    assert api("DescribeInstances", DryRun="true").code == "Forbidden.RAM"


@pytest.mark.parametrize(
    ("state", "code"), [("expired", "InvalidSecurityToken.Expired"), ("revoked", "InvalidAccessKeyId.Inactive")]
)
def test_credentials_stop_being_good(api: Api, cloud: SimulatedCloud, state: str, code: str) -> None:
    fault = cloud.fault("", "credentials", state=state)
    assert {api("DescribeRegions").code, api("DescribeCommands").code} == {code}

    cloud.take_back(fault)

    assert api("DescribeRegions").status == 200


def test_a_region_can_be_closed(api: Api, cloud: SimulatedCloud) -> None:
    cloud.fault("", "region_closed", region="cn-beijing")

    assert api("DescribeInstances", region="cn-beijing").code == "InvalidRegionId.NotFound"
    assert api("DescribeInstances").status == 200


# -- before or after


@pytest.mark.parametrize(("when", "effects"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("body", ["json", "html", "empty"])
def test_a_bad_status_comes_on_either_side_of_the_effect(
    api: Api, cloud: SimulatedCloud, linux: list[str], when: str, effects: int, body: str
) -> None:
    cloud.fault("InvokeCommand", "status", times=1, code=502, body=body, when=when)

    reply = invoke(api, linux)

    assert reply.status == 502
    assert {"json": b"ServiceUnavailable", "html": b"<html>", "empty": b""}[body] in reply.raw
    assert count_of_invocations(api) == effects


def test_a_redirect_leads_where_it_is_told_to(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.fault("InvokeCommand", "redirect", times=1, location="http://127.0.0.1:1/other")

    reply = invoke(api, linux)

    assert (reply.status, reply.headers["location"]) == (307, "http://127.0.0.1:1/other")
    assert count_of_invocations(api) == 0


@pytest.mark.parametrize(
    ("body", "raw"),
    [
        ("empty_object", b"{}"),
        ("null", b"null"),
        ("list", b"[]"),
        ("number_id", b"12345"),
        ("error", b"InternalError"),
        ("html", b"<html>"),
        ("empty", b""),
        ("bad_utf8", b"\xff\xfe"),
        ("two_documents", b"}{"),
        ("text_plain", b"InvokeId"),
        ("random", b""),
    ],
)
def test_a_success_may_carry_anything(api: Api, cloud: SimulatedCloud, linux: list[str], body: str, raw: bytes) -> None:
    cloud.fault("InvokeCommand", "body", times=1, body=body)

    reply = invoke(api, linux)

    assert reply.status == 200
    assert raw in reply.raw
    assert count_of_invocations(api) == 1


def test_an_answer_may_be_larger_than_anyone_should_read(api: Api, cloud: SimulatedCloud) -> None:
    cloud.fault("DescribeRegions", "body", times=1, body="huge")

    assert len(api("DescribeRegions").raw) == 200 * 1024 * 1024


@pytest.mark.parametrize(("when", "effects"), [("before_effect", 0), ("after_effect", 1)])
def test_the_caller_can_be_killed(api: Api, cloud: SimulatedCloud, linux: list[str], when: str, effects: int) -> None:
    cloud.fault("InvokeCommand", "kill", times=1, when=when)
    victim = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)

    with pytest.raises(BROKEN):
        invoke(replace(api, extra_headers={"User-Agent": f"console pid/{victim.pid} x"}), linux)

    assert victim.wait(10) == -signal.SIGKILL
    victim.stdin.close()
    assert count_of_invocations(api) == effects


def test_a_caller_without_a_pid_only_loses_its_connection(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.fault("InvokeCommand", "kill", times=1)

    with pytest.raises(BROKEN):
        invoke(replace(api, extra_headers={"User-Agent": f"pid/{cloud.process.pid} pid/1"}), linux)

    assert cloud.process.poll() is None


# -- after the effect


@pytest.mark.parametrize("kind", ["lose_after", "truncate"])
def test_an_answer_is_lost_although_the_effect_took_place(
    api: Api, cloud: SimulatedCloud, linux: list[str], kind: str
) -> None:
    cloud.fault("InvokeCommand", kind, times=1)

    with pytest.raises(BROKEN):
        invoke(api, linux)

    assert cloud.journal.calls("InvokeCommand")[0].fault == kind
    assert count_of_invocations(api) == 1
    again = invoke(api, linux).body["InvokeId"]
    assert again == cloud.journal.calls("InvokeCommand")[0].invoke_id
    api.ended(again)
    assert len(cloud.journal.executions()) == 3


def test_a_lost_answer_may_come_as_silence_first(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.fault("InvokeCommand", "lose_after", times=1, seconds=0.2)

    with pytest.raises(BROKEN):
        invoke(api, linux)

    assert count_of_invocations(api) == 1


def test_an_answer_may_drip(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.fault("InvokeCommand", "drip", times=1, seconds=0.001)

    assert invoke(api, linux).body["InvokeId"].startswith("t-")


def test_an_answer_may_be_badly_compressed(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.fault("InvokeCommand", "bad_gzip", times=1)

    reply = invoke(api, linux)

    assert reply.headers["content-encoding"] == "gzip"
    with pytest.raises(Exception):  # noqa: B017 - whatever the library says of it
        gzip.decompress(reply.raw)
    assert count_of_invocations(api) == 1


def test_a_request_may_be_taken_for_its_own_copy(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.fault("InvokeCommand", "nonce_seen", times=1)

    reply = invoke(api, linux)

    assert (reply.status, reply.code) == (400, "SignatureNonceUsed")
    assert count_of_invocations(api) == 1


def test_a_slow_service_goes_on_without_its_caller(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.fault("InvokeCommand", "slow", times=1, seconds=0.4)

    with pytest.raises(TimeoutError):
        invoke(replace(api, timeout=0.1), linux)

    assert count_of_invocations(api) == 0
    api.when(lambda: count_of_invocations(api), lambda count: count == 1)


# -- the answer is bent


def test_rows_may_be_doubled_dropped_and_shuffled(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    invoke_id = invoke(api, linux).body["InvokeId"]
    api.ended(invoke_id)

    def seen(**wish: Any) -> list[str]:
        fault = cloud.fault("DescribeInvocationResults", "rows", **wish)
        rows = [row["InstanceId"] for row in api.results(invoke_id)]
        cloud.take_back(fault)
        return rows

    assert seen(change="duplicate") == [each for each in linux for _ in range(2)]
    assert seen(change="drop") == linux[1:]
    assert seen(change="drop", instance_id=linux[1]) == [linux[0], linux[2]]
    assert sorted(seen(change="shuffle", seed=3)) == sorted(linux)
    assert [row["InstanceId"] for row in api.results(invoke_id)] == linux


def test_targets_may_be_dropped_from_an_invocation(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    invoke_id = invoke(api, linux).body["InvokeId"]
    cloud.fault("DescribeInvocations", "rows", change="drop", instance_id=linux[1])

    assert list(api.targets(invoke_id)) == [linux[0], linux[2]]


def test_a_list_may_be_empty_for_no_reason(api: Api, cloud: SimulatedCloud) -> None:
    cloud.fault("DescribeInstances", "empty_list", times=1)

    assert api("DescribeInstances").body["Instances"]["Instance"] == []
    assert api("DescribeInstances").body["Instances"]["Instance"] != []


def test_the_same_page_may_follow_for_ever(api: Api, cloud: SimulatedCloud) -> None:
    cloud.fault("DescribeInstances", "token_loop")

    tokens = {api("DescribeInstances", MaxResults=100, NextToken=token).body["NextToken"] for token in ("", "cGFnZTow")}

    assert tokens == {"cGFnZTow"}


def test_a_status_may_be_a_word_nobody_knows(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    invoke_id = invoke(api, linux).body["InvokeId"]
    cloud.fault("DescribeInvocations", "status_word", word="Frobnicating", instance_id=linux[0])

    words = {instance: row["InvocationStatus"] for instance, row in api.targets(invoke_id).items()}

    assert words.pop(linux[0]) == "Frobnicating"
    assert "Frobnicating" not in words.values()


def test_times_may_be_missing_odd_or_backwards(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    invoke_id = invoke(api, linux[:1]).body["InvokeId"]
    api.ended(invoke_id)
    true = api.results(invoke_id)[0]

    def seen(change: str) -> dict[str, Any]:
        cloud.fault("DescribeInvocationResults", "times", change=change, times=1)
        return api.results(invoke_id)[0]

    assert not {"StartTime", "FinishedTime"} & set(seen("missing"))
    assert seen("odd")["StartTime"] == "yesterday, about noon"
    backwards = seen("backwards")
    assert (backwards["StartTime"], backwards["FinishedTime"]) == (true["FinishedTime"], true["StartTime"])


# -- rules


def test_an_invocation_may_be_listed_late(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.rule("list_lag", seconds=30)
    invoke_id = invoke(api, linux).body["InvokeId"]
    assert (api.targets(invoke_id), api.results(invoke_id)) == ({}, [])

    cloud.advance(31)

    assert list(api.targets(invoke_id)) == linux


def test_a_cloud_may_run_another_script_than_was_saved(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    command_id = api.command("echo mine")
    cloud.rule("content_changes", content="echo theirs")

    invoke_id = api.invoke(command_id, linux)

    (row,) = api("DescribeInvocations", InvokeId=invoke_id, ContentEncoding="PlainText").body["Invocations"][
        "Invocation"
    ]
    assert row["CommandContent"] == "echo theirs"


# -- events


def test_an_invocation_may_be_forgotten(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    invoke_id = invoke(api, linux).body["InvokeId"]
    api.ended(invoke_id)

    cloud.forget_invocation(invoke_id, outputs=True)
    assert {row["Output"] for row in api.results(invoke_id)} == {""}

    cloud.forget_invocation(invoke_id)
    assert (api.targets(invoke_id), api.results(invoke_id)) == ({}, [])
    assert api("StopInvocation", InvokeId=invoke_id).code == "InvalidInvokeId.NotFound"
    assert len(cloud.journal.executions()) == 3


def test_events_may_happen_later(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    def power() -> str:
        body = api("DescribeInstances", InstanceIds=json.dumps(linux[:1])).body
        return str(body["Instances"]["Instance"][0]["Status"])

    cloud.stop_instance(linux[0], after=300)
    assert power() == "Running"

    cloud.advance(301)

    api.when(power, lambda status: status == "Stopped")


@pytest.mark.parametrize(("stage", "executions"), [("Pending", 0), ("Running", 1)])
def test_an_agent_may_die_with_a_task(
    api: Api, cloud: SimulatedCloud, linux: list[str], stage: str, executions: int
) -> None:
    cloud.event("agent_dies_after_accept", instance_id=linux[0], stage=stage)

    invoke_id = invoke(api, linux).body["InvokeId"]

    api.when(lambda: api.targets(invoke_id), lambda rows: rows[linux[1]]["InvocationStatus"] in ("Success", "Failed"))
    api.when(lambda: api.targets(invoke_id), lambda rows: rows[linux[0]]["InvocationStatus"] == stage)
    cloud.advance(24 * 3600)
    assert api.targets(invoke_id)[linux[0]]["InvocationStatus"] == stage
    assert sum(ran.instance_id == linux[0] for ran in cloud.journal.executions()) == executions


def test_a_command_may_change_behind_everyones_back(api: Api, cloud: SimulatedCloud) -> None:
    command_id = api.command("echo old")

    cloud.modify_command("cn-hangzhou", command_id, content="echo new", timeout=300)

    (row,) = api("DescribeCommands", CommandId=command_id, ContentEncoding="PlainText").body["Commands"]["Command"]
    assert (row["CommandContent"], row["Timeout"]) == ("echo new", 300)

    cloud.delete_command(command_id)

    assert api("DescribeCommands", CommandId=command_id).body["Commands"]["Command"] == []


# -- which calls are struck


def test_a_fault_may_strike_the_nth_call_only(api: Api, cloud: SimulatedCloud) -> None:
    cloud.fault("DescribeRegions", "throttle", nth=3)

    assert [api("DescribeRegions").status for _ in range(5)] == [200, 200, 400, 200, 200]


def test_a_fault_may_strike_a_share_of_the_calls_the_same_every_time(api: Api, cloud: SimulatedCloud) -> None:
    def statuses() -> list[int]:
        fault = cloud.fault("DescribeRegions", "throttle", rate=0.5, seed=7)
        seen = [api("DescribeRegions").status for _ in range(40)]
        cloud.take_back(fault)
        return seen

    first = statuses()

    assert 10 < first.count(400) < 30
    assert statuses() == first


def test_a_fault_may_be_limited_to_a_region(api: Api, cloud: SimulatedCloud) -> None:
    cloud.fault("DescribeInstances", "throttle", region="cn-shanghai")

    assert [api("DescribeInstances", region=region).status for region in ("cn-hangzhou", "cn-shanghai")] == [200, 400]


def test_faults_follow_one_another_in_the_order_asked_for(api: Api, cloud: SimulatedCloud) -> None:
    cloud.fault("DescribeRegions", "throttle", times=1)
    cloud.fault("DescribeRegions", "reject", times=1, code="OperationConflict")

    assert [api("DescribeRegions").code for _ in range(3)] == ["Throttling.User", "OperationConflict", ""]
