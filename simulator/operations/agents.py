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
    chosen, paging = _named(cloud, call) if call.listed("InstanceId") else _page(cloud, call)
    ids = [instance.id for instance in chosen]
    usage, active, now = invoked(cloud, ids), _active(cloud, ids), cloud.clock.now()
    rows = [_row(each, now, usage.get(each.id, (0, None)), active.get(each.id, 0)) for each in chosen]
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


def _named(cloud: Cloud, call: Call) -> tuple[list[Instance], Body]:
    """Paging is ignored."""
    wanted = call.listed("InstanceId")
    if len(wanted) > INSTANCES_PER_STATUS_CALL:
        raise ApiError("InstanceIds.ExceedLimit")
    found = [_existing(cloud, call, instance_id) for instance_id in wanted]
    chosen = [instance for instance in found if _has_os(instance, call)]
    return chosen, {"TotalCount": len(chosen), "PageNumber": 1, "PageSize": len(chosen), "NextToken": ""}


def _page(cloud: Cloud, call: Call) -> tuple[list[Instance], Body]:
    page = Page.asked(call, largest=50, default=10)
    found = [each for each in cloud.instances.of_region(call.region) if _has_os(each, call)]
    return list(page.cut(found)), page.fields(len(found))


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
