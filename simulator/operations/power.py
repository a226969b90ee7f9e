"""StartInstance and StartInstances."""

from simulator.cloud import Cloud
from simulator.errors import CODES, ApiError
from simulator.instances import Instance
from simulator.limits import INSTANCES_PER_START
from simulator.wire import Body, Call


def start_instance(cloud: Cloud, call: Call) -> Body:
    """Carries no RegionId; the instance alone says where it is."""
    instance = cloud.instances.get(call.required("InstanceId"))
    if instance is None or instance.is_managed:
        raise ApiError("InvalidInstanceId.NotFound")
    if code := _obstacle(cloud, instance):
        raise ApiError(code)
    if call.flag("DryRun"):
        raise ApiError("DryRunOperation")
    cloud.power.on(instance)
    return {}


def start_instances(cloud: Cloud, call: Call) -> Body:
    wanted = call.listed("InstanceId")
    if not wanted:
        raise ApiError("MissingParam.InstanceId")
    if len(wanted) > INSTANCES_PER_START:
        raise ApiError("InstanceIds.ExceedLimit")
    instances = [cloud.instances.find(call.region, instance_id) for instance_id in wanted]
    chosen = [instance for instance in instances if instance and not instance.is_managed]
    if len(chosen) < len(wanted):
        raise ApiError("InvalidInstanceId.NotFound")
    obstacles = {instance.id: _obstacle(cloud, instance) for instance in chosen}
    if call.text("BatchOptimization", "AllTogether") != "SuccessFirst" and any(obstacles.values()):
        raise ApiError(next(code for code in obstacles.values() if code))
    if call.flag("DryRun"):
        raise ApiError("DryRunOperation")
    return {"InstanceResponses": {"InstanceResponse": [_start(cloud, each, obstacles[each.id]) for each in chosen]}}


def _obstacle(cloud: Cloud, instance: Instance) -> str:
    return "" if instance.status_at(cloud.clock.now()) == "Stopped" else "IncorrectInstanceStatus"


def _start(cloud: Cloud, instance: Instance, obstacle: str) -> Body:
    previous = instance.status_at(cloud.clock.now())
    if obstacle:
        return {
            "InstanceId": instance.id,
            "Code": obstacle,
            "Message": CODES[obstacle][1],
            "PreviousStatus": previous,
            "CurrentStatus": previous,
        }
    cloud.power.on(instance)
    return {
        "InstanceId": instance.id,
        "Code": "200",
        "Message": "success",
        "PreviousStatus": previous,
        "CurrentStatus": "Starting",
    }
