"""
The simulated cloud as tests use it: a child process on a free port with its own state, its control path as methods.

    cloud = SimulatedCloud.start(folder)
    cloud.fault("InvokeCommand", "lose_after", times=1)
    …
    assert [call.status for call in cloud.journal.calls("InvokeCommand")] == [None, 200]
    cloud.close()

One process serves a whole test session; `reset()` between tests makes it as new in some milliseconds.
"""

import json
import os
import select
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

REPOSITORY = Path(__file__).resolve().parent.parent
START = 60.0  # seconds it may take until it listens
# Loopback goes direct, whatever proxy the environment names
_http = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalCall:
    """One request that came, whatever became of it."""

    operation: str
    region: str
    client_token: str
    instance_ids: list[str]
    tags: dict[str, str]
    fault: str  # the kind that struck, or empty
    status: int | None  # None: no answer left
    code: str
    invoke_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalExecution:
    """One script that was started on one instance."""

    instance_id: str
    invoke_id: str
    username: str  # root or System where nobody was named
    parameters: dict[str, str]
    content_sha256: str  # of the command's script, before parameters are filled in
    started: datetime
    finished: datetime | None
    exit_code: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedInstance:
    instance_id: str
    kind: str  # ecs | managed
    region: str
    name: str
    os_type: str
    status: str
    agent: str  # normal | silent | none
    is_online: bool
    tags: dict[str, str]

    @property
    def can_run(self) -> bool:
        return self.status == "Running" and self.agent == "normal"


class Journal:
    def __init__(self, cloud: "SimulatedCloud") -> None:
        self._cloud = cloud

    def calls(self, operation: str = "") -> list[JournalCall]:
        """Oldest first; of one operation or of all."""
        lines = self._cloud.lines(f"journal?kind=calls&operation={operation}")
        return [JournalCall(**{**line, "at": _moment(line["at"])}) for line in lines]

    def executions(self) -> list[JournalExecution]:
        """In the order in which they were started; those still running have no `finished`."""
        return [
            JournalExecution(**{**line, "started": _moment(line["started"]), "finished": _moment(line["finished"])})
            for line in self._cloud.lines("journal?kind=executions")
        ]


def _moment(text: str | None) -> Any:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


@dataclass
class SimulatedCloud:
    process: subprocess.Popen[str]
    url: str
    access_key: tuple[str, str]  # id, secret
    token: str
    state: Path
    journal: Journal = field(init=False)

    def __post_init__(self) -> None:
        self.journal = Journal(self)

    @classmethod
    def start(
        cls,
        state: Path,
        *,
        port: int = 0,
        pace: float = 0.0,
        fleet: int = 0,
        daily_quota: int = 5000,
        access_key: tuple[str, str] = ("LTAI-test-id", "test-secret"),
        token: str = "test-control-token",
        environment: Mapping[str, str] | None = None,
    ) -> Self:
        """Start one on its own `state` folder and wait until it listens. `pace` 0: nothing takes longer than needed."""
        settings = {
            "SIMULATOR_STATE": str(state),
            "SIMULATOR_PORT": str(port),
            "SIMULATOR_PACE": str(pace),
            "SIMULATOR_FLEET": str(fleet),
            "SIMULATOR_DAILY_QUOTA": str(daily_quota),
            "SIMULATOR_ACCESS_KEYS": ":".join(access_key),
            "SIMULATOR_CONTROL_TOKEN": token,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "simulator", "--tied"],
            cwd=REPOSITORY,
            env={**_clean_environment(), **settings, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], START)
        line = process.stdout.readline() if ready else ""
        if not line:
            process.kill()
            raise RuntimeError(f"The simulated cloud did not start (exit code {process.wait()}).")
        return cls(process, f"http://127.0.0.1:{json.loads(line)['port']}", access_key, token, state)

    def close(self) -> None:
        """Ask it to leave, by closing its stdin, and wait until it has."""
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    def kill(self) -> None:
        """As by a power cut: it may finish nothing."""
        self.process.kill()
        self.process.wait()
        self.close()

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    # -- the control path

    def request(self, method: str, path: str, body: object = None) -> bytes:
        """Raises urllib.error.HTTPError when it refuses."""
        request = urllib.request.Request(
            f"{self.url}/_simulator/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
            method=method,
        )
        try:
            with _http.open(request, timeout=30) as response:
                return bytes(response.read())
        except urllib.error.HTTPError as error:
            error.add_note(error.read().decode())
            raise

    def lines(self, path: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.request("GET", path).decode().splitlines()]

    def reset(self) -> None:
        """As if it had been started for the first time; faults, clock and journal included."""
        self.request("POST", "reset")

    def fault(self, operation: str, kind: str, **wish: Any) -> int:
        """Let something go wrong (see `simulator.faults.Kind`); returns a number to take it back by, 0 for an event."""
        answer = json.loads(self.request("POST", "faults", {"operation": operation, "kind": kind, **wish}))
        return int(answer.get("id", 0))

    def event(self, kind: str, **wish: Any) -> None:
        """Let something happen to a machine or a record, now or in `after` seconds."""
        self.fault("", kind, **wish)

    def rule(self, kind: str, **wish: Any) -> int:
        """A rule of the cloud: check_date, check_nonce, strict_targets, validate_first, dedup, token_window, …"""
        return self.fault("", kind, **wish)

    def take_back(self, fault: int) -> None:
        self.request("DELETE", f"faults/{fault}")

    def clear_faults(self) -> None:
        self.request("DELETE", "faults")

    def clock(self, offset: float) -> None:
        """Set the cloud's clock so many seconds ahead of this machine's."""
        self.request("POST", "clock", {"offset": offset})

    def advance(self, seconds: float) -> None:
        self.request("POST", "clock", {"advance": seconds})

    # -- instances

    def instances(self, region: str = "", **wanted: object) -> list[SimulatedInstance]:
        """In the fleet's order; `wanted` compares attributes: `instances("cn-hangzhou", agent="none")`."""
        rows = json.loads(self.request("GET", f"instances?region={region}"))
        found = [SimulatedInstance(**row) for row in rows]
        return [each for each in found if all(getattr(each, name) == value for name, value in wanted.items())]

    def running_instances(self, region: str, count: int, *, os_type: str = "linux", kind: str = "ecs") -> list[str]:
        """IDs of `count` instances that can run a command."""
        found = [each.instance_id for each in self.instances(region, os_type=os_type, kind=kind) if each.can_run]
        assert len(found) >= count, f"only {len(found)} instances in {region} can run"
        return found[:count]

    def stop_instance(self, instance_id: str, *, after: float = 0) -> None:
        self.event("stop", instance_id=instance_id, after=after)

    def start_instance(self, instance_id: str, *, after: float = 0) -> None:
        self.event("start", instance_id=instance_id, after=after)

    def reboot_instance(self, instance_id: str, *, after: float = 0) -> None:
        self.event("reboot", instance_id=instance_id, after=after)

    def release_instance(self, instance_id: str, *, after: float = 0) -> None:
        self.event("release", instance_id=instance_id, after=after)

    def retag_instance(self, instance_id: str, tags: Mapping[str, str]) -> None:
        self.event("retag", instance_id=instance_id, tags=dict(tags))

    def silence_agent(self, instance_id: str, *, hours: float | None = None, after: float = 0) -> None:
        """Its agent is heard no more, from now on or since some hours ago."""
        since = {} if hours is None else {"hours": hours}
        self.event("agent_silent", instance_id=instance_id, after=after, **since)

    # -- records

    def accepted(self) -> dict[str, dict[str, str]]:
        """InvokeId -> tags of all that was ever accepted, also where the call's caller had left before the answer."""
        return {row["invoke_id"]: row["tags"] for row in json.loads(self.request("GET", "invocations"))}

    def modify_command(self, region: str, command_id: str, **changed: Any) -> None:
        """Behind the console's back; even the script (`content`) may change."""
        self.event("modify_command", region=region, command_id=command_id, **changed)

    def delete_command(self, command_id: str) -> None:
        self.event("delete_command", command_id=command_id)

    def forget_invocation(self, invoke_id: str, *, outputs: bool = False) -> None:
        self.event("forget", invoke_id=invoke_id, outputs=outputs)


def _clean_environment() -> dict[str, str]:
    """Nothing of the surrounding console's own settings."""
    private = ("SIMULATOR_", "ALIBABA_", "CONSOLE_")
    return {name: value for name, value in os.environ.items() if not name.startswith(private)}
