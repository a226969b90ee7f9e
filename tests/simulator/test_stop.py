"""StopInvocation, and what else ends a script before its own end."""

import base64

import pytest

from tests.simulated_cloud import SimulatedCloud
from tests.simulator.plain_http import Api

LONG = "echo begun; sleep 50000; echo over"


def running(api: Api, instance_ids: list[str]) -> str:
    """The InvokeId of a script that runs on all of them and won't end soon."""
    invoke_id = api.invoke(api.command(LONG, Timeout=80000), instance_ids)
    api.when(
        lambda: api.targets(invoke_id), lambda rows: {row["InvocationStatus"] for row in rows.values()} == {"Running"}
    )
    return invoke_id


def test_what_runs_is_terminated(paced_api: Api, paced: SimulatedCloud) -> None:
    linux = paced.running_instances("cn-hangzhou", 2)
    invoke_id = running(paced_api, linux)
    paced_api.when(lambda: paced_api.results(invoke_id), lambda rows: all(row["Output"] for row in rows))

    reply = paced_api("StopInvocation", InvokeId=invoke_id)

    assert set(reply.body) == {"RequestId"}
    rows = paced_api.ended(invoke_id)
    assert {row["InvocationStatus"] for row in rows.values()} == {"Terminated"}
    assert {row["InstanceInvokeStatus"] for row in rows.values()} == {"Stopped"}
    assert all(row["StopTime"] and row["FinishTime"] >= row["StopTime"] for row in rows.values())
    assert {base64.b64decode(row["Output"]) for row in paced_api.results(invoke_id)} == {b"begun\n"}
    assert all(ran.finished for ran in paced.journal.executions())
    (whole,) = paced_api("DescribeInvocations", InvokeId=invoke_id).body["Invocations"]["Invocation"]
    assert whole["InvocationStatus"] == "Stopped"


def test_only_the_named_instances_are_stopped(paced_api: Api, paced: SimulatedCloud) -> None:
    linux = paced.running_instances("cn-hangzhou", 2)
    invoke_id = running(paced_api, linux)

    paced_api("StopInvocation", InvokeId=invoke_id, InstanceId=linux[:1])

    rows = paced_api.when(
        lambda: paced_api.targets(invoke_id), lambda rows: rows[linux[0]]["InvocationStatus"] == "Terminated"
    )
    assert rows[linux[1]]["InvocationStatus"] == "Running"


def test_what_has_not_begun_is_cancelled_and_never_runs(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.silence_agent(linux[0])
    invoke_id = api.invoke(api.command(), linux[:1])

    api("StopInvocation", InvokeId=invoke_id)

    target = api.ended(invoke_id)[linux[0]]
    assert (target["InvocationStatus"], target["StartTime"]) == ("Cancelled", "")
    cloud.reboot_instance(linux[0])
    cloud.advance(600)
    assert cloud.journal.executions() == []


def test_what_has_ended_stays_as_it_is_however_often_one_stops(api: Api, linux: list[str]) -> None:
    invoke_id = api.invoke(api.command(), linux)
    before = api.ended(invoke_id)

    assert [api("StopInvocation", InvokeId=invoke_id).status for _ in range(2)] == [200, 200]

    assert api.targets(invoke_id) == before


def test_an_agent_that_is_not_there_does_not_stop(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.event("agent_dies_after_accept", instance_id=linux[0])
    invoke_id = api.invoke(api.command(), linux[:1])
    api.when(lambda: api.targets(invoke_id), lambda rows: rows[linux[0]]["InvocationStatus"] == "Running")

    api("StopInvocation", InvokeId=invoke_id)
    cloud.advance(3600)

    assert api.targets(invoke_id)[linux[0]]["InvocationStatus"] == "Stopping"


def test_stopping_has_its_refusals(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    invoke_id = api.invoke(api.command(), linux)
    fifty_one = cloud.running_instances("cn-hangzhou", 51)

    assert api("StopInvocation").code == "MissingParameter"
    unknown = api("StopInvocation", InvokeId="t-unknown")
    assert (unknown.status, unknown.code) == (404, "InvalidInvokeId.NotFound")
    assert api("StopInvocation", InvokeId=invoke_id, region="cn-beijing").code == "InvalidInvokeId.NotFound"
    assert api("StopInvocation", InvokeId=invoke_id, InstanceId=["i-other"]).code == "InvalidInstanceId.NotFound"
    assert api("StopInvocation", InvokeId=invoke_id, InstanceId=fifty_one).code == "InstanceIds.ExceedLimit"


def test_what_runs_ends_with_its_machine(paced_api: Api, paced: SimulatedCloud) -> None:
    stopped, rebooted, released = linux = paced.running_instances("cn-hangzhou", 3)
    invoke_id = running(paced_api, linux)

    paced.stop_instance(stopped)
    paced.reboot_instance(rebooted)
    paced.release_instance(released)

    rows = paced_api.ended(invoke_id)
    assert {instance: (row["InvocationStatus"], row["ErrorCode"]) for instance, row in rows.items()} == {
        stopped: ("Error", "ClientNotResponse"),
        rebooted: ("Error", "InstanceRestarted"),
        released: ("Error", "InstanceReleased"),
    }


def test_a_script_can_ask_for_power_off(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    target = api.ended(api.invoke(api.command("exit 193"), linux[:1]))[linux[0]]

    assert target["ExitCode"] == 193
    api.when(lambda: cloud.instances(instance_id=linux[0])[0].status, lambda status: status == "Stopped")


@pytest.mark.parametrize("script", ["reboot", "exit 194"])
def test_a_script_can_reboot_its_machine(paced_api: Api, paced: SimulatedCloud, script: str) -> None:
    linux = paced.running_instances("cn-hangzhou", 1)
    waiting = paced_api.invoke(paced_api.command("echo up"), linux, RepeatMode="NextRebootOnly")

    paced_api.invoke(paced_api.command(script), linux)

    paced_api.when(lambda: paced.instances(instance_id=linux[0])[0].status, lambda status: status == "Starting")
    paced_api.when(
        lambda: paced_api.targets(waiting), lambda rows: bool(rows) and rows[linux[0]]["InvocationStatus"] == "Success"
    )


def test_an_agent_takes_ten_tasks_and_keeps_fifty_waiting(paced_api: Api, paced: SimulatedCloud) -> None:
    linux = paced.running_instances("cn-hangzhou", 1)
    command_id = paced_api.command(LONG, Timeout=80000)

    ids = [paced_api.invoke(command_id, linux) for _ in range(61)]

    def seen() -> list[str]:
        rows = [paced_api.targets(each)[linux[0]] for each in ids]
        return sorted(f"{row['InvocationStatus']} {row['ErrorCode']}".strip() for row in rows)

    expected = ["Aborted TaskConcurrencyLimit"] + 50 * ["Pending"] + 10 * ["Running"]
    paced_api.when(seen, lambda words: words == expected)

    paced.stop_instance(linux[0])

    expected = 50 * ["Aborted InstanceNotRunning"] + ["Aborted TaskConcurrencyLimit"] + 10 * ["Error ClientNotResponse"]
    paced_api.when(seen, lambda words: words == expected)
    assert len(paced.journal.executions()) == 10
