"""Which text the bytes of an output are: UTF-8, else GB18030 (Windows in Chinese), else not text at all."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

UTF8 = "UTF-8"
GB18030 = "GB18030"
_CONTROLS = frozenset(range(0x20)) - frozenset(b"\t\n\r\x1b\x08\x07\x0c") | {0x7F}
_BINARY_SHARE = 0.1  # of control characters, beyond which it is no text
_GARBLED_SHARE = 0.3  # of characters that could not be read


class Decoded(NamedTuple):
    text: str
    encoding: str


def decode(content: bytes) -> Decoded | None:
    """The text, unreadable bytes as U+FFFD; None when the bytes are not text.

    The cloud cuts outputs at any byte, so the first and the last character may be halves.
    """
    if sum(byte in _CONTROLS for byte in content) > _BINARY_SHARE * len(content):
        return None
    if _is_utf8(content):
        return Decoded(content.decode("utf-8", "replace"), UTF8)
    if chinese := _as_gb18030(content):
        return Decoded(chinese, GB18030)
    text = content.decode("utf-8", "replace")
    return Decoded(text, UTF8) if text.count("\ufffd") <= _GARBLED_SHARE * len(text) else None


def _is_utf8(content: bytes) -> bool:
    """Whether all but a half character at either end is UTF-8."""
    start = next((i for i, byte in enumerate(content[:3]) if byte & 0xC0 != 0x80), 3)
    try:
        content[start:].decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True


def _as_gb18030(content: bytes) -> str:
    """The text, if from its first or second byte to its last or last but one it reads as GB18030; else ""."""
    for start, end in ((0, 0), (1, 0), (0, 1), (1, 1)):
        try:
            text = content[start : len(content) - end].decode("gb18030")
        except UnicodeDecodeError:
            continue
        if all(unicodedata.category(char) not in ("Cn", "Co") for char in text):
            return "\ufffd" * start + text + "\ufffd" * end
    return ""
