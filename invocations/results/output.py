"""One target's output, ready to be shown: its lines, or why there are none."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

from invocations.models import REST, BatchState, Output, Target
from invocations.results import ansi
from invocations.results.decoding import UTF8, decode
from invocations.secrets import MASK

MOST_LINES = 5000  # shown of one output; the download has all of it

State = Literal["text", "empty", "none-yet", "binary", "gone"]


@dataclass(frozen=True, slots=True)
class OutputView:
    state: State
    lines: tuple[ansi.Line, ...] = ()
    size: int = 0  # bytes
    dropped: int = 0  # bytes the cloud cut away
    unshown: int = 0  # lines before the first one shown
    encoding: str = ""  # where it is not UTF-8
    is_growing: bool = False  # more may come
    hides_secrets: bool = False

    @property
    def is_cut(self) -> bool:
        return self.dropped > 0


def of(target: Target) -> OutputView:
    """The last lines of what the target printed; a target that never began printed nothing."""
    output = _stored(target)
    is_growing = target.state not in REST
    content = content_of(target)
    if output is None or not content:
        return OutputView(_nothing(target, output, is_growing), is_growing=is_growing)
    decoded = decode(content)
    if decoded is None:
        return OutputView("binary", size=len(content), dropped=output.dropped)
    kept: deque[ansi.Line] = deque(ansi.lines(decoded.text), maxlen=MOST_LINES)
    return OutputView(
        "text",
        lines=tuple(kept),
        size=len(content),
        dropped=output.dropped,
        unshown=kept[0].number - 1 if kept else 0,
        encoding="" if decoded.encoding == UTF8 else decoded.encoding,
        is_growing=is_growing,
        hides_secrets=MASK in decoded.text and bool(target.invocation.secret_names),
    )


def content_of(target: Target) -> bytes:
    """The bytes as the cloud kept them, but for secrets."""
    output = _stored(target)
    return bytes(output.content) if output else b""


def _stored(target: Target) -> Output | None:
    try:
        return target.output
    except Output.DoesNotExist:
        return None


def _nothing(target: Target, output: Output | None, is_growing: bool) -> State:
    """An ended target whose output was not stored is waiting for it, until its batch is finished without (A65)."""
    if is_growing:
        return "none-yet"
    if output is not None or target.started_at is None:
        return "empty"
    return "gone" if target.batch.state == BatchState.FINISHED else "none-yet"
