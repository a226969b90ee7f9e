"""
The process in which all scripts run: `python -m simulator.machines.process`, the service at the other end of stdin.

It holds no secret, may write no file, and is limited in memory; scripts see nothing of it, as their interpreter has
files, processes and a network of its own. It leaves when the service does.
"""

import asyncio
import contextlib
import os
import resource
import socket
from base64 import b64encode
from collections.abc import Iterator
from typing import Final

from simulator.machines.execution import Execution, Live, failure
from simulator.machines.frames import Frame, Job, read_frame, write_frame

_FILES_PER_SCRIPT: Final = 10  # open at a time
_MEMORY: Final = 3 * 1024**3  # bytes of address space, the threads' stacks included


def main() -> None:
    _limit()
    asyncio.run(_serve())


def _limit() -> None:
    os.nice(5)
    for kind in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(kind, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # macOS knows this one by name only
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_open_files(), _open_files()))


def _open_files() -> int:
    """As many as allowed: an interpreter and a file system have a runtime of their own, of three open files each."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 65536 if most == resource.RLIM_INFINITY else min(most, 65536)


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
        self._room = asyncio.Semaphore(_open_files() // _FILES_PER_SCRIPT)

    def begin(self, frame: Frame) -> None:
        task = asyncio.create_task(self._run(frame))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self, number: int) -> None:
        if execution := self._executions.get(number):
            execution.stop()

    async def _run(self, frame: Frame) -> None:
        number = frame["run"]
        try:
            async with self._room:
                ended = await self._end_of(number, Job.unpacked(frame))
        except Exception as error:  # the service must not wait for ever
            ended = failure(error)
        write_frame(self._writer, {"run": number, **ended})

    async def _end_of(self, number: int, job: Job) -> Frame:
        with self._working(job) as live:
            self._executions[number] = Execution(job, live, lambda data: self._show(number, data))
            try:
                return await self._executions[number].run()
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
