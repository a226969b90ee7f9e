"""Custom parameters of a script: `{{ name }}` (help page "Custom parameters"). Pure.

The white space around a name is ignored, and so is its case. What is filled in is text: nothing is quoted, and what a
value holds is not looked at again. `{{ACS::…}}`, `{{oos:…}}` and `{{oos-secret:…}}` are the cloud's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from cloud.limits import PARAMETER_NAME_BYTES

_BRACES = re.compile(r"\{\{([^{}]*)\}\}")
_NAME = re.compile(f"[A-Za-z0-9_-]{{1,{PARAMETER_NAME_BYTES}}}")
_BUILT_IN = re.compile(r"\s*(acs\s*::|oos(-secret)?\s*:)", re.IGNORECASE)


class Kind(StrEnum):
    TEXT = "text"
    MISSING = "missing"  # a parameter without a value: the braces as they stand in the script
    EMPTY = "empty"  # its value is an empty string
    FILLED = "filled"
    BUILT_IN = "built-in"  # filled in by the cloud


@dataclass(frozen=True, slots=True)
class Segment:
    text: str
    name: str = ""  # of the parameter, as it is spelled first
    kind: Kind = Kind.TEXT


def is_name(text: str) -> bool:
    """Whether a custom parameter may be called so."""
    return bool(_NAME.fullmatch(text))


def names_in(content: str) -> list[str]:
    """The parameters of a script in the order of their first appearance, each as it is spelled there."""
    names: dict[str, str] = {}
    for match in _BRACES.finditer(content):
        if name := _name(match):
            names.setdefault(name.lower(), name)
    return list(names.values())


def unfit_names_in(content: str) -> list[str]:
    """What stands in braces and can't be a name, in order, each once: CreateCommand refuses it (`CmdParam.*`)."""
    found = (match for match in _BRACES.finditer(content) if not _BUILT_IN.match(match[1]))
    return list(dict.fromkeys(match[1].strip() for match in found if not _name(match)))


def segments(content: str, values: Mapping[str, str]) -> list[Segment]:
    """The script in pieces, values filled in: their texts in a row are what the cloud will make of it.

    A parameter that `values` has no name for stays as it is.
    """
    names = {name.lower(): name for name in names_in(content)}
    known = {name.lower(): value for name, value in values.items()}
    return list(_segments(content, names, known))


def fill_in(content: str, values: Mapping[str, str]) -> str:
    """The script as the cloud will hand it to the agents, but for what is its own to fill in."""
    return "".join(segment.text for segment in segments(content, values))


def size_after_base64(text: str) -> int:
    """Bytes: what the API's limit on content and parameters counts."""
    return (len(text.encode()) + 2) // 3 * 4


def _segments(content: str, names: Mapping[str, str], known: Mapping[str, str]) -> Iterator[Segment]:
    end = 0
    for match in _BRACES.finditer(content):
        segment = _segment(match, names, known)
        if segment is None:
            continue
        if match.start() > end:
            yield Segment(content[end : match.start()])
        yield segment
        end = match.end()
    if end < len(content):
        yield Segment(content[end:])


def _segment(match: re.Match[str], names: Mapping[str, str], known: Mapping[str, str]) -> Segment | None:
    """None for braces that hold no name: they are text."""
    if _BUILT_IN.match(match[1]):
        return Segment(match[0], match[1].strip(), Kind.BUILT_IN)
    name = _name(match).lower()
    if not name:
        return None
    value = known.get(name)
    if value is None:
        return Segment(match[0], names[name], Kind.MISSING)
    return Segment(value, names[name], Kind.FILLED if value else Kind.EMPTY)


def _name(match: re.Match[str]) -> str:
    """ "" where the braces hold no name of a custom parameter."""
    name = match[1].strip()
    return name if is_name(name) else ""
