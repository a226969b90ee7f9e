"""
The process in which all scripts run: `python -m simulator.machines.process`, with the service at the other end of stdin.

It holds no secret, may write no file, and is limited in memory; scripts see nothing of it, as their interpreter has files,
processes and a network of its own. It leaves when the service does.
"""

import asyncio
import contextlib
import os
import resource
import socket
from base64 import b64encode
from collections.abc import Iterator
from typing import Final

from simulator.machines.execution import Execution, Live
from simulator.machines.frames import Frame, Job, read_frame, write_frame

_MEMORY: Final = 3 * 1024**3  # bytes of address space, the threads' stacks included


def main() -> None:
    _limit()
    asyncio.run(_serve())


def _limit() -> None:
    os.nice(5)
    for kind, limit in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 128),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # macOS knows some of them by name only
            resource.setrlimit(kind, (limit, limit))


async def _serve() -> None:
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=0))
    scripts = _Scripts(writer)
    while frame := await read_frame(reader):
        if "stop" in frame:
            scripts.stop(frame["stop"])
        else:
            scripts.begin(frame)
    os._exit(0)  # at once, whatever is running


class _Scripts:
    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._machines: dict[str, Live] = {}
        self._executions: dict[int, Execution] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, frame: Frame) -> None:
        task = asyncio.create_task(self._run(frame))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self, number: int) -> None:
        if execution := self._executions.get(number):
            execution.stop()

    async def _run(self, frame: Frame) -> None:
        number, job = frame["run"], Job.unpacked(frame)
        with self._working(job) as live:
            execution = Execution(job, live, lambda data: self._show(number, data))
            self._executions[number] = execution
            try:
                write_frame(self._writer, {"run": number, **await execution.run()})
            finally:
                del self._executions[number]

    def _show(self, number: int, data: bytes) -> None:
        write_frame(self._writer, {"run": number, "shown": b64encode(data).decode()})

    @contextlib.contextmanager
    def _working(self, job: Job) -> Iterator[Live]:
        """The machine with its files, the same for all scripts that run on it at a time."""
        name = job.machine.instance_id
        live = self._machines.get(name) or Live(job.machine, job.changes)
        self._machines[name] = live
        live.runs += 1
        try:
            yield live
        finally:
            live.runs -= 1
            if not live.runs:
                del self._machines[name]


if __name__ == "__main__":
    main()
