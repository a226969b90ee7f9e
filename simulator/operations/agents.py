"""DescribeCloudAssistantStatus and InstallCloudAssistant."""

from simulator.cloud import Cloud
from simulator.errors import ApiError
from simulator.instances import Instance
from simulator.limits import INSTANCES_PER_STATUS_CALL, INSTANCES_PER_STOP
from simulator.operations.instances import invoked
from simulator.paging import Page
from simulator.wire import Body, Call, utc


def describe_cloud_assistant_status(cloud: Cloud, call: Call) -> Body:
    """With IDs, all of them or an error; without, the region's page by page."""
    wanted = call.listed("InstanceId")
    if len(wanted) > INSTANCES_PER_STATUS_CALL:
        raise ApiError("InstanceIds.ExceedLimit")
    if wanted:
        chosen, paging = [_existing(cloud, call, instance_id) for instance_id in wanted], Body()
        paging = {"TotalCount": len(chosen), "PageNumber": 1, "PageSize": len(chosen), "NextToken": ""}
    else:
        page = Page.asked(call, largest=50, default=10)
        everything = [each for each in cloud.instances.of_region(call.region) if _has_os(each, call)]
        chosen, paging = list(page.cut(everything)), page.fields(len(everything))
    usage = invoked(cloud, [instance.id for instance in chosen])
    active = _active(cloud, [instance.id for instance in chosen])
    rows = [
        _row(instance, cloud.clock.now(), usage.get(instance.id, (0, None)), active.get(instance.id, 0))
        for instance in chosen
        if _has_os(instance, call)
    ]
    return {"InstanceCloudAssistantStatusSet": {"InstanceCloudAssistantStatus": rows}, **paging}


def install_cloud_assistant(cloud: Cloud, call: Call) -> Body:
    """Takes effect with the next boot of each instance."""
    wanted = call.listed("InstanceId")
    if not wanted:
        raise ApiError("MissingParam.InstanceId")
    if len(wanted) > INSTANCES_PER_STOP:
        raise ApiError("InstanceIds.ExceedLimit")
    for instance in [_existing(cloud, call, instance_id) for instance_id in wanted]:
        if instance.is_managed:
            raise ApiError("InvalidInstance.NotFound")
        cloud.instances.change(instance, is_installing=True)
    return {}


def _existing(cloud: Cloud, call: Call, instance_id: str) -> Instance:
    if instance := cloud.instances.find(call.region, instance_id):
        return instance
    raise ApiError("InvalidInstance.NotFound")


def _has_os(instance: Instance, call: Call) -> bool:
    return call.text("OSType").lower() in ("", instance.machine.os_type)


def _active(cloud: Cloud, instance_ids: list[str]) -> dict[str, int]:
    marks = ", ".join("?" for _ in instance_ids)
    rows = cloud.state.rows(
        "select instance_id, count(*) as tasks from targets where status in ('Running', 'Stopping')"  # noqa: S608 - marks only
        f" and instance_id in ({marks}) group by instance_id",
        instance_ids,
    )
    return {row["instance_id"]: row["tasks"] for row in rows}


def _row(instance: Instance, now: float, usage: tuple[int, float | None], active: int) -> Body:
    times, last = usage
    is_online = instance.is_online(now)
    return {
        "InstanceId": instance.id,
        "CloudAssistantStatus": "true" if is_online else "false",
        "CloudAssistantVersion": instance.agent_version if instance.agent != "none" and is_online else "",
        "LastHeartbeatTime": utc(instance.last_heartbeat(now)),
        "LastInvokedTime": utc(last),
        "InvocationCount": times,
        "ActiveTaskCount": active,
        "OSType": "Windows" if instance.machine.os_type == "windows" else "Linux",
        "SupportSessionManager": is_online,
    }
