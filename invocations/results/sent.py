"""Everything a run sent, for its Settings tab. Secret values are masked: the console no longer has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from django.core.paginator import Page, Paginator
from django.db.models import Prefetch

from commands import highlighting
from commands.parameters import Kind
from invocations.models import Attempt, Batch, Invocation
from invocations.results.ansi import marked
from invocations.secrets import MASK

BATCHES = 50  # a page of technical details
_CLASSES = {Kind.FILLED: "p", Kind.BUILT_IN: "p", Kind.MISSING: "p empty", Kind.EMPTY: "p empty"}


class ScriptPiece(NamedTuple):
    text: str
    classes: str = ""
    is_parameter: bool = False
    title: str = ""  # what a symbol stands for


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    value: str
    is_secret: bool = False


def parameters(run: Invocation) -> list[Parameter]:
    given = [Parameter(name, value) for name, value in run.parameters.items()]
    return given + [Parameter(name, MASK, is_secret=True) for name in run.secret_names]


def content_lines(run: Invocation) -> list[list[ScriptPiece]]:
    """The script with its values filled in and marked, line by line; invisible characters are shown (C47)."""
    values = {parameter.name: parameter.value for parameter in parameters(run)}
    coloured = highlighting.lines(run.content, run.command_type, values or None)
    return [[shown for piece in line for shown in _shown(piece)] for line in coloured]


def _shown(piece: highlighting.Piece) -> Iterator[ScriptPiece]:
    is_parameter = piece.kind != Kind.TEXT
    css = _CLASSES.get(piece.kind, piece.css)
    if piece.kind == Kind.EMPTY:
        yield ScriptPiece("∅", css, is_parameter)
    for shown in marked(piece.text):
        yield ScriptPiece(shown.text, f"{css} {shown.classes}".strip(), is_parameter, shown.title)


def batches(run: Invocation, page: str | None) -> Page[Batch]:
    """Tokens and attempts, a page of batches in two queries."""
    rows = run.batches.defer("request", "secrets").order_by("seq")
    attempts = Prefetch("attempts", Attempt.objects.order_by("n"))
    return Paginator(rows.prefetch_related(attempts), BATCHES).get_page(page)
