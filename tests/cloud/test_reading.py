"""Reading answers: what is missing, odd or newer than we are does no harm (A66 to A70)."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud import answers, clock, commands, instances, invocations
from cloud.errors import OutcomeUnknown
from tests.cloud.listener import answer


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-24T08:00:01Z", datetime(2026, 11, 24, 8, 0, 1, tzinfo=UTC)),
        ("2026-11-24T08:00Z", datetime(2026, 11, 24, 8, 0, tzinfo=UTC)),
        ("2026-11-24T16:00:01+08:00", datetime(2026, 11, 24, 8, 0, 1, tzinfo=UTC)),
        ("2026-11-24T08:00:01", datetime(2026, 11, 24, 8, 0, 1, tzinfo=UTC)),
        ("", None),
        ("soon", None),
        ("2026-13-24T08:00:01Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        (None, None),
        (5, None),
        (["2026-11-24T08:00:01Z"], None),
    ],
)
def test_times_are_utc_or_nothing(written, read):
    assert answers.moment({"At": written}, "At") == read


@pytest.mark.parametrize(
    ("written", "read"),
    [(3, 3), ("3", 3), (0, 0), (-1, -1), ("", None), (None, None), ("x", None), (True, None), (1.5, None), ([], None)],
)
def test_numbers_are_whole_or_nothing(written, read):
    assert answers.number({"N": written}, "N") == read


@pytest.mark.parametrize(
    ("written", "read"),
    [(True, True), ("true", True), ("True", True), (False, False), ("false", False), (None, False), (1, False)],
)
def test_booleans_come_as_words_too(written, read):
    assert answers.flag({"On": written}, "On") is read


@given(st.binary(max_size=64))
def test_outputs_are_the_bytes_they_were(output):
    assert answers.decoded({"Output": base64.b64encode(output).decode()}, "Output") == output


@pytest.mark.parametrize("odd", ["not base64!", "abc", "é", "====", "ab\ncd"])
def test_an_output_that_is_no_base64_is_kept_as_it_came(odd):
    assert answers.decoded({"Output": odd}, "Output") == odd.encode()


LISTS = {
    "Instances": lambda cloud: instances.list_instances(cloud, "cn-hangzhou"),
    "InstanceCloudAssistantStatusSet": lambda cloud: instances.list_agents(cloud, "cn-hangzhou", ["i-1"]),
    "Commands": lambda cloud: commands.list_commands(cloud, "cn-hangzhou"),
    "Invocations": lambda cloud: invocations.list_invocations(cloud, "cn-hangzhou"),
    "Invocation": lambda cloud: invocations.list_results(cloud, "cn-hangzhou", "t-1"),
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("instead", ["absent", None, "text", 5])
def test_an_answer_without_its_list_is_not_an_empty_one(listener, to_listener, name, instead):
    listener.script = answer({"RequestId": "R-1"} | ({} if instead == "absent" else {name: instead}))

    with pytest.raises(OutcomeUnknown) as raised:
        LISTS[name](to_listener)

    assert raised.value.code == "UnreadableAnswer"


def test_rows_that_are_no_rows_are_passed_over(listener, to_listener):
    rows: list[Any] = [None, 5, "x", [], {"InstanceId": "i-1"}]
    listener.script = answer({"RequestId": "R-1", "Instances": {"Instance": rows}})

    assert [each.instance_id for each in instances.list_instances(to_listener, "cn-hangzhou")] == ["i-1"]


def test_a_row_may_lack_everything(listener, to_listener):
    row = {"InstanceId": "i-1"}
    listener.script = answer({"RequestId": "R-1", "Invocation": {"InvocationResults": {"InvocationResult": [row]}}})

    (result,) = invocations.list_results(to_listener, "cn-hangzhou", "t-1")

    assert (result.status, result.exit_code, result.error_code, result.output, result.dropped) == ("", None, "", b"", 0)
    assert (result.started_at, result.finished_at, result.stopped_at) == (None, None, None)


def test_inner_lists_of_another_shape_cost_only_themselves(listener, to_listener):
    """The SDK's own models would drop the whole answer."""
    row = {
        "InstanceId": "i-1",
        "Tags": ["k"],
        "VpcAttributes": "none",
        "EipAddress": [],
        "OperationLocks": {"LockReason": {}},
    }
    listener.script = answer({"RequestId": "R-1", "Instances": {"Instance": [row, {"InstanceId": "i-2"}]}})

    found = instances.list_instances(to_listener, "cn-hangzhou")

    assert [(each.instance_id, each.tags, each.private_ips) for each in found] == [("i-1", {}, ()), ("i-2", {}, ())]


def test_a_locked_instance_says_why_and_both_kinds_of_addresses_are_read(listener, to_listener):
    row = {
        "InstanceId": "i-1",
        "OperationLocks": {"LockReason": [{"LockReason": "financial"}, {"LockReason": "security"}]},
        "InnerIpAddress": {"IpAddress": ["10.0.0.1"]},
        "VpcAttributes": {"PrivateIpAddress": {"IpAddress": ["192.168.0.1"]}},
        "PublicIpAddress": {"IpAddress": ["203.0.113.1"]},
        "EipAddress": {"IpAddress": "203.0.113.2"},
    }
    listener.script = answer({"RequestId": "R-1", "Instances": {"Instance": [row]}})

    (found,) = instances.list_instances(to_listener, "cn-hangzhou")

    assert found.lock_reason == "financial, security"
    assert found.private_ips == ("192.168.0.1", "10.0.0.1")
    assert found.public_ips == ("203.0.113.1", "203.0.113.2")


@pytest.mark.parametrize(
    ("header", "offset"),
    [
        ("Tue, 24 Nov 2026 08:00:00 GMT", 0.5),
        ("Tue, 24 Nov 2026 09:00:00 GMT", 3600.5),
        ("yesterday", None),
        ("", None),
    ],
)
def test_the_date_of_an_answer_tells_the_clouds_clock(header, offset):
    eight = datetime(2026, 11, 24, 8, tzinfo=UTC).timestamp()

    assert clock.measure(header, sent_at=eight - 1, received_at=eight + 1) == offset


def test_the_clocks_difference_is_remembered_per_connection(connection, to_listener, simulator):
    assert clock.offset(to_listener) is None

    simulator.clock(-120)
    instances.list_instances(connection, "cn-hangzhou", instance_ids=["i-1"])

    assert clock.offset(connection) == pytest.approx(-120, abs=2)


def test_only_the_api_itself_tells_the_time(listener, to_listener):
    listener.script = answer(raw=b"<html>", status=502, Date="Tue, 24 Nov 2020 08:00:00 GMT")
    with pytest.raises(OutcomeUnknown):
        instances.list_instances(to_listener, "cn-hangzhou")

    assert clock.offset(to_listener) is None
