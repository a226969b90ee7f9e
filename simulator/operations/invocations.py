"""DescribeInvocations, DescribeInvocationResults and StopInvocation."""

import json
from collections.abc import Sequence
from typing import Any

from simulator import statuses
from simulator.cloud import Cloud
from simulator.errors import ApiError
from simulator.faults import Kind
from simulator.limits import INSTANCES_PER_STOP, TAG_RESULTS
from simulator.operations.commands import shown
from simulator.paging import Page
from simulator.records import Invocation, Target
from simulator.wire import Body, Call, tag_list, utc

_OLD_STATUS_WORDS = frozenset({"Finished"})


def describe_invocations(cloud: Cloud, call: Call) -> Body:
    """`Timed` shows what still repeats; without it everything but that, even to those who ask for one ID."""
    page = Page.asked(call, largest=50, default=10)
    with_output = call.flag("IncludeOutput")
    if with_output and not (call.text("InvokeId") or call.text("InstanceId")):
        raise ApiError("InvalidParameter", "IncludeOutput requires InvokeId or InstanceId.")
    conditions, values = _conditions(cloud, call)
    where = " and ".join(conditions)
    total = cloud.state.rows(f"select count(*) as n from invocations where {where}", values)[0]["n"]  # noqa: S608
    rows = cloud.state.rows(
        f"select invoke_id, status from invocations where {where} order by seq desc limit ? offset ?",  # noqa: S608
        (*values, page.size, page.start),
    )
    listed = [_invocation_row(cloud, call, row["invoke_id"], row["status"], with_output) for row in rows]
    return {"Invocations": {"Invocation": listed}, **page.fields(total)}


def describe_invocation_results(cloud: Cloud, call: Call) -> Body:
    """An unknown InvokeId finds nothing; that is no error."""
    page = Page.asked(call, largest=50, default=10)
    found = _results(cloud, call)
    is_plain = call.text("ContentEncoding") == "PlainText"
    rows = [_result_row(cloud, invocation, target, is_plain) for invocation, target in page.cut(found)]
    return {"Invocation": {"InvocationResults": {"InvocationResult": rows}, **page.fields(len(found))}}


def stop_invocation(cloud: Cloud, call: Call) -> Body:
    invoke_id, wanted = call.required("InvokeId"), call.listed("InstanceId")
    if len(wanted) > INSTANCES_PER_STOP:
        raise ApiError("InstanceIds.ExceedLimit")
    invocation = cloud.state.invocation(invoke_id)
    if invocation is None or invocation.region != call.region:
        raise ApiError("InvalidInvokeId.NotFound")
    known = [target.instance_id for target in cloud.state.targets(invoke_id)]
    if not set(wanted) <= set(known):
        raise ApiError("InvalidInstanceId.NotFound")
    cloud.executions.stop(invoke_id, wanted or known)
    return {}


def _conditions(cloud: Cloud, call: Call) -> tuple[list[str], list[Any]]:
    is_timed = "is_open and repeat_mode in ('Period', 'NextRebootOnly', 'EveryReboot')"
    conditions, values = ["region = ?", "created_at <= ?"], [call.region, _listed_until(cloud, call)]
    conditions.append(is_timed if call.flag("Timed") else f"not ({is_timed})")
    instance_id = call.text("InstanceId")
    equal = {"InvokeId": "invoke_id", "CommandId": "command_id", "CommandType": "command_type"}
    if instance_id:
        conditions.append("invoke_id in (select invoke_id from targets where instance_id = ?)")
        values.append(instance_id)
    else:
        equal |= {"CommandName": "command_name", "RepeatMode": "repeat_mode"}
    equal["ResourceGroupId"] = "resource_group"
    for name, column in equal.items():
        if value := call.text(name):
            conditions.append(f"{column} = ?")
            values.append(value)
    if status := call.text("InvokeStatus"):
        conditions.append("status in (?, ?, ?)")
        values += _words_for(status)
    for key, value in call.tags().items():
        conditions.append(
            "seq in (select seq from invocation_tags where key = ? and value = ? order by seq desc limit ?)"
        )
        values += [key, value, TAG_RESULTS]
    return conditions, values


def _listed_until(cloud: Cloud, call: Call) -> float:
    """Invocations younger than this are not listed yet."""
    rule = cloud.faults.rule(Kind.LIST_LAG, call.region)
    return cloud.clock.now() - (float(rule.more["seconds"]) if rule else 0.0)


def _words_for(status: str) -> list[str]:
    """The older words stand for several of the newer."""
    words = [
        new for new in ("Pending", "Scheduled", "Running", "Success") if statuses.old_invocation_word(new) == status
    ]
    return ([status] if status not in words else []) + words + [""] * (3 - len(words) - (status not in words))


def _invocation_row(cloud: Cloud, call: Call, invoke_id: str, status: str, with_output: bool) -> Body:
    invocation = cloud.state.invocation(invoke_id)
    assert invocation is not None
    is_plain = call.text("ContentEncoding") == "PlainText"
    targets = cloud.state.targets(invoke_id, with_output=with_output)
    if instance_id := call.text("InstanceId"):
        targets = [target for target in targets if target.instance_id == instance_id]
    return {
        "InvokeId": invoke_id,
        "CommandId": invocation.command_id,
        "CommandName": invocation.command_name,
        "CommandDescription": invocation.command_description,
        "CommandType": invocation.command_type,
        "CommandContent": shown(invocation.content, is_plain),
        "Parameters": json.dumps(dict(invocation.parameters), ensure_ascii=False, separators=(",", ":")),
        "RepeatMode": invocation.repeat_mode,
        "Frequency": invocation.frequency,
        "Timed": invocation.repeat_mode == "Period",
        "Timeout": invocation.timeout,
        "Username": invocation.username,
        "WorkingDir": invocation.working_dir,
        "Launcher": invocation.launcher,
        "TerminationMode": invocation.termination_mode,
        "ContainerId": invocation.container_id,
        "ContainerName": invocation.container_name,
        "CreationTime": utc(invocation.created_at),
        "InvocationStatus": status,
        "InvokeStatus": statuses.old_invocation_word(status),
        "OssOutputDelivery": invocation.oss_output_delivery,
        "ResourceGroupId": invocation.resource_group,
        "Tags": tag_list(invocation.tags),
        "InvokeInstances": {
            "InvokeInstance": [_target_row(cloud, invocation, each, with_output, is_plain) for each in targets]
        },
    }


def _target_row(cloud: Cloud, invocation: Invocation, target: Target, with_output: bool, is_plain: bool) -> Body:
    return {
        "InstanceId": target.instance_id,
        "InvocationStatus": target.status,
        "InstanceInvokeStatus": statuses.old_target_word(target.status),
        "ExitCode": target.exit_code or 0,
        "Output": shown(_output(cloud, target), is_plain) if with_output else "",
        "Dropped": target.dropped,
        "ErrorCode": target.error_code,
        "ErrorInfo": target.error_info,
        "Repeats": target.repeats,
        "Timed": invocation.repeat_mode == "Period",
        "CreationTime": utc(target.created_at),
        "StartTime": utc(target.started_at),
        "FinishTime": utc(target.finished_at),
        "StopTime": utc(target.stopped_at),
        "UpdateTime": utc(target.updated_at),
    }


def _output(cloud: Cloud, target: Target) -> bytes:
    if target.status in ("Running", "Stopping"):
        return cloud.executions.output_so_far(target.invoke_id, target.instance_id)
    return target.output


def _results(cloud: Cloud, call: Call) -> Sequence[tuple[Invocation, Target]]:
    """Newest invocation first, its targets in the order they were given."""
    with_history = call.flag("IncludeHistory")
    conditions, values = ["region = ?", "created_at <= ?"], [call.region, _listed_until(cloud, call)]
    for name, column in (("InvokeId", "invoke_id"), ("CommandId", "command_id"), ("ResourceGroupId", "resource_group")):
        if value := call.text(name):
            conditions.append(f"{column} = ?")
            values.append(value)
    if instance_id := call.text("InstanceId"):
        conditions.append("invoke_id in (select invoke_id from targets where instance_id = ?)")
        values.append(instance_id)
    for key, value in call.tags().items():
        conditions.append("seq in (select seq from invocation_tags where key = ? and value = ?)")
        values += [key, value]
    rows = cloud.state.rows(
        f"select invoke_id from invocations where {' and '.join(conditions)} order by seq desc limit ?",  # noqa: S608
        (*values, TAG_RESULTS),
    )
    found: list[tuple[Invocation, Target]] = []
    for row in rows:
        found += _results_of(cloud, call, row["invoke_id"], with_history)
    return found


def _results_of(cloud: Cloud, call: Call, invoke_id: str, with_history: bool) -> list[tuple[Invocation, Target]]:
    invocation = cloud.state.invocation(invoke_id)
    assert invocation is not None
    if with_history and not (invocation.repeats and call.text("InvokeId")):
        raise ApiError("InvalidParameter", "IncludeHistory requires the InvokeId of a task that repeats.")
    targets = cloud.state.targets(invoke_id, with_output=True)
    if with_history:
        latest = [target for target in targets if target.status == "Running"]
        targets = latest + cloud.state.rounds(invoke_id)
    instance_id, word = call.text("InstanceId"), call.text("InvokeRecordStatus")
    return [
        (invocation, target)
        for target in targets
        if instance_id in ("", target.instance_id) and word in ("", statuses.old_target_word(target.status))
    ]


def _result_row(cloud: Cloud, invocation: Invocation, target: Target, is_plain: bool) -> Body:
    return {
        "InvokeId": target.invoke_id,
        "CommandId": invocation.command_id,
        "InstanceId": target.instance_id,
        "InvocationStatus": target.status,
        "InvokeRecordStatus": statuses.old_target_word(target.status),
        "ExitCode": target.exit_code or 0,
        "Output": shown(_output(cloud, target), is_plain),
        "Dropped": target.dropped,
        "ErrorCode": target.error_code,
        "ErrorInfo": target.error_info,
        "Repeats": target.repeats,
        "StartTime": utc(target.started_at),
        "FinishedTime": utc(target.finished_at),
        "StopTime": utc(target.stopped_at),
        "Username": invocation.username,
        "TerminationMode": invocation.termination_mode,
        "Launcher": invocation.launcher,
        "ContainerId": invocation.container_id,
        "ContainerName": invocation.container_name,
        "Tags": tag_list(invocation.tags),
    }
