"""Waiting for a cloud that takes its time."""

import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")


def until(look: Callable[[], Seen], is_so: Callable[[Seen], bool], seconds: float = 30) -> Seen:
    """Look again and again until it is so; returns what was seen then."""
    deadline = time.monotonic() + seconds
    while not is_so(seen := look()):
        assert time.monotonic() < deadline, f"still not so after {seconds} s: {seen}"
        time.sleep(0.02)
    return seen
