"""ModifyInvocationAttribute: changing a schedule that stands."""

from typing import Any

import pytest

from tests.simulated_cloud import SimulatedCloud
from tests.simulator.plain_http import Api, output_of
from tests.simulator.test_schedules import scheduled


@pytest.fixture
def schedule(api: Api, linux: list[str]) -> str:
    command_id = api.command("echo {{word}}", EnableParameter=True)
    invoke_id = api.invoke(command_id, linux[:1], Frequency="rate(10m)", Parameters={"word": "old"})
    scheduled(api, invoke_id, 0)
    return invoke_id


def shown(api: Api, invoke_id: str) -> dict[str, Any]:
    body = api("DescribeInvocations", InvokeId=invoke_id, Timed=True, ContentEncoding="PlainText").body
    (row,) = body["Invocations"]["Invocation"]
    return dict(row)


def test_new_content_gets_a_new_command_and_runs_from_the_next_round_on(
    api: Api, cloud: SimulatedCloud, schedule: str, linux: list[str]
) -> None:
    before = shown(api, schedule)["CommandId"]

    reply = api(
        "ModifyInvocationAttribute", InvokeId=schedule, CommandContent="echo new {{word}}", EnableParameter=True
    )

    assert reply.status == 200, reply.body
    row = shown(api, schedule)
    assert row["CommandId"] == reply.body["CommandId"] != before
    assert row["CommandContent"] == "echo new {{word}}"
    cloud.advance(600)
    scheduled(api, schedule, 1)
    assert output_of(api.results(schedule)[0]) == "new old\n"


def test_parameters_change_by_themselves(api: Api, cloud: SimulatedCloud, schedule: str) -> None:
    before = shown(api, schedule)["CommandId"]

    reply = api("ModifyInvocationAttribute", InvokeId=schedule, Parameters={"word": "other"})

    assert reply.body["CommandId"] == before
    cloud.advance(600)
    scheduled(api, schedule, 1)
    assert output_of(api.results(schedule)[0]) == "other\n"


def test_a_new_frequency_counts_at_once(api: Api, cloud: SimulatedCloud, schedule: str) -> None:
    api("ModifyInvocationAttribute", InvokeId=schedule, Frequency="0 0 0 1 1 ? 2090")
    assert shown(api, schedule)["Frequency"] == "0 0 0 1 1 ? 2090"

    cloud.advance(3600)

    scheduled(api, schedule, 0)
    assert cloud.journal.executions() == []


def test_instances_are_added(api: Api, cloud: SimulatedCloud, schedule: str, linux: list[str]) -> None:
    api("ModifyInvocationAttribute", InvokeId=schedule, InstanceId=linux)

    assert list(scheduled(api, schedule, 0)) == linux
    cloud.advance(600)
    scheduled(api, schedule, 1)
    assert sorted(ran.instance_id for ran in cloud.journal.executions()) == sorted(linux)


def test_a_token_makes_it_happen_once(api: Api, schedule: str) -> None:
    wish = {"InvokeId": schedule, "CommandContent": "echo {{word}}!", "EnableParameter": True, "ClientToken": "m-1"}

    first, second = api("ModifyInvocationAttribute", **wish), api("ModifyInvocationAttribute", **wish)

    assert first.body["CommandId"] == second.body["CommandId"]


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"InvokeId": "t-unknown"}, "InvalidInvokeId.NotFound"),
        ({"Parameters": {"other": "x"}}, "InvalidParameters.KeyNotMatch"),
        ({"Parameters": '{"word":"a","WORD":"b"}'}, "InvalidParameters.KeyDuplicate"),
        ({"Parameters": '{"word":1}'}, "InvalidParameters.ValueTypeUnsupported"),
        ({"Parameters": {f"p{n}": "" for n in range(11)}}, "InvalidParameters.CountLimitExceeded"),
        ({"Parameters": {"p" * 65: ""}}, "InvalidParameters.KeyLengthLimitExceeded"),
        ({"CommandContent": "%%", "ContentEncoding": "Base64"}, "InvalidCommandContent.DecodeError"),
        ({"CommandContent": "{{word}}" + "x" * 18432}, "InvalidCommandContent.LengthLimitExceeded"),
        ({"CommandContent": "echo {{more}} {{word}}"}, "InvalidParameters.KeyNotMatch"),
        ({"Frequency": "rate(1s)"}, "InvalidParameter.Frequency"),
        ({"InstanceId": ["i-unknown"]}, "InvalidInstanceId.NotFound"),
        ({"InstanceId": [f"i-{n}" for n in range(100)]}, "InvalidInstanceId.CountLimitExceeded"),
    ],
)
def test_what_cannot_be_changed_is_refused(api: Api, schedule: str, wish: dict[str, Any], code: str) -> None:
    before = shown(api, schedule)

    assert api("ModifyInvocationAttribute", **{"InvokeId": schedule, **wish}).code == code
    assert shown(api, schedule) == before


def test_windows_instances_do_not_join_a_shell_command(api: Api, schedule: str, windows: list[str]) -> None:
    assert api("ModifyInvocationAttribute", InvokeId=schedule, InstanceId=windows).code == "InvalidInstance.NotMatch"


def test_only_what_repeats_or_waits_for_a_boot_can_be_changed(api: Api, linux: list[str], schedule: str) -> None:
    once = api.invoke(api.command(), linux[:1])
    boot = api.invoke(api.command(), linux[:1], RepeatMode="NextRebootOnly")

    def changed(invoke_id: str, **wish: Any) -> str:
        return api("ModifyInvocationAttribute", InvokeId=invoke_id, **wish).code

    assert changed(once, CommandContent="echo") == "InvalidOperation.RepeatModeUnsupported"
    assert changed(boot, Frequency="rate(5m)") == "InvalidOperation.RepeatModeUnsupported"
    assert changed(boot, CommandContent="echo") == ""
    api("StopInvocation", InvokeId=schedule)
    assert changed(schedule, Frequency="rate(5m)") == "InvalidOperation.InvokeAlreadyFinished"


def test_the_content_of_a_public_command_cannot_be_changed(api: Api, linux: list[str]) -> None:
    public = api("DescribeCommands", Provider="AlibabaCloud", Type="RunShellScript", MaxResults=50).body["Commands"][
        "Command"
    ]
    plain = next(row for row in public if not row["EnableParameter"])
    invoke_id = api.invoke(plain["CommandId"], linux[:1], Frequency="rate(10m)")

    reply = api("ModifyInvocationAttribute", InvokeId=invoke_id, CommandContent="echo")

    assert (reply.status, reply.code) == (403, "InvalidOperation.ModifyPublicCommandUnsupported")
