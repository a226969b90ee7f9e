"""Storing what a call came to while the database is away, restarting, or at odds with another writer (A34, A36, A38).

A call was made, so its outcome is in hand and nowhere else. It is written again for a while; recording is the same
done twice. Should it not succeed, or the process end, the attempt stays open and the batch is looked up.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, close_old_connections, connection

log = logging.getLogger(__name__)

WAITS = (0.1, 0.5, 2.0, 5.0, 15.0)  # seconds between the tries, each spread by half


def until_stored(store: Callable[[], None], invoke_id: str) -> None:
    """Raises the database's own error when it is still away after the last wait."""
    for wait in WAITS:
        try:
            store()
            return
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block:
                raise
            log.error("what the cloud answered could not be stored yet: %s %s", invoke_id or "no task ID", error)
            time.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311
            close_old_connections()
    store()
