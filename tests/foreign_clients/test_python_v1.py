"""Alibaba's Python SDK of the years before (`aliyun-python-sdk-core`), which signs in the old way."""

import base64
import json
from typing import Any

import pytest
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkecs.request.v20140526 import (
    DescribeCommandsRequest,
    DescribeInstancesRequest,
    DescribeInvocationResultsRequest,
    DescribeRegionsRequest,
    InvokeCommandRequest,
    RunCommandRequest,
    StopInvocationRequest,
)

from tests.foreign_clients.patience import until
from tests.simulated_cloud import SimulatedCloud

REGION = "cn-hangzhou"


class Old:
    """One client; `call` sends a request with these fields set and reads the JSON answer."""

    def __init__(self, cloud: SimulatedCloud, secret: str) -> None:
        self._client = AcsClient(cloud.access_key[0], secret, REGION, auto_retry=False)
        self._endpoint = f"127.0.0.1:{cloud.port}"

    def call(self, request: Any, **fields: Any) -> dict[str, Any]:
        request.set_endpoint(self._endpoint)
        request.set_protocol_type("http")
        request.set_accept_format("JSON")
        for name, value in fields.items():
            getattr(request, f"set_{name}")(value)
        answer: dict[str, Any] = json.loads(self._client.do_action_with_exception(request))
        return answer

    def results(self, invoke_id: str) -> list[dict[str, Any]]:
        request = DescribeInvocationResultsRequest.DescribeInvocationResultsRequest()
        answer = self.call(request, InvokeId=invoke_id, PageSize=50, PageNumber=1)
        return list(answer["Invocation"]["InvocationResults"]["InvocationResult"])


@pytest.fixture
def old(cloud: SimulatedCloud) -> Old:
    return Old(cloud, cloud.access_key[1])


def test_list_invoke_results_stop(old: Old, cloud: SimulatedCloud, targets: list[str]) -> None:
    regions = old.call(DescribeRegionsRequest.DescribeRegionsRequest())["Regions"]["Region"]
    assert REGION in {region["RegionId"] for region in regions}
    found = old.call(DescribeInstancesRequest.DescribeInstancesRequest(), InstanceIds=json.dumps(targets), PageSize=10)
    assert [row["InstanceId"] for row in found["Instances"]["Instance"]] == targets
    saved = old.call(DescribeCommandsRequest.DescribeCommandsRequest(), Name="check-disk-usage")["Commands"]["Command"]

    invoked = old.call(
        InvokeCommandRequest.InvokeCommandRequest(),
        CommandId=saved[0]["CommandId"],
        InstanceIds=targets,
        Parameters=json.dumps({"threshold": "99"}),
    )
    rows = until(
        lambda: old.results(invoked["InvokeId"]), lambda rows: {row["InvocationStatus"] for row in rows} == {"Success"}
    )
    assert all(b"used" in base64.b64decode(row["Output"]) for row in rows)

    long = old.call(
        RunCommandRequest.RunCommandRequest(),
        Type="RunShellScript",
        CommandContent="sleep 50000",
        InstanceIds=targets,
        Timeout=80000,
    )["InvokeId"]
    until(lambda: old.results(long), lambda rows: {row["InvocationStatus"] for row in rows} == {"Running"})
    old.call(StopInvocationRequest.StopInvocationRequest(), InvokeId=long)
    until(lambda: old.results(long), lambda rows: {row["InvocationStatus"] for row in rows} == {"Terminated"})
    assert {call.status for call in cloud.journal.calls()} == {200}


def test_a_wrong_secret_is_understood(cloud: SimulatedCloud) -> None:
    with pytest.raises(ServerException) as refused:
        Old(cloud, "wrong").call(DescribeRegionsRequest.DescribeRegionsRequest())

    # Its own word for SignatureDoesNotMatch, where the service says that it signed the very same text
    assert (refused.value.get_error_code(), refused.value.get_http_status()) == ("InvalidAccessKeySecret", 400)


def test_a_refusal_is_understood(old: Old) -> None:
    with pytest.raises(ServerException) as refused:
        old.call(StopInvocationRequest.StopInvocationRequest(), InvokeId="t-unknown")

    assert (refused.value.get_error_code(), refused.value.get_http_status()) == ("InvalidInvokeId.NotFound", 404)
