"""How far the cloud's clock is from ours, by the Date header of its answers."""

import email.utils
import threading

from cloud.connection import Connection

HALF_SECOND = 0.5  # the header has whole seconds, cut off

_offsets: dict[Connection, float] = {}
_lock = threading.Lock()


def offset(connection: Connection) -> float | None:
    """Seconds the cloud's clock is ahead of ours (negative: behind), as last seen. None before the first answer."""
    with _lock:
        return _offsets.get(connection)


def measure(date_header: str, *, sent_at: float, received_at: float) -> float | None:
    """The offset that one answer shows, between our times (UNIX seconds) of sending and receiving it."""
    try:
        cloud = email.utils.parsedate_to_datetime(date_header).timestamp() + HALF_SECOND
    except ValueError:
        return None
    return cloud - (sent_at + received_at) / 2


def note(connection: Connection, seconds: float) -> None:
    with _lock:
        _offsets[connection] = seconds
