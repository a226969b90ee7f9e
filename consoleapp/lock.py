"""One console per folder (A23): the process that holds `var/lock` is the one that works on what is in there."""

import fcntl
import os
from pathlib import Path


class AlreadyRunning(Exception):
    """The sentence names the process, and its address once it has one."""


class Lock:
    """Held until the process ends, however it ends: a dead process leaves a file, but no lock."""

    def __init__(self, folder: Path) -> None:
        """Raises AlreadyRunning."""
        self._file = (folder / "lock").open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = self._holder()
            self.release()
            raise AlreadyRunning(f"Already running ({holder}).") from None
        self.say("")

    def say(self, address: str) -> None:
        """Leave word for whoever comes second."""
        self._file.truncate(0)
        self._file.write(f"{os.getpid()} {address}")
        self._file.flush()

    def release(self) -> None:
        self._file.close()

    def _holder(self) -> str:
        self._file.seek(0)
        pid, _, address = self._file.read().partition(" ")
        return ", ".join(part for part in (f"pid {pid}" if pid else "", address) if part) or "another process"
