"""Alibaba's Python SDK of today (`alibabacloud_ecs20140526`), used as its own documentation shows it."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException, ThrottlingException
from alibabacloud_tea_openapi.utils_models import Config

from tests.foreign_clients.patience import until
from tests.simulated_cloud import SimulatedCloud

REGION = "cn-hangzhou"


@pytest.fixture(params=[None, "v2"], ids=["ACS3", "old signature"])
def connect(request: pytest.FixtureRequest, cloud: SimulatedCloud) -> Callable[[str], Client]:
    def connected(secret: str = cloud.access_key[1]) -> Client:
        config = Config(
            access_key_id=cloud.access_key[0],
            access_key_secret=secret,
            region_id=REGION,
            endpoint=f"127.0.0.1:{cloud.port}",
            protocol="http",
        )
        if request.param:
            config.signature_algorithm = request.param
        return Client(config)

    return connected


def rows_of(client: Client, invoke_id: str) -> list[Any]:
    request = models.DescribeInvocationResultsRequest(region_id=REGION, invoke_id=invoke_id, max_results=50)
    return list(client.describe_invocation_results(request).body.invocation.invocation_results.invocation_result)


def test_list_invoke_results_stop(connect: Callable[..., Client], cloud: SimulatedCloud, targets: list[str]) -> None:
    client = connect()
    regions = client.describe_regions(models.DescribeRegionsRequest(accept_language="en-US")).body.regions.region
    assert "China (Hangzhou)" in {region.local_name for region in regions}
    found = client.describe_instances(
        models.DescribeInstancesRequest(region_id=REGION, instance_ids=str(targets).replace("'", '"'))
    )
    assert [row.instance_id for row in found.body.instances.instance] == targets
    saved = client.describe_commands(
        models.DescribeCommandsRequest(region_id=REGION, name="check-disk-usage")
    ).body.commands.command
    assert saved[0].parameter_names.parameter_name == ["threshold"]

    created = client.create_command(
        models.CreateCommandRequest(
            region_id=REGION,
            name="greet 王",
            type="RunShellScript",
            command_content=base64.b64encode(b"echo 'hello {{name}}'").decode(),
            enable_parameter=True,
        )
    )
    invoked = client.invoke_command(
        models.InvokeCommandRequest(
            region_id=REGION,
            command_id=created.body.command_id,
            instance_id=targets,
            parameters={"name": "Jack 王*~"},
            client_token="v2-token",
            timeout=60,
            timed=False,
            tag=[models.InvokeCommandRequestTag(key="console:run", value="1")],
        )
    )
    invoke_id = invoked.body.invoke_id
    rows = until(
        lambda: rows_of(client, invoke_id), lambda rows: {row.invocation_status for row in rows} == {"Success"}
    )
    assert {base64.b64decode(row.output).decode() for row in rows} == {"hello Jack 王*~\n"}
    assert {row.exit_code for row in rows} == {0}

    listed = client.describe_invocations(
        models.DescribeInvocationsRequest(
            region_id=REGION, tag=[models.DescribeInvocationsRequestTag(key="console:run", value="1")]
        )
    ).body.invocations.invocation
    assert [(row.invoke_id, row.invocation_status, row.parameters) for row in listed] == [
        (invoke_id, "Success", '{"name":"Jack 王*~"}')
    ]

    long = client.run_command(
        models.RunCommandRequest(
            region_id=REGION, type="RunShellScript", command_content="sleep 50000", instance_id=targets, timeout=80000
        )
    ).body.invoke_id
    until(lambda: rows_of(client, long), lambda rows: {row.invocation_status for row in rows} == {"Running"})
    client.stop_invocation(models.StopInvocationRequest(region_id=REGION, invoke_id=long))
    until(lambda: rows_of(client, long), lambda rows: {row.invocation_status for row in rows} == {"Terminated"})
    assert {call.status for call in cloud.journal.calls()} == {200}


def test_a_wrong_secret_is_understood(connect: Callable[..., Client]) -> None:
    with pytest.raises(ClientException) as refused:
        connect("wrong").describe_regions(models.DescribeRegionsRequest())

    assert (refused.value.code, refused.value.status_code) == ("SignatureDoesNotMatch", 400)


def test_refusals_and_throttling_are_understood(connect: Callable[..., Client], cloud: SimulatedCloud) -> None:
    client = connect()
    with pytest.raises(ClientException) as refused:
        client.stop_invocation(models.StopInvocationRequest(region_id=REGION, invoke_id="t-unknown"))
    assert (refused.value.code, refused.value.status_code) == ("InvalidInvokeId.NotFound", 404)
    assert refused.value.data["Message"] == "The specified invoke ID does not exist."

    cloud.fault("DescribeRegions", "throttle", retry_after=1234)
    with pytest.raises(ThrottlingException) as throttled:
        client.describe_regions(models.DescribeRegionsRequest())
    assert throttled.value.retry_after == 1234

    cloud.fault("DescribeInstances", "forbid")
    with pytest.raises(ClientException) as forbidden:
        client.describe_instances(models.DescribeInstancesRequest(region_id=REGION, dry_run=True))
    assert forbidden.value.access_denied_detail["AuthAction"] == "ecs:DescribeInstances"


def test_every_list_is_parsed_without_loss(connect: Callable[..., Client], targets: list[str]) -> None:
    """The SDK silently drops a whole answer whose shape it does not expect."""
    client = connect()
    status = client.describe_cloud_assistant_status(
        models.DescribeCloudAssistantStatusRequest(region_id=REGION, instance_id=targets)
    ).body.instance_cloud_assistant_status_set.instance_cloud_assistant_status
    assert [(row.instance_id, row.cloud_assistant_status) for row in status] == [(each, "true") for each in targets]
    managed = client.describe_managed_instances(models.DescribeManagedInstancesRequest(region_id=REGION)).body.instances
    assert managed[0].instance_id.startswith("mi-")
    assert managed[0].tags[0].tag_key == "site"
    public = client.describe_commands(
        models.DescribeCommandsRequest(region_id=REGION, provider="AlibabaCloud", max_results=50)
    ).body.commands.command
    definitions = [each for row in public for each in row.parameter_definitions.parameter_definition]
    assert {type(each.required) for each in definitions} == {bool}
    quota = client.describe_account_attributes(
        models.DescribeAccountAttributesRequest(region_id=REGION, attribute_name=["max-axt-invocation-daily"])
    ).body.account_attribute_items.account_attribute_item
    assert quota[0].attribute_values.value_item[0].value == "5000"


def test_the_other_products_answer_on_the_same_port(cloud: SimulatedCloud) -> None:
    from alibabacloud_oos20190601 import models as oos
    from alibabacloud_oos20190601.client import Client as OosClient
    from alibabacloud_sts20150401.client import Client as StsClient

    config = Config(
        access_key_id=cloud.access_key[0],
        access_key_secret=cloud.access_key[1],
        region_id=REGION,
        endpoint=f"127.0.0.1:{cloud.port}",
        protocol="http",
    )

    secrets = (
        OosClient(config).list_secret_parameters(oos.ListSecretParametersRequest(region_id=REGION)).body.parameters
    )
    identity = StsClient(config).get_caller_identity().body

    assert "win-deploy-password" in {secret.name for secret in secrets}
    assert identity.identity_type == "RAMUser"
    assert identity.account_id in identity.arn
