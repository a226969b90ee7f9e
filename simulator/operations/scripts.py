"""What commands and runs have in common: a script, its form in requests and answers, and how it is started."""

import base64
import binascii
import re
from typing import get_args

from simulator import limits, parameters
from simulator.cloud import Cloud, new_id
from simulator.errors import ApiError
from simulator.machines.model import CommandType
from simulator.records import Command
from simulator.wire import Call

_TYPES: dict[str, CommandType] = {kind: kind for kind in get_args(CommandType)}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def read_command(cloud: Cloud, call: Call, *, default_encoding: str) -> Command:
    """A new command as the call describes it. Raises ApiError."""
    if (kind := _TYPES.get(call.required("Type"))) is None:
        raise ApiError("InvalidCmdType.NotFound")
    content = decoded(call, default_encoding)
    parameters.check_size(content)
    check_texts(call)
    enabled = call.flag("EnableParameter")
    if enabled:
        parameters.names_in(content)
    return Command(
        command_id=new_id("c"),
        region=call.region,
        name=call.text("Name"),
        type=kind,
        content=content,
        description=call.text("Description"),
        working_dir=call.text("WorkingDir"),
        timeout=timeout(call, limits.TIMEOUT_DEFAULT),
        launcher=call.text("Launcher"),
        enable_parameter=enabled,
        tags=call.tags(),
        resource_group=call.text("ResourceGroupId"),
        created_at=cloud.clock.now(),
    )


def decoded(call: Call, default_encoding: str) -> str:
    """The script in the call. Raises ApiError."""
    content = call.required("CommandContent")
    encoding = call.text("ContentEncoding", default_encoding)
    # A wrong value counts as the default of the operation
    is_plain = encoding == "PlainText" or (encoding != "Base64" and default_encoding == "PlainText")
    if is_plain:
        return content
    try:
        return base64.b64decode(content, validate=True).decode()
    except (binascii.Error, ValueError):
        raise ApiError("CmdContent.DecodeError") from None


def timeout(call: Call, default: int) -> int:
    """Seconds; a smaller one than ten is raised to ten. Raises ApiError."""
    seconds = call.number("Timeout", default)
    if seconds > limits.TIMEOUT_MOST:
        raise ApiError("InvalidTimeout.ExceedLimit")
    return max(seconds, limits.TIMEOUT_LEAST)


def check_run_settings(call: Call) -> None:
    """Directory and launcher, which a command has and a run may override. Raises ApiError."""
    directory = call.text("WorkingDir")
    if len(directory) > limits.WORKING_DIR:
        raise ApiError("InvalidParameter.WorkingDir")
    if _CONTROL.search(directory):
        raise ApiError("InvalidParameterCharacter.CommandWorkingDir")
    if len(call.text("Launcher").encode()) > limits.LAUNCHER_BYTES:
        raise ApiError("InvalidLauncher.LengthLimitExceeded")


def check_texts(call: Call) -> None:
    if len(call.text("Name")) > limits.NAME:
        raise ApiError("CmdName.ExceedLimit")
    if _CONTROL.search(call.text("Name")):
        raise ApiError("InvalidParameterCharacter.CommandName")
    if len(call.text("Description")) > limits.DESCRIPTION:
        raise ApiError("CmdDesc.ExceedLimit")
    check_run_settings(call)


def shown(content: str | bytes, is_plain: bool) -> str:
    """Scripts and outputs as answers carry them: Base64 unless PlainText was asked for."""
    raw = content.encode() if isinstance(content, str) else content
    return raw.decode(errors="replace") if is_plain else base64.b64encode(raw).decode()
