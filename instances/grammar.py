"""The search language of the instance lists. Pure, and it never raises: whatever is typed means something.

    query   = term { " " term }                      terms are ANDed
    term    = ["-"] ( key ":" value | text )         "-" negates
    value   = item { "," item }                      items are ORed
    item    = word | "\\"" any "\\""                   quotes keep spaces together; * matches any run of characters
    key     = id | name | ip | tag | status | agent | os | type | reason | selected | saved
    tag     = tag:key | tag:key=value | tag:key=     has the key · equals · has it with an empty value
    text    = part of a name, ID or IP; an IP may be a prefix (10.20.) or CIDR (10.20.0.0/16)
    saved   = saved:name | saved:group/name          a saved selection: one's own · a group's

Case does not matter; full-width signs and Chinese names of keys and values are taken as well. Two or more words that
look like IDs are ORed, so that a pasted list works. `tag:env=prod,test` is either value of the one key.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from django.utils.translation import gettext as _

from instances import addresses

LONGEST = 2000  # characters; more is a list to be pasted
MOST_TERMS, MOST_PARTS = 200, 500  # of a search, of one term: SQLite takes no expression deeper than 1,000
MOST_IDS = 20_000  # of its saved lists; SQLite may take no more than 32,766 values, and a selection are up to 10,000
MOST = 250  # words, tags and beginnings of addresses; SQLite's SQL nests no deeper than 1,000


class Key(StrEnum):
    TEXT = ""  # no key: a part of a name, an ID or an address
    ID = "id"
    NAME = "name"
    IP = "ip"
    TAG = "tag"
    STATUS = "status"
    AGENT = "agent"
    OS = "os"
    TYPE = "type"
    REASON = "reason"
    SELECTED = "selected"
    SAVED = "saved"


OF_LISTS = frozenset(Key) - {Key.REASON, Key.SELECTED}  # these make sense where something is chosen
OF_SAVED = OF_LISTS - {Key.SAVED}  # a saved search names no other one
VALUES: Mapping[Key, tuple[str, ...]] = {
    Key.STATUS: ("running", "stopped", "starting", "stopping"),
    Key.AGENT: ("normal", "abnormal", "none"),
    Key.OS: ("linux", "windows"),
    Key.TYPE: ("ecs", "managed"),
}  # those that can be counted up; `os` takes any part of a system's name, too

_KEYS = {key.value: key for key in Key if key != Key.TEXT} | {
    "标签": Key.TAG,
    "状态": Key.STATUS,
    "客户端": Key.AGENT,
    "系统": Key.OS,
    "名称": Key.NAME,
}
_VALUE_ALIASES = {
    "运行中": "running",
    "已停止": "stopped",
    "启动中": "starting",
    "停止中": "stopping",
    "离线": "stopped",
    "offline": "stopped",
    "正常": "normal",
    "异常": "abnormal",
    "未安装": "none",
}
_WITH_ALIASES = (Key.STATUS, Key.AGENT)
_LOOKS_LIKE_ID = re.compile(r"(?:i|mi)-[a-z0-9]{4,}", re.IGNORECASE)
QUOTES = re.compile('["“”＂]')  # each ends and begins a quoted text, so that none can stand in one
_LOOKS_LIKE_KEY = re.compile(r"[^\W\d_][\w-]*")

# A sign outside of quotes is marked by a private character while a word is taken apart; none is taken from outside.
_MARKS = {":": "\ue000", ",": "\ue001", "=": "\ue002", "*": "\ue003", "-": "\ue004"}
_COLON, _COMMA, _EQUALS, _STAR, _MINUS = _MARKS.values()
_FULL_WIDTH = str.maketrans("：，＝＊“”＂", ':,=*"""')
_PRIVATE = {ord(mark): "\ufffd" for mark in _MARKS.values()}
_UNMARK = {ord(mark): sign for sign, mark in _MARKS.items()}


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text with wildcards: what stands between them. One piece has none."""

    pieces: tuple[str, ...]

    @property
    def has_wildcard(self) -> bool:
        return len(self.pieces) > 1

    @property
    def text(self) -> str:
        return "*".join(self.pieces)

    @property
    def forms(self) -> list[Pattern]:
        """As it was typed, and as it may be stored: accents and letters as one sign (NFC) or apart (NFD)."""
        normal = (tuple(unicodedata.normalize(form, piece) for piece in self.pieces) for form in ("NFC", "NFD"))
        return [Pattern(pieces) for pieces in dict.fromkeys([self.pieces, *normal])]


@dataclass(frozen=True, slots=True)
class Tag:
    key: Pattern
    value: Pattern | None  # None: whatever it is


@dataclass(frozen=True, slots=True)
class Term:
    key: Key
    is_negated: bool
    items: tuple[Pattern, ...]  # ORed
    tags: tuple[Tag, ...] = ()  # in their place for Key.TAG
    typed: str = ""  # without the minus

    @property
    def parts(self) -> int:
        """About as many comparisons as it takes: a range of addresses is up to 256."""
        return len(self.tags) + sum(3 + len(addresses.parts(item.text)) for item in self.items)


class Problem(StrEnum):
    UNKNOWN_KEY = "unknown-key"
    BROKEN_RANGE = "broken-range"
    CONTRADICTION = "contradiction"
    TOO_LARGE = "too-large"
    TOO_MANY = "too-many"
    NO_SELECTION = "no-selection"


@dataclass(frozen=True, slots=True)
class Hint:
    """Something that was understood in another way than it may have been meant."""

    problem: Problem
    texts: tuple[str, ...]

    def __str__(self) -> str:
        if self.problem == Problem.UNKNOWN_KEY:
            return _("“%(key)s:” isn’t a filter; searched as text.") % {"key": self.texts[0]}
        if self.problem == Problem.TOO_MANY:
            return _("The search has more than %(most)s parts, so nothing is found. Use Paste IDs.") % {"most": MOST}
        if self.problem == Problem.BROKEN_RANGE:
            return _("“%(range)s” isn’t a range of addresses; searched as text.") % {"range": self.texts[0]}
        if self.problem == Problem.TOO_LARGE:
            return _("This search has too many parts, so nothing was searched. Use Paste IDs for a list of IDs.")
        if self.problem == Problem.NO_SELECTION:
            return _("There is no saved selection “%(name)s” here.") % {"name": self.texts[0]}
        return _("No instance can match both %(a)s and %(b)s.") % {"a": self.texts[0], "b": self.texts[1]}


@dataclass(frozen=True, slots=True)
class Named:
    """What a saved selection stands for: a search, or just its ids."""

    selection_id: int
    is_private: bool
    query: Query | None = None
    ids: tuple[str, ...] = ()

    @property
    def is_broken(self) -> bool:
        """A search that can't be searched for, or asks for nothing: none that was saved here."""
        return self.query is not None and (self.query.finds_nothing or not self.query.terms)


@dataclass(frozen=True, slots=True)
class Query:
    terms: tuple[Term, ...] = ()
    words: tuple[str, ...] = ()  # as typed, for the tokens of the search box
    hints: tuple[Hint, ...] = ()
    named: Mapping[str, Named] = field(default_factory=dict)  # what its `saved:` stand for, once they were looked up

    @property
    def is_too_much(self) -> bool:
        """Finds nothing, for to leave a part out would find what nobody asked for."""
        return self.size > MOST

    @property
    def size(self) -> int:
        """In comparisons; what its saved selections take is in it."""
        items = [item for term in self.terms for item in term.items]
        tags = sum(len(term.tags) for term in self.terms)
        named = (self.named[name].query for name in self.values_of(Key.SAVED) if name in self.named)
        of_named = sum(query.size for query in named if query)
        return tags + of_named + sum(max(len(item.forms), len(addresses.parts(item.text))) for item in items)

    @property
    def missing(self) -> list[str]:
        """Saved selections that are named and not there."""
        return [name for name in dict.fromkeys(self.values_of(Key.SAVED)) if name not in self.named]

    @property
    def finds_nothing(self) -> bool:
        """Rather than more or less than was meant: nothing is searched for in part."""
        is_broken = any(named.is_broken for named in self.named.values())
        return self.is_too_much or self.is_too_large or bool(self.missing) or is_broken

    @property
    def is_too_large(self) -> bool:
        """It finds nothing, rather than more than was meant."""
        return any(hint.problem == Problem.TOO_LARGE for hint in self.hints)

    def within_bounds(self) -> Query:
        """Itself, or with the one thing there is to say of it when it is too much."""
        if self.is_too_much:
            return replace(self, hints=(Hint(Problem.TOO_MANY, ()),))
        ids = sum(len(self.named[name].ids) for name in self.values_of(Key.SAVED) if name in self.named)
        return replace(self, hints=(Hint(Problem.TOO_LARGE, ()),)) if ids > MOST_IDS else self

    def values_of(self, key: Key) -> list[str]:
        """What is asked of a key, whether wanted or not."""
        return [item.text for term in self.terms if term.key == key for item in term.items]


def parse(q: str, *, keys: Collection[Key] = tuple(Key)) -> Query:
    """What a search means. A key outside of `keys` is none here: its term is searched as text."""
    words = list(_words(q))
    reading = _Reading(keys)
    terms = [term for marked, _typed in words if (term := reading.term(marked))]
    terms = _with_ids_ored(terms)
    if len(terms) > MOST_TERMS or any(term.parts > MOST_PARTS for term in terms):
        reading.hints = [Hint(Problem.TOO_LARGE, ())]
    reading.hints += _contradictions(terms)
    query = Query(tuple(terms), tuple(typed for _marked, typed in words), tuple(dict.fromkeys(reading.hints)))
    return query.within_bounds()


def merged(q: str, filters: Mapping[str, str]) -> str:
    """The search with the choices of select fields added: `{"agent": "normal"}` adds `agent:normal`."""
    return " ".join([q.strip(), *(f"{key}:{value}" for key, value in filters.items() if value)]).strip()


def quoted(text: str) -> str:
    """The text as one word, or one part of a word, that means itself."""
    is_plain = text.isprintable() and text == text.translate(_FULL_WIDTH) and not set(text) & set(' ,=:*"-')
    return text if is_plain else '"' + QUOTES.sub('"*"', text) + '"'


def _words(q: str) -> Iterator[tuple[str, str]]:
    """Each word twice: without its quotes and with the signs outside of them marked; and as it was typed.

    A quote that is left open is closed at the end.
    """
    marked = typed = ""
    is_quoted = False
    for raw in q.translate(_PRIVATE) + " ":
        sign = raw.translate(_FULL_WIDTH)
        if sign == '"':
            is_quoted = not is_quoted
        elif sign.isspace() and not is_quoted:
            if typed:
                yield marked, typed
            marked = typed = ""
            continue
        elif is_quoted:
            marked += raw
        else:
            is_inside = sign == "-" and typed
            marked += sign if is_inside else _MARKS.get(sign, raw)
        typed += raw
    if typed.strip():
        yield marked.removesuffix(" "), typed.removesuffix(" ") + '"'


def _plain(marked: str) -> str:
    return marked.translate(_UNMARK)


def _patterns(marked: str) -> tuple[Pattern, ...]:
    """The items of a value, empty ones left out."""
    return tuple(_pattern(item) for item in marked.split(_COMMA) if item)


def _pattern(marked: str) -> Pattern:
    return Pattern(tuple(_plain(piece) for piece in marked.split(_STAR)))


@dataclass
class _Reading:
    """One search being read: which keys count, and what there is to say about it."""

    keys: Collection[Key]
    hints: list[Hint] = field(default_factory=list)

    def term(self, marked: str) -> Term | None:
        """None where a word asks for nothing: `-`, `tag:`, `""`."""
        is_negated = marked.startswith(_MINUS)
        marked = marked.removeprefix(_MINUS)
        key, value = self._split(marked)
        if key == Key.TAG:
            tags = tuple(_tags(value))
            return Term(key, is_negated, (), tags, _plain(marked)) if tags else None
        items = tuple(_meaning(key, item) for item in _patterns(value))
        self._look_for_broken_ranges(key, items)
        return Term(key, is_negated, items, (), _plain(marked)) if items else None

    def _split(self, marked: str) -> tuple[Key, str]:
        name, colon, value = marked.partition(_COLON)
        if not colon:
            return Key.TEXT, marked
        key = _KEYS.get(name.lower())
        if key is not None and key in self.keys:
            return key, value
        if _LOOKS_LIKE_KEY.fullmatch(name) and not addresses.is_address(_plain(marked)):
            self.hints.append(Hint(Problem.UNKNOWN_KEY, (name,)))
        return Key.TEXT, marked

    def _look_for_broken_ranges(self, key: Key, items: tuple[Pattern, ...]) -> None:
        if key in (Key.TEXT, Key.IP):
            broken = (item.text for item in items if addresses.is_broken_range(item.text))
            self.hints += [Hint(Problem.BROKEN_RANGE, (text,)) for text in broken]


def _meaning(key: Key, item: Pattern) -> Pattern:
    alias = _VALUE_ALIASES.get(item.text.lower()) if key in _WITH_ALIASES else None
    return Pattern((alias,)) if alias else item


def _tags(marked: str) -> Iterator[Tag]:
    """`env=prod,test` names the key once; `env,role` are two keys; `=prod` is a value under any key."""
    key: Pattern | None = None
    for item in marked.split(_COMMA):
        before, equals, after = item.partition(_EQUALS)
        if equals:
            key = _pattern(before) if before else Pattern(("", ""))
            if before or after:
                yield Tag(key, _pattern(after))
        elif item:
            yield Tag(key, _pattern(item)) if key else Tag(_pattern(item), None)


def _with_ids_ored(terms: list[Term]) -> list[Term]:
    """All words that look like IDs become one term, if there are several."""
    ids = [term for term in terms if term.key == Key.TEXT and not term.is_negated and _are_ids(term.items)]
    if len(ids) < 2:
        return terms
    together = Term(
        Key.ID, False, tuple(item for term in ids for item in term.items), (), " ".join(t.typed for t in ids)
    )
    return [together, *(term for term in terms if term not in ids)]


def _are_ids(items: tuple[Pattern, ...]) -> bool:
    return all(_LOOKS_LIKE_ID.fullmatch(item.text) for item in items)


def _contradictions(terms: list[Term]) -> Iterator[Hint]:
    """A tag has one value: asking for two of one key at once finds nothing, and the empty list says why."""
    wanted: dict[str, tuple[str, str]] = {}
    for term in terms:
        if term.is_negated or len(term.tags) != 1:
            continue
        (tag,) = term.tags
        if tag.value is None or tag.key.has_wildcard or tag.value.has_wildcard:
            continue
        key, value = tag.key.text.lower(), tag.value.text.lower()
        other, typed = wanted.setdefault(key, (value, term.typed))
        if other != value:
            yield Hint(Problem.CONTRADICTION, (typed, term.typed))
