"""Exceptions in what the programs wrote that no fault of the world explains."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

# A database or a broker that is away, a line that is cut, a process that is told to leave
FORESEEN = re.compile(
    r"\b(OperationalError|InterfaceError|AdminShutdown|CrashShutdown|CannotConnectNow|DatabaseError: Save with update"
    r"|ConnectionError|ConnectionResetError|ConnectionRefusedError|BrokenPipeError|BusyLoadingError|TimeoutError"
    r"|WorkerShutdown|WorkerTerminate|WorkerLostError|SystemExit|database is locked|server closed the connection)\b"
)


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
        for line in text.splitlines():
            said = _exception(line)
            if said and not FORESEEN.search(said):
                yield f"{path.stem}: {said[-1500:]}"


def _exception(line: str) -> str:
    """ "" for a line that tells of none."""
    try:
        entry = json.loads(line)
    except ValueError:
        return line if re.match(r"[\w.]*(Error|Exception)\b", line) else ""
    return str(entry.get("exception", "")) if isinstance(entry, dict) else ""
