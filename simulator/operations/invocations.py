"""DescribeInvocations."""

import json

from simulator import statuses
from simulator.cloud import Cloud
from simulator.errors import ApiError
from simulator.operations import filters
from simulator.operations.scripts import shown
from simulator.paging import Page
from simulator.records import Invocation, Target
from simulator.wire import Body, Call, tag_list, utc


def describe_invocations(cloud: Cloud, call: Call) -> Body:
    """Newest first. Where only the latest execution counts (schedules), only that is shown."""
    page = Page.asked(call, largest=50, default=10)
    if call.flag("IncludeOutput") and not (call.text("InvokeId") or call.text("InstanceId")):
        raise ApiError("InvalidParameter", "IncludeOutput requires InvokeId or InstanceId.")
    where = _where(cloud, call)
    total = cloud.state.rows(f"select count(*) as n from invocations where {where}", where.values)[0]["n"]  # noqa: S608
    rows = cloud.state.rows(
        f"select invoke_id, status from invocations where {where} order by seq desc limit ? offset ?",  # noqa: S608
        (*where.values, page.size, page.start),
    )
    listed = [_row(cloud, call, row["invoke_id"], row["status"]) for row in rows]
    return {"Invocations": {"Invocation": listed}, **page.fields(total)}


def output_of(cloud: Cloud, target: Target) -> bytes:
    """While a script runs, what its agent has sent of it."""
    if target.status in ("Running", "Stopping"):
        return cloud.executions.output_so_far(target.invoke_id, target.instance_id)
    return target.output


def _where(cloud: Cloud, call: Call) -> filters.Where:
    equal = {
        "InvokeId": "invoke_id",
        "CommandId": "command_id",
        "CommandType": "command_type",
        "ResourceGroupId": "resource_group",
    }
    if not call.text("InstanceId"):  # with it, these two are ignored
        equal |= {"CommandName": "command_name", "RepeatMode": "repeat_mode"}
    where = filters.listed(cloud, call, equal)
    filters.narrow_by_timed(where, call.flag("Timed"))
    if status := call.text("InvokeStatus"):
        filters.narrow_by_status(where, status)
    return where


def _row(cloud: Cloud, call: Call, invoke_id: str, status: str) -> Body:
    invocation = cloud.state.invocation(invoke_id)
    assert invocation is not None
    targets = cloud.state.targets(invoke_id, with_output=call.flag("IncludeOutput"))
    if instance_id := call.text("InstanceId"):
        targets = [target for target in targets if target.instance_id == instance_id]
    return {
        "InvokeId": invoke_id,
        "CommandId": invocation.command_id,
        "CommandName": invocation.command_name,
        "CommandDescription": invocation.command_description,
        "CommandType": invocation.command_type,
        "CommandContent": shown(invocation.content, call.is_plain_text),
        "Parameters": json.dumps(dict(invocation.parameters), ensure_ascii=False, separators=(",", ":")),
        "RepeatMode": invocation.repeat_mode,
        "Frequency": invocation.frequency,
        "Timed": invocation.is_timed,
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
        "InvokeInstances": {"InvokeInstance": [_target_row(cloud, call, invocation, target) for target in targets]},
    }


def _target_row(cloud: Cloud, call: Call, invocation: Invocation, target: Target) -> Body:
    output = output_of(cloud, target) if call.flag("IncludeOutput") else b""
    return {
        "InstanceId": target.instance_id,
        "InvocationStatus": target.status,
        "InstanceInvokeStatus": statuses.old_target_word(target.status),
        "ExitCode": target.exit_code or 0,
        "Output": shown(output, call.is_plain_text),
        "Dropped": target.dropped,
        "ErrorCode": target.error_code,
        "ErrorInfo": target.error_info,
        "Repeats": target.repeats,
        "Timed": invocation.is_timed,
        "CreationTime": utc(target.created_at),
        "StartTime": utc(target.started_at),
        "FinishTime": utc(target.finished_at),
        "StopTime": utc(target.stopped_at),
        "UpdateTime": utc(target.updated_at),
    }
