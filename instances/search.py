"""From a search to rows: what a `grammar.Query` means in SQL.

Nothing that was typed becomes part of the SQL: it travels as values, with `%`, `_` and `\\` as ordinary characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from operator import or_
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Exists, F, Lookup, OuterRef, Q, QuerySet, Value
from django.db.models.sql.compiler import SQLCompiler

from instances import addresses
from instances.grammar import Key, Named, Pattern, Query, Tag, Term
from instances.models import Instance, InstanceTag, Kind

Condition = Callable[[str], Q]
_KINDS = {"ecs": Kind.ECS, "managed": Kind.MANAGED}


def matching(
    queryset: QuerySet[Instance, Any], query: Query, *, extra: Mapping[str, Condition] | None = None
) -> QuerySet[Instance, Any]:
    """The instances a search finds.

    `extra` says what keys beyond the instance's own columns mean (`reason`, `selected`), each a function from one value
    to a condition; a key that nothing is known of is searched as text. One of too many conditions finds nothing, and so
    does one that names a saved selection which is not there.
    """
    if query.finds_nothing:
        return queryset.none()
    for condition in _of_terms(query, extra or {}):
        queryset = queryset.filter(condition)
    return queryset


class Like(Lookup):
    """LIKE with a pattern of our own making, blind to case on every engine."""

    lookup_name = "like"

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str | int, ...]]:
        column, column_params = self.process_lhs(compiler, connection)
        pattern, pattern_params = self.process_rhs(compiler, connection)
        return f"UPPER({column}) LIKE UPPER({pattern}) ESCAPE '\\'", (*column_params, *pattern_params)


def _any(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions)


def _of_terms(query: Query, extra: Mapping[str, Condition]) -> Iterator[Q]:
    """Every one of them holds for what is found."""
    for term in query.terms:
        condition = _any(_conditions(term, query, extra))
        yield ~condition if term.is_negated else condition


def _conditions(term: Term, query: Query, extra: Mapping[str, Condition]) -> list[Q]:
    if term.key == Key.TAG:
        return [_has_tag(tag) for tag in term.tags]
    if term.key == Key.SAVED:
        return [_is_in(query.named[item.text]) for item in term.items]
    if term.key in extra:
        return [extra[term.key](item.text) for item in term.items]
    if term.key in _MEANINGS:
        return [_MEANINGS[term.key](item) for item in term.items]
    return [_in_any_text(Pattern((term.typed,)))]


def _is_in(named: Named) -> Q:
    if named.query is None:
        return Q(instance_id__in=named.ids)
    return Q(*_of_terms(named.query, {}))


def _has_tag(tag: Tag) -> Q:
    rows = InstanceTag.objects.filter(_equals("key", tag.key), instance=OuterRef("pk"))
    if tag.value is not None:
        rows = rows.filter(_equals("value", tag.value))
    return Q(Exists(rows))


def _equals(column: str, pattern: Pattern) -> Q:
    """The whole column, but for case and for how accents are stored."""
    return _any(Q(Like(F(column), Value(_like(form)))) for form in pattern.forms)


def _contains(column: str, pattern: Pattern) -> Q:
    """A part of the column; with a wildcard the whole of it."""
    return _equals(column, pattern if pattern.has_wildcard else Pattern(("", *pattern.pieces, "")))


def _like(pattern: Pattern) -> str:
    return "%".join(piece.translate(_ESCAPED) for piece in pattern.pieces)


_ESCAPED = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


def _has_address(pattern: Pattern) -> Q:
    parts = addresses.parts(pattern.text)
    if parts:
        return _any(Q(addresses__contains=part) for part in parts)
    if pattern.has_wildcard:  # a whole address of those kept in the one text
        first, *between, last = pattern.pieces
        return _contains("addresses", Pattern(("", f" {first}", *between, f"{last} ", "")))
    return _contains("addresses", pattern)


def _in_any_text(pattern: Pattern) -> Q:
    named = _contains("name", pattern) | _contains("instance_id", pattern)
    could_be_address = not pattern.has_wildcard and not any(sign.isspace() for sign in pattern.text)
    return named | _has_address(pattern) if could_be_address else named


def _of_system(pattern: Pattern) -> Q:
    return _equals("os_type", pattern) | _contains("os_name", pattern)


def _of_type(pattern: Pattern) -> Q:
    return Q(kind=_KINDS.get(pattern.text.lower(), ""))


_MEANINGS: dict[Key, Callable[[Pattern], Q]] = {
    Key.TEXT: _in_any_text,
    Key.ID: lambda pattern: _contains("instance_id", pattern),
    Key.NAME: lambda pattern: _contains("name", pattern),
    Key.IP: _has_address,
    Key.STATUS: lambda pattern: _equals("status", pattern),
    Key.AGENT: lambda pattern: _equals("agent", pattern),
    Key.OS: _of_system,
    Key.TYPE: _of_type,
}
