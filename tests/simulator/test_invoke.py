"""InvokeCommand and RunCommand: what is refused, what runs, and what the journal says of it."""

import hashlib
import json
from typing import Any

import pytest

from tests.simulated_cloud import SimulatedCloud
from tests.simulator.plain_http import Api, base64_of, output_of


def refused(api: Api, command_id: str, instance_ids: list[str], **wish: Any) -> tuple[int, str]:
    reply = api("InvokeCommand", **{"CommandId": command_id, "InstanceId": instance_ids, **wish})
    return reply.status, reply.code


def test_a_command_runs_on_each_instance_and_answers(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    invoke_id = api.invoke(api.command("echo hello"), linux)

    assert invoke_id.startswith("t-")
    targets = api.ended(invoke_id)
    assert {instance: row["InvocationStatus"] for instance, row in targets.items()} == dict.fromkeys(linux, "Success")
    assert [output_of(row) for row in api.results(invoke_id)] == ["hello\n"] * 3
    executions = cloud.journal.executions()
    assert sorted(ran.instance_id for ran in executions) == sorted(linux)
    assert {(ran.invoke_id, ran.exit_code, ran.username) for ran in executions} == {(invoke_id, 0, "root")}
    assert all(ran.finished and ran.started <= ran.finished for ran in executions)


def test_the_journal_knows_user_parameters_and_content(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    content = "echo {{ Greeting }} from $(whoami)"
    command_id = api.command(content, EnableParameter=True)

    invoke_id = api.invoke(command_id, linux[:1], Parameters={"greeting": "good day"}, Username="deploy")

    api.ended(invoke_id)
    (ran,) = cloud.journal.executions()
    assert (ran.username, ran.parameters) == ("deploy", {"greeting": "good day"})
    assert ran.content_sha256 == hashlib.sha256(content.encode()).hexdigest()
    assert output_of(api.results(invoke_id)[0]) == "good day from deploy\n"


def test_values_are_filled_in_as_they_are(api: Api, linux: list[str]) -> None:
    command_id = api.command("cat <<'END'\n{{a}}|{{ B }}|{{a}}\nEND\n", EnableParameter=True)

    invoke_id = api.invoke(command_id, linux[:1], Parameters={"A": "$x 'y' \\1 {{b}}", "b": ""})

    api.ended(invoke_id)
    assert output_of(api.results(invoke_id)[0]) == "$x 'y' \\1 {{b}}||$x 'y' \\1 {{b}}\n"


def test_built_ins_need_no_value(api: Api, linux: list[str]) -> None:
    command_id = api.command("echo {{ACS::RegionId}} {{ ACS :: InstanceId }} {{ACS::InvokeId}}", EnableParameter=True)

    invoke_id = api.invoke(command_id, linux[:1])

    api.ended(invoke_id)
    assert output_of(api.results(invoke_id)[0]) == f"cn-hangzhou {linux[0]} {invoke_id}\n"


def test_settings_of_a_run_override_those_of_the_command(api: Api, linux: list[str]) -> None:
    command_id = api.command("pwd", WorkingDir="/tmp", Timeout=50)

    as_saved, overridden = (
        api.invoke(command_id, linux[:1]),
        api.invoke(command_id, linux[:1], WorkingDir="/", Timeout=70),
    )

    rows = [
        api("DescribeInvocations", InvokeId=each).body["Invocations"]["Invocation"][0]
        for each in (as_saved, overridden)
    ]
    assert [(row["WorkingDir"], row["Timeout"]) for row in rows] == [("/tmp", 50), ("/", 70)]


def test_an_invocation_keeps_what_it_ran_when_the_command_changes(api: Api, linux: list[str]) -> None:
    command_id = api.command("echo hello", Name="before")
    invoke_id = api.invoke(command_id, linux)
    api.ended(invoke_id)

    api("ModifyCommand", CommandId=command_id, Name="after")
    api("DeleteCommand", CommandId=command_id)

    (row,) = api("DescribeInvocations", InvokeId=invoke_id, ContentEncoding="PlainText").body["Invocations"][
        "Invocation"
    ]
    assert (row["CommandName"], row["CommandContent"]) == ("before", "echo hello")


def test_a_public_command_can_be_invoked_by_name(api: Api, linux: list[str]) -> None:
    public = api("DescribeCommands", Provider="AlibabaCloud", Type="RunShellScript", MaxResults=50).body["Commands"][
        "Command"
    ]
    plain = next(row for row in public if not row["EnableParameter"])

    invoke_id = api.invoke(plain["Name"], linux[:1])

    (row,) = api("DescribeInvocations", InvokeId=invoke_id).body["Invocations"]["Invocation"]
    assert (row["CommandId"], row["CommandName"]) == (plain["CommandId"], plain["Name"])


def test_a_public_command_fills_in_its_defaults(api: Api, linux: list[str]) -> None:
    public = api("DescribeCommands", Provider="AlibabaCloud", Type="RunShellScript", MaxResults=50).body["Commands"][
        "Command"
    ]
    chosen = next(row for row in public if _only_defaults(row))

    api.ended(api.invoke(chosen["CommandId"], linux[:1]))


def _only_defaults(row: dict[str, Any]) -> bool:
    definitions = row["ParameterDefinitions"]["ParameterDefinition"]
    return bool(definitions) and all(each["DefaultValue"] or not each["Required"] for each in definitions)


def test_a_hundred_instances_can_be_invoked_at_once_and_no_more(api: Api, cloud: SimulatedCloud) -> None:
    ids = cloud.running_instances("cn-hangzhou", 101)
    command_id = api.command()

    assert refused(api, command_id, ids) == (403, "InstanceIds.ExceedLimit")

    targets = api.ended(api.invoke(command_id, ids[:100]))
    assert list(targets) == ids[:100]
    assert len(cloud.journal.executions()) == 100


def test_the_limit_of_instances_can_be_set(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.rule("instance_limit", n=2)
    command_id = api.command()

    assert refused(api, command_id, linux) == (403, "InstanceIds.ExceedLimit")
    assert refused(api, command_id, linux[:2]) == (200, "")


def test_one_unknown_instance_refuses_the_whole_call(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    command_id = api.command()
    elsewhere = cloud.running_instances("cn-beijing", 1)
    cloud.release_instance(linux[2])

    for unknown in ("i-unknown", *elsewhere, linux[2]):
        assert refused(api, command_id, [linux[0], unknown]) == (404, "InvalidInstance.NotFound")

    assert cloud.journal.executions() == []


def test_one_instance_of_the_wrong_os_refuses_the_whole_call(
    api: Api, cloud: SimulatedCloud, linux: list[str], windows: list[str]
) -> None:
    shell, bat = api.command(), api.command(Type="RunBatScript")

    assert refused(api, shell, [*linux, windows[0]]) == (400, "InvalidInstance.NotMatch")
    assert refused(api, bat, [*windows, linux[0]]) == (400, "InvalidInstance.NotMatch")
    assert cloud.journal.executions() == []


def test_ecs_and_managed_instances_may_be_mixed(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    managed = cloud.running_instances("cn-hangzhou", 2, kind="managed")

    targets = api.ended(api.invoke(api.command(), [*linux, *managed]))

    assert {row["InvocationStatus"] for row in targets.values()} == {"Success"}
    assert set(targets) == {*linux, *managed}


def test_unfit_instances_are_told_one_by_one(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    in_hangzhou = cloud.instances("cn-hangzhou", kind="ecs", os_type="linux")
    stopped = next(each.instance_id for each in in_hangzhou if each.status == "Stopped")
    bare = next(each.instance_id for each in in_hangzhou if each.agent == "none" and each.status == "Running")
    silent = next(each.instance_id for each in in_hangzhou if each.agent == "silent" and each.status == "Running")

    targets = api.ended(api.invoke(api.command(), [linux[0], stopped, bare, silent]))

    told = {instance: (row["InvocationStatus"], row["ErrorCode"]) for instance, row in targets.items()}
    assert told == {
        linux[0]: ("Success", ""),
        stopped: ("Aborted", "InstanceNotRunning"),
        bare: ("Aborted", "ClientNotRunning"),
        silent: ("Aborted", "ClientNotRunning"),
    }
    assert all(row["ErrorInfo"] for instance, row in targets.items() if instance != linux[0])
    assert [ran.instance_id for ran in cloud.journal.executions()] == [linux[0]]


def test_a_strict_cloud_refuses_the_whole_call_for_an_unfit_instance(
    api: Api, cloud: SimulatedCloud, linux: list[str]
) -> None:
    cloud.rule("strict_targets")
    command_id = api.command()
    silent = cloud.instances("cn-hangzhou", agent="silent", os_type="linux", status="Running")[0].instance_id

    assert refused(api, command_id, [*linux, silent]) == (400, "InvalidInstance.NotMatch")
    assert refused(api, command_id, linux) == (200, "")


def test_an_agent_that_fell_silent_just_now_times_out(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    cloud.silence_agent(linux[0])
    invoke_id = api.invoke(api.command(), linux[:1])
    assert api.targets(invoke_id)[linux[0]]["InvocationStatus"] == "Pending"

    cloud.advance(61)

    target = api.ended(invoke_id)[linux[0]]
    assert (target["InvocationStatus"], target["ErrorCode"]) == ("Aborted", "DeliveryTimeout")
    assert cloud.journal.executions() == []


def test_instances_may_be_chosen_by_tag(api: Api, cloud: SimulatedCloud) -> None:
    wanted = [each.instance_id for each in cloud.instances("cn-hangzhou", tags={"env": "staging", "role": "api"})]

    reply = api("InvokeCommand", CommandId=api.command(), ResourceTag={"env": "staging", "role": "api"})

    assert list(api.ended(reply.body["InvokeId"])) == wanted


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({"CommandId": ""}, 400, "MissingParameter"),
        ({"CommandId": "c-unknown"}, 404, "InvalidCmdId.NotFound"),
        ({"InstanceId": []}, 400, "MissingParam.InstanceId"),
        ({"ResourceTag": {"env": "prod"}}, 400, "InvalidResourceTag.ConflictWithInstanceIds"),
        ({"InstanceId": [], "ResourceTag": {"env": "none"}}, 400, "InvalidResourceTag.InstanceNotFound"),
        ({"InstanceId": [], "ResourceTag": {"env": "prod"}}, 403, "InstanceIds.ExceedLimit"),
        ({"InstanceId": [], "ResourceTag": {f"k{n}": "v" for n in range(11)}}, 400, "NumberExceed.ResourceTags"),
        ({"RepeatMode": "Sometimes"}, 404, "InvalidRepeatMode.NotFound"),
        ({"TerminationMode": "Gently"}, 404, "InvalidTerminationMode.NotFound"),
        ({"RepeatMode": "Period"}, 400, "MissingParam.Frequency"),
        ({"Frequency": "every now and then"}, 400, "InvalidParam.Frequency"),
        ({"Timeout": 86401}, 403, "InvalidTimeout.ExceedLimit"),
        ({"Username": "u" * 256}, 403, "Username.ExceedLimit"),
        ({"WindowsPasswordName": "p" * 256}, 403, "WindowsPasswordName.ExceedLimit"),
        ({"WorkingDir": "/" * 201}, 400, "InvalidParameter.WorkingDir"),
        ({"Launcher": "l" * 1025}, 403, "InvalidLauncher.LengthLimitExceeded"),
        ({"ContainerId": "not hex"}, 400, "InvalidContainerId.Malformed"),
        ({"ContainerName": "-bad"}, 400, "InvalidContainerName.Malformed"),
        ({"Parameters": {"a": "1"}}, 400, "Parameter.Disabled"),
        ({"Tag": {"aliyun:x": "1"}}, 400, "InvalidTagKey.Malformed"),
        ({"Tag": {f"k{n}": "v" for n in range(21)}}, 400, "NumberExceed.Tags"),
        ({"ClientToken": "t" * 65}, 400, "InvalidClientToken.Malformed"),
        ({"ClientToken": "tøken"}, 400, "InvalidClientToken.Malformed"),
    ],
)
def test_what_cannot_run_is_refused(
    api: Api, cloud: SimulatedCloud, linux: list[str], wish: dict[str, Any], status: int, code: str
) -> None:
    assert refused(api, api.command(), linux, **wish) == (status, code)
    assert api("DescribeInvocations").body["TotalCount"] == 0
    assert cloud.journal.executions() == []


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ("{", 400, "InvalidParameter.Parameters"),
        ("[]", 400, "InvalidParameter.Parameters"),
        ("null", 400, "InvalidParameter.Parameters"),
        ('{"a":"1"}', 400, "Parameter.MissingValue"),
        ('{"a":"1","b":"2","c":"3"}', 403, "Parameter.NotMatched"),
        ('{"a":"1","A":"2"}', 403, "ParameterKey.Duplicate"),
        ('{"a":"1","a":"2"}', 403, "ParameterKey.Duplicate"),
        ('{"a":1,"b":"2"}', 403, "ParameterType.NotSupported"),
        ('{"a":null,"b":"2"}', 403, "ParameterType.NotSupported"),
        ('{"a":"\\u0000","b":"2"}', 403, "InvalidParameterCharset.Parameters"),
        ('{"a":"' + "x" * 25_000 + '","b":""}', 403, "CmdContent.ExceedLimit"),
        (json.dumps({f"p{n}": "" for n in range(11)}), 403, "ParameterCount.ExceedLimit"),
        (json.dumps({"p" * 65: ""}), 403, "ParameterKey.ExceedLimit"),
        ('{"a":"","b":"line\\nline"}', 200, ""),
        ('{"A":"1","B":"2"}', 200, ""),
    ],
)
def test_parameters_are_checked(api: Api, linux: list[str], parameters: str, status: int, code: str) -> None:
    command_id = api.command("echo {{a}} {{ b }}", EnableParameter=True)

    assert refused(api, command_id, linux, Parameters=parameters) == (status, code)


def test_a_windows_user_needs_a_password_that_exists(api: Api, windows: list[str]) -> None:
    command_id = api.command("dir", Type="RunBatScript")
    user = {"Username": "deploy"}

    assert refused(api, command_id, windows, **user) == (403, "WindowsPasswordName.Missed")
    assert refused(api, command_id, windows, **user, WindowsPasswordName="x") == (
        403,
        "ParameterStore.InvalidParameters",
    )
    assert refused(api, command_id, windows, **user, WindowsPasswordName="win-deploy-password") == (200, "")
    assert refused(api, command_id, windows, Username="System") == (200, "")


def test_the_days_quota_counts_calls_by_region_and_day(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    command_id = api.command()
    cloud.event("quota", region="cn-hangzhou", n=2)

    assert [refused(api, command_id, linux) for _ in range(3)] == [
        (200, ""),
        (200, ""),
        (403, "Invocation.ExceedQuota"),
    ]
    assert refused(api, command_id, ["i-unknown"]) == (404, "InvalidInstance.NotFound")
    elsewhere = cloud.running_instances("cn-beijing", 1)
    beijing = Api(api.port, api.key, api.secret, region="cn-beijing")
    assert beijing.invoke(beijing.command(), elsewhere)

    cloud.advance(24 * 3600)

    assert refused(api, command_id, linux) == (200, "")


def test_a_dry_run_runs_nothing(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    invoke_id = api.invoke(api.command(), linux, RepeatMode="DryRun")

    targets = api.ended(invoke_id)

    assert {row["InvocationStatus"] for row in targets.values()} == {"Success"}
    assert {row["Output"] for row in api.results(invoke_id)} == {""}
    assert cloud.journal.executions() == []


def test_a_dry_run_says_what_is_invalid(api: Api, linux: list[str]) -> None:
    invoke_id = api.invoke(api.command(), linux[:1], RepeatMode="DryRun", Username="nobody-knows-me")

    target = api.ended(invoke_id)[linux[0]]

    assert (target["InvocationStatus"], target["ErrorCode"]) == ("Invalid", "AccountNotExists")


def test_a_user_who_does_not_exist_is_told_by_the_instance(api: Api, cloud: SimulatedCloud, linux: list[str]) -> None:
    target = api.ended(api.invoke(api.command(), linux[:1], Username="nobody-knows-me"))[linux[0]]

    assert (target["InvocationStatus"], target["ErrorCode"]) == ("Invalid", "AccountNotExists")
    assert cloud.journal.executions() == []


def test_the_exit_code_decides(api: Api, linux: list[str]) -> None:
    target = api.ended(api.invoke(api.command("echo oops; exit 3"), linux[:1]))[linux[0]]

    assert (target["InvocationStatus"], target["ExitCode"], target["ErrorCode"]) == ("Failed", 3, "ExitCodeNonzero")


def test_time_is_limited(api: Api, linux: list[str]) -> None:
    invoke_id = api.invoke(api.command("echo begun; sleep 600"), linux[:1], Timeout=10)

    api.ended(invoke_id)

    (row,) = api.results(invoke_id)
    assert (row["InvocationStatus"], row["ErrorCode"], output_of(row)) == ("Timeout", "ExecutionTimeout", "begun\n")
    assert row["FinishedTime"] > row["StartTime"]


def test_run_command_leaves_nothing_behind_unless_asked_to(api: Api, linux: list[str]) -> None:
    script = {"Type": "RunShellScript", "CommandContent": "echo here", "InstanceId": linux[:1]}

    passing = api("RunCommand", **script).body
    kept = api("RunCommand", **script, Name="kept", KeepCommand="true").body

    for body in (passing, kept):
        api.ended(body["InvokeId"])
        assert output_of(api.results(body["InvokeId"])[0]) == "here\n"
    assert api("DescribeCommands", CommandId=passing["CommandId"]).body["Commands"]["Command"] == []
    (row,) = api("DescribeCommands", CommandId=kept["CommandId"]).body["Commands"]["Command"]
    assert row["Name"] == "kept"


def test_run_command_reads_plain_text_unless_told_base64(api: Api, linux: list[str]) -> None:
    script = {"Type": "RunShellScript", "InstanceId": linux[:1]}

    plain = api("RunCommand", CommandContent="echo plain", ContentEncoding="odd", **script).body["InvokeId"]
    encoded = api("RunCommand", CommandContent=base64_of("echo encoded"), ContentEncoding="Base64", **script).body[
        "InvokeId"
    ]

    api.ended(plain), api.ended(encoded)
    assert [output_of(api.results(each)[0]) for each in (plain, encoded)] == ["plain\n", "encoded\n"]


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"Type": "RunPerlScript"}, "InvalidCmdType.NotFound"),
        ({"CommandContent": ""}, "MissingParameter"),
        ({"CommandContent": "x" * 18433}, "CmdContent.ExceedLimit"),
        ({"InstanceId": ["i-unknown"]}, "InvalidInstance.NotFound"),
        ({"Timeout": 86401}, "InvalidTimeout.ExceedLimit"),
        ({"CommandContent": "{{a}}", "EnableParameter": True}, "Parameter.MissingValue"),
    ],
)
def test_run_command_refuses_what_its_two_halves_refuse(
    api: Api, linux: list[str], wish: dict[str, Any], code: str
) -> None:
    good = {"Type": "RunShellScript", "CommandContent": "echo", "InstanceId": linux}

    assert api("RunCommand", **{**good, **wish}).code == code
