"""Saved commands, the account's own and the public ones."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cloud import answers, limits, sdk
from cloud.answers import Row
from cloud.connection import Connection
from cloud.errors import OutcomeUnknown
from cloud.gate import call
from cloud.paging import every_row, once_each

PUBLIC = "AlibabaCloud"  # the provider that stands for all public commands


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterDefinition:
    """What a public command says of one of its parameters; own commands have none."""

    name: str
    description: str
    default: str
    required: bool
    allowed: tuple[str, ...]  # () when anything goes
    pattern: str  # "" when anything goes


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command as the cloud keeps it. Its script never changes under one ID."""

    command_id: str  # c-…
    name: str
    type: str  # RunShellScript | RunPowerShellScript | RunBatScript
    content: str
    description: str
    working_dir: str
    timeout: int  # seconds
    parameter_names: tuple[str, ...]  # () when `enable_parameter` is off
    parameter_definitions: tuple[ParameterDefinition, ...]
    enable_parameter: bool
    launcher: str
    tags: dict[str, str]
    created_at: datetime | None
    provider: str  # "" for own commands
    category: str
    version: str
    latest: bool


def list_commands(
    connection: Connection, region: str, *, command_id: str = "", name: str = "", provider: str = ""
) -> list[Command]:
    """Own commands, or with `provider` (`PUBLIC` for all) the newest version of public ones (DescribeCommands).

    An unknown `command_id` gives an empty list. `name` may hold `*` at its ends.
    """
    request = sdk.ecs().DescribeCommandsRequest(
        region_id=region,
        command_id=command_id or None,
        name=name or None,
        provider=provider or None,
        latest=True if provider else None,
        content_encoding="Base64",
    )
    found = every_row("DescribeCommands", connection, region, request, "Commands", "Command", page=limits.PAGE)
    return [_command(row) for row in once_each(found, "CommandId")]


def create_command(
    connection: Connection,
    region: str,
    *,
    name: str,
    type: str,
    content: str,
    client_token: str,
    description: str = "",
    working_dir: str = "",
    timeout: int = limits.TIMEOUT_DEFAULT,
    enable_parameter: bool = False,
    launcher: str = "",
    tags: Mapping[str, str] | None = None,
) -> str:
    """Save a command (CreateCommand). Gives its ID; the same call with the same `client_token` gives the same one."""
    ecs = sdk.ecs()
    request = ecs.CreateCommandRequest(
        region_id=region,
        name=name,
        type=type,
        command_content=base64.b64encode(content.encode()).decode(),
        content_encoding="Base64",
        client_token=client_token,
        description=description or None,
        working_dir=working_dir or None,
        timeout=timeout,
        enable_parameter=enable_parameter,
        launcher=launcher or None,
        tag=[ecs.CreateCommandRequestTag(key=key, value=value) for key, value in (tags or {}).items()],
    )
    command_id = answers.text(call("CreateCommand", connection, region, request), "CommandId")
    if not command_id:
        raise OutcomeUnknown("UnreadableAnswer", "The answer names no CommandId.")
    return command_id


def modify_command(
    connection: Connection,
    region: str,
    command_id: str,
    *,
    name: str | None = None,
    description: str | None = None,
    working_dir: str | None = None,
    timeout: int | None = None,
    launcher: str | None = None,
) -> None:
    """Change what can change (ModifyCommand); None leaves it as it is.

    Script, type, tags, and whether there are parameters can never change under one ID.
    """
    request = sdk.ecs().ModifyCommandRequest(
        region_id=region,
        command_id=command_id,
        name=name,
        description=description,
        working_dir=working_dir,
        timeout=timeout,
        launcher=launcher,
    )
    call("ModifyCommand", connection, region, request)


def delete_command(connection: Connection, region: str, command_id: str) -> None:
    """Delete a command (DeleteCommand). Rejected with `is_gone` when there is none of this ID."""
    call("DeleteCommand", connection, region, sdk.ecs().DeleteCommandRequest(region_id=region, command_id=command_id))


def _command(row: Row) -> Command:
    return Command(
        command_id=answers.text(row, "CommandId"),
        name=answers.text(row, "Name"),
        type=answers.text(row, "Type"),
        content=answers.decoded(row, "CommandContent").decode(errors="replace"),
        description=answers.text(row, "Description"),
        working_dir=answers.text(row, "WorkingDir"),
        timeout=answers.number(row, "Timeout") or limits.TIMEOUT_DEFAULT,
        parameter_names=answers.texts(row, "ParameterNames", "ParameterName"),
        parameter_definitions=tuple(
            _definition(found) for found in answers.inner_rows(row, "ParameterDefinitions", "ParameterDefinition")
        ),
        enable_parameter=answers.flag(row, "EnableParameter"),
        launcher=answers.text(row, "Launcher"),
        tags=answers.tags(answers.inner_rows(row, "Tags", "Tag")),
        created_at=answers.moment(row, "CreationTime"),
        provider=answers.text(row, "Provider"),
        category=answers.text(row, "Category"),
        version=answers.text(row, "Version"),
        latest=answers.flag(row, "Latest"),
    )


def _definition(row: Row) -> ParameterDefinition:
    return ParameterDefinition(
        name=answers.text(row, "ParameterName"),
        description=answers.text(row, "Description"),
        default=answers.text(row, "DefaultValue"),
        required=answers.flag(row, "Required"),
        allowed=answers.texts(row, "PossibleValues", "PossibleValue"),
        pattern=answers.text(row, "PatternRegex"),
    )
