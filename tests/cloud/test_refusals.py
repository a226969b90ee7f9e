"""Every operation, refused in every way the cloud knows, says so by one member of the family (A55, A75, A76, A77)."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from cloud import account, commands, health, instances, invocations, limiter, regions
from cloud.connection import Connection
from cloud.errors import (
    BadCredentials,
    CloudError,
    NotPermitted,
    OutcomeUnknown,
    RegionUnavailable,
    Rejected,
    Throttled,
)
from cloud.invocations import FrozenRequest, FrozenRun
from tests.cloud.conftest import connected_to

HANGZHOU = "cn-hangzhou"
RUN = {"region": HANGZHOU, "instance_ids": ("i-1",)}
NOW = {"client_token": "token", "date": datetime(2026, 11, 25, tzinfo=UTC)}
SHELL = {"type": "RunShellScript", "content": "true"}

OPERATIONS: dict[str, Callable[[Connection], object]] = {
    "DescribeRegions": regions.list_regions,
    "DescribeInstances": lambda cloud: instances.list_instances(cloud, HANGZHOU),
    "DescribeCloudAssistantStatus": lambda cloud: instances.list_agents(cloud, HANGZHOU, ["i-1"]),
    "DescribeManagedInstances": lambda cloud: instances.list_managed_instances(cloud, HANGZHOU),
    "StartInstances": lambda cloud: instances.start_instances(cloud, HANGZHOU, ["i-1"]),
    "InstallCloudAssistant": lambda cloud: instances.install_agent(cloud, HANGZHOU, ["i-1"]),
    "DescribeCommands": lambda cloud: commands.list_commands(cloud, HANGZHOU),
    "CreateCommand": lambda cloud: commands.create_command(cloud, HANGZHOU, name="n", client_token="t", **SHELL),
    "ModifyCommand": lambda cloud: commands.modify_command(cloud, HANGZHOU, "c-1", name="n"),
    "DeleteCommand": lambda cloud: commands.delete_command(cloud, HANGZHOU, "c-1"),
    "InvokeCommand": lambda cloud: invocations.invoke(cloud, FrozenRequest(command_id="c-1", **RUN), **NOW),
    "RunCommand": lambda cloud: invocations.run(cloud, FrozenRun(**SHELL, **RUN), **NOW),
    "DescribeInvocations": lambda cloud: invocations.list_invocations(cloud, HANGZHOU),
    "DescribeInvocationResults": lambda cloud: invocations.list_results(cloud, HANGZHOU, "t-1"),
    "StopInvocation": lambda cloud: invocations.stop(cloud, HANGZHOU, "t-1"),
    "DescribeAccountAttributes": lambda cloud: account.daily_quota(cloud, HANGZHOU),
    "ListSecretParameters": lambda cloud: account.list_secret_names(cloud, HANGZHOU),
}


@pytest.fixture(params=OPERATIONS)
def operation(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def refusal_of(connection: Connection) -> Callable[[str], CloudError]:
    def refusal(operation: str) -> CloudError:
        with pytest.raises(CloudError) as raised:
            OPERATIONS[operation](connection)
        return raised.value

    return refusal


def test_every_operation_of_the_sdk_that_the_gateway_calls_is_refused_here(repository):
    source = "".join(file.read_text() for file in (repository / "cloud").glob("*.py"))
    called = set(re.findall(r'(?:call|every_row)\(\s*"(\w+)"', source))

    assert called - {"GetCallerIdentity"} == set(OPERATIONS)


def test_throttled(operation, simulator, refusal_of):
    simulator.fault(operation, "throttle", code="Throttling.User", retry_after=1500)

    error = refusal_of(operation)

    assert isinstance(error, Throttled)
    assert (error.code, error.retry_after) == ("Throttling.User", 1.5)
    assert error.request_id


@pytest.mark.parametrize("operation", sorted(OPERATIONS.keys() - {"DescribeInstances"}))  # which answers an empty list
def test_not_permitted(operation, simulator, refusal_of):
    simulator.fault(operation, "forbid")

    error = refusal_of(operation)

    service = "oos" if operation == "ListSecretParameters" else "ecs"
    assert isinstance(error, NotPermitted)
    assert error.action == f"{service}:{operation}"


@pytest.mark.parametrize("state", ["expired", "revoked"])
def test_credentials_no_longer_good(operation, simulator, refusal_of, state):
    simulator.fault(operation, "credentials", state=state)

    assert isinstance(refusal_of(operation), BadCredentials)


def test_wrong_secret(operation, simulator):
    with pytest.raises(BadCredentials) as raised:
        OPERATIONS[operation](connected_to(simulator.url, (simulator.access_key[0], "wrong")))

    assert raised.value.code == "SignatureDoesNotMatch"


def test_unknown_key(operation, simulator):
    with pytest.raises(BadCredentials) as raised:
        OPERATIONS[operation](connected_to(simulator.url, ("LTAI-unknown", "x")))

    assert raised.value.code == "InvalidAccessKeyId.NotFound"


def test_region_closed(operation, simulator, refusal_of):
    simulator.fault(operation, "region_closed")

    error = refusal_of(operation)

    assert isinstance(error, RegionUnavailable)
    assert error.message


def test_rejected(operation, simulator, refusal_of):
    simulator.fault(operation, "reject", code="InvalidParameter")

    assert isinstance(refusal_of(operation), Rejected)


@pytest.mark.parametrize("fault", ["close_before", "lose_after", "truncate", "bad_gzip"])
def test_no_whole_answer(operation, simulator, refusal_of, fault):
    simulator.fault(operation, fault)

    assert isinstance(refusal_of(operation), (OutcomeUnknown, Rejected))
    assert simulator.journal.calls(operation)


@pytest.mark.parametrize(
    "body", ["empty_object", "null", "list", "error", "html", "empty", "bad_utf8", "two_documents"]
)
def test_a_good_status_over_nonsense(operation, simulator, refusal_of, body):
    simulator.fault(operation, "body", body=body, when="before")

    assert isinstance(refusal_of(operation), OutcomeUnknown)


@pytest.mark.parametrize(("status", "body"), [(502, "html"), (503, "json"), (504, "empty"), (403, "html")])
def test_a_status_without_the_apis_word(operation, simulator, refusal_of, status, body):
    simulator.fault(operation, "status", code=status, body=body)

    error = refusal_of(operation)

    assert isinstance(error, OutcomeUnknown)
    assert error.http_status == status


def test_a_clock_that_is_off_names_the_difference(operation, simulator, refusal_of):
    simulator.rule("check_date")
    simulator.clock(3600)

    error = refusal_of(operation)

    assert isinstance(error, BadCredentials)
    assert error.clock_is_off
    assert error.clock_offset == pytest.approx(3600, abs=2)


def test_a_throttled_answer_slows_everybody_down_for_that_operation_in_that_region(simulator, refusal_of):
    simulator.fault("DescribeCommands", "throttle", retry_after=30_000)

    refusal_of("DescribeCommands")

    assert not limiter.acquire("DescribeCommands", HANGZHOU, wait=0)
    assert limiter.acquire("DescribeCommands", "cn-beijing", wait=0)
    assert limiter.acquire("DescribeInvocations", HANGZHOU, wait=0)


def test_what_the_cloud_answers_is_remembered_as_health(connection, simulator, refusal_of):
    regions.list_regions(connection)
    simulator.fault("DescribeRegions", "throttle", times=1, retry_after=1)
    refusal_of("DescribeRegions")
    refusal_of("DeleteCommand")
    refusal_of("InvokeCommand")

    seen = {(each.region, each.family): each for each in health.of(health.notes())}

    describe = seen["cn-hangzhou", health.Family.DESCRIBE]
    assert (describe.calls, describe.throttled, describe.error_rate) == (2, 1, 0.5)
    assert describe.last_success_at is not None
    assert describe.last_error_at is not None
    assert describe.last_success_at <= describe.last_error_at
    assert describe.last_error == describe.trouble == "Throttled"
    assert describe.p95_seconds is not None
    assert 0 < describe.p95_seconds < 5
    assert seen["cn-hangzhou", health.Family.CHANGE].calls == 1
    assert seen["cn-hangzhou", health.Family.INVOKE].last_success_at is None


def test_a_passed_dry_run_is_no_error(connection, simulator):
    instances.may_list_instances(connection, HANGZHOU)

    assert [each.last_error for each in health.of(health.notes())] == [""]
