"""DescribeInvocationResults."""

from simulator import statuses
from simulator.cloud import Cloud
from simulator.errors import ApiError
from simulator.operations import filters
from simulator.operations.invocations import output_of
from simulator.operations.scripts import shown
from simulator.paging import Page
from simulator.records import Invocation, Target
from simulator.wire import Body, Call, tag_list, utc

_EQUAL = {"InvokeId": "invoke_id", "CommandId": "command_id", "ResourceGroupId": "resource_group"}


def describe_invocation_results(cloud: Cloud, call: Call) -> Body:
    """Newest invocation first, its targets in the order given. An unknown InvokeId finds nothing; that is no error."""
    page = Page.asked(call, largest=50, default=10)
    keys = _history(cloud, call) if call.flag("IncludeHistory") else _latest(cloud, call)
    results = [_result(cloud, *key) for key in page.cut(keys)]
    rows = [_row(cloud, call, invocation, target) for invocation, target in results]
    # The page's fields sit inside, unlike everywhere else
    return {"Invocation": {"InvocationResults": {"InvocationResult": rows}, **page.fields(len(keys))}}


Key = tuple[str, str, int | None]  # invocation, instance, and which round of a schedule: None is the latest


def _latest(cloud: Cloud, call: Call) -> list[Key]:
    where = filters.listed(cloud, call, _EQUAL)
    matching = f"select seq, invoke_id from invocations where {where}"  # noqa: S608 - values are bound
    targets = f"select invoke_id, instance_id, status from targets join ({matching}) using (invoke_id)"  # noqa: S608
    rows = cloud.state.rows(f"{targets} order by seq desc, position", where.values)
    return [
        (row["invoke_id"], row["instance_id"], None)
        for row in rows
        if _is_wanted(call, row["instance_id"], row["status"])
    ]


def _history(cloud: Cloud, call: Call) -> list[Key]:
    """Of one task that repeats: what runs now, then its rounds, newest first."""
    invocation = cloud.state.invocation(call.text("InvokeId"))
    if invocation is None or not invocation.repeats:
        raise ApiError("InvalidParameter", "IncludeHistory requires the InvokeId of a task that repeats.")
    running = [key for key in _latest(cloud, call) if _result(cloud, *key)[1].status == "Running"]
    rounds = cloud.state.rounds(invocation.invoke_id)
    return running + [
        (each.invoke_id, each.instance_id, each.repeats)
        for each in rounds
        if _is_wanted(call, each.instance_id, each.status)
    ]


def _is_wanted(call: Call, instance_id: str, status: str) -> bool:
    return call.text("InstanceId") in ("", instance_id) and call.text("InvokeRecordStatus") in (
        "",
        statuses.old_target_word(status),
    )


def _result(cloud: Cloud, invoke_id: str, instance_id: str, number: int | None) -> tuple[Invocation, Target]:
    invocation = cloud.state.invocation(invoke_id)
    target = (
        cloud.state.target(invoke_id, instance_id)
        if number is None
        else cloud.state.round(invoke_id, instance_id, number)
    )
    assert invocation is not None
    assert target is not None
    return invocation, target


def _row(cloud: Cloud, call: Call, invocation: Invocation, target: Target) -> Body:
    return {
        "InvokeId": target.invoke_id,
        "CommandId": invocation.command_id,
        "InstanceId": target.instance_id,
        "InvocationStatus": target.status,
        "InvokeRecordStatus": statuses.old_target_word(target.status),
        "ExitCode": target.exit_code or 0,
        "Output": shown(output_of(cloud, target), call.is_plain_text),
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
