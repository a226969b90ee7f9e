"""
The sandbox as the service sees it: a process of its own, started when the first script runs.

A script that no longer listens (the interpreter's awk has loops that can't be interrupted) has a thread of that process
for itself. Such a process gets no more scripts; it is killed as soon as its others have ended, or after half a minute.
"""

import asyncio
import itertools
import os
import socket
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from simulator.machines.frames import Frame, Job, read_frame, write_frame

_ROOT: Final = Path(__file__).parents[2]
_GRACE: Final = 30.0  # seconds that other scripts have in a process with a script that no longer listens
_STOP_WAIT: Final = 3.0  # seconds


class SandboxDied(Exception):
    """The process ended under the script: killed, or out of memory."""


@dataclass(slots=True, eq=False)
class Run:
    """A script that was given to the process."""

    number: int
    process: "_Process"
    on_output: Callable[[bytes], None]
    ended: "asyncio.Future[Frame]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    async def end(self) -> Frame:
        """How it ended. Raises SandboxDied. Being cancelled does not end the script: `stop` does."""
        return await asyncio.shield(self.ended)

    async def stop(self) -> Frame | None:
        """How it ended after it was told to; None when nothing is known of it."""
        self.process.stop(self.number)
        done, _ = await asyncio.wait([self.ended], timeout=_STOP_WAIT)
        return self.ended.result() if done and not self.ended.exception() else None


class Sandbox:
    def __init__(self) -> None:
        self._process: _Process | None = None
        self._starting = asyncio.Lock()

    async def start(self, job: Job, on_output: Callable[[bytes], None]) -> Run:
        async with self._starting:
            if self._process is None or not self._process.takes_more:
                self._process = await _Process.started()
        return self._process.begin(job, on_output)

    @property
    def pid(self) -> int | None:
        """Of the process that gets new scripts; None before the first."""
        return self._process.pid if self._process else None

    async def close(self) -> None:
        if self._process:
            await self._process.close()


class _Process:
    def __init__(
        self, popen: "subprocess.Popen[bytes]", reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.takes_more = True
        self.pid = popen.pid
        self._popen = popen
        self._writer = writer
        self._numbers = itertools.count(1)
        self._runs: dict[int, Run] = {}
        self._listening = asyncio.create_task(self._listen(reader))

    @classmethod
    async def started(cls) -> "_Process":
        ours, theirs = socket.socketpair()
        with theirs:
            popen = subprocess.Popen(  # returns at once
                [sys.executable, "-m", "simulator.machines.process"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                cwd="/",
                env=_environment(),
                start_new_session=True,  # Ctrl-C is for the service, which lets it go
            )
        return cls(popen, *await asyncio.open_connection(sock=ours))

    def begin(self, job: Job, on_output: Callable[[bytes], None]) -> Run:
        run = Run(next(self._numbers), self, on_output)
        self._runs[run.number] = run
        write_frame(self._writer, {"run": run.number, **job.packed()})
        return run

    def stop(self, number: int) -> None:
        write_frame(self._writer, {"stop": number})

    async def close(self) -> None:
        """At its end of the stream it leaves by itself; whatever still runs there is lost."""
        self.takes_more = False
        self._writer.close()
        self._popen.kill()
        await self._listening

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while frame := await read_frame(reader):
            run = self._runs.get(frame["run"])
            if run and "shown" in frame:
                run.on_output(b64decode(frame["shown"]))
            elif run:
                self._ended(run, frame)
        self._died()

    def _ended(self, run: Run, frame: Frame) -> None:
        del self._runs[run.number]
        run.ended.set_result(frame)
        if frame["deaf"] and self.takes_more:
            self.takes_more = False
            asyncio.get_running_loop().call_later(_GRACE, self._popen.kill)
        if not self.takes_more and not self._runs:
            self._popen.kill()

    def _died(self) -> None:
        self.takes_more = False
        for run in self._runs.values():
            run.ended.set_exception(SandboxDied())
            run.ended.exception()  # somebody may have stopped waiting
        self._runs.clear()
        self._writer.close()
        self._popen.kill()
        self._popen.wait()


def _environment() -> dict[str, str]:
    """Nothing of the service's own, which holds secrets."""
    return {
        "PATH": os.defpath,
        "PYTHONPATH": str(_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "TOKIO_WORKER_THREADS": "16",  # so that some busy scripts do not hold up the others
        "MALLOC_ARENA_MAX": "4",
    }
