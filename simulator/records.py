"""What the cloud remembers of commands and invocations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.machines.model import CommandType, OsType


def os_type_of(command_type: CommandType) -> OsType:
    return "linux" if command_type == "RunShellScript" else "windows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    command_id: str  # c-…
    region: str  # empty: a public command, there in every region
    name: str
    type: CommandType
    content: str
    description: str = ""
    working_dir: str = ""
    timeout: int = 60  # seconds
    launcher: str = ""
    enable_parameter: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    resource_group: str = ""
    created_at: float
    provider: str = ""  # from here on: public commands only
    category: str = ""
    version: int = 0
    definitions: tuple[Mapping[str, Any], ...] = ()  # in the form of ParameterDefinition in DescribeCommands

    @property
    def is_public(self) -> bool:
        return bool(self.provider)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One accepted InvokeCommand or RunCommand, with everything it ran as it was then."""

    invoke_id: str  # t-…
    region: str
    command_id: str
    command_name: str
    command_description: str
    command_type: CommandType
    content: str  # as saved; own parameters are not filled in
    enable_parameter: bool
    parameters: Mapping[str, str]  # as passed
    defaults: Mapping[str, str] = field(default_factory=dict)  # of a public command, for names not passed
    repeat_mode: str  # Once | Period | NextRebootOnly | EveryReboot | DryRun
    frequency: str = ""
    timeout: int
    username: str = ""
    password_name: str = ""
    working_dir: str = ""
    launcher: str = ""
    termination_mode: str = "Process"
    container_id: str = ""
    container_name: str = ""
    oss_output_delivery: str = ""
    resource_group: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    created_at: float

    @property
    def repeats(self) -> bool:
        return self.repeat_mode in ("Period", "EveryReboot")

    @property
    def is_timed(self) -> bool:
        return self.repeat_mode == "Period"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One instance of an invocation: its latest execution, or why there is none."""

    invoke_id: str
    instance_id: str
    status: str = "Pending"  # a word of `statuses`
    exit_code: int | None = None
    output: bytes = b""
    dropped: int = 0  # bytes
    error_code: str = ""
    error_info: str = ""
    repeats: int = 0  # executions so far
    created_at: float
    started_at: float | None = None
    finished_at: float | None = None
    stopped_at: float | None = None
    updated_at: float
