"""What the two halves of the simulated cloud say to one another about a machine, a script to run, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["ecs", "managed"]
OsType = Literal["linux", "windows"]
Power = Literal["Running", "Stopped"]
AgentState = Literal["normal", "silent", "none"]  # silent: installed, but no heartbeat for hours
CommandType = Literal["RunShellScript", "RunPowerShellScript", "RunBatScript"]
Quirk = Literal["", "no-nginx", "nginx-hangs", "nginx-broken", "disk-full"]  # what is wrong with a machine
EndStatus = Literal["Success", "Failed", "Timeout", "Error", "Invalid", "Terminated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One instance as the fleet has it at first. What changes later (power, tags, agent) is kept by the service."""

    instance_id: str  # i-… or mi-…
    kind: Kind
    region: str
    zone: str  # empty for managed instances
    name: str
    hostname: str
    os_type: OsType
    os_name: str  # "Alibaba Cloud Linux 3.2104 LTS 64-bit"
    private_ip: str
    public_ip: str  # empty: none
    vpc_id: str  # empty for managed instances
    instance_type: str  # empty for managed instances
    cpu: int
    memory_mb: int
    tags: Mapping[str, str]
    status: Power
    agent: AgentState  # silent on a stopped machine: it answers once the machine runs
    agent_version: str  # empty: no agent
    users: tuple[str, ...]  # accounts beside root or System
    pace: float  # 1.0 is ordinary, 4.0 a slow machine
    created_at: datetime
    quirk: Quirk = ""
    timezone: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One execution of a script on one machine."""

    invoke_id: str  # t-…
    command_id: str
    command_name: str
    type: CommandType
    content: str  # own parameters are filled in; the built-ins the agent knows ({{ACS::InstanceId}}, …) are not
    launcher: str
    username: str  # empty: root or System
    password_name: str
    working_dir: str  # empty: the user's home
    timeout: int  # seconds
    account_id: str
    container: str
    repeat: int  # 1 for the first round of a schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an execution ended, as its agent reports it."""

    status: EndStatus
    exit_code: int | None  # None: nothing ran
    error_code: str
    error_info: str
    output: bytes  # stdout and stderr in one stream, the tail of it when there was too much
    dropped: int  # bytes cut out of the output
