"""Two texts compared: which lines, which words in them and which line ends differ. Pure.

Lines are matched by their text; where only their ends differ, or the last one has none, that is shown, for a script
with other line ends is another script. The texts and ends of all old lines in a row are the old text, and likewise the
new.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import cached_property
from itertools import zip_longest

from commands.highlighting import HIDDEN

MOST_LINES = 3_000  # of one text; beyond, nobody reads it, and the page would be megabytes
AROUND = 3  # equal lines shown before and after a change
_LEAST_FOLDED = 4  # fewer equal lines are rather shown
_LINE_PAIRS = 300_000  # pairs of equal lines that difflib may look at: about 0.2 s
_WORD_PAIRS = 10_000  # the same for the words of one line
_ALIGNED = 2_500  # pairs of changed lines that are tried for the likest
_ALIKE = 0.35  # share of two lines' characters in common from which one counts as the other changed
_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n)|([^\r\n]+)")
_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_END_NAMES = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    is_changed: bool = False
    code: str = ""  # U+202E where the text is one character that can't be seen (C47)


@dataclass(frozen=True, slots=True)
class Line:
    number: int  # from 1
    text: str
    end: str  # "" where the text stops without one
    pieces: Sequence[Piece] = ()  # the text
    shows_end: bool = False  # it differs from what stands opposite

    @property
    def end_name(self) -> str:
        """ "" where there is none."""
        return _END_NAMES.get(self.end, "")


@dataclass(frozen=True, slots=True)
class Row:
    """What stands side by side. An added line has nothing at its left, a removed one nothing at its right."""

    old: Line | None
    new: Line | None
    is_same: bool = False


@dataclass(frozen=True, slots=True)
class Stacked:
    """A row of the unified layout; an equal line has both numbers."""

    line: Line
    old: int | None = None
    new: int | None = None

    @property
    def is_same(self) -> bool:
        return self.old is not None and self.new is not None


@dataclass(frozen=True, slots=True)
class Stretch:
    rows: Sequence[Row]
    is_folded: bool = False  # equal lines far from any change

    @property
    def stacked(self) -> Iterator[Stacked]:
        """Within a change the removed lines come first, then the added ones."""
        new: list[Stacked] = []
        for row in self.rows:
            if row.is_same and row.old and row.new:
                yield from new
                new = []
                yield Stacked(row.old, row.old.number, row.new.number)
                continue
            if row.old:
                yield Stacked(row.old, old=row.old.number)
            if row.new:
                new.append(Stacked(row.new, new=row.new.number))
        yield from new


@dataclass(frozen=True)
class Difference:
    rows: Sequence[Row] = field(default_factory=list)
    is_too_large: bool = False  # to be compared here: there are no rows

    @property
    def added(self) -> int:
        """Lines."""
        return sum(row.new is not None for row in self._changed)

    @property
    def removed(self) -> int:
        return sum(row.old is not None for row in self._changed)

    @property
    def is_empty(self) -> bool:
        return not self._changed and not self.is_too_large

    @property
    def is_of_ends_only(self) -> bool:
        """No character but those that end lines."""
        pairs = [(row.old, row.new) for row in self._changed]
        return bool(pairs) and all(old and new and old.text == new.text for old, new in pairs)

    @cached_property
    def stretches(self) -> list[Stretch]:
        """The rows; long stretches of equal ones apart, to be folded."""
        near = _near(self.rows)
        found: list[Stretch] = []
        for start, end, is_near in _runs(near):
            if is_near or end - start < _LEAST_FOLDED:
                found.append(Stretch(self.rows[start:end]))
            else:
                found.append(Stretch(self.rows[start:end], is_folded=True))
        return found

    @cached_property
    def _changed(self) -> list[Row]:
        return [row for row in self.rows if not row.is_same]


def compare(old: str, new: str) -> Difference:
    olds, news = _lines(old), _lines(new)
    if max(len(olds), len(news)) > MOST_LINES:
        return Difference(is_too_large=old != new)
    usual = _usual_end(olds), _usual_end(news)
    return Difference([_finished(row, usual) for row in _rows(olds, news)])


def _lines(text: str) -> list[Line]:
    """Only what ends a line for some shell or editor ends it here; U+2028 is a character."""
    found = enumerate(_LINE.finditer(text), 1)
    return [Line(number, match[1] or match[3] or "", match[2] or "") for number, match in found]


def _usual_end(lines: Iterable[Line]) -> str:
    ends = Counter(line.end for line in lines if line.end)
    return ends.most_common(1)[0][0] if ends else ""


# Which lines


def _rows(olds: list[Line], news: list[Line]) -> Iterator[Row]:
    for is_same, old, new in _matched([line.text for line in olds], [line.text for line in news], _LINE_PAIRS):
        if is_same:
            yield from (Row(a, b, a.end == b.end) for a, b in zip(olds[old], news[new], strict=True))
        else:
            yield from _aligned(olds[old], news[new])


def _matched(old: Sequence[str], new: Sequence[str], most: int) -> Iterator[tuple[bool, slice, slice]]:
    """Equal and different stretches by turns.

    What is the same at both ends is cut off first; where the rest has more than `most` equal pairs to look at, it
    counts as different.
    """
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    old_end, new_end = len(old) - tail, len(new) - tail
    if head:
        yield True, slice(0, head), slice(0, head)
    middle = old[head:old_end], new[head:new_end]
    if middle[0] or middle[1]:
        for tag, a, b, c, d in _opcodes(*middle, most):
            yield tag == "equal", slice(head + a, head + b), slice(head + c, head + d)
    if tail:
        yield True, slice(old_end, len(old)), slice(new_end, len(new))


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """How many are the same from the start."""
    shorter = min(len(old), len(new))
    return next((at for at in range(shorter) if old[at] != new[at]), shorter)


def _opcodes(old: Sequence[str], new: Sequence[str], most: int) -> Iterable[tuple[str, int, int, int, int]]:
    times = Counter(new)
    if sum(times[one] for one in old) > most:
        return [("replace", 0, len(old), 0, len(new))]
    return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()


def _aligned(olds: list[Line], news: list[Line]) -> Iterator[Row]:
    """Changed lines beside what became of them; between these, one by one."""
    old = new = 0
    for a, b in [*_likest(olds, news), (len(olds), len(news))]:
        yield from (Row(left, right) for left, right in zip_longest(olds[old:a], news[new:b]))
        if a < len(olds):
            yield Row(olds[a], news[b])
        old, new = a + 1, b + 1


def _likest(olds: list[Line], news: list[Line]) -> list[tuple[int, int]]:
    """Pairs in order whose likeness is the greatest together; where there are too many to try, one by one."""
    if not olds or not news:
        return []
    if len(olds) * len(news) > _ALIGNED:
        return [(at, at) for at in range(min(len(olds), len(news)))]
    best: dict[tuple[int, int], tuple[float, list[tuple[int, int]]]] = {}
    words = [_counted(line) for line in olds], [_counted(line) for line in news]
    for a in range(len(olds) - 1, -1, -1):
        for b in range(len(news) - 1, -1, -1):
            skipped = max(best.get((a + 1, b), (0.0, [])), best.get((a, b + 1), (0.0, [])), key=lambda one: one[0])
            likeness = _likeness(words[0][a], words[1][b])
            after, pairs = best.get((a + 1, b + 1), (0.0, []))
            is_pair = likeness >= _ALIKE and likeness + after > skipped[0]
            best[a, b] = (likeness + after, [(a, b), *pairs]) if is_pair else skipped
    return best[0, 0][1]


def _counted(line: Line) -> Counter[str]:
    return Counter(_WORD.findall(line.text))


def _likeness(old: Counter[str], new: Counter[str]) -> float:
    """0 to 1, by the characters of the words they share."""
    both = _characters(old) + _characters(new)
    return 2 * _characters(old & new) / both if both else 1.0


def _characters(words: Counter[str]) -> int:
    return sum(len(word) * times for word, times in words.items() if not word.isspace())


# Which words


def _finished(row: Row, usual: tuple[str, str]) -> Row:
    """With its pieces, and the ends that have to be shown."""
    old, new = row.old, row.new
    if old and new:
        marks = ([Piece(old.text)], [Piece(new.text)]) if old.text == new.text else _words(old.text, new.text)
        shows = _shown_ends(old.end, new.end)
        return replace(row, old=_told(old, marks[0], shows[0]), new=_told(new, marks[1], shows[1]))
    shows_end = len(set(usual)) > 1 and all(usual)
    if old:
        return replace(row, old=_told(old, [Piece(old.text)], shows_end or old.end != usual[0]))
    assert new
    return replace(row, new=_told(new, [Piece(new.text)], shows_end or new.end != usual[1]))


def _shown_ends(old: str, new: str) -> tuple[bool, bool]:
    """Where one line has no end, that alone is told."""
    if old and new:
        return old != new, old != new
    return bool(new and not old), bool(old and not new)


def _told(line: Line, pieces: Iterable[Piece], shows_end: bool) -> Line:
    return replace(line, pieces=tuple(_apart(pieces)), shows_end=shows_end)


def _apart(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """What can't be seen becomes a piece of its own, and so do tabs where they are what differs."""
    for piece in pieces:
        for part in HIDDEN.split(piece.text):
            for text in part.replace("\t", "\0\t\0").split("\0") if piece.is_changed and part != "\0" else [part]:
                is_odd = bool(HIDDEN.fullmatch(text)) or (piece.is_changed and text == "\t")
                if text:
                    yield replace(piece, text=text, code=f"U+{ord(text):04X}" if is_odd else "")


def _words(old: str, new: str) -> tuple[list[Piece], list[Piece]]:
    """Lines that have little in common are not marked: all of it changed."""
    olds, news = _WORD.findall(old), _WORD.findall(new)
    stretches = list(_matched(olds, news, _WORD_PAIRS))
    shared = sum(len(word) for is_same, at, _to in stretches if is_same for word in olds[at] if not word.isspace())
    if 2 * shared < _ALIKE * len("".join((old + new).split())):
        return [Piece(old)], [Piece(new)]
    marked: tuple[list[Piece], list[Piece]] = ([], [])
    for is_same, at, to in stretches:
        for words, into in ((olds[at], marked[0]), (news[to], marked[1])):
            if words:
                into.append(Piece("".join(words), not is_same))
    return marked


# What is folded


def _near(rows: Sequence[Row]) -> list[bool]:
    """For each row whether it is a change, or close to one."""
    found = [False] * len(rows)
    for at, row in enumerate(rows):
        if not row.is_same:
            for near in range(max(0, at - AROUND), min(len(rows), at + AROUND + 1)):
                found[near] = True
    return found


def _runs(flags: Sequence[bool]) -> Iterator[tuple[int, int, bool]]:
    start = 0
    for at in range(1, len(flags) + 1):
        if at == len(flags) or flags[at] != flags[start]:
            yield start, at, flags[start]
            start = at
