"""Which RAM actions the console's identity has, found out by calls that change nothing.

A call that names a command, a machine or a run that does not exist is refused for that, or for want of the permission:
the answer tells which. What starts something is a dry run besides. A policy that is limited to tagged machines refuses
what names none of them: give a real one to ask about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cloud import limiter, sdk
from cloud.connection import Connection
from cloud.errors import BadCredentials, CloudError, NotPermitted, Refused, RegionUnavailable, Throttled
from cloud.gate import BRING_A_PERMIT, PERMIT_WAIT, SERVICES, call
from cloud.regions import HOME_REGION

NO_COMMAND = "c-doctor0does0not0exist"
NO_RUN = "t-doctor0does0not0exist"
NO_INSTANCE = "i-doctor0does0not0exist"


class Verdict(StrEnum):
    ALLOWED = "allowed"
    MISSING = "missing"
    DOUBTFUL = "doubtful"  # refused for a machine that does not exist, as a policy limited to tagged ones does, too
    UNKNOWN = "unknown"  # the cloud could not be asked
    UNTRIED = "untried"  # there is no way to try it without an effect


@dataclass(frozen=True, slots=True)
class Finding:
    action: str  # ecs:InvokeCommand
    purpose: str
    verdict: Verdict
    code: str = ""  # of the cloud's answer, or of what went wrong


@dataclass(frozen=True, slots=True)
class _Probe:
    operation: str
    purpose: str
    request: Callable[[Any, str, str], Any]  # of the SDK's models, the region, an instance
    is_tagged: bool = False  # the README's policy limits it to machines with a tag


PROBES = (
    _Probe("DescribeRegions", "list the regions", lambda ecs, region, i: ecs.DescribeRegionsRequest()),
    _Probe(
        "DescribeInstances",
        "list instances",
        lambda ecs, region, i: ecs.DescribeInstancesRequest(region_id=region, dry_run=True),
    ),
    _Probe(
        "DescribeCloudAssistantStatus",
        "see their agents",
        lambda ecs, region, i: ecs.DescribeCloudAssistantStatusRequest(region_id=region, instance_id=[NO_INSTANCE]),
    ),
    _Probe(
        "DescribeManagedInstances",
        "list managed instances",
        lambda ecs, region, i: ecs.DescribeManagedInstancesRequest(region_id=region, max_results=1),
    ),
    _Probe(
        "DescribeCommands",
        "list commands",
        lambda ecs, region, i: ecs.DescribeCommandsRequest(region_id=region, command_id=NO_COMMAND),
    ),
    _Probe(
        "DescribeInvocations",
        "follow runs, and look up what is in doubt",
        lambda ecs, region, i: ecs.DescribeInvocationsRequest(region_id=region, invoke_id=NO_RUN),
    ),
    _Probe(
        "DescribeInvocationResults",
        "read outputs",
        lambda ecs, region, i: ecs.DescribeInvocationResultsRequest(region_id=region, invoke_id=NO_RUN),
    ),
    _Probe(
        "DescribeAccountAttributes",
        "know the quota",
        lambda ecs, region, i: ecs.DescribeAccountAttributesRequest(
            region_id=region, attribute_name=["max-axt-invocation-daily"]
        ),
    ),
    _Probe(
        "InvokeCommand",
        "run saved commands",
        lambda ecs, region, instance: ecs.InvokeCommandRequest(
            region_id=region, command_id=NO_COMMAND, instance_id=[instance], repeat_mode="DryRun"
        ),
        is_tagged=True,
    ),
    _Probe(
        "StopInvocation",
        "stop runs",
        lambda ecs, region, instance: ecs.StopInvocationRequest(
            region_id=region, invoke_id=NO_RUN, instance_id=[instance]
        ),
        is_tagged=True,
    ),
    _Probe(
        "StartInstances",
        "start instances",
        lambda ecs, region, instance: ecs.StartInstancesRequest(region_id=region, instance_id=[instance], dry_run=True),
        is_tagged=True,
    ),
    _Probe(
        "InstallCloudAssistant",
        "install the agent",
        lambda ecs, region, i: ecs.InstallCloudAssistantRequest(region_id=region, instance_id=[NO_INSTANCE]),
        is_tagged=True,
    ),
    _Probe(
        "RunCommand",
        "run scripts without saving them",
        lambda ecs, region, i: ecs.RunCommandRequest(
            region_id=region,
            type="RunShellScript",
            command_content="true",
            instance_id=[NO_INSTANCE],
            repeat_mode="DryRun",
        ),
    ),
    _Probe(
        "ModifyCommand",
        "edit commands",
        lambda ecs, region, i: ecs.ModifyCommandRequest(region_id=region, command_id=NO_COMMAND, timeout=60),
    ),
    _Probe(
        "DeleteCommand",
        "delete commands",
        lambda ecs, region, i: ecs.DeleteCommandRequest(region_id=region, command_id=NO_COMMAND),
    ),
    _Probe(
        "ListSecretParameters",
        "offer names of passwords",
        lambda ecs, region, i: sdk.oos().ListSecretParametersRequest(region_id=region, max_results=1),
    ),
)
UNTRIED = (
    ("ecs:CreateCommand", "save commands: it has no dry run"),
    ("oos:GetSecretParameter", "run Windows commands as another user than System: the try would read a password"),
    ("ecs:TagResources", "tag runs, in accounts that ask for it: it would tag something"),
)


def findings(connection: Connection, region: str, *, instance_id: str = "") -> Iterator[Finding]:
    """One for each action. `instance_id`: a real machine with the tag, which nothing is done to."""
    for probe in PROBES:
        yield _try(probe, connection, region, instance_id)
    for action, purpose in UNTRIED:
        yield Finding(action, purpose, Verdict.UNTRIED)


def _try(probe: _Probe, connection: Connection, region: str, instance_id: str) -> Finding:
    action = f"{SERVICES.get(probe.operation, 'ecs')}:{probe.operation}"
    where = HOME_REGION if probe.operation == "DescribeRegions" else region
    try:
        if probe.operation in BRING_A_PERMIT:
            limiter.acquire(probe.operation, region, wait=PERMIT_WAIT)
        call(probe.operation, connection, where, probe.request(sdk.ecs(), region, instance_id or NO_INSTANCE))
    except CloudError as error:
        return Finding(action, probe.purpose, _verdict(probe, error, is_real=bool(instance_id)), error.code)
    return Finding(action, probe.purpose, Verdict.ALLOWED)


def _verdict(probe: _Probe, error: CloudError, *, is_real: bool) -> Verdict:
    """A refusal for any other reason comes after the permission was looked at."""
    if isinstance(error, NotPermitted):
        names_none = probe.is_tagged and (not is_real or probe.operation == "InstallCloudAssistant")
        return Verdict.DOUBTFUL if names_none else Verdict.MISSING
    is_answered = isinstance(error, Refused) and not isinstance(error, Throttled | RegionUnavailable | BadCredentials)
    return Verdict.ALLOWED if is_answered else Verdict.UNKNOWN
