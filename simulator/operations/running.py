"""StopInvocation and ModifyInvocationAttribute: what can be done to an invocation that has not ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from simulator import parameters, schedules
from simulator.cloud import Cloud, new_id
from simulator.cron import Unusable
from simulator.errors import ApiError
from simulator.limits import INSTANCES_PER_STOP
from simulator.operations import scripts
from simulator.operations.invoke import check_count
from simulator.records import Command, Invocation, Target, os_type_of
from simulator.statuses import FINAL
from simulator.wire import Body, Call

# The same refusals bear other names in ModifyInvocationAttribute
_NAMES_HERE = {
    "Parameter.Disabled": "InvalidParameters.KeyNotMatch",
    "Parameter.MissingValue": "InvalidParameters.KeyNotMatch",
    "Parameter.NotMatched": "InvalidParameters.KeyNotMatch",
    "ParameterCount.ExceedLimit": "InvalidParameters.CountLimitExceeded",
    "ParameterKey.Duplicate": "InvalidParameters.KeyDuplicate",
    "ParameterKey.ExceedLimit": "InvalidParameters.KeyLengthLimitExceeded",
    "ParameterType.NotSupported": "InvalidParameters.ValueTypeUnsupported",
    "CmdContent.DecodeError": "InvalidCommandContent.DecodeError",
    "CmdContent.ExceedLimit": "InvalidCommandContent.LengthLimitExceeded",
    "InstanceIds.ExceedLimit": "InvalidInstanceId.CountLimitExceeded",
}


def stop_invocation(cloud: Cloud, call: Call) -> Body:
    """Of all targets, or of those given. What has ended stays as it is."""
    wanted = call.listed("InstanceId")
    if len(wanted) > INSTANCES_PER_STOP:
        raise ApiError("InstanceIds.ExceedLimit")
    invocation = _existing(cloud, call)
    known = [target.instance_id for target in cloud.state.targets(invocation.invoke_id)]
    if not set(wanted) <= set(known):
        raise ApiError("InvalidInstanceId.NotFound")
    cloud.executions.stop(invocation.invoke_id, wanted or known)
    return {}


def modify_invocation_attribute(cloud: Cloud, call: Call) -> Body:
    """Content, parameters, schedule and further instances of a task that repeats or waits for a boot."""
    invocation = _existing(cloud, call)
    targets = cloud.state.targets(invocation.invoke_id)
    _check_modifiable(invocation, targets)
    with _named_as_here():
        command = _new_command(cloud, call, invocation)
        changed = _changed(cloud, call, invocation, command)
        added = _added(cloud, call, changed, targets)
    if command:
        cloud.state.save_command(command)
    cloud.state.replace_invocation(changed)
    cloud.state.add_targets(added, first_position=len(targets))
    cloud.executions.change_invocation(changed)
    cloud.executions.begin(changed, [target.instance_id for target in added])
    return {"CommandId": changed.command_id}


def _existing(cloud: Cloud, call: Call) -> Invocation:
    invocation = cloud.state.invocation(call.required("InvokeId"))
    if invocation is None or invocation.region != call.region:
        raise ApiError("InvalidInvokeId.NotFound")
    return invocation


def _check_modifiable(invocation: Invocation, targets: list[Target]) -> None:
    if invocation.repeat_mode not in ("Period", "NextRebootOnly", "EveryReboot"):
        raise ApiError("InvalidOperation.RepeatModeUnsupported")
    if all(target.status in FINAL for target in targets):
        raise ApiError("InvalidOperation.InvokeAlreadyFinished")


@contextmanager
def _named_as_here() -> Iterator[None]:
    try:
        yield
    except ApiError as error:
        if name := _NAMES_HERE.get(error.code):
            raise ApiError(name) from error
        raise


def _new_command(cloud: Cloud, call: Call, invocation: Invocation) -> Command | None:
    """A script cannot change under its CommandId: a new one gets a new command."""
    if not call.text("CommandContent"):
        return None
    if any(invocation.command_id == public.command_id for public in cloud.public_commands):
        raise ApiError("InvalidOperation.ModifyPublicCommandUnsupported")
    return Command(
        command_id=new_id("c"),
        region=call.region,
        name=invocation.command_name,
        type=invocation.command_type,
        content=scripts.decoded(call, "PlainText"),
        description=invocation.command_description,
        working_dir=invocation.working_dir,
        timeout=invocation.timeout,
        launcher=invocation.launcher,
        enable_parameter=call.flag("EnableParameter", invocation.enable_parameter),
        created_at=cloud.clock.now(),
    )


def _changed(cloud: Cloud, call: Call, invocation: Invocation, command: Command | None) -> Invocation:
    if command:
        invocation = replace(
            invocation,
            command_id=command.command_id,
            content=command.content,
            enable_parameter=command.enable_parameter,
        )
    if "Parameters" in call.parameters:
        invocation = replace(invocation, parameters=parameters.passed(call.text("Parameters")))
    _check_script(cloud, invocation)
    if frequency := call.text("Frequency"):
        invocation = replace(invocation, frequency=frequency)
        _check_frequency(cloud, invocation)
    return invocation


def _check_script(cloud: Cloud, invocation: Invocation) -> None:
    if invocation.enable_parameter:
        wanted = {name.lower() for name in parameters.names_in(invocation.content)}
        given = {name.lower() for name in (*invocation.defaults, *invocation.parameters)}
        if wanted != given:
            raise ApiError("InvalidParameters.KeyNotMatch")
    elif invocation.parameters:
        raise ApiError("Parameter.Disabled")
    parameters.check_size(parameters.script_of(invocation, cloud.account_id))


def _check_frequency(cloud: Cloud, invocation: Invocation) -> None:
    if invocation.repeat_mode != "Period":
        raise ApiError("InvalidOperation.RepeatModeUnsupported")
    try:
        schedules.check(invocation.frequency, begins_at=cloud.clock.now(), timeout=invocation.timeout)
    except Unusable:
        raise ApiError("InvalidParameter.Frequency") from None


def _added(cloud: Cloud, call: Call, invocation: Invocation, targets: list[Target]) -> list[Target]:
    known = {target.instance_id for target in targets}
    wanted = [instance_id for instance_id in call.listed("InstanceId") if instance_id not in known]
    check_count(cloud, call, len(known) + len(wanted))
    instances = [cloud.instances.find(call.region, instance_id) for instance_id in wanted]
    if any(instance is None for instance in instances):
        raise ApiError("InvalidInstanceId.NotFound")
    if any(instance.machine.os_type != os_type_of(invocation.command_type) for instance in instances if instance):
        raise ApiError("InvalidInstance.NotMatch")
    now = cloud.clock.now()
    return [
        Target(invoke_id=invocation.invoke_id, instance_id=instance_id, created_at=now, updated_at=now)
        for instance_id in wanted
    ]
