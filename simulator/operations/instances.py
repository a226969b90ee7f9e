"""DescribeInstances, DescribeManagedInstances, and what both and others need to find instances."""

import fnmatch
import json
import re
from collections.abc import Callable, Iterable

from simulator.cloud import Cloud
from simulator.errors import ApiError
from simulator.fleet import MANAGED_REGIONS
from simulator.instances import Instance
from simulator.limits import TAG_RESULTS
from simulator.paging import Page
from simulator.wire import Body, Call, tag_list, utc, utc_minutes

_STATUSES = frozenset({"Pending", "Running", "Starting", "Stopping", "Stopped"})
Test = Callable[[Instance], bool]


def describe_instances(cloud: Cloud, call: Call) -> Body:
    page = Page.asked(call, largest=100, default=10, least=10, clamp=True)
    tests = _ecs_tests(cloud, call)
    if call.flag("DryRun"):
        raise ApiError("DryRunOperation")
    found = _matching(cloud, call, tests, managed=False)
    now = cloud.clock.now()
    rows = [_ecs_row(instance, now) for instance in page.cut(found)]
    return {"Instances": {"Instance": rows}, **page.fields(len(found))}


def describe_managed_instances(cloud: Cloud, call: Call) -> Body:
    if call.region not in MANAGED_REGIONS:
        raise ApiError("RegionId.ApiNotSupported")
    page = Page.asked(call, largest=50, default=10)
    found = _matching(cloud, call, _managed_tests(cloud, call), managed=True)
    shown = page.cut(found)
    usage = invoked(cloud, [instance.id for instance in shown])
    now = cloud.clock.now()
    rows = [_managed_row(instance, now, usage.get(instance.id, (0, None))) for instance in shown]
    return {"Instances": rows, **page.fields(len(found))}


def with_tags(instances: Iterable[Instance], tags: dict[str, str]) -> list[Instance]:
    """Those that carry all of the tags; a tag filter finds no more than a thousand."""
    found = [each for each in instances if all(each.tags.get(key) == value for key, value in tags.items())]
    return found[:TAG_RESULTS]


def invoked(cloud: Cloud, instance_ids: list[str]) -> dict[str, tuple[int, float | None]]:
    """How often commands were run on each instance, and when last."""
    marks = ", ".join("?" for _ in instance_ids)
    rows = cloud.state.rows(
        "select instance_id, count(*) as times, max(created_at) as last from targets"  # noqa: S608 - marks only
        f" where instance_id in ({marks}) group by instance_id",
        instance_ids,
    )
    return {row["instance_id"]: (row["times"], row["last"]) for row in rows}


def _matching(cloud: Cloud, call: Call, tests: list[Test], *, managed: bool) -> list[Instance]:
    found = [
        instance
        for instance in cloud.instances.of_region(call.region)
        if instance.is_managed == managed and all(test(instance) for test in tests)
    ]
    tags = call.tags()
    return with_tags(found, tags) if tags else found


def _ecs_tests(cloud: Cloud, call: Call) -> list[Test]:
    tests: list[Test] = []
    if "InstanceIds" in call.parameters:
        wanted = _json_list(call, "InstanceIds")
        tests.append(lambda instance: instance.id in wanted)
    if status := call.text("Status"):
        if status not in _STATUSES:
            raise ApiError("InvalidStatus.NotFound")
        now = cloud.clock.now()
        tests.append(lambda instance: instance.status_at(now) == status)
    if call.text("InstanceNetworkType") not in ("", "vpc", "classic"):
        raise ApiError("InvalidNetworkType.NotFound")
    for name, machine_field in (("VpcId", "vpc_id"), ("ZoneId", "zone"), ("InstanceType", "instance_type")):
        if value := call.text(name):
            tests.append(lambda instance, f=machine_field, v=value: getattr(instance.machine, f) == v)  # type: ignore[misc]
    for name, machine_field in (("PrivateIpAddresses", "private_ip"), ("PublicIpAddresses", "public_ip")):
        if name in call.parameters:
            addresses = _json_list(call, name)
            tests.append(lambda instance, f=machine_field, a=addresses: getattr(instance.machine, f) in a)  # type: ignore[misc]
    return [*tests, *_name_test(call)]


def _managed_tests(cloud: Cloud, call: Call) -> list[Test]:
    tests: list[Test] = []
    if wanted := set(call.listed("InstanceId")):
        tests.append(lambda instance: instance.id in wanted)
    if address := call.text("InstanceIp"):
        tests.append(lambda instance: address in (instance.machine.private_ip, instance.machine.public_ip))
    if os_type := call.text("OsType").lower():
        tests.append(lambda instance: instance.machine.os_type == os_type)
    if call.text("Connected"):
        is_connected, now = call.flag("Connected"), cloud.clock.now()
        tests.append(lambda instance: instance.is_online(now) == is_connected)
    return [*tests, *_name_test(call)]


def _name_test(call: Call) -> list[Test]:
    if not (name := call.text("InstanceName")):
        return []
    pattern = re.compile(fnmatch.translate(name.replace("[", "[[]")))
    return [lambda instance: pattern.fullmatch(instance.machine.name) is not None]


def _json_list(call: Call, name: str) -> frozenset[str]:
    try:
        values = json.loads(call.text(name))
    except ValueError:
        values = None
    if not isinstance(values, list) or len(values) > 100 or not all(isinstance(value, str) for value in values):
        raise ApiError("InvalidParameter", f"The specified parameter {name} is not valid.")
    return frozenset(values)


def _ecs_row(instance: Instance, now: float) -> Body:
    machine = instance.machine
    created = utc_minutes(machine.created_at.timestamp())
    return {
        "InstanceId": machine.instance_id,
        "InstanceName": machine.name,
        "HostName": machine.hostname,
        "Description": "",
        "Status": instance.status_at(now),
        "OSType": machine.os_type,
        "OSName": machine.os_name,
        "OSNameEn": machine.os_name,
        "RegionId": machine.region,
        "ZoneId": machine.zone,
        "InstanceType": machine.instance_type,
        "Cpu": machine.cpu,
        "Memory": machine.memory_mb,
        "InstanceNetworkType": "vpc",
        "VpcAttributes": {
            "VpcId": machine.vpc_id,
            "VSwitchId": "",
            "PrivateIpAddress": {"IpAddress": [machine.private_ip]},
        },
        "PublicIpAddress": {"IpAddress": [machine.public_ip] if machine.public_ip else []},
        "EipAddress": {"IpAddress": ""},
        "InnerIpAddress": {"IpAddress": []},
        "NetworkInterfaces": {"NetworkInterface": []},
        "SecurityGroupIds": {"SecurityGroupId": []},
        "OperationLocks": {"LockReason": []},
        "Tags": tag_list(instance.tags),
        "CreationTime": created,
        "StartTime": created,
        "ExpiredTime": "",
        "StoppedMode": "Not-applicable" if instance.status_at(now) != "Stopped" else "KeepCharging",
        "ResourceGroupId": "",
        "InstanceChargeType": "PostPaid",
    }


def _managed_row(instance: Instance, now: float, usage: tuple[int, float | None]) -> Body:
    machine, (times, last) = instance.machine, usage
    return {
        "InstanceId": machine.instance_id,
        "InstanceName": machine.name,
        "Hostname": machine.hostname,
        "OsType": machine.os_type,
        "OsVersion": machine.os_name,
        "AgentVersion": instance.agent_version,
        "Connected": instance.is_online(now),
        "IntranetIp": machine.private_ip,
        "InternetIp": machine.public_ip,
        "MachineId": machine.instance_id.removeprefix("mi-"),
        "ActivationId": "",
        "RegistrationTime": utc(machine.created_at.timestamp()),
        "LastInvokedTime": utc(last),
        "InvocationCount": times,
        "ResourceGroupId": "",
        # A plain list here, unlike everywhere else in the API
        "Tags": [{"TagKey": key, "TagValue": value} for key, value in instance.tags.items()],
    }
