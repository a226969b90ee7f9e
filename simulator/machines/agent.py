"""The Cloud Assistant agent of one machine."""

import asyncio
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from weakref import WeakKeyDictionary

from simulator.machines.files import Changes, Disk
from simulator.machines.frames import Frame, Job
from simulator.machines.model import Ended, Machine, Task
from simulator.machines.placeholders import fill_in
from simulator.machines.prechecks import first_failure
from simulator.machines.sandbox import Sandbox, SandboxDied

_sandboxes: "WeakKeyDictionary[asyncio.AbstractEventLoop, Sandbox]" = WeakKeyDictionary()


def sandbox_of_this_loop() -> Sandbox:
    """The one that all agents share. Whoever runs the loop closes it at the end."""
    return _sandboxes.setdefault(asyncio.get_running_loop(), Sandbox())


class Agent:
    """Runs scripts on its machine; several at once, if it must."""

    def __init__(self, machine: Machine, home: Path, *, pace: float = 1.0) -> None:
        """`home` is where the machine's files are kept. `pace` scales all waiting: 0 is none, 1 is a real machine's."""
        self._machine = machine
        self._disk = Disk(home)
        self._changes: Changes | None = None
        self._pace = pace

    def invalid(self, task: Task) -> Ended | None:
        """Why the script will not be started; None when it can be."""
        return first_failure(self._machine, task, self._files())

    async def execute(self, task: Task, *, on_output: Callable[[bytes], None]) -> Ended:
        """Run the script to its end, or until cancelled.

        `on_output` gets the first kilobytes while it runs. After a cancel it gets what else the script had printed, and
        CancelledError goes on to the caller.
        """
        if invalid := self.invalid(task):
            return invalid
        job = Job(
            machine=self._machine,
            task=task,
            content=fill_in(task.content, self._machine, task),
            changes=self._files(),
            pace=self._pace,
        )
        shown = _Shown(on_output)
        run = await sandbox_of_this_loop().start(job, shown)
        try:
            frame = await run.end()
        except asyncio.CancelledError:
            if last := await run.stop():
                self._keep(last)
                shown.rest(b64decode(last["output"]))
            raise
        except SandboxDied:
            return _ended("Error", "ClientRestarted", "The agent was restarted while the command ran.", shown.so_far)
        self._keep(frame)
        return _reported(frame)

    def _files(self) -> Changes:
        if self._changes is None:
            self._changes = self._disk.load()
        return self._changes

    def _keep(self, frame: Frame) -> None:
        if frame["changes"] is not None:
            self._changes = Changes.from_json(frame["changes"])
            self._disk.save(self._changes)


class _Shown:
    """What `on_output` has got."""

    def __init__(self, on_output: Callable[[bytes], None]) -> None:
        self.so_far = b""
        self._on_output = on_output

    def __call__(self, data: bytes) -> None:
        self.so_far += data
        self._on_output(data)

    def rest(self, output: bytes) -> None:
        """Of an output that may have been cut in the middle: what was not shown yet."""
        if output.startswith(self.so_far) and len(output) > len(self.so_far):
            self._on_output(output[len(self.so_far) :])


def _reported(frame: Frame) -> Ended:
    output, dropped = b64decode(frame["output"]), frame["dropped"]
    match frame["end"]:
        case "exited" if frame["exit_code"] == 0:
            return _ended("Success", "", "", output, dropped, 0)
        case "exited":
            info = "The command execution exit code is not zero."
            return _ended("Failed", "ExitCodeNonzero", info, output, dropped, frame["exit_code"])
        case "timeout":
            return _ended("Timeout", "ExecutionTimeout", "The command execution has timed out.", output, dropped, 1)
        case "rebooted":
            return _ended(
                "Error", "InstanceRestarted", "The instance was restarted while the command ran.", output, dropped
            )
        case "stopped":
            return _ended("Terminated", "", "", output, dropped)
        case _:
            return _ended(
                "Error", "ExecutionException", f"The script could not be run: {frame['error']}", output, dropped, 1
            )


def _ended(status: str, code: str, info: str, output: bytes, dropped: int = 0, exit_code: int | None = None) -> Ended:
    return Ended(status=status, exit_code=exit_code, error_code=code, error_info=info, output=output, dropped=dropped)  # type: ignore[arg-type]
