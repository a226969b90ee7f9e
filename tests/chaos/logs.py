"""Exceptions of the console's own code in what its programs wrote, as far as no fault of the world explains them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tests.chaos.programs import REPOSITORY

# A database or a broker that is away, a line that is cut, a process that is told to leave
FORESEEN = re.compile(
    r"\b(OperationalError|InterfaceError|AdminShutdown|CrashShutdown|CannotConnectNow|DatabaseError: Save with update"
    r"|ConnectionError|ConnectionResetError|ConnectionRefusedError|BrokenPipeError|BusyLoadingError|TimeoutError"
    r"|WorkerShutdown|WorkerTerminate|WorkerLostError|SystemExit|database is locked|server closed the connection)\b"
)
_TRACEBACK = re.compile(r"^Traceback \(most recent call last\):\n(?:[ \t].*\n)*.*", re.MULTILINE)
_OWN_FRAME = re.compile(rf'File "{re.escape(str(REPOSITORY))}/(?!\.venv/)')
_SHOWN = 1500  # characters of one, from its end


class Logs:
    """Of one folder; each call of `complaints` reads on from where the last one ended."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, int] = {}

    def complaints(self) -> list[str]:
        return [complaint for path in sorted(self._folder.glob("*.log")) for complaint in self._complaints_of(path)]

    def _complaints_of(self, path: Path) -> Iterator[str]:
        with path.open(errors="replace") as file:
            file.seek(self._read.get(path, 0))
            text = file.read()
            self._read[path] = file.tell()
        for said in [*_TRACEBACK.findall(text), *map(_exception, text.splitlines())]:
            if _OWN_FRAME.search(said) and not FORESEEN.search(said):
                yield f"{path.stem}: {said[-_SHOWN:]}"


def _exception(line: str) -> str:
    """Of a line of JSON; "" where it tells of none."""
    try:
        entry = json.loads(line)
    except ValueError:
        return ""
    return str(entry.get("exception", "")) if isinstance(entry, dict) else ""
