"""One execution of a script inside the sandbox process, from its start to its end, whatever ends it."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from random import Random
from typing import Final

from bashkit import FileSystem

from simulator.machines.clock import RunClock
from simulator.machines.files import Changes, Entry, difference
from simulator.machines.frames import Frame, Job
from simulator.machines.linux import shell
from simulator.machines.linux.disk import dating, laid_out, read_back
from simulator.machines.linux.host import Host
from simulator.machines.model import Machine
from simulator.machines.output import Output
from simulator.machines.seeds import seed
from simulator.machines.windows import batch, powershell
from simulator.machines.windows.host import WindowsHost

_LOOK_AGAIN: Final = 1.0  # seconds: how precise time-outs are for scripts that do not sleep


class Live:
    """The files of a machine while scripts run on it; all of them see the same."""

    def __init__(self, machine: Machine, changes: Changes) -> None:
        self.runs = 0
        self._seed = seed(machine)
        self._known = changes
        tree = changes.applied_to(self._seed)
        self.tree: dict[str, Entry] = tree if machine.os_type == "windows" else {}
        self.files: FileSystem | None = laid_out(tree) if machine.os_type == "linux" else None
        self.dating = dating(tree) if machine.os_type == "linux" else ""

    def changes(self) -> Changes | None:
        """What scripts have made of the machine; None when it is as was known before."""
        found = difference(self._seed, read_back(self.files) if self.files else self.tree)
        if found == self._known:
            return None
        self._known = found
        return found


class Execution:
    def __init__(self, job: Job, live: Live, show: Callable[[bytes], None]) -> None:
        """`show` gets output, as far as it is shown while the script runs."""
        self._machine, self._task, self._content = job.machine, job.task, job.content
        self._live = live
        self._show = show
        self._cut_off: asyncio.Future[str] = asyncio.get_running_loop().create_future()  # by what, before its own end
        self._output = Output()
        self._clock = RunClock(self._task.timeout, job.pace, lambda: self._cut("timeout"))
        self._dice = Random(f"{self._task.invoke_id}/{self._task.repeat}/{self._machine.instance_id}")  # not a secret

    def stop(self) -> None:
        self._cut("stopped")

    async def run(self) -> Frame:
        """How it ended, for the agent: `end` is exited, timeout, stopped, rebooted or failed."""
        script = asyncio.ensure_future(self._script())
        end = await self._first_end(script)
        deaf = await _is_deaf(script)
        output, dropped = self._output.reported(self._clock.elapsed)
        changes = self._live.changes()
        return {
            "end": end,
            "exit_code": script.result() if end == "exited" else None,
            "error": repr(script.exception()) if end == "failed" else "",
            "output": b64encode(output).decode(),
            "dropped": dropped,
            "changes": changes.to_json() if changes else None,
            "deaf": deaf,
        }

    async def _first_end(self, script: "asyncio.Future[int]") -> str:
        while not script.done() and not self._cut_off.done() and self._clock.left > 0:
            timeout = min(self._clock.left, _LOOK_AGAIN)
            await asyncio.wait([script, self._cut_off], timeout=timeout, return_when=asyncio.FIRST_COMPLETED)  # type: ignore[type-var]
        if script.done():
            return "failed" if script.exception() else "exited"
        self._cut("timeout")
        return self._cut_off.result()

    def _cut(self, end: str) -> None:
        if not self._cut_off.done():
            self._cut_off.set_result(end)

    async def _script(self) -> int:
        await self._clock.sleep(self._latency())
        if self._machine.os_type == "windows":
            return await self._windows_script()
        assert self._live.files
        host = Host(self._machine, self._live.files, self._clock, self._dice, lambda: self._cut("rebooted"))
        return await shell.run(self._task, self._content, host, self._write, dating=self._live.dating)

    async def _windows_script(self) -> int:
        host = WindowsHost(self._machine, self._live.tree, self._clock, self._dice, self._task.username)
        run = batch.run if self._task.type == "RunBatScript" else powershell.run
        return await run(self._content, host, lambda text: self._write(text.encode()))

    def _latency(self) -> float:
        """From the arrival of the task to the first line of the script; never so long that a time-out gets near."""
        usual = self._dice.lognormvariate(-0.2, 0.8) * self._machine.pace
        return min(usual, 12.0, self._task.timeout * 0.3)

    def _write(self, data: bytes) -> None:
        """What comes after the end was decided is the noise of ending it."""
        if not self._cut_off.done() and (shown := self._output.write(data)):
            self._show(shown)


async def _is_deaf(script: "asyncio.Future[int]") -> bool:
    """End the script, if it has not ended. Whether it goes on all the same."""
    script.cancel()
    await asyncio.wait([script])
    return not script.cancelled() and isinstance(script.exception(), shell.Deaf)


def failure(error: Exception) -> Frame:
    """The end of a script that could not even be begun."""
    nothing = {"exit_code": None, "output": "", "dropped": 0, "changes": None, "deaf": False}
    return {"end": "failed", "error": repr(error), **nothing}
