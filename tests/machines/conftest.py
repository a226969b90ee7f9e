"""Machines of the default fleet, with their files in a temporary folder and no waiting."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from simulator import fleet
from simulator.machines.agent import Agent, sandbox_of_this_loop
from simulator.machines.model import Ended, Machine, Task

FLEET = {machine.name: machine for machine in fleet.machines()}
ANY_TASK = Task(
    invoke_id="t-hz0test",
    command_id="c-hz0test",
    command_name="test",
    type="RunShellScript",
    content="",
    launcher="",
    username="",
    password_name="",
    working_dir="",
    timeout=60,
    account_id="1234567890123456",
    container="",
    repeat=1,
)


@dataclass
class Box:
    """A machine and its agent; `run` waits for the end."""

    machine: Machine
    home: Path
    runner: asyncio.Runner
    pace: float = 0.0
    heard: bytes = b""
    agent: Agent = field(init=False)

    def __post_init__(self) -> None:
        self.agent = Agent(self.machine, self.home, pace=self.pace)

    def task(self, content: str, **changed: Any) -> Task:
        return replace(ANY_TASK, content=content, **changed)

    async def execute(self, content: str, **changed: Any) -> Ended:
        return await self.agent.execute(self.task(content, **changed), on_output=self.hear)

    def run(self, content: str, **changed: Any) -> Ended:
        return self.runner.run(self.execute(content, **changed))

    def says(self, content: str, **changed: Any) -> str:
        """What a script prints that must succeed."""
        ended = self.run(content, **changed)
        assert (ended.status, ended.exit_code) == ("Success", 0), ended
        return ended.output.decode()

    def hear(self, data: bytes) -> None:
        self.heard += data

    def restarted(self) -> "Box":
        """The same machine under a new agent, as after a restart of the simulator."""
        return Box(self.machine, self.home, self.runner, self.pace)


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner
        runner.run(_close())


async def _close() -> None:
    await sandbox_of_this_loop().close()


@pytest.fixture
def machine(tmp_path: Path, runner: asyncio.Runner) -> Callable[..., Box]:
    def named(name: str, *, pace: float = 0.0) -> Box:
        return Box(FLEET[name], tmp_path / name, runner, pace)

    return named


@pytest.fixture
def web(machine: Callable[..., Box]) -> Box:
    """A prod web server in Hangzhou with Alibaba Cloud Linux."""
    return machine("hz-web-002")


@pytest.fixture
def windows(machine: Callable[..., Box]) -> Box:
    return machine("hz-win-001")
