"""What a pasted list holds: instance IDs between any separators, and everything else with its line. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

MOST = 10_000  # IDs taken from one list

_ID = re.compile(r"(?:i|mi)-[a-z0-9]{4,60}")
_SEPARATORS = re.compile(r"""[\s,;|，、；|"'“”‘’`()\[\]{}（）【】<>]+""")
_PLAIN = re.compile(r"[A-Za-z0-9._-]")
_OF_AN_ID = re.compile(r"[a-z0-9-]")
_SHOWN = 80  # characters of a word that is none


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something in the list that is no ID: where, and its text in pieces, the characters an ID can't have marked."""

    line: int  # from 1
    text: str
    pieces: tuple[tuple[str, bool], ...]  # (text, is it odd)


@dataclass(slots=True)
class Pasted:
    ids: list[str] = field(default_factory=list)  # each once, in the order of the list
    repeated: int = 0  # how many more times they came
    oddities: list[Oddity] = field(default_factory=list)

    @property
    def is_too_long(self) -> bool:
        return len(self.ids) + self.repeated + len(self.oddities) > MOST


def read(text: str) -> Pasted:
    """Nothing in the list is dropped unseen. Stops soon after MOST entries: the list is refused as a whole then."""
    pasted = Pasted()
    seen: set[str] = set()
    for line, word in _words(text):
        if pasted.is_too_long:
            break
        if not _ID.fullmatch(word):
            pasted.oddities.append(Oddity(line, word, tuple(_pieces(word))))
        elif word in seen:
            pasted.repeated += 1
        else:
            seen.add(word)
            pasted.ids.append(word)
    return pasted


def is_id(word: str) -> bool:
    return bool(_ID.fullmatch(word))


def _words(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        for word in _SEPARATORS.split(line):
            if word:
                yield number, word


def _pieces(word: str) -> Iterator[tuple[str, bool]]:
    """The word in runs of plain and of odd characters; one that can't be seen is named: U+200B."""
    is_in_capitals = is_id(word.lower())
    plain = ""
    for character in word[:_SHOWN]:
        if (_OF_AN_ID if is_in_capitals else _PLAIN).match(character):
            plain += character
            continue
        if plain:
            yield plain, False
        plain = ""
        yield (_named(character), True)
    if ending := plain + ("…" if len(word) > _SHOWN else ""):
        yield ending, False


def _named(character: str) -> str:
    is_invisible = unicodedata.category(character)[0] in "CMZ"
    return f"U+{ord(character):04X}" if is_invisible else character
