"""Whether the cloud runs the content that was confirmed here (A78).

A script cannot change under one CommandId; should it differ all the same - a public command found by its name, a cloud
that behaves otherwise - a person must know. Parameters are not compared: the cloud lists them in clear.
"""

from __future__ import annotations

import hashlib

import cloud.invocations as gateway
from invocations import states
from invocations.models import Alarm, Batch


def compare(batch: Batch, listed: gateway.Invocation | None) -> None:
    """Raise the alarm once where the listed content is another; an answer without content says nothing."""
    if listed is None or not listed.content:
        return
    seen = hashlib.sha256(listed.content.encode()).hexdigest()
    if seen != batch.invocation.content_sha256:
        states.raise_alarm(Alarm.Kind.CONTENT, batch, listed_sha256=seen, invoke_id=listed.invoke_id)
