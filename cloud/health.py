"""How the cloud answers this process, per region and family of operations: for the badge and System status."""

import threading
from collections import deque
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from cloud.errors import CloudError, Throttled

REMEMBERED = 100  # calls that rate and duration are worked out from


class Family(StrEnum):
    INVOKE = "Invoke"  # InvokeCommand, RunCommand
    DESCRIBE = "Describe"  # whatever only reads
    CHANGE = "Change"  # the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Counts are since the start of the process; `error_rate` (0 … 1) and `p95_seconds` cover the last 100 calls."""

    region: str
    family: Family
    last_success_at: datetime | None
    last_error_at: datetime | None
    last_error: CloudError | None
    calls: int
    throttled: int
    error_rate: float
    p95_seconds: float | None


@dataclass(slots=True)
class _Record:
    calls: int = 0
    throttled: int = 0
    last_success_at: datetime | None = None
    last_error_at: datetime | None = None
    last_error: CloudError | None = None
    lately: deque[tuple[float, bool]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))


_records: dict[tuple[str, Family], _Record] = {}
_lock = threading.Lock()


def record(operation: str, region: str, error: CloudError | None, *, seconds: float) -> None:
    """Note one finished call. A refusal is an answer, but still counts as an error."""
    now = datetime.now(UTC)
    with _lock:
        entry = _records.setdefault((region, family_of(operation)), _Record())
        entry.calls += 1
        entry.throttled += isinstance(error, Throttled)
        entry.lately.append((seconds, error is not None))
        if error is None:
            entry.last_success_at = now
        else:
            entry.last_error_at = now
            entry.last_error = copy(error)  # without the traceback, which would keep the request alive


def snapshot() -> list[Health]:
    """All that was recorded, by region and family."""
    with _lock:
        return [_health(region, family, entry) for (region, family), entry in sorted(_records.items())]


def family_of(operation: str) -> Family:
    if operation in ("InvokeCommand", "RunCommand"):
        return Family.INVOKE
    return Family.DESCRIBE if operation.startswith(("Describe", "List", "Get")) else Family.CHANGE


def forget() -> None:
    """Start counting anew."""
    with _lock:
        _records.clear()


def _health(region: str, family: Family, entry: _Record) -> Health:
    durations = sorted(seconds for seconds, _failed in entry.lately)
    return Health(
        region=region,
        family=family,
        last_success_at=entry.last_success_at,
        last_error_at=entry.last_error_at,
        last_error=entry.last_error,
        calls=entry.calls,
        throttled=entry.throttled,
        error_rate=sum(failed for _seconds, failed in entry.lately) / len(durations) if durations else 0.0,
        p95_seconds=durations[int(len(durations) * 0.95)] if durations else None,
    )
