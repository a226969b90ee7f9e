"""The folder in which the processes of one machine keep their counts together (PROMETHEUS_MULTIPROC_DIR).

Whichever of them is asked for /metrics then tells of all. settings.py calls `join` before anything counts.
"""

import fcntl
import os
import secrets
from pathlib import Path
from typing import TextIO

from prometheus_client import values

_held: list[TextIO] = []  # for as long as this process lives
_names: dict[int, str] = {}  # by process id, so that one that is forked gets another


def join(folder: Path) -> None:
    """Empty it, unless a process that was here before is still alive, and keep this one's counts in it from now on.

    Counts of processes that have ended stay until all have: a sum that shrinks would look like a restart.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = (folder / "lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pass  # somebody is at home
    else:
        for old in folder.glob("*.db"):
            old.unlink()
    fcntl.flock(lock, fcntl.LOCK_SH)
    _held.append(lock)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    values.ValueClass = values.MultiProcessValue(_process)  # type: ignore[no-untyped-call]


def _process() -> str:
    """Its name among all that share the folder: containers may have equal process ids, and equal host names, too."""
    return _names.setdefault(os.getpid(), f"{os.getpid()}-{secrets.token_hex(4)}")
