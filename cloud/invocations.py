"""Runs: send them, list them, read what came of them, stop them."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, ClassVar, Self

from cloud import answers, limits, sdk
from cloud.answers import Row
from cloud.connection import Connection
from cloud.errors import OutcomeUnknown
from cloud.gate import call
from cloud.paging import every_row, once_each
from cloud.slices import slices

Tags = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What both ways of running have in common. "" and None are not sent: the cloud's or the command's own default."""

    region: str
    instance_ids: tuple[str, ...]  # one kind, at most limits.INVOKE_INSTANCES_MAX
    parameters: str = field(default="", repr=False)  # the exact JSON text, compact, values are strings; "" for none
    username: str = ""  # "": root, or System on Windows
    windows_password_name: str = ""  # an OOS secret parameter
    timeout: int | None = None  # seconds
    working_dir: str = ""
    repeat_mode: str = "Once"  # Once | Period | NextRebootOnly | EveryReboot | DryRun
    frequency: str = ""  # given: Period, whatever `repeat_mode` says
    termination_mode: str = ""  # Process | ProcessTree
    container_id: str = ""
    container_name: str = ""
    oss_output_delivery: str = ""  # oss://bucket/prefix
    launcher: str = ""
    tags: Tags = ()  # of the invocation, for finding it again

    def to_json(self) -> str:
        """Canonical text: sorted keys, no spaces. Defaults are left out, so that a new field changes no old text."""
        values = {key: value for key, value in asdict(self).items() if value != _defaults(type(self)).get(key, MISSING)}
        return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The request that `to_json` wrote. Raises ValueError for anything else."""
        try:
            values = json.loads(text)
            values["instance_ids"] = tuple(values["instance_ids"])
            values["tags"] = tuple((key, value) for key, value in values.get("tags", ()))
            return cls(**values)
        except (TypeError, KeyError) as error:
            raise ValueError("This is no frozen request.") from error

    def sha256(self) -> str:
        """Hex digest of `to_json`: two requests are the same exactly if these are."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenRequest(Settings):
    """An InvokeCommand, but for its token and date: kept as it is from before the first attempt to the last."""

    operation: ClassVar[str] = "InvokeCommand"
    command_id: str  # or the name of a public command


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenRun(Settings):
    """A RunCommand: a script that is run without being kept, unless `keep_command`."""

    operation: ClassVar[str] = "RunCommand"
    type: str
    content: str = field(repr=False)
    name: str = ""
    description: str = ""
    enable_parameter: bool = False
    keep_command: bool = False


def read_frozen(text: str) -> FrozenRequest | FrozenRun:
    """Whichever of the two wrote the text: only a script of its own has a content. Raises ValueError."""
    kind = FrozenRun if "content" in json.loads(text) else FrozenRequest
    return kind.from_json(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The cloud took the request; no agent need have started yet."""

    invoke_id: str  # t-…
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationInstance:
    """How one target stands. `status` is the API's word (InvocationStatus), known to us or not."""

    instance_id: str
    status: str
    exit_code: int | None
    error_code: str
    error_info: str
    output: bytes  # b"" where it was not asked for
    dropped: int  # bytes of output that the cloud did not keep
    repeats: int
    started_at: datetime | None
    finished_at: datetime | None
    stopped_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result(InvocationInstance):
    """The result of one target of one invocation."""

    invoke_id: str
    command_id: str
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One invocation as the cloud lists it. Parameter values, which it lists in clear, are left out on purpose."""

    invoke_id: str
    command_id: str
    command_name: str
    command_type: str
    content: str
    repeat_mode: str
    frequency: str
    timed: bool
    status: str
    username: str
    timeout: int | None
    working_dir: str
    tags: dict[str, str]
    created_at: datetime | None
    instances: tuple[InvocationInstance, ...]


def send(connection: Connection, request: FrozenRequest | FrozenRun, *, client_token: str, date: datetime) -> Accepted:
    """`invoke` or `run`, as the request is."""
    if isinstance(request, FrozenRun):
        return run(connection, request, client_token=client_token, date=date)
    return invoke(connection, request, client_token=client_token, date=date)


def invoke(connection: Connection, request: FrozenRequest, *, client_token: str, date: datetime) -> Accepted:
    """Run a saved command on at most 100 instances (InvokeCommand), signed with `date`.

    The same request and `client_token`, repeated within the token's window, give the same `invoke_id` and run
    nothing twice. The permit of `cloud.limiter` is the caller's to take, before the claim.
    """
    ecs = sdk.ecs()
    ecs_request = ecs.InvokeCommandRequest(
        command_id=request.command_id, client_token=client_token, **_sent(request, ecs.InvokeCommandRequestTag)
    )
    return _accepted(call("InvokeCommand", connection, request.region, ecs_request, date=date))


def run(connection: Connection, request: FrozenRun, *, client_token: str, date: datetime) -> Accepted:
    """Run a script without saving it first (RunCommand); otherwise as `invoke`."""
    ecs = sdk.ecs()
    ecs_request = ecs.RunCommandRequest(
        type=request.type,
        command_content=request.content,
        content_encoding="PlainText",
        name=request.name or None,
        description=request.description or None,
        enable_parameter=request.enable_parameter,
        keep_command=request.keep_command,
        client_token=client_token,
        **_sent(request, ecs.RunCommandRequestTag),
    )
    return _accepted(call("RunCommand", connection, request.region, ecs_request, date=date))


def list_invocations(
    connection: Connection,
    region: str,
    *,
    invoke_ids: Sequence[str] = (),
    tags: Mapping[str, str] | None = None,
    timed: bool | None = None,
    include_output: bool = False,
) -> list[Invocation]:
    """Invocations with these IDs, or with all of these tags, or all (DescribeInvocations).

    Not being listed proves nothing. A tag filter yields at most 1,000. The cloud hides schedules that go on unless
    `timed` is True; None asks as the API does by default (False). `include_output` needs `invoke_ids`.
    """
    found: dict[str, Invocation] = {}
    for invoke_id in invoke_ids or ("",):
        request = _listing(region, invoke_id, tags or {}, timed, include_output)
        rows = every_row(
            "DescribeInvocations", connection, region, request, "Invocations", "Invocation", page=limits.PAGE
        )
        found.update((row["InvokeId"], _invocation(row)) for row in once_each(rows, "InvokeId"))
    return list(found.values())


def list_tagged(connection: Connection, region: str, tags: Mapping[str, str]) -> list[Invocation]:
    """All that carry these tags, schedules that go on among them: the cloud lists those apart."""
    return [
        invocation
        for timed in (False, True)
        for invocation in list_invocations(connection, region, tags=tags, timed=timed)
    ]


def list_results(connection: Connection, region: str, invoke_id: str, *, instance_id: str = "") -> list[Result]:
    """What each target answered, with its output (DescribeInvocationResults). Of an unknown `invoke_id`: nothing."""
    request = sdk.ecs().DescribeInvocationResultsRequest(
        region_id=region, invoke_id=invoke_id, instance_id=instance_id or None, content_encoding="Base64"
    )
    path = ("Invocation", "InvocationResults", "InvocationResult")
    rows = every_row(
        "DescribeInvocationResults", connection, region, request, *path, page=limits.PAGE, inside="Invocation"
    )
    return [_result(row) for row in once_each(rows, "InstanceId")]


def history(connection: Connection, region: str, invoke_id: str) -> Iterator[Result]:
    """Each time a schedule has run on each target, with its output, as far as the cloud still has it: newest first.

    Only of Period and EveryReboot. A page of 50 is asked for when its first result is, so whoever knows the rest stops.
    """
    request = sdk.ecs().DescribeInvocationResultsRequest(
        region_id=region, invoke_id=invoke_id, include_history=True, content_encoding="Base64"
    )
    path = ("Invocation", "InvocationResults", "InvocationResult")
    for row in every_row(
        "DescribeInvocationResults", connection, region, request, *path, page=limits.PAGE, inside="Invocation"
    ):
        yield _result(row)


def stop(connection: Connection, region: str, invoke_id: str, *, instance_ids: Sequence[str] = ()) -> None:
    """Ask the agents to stop, on all targets or on `instance_ids` (StopInvocation). Repeating it is harmless."""
    for part in slices(instance_ids, limits.STOP_SLICE) if instance_ids else (None,):
        request = sdk.ecs().StopInvocationRequest(
            region_id=region, invoke_id=invoke_id, instance_id=None if part is None else list(part)
        )
        call("StopInvocation", connection, region, request)


def _sent(request: Settings, tag: Any) -> dict[str, Any]:
    """The parameters both operations share, as the SDK names them."""
    optional = (
        "username",
        "windows_password_name",
        "working_dir",
        "repeat_mode",
        "frequency",
        "termination_mode",
        "container_id",
        "container_name",
        "oss_output_delivery",
        "launcher",
    )
    return {
        "region_id": request.region,
        "instance_id": list(request.instance_ids),
        "parameters": json.loads(request.parameters) if request.parameters else None,  # the SDK writes the same bytes
        "timeout": request.timeout,
        "tag": [tag(key=key, value=value) for key, value in request.tags],
        **{name: getattr(request, name) or None for name in optional},
    }


def _accepted(answer: Row) -> Accepted:
    invoke_id = answer.get("InvokeId")
    if not isinstance(invoke_id, str) or not invoke_id.startswith("t-"):
        raise OutcomeUnknown(
            "UnreadableAnswer",
            "The answer names no InvokeId.",
            request_id=answers.text(answer, "RequestId"),
            http_status=200,
        )
    return Accepted(invoke_id=invoke_id, request_id=answers.text(answer, "RequestId"))


def _listing(region: str, invoke_id: str, tags: Mapping[str, str], timed: bool | None, include_output: bool) -> Any:
    ecs = sdk.ecs()
    return ecs.DescribeInvocationsRequest(
        region_id=region,
        invoke_id=invoke_id or None,
        tag=[ecs.DescribeInvocationsRequestTag(key=key, value=value) for key, value in tags.items()],
        timed=timed,
        include_output=include_output or None,
        content_encoding="Base64",
    )


def _invocation(row: Row) -> Invocation:
    return Invocation(
        invoke_id=answers.text(row, "InvokeId"),
        command_id=answers.text(row, "CommandId"),
        command_name=answers.text(row, "CommandName"),
        command_type=answers.text(row, "CommandType"),
        content=answers.decoded(row, "CommandContent").decode(errors="replace"),
        repeat_mode=answers.text(row, "RepeatMode"),
        frequency=answers.text(row, "Frequency"),
        timed=answers.flag(row, "Timed"),
        status=answers.text(row, "InvocationStatus"),
        username=answers.text(row, "Username"),
        timeout=answers.number(row, "Timeout"),
        working_dir=answers.text(row, "WorkingDir"),
        tags=answers.tags(answers.inner_rows(row, "Tags", "Tag")),
        created_at=answers.moment(row, "CreationTime"),
        instances=tuple(
            InvocationInstance(**_standing(found, finished="FinishTime"))
            for found in answers.inner_rows(row, "InvokeInstances", "InvokeInstance")
        ),
    )


def _result(row: Row) -> Result:
    return Result(
        invoke_id=answers.text(row, "InvokeId"),
        command_id=answers.text(row, "CommandId"),
        username=answers.text(row, "Username"),
        **_standing(row, finished="FinishedTime"),
    )


def _standing(row: Row, *, finished: str) -> dict[str, Any]:
    """`finished`: the two operations call the same time differently."""
    return {
        "instance_id": answers.text(row, "InstanceId"),
        "status": answers.text(row, "InvocationStatus"),
        "exit_code": answers.exit_code(row, "ExitCode"),
        "error_code": answers.text(row, "ErrorCode")[: answers.LONGEST_CODE],
        "error_info": answers.text(row, "ErrorInfo"),
        "output": answers.decoded(row, "Output"),
        "dropped": answers.count(row, "Dropped"),
        "repeats": answers.count(row, "Repeats"),
        "started_at": answers.moment(row, "StartTime"),
        "finished_at": answers.moment(row, finished),
        "stopped_at": answers.moment(row, "StopTime"),
    }


def _defaults(request_class: type[Settings]) -> dict[str, Any]:
    return {each.name: each.default for each in fields(request_class) if each.default is not MISSING}
