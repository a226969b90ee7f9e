"""Until the real one is there."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from simulator.machines.model import Ended, Machine, Task


class Agent:
    def __init__(self, machine: Machine, home: Path, *, pace: float = 1.0) -> None:
        pass

    def invalid(self, task: Task) -> Ended | None:
        return None

    async def execute(self, task: Task, *, on_output: Callable[[bytes], None]) -> Ended:
        out = task.content.encode()
        on_output(out)
        await asyncio.sleep(0.1)
        return Ended(status="Success", exit_code=0, error_code="", error_info="", output=out, dropped=0)
