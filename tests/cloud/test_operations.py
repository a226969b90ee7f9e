"""Every operation against the simulated cloud, through the real SDK."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from cloud import account, commands, instances, invocations, regions
from cloud.connection import Connection
from cloud.errors import NotPermitted, OutcomeUnknown, QuotaExceeded, Rejected, Throttled
from cloud.invocations import FrozenRequest, FrozenRun

HANGZHOU = "cn-hangzhou"
FINAL = {"Success", "Failed", "Timeout", "Error", "Invalid", "Aborted", "Cancelled", "Terminated"}


@pytest.fixture
def results_of(connection: Connection) -> Callable[[str], list[invocations.Result]]:
    """The results of an invocation, once all its targets have ended."""

    def results(invoke_id: str) -> list[invocations.Result]:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            found = invocations.list_results(connection, HANGZHOU, invoke_id)
            if found and all(each.status in FINAL for each in found):
                return found
        raise AssertionError(f"still not ended: {[(each.status, each.error_info) for each in found]}")

    return results


@pytest.fixture
def saved(connection: Connection) -> Callable[..., str]:
    """The ID of a new shell command."""

    def save(content: str = "echo hello", **more: object) -> str:
        values = {"name": "test", "type": "RunShellScript", "client_token": f"save-{time.monotonic_ns()}", **more}
        return commands.create_command(connection, HANGZHOU, content=content, **values)

    return save


@pytest.fixture
def invoke(connection: Connection) -> Callable[..., invocations.Accepted]:
    def invoke_command(command_id: str, *instance_ids: str, token: str = "", **more: object) -> invocations.Accepted:
        request = FrozenRequest(region=HANGZHOU, command_id=command_id, instance_ids=instance_ids, **more)
        token = token or f"invoke-{time.monotonic_ns()}"
        return invocations.invoke(connection, request, client_token=token, date=datetime.now(UTC))

    return invoke_command


class TestRegions:
    def test_they_come_in_the_language_asked_for(self, connection):
        english = {each.region_id: each.local_name for each in regions.list_regions(connection)}
        chinese = {each.region_id: each.local_name for each in regions.list_regions(connection, language="zh-CN")}

        assert english.keys() == chinese.keys()
        assert "Hangzhou" in english[HANGZHOU]
        assert "杭州" in chinese[HANGZHOU]

    def test_those_with_managed_instances_are_among_them(self, connection):
        assert {each.region_id for each in regions.list_regions(connection)} >= regions.MANAGED_INSTANCE_REGIONS


class TestInstances:
    def test_all_pages_are_read(self, connection, simulator):
        found = instances.list_instances(connection, HANGZHOU)

        assert len(found) > 200
        assert {each.instance_id for each in found} == {
            each.instance_id for each in simulator.instances(HANGZHOU, kind="ecs")
        }
        assert len(simulator.journal.calls("DescribeInstances")) == -(-len(found) // 100)

    def test_one_is_described(self, connection, simulator):
        known = simulator.instances(HANGZHOU, os_type="linux", agent="normal")[0]

        found = instances.list_instances(connection, HANGZHOU, instance_ids=[known.instance_id])[0]

        assert (found.name, found.status, found.os_type, found.tags) == (
            known.name,
            known.status,
            "linux",
            known.tags,
        )
        assert re.fullmatch(r"\d+\.\d+\.\d+\.\d+", found.private_ips[0])
        assert found.zone.startswith(HANGZHOU)
        assert found.vpc_id.startswith("vpc-")
        assert found.instance_type.startswith("ecs.")
        assert found.created_at is not None
        assert found.created_at.tzinfo is UTC
        assert (found.lock_reason, bool(found.hostname), bool(found.os_name)) == ("", True, True)

    def test_any_number_of_ids_can_be_asked_for_and_unknown_ones_are_left_out(self, connection, simulator):
        wanted = [each.instance_id for each in simulator.instances(HANGZHOU, kind="ecs")][:150]

        found = instances.list_instances(connection, HANGZHOU, instance_ids=[*wanted, "i-unknown", wanted[0]])

        assert sorted(each.instance_id for each in found) == sorted(wanted)

    def test_no_ids_are_no_instances_and_no_call(self, connection, simulator):
        assert instances.list_instances(connection, HANGZHOU, instance_ids=[]) == []
        assert simulator.journal.calls("DescribeInstances") == []

    def test_A66_rows_that_come_twice_count_once(self, connection, simulator):
        simulator.fault("DescribeInstances", "rows", change="duplicate")

        found = [each.instance_id for each in instances.list_instances(connection, HANGZHOU)]

        assert len(found) == len(set(found)) > 200

    def test_A66_pages_that_lead_in_a_circle_are_left(self, connection, simulator):
        simulator.fault("DescribeInstances", "token_loop")

        with pytest.raises(OutcomeUnknown) as raised:
            instances.list_instances(connection, HANGZHOU)

        assert raised.value.code == "PagingWithoutEnd"

    def test_an_empty_list_can_be_told_from_a_missing_permission(self, connection, simulator):
        assert instances.may_list_instances(connection, HANGZHOU)

        simulator.fault("DescribeInstances", "forbid")

        assert instances.list_instances(connection, HANGZHOU) == []
        assert not instances.may_list_instances(connection, HANGZHOU)

    def test_a_probe_that_fails_for_another_reason_says_so(self, connection, simulator):
        simulator.fault("DescribeInstances", "throttle")

        with pytest.raises(Throttled):
            instances.may_list_instances(connection, HANGZHOU)


class TestAgents:
    def test_each_state_of_an_agent_is_told(self, connection, simulator):
        by_agent = {each.agent: each.instance_id for each in simulator.instances(HANGZHOU, status="Running")}
        wanted = [by_agent[agent] for agent in ("normal", "silent", "none")]

        normal, silent, none = sorted(
            instances.list_agents(connection, HANGZHOU, wanted), key=lambda agent: wanted.index(agent.instance_id)
        )

        assert (normal.is_online, bool(normal.version), normal.last_heartbeat_at is not None) == (True, True, True)
        assert (silent.is_online, silent.last_heartbeat_at is not None) == (False, True)
        assert (none.is_online, none.version, none.last_heartbeat_at) == (False, "", None)

    def test_any_number_can_be_asked_for_managed_ones_too(self, connection, simulator):
        wanted = [each.instance_id for each in simulator.instances(HANGZHOU)]
        assert len(wanted) > 200

        found = instances.list_agents(connection, HANGZHOU, wanted)

        assert sorted(each.instance_id for each in found) == sorted(wanted)

    def test_released_instances_cost_only_themselves(self, connection, simulator):
        wanted = [each.instance_id for each in simulator.instances(HANGZHOU, kind="ecs")][:100]
        for instance_id in (wanted[3], wanted[70]):
            simulator.release_instance(instance_id)

        found = {each.instance_id for each in instances.list_agents(connection, HANGZHOU, wanted)}

        assert found == set(wanted) - {wanted[3], wanted[70]}

    def test_no_instances_have_no_agents_and_cost_no_call(self, connection, simulator):
        assert instances.list_agents(connection, HANGZHOU, []) == []
        assert simulator.journal.calls("DescribeCloudAssistantStatus") == []

    def test_one_can_be_installed(self, connection, simulator):
        agentless = simulator.instances(HANGZHOU, status="Running", agent="none")[0].instance_id

        instances.install_agent(connection, HANGZHOU, [agentless])

        assert simulator.journal.calls("InstallCloudAssistant")[0].instance_ids == [agentless]

    def test_an_installation_on_an_unknown_instance_is_rejected(self, connection):
        with pytest.raises(Rejected) as raised:
            instances.install_agent(connection, HANGZHOU, ["i-unknown"])

        assert raised.value.splits


class TestManagedInstances:
    def test_they_are_listed_with_tags_and_connection(self, connection, simulator):
        known = {each.instance_id: each for each in simulator.instances(HANGZHOU, kind="managed")}

        found = {each.instance_id: each for each in instances.list_managed_instances(connection, HANGZHOU)}

        assert found.keys() == known.keys() != set()
        for instance_id, each in found.items():
            assert (each.name, each.tags, each.os_type) == (
                known[instance_id].name,
                known[instance_id].tags,
                known[instance_id].os_type,
            )
            assert each.is_connected == known[instance_id].is_online
            assert each.registered_at is not None
            assert each.agent_version

    def test_a_region_without_them_has_none(self, connection, simulator):
        assert instances.list_managed_instances(connection, "eu-central-1") == []

    def test_another_refusal_is_passed_on(self, connection, simulator):
        simulator.fault("DescribeManagedInstances", "reject", code="InvalidParameter")

        with pytest.raises(Rejected):
            instances.list_managed_instances(connection, HANGZHOU)


class TestStarting:
    def test_each_instance_has_its_own_result(self, connection, simulator):
        stopped = simulator.instances(HANGZHOU, status="Stopped", kind="ecs")[0].instance_id
        running = simulator.instances(HANGZHOU, status="Running", kind="ecs")[0].instance_id

        results = instances.start_instances(connection, HANGZHOU, [stopped, running])

        codes = {each.instance_id: each.code for each in results}
        assert codes == {stopped: "", running: "IncorrectInstanceStatus"}


class TestCommands:
    def test_a_command_lives_from_its_creation_to_its_deletion(self, connection):
        script = "#!/bin/sh\necho {{name}} 你好\n"
        command_id = commands.create_command(
            connection,
            HANGZHOU,
            name="greet",
            type="RunShellScript",
            content=script,
            description="Says hello",
            working_dir="/srv",
            timeout=90,
            enable_parameter=True,
            tags={"team": "web"},
            client_token="create-1",
        )

        (made,) = commands.list_commands(connection, HANGZHOU, command_id=command_id)
        assert (made.name, made.type, made.content, made.description) == (
            "greet",
            "RunShellScript",
            script,
            "Says hello",
        )
        assert (made.working_dir, made.timeout, made.enable_parameter) == ("/srv", 90, True)
        assert (made.parameter_names, made.parameter_definitions, made.tags) == (("name",), (), {"team": "web"})
        assert (made.provider, made.created_at is not None) == ("", True)

        commands.modify_command(connection, HANGZHOU, command_id, description="Says it louder", timeout=30)
        (changed,) = commands.list_commands(connection, HANGZHOU, command_id=command_id)
        assert (changed.description, changed.timeout, changed.working_dir) == ("Says it louder", 30, "/srv")
        assert (changed.name, changed.content) == ("greet", script)

        commands.delete_command(connection, HANGZHOU, command_id)
        assert commands.list_commands(connection, HANGZHOU, command_id=command_id) == []

    def test_creating_twice_with_one_token_makes_one(self, connection):
        same = {"name": "once", "type": "RunShellScript", "content": "true", "client_token": "create-2"}

        assert commands.create_command(connection, HANGZHOU, **same) == commands.create_command(
            connection, HANGZHOU, **same
        )

    def test_they_can_be_found_by_name(self, connection):
        found = commands.list_commands(connection, HANGZHOU, name="restart-*")

        assert found
        assert all(each.name.startswith("restart-") for each in found)

    def test_all_pages_are_read(self, connection, simulator, saved):
        before = len(commands.list_commands(connection, HANGZHOU))
        for n in range(60):
            saved(name=f"page-{n}")

        found = commands.list_commands(connection, HANGZHOU)

        assert len({each.command_id for each in found}) == len(found) == before + 60

    def test_public_ones_define_their_parameters(self, connection):
        found = commands.list_commands(connection, HANGZHOU, provider=commands.PUBLIC)

        assert all(each.provider.startswith("AlibabaCloud") and each.latest and each.version for each in found)
        defined = [definition for each in found for definition in each.parameter_definitions]
        assert any(definition.name and definition.description for definition in defined)

    def test_one_that_is_gone_cannot_be_deleted(self, connection):
        with pytest.raises(Rejected) as raised:
            commands.delete_command(connection, HANGZHOU, "c-gone")

        assert raised.value.is_gone

    def test_too_long_a_script_is_rejected(self, saved):
        with pytest.raises(Rejected) as raised:
            saved("#" * 30_000)

        assert raised.value.code == "CmdContent.ExceedLimit"


class TestRunning:
    def test_a_saved_command_runs_and_its_output_comes_back(self, simulator, saved, invoke, results_of):
        targets = simulator.running_instances(HANGZHOU, 2)
        command_id = saved("echo $(whoami) {{what}}", enable_parameter=True)

        accepted = invoke(command_id, *targets, parameters='{"what":"works 好"}', username="deploy", timeout=60)

        results = results_of(accepted.invoke_id)
        assert sorted(each.instance_id for each in results) == sorted(targets)
        for each in results:
            assert (each.status, each.exit_code, each.error_code) == ("Success", 0, "")
            assert each.output.decode() == "deploy works 好\n"
            assert (each.command_id, each.username, each.dropped) == (command_id, "deploy", 0)
            assert each.started_at is not None
            assert each.finished_at is not None
            assert each.started_at <= each.finished_at
            assert each.stopped_at is None
        assert {ran.username for ran in simulator.journal.executions()} == {"deploy"}

    def test_the_same_token_runs_nothing_twice(self, simulator, saved, invoke, results_of):
        target = simulator.running_instances(HANGZHOU, 1)[0]
        command_id = saved()

        first, second = (invoke(command_id, target, token="same") for _ in range(2))

        assert first.invoke_id == second.invoke_id
        results_of(first.invoke_id)
        assert len(simulator.journal.executions()) == 1

    def test_the_same_token_for_another_request_raises_the_alarm(self, simulator, saved, invoke):
        first, second = simulator.running_instances(HANGZHOU, 2)
        command_id = saved()
        invoke(command_id, first, token="same")

        with pytest.raises(OutcomeUnknown) as raised:
            invoke(command_id, second, token="same")

        assert raised.value.alarm

    def test_a_lost_answer_leaves_it_unknown_and_the_token_brings_it_back(self, simulator, saved, invoke, results_of):
        target = simulator.running_instances(HANGZHOU, 1)[0]
        command_id = saved()
        simulator.fault("InvokeCommand", "lose_after", times=1)

        with pytest.raises(OutcomeUnknown):
            invoke(command_id, target, token="same")
        results_of(invoke(command_id, target, token="same").invoke_id)

        assert len(simulator.journal.executions()) == 1

    def test_a_script_runs_without_being_saved(self, connection, simulator, results_of):
        before = commands.list_commands(connection, HANGZHOU)
        targets = tuple(simulator.running_instances(HANGZHOU, 1))
        request = FrozenRun(
            region=HANGZHOU, instance_ids=targets, type="RunShellScript", content="echo 'as it is'\nexit 3"
        )

        accepted = invocations.run(connection, request, client_token="run-1", date=datetime.now(UTC))

        (result,) = results_of(accepted.invoke_id)
        assert (result.status, result.exit_code, result.error_code) == ("Failed", 3, "ExitCodeNonzero")
        assert result.output == b"as it is\n"
        assert commands.list_commands(connection, HANGZHOU) == before

    def test_the_results_of_a_hundred_targets_come_in_two_pages(self, simulator, saved, invoke, results_of):
        targets = simulator.running_instances(HANGZHOU, 100)

        results = results_of(invoke(saved("true"), *targets).invoke_id)

        assert sorted(each.instance_id for each in results) == sorted(targets)

    def test_the_result_of_one_target_can_be_asked_for(self, connection, simulator, saved, invoke, results_of):
        first, second = simulator.running_instances(HANGZHOU, 2)
        accepted = invoke(saved(), first, second)
        results_of(accepted.invoke_id)

        (result,) = invocations.list_results(connection, HANGZHOU, accepted.invoke_id, instance_id=second)

        assert result.instance_id == second

    def test_an_unknown_invocation_has_no_results(self, connection):
        assert invocations.list_results(connection, HANGZHOU, "t-unknown") == []

    def test_output_is_bytes_whatever_the_script_prints(self, simulator, saved, invoke, results_of):
        target = simulator.running_instances(HANGZHOU, 1)[0]

        (result,) = results_of(invoke(saved(r"printf '\303\050\001end'"), target).invoke_id)

        assert result.output.endswith(b"\x01end")

    def test_an_instance_without_an_agent_ends_by_itself(self, simulator, saved, invoke, results_of):
        unfit = simulator.instances(HANGZHOU, kind="ecs", os_type="linux", agent="none", status="Running")[
            0
        ].instance_id

        (result,) = results_of(invoke(saved(), unfit).invoke_id)

        assert (result.status, result.error_code) == ("Aborted", "ClientNotRunning")
        assert result.error_info

    def test_a_stopped_instance_ends_by_itself(self, simulator, saved, invoke, results_of):
        stopped, running = simulator.running_instances(HANGZHOU, 2)
        simulator.stop_instance(stopped)

        results = {each.instance_id: each for each in results_of(invoke(saved(), stopped, running).invoke_id)}

        assert (results[stopped].status, results[stopped].error_code) == ("Aborted", "InstanceNotRunning")
        assert results[running].status == "Success"

    def test_an_unknown_target_refuses_the_whole_call(self, simulator, saved, invoke):
        with pytest.raises(Rejected) as raised:
            invoke(saved(), *simulator.running_instances(HANGZHOU, 1), "i-unknown")

        assert (raised.value.code, raised.value.splits) == ("InvalidInstance.NotFound", True)
        assert simulator.journal.executions() == []

    def test_the_wrong_system_refuses_the_whole_call(self, simulator, saved, invoke):
        with pytest.raises(Rejected) as raised:
            invoke(saved(), *simulator.running_instances(HANGZHOU, 1, os_type="windows"))

        assert (raised.value.code, raised.value.splits) == ("InvalidInstance.NotMatch", True)

    def test_too_many_targets_ask_to_be_halved(self, simulator, saved, invoke):
        simulator.rule("instance_limit", n=5)

        with pytest.raises(Rejected) as raised:
            invoke(saved(), *simulator.running_instances(HANGZHOU, 6))

        assert raised.value.too_many

    def test_a_used_up_day_says_so(self, simulator, saved, invoke):
        command_id, target = saved(), simulator.running_instances(HANGZHOU, 1)[0]
        simulator.event("quota", n=0, region=HANGZHOU)

        with pytest.raises(QuotaExceeded) as raised:
            invoke(command_id, target)

        assert raised.value.is_daily

    def test_a_command_that_is_gone_says_so(self, simulator, invoke):
        with pytest.raises(Rejected) as raised:
            invoke("c-gone", *simulator.running_instances(HANGZHOU, 1))

        assert raised.value.is_gone

    def test_a_dry_run_runs_nothing(self, simulator, saved, invoke, results_of):
        accepted = invoke(saved(), *simulator.running_instances(HANGZHOU, 1), repeat_mode="DryRun")

        assert [each.status for each in results_of(accepted.invoke_id)] == ["Success"]
        assert simulator.journal.executions() == []


class TestListing:
    def test_an_invocation_is_found_by_its_tag_and_described(self, connection, simulator, saved, invoke, results_of):
        targets = simulator.running_instances(HANGZHOU, 2)
        command_id = saved("echo {{x}}", enable_parameter=True)
        tags = (("console-batch", "b-1"), ("console-run", "r-1"))
        accepted = invoke(command_id, *targets, parameters='{"x":"s3cret"}', timeout=44, working_dir="/tmp", tags=tags)
        invoke(command_id, *targets, parameters='{"x":"2"}', tags=(("console-batch", "b-2"), ("console-run", "r-1")))
        results_of(accepted.invoke_id)

        (found,) = invocations.list_invocations(connection, HANGZHOU, tags=dict(tags))

        assert (found.invoke_id, found.command_id, found.command_name) == (accepted.invoke_id, command_id, "test")
        assert (found.command_type, found.content) == ("RunShellScript", "echo {{x}}")
        assert (found.repeat_mode, found.frequency, found.timed) == ("Once", "", False)
        assert (found.status, found.username, found.timeout, found.working_dir) == ("Success", "", 44, "/tmp")
        assert found.tags == dict(tags)
        assert found.created_at is not None
        assert abs(datetime.now(UTC) - found.created_at) < timedelta(minutes=1)
        assert sorted(each.instance_id for each in found.instances) == sorted(targets)
        assert {each.status for each in found.instances} == {"Success"}
        assert {each.output for each in found.instances} == {b""}
        assert "s3cret" not in repr(found)

    def test_outputs_come_when_asked_for(self, connection, simulator, saved, invoke, results_of):
        accepted = invoke(saved("echo out"), *simulator.running_instances(HANGZHOU, 1))
        results_of(accepted.invoke_id)

        (found,) = invocations.list_invocations(
            connection, HANGZHOU, invoke_ids=[accepted.invoke_id], include_output=True
        )

        assert [each.output for each in found.instances] == [b"out\n"]

    def test_several_are_found_by_their_ids(self, connection, simulator, saved, invoke):
        command_id, target = saved(), simulator.running_instances(HANGZHOU, 1)[0]
        accepted = [invoke(command_id, target).invoke_id for _ in range(3)]

        found = invocations.list_invocations(connection, HANGZHOU, invoke_ids=accepted[:2])

        assert [each.invoke_id for each in found] == accepted[:2]

    def test_all_pages_are_read(self, connection, simulator, saved, invoke):
        command_id, target = saved("true"), simulator.running_instances(HANGZHOU, 1)[0]
        accepted = {invoke(command_id, target, tags=(("console-run", "r-9"),)).invoke_id for _ in range(55)}

        found = invocations.list_invocations(connection, HANGZHOU, tags={"console-run": "r-9"})

        assert {each.invoke_id for each in found} == accepted
        assert len(found) == 55

    def test_a_schedule_is_listed_only_when_schedules_are_asked_for(self, connection, simulator, saved, invoke):
        tags = (("console-batch", "b-3"),)
        accepted = invoke(
            saved(), *simulator.running_instances(HANGZHOU, 1), repeat_mode="Period", frequency="rate(1h)", tags=tags
        )

        hidden = invocations.list_invocations(connection, HANGZHOU, tags=dict(tags), timed=False)
        (shown,) = invocations.list_invocations(connection, HANGZHOU, tags=dict(tags), timed=True)

        assert hidden == []
        assert (shown.invoke_id, shown.timed, shown.frequency) == (accepted.invoke_id, True, "rate(1h)")

    @pytest.mark.parametrize("change", ["missing", "odd", "backwards"])
    def test_odd_times_do_no_harm(self, connection, simulator, saved, invoke, results_of, change):
        accepted = invoke(saved(), *simulator.running_instances(HANGZHOU, 1))
        results_of(accepted.invoke_id)
        simulator.fault("DescribeInvocationResults", "times", change=change)

        (result,) = invocations.list_results(connection, HANGZHOU, accepted.invoke_id)

        assert result.status == "Success"

    def test_a_status_never_heard_of_is_passed_on(self, connection, simulator, saved, invoke):
        accepted = invoke(saved(), *simulator.running_instances(HANGZHOU, 1))
        simulator.fault("DescribeInvocations", "status_word", word="Frobnicating")

        (found,) = invocations.list_invocations(connection, HANGZHOU, invoke_ids=[accepted.invoke_id])

        assert [each.status for each in found.instances] == ["Frobnicating"]


class TestStopping:
    def test_a_running_script_is_stopped(self, connection, simulator, saved, invoke, results_of):
        accepted = invoke(saved("while true; do :; done"), *simulator.running_instances(HANGZHOU, 1))

        invocations.stop(connection, HANGZHOU, accepted.invoke_id)

        (result,) = results_of(accepted.invoke_id)
        assert result.status in {"Terminated", "Cancelled"}

    def test_an_unknown_invocation_is_gone(self, connection):
        with pytest.raises(Rejected) as raised:
            invocations.stop(connection, HANGZHOU, "t-unknown")

        assert raised.value.is_gone


class TestAccount:
    def test_the_identity_is_asked_for_once(self, connection, simulator):
        first, second = account.who_am_i(connection), account.who_am_i(connection)

        assert first == second
        assert re.fullmatch(r"\d{16}", first.account_id)
        assert first.arn.startswith(f"acs:ram::{first.account_id}:")
        assert first.identity_type in {"Account", "RAMUser", "AssumedRoleUser"}
        assert first.provider == "static_ak"
        assert len(simulator.journal.calls("GetCallerIdentity")) <= 1

    def test_quotas_are_read(self, connection):
        assert account.daily_quota(connection, HANGZHOU) == 5000
        assert (account.command_quota(connection, HANGZHOU) or 0) >= 100

    def test_secret_names_are_listed_without_a_value(self, connection):
        names = account.list_secret_names(connection, HANGZHOU)

        assert names
        part = names[0][4:9]
        assert account.list_secret_names(connection, HANGZHOU, name=part) == [name for name in names if part in name]

    def test_a_missing_permission_names_the_action_of_that_product(self, connection, simulator):
        simulator.fault("ListSecretParameters", "forbid")

        with pytest.raises(NotPermitted) as raised:
            account.list_secret_names(connection, HANGZHOU)

        assert raised.value.action == "oos:ListSecretParameters"
