"""Read answers of the API: tolerant inside a row, which may lack anything, but not of a list that is missing.

An answer is the JSON object itself. The SDK's response models drop what they do not know, and the whole body where one
inner list has another shape; so they are not used.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from cloud.errors import OutcomeUnknown

Row = dict[str, Any]

LONGEST_CODE = 128  # characters that are kept of an error code
MOST = 2**31 - 1  # that an integer column holds
UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # JSON can name them, and no database keeps them


def rows(answer: Row, *path: str) -> list[Row]:
    """The objects of the list at `path`. Raises OutcomeUnknown where the list's place itself is missing."""
    if not isinstance(answer.get(path[0]), dict | list):
        raise OutcomeUnknown("UnreadableAnswer", f"The answer lists no {path[0]}.")
    return inner_rows(answer, *path)


def inner_rows(row: Row, *path: str) -> list[Row]:
    """The objects of the list at `path` inside a row; empty where there is none."""
    return [item for item in _list_at(row, path) if isinstance(item, dict)]


def inner(row: Row, key: str) -> Row:
    """The object at `key`; an empty one where there is none."""
    found = row.get(key)
    return found if isinstance(found, dict) else {}


def texts(row: Row, *path: str) -> tuple[str, ...]:
    """The non-empty strings of the list at `path`."""
    return tuple(storable(item) for item in _list_at(row, path) if isinstance(item, str) and item)


def text(row: Row, key: str) -> str:
    value = row.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return storable(value) if isinstance(value, str) else ""


def storable(value: str) -> str:
    """What no database keeps, a NUL or half a character, becomes U+FFFD."""
    return UNSTORABLE.sub("\ufffd", value)


def number(row: Row, key: str) -> int | None:
    """A whole number, also when it comes as text."""
    try:
        return int(text(row, key))
    except ValueError:
        return None


def count(row: Row, key: str) -> int:
    """A number of things, at least 0 and no more than a column holds; 0 where there is none."""
    return min(max(number(row, key) or 0, 0), MOST)


def exit_code(row: Row, key: str) -> int | None:
    """With a sign, as Windows shows it: 3221225786 is -1073741510. None for what no process can end with."""
    found = number(row, key)
    if found is None or not -MOST - 1 <= found <= 2 * MOST + 1:
        return None
    return found - 2 * (MOST + 1) if found > MOST else found


def flag(row: Row, key: str) -> bool:
    """A boolean, also when it comes as the text `true`, as CloudAssistantStatus does."""
    value = row.get(key)
    return value is True or (isinstance(value, str) and value.lower() == "true")


def moment(row: Row, key: str) -> datetime | None:
    """`yyyy-MM-ddTHH:mm:ssZ`, or without seconds as DescribeInstances has it. None: not yet, or not readable."""
    try:
        found = datetime.fromisoformat(text(row, key))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def decoded(row: Row, key: str) -> bytes:
    """Bytes that travel as Base64; as they came where they are no Base64 (A70)."""
    raw = text(row, key).encode()
    try:
        return base64.b64decode(raw, validate=True)
    except binascii.Error:
        return raw


def tags(rows_of_tags: Iterable[Row]) -> dict[str, str]:
    """Tags of an object; some operations call the parts TagKey and TagValue, others Key and Value."""
    pairs = (
        (text(tag, "TagKey") or text(tag, "Key"), text(tag, "TagValue") or text(tag, "Value")) for tag in rows_of_tags
    )
    return {key: value for key, value in pairs if key}


def _list_at(row: Row, path: tuple[str, ...]) -> list[Any]:
    found: Any = row
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, list) else []
