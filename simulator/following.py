"""One target on its way, as far as it is not written down: the task that follows it, and the script while it runs."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

from simulator.endings import Ending
from simulator.records import Invocation

_SENT_A_SECOND = 2048  # bytes of output that an agent sends while its script runs,
_SENT_AT_MOST = 6000  # until it has sent more than this
_KEPT = 24 * 1024  # of a script that is interrupted


@dataclass(slots=True, eq=False)
class Following:
    invocation: Invocation
    task: "asyncio.Task[None] | None" = None
    is_stopped: bool = False  # no further rounds
    script: "asyncio.Task[Ending] | None" = None  # while it runs
    interrupted_by: Ending | None = None
    started_at: float = 0.0
    output: bytearray = field(default_factory=bytearray)

    async def run(self, script: Coroutine[Any, Any, Ending]) -> Ending:
        """How the script ends, by itself or by `interrupt`."""
        self.script = asyncio.create_task(script)
        try:
            return await self.script
        except asyncio.CancelledError:
            if self.interrupted_by is None:
                raise  # not the script but the simulator is ending
            return replace(self.interrupted_by, output=bytes(self.output))
        finally:
            self.script = None

    def begin_output(self, now: float) -> None:
        self.started_at, self.output, self.interrupted_by = now, bytearray(), None

    def hear(self, chunk: bytes) -> None:
        """Output of the script; later chunks do not fit."""
        self.output += chunk[: _KEPT - len(self.output)]

    def sent_by(self, now: float) -> bytes:
        """As much of the output as a real agent would have sent: some each second, then nothing until the end."""
        seconds = int(max(0.0, now - self.started_at))
        return bytes(self.output[: min(seconds, _SENT_AT_MOST // _SENT_A_SECOND + 1) * _SENT_A_SECOND])

    def interrupt(self, ending: Ending) -> None:
        if self.script and not self.script.done():
            self.interrupted_by = ending
            self.script.cancel()

    def drop(self) -> None:
        """Follow it no more; what is written stays."""
        if self.task:
            self.task.cancel()
