"""How the cloud answers, per region and family of operations: for the badge and System status.

Each process notes its own calls. `notes` are plain enough to be kept in a row, so that a page can show what all
processes together have seen: `of` reads the notes of several.
"""

import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import NotRequired, TypedDict

from cloud.counters import CALL_SECONDS, CALLS
from cloud.errors import CloudError, Throttled

REMEMBERED = 100  # calls that rate and duration are worked out from, in each process
WINDOW = 15 * 60  # seconds: older ones no longer count

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


class Family(StrEnum):
    INVOKE = "Invoke"  # InvokeCommand, RunCommand
    DESCRIBE = "Describe"  # whatever only reads
    CHANGE = "Change"  # the rest


class Call(TypedDict):
    at: float  # UNIX time
    ms: int
    error: NotRequired[str]  # the class of a CloudError


class Note(TypedDict):
    """What one process knows of one region and family. Times are UNIX seconds, 0 for never."""

    region: str
    family: str
    success_at: float
    error_at: float
    error: str  # the class of the newest CloudError
    calls: list[Call]


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Counts, rate (0 … 1) and p95 are those of the last 15 minutes, at most 100 calls of each process."""

    region: str
    family: Family
    last_success_at: datetime | None
    last_error_at: datetime | None
    last_error: str  # the class of the newest CloudError, or ""
    calls: int
    throttled: int
    error_rate: float
    p95_seconds: float | None

    @property
    def trouble(self) -> str:
        """The class of the error that came after the last success, or ""."""
        if self.last_error_at is None or (self.last_success_at and self.last_success_at > self.last_error_at):
            return ""
        return self.last_error


@dataclass(slots=True)
class _Record:
    success_at: float = 0.0
    error_at: float = 0.0
    error: str = ""
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=REMEMBERED))


_records: dict[tuple[str, Family], _Record] = {}
_lock = threading.Lock()


def record(operation: str, region: str, error: CloudError | None, *, seconds: float) -> None:
    """Note one finished call. A refusal is an answer, but still counts as an error."""
    outcome = type(error).__name__ if error else ""
    CALLS.labels(operation, _CAPITAL.sub("_", outcome).lower() or "ok").inc()
    CALL_SECONDS.labels(operation).observe(seconds)
    call: Call = {"at": round(time.time(), 2), "ms": round(seconds * 1000)}
    with _lock:
        entry = _records.setdefault((region, family_of(operation)), _Record())
        if outcome:
            call["error"] = entry.error = outcome
            entry.error_at = call["at"]
        else:
            entry.success_at = call["at"]
        entry.calls.append(call)


def notes() -> list[Note]:
    """What this process knows, in a form that JSON keeps."""
    with _lock:
        return [
            Note(
                region=region,
                family=family.value,
                success_at=entry.success_at,
                error_at=entry.error_at,
                error=entry.error,
                calls=list(entry.calls),
            )
            for (region, family), entry in sorted(_records.items())
        ]


def of(notes: Iterable[Note]) -> list[Health]:
    """The health that the notes of one or several processes show, by region and family."""
    together: dict[tuple[str, str], list[Note]] = defaultdict(list)
    for note in notes:
        together[note["region"], note["family"]].append(note)
    return [_health(region, Family(family), found) for (region, family), found in sorted(together.items())]


def family_of(operation: str) -> Family:
    if operation in ("InvokeCommand", "RunCommand"):
        return Family.INVOKE
    return Family.DESCRIBE if operation.startswith(("Describe", "List", "Get")) else Family.CHANGE


def forget() -> None:
    """Start noting anew."""
    with _lock:
        _records.clear()


def _health(region: str, family: Family, notes: list[Note]) -> Health:
    since = time.time() - WINDOW
    calls = [call for note in notes for call in note["calls"] if call["at"] >= since]
    durations = sorted(call["ms"] for call in calls)
    newest = max(notes, key=lambda note: note["error_at"])
    return Health(
        region=region,
        family=family,
        last_success_at=_moment(max(note["success_at"] for note in notes)),
        last_error_at=_moment(newest["error_at"]),
        last_error=newest["error"],
        calls=len(calls),
        throttled=sum(call.get("error") == Throttled.__name__ for call in calls),
        error_rate=sum("error" in call for call in calls) / len(calls) if calls else 0.0,
        p95_seconds=durations[int(len(durations) * 0.95)] / 1000 if durations else None,
    )


def _moment(at: float) -> datetime | None:
    return datetime.fromtimestamp(at, UTC) if at else None
