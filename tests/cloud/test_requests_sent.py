"""What leaves: every option of a run, byte for byte, with the date and the token it was given."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from cloud import commands, instances
from cloud.invocations import FrozenRequest, FrozenRun, invoke, list_invocations, run, stop
from tests.cloud.listener import answer

DATE = datetime(2026, 11, 25, 8, 0, 1, tzinfo=UTC)


@pytest.fixture
def sent(listener, to_listener):
    """The query of an InvokeCommand."""

    def query(request: FrozenRequest) -> dict[str, str]:
        invoke(to_listener, request, client_token="token-1", date=DATE)
        return listener.heard[-1].query

    return query


def test_the_smallest_run_sends_nothing_that_was_not_asked_for(sent, request_for):
    assert sent(request_for()) == {
        "ClientToken": "token-1",
        "CommandId": "c-1",
        "InstanceId.1": "i-1",
        "InstanceId.2": "i-2",
        "RegionId": "cn-hangzhou",
        "RepeatMode": "Once",
    }


def test_every_option_of_a_run_is_sent_as_the_api_calls_it(sent, request_for):
    request = request_for(
        parameters='{"name":"Jack 王*~","empty":""}',
        username="deploy",
        windows_password_name="win-password",
        timeout=90,
        working_dir="/srv",
        repeat_mode="Period",
        frequency="rate(10m)",
        termination_mode="ProcessTree",
        container_id="abc",
        container_name="web",
        oss_output_delivery="oss://bucket/prefix",
        launcher="python3 -u {{ACS::ScriptFileName}}",
        tags=(("console-batch", "b"), ("console-run", "r")),
    )

    assert sent(request) == {
        "ClientToken": "token-1",
        "CommandId": "c-1",
        "ContainerId": "abc",
        "ContainerName": "web",
        "Frequency": "rate(10m)",
        "InstanceId.1": "i-1",
        "InstanceId.2": "i-2",
        "Launcher": "python3 -u {{ACS::ScriptFileName}}",
        "OssOutputDelivery": "oss://bucket/prefix",
        "Parameters": '{"name":"Jack 王*~","empty":""}',
        "RegionId": "cn-hangzhou",
        "RepeatMode": "Period",
        "Tag.1.Key": "console-batch",
        "Tag.1.Value": "b",
        "Tag.2.Key": "console-run",
        "Tag.2.Value": "r",
        "TerminationMode": "ProcessTree",
        "Timeout": "90",
        "Username": "deploy",
        "WindowsPasswordName": "win-password",
        "WorkingDir": "/srv",
    }


@pytest.mark.parametrize("values", [{"a": "1", "b": "2"}, {"b": "2", "a": "1"}, {"x": '"\\\n\t '}, {"空": "🙂\u2028"}])
def test_frozen_parameters_leave_as_the_very_bytes_they_are(sent, request_for, values):
    frozen = json.dumps(values, ensure_ascii=False, separators=(",", ":"))

    assert sent(request_for(parameters=frozen))["Parameters"] == frozen


def test_a_script_is_run_without_being_saved(listener, to_listener):
    request = FrozenRun(
        region="cn-hangzhou", instance_ids=("i-1",), type="RunShellScript", content="echo 'hi' {{name}}", name="once",
        description="what for", enable_parameter=True, parameters='{"name":"x"}', timeout=30,
    )  # fmt: skip

    accepted = run(to_listener, request, client_token="token-1", date=DATE)

    assert accepted.invoke_id == "t-1"
    heard = listener.heard[0]
    assert heard.headers["x-acs-action"] == "RunCommand"
    assert heard.query == {
        "ClientToken": "token-1",
        "CommandContent": "echo 'hi' {{name}}",
        "ContentEncoding": "PlainText",
        "Description": "what for",
        "EnableParameter": "True",
        "InstanceId.1": "i-1",
        "KeepCommand": "False",
        "Name": "once",
        "Parameters": '{"name":"x"}',
        "RegionId": "cn-hangzhou",
        "RepeatMode": "Once",
        "Timeout": "30",
        "Type": "RunShellScript",
    }


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=8))])
def test_a_run_is_signed_with_the_date_it_is_given(listener, to_listener, request_for, zone):
    invoke(to_listener, request_for(), client_token="token-1", date=DATE.astimezone(zone))

    headers = listener.heard[0].headers
    assert headers["x-acs-date"] == "2026-11-25T08:00:01Z"
    assert ";x-acs-date;" in headers["authorization"]


def test_a_read_is_signed_with_the_present(listener, to_listener):
    listener.script = answer({"RequestId": "R-1", "Invocations": {"Invocation": []}})

    list_invocations(to_listener, "cn-hangzhou")

    signed = datetime.fromisoformat(listener.heard[0].headers["x-acs-date"])
    assert abs(datetime.now(UTC) - signed) < timedelta(minutes=1)


def test_the_cloud_believes_a_signature_over_the_given_date(simulator, connection, request_for):
    """The simulated cloud recomputes the signature; an old date is refused only because it is old."""
    simulator.rule("check_date")
    command_id = commands.list_commands(connection, "cn-hangzhou", name="check-disk-usage")[0].command_id
    request = request_for(
        command_id=command_id,
        instance_ids=tuple(simulator.running_instances("cn-hangzhou", 1)),
        parameters='{"threshold":"90"}',
    )

    accepted = invoke(connection, request, client_token="t" * 32, date=datetime.now(UTC) - timedelta(minutes=10))

    assert accepted.invoke_id.startswith("t-")


@pytest.mark.parametrize(("count", "sizes"), [(0, [0]), (1, [1]), (50, [50]), (51, [50, 1]), (100, [50, 50])])
def test_stopping_goes_in_slices_of_fifty(listener, to_listener, count, sizes):
    stop(to_listener, "cn-hangzhou", "t-1", instance_ids=[f"i-{n}" for n in range(count)])

    assert [sum(key.startswith("InstanceId.") for key in heard.query) for heard in listener.heard] == sizes


def test_installing_goes_in_slices_of_fifty(listener, to_listener):
    instances.install_agent(to_listener, "cn-hangzhou", [f"i-{n}" for n in range(120)])

    assert [sum(key.startswith("InstanceId.") for key in heard.query) for heard in listener.heard] == [50, 50, 20]


def test_what_is_not_to_be_changed_of_a_command_is_not_sent(listener, to_listener):
    commands.modify_command(to_listener, "cn-hangzhou", "c-1", description="", timeout=90)

    assert listener.heard[0].query == {
        "CommandId": "c-1",
        "Description": "",
        "RegionId": "cn-hangzhou",
        "Timeout": "90",
    }


@pytest.mark.parametrize(("timed", "sent_as"), [(None, None), (True, "True"), (False, "False")])
def test_schedules_are_asked_for_only_when_wanted(listener, to_listener, timed, sent_as):
    listener.script = answer({"RequestId": "R-1", "Invocations": {"Invocation": []}})

    list_invocations(to_listener, "cn-hangzhou", tags={"console-batch": "b"}, timed=timed)

    query = listener.heard[0].query
    assert query.get("Timed") == sent_as
    assert (query["Tag.1.Key"], query["Tag.1.Value"]) == ("console-batch", "b")
