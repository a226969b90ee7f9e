"""Whatever is sent, the answer is one of the API's: a success, or a refusal with a code."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.operations import OPERATIONS
from tests.simulated_cloud import SimulatedCloud
from tests.simulator.plain_http import Api

NAMES = [
    "RegionId",
    "CommandId",
    "InvokeId",
    "InstanceId",
    "InstanceId.1",
    "InstanceId.2",
    "InstanceIds",
    "Name",
    "Type",
    "CommandContent",
    "ContentEncoding",
    "Timeout",
    "Frequency",
    "RepeatMode",
    "Parameters",
    "EnableParameter",
    "Tag.1.Key",
    "Tag.1.Value",
    "ResourceTag.1.Key",
    "MaxResults",
    "NextToken",
    "PageNumber",
    "PageSize",
    "Username",
    "WorkingDir",
    "ClientToken",
    "Timed",
    "IncludeOutput",
    "IncludeHistory",
    "OSType",
    "Status",
    "AttributeName.1",
    "InstanceName",
    "PrivateIpAddresses",
    "TerminationMode",
    "ContainerName",
    "KeepCommand",
    "DryRun",
    "Connected",
    "AcceptLanguage",
]
VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(
        [
            "cn-hangzhou",
            "RunShellScript",
            "Once",
            "Period",
            "true",
            "-1",
            "0",
            "10",
            "99999999999",
            "{}",
            "[]",
            "null",
            "{{a}}",
            '{"a":"b"}',
            "*",
            "*a*",
            "rate(5m)",
            "at()",
            "ZWNobw==",
            "restart-service",
            "\x00",
            "%00",
            "'",
            '"',
            "王",
            "cGFnZTow",
        ]
    ),
)


@pytest.fixture(scope="module")
def cloud_for_all(running_cloud: SimulatedCloud) -> Api:
    running_cloud.reset()
    return Api(running_cloud.port, *running_cloud.access_key)


@given(st.sampled_from(sorted(OPERATIONS)), st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_input_makes_the_service_stumble(
    cloud_for_all: Api, operation: tuple[str, str], parameters: dict[str, str]
) -> None:
    version, name = operation
    fields = {"RegionId": "cn-hangzhou", **parameters}

    reply = cloud_for_all.acs3(name, fields, version=version)

    assert reply.status < 500, (name, fields, reply.raw)
    assert reply.body["RequestId"]
    assert (reply.status == 200) == ("Code" not in reply.body)
