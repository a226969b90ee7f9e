"""Commands written to a file, JSON or YAML; `commands.interchange` reads them again, the same byte for byte.

    written(editions, "yaml") -> bytes

A secret has no value in a command, so none is written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from commands.definitions import Definition
from commands.interchange import FORMAT, VERSION
from commands.saving import Edition

FORMATS = ("json", "yaml")
_INDENT = "  "
_PLAIN = re.compile(r"[A-Za-z/][\w/-]*(?:\.\w+)*")  # needs no quotes in YAML, but for the words below
_WORDS = re.compile("true|false|null|yes|no|on|off|y|n", re.IGNORECASE)
_UNPRINTABLE = "\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff"  # what YAML reads as something else, or refuses
_TO_ESCAPE = re.compile(f"[{_UNPRINTABLE}]")
_NOT_LITERAL = re.compile(f"[\x00-\x08\x0b-\x1f{_UNPRINTABLE}]")


def written(editions: Iterable[Edition], file_format: str) -> bytes:
    document = {"format": FORMAT, "version": VERSION, "commands": [_plain(edition) for edition in editions]}
    if file_format == "yaml":
        return "".join(_yaml(document, "")).encode()
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _plain(edition: Edition) -> dict[str, Any]:
    return {
        "name": edition.name,
        "type": edition.type,
        "description": edition.description,
        "working_dir": edition.working_dir,
        "timeout": edition.timeout,
        "use_parameters": edition.enable_parameter,
        "launcher": edition.launcher,
        "tags": dict(edition.tags),
        "parameters": [_plain_definition(one) for one in edition.definitions],
        "content": edition.content,
    }


def _plain_definition(definition: Definition) -> dict[str, Any]:
    return {
        "name": definition.name,
        "description": definition.description,
        "default": definition.default,
        "required": definition.is_required,
        "allowed": list(definition.allowed),
        "pattern": definition.pattern,
        "secret": definition.is_secret,
    }


def _yaml(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    """Lines of a mapping. Written by hand: PyYAML would fold scripts, or quote them as one line."""
    for key, inner in value.items():
        yield f"{indent}{_scalar(key)}:"
        if isinstance(inner, dict) and inner:
            yield "\n"
            yield from _yaml(inner, indent + _INDENT)
        elif isinstance(inner, list) and inner:
            yield "\n"
            yield from _yaml_items(inner, indent + _INDENT)
        else:
            yield f" {_inline(inner, indent + _INDENT)}\n"


def _yaml_items(items: list[Any], indent: str) -> Iterator[str]:
    for item in items:
        if isinstance(item, dict):
            lines = "".join(_yaml(item, indent + _INDENT))
            yield f"{indent}- {lines.removeprefix(indent + _INDENT)}"
        else:
            yield f"{indent}- {_inline(item, indent + _INDENT)}\n"


def _inline(value: Any, indent: str) -> str:
    if isinstance(value, str):
        return _literal(value, indent) if "\n" in value and not _NOT_LITERAL.search(value) else _scalar(value)
    return json.dumps(value)


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text) and not _WORDS.fullmatch(text):
        return text
    return _TO_ESCAPE.sub(lambda found: f"\\u{ord(found[0]):04X}", json.dumps(text, ensure_ascii=False))


def _literal(text: str, indent: str) -> str:
    """A block of lines as they are. Where the first is blank or begins with a space, the indentation is given."""
    given = str(len(_INDENT)) if text[0] in " \n\t" else ""
    body = text.removesuffix("\n")
    end = "-" if body == text else "+" if body.endswith("\n") or not body.strip("\n") else ""
    lines = "\n".join(indent + line if line else "" for line in body.split("\n"))
    return f"|{given}{end}\n{lines}"
