"""What a parameter may be, as one line of text: `5, 10, 30` is a list, `/[a-z]+/` a pattern. Pure.

A value with a comma, a quotation mark, a slash at its beginning or white space at its edges stands in quotation marks,
and a quotation mark in it twice, as in CSV.
"""

from __future__ import annotations

from collections.abc import Sequence


class Unreadable(ValueError):
    """A quotation mark has no partner."""


def read(text: str) -> tuple[tuple[str, ...], str]:
    """(allowed values, pattern): at most one of them says something."""
    text = text.strip()
    if len(text) > 2 and text.startswith("/") and text.endswith("/"):
        return (), text[1:-1]
    return tuple(dict.fromkeys(_values(text))), ""


def write(allowed: Sequence[str], pattern: str) -> str:
    return f"/{pattern}/" if pattern else ", ".join(_quoted(value) for value in allowed)


def _values(text: str) -> list[str]:
    values: list[str] = []
    rest = text
    while rest:
        if rest.startswith('"'):
            value, rest = _in_quotes(rest)
            values.append(value)
        else:
            plain, _comma, rest = rest.partition(",")
            if plain.strip():
                values.append(plain.strip())
        rest = rest.lstrip()
    return values


def _in_quotes(text: str) -> tuple[str, str]:
    """The value that `text` begins with, and what follows its comma."""
    at = 1
    while (end := text.find('"', at)) >= 0:
        if text[end + 1 : end + 2] != '"':
            after = text[end + 1 :].lstrip()
            if after and not after.startswith(","):
                raise Unreadable
            return text[1:end].replace('""', '"'), after[1:]
        at = end + 2
    raise Unreadable


def _quoted(value: str) -> str:
    is_plain = value and value == value.strip() and not value.startswith(("/", '"')) and "," not in value
    return value if is_plain else '"' + value.replace('"', '""') + '"'
