"""What happens to machines and records because a test wants it, behind the back of everyone who uses the API."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from simulator.cloud import Cloud
from simulator.faults import Kind
from simulator.instances import Instance
from simulator.records import Command


def happen(cloud: Cloud, kind: Kind, wish: Mapping[str, Any]) -> None:
    """Now, or, to an instance, in `after` seconds of the cloud's time. Raises KeyError, TypeError or ValueError."""
    match kind:
        case Kind.QUOTA:
            cloud.quota.leave(str(wish["region"]), int(wish["n"]))
        case Kind.CLOCK:
            cloud.move_clock(float(wish["offset"]))
        case Kind.FORGET:
            _forget(cloud, str(wish["invoke_id"]), bool(wish.get("outputs")))
        case Kind.MODIFY_COMMAND:
            _modify(cloud, wish)
        case Kind.DELETE_COMMAND:
            cloud.state.delete_command(str(wish["command_id"]))
        case _:
            instance = cloud.instances.get(str(wish["instance_id"]))
            if instance is None:
                raise KeyError(wish["instance_id"])
            if (after := float(wish.get("after", 0))) > 0:
                cloud.clock.later(after, lambda: _happen_to(cloud, instance, kind, wish))
            else:
                _happen_to(cloud, instance, kind, wish)


def _happen_to(cloud: Cloud, instance: Instance, kind: Kind, wish: Mapping[str, Any]) -> None:
    match kind:
        case Kind.STOP:
            cloud.power.off(instance)
        case Kind.START:
            cloud.power.on(instance)
        case Kind.REBOOT:
            cloud.power.reboot(instance)
        case Kind.RELEASE:
            cloud.power.release(instance)
        case Kind.RETAG:
            cloud.instances.change(instance, tags=dict(wish["tags"]))
        case Kind.AGENT_VERSION:
            cloud.instances.change(instance, agent_version=str(wish["version"]))
        case Kind.AGENT_SILENT:
            since = cloud.clock.now() - 3600 * float(wish["hours"]) if "hours" in wish else None
            cloud.instances.silence(instance, since=since)
        case Kind.AGENT_DIES_AFTER_ACCEPT:
            cloud.instances.change(instance, dies=str(wish.get("stage", "Running")))


def _forget(cloud: Cloud, invoke_id: str, only_outputs: bool) -> None:
    if only_outputs:
        cloud.state.forget_outputs(invoke_id)
    else:
        cloud.executions.forget(invoke_id)
        cloud.state.forget_invocation(invoke_id)


def _modify(cloud: Cloud, wish: Mapping[str, Any]) -> None:
    """Anything may change here, the script too, as it could in a cloud that behaves otherwise than documented."""
    region, command_id = str(wish["region"]), str(wish["command_id"])
    if (command := cloud.state.command(region, command_id)) is None:
        raise KeyError(command_id)
    changeable = {field.name for field in fields(Command)} - {"command_id", "region"}
    cloud.state.save_command(replace(command, **{name: value for name, value in wish.items() if name in changeable}))
