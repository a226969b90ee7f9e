"""Saved selections in a search: `saved:web` is one's own, `saved:team/web` the team's.

What is looked up here is what every search box of the console means by it. A name that is not there makes the whole
search find nothing, negated or not: it never finds less or more in silence.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import reduce
from operator import or_

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Person
from instances import access, grammar, search
from instances.grammar import Hint, Key, Named, Problem, Query
from instances.models import Instance, Kind, Selection, SelectionKind


def key_of(name: str) -> str:
    """What a name is known by: whatever its case, and however its accents are stored."""
    typed = grammar.QUOTES.sub("*", unicodedata.normalize("NFC", name))  # as grammar.quoted writes them
    return unicodedata.normalize("NFC", typed.casefold())


def word(selection: Selection) -> str:
    """What finds it in a search: `saved:"my web servers"`."""
    return f"{Key.SAVED}:{grammar.quoted(selection.full_name)}"


def read(q: str, person: Person, region: str, *, keys: Collection[Key]) -> Query:
    """What a search means to this person in this region, the selections it names looked up. At most one query."""
    query = grammar.parse(q, keys=keys)
    names = list(dict.fromkeys(query.values_of(Key.SAVED)))
    if not names or query.is_too_much or query.is_too_large:
        return query
    query = replace(query, named=_look_up(names, person, region))
    gone = tuple(Hint(Problem.NO_SELECTION, (name,)) for name in query.missing)
    return replace(query, hints=(*gone, *query.hints)).within_bounds()


def _look_up(names: Collection[str], person: Person, region: str) -> dict[str, Named]:
    of_names = reduce(or_, (Q(group=group, key=key) for group, key in map(_parts, names)))
    found = {(one.group, one.key): one for one in access.selections_visible_to(person, region).filter(of_names)}
    return {name: _named(found[_parts(name)]) for name in names if _parts(name) in found}


def _parts(name: str) -> tuple[str, str]:
    """Group and key; a name has no slash."""
    group, _slash, rest = name.rpartition("/")
    return key_of(group), key_of(rest)


def _named(selection: Selection) -> Named:
    is_private = not selection.group
    if selection.kind == SelectionKind.LIST:
        return Named(selection.pk, is_private, ids=tuple(selection.ids))
    return Named(selection.pk, is_private, query=grammar.parse(selection.q, keys=grammar.OF_SAVED))


def wanted(query: Query) -> list[int]:
    """The numbers of the selections that a search asks for, those it excludes left out."""
    terms = (term for term in query.terms if term.key == Key.SAVED and not term.is_negated)
    named = (query.named[item.text] for term in terms for item in term.items if item.text in query.named)
    return list(dict.fromkeys(one.selection_id for one in named))


def names_a_private_one(query: Query) -> bool:
    """A link with this search in it would mean nothing to anybody else."""
    return any(named.is_private for named in query.named.values())


def matching(person: Person, selection: Selection) -> QuerySet[Instance]:
    """What it stands for now, in this person's scope. Released ones are never in it."""
    return found(person, selection.region, _named(selection))


def found(person: Person, region: str, named: Named) -> QuerySet[Instance]:
    instances = access.visible_to(person, region).filter(released_at=None)
    if named.query is None:
        return instances.filter(instance_id__in=named.ids)
    return instances.none() if named.is_broken else search.matching(instances, named.query)


def counted(instances: QuerySet[Instance]) -> dict[str, int]:
    """How many of each kind: one query."""
    rows = instances.order_by().values("kind").annotate(n=Count("pk"))
    counts = dict.fromkeys(Kind.values, 0)
    return counts | {row["kind"]: row["n"] for row in rows}


def of_ids(ids: Iterable[str]) -> Named:
    """A list that has no name yet."""
    return Named(0, True, ids=tuple(ids))


def of_search(q: str) -> Named:
    """A search that has no name yet."""
    return Named(0, True, query=grammar.parse(q, keys=grammar.OF_SAVED))


def objection_to(q: str) -> str:
    """Why this search can't be saved; "" when it can."""
    if len(q) > grammar.LONGEST:
        return _("The search is longer than 2,000 characters. Use Paste IDs.")
    query = grammar.parse(q)
    used = {term.key for term in query.terms}
    if Key.SAVED in used:
        return _("A search that is saved may not name another saved one.")
    if unsaved := sorted(used - grammar.OF_SAVED):
        return _("“%(key)s:” is about one run, so that it can’t be saved.") % {"key": unsaved[0]}
    if query.finds_nothing:
        return str(query.hints[0])
    return "" if query.terms else _("Enter what to search for.")
