"""Everything a run sent, for its Settings tab. Secret values are masked: the console no longer has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Prefetch

from commands.parameters import Kind, Segment, segments
from invocations.models import Attempt, Batch, Invocation
from invocations.results.ansi import INVISIBLE, Piece, symbol
from invocations.secrets import MASK

BATCHES = 50  # a page of technical details
_HIDDEN = re.compile(f"([\x00-\x08\x0b-\x1f\x7f-\x9f{INVISIBLE}])")
_CLASSES = {Kind.FILLED: "p", Kind.EMPTY: "p empty", Kind.MISSING: "p empty", Kind.BUILT_IN: "p"}


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    value: str
    is_secret: bool = False


def parameters(run: Invocation) -> list[Parameter]:
    given = [Parameter(name, value) for name, value in run.parameters.items()]
    return given + [Parameter(name, MASK, is_secret=True) for name in run.secret_names]


def content_lines(run: Invocation) -> list[list[Piece]]:
    """The script with its values filled in and marked, line by line; invisible characters are shown (C47)."""
    values = {parameter.name: parameter.value for parameter in parameters(run)}
    lines: list[list[Piece]] = [[]]
    for segment in segments(run.content.replace("\r\n", "\n"), values):
        for at, part in enumerate(_shown(segment).split("\n")):
            if at:
                lines.append([])
            lines[-1] += _pieces(part, _CLASSES.get(segment.kind, ""))
    if not lines[-1] and len(lines) > 1:
        lines.pop()
    return lines


def _shown(segment: Segment) -> str:
    return "∅" if segment.kind == Kind.EMPTY else segment.text


def _pieces(text: str, classes: str) -> Iterator[Piece]:
    for at, part in enumerate(_HIDDEN.split(text)):
        if part:
            yield symbol(part) if at % 2 else Piece(part, classes)


def batches(run: Invocation, page: str | None) -> Page[Batch]:
    """Tokens and attempts, a page of batches in two queries."""
    rows = run.batches.defer("request", "secrets").order_by("seq")
    attempts = Prefetch("attempts", Attempt.objects.order_by("n"))
    return Paginator(rows.prefetch_related(attempts), BATCHES).get_page(page)
