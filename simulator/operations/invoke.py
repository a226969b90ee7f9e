"""InvokeCommand and RunCommand: what they refuse, and what they set going."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from simulator import limits, parameters, schedules
from simulator.cloud import Cloud, new_id
from simulator.cron import Unusable
from simulator.errors import ApiError
from simulator.faults import Kind
from simulator.fleet import secret_names
from simulator.instances import Instance
from simulator.operations import scripts
from simulator.operations.commands import as_it_runs
from simulator.operations.instances import with_tags
from simulator.records import Command, Invocation, Target, os_type_of
from simulator.wire import Body, Call

_REPEAT_MODES = frozenset({"Once", "Period", "NextRebootOnly", "EveryReboot", "DryRun"})
_CONTAINER_ID = re.compile(r"[0-9a-f]{12,64}")
_CONTAINER_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}")


@dataclass(frozen=True, slots=True)
class Plan:
    """A call that has been found good."""

    invocation: Invocation
    instance_ids: list[str]
    keeps: Command | None = None  # a command that is saved with it


def invoke_command(cloud: Cloud, call: Call) -> Body:
    return _carry_out(cloud, check_invoke_command(cloud, call))


def run_command(cloud: Cloud, call: Call) -> Body:
    plan = check_run_command(cloud, call)
    return {"CommandId": plan.invocation.command_id, **_carry_out(cloud, plan)}


def check_invoke_command(cloud: Cloud, call: Call) -> Plan:
    """Raises ApiError; changes nothing."""
    command = cloud.command(call.region, call.required("CommandId"))
    if command is None:
        raise ApiError("InvalidCmdId.NotFound")
    scripts.check_run_settings(call)
    return _plan(cloud, call, as_it_runs(cloud, command))


def check_run_command(cloud: Cloud, call: Call) -> Plan:
    """Raises ApiError; changes nothing."""
    command = scripts.read_command(cloud, call, default_encoding="PlainText")
    plan = _plan(cloud, call, command)
    return replace(plan, keeps=command) if call.flag("KeepCommand") else plan


def _carry_out(cloud: Cloud, plan: Plan) -> Body:
    invocation, now = plan.invocation, plan.invocation.created_at
    if invocation.repeat_mode != "DryRun":
        cloud.quota.use(invocation.region)
    if plan.keeps:
        cloud.state.save_command(plan.keeps)
    targets = [
        Target(invoke_id=invocation.invoke_id, instance_id=instance_id, created_at=now, updated_at=now)
        for instance_id in plan.instance_ids
    ]
    cloud.state.add_invocation(invocation, targets)
    cloud.executions.begin(invocation, plan.instance_ids)
    return {"InvokeId": invocation.invoke_id}


def _plan(cloud: Cloud, call: Call, command: Command) -> Plan:
    values = parameters.passed(call.text("Parameters"))
    instances = chosen_instances(cloud, call)
    mode = _repeat_mode(call)
    invocation = Invocation(
        invoke_id=new_id("t"),
        region=call.region,
        command_id=command.command_id,
        command_name=command.name,
        command_description=command.description,
        command_type=command.type,
        content=command.content,
        enable_parameter=command.enable_parameter,
        parameters=values,
        defaults=parameters.defaults_of(command),
        repeat_mode=mode,
        frequency=call.text("Frequency"),
        timeout=scripts.timeout(call, command.timeout),
        username=call.text("Username"),
        password_name=call.text("WindowsPasswordName"),
        working_dir=call.text("WorkingDir") or command.working_dir,
        launcher=call.text("Launcher") or command.launcher,
        termination_mode=_termination_mode(call),
        container_id=_container(call, "ContainerId", _CONTAINER_ID),
        container_name=_container(call, "ContainerName", _CONTAINER_NAME),
        oss_output_delivery=call.text("OssOutputDelivery"),
        resource_group=call.text("ResourceGroupId"),
        tags=call.tags(),
        created_at=cloud.clock.now(),
    )
    _check_user(invocation)
    _check_frequency(invocation)
    parameters.check_against(command, invocation.parameters)
    parameters.check_size(parameters.script_of(invocation, cloud.account_id))
    _check_fitness(cloud, invocation, instances)
    return Plan(invocation, [instance.id for instance in instances])


def chosen_instances(cloud: Cloud, call: Call, *, unknown: str = "InvalidInstance.NotFound") -> list[Instance]:
    """By ID or by tag. One unknown ID refuses the whole call, and the answer does not name it."""
    wanted, tags = call.listed("InstanceId"), call.resource_tags()
    if wanted and tags:
        raise ApiError("InvalidResourceTag.ConflictWithInstanceIds")
    if tags:
        found = with_tags(cloud.instances.of_region(call.region), tags)
        if not found:
            raise ApiError("InvalidResourceTag.InstanceNotFound")
    else:
        if not wanted:
            raise ApiError("MissingParam.InstanceId")
        check_count(cloud, call, len(wanted))
        found = [each for each in (cloud.instances.find(call.region, wish) for wish in wanted) if each]
        if len(found) < len(wanted):
            raise ApiError(unknown)
    check_count(cloud, call, len(found))
    return found


def check_count(cloud: Cloud, call: Call, count: int) -> None:
    rule = cloud.faults.rule(Kind.INSTANCE_LIMIT, call.region)
    if count > (int(rule.more["n"]) if rule else limits.INSTANCES_PER_INVOCATION):
        raise ApiError("InstanceIds.ExceedLimit")


def _repeat_mode(call: Call) -> str:
    """A Frequency makes the run periodic, whatever RepeatMode says."""
    mode = call.text("RepeatMode", "Once") or "Once"
    if mode not in _REPEAT_MODES:
        raise ApiError("InvalidRepeatMode.NotFound")
    return "Period" if call.text("Frequency") else mode


def _termination_mode(call: Call) -> str:
    mode = call.text("TerminationMode") or "Process"
    if mode not in ("Process", "ProcessTree"):
        raise ApiError("InvalidTerminationMode.NotFound")
    return mode


def _container(call: Call, name: str, form: re.Pattern[str]) -> str:
    value = call.text(name)
    if value and not form.fullmatch(value):
        raise ApiError(f"Invalid{name}.Malformed")
    return value


def _check_user(invocation: Invocation) -> None:
    if len(invocation.username) > limits.USERNAME:
        raise ApiError("Username.ExceedLimit")
    if len(invocation.password_name) > limits.USERNAME:
        raise ApiError("WindowsPasswordName.ExceedLimit")
    if invocation.command_type == "RunShellScript" or invocation.username.lower() in ("", "system"):
        return
    if not invocation.password_name:
        raise ApiError("WindowsPasswordName.Missed")
    if invocation.password_name not in secret_names(invocation.region):
        raise ApiError("ParameterStore.InvalidParameters")


def _check_frequency(invocation: Invocation) -> None:
    if invocation.repeat_mode != "Period":
        return
    if not invocation.frequency:
        raise ApiError("MissingParam.Frequency")
    try:
        schedules.check(invocation.frequency, begins_at=invocation.created_at, timeout=invocation.timeout)
    except Unusable:
        raise ApiError("InvalidParam.Frequency") from None


def _check_fitness(cloud: Cloud, invocation: Invocation, instances: Sequence[Instance]) -> None:
    """The command must suit every OS. Whether an instance runs is told per target, unless the cloud is strict."""
    if any(instance.machine.os_type != os_type_of(invocation.command_type) for instance in instances):
        raise ApiError("InvalidInstance.NotMatch")
    now = cloud.clock.now()
    is_strict = cloud.faults.rule(Kind.STRICT_TARGETS, invocation.region)
    if is_strict and not all(each.agent_answers(now) for each in instances):
        raise ApiError("InvalidInstance.NotMatch")
