"""A script through a browser's form, byte for byte."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commands.models import CommandType
from commands.textarea import as_meant, pack, unpack

SHELL, BAT = CommandType.SHELL, CommandType.BAT
scripts = st.text(st.sampled_from("ab \t\r\n\0é中🙂\ufeff"), max_size=14)


def lines(script: str) -> list[str]:
    return re.split("\r\n|\r|\n", script.replace("\0", "\ufffd"))


def sent(script: str) -> str:
    """By a browser, out of a textarea."""
    return "\r\n".join(lines(script))


@given(scripts)
def test_what_was_not_touched_comes_back_as_it_was(script):
    assert as_meant(sent(script), unpack(pack(script)), SHELL) == script


@given(scripts, scripts)
def test_what_was_typed_has_the_lines_that_were_typed(typed, before):
    assert lines(as_meant(sent(typed), before, SHELL)) == lines(typed)


@given(scripts, scripts)
@example("\r\r", "\n")  # as many CR as LF: the end of the changed line decides whether the next one stays
def test_lines_before_and_after_a_change_keep_their_ends(before, after):
    script = f"{before}\r\nchange me\n{after}"

    changed = as_meant(sent(script.replace("change me", "changed")), script, SHELL)

    assert changed.startswith(before)
    assert changed.endswith(after)


@pytest.mark.parametrize(
    ("before", "kind", "meant"),
    [
        ("", SHELL, "x\ny"),
        ("", BAT, "x\r\ny"),
        ("a\r\nb\r\nc", SHELL, "x\r\ny"),
        ("a\nb\nc\r\nd", BAT, "x\ny"),
    ],
)
def test_new_lines_end_as_most_lines_did_or_as_the_type_is_read(before, kind, meant):
    assert as_meant("x\r\ny", before, kind) == meant


@pytest.mark.parametrize("odd", ["", "%%%", "gA==", "a", "中"])
def test_what_is_not_packed_is_nothing(odd):
    assert unpack(odd) == ""
