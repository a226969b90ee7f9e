"""Machines that can be targets: ECS instances, managed instances, and the agent on both."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cloud import answers, limits, sdk
from cloud.answers import Row
from cloud.codes import DRY_RUN_PASSED
from cloud.connection import Connection
from cloud.errors import NotPermitted, Rejected
from cloud.gate import call
from cloud.paging import every_row, once_each
from cloud.slices import slices

STARTED_CODES = ("", "200", "Success")  # of StartInstances, per instance


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """An ECS instance as DescribeInstances shows it."""

    instance_id: str  # i-…
    name: str
    hostname: str
    status: str  # Pending Running Starting Stopping Stopped
    os_type: str  # linux | windows
    os_name: str
    private_ips: tuple[str, ...]
    public_ips: tuple[str, ...]
    tags: dict[str, str]
    zone: str
    vpc_id: str
    instance_type: str
    lock_reason: str  # "" when not locked
    created_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """The agent on an instance of either kind. Never installed: offline, no version, no heartbeat."""

    instance_id: str
    is_online: bool  # a heartbeat within the last two minutes
    version: str
    last_heartbeat_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedInstance:
    """A machine outside ECS that registered itself. It has no power state: connected or not is all there is."""

    instance_id: str  # mi-…
    name: str
    hostname: str
    os_type: str
    os_version: str
    is_connected: bool
    agent_version: str
    intranet_ip: str
    internet_ip: str
    tags: dict[str, str]
    registered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartResult:
    """`code` is "" where the instance is starting."""

    instance_id: str
    code: str
    message: str


def list_instances(connection: Connection, region: str, *, instance_ids: Sequence[str] | None = None) -> list[Instance]:
    """All instances of the region, or those of `instance_ids` that exist (DescribeInstances).

    Without permission the cloud answers an empty list, not an error: before believing that all are gone, ask
    `may_list_instances`.
    """
    if instance_ids is None:
        return _list_instances(connection, region, None)
    parts = slices(list(dict.fromkeys(instance_ids)), limits.INSTANCE_SLICE)
    return [instance for part in parts for instance in _list_instances(connection, region, part)]


def may_list_instances(connection: Connection, region: str) -> bool:
    """Whether an empty list of instances means that there are none: a dry run asks for the permission alone (A80)."""
    request = sdk.ecs().DescribeInstancesRequest(region_id=region, dry_run=True)
    try:
        call("DescribeInstances", connection, region, request)
    except Rejected as answer:
        if answer.code != DRY_RUN_PASSED:
            raise
    except NotPermitted:
        return False
    return True


def list_agents(connection: Connection, region: str, instance_ids: Sequence[str]) -> list[Agent]:
    """The agents of any number of instances (DescribeCloudAssistantStatus); what no longer exists is left out."""
    parts = slices(list(dict.fromkeys(instance_ids)), limits.AGENT_SLICE)
    return [agent for part in parts for agent in _list_agents(connection, region, part)]


def list_managed_instances(connection: Connection, region: str) -> list[ManagedInstance]:
    """All managed instances of the region; none where the region has no such thing (DescribeManagedInstances)."""
    request = sdk.ecs().DescribeManagedInstancesRequest(region_id=region)
    try:
        found = once_each(
            every_row("DescribeManagedInstances", connection, region, request, "Instances", page=limits.PAGE),
            "InstanceId",
        )
    except Rejected as answer:
        if answer.code != "RegionId.ApiNotSupported":
            raise
        return []
    return [_managed_instance(row) for row in found]


def start_instances(connection: Connection, region: str, instance_ids: Sequence[str]) -> list[StartResult]:
    """Start stopped instances, each for itself (StartInstances). Their agents beat some time after Running."""
    return [
        result
        for part in slices(instance_ids, limits.START_SLICE)
        for result in _start_instances(connection, region, part)
    ]


def install_agent(connection: Connection, region: str, instance_ids: Sequence[str]) -> None:
    """Install the agent (InstallCloudAssistant). Takes effect after a reboot of the instance."""
    for part in slices(instance_ids, limits.INSTALL_SLICE):
        request = sdk.ecs().InstallCloudAssistantRequest(region_id=region, instance_id=list(part))
        call("InstallCloudAssistant", connection, region, request)


def _list_instances(connection: Connection, region: str, instance_ids: Sequence[str] | None) -> list[Instance]:
    wanted = None if instance_ids is None else json.dumps(list(instance_ids))
    request = sdk.ecs().DescribeInstancesRequest(region_id=region, instance_ids=wanted)
    found = every_row(
        "DescribeInstances", connection, region, request, "Instances", "Instance", page=limits.INSTANCE_PAGE
    )
    return [_instance(row) for row in once_each(found, "InstanceId")]


def _list_agents(connection: Connection, region: str, instance_ids: Sequence[str]) -> list[Agent]:
    """One released instance fails the whole call, without being named: halve until it stands alone (A81)."""
    request = sdk.ecs().DescribeCloudAssistantStatusRequest(region_id=region, instance_id=list(instance_ids))
    try:
        answer = call("DescribeCloudAssistantStatus", connection, region, request)
    except Rejected as rejected:
        if not rejected.splits:
            raise
        if len(instance_ids) == 1:
            return []
        middle = len(instance_ids) // 2
        halves = instance_ids[:middle], instance_ids[middle:]
        return [agent for half in halves for agent in _list_agents(connection, region, half)]
    found = answers.rows(answer, "InstanceCloudAssistantStatusSet", "InstanceCloudAssistantStatus")
    return [_agent(row) for row in once_each(iter(found), "InstanceId")]


def _start_instances(connection: Connection, region: str, instance_ids: Sequence[str]) -> list[StartResult]:
    request = sdk.ecs().StartInstancesRequest(
        region_id=region, instance_id=list(instance_ids), batch_optimization="SuccessFirst"
    )
    answer = call("StartInstances", connection, region, request)
    return [_start_result(row) for row in answers.rows(answer, "InstanceResponses", "InstanceResponse")]


def _instance(row: Row) -> Instance:
    vpc = answers.inner(row, "VpcAttributes")
    elastic = answers.text(answers.inner(row, "EipAddress"), "IpAddress")
    locks = answers.inner_rows(row, "OperationLocks", "LockReason")
    return Instance(
        instance_id=answers.text(row, "InstanceId"),
        name=answers.text(row, "InstanceName"),
        hostname=answers.text(row, "HostName"),
        status=answers.text(row, "Status"),
        os_type=answers.text(row, "OSType").lower(),
        os_name=answers.text(row, "OSName"),
        private_ips=answers.texts(vpc, "PrivateIpAddress", "IpAddress")
        + answers.texts(row, "InnerIpAddress", "IpAddress"),
        public_ips=answers.texts(row, "PublicIpAddress", "IpAddress") + ((elastic,) if elastic else ()),
        tags=answers.tags(answers.inner_rows(row, "Tags", "Tag")),
        zone=answers.text(row, "ZoneId"),
        vpc_id=answers.text(vpc, "VpcId"),
        instance_type=answers.text(row, "InstanceType"),
        lock_reason=", ".join(answers.text(lock, "LockReason") for lock in locks),
        created_at=answers.moment(row, "CreationTime"),
    )


def _agent(row: Row) -> Agent:
    return Agent(
        instance_id=answers.text(row, "InstanceId"),
        is_online=answers.flag(row, "CloudAssistantStatus"),
        version=answers.text(row, "CloudAssistantVersion"),
        last_heartbeat_at=answers.moment(row, "LastHeartbeatTime"),
    )


def _managed_instance(row: Row) -> ManagedInstance:
    return ManagedInstance(
        instance_id=answers.text(row, "InstanceId"),
        name=answers.text(row, "InstanceName"),
        hostname=answers.text(row, "Hostname"),
        os_type=answers.text(row, "OsType").lower(),
        os_version=answers.text(row, "OsVersion"),
        is_connected=answers.flag(row, "Connected"),
        agent_version=answers.text(row, "AgentVersion"),
        intranet_ip=answers.text(row, "IntranetIp"),
        internet_ip=answers.text(row, "InternetIp"),
        tags=answers.tags(answers.inner_rows(row, "Tags")),
        registered_at=answers.moment(row, "RegistrationTime"),
    )


def _start_result(row: Row) -> StartResult:
    code = answers.text(row, "Code")
    return StartResult(
        instance_id=answers.text(row, "InstanceId"),
        code="" if code in STARTED_CODES else code,
        message=answers.text(row, "Message"),
    )
