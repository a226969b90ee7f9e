"""DescribeCommands, CreateCommand, ModifyCommand, DeleteCommand."""

from collections.abc import Callable
from dataclasses import replace

from simulator import limits, parameters
from simulator.cloud import Cloud
from simulator.errors import ApiError, missing
from simulator.faults import Kind
from simulator.operations.scripts import check_texts, read_command, shown, timeout
from simulator.paging import Page
from simulator.records import Command
from simulator.wire import Body, Call, tag_list, utc


def describe_commands(cloud: Cloud, call: Call) -> Body:
    """An unknown CommandId finds nothing; that is no error."""
    page = Page.asked(call, largest=50, default=10)
    provider, tags = call.text("Provider"), call.tags()
    available = _published(cloud, provider) if provider else cloud.state.commands(call.region)
    tests = _tests(call, is_public=bool(provider))
    found = [
        command
        for command in available
        if all(test(command) for test in tests) and tags.items() <= dict(command.tags).items()
    ]
    page_rows = page.cut(found[: limits.TAG_RESULTS] if tags else found)
    times = _invoke_times(cloud, [command.command_id for command in page_rows])
    rows = [_row(as_it_runs(cloud, each), call.is_plain_text, times.get(each.command_id, 0)) for each in page_rows]
    return {"Commands": {"Command": rows}, **page.fields(len(found))}


def create_command(cloud: Cloud, call: Call) -> Body:
    command = read_command(cloud, call, default_encoding="Base64")
    if not command.name:
        raise missing("Name")
    if cloud.state.count_commands(call.region) >= limits.COMMANDS_PER_REGION:
        raise ApiError("CmdCount.ExceedQuota")
    cloud.state.save_command(command)
    return {"CommandId": command.command_id}


def modify_command(cloud: Cloud, call: Call) -> Body:
    """The script cannot change: CommandContent is taken and ignored."""
    command = _own(cloud, call)
    check_texts(call)
    changed = {
        field: call.text(name)
        for name, field in (
            ("Name", "name"),
            ("Description", "description"),
            ("WorkingDir", "working_dir"),
            ("Launcher", "launcher"),
        )
        if name in call.parameters
    }
    cloud.state.save_command(replace(command, **changed, timeout=timeout(call, command.timeout)))  # type: ignore[arg-type]
    return {}


def delete_command(cloud: Cloud, call: Call) -> Body:
    command = _own(cloud, call)
    busy = cloud.state.rows("select 1 from invocations where command_id = ? and is_open limit 1", (command.command_id,))
    if busy:
        raise ApiError("Operation.Forbidden", "The command is running and cannot be deleted.")
    cloud.state.delete_command(command.command_id)
    return {}


def as_it_runs(cloud: Cloud, command: Command) -> Command:
    """The command as saved, unless a test makes this a cloud that does not keep scripts."""
    changed = cloud.faults.rule(Kind.CONTENT_CHANGES, command.region)
    return replace(command, content=str(changed.more["content"])) if changed else command


def _own(cloud: Cloud, call: Call) -> Command:
    if command := cloud.state.command(call.region, call.required("CommandId")):
        return command
    raise ApiError("InvalidCmdId.NotFound")


# -- lists


def _published(cloud: Cloud, provider: str) -> list[Command]:
    """`AlibabaCloud` means all of them."""
    return [each for each in cloud.public_commands if provider in ("AlibabaCloud", each.provider)]


def _tests(call: Call, *, is_public: bool) -> list[Callable[[Command], bool]]:
    tests: list[Callable[[Command], bool]] = []
    if command_id := call.text("CommandId"):
        tests.append(lambda command: command.command_id == command_id)
    if kind := call.text("Type"):
        tests.append(lambda command: command.type == kind)
    if group := call.text("ResourceGroupId"):
        tests.append(lambda command: command.resource_group == group)
    if name := call.text("Name"):
        tests.append(lambda command: _is_like(command.name, name, is_public))
    if description := call.text("Description"):
        tests.append(lambda command: _is_like(command.description, description, is_public))
    return tests


def _is_like(text: str, wanted: str, is_public: bool) -> bool:
    """Own commands: a star at either end; public ones: anywhere in it."""
    if is_public:
        return wanted.strip("*").lower() in text.lower()
    core = wanted.strip("*")
    match wanted.startswith("*"), wanted.endswith("*"):
        case True, True:
            return core in text
        case True, False:
            return text.endswith(core)
        case False, True:
            return text.startswith(core)
    return text == wanted


def _invoke_times(cloud: Cloud, command_ids: list[str]) -> dict[str, int]:
    marks = ", ".join("?" for _ in command_ids)
    rows = cloud.state.rows(
        f"select command_id, count(*) as times from invocations where command_id in ({marks}) group by command_id",  # noqa: S608 - marks only
        command_ids,
    )
    return {row["command_id"]: row["times"] for row in rows}


def _row(command: Command, is_plain: bool, times: int) -> Body:
    names = parameters.names_in(command.content) if command.enable_parameter else []
    row: Body = {
        "CommandId": command.command_id,
        "Name": command.name,
        "Description": command.description,
        "Type": command.type,
        "CommandContent": shown(command.content, is_plain),
        "WorkingDir": command.working_dir,
        "Timeout": command.timeout,
        "Launcher": command.launcher,
        "EnableParameter": command.enable_parameter,
        "ParameterNames": {"ParameterName": names},
        "ParameterDefinitions": {"ParameterDefinition": list(command.definitions)},
        "InvokeTimes": times,
        "CreationTime": utc(command.created_at),
        "ResourceGroupId": command.resource_group,
        "Tags": tag_list(command.tags),
    }
    if command.is_public:
        row |= {
            "Provider": command.provider,
            "Category": command.category,
            "Version": command.version,
            "Latest": True,
        }
    return row
