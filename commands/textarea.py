"""A script through a browser's form and back, byte for byte. Pure.

A textarea has line breaks, not the CRLF, LF or CR that made them: browsers show each as one and send each as CRLF. So
the form carries the script twice: in the textarea, for people, and `pack`ed in a hidden field, as it was when the form
was made or, where the editor's script runs, as it is now. `as_meant` puts the two together.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter

from commands.models import CommandType

_END = re.compile("\r\n|\r|\n")
_NO_NUL = str.maketrans({"\0": "\ufffd"})  # as browsers read it from a page


def pack(script: str) -> str:
    """Base64 of its UTF-8. A lone surrogate, which no file can hold, becomes U+FFFD."""
    return base64.b64encode(script.encode(errors="replace")).decode()


def unpack(packed: str) -> str:
    """ "" for what `pack` has not made."""
    try:
        return base64.b64decode(packed, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def as_meant(typed: str, exact: str, command_type: str) -> str:
    """The script that somebody means who sends `typed` from a textarea that began as `exact`.

    Where both have the same lines it is `exact`. Otherwise the untouched lines at the beginning and at the end keep
    their line ends, and so does the last of the changed ones; the others get the most frequent end. A script that had
    none gets what its type is read with.
    """
    lines = _END.split(typed)
    known, seen = _END.split(exact), _END.split(exact.translate(_NO_NUL))
    if lines == seen:
        return exact
    ends = _END.findall(exact)
    usual = Counter(ends).most_common(1)[0][0] if ends else usual_end(command_type)
    head = _common(lines, seen)
    tail = _common(lines[head:][::-1], seen[head:][::-1])
    kept = [*known[:head], *lines[head : len(lines) - tail], *known[len(known) - tail :]]
    is_one_for_another = head + tail < min(len(lines), len(known))
    tail_with_end = tail + 1 if tail and is_one_for_another else tail  # what ended before the tail still does
    before = [*ends[:head], *[usual] * len(lines)][: len(lines) - tail_with_end]
    return _joined(kept, before + ends[len(known) - tail_with_end :], usual)


def usual_end(command_type: str) -> str:
    return "\n" if command_type == CommandType.SHELL else "\r\n"


def _common(some: list[str], others: list[str]) -> int:
    """Lines that both begin with."""
    count = 0
    for one, other in zip(some, others, strict=False):
        if one != other:
            break
        count += 1
    return count


def _joined(lines: list[str], ends: list[str], usual: str) -> str:
    """`ends` follow the lines; where one is missing it is the usual one."""
    script, last = lines[0], ""
    for at, line in enumerate(lines[1:]):
        end = ends[at] if at < len(ends) else usual
        if last == "\r" and not lines[at] and end == "\n":
            end = "\r"  # the two would be one line end
        script, last = script + end + line, end
    return script
