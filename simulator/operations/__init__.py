"""
What the API can do, one module for each kind of thing.

An operation takes the cloud and a call, and raises ApiError or answers the body; it knows no HTTP and no signature.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.cloud import Cloud
from simulator.operations import (
    account,
    agents,
    commands,
    instances,
    invocations,
    invoke,
    power,
    regions,
    results,
    running,
    secrets,
)
from simulator.wire import Body, Call

ECS, OOS, STS = "2014-05-26", "2019-06-01", "2015-04-01"
PRODUCTS = {ECS: "ecs", OOS: "oos", STS: "sts"}


@dataclass(frozen=True, slots=True)
class Operation:
    act: Callable[[Cloud, Call], Body]
    check: Callable[[Cloud, Call], Any] | None = None  # all of its refusals without its effect
    is_regional: bool = True  # needs a RegionId


OPERATIONS: dict[tuple[str, str], Operation] = {
    (ECS, "DescribeRegions"): Operation(regions.describe_regions, is_regional=False),
    (ECS, "DescribeInstances"): Operation(instances.describe_instances),
    (ECS, "DescribeManagedInstances"): Operation(instances.describe_managed_instances),
    (ECS, "DescribeCloudAssistantStatus"): Operation(agents.describe_cloud_assistant_status),
    (ECS, "InstallCloudAssistant"): Operation(agents.install_cloud_assistant),
    (ECS, "StartInstance"): Operation(power.start_instance, is_regional=False),
    (ECS, "StartInstances"): Operation(power.start_instances),
    (ECS, "DescribeCommands"): Operation(commands.describe_commands),
    (ECS, "CreateCommand"): Operation(commands.create_command),
    (ECS, "ModifyCommand"): Operation(commands.modify_command),
    (ECS, "DeleteCommand"): Operation(commands.delete_command),
    (ECS, "InvokeCommand"): Operation(invoke.invoke_command, check=invoke.check_invoke_command),
    (ECS, "RunCommand"): Operation(invoke.run_command, check=invoke.check_run_command),
    (ECS, "DescribeInvocations"): Operation(invocations.describe_invocations),
    (ECS, "DescribeInvocationResults"): Operation(results.describe_invocation_results),
    (ECS, "StopInvocation"): Operation(running.stop_invocation),
    (ECS, "ModifyInvocationAttribute"): Operation(running.modify_invocation_attribute),
    (ECS, "DescribeAccountAttributes"): Operation(account.describe_account_attributes),
    (OOS, "ListSecretParameters"): Operation(secrets.list_secret_parameters, is_regional=False),
    (OOS, "GetSecretParameter"): Operation(secrets.get_secret_parameter, is_regional=False),
    (STS, "GetCallerIdentity"): Operation(account.get_caller_identity, is_regional=False),
}
