"""Dying and coming back: nothing that was answered is lost, and nothing runs twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulated_cloud import SimulatedCloud
from tests.simulator.plain_http import Api


@pytest.fixture
def restarting(tmp_path: Path) -> Iterator["Restarting"]:
    restarting = Restarting(tmp_path)
    yield restarting
    restarting.cloud.close()


class Restarting:
    """A cloud that can be killed and started again on what it left."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.start()

    def start(self) -> None:
        self.cloud = SimulatedCloud.start(self.state)
        self.api = Api(self.cloud.port, *self.cloud.access_key)

    def kill_and_start(self) -> None:
        self.cloud.kill()
        self.start()


def test_everything_answered_survives_a_kill(restarting: Restarting) -> None:
    linux = restarting.cloud.running_instances("cn-hangzhou", 3)
    command_id = restarting.api.command("echo hello", Name="mine")
    invoke_id = restarting.api.invoke(command_id, linux, ClientToken="token", Tag={"a": "b"})
    restarting.api.ended(invoke_id)
    restarting.cloud.retag_instance(linux[0], {"team": "blue"})
    restarting.cloud.release_instance(linux[1])
    restarting.cloud.clock(50)
    before = (restarting.cloud.journal.executions(), restarting.api.results(invoke_id), restarting.cloud.instances())

    restarting.kill_and_start()

    assert (
        restarting.cloud.journal.executions(),
        restarting.api.results(invoke_id),
        restarting.cloud.instances(),
    ) == before
    (row,) = restarting.api("DescribeCommands", CommandId=command_id).body["Commands"]["Command"]
    assert (row["Name"], row["InvokeTimes"]) == ("mine", 1)
    assert b'"offset": 50' in restarting.cloud.request("GET", "clock")
    again = restarting.api("InvokeCommand", CommandId=command_id, InstanceId=linux, ClientToken="token", Tag={"a": "b"})
    assert again.body["InvokeId"] == invoke_id


def test_what_was_running_ends_as_an_error_and_does_not_run_again(restarting: Restarting) -> None:
    linux = restarting.cloud.running_instances("cn-hangzhou", 2)
    restarting.cloud.event("agent_dies_after_accept", instance_id=linux[0])
    invoke_id = restarting.api.invoke(restarting.api.command(), linux)
    restarting.api.when(
        lambda: restarting.api.targets(invoke_id), lambda rows: rows[linux[0]]["InvocationStatus"] == "Running"
    )

    restarting.kill_and_start()

    target = restarting.api.ended(invoke_id)[linux[0]]
    assert (target["InvocationStatus"], target["ErrorCode"]) == ("Error", "ClientRestarted")
    executions = [ran for ran in restarting.cloud.journal.executions() if ran.instance_id == linux[0]]
    assert len(executions) == 1
    assert executions[0].finished


def test_what_had_not_begun_runs_once_after_a_kill(restarting: Restarting) -> None:
    linux = restarting.cloud.running_instances("cn-hangzhou", 60)

    invoke_id = restarting.api.invoke(restarting.api.command(), linux)
    restarting.kill_and_start()

    targets = restarting.api.ended(invoke_id)
    ran = [each.instance_id for each in restarting.cloud.journal.executions()]
    assert len(ran) == len(set(ran))
    for instance, row in targets.items():
        assert (row["InvocationStatus"], row["ErrorCode"]) in (("Success", ""), ("Error", "ClientRestarted"))
        assert instance in ran


def test_a_schedule_goes_on_after_a_kill(restarting: Restarting) -> None:
    linux = restarting.cloud.running_instances("cn-hangzhou", 1)
    invoke_id = restarting.api.invoke(restarting.api.command(), linux, Frequency="rate(5m)")
    restarting.api.when(
        lambda: restarting.api.targets(invoke_id, Timed=True),
        lambda rows: rows[linux[0]]["InvocationStatus"] == "Scheduled",
    )

    restarting.kill_and_start()
    restarting.cloud.advance(301)

    restarting.api.when(restarting.cloud.journal.executions, lambda ran: len(ran) == 1 and ran[0].finished)


def test_a_boot_that_was_begun_before_a_kill_is_not_missed(restarting: Restarting) -> None:
    linux = restarting.cloud.running_instances("cn-hangzhou", 1)
    invoke_id = restarting.api.invoke(restarting.api.command(), linux, RepeatMode="NextRebootOnly")
    restarting.api.when(
        lambda: restarting.api.targets(invoke_id, Timed=True),
        lambda rows: rows[linux[0]]["InvocationStatus"] == "Scheduled",
    )
    restarting.cloud.reboot_instance(linux[0])

    restarting.kill_and_start()

    ended = restarting.api.ended(invoke_id)[linux[0]]
    # the kill may have struck before the script began, or in the middle of it
    assert (ended["InvocationStatus"], ended["ErrorCode"]) in (("Success", ""), ("Error", "ClientRestarted"))
    assert len(restarting.cloud.journal.executions()) == 1


def test_files_of_a_machine_survive_a_kill(restarting: Restarting) -> None:
    linux = restarting.cloud.running_instances("cn-hangzhou", 1)
    restarting.api.ended(restarting.api.invoke(restarting.api.command("echo kept > /root/mark"), linux))

    restarting.kill_and_start()

    invoke_id = restarting.api.invoke(restarting.api.command("grep -q kept /root/mark"), linux)
    assert restarting.api.ended(invoke_id)[linux[0]]["InvocationStatus"] == "Success"
