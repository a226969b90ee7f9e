"""What is said of a script that nobody meant to type so, and what mending it makes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.typing_slips import mended, notes_on

SHELL, POWERSHELL, BAT = "RunShellScript", "RunPowerShellScript", "RunBatScript"


def notes(content: str, command_type: str = SHELL) -> list[tuple[int, str, str]]:
    return [(note.line, note.level, note.fix) for note in notes_on(content, command_type)]


@pytest.mark.parametrize(
    ("content", "command_type", "expected"),
    [
        ("echo a\n\techo b\n", SHELL, []),
        ("echo a\r\necho b\r\n", SHELL, [(1, "error", "lf")]),
        ("echo a\necho b\r\necho c\n", SHELL, [(2, "error", "lf")]),
        ("echo a\recho b\r", SHELL, [(1, "error", "lf")]),
        ("echo a\r\necho b\r\n", BAT, []),
        ("echo a\r\necho b\r\n", POWERSHELL, []),
        ("echo a\necho b\n", BAT, [(1, "info", "crlf")]),
        ("echo a\r\necho b\n", BAT, [(2, "warning", "crlf")]),
        ("\ufeff#!/bin/bash\n", SHELL, [(1, "error", "bom")]),
        ("\ufeffecho\n", SHELL, [(1, "warning", "bom")]),
        ("\ufeffGet-Date\r\n", POWERSHELL, [(1, "info", "bom")]),
        ("\ufeffecho\r\n", BAT, [(1, "warning", "bom")]),
        ("a\nb\ufeffc\n", SHELL, [(2, "warning", "bom")]),
        ("echo a", SHELL, [(1, "info", "final-newline")]),
        ("a\nb", SHELL, [(2, "info", "final-newline")]),
        ("a\nls\u00a0-l\n", SHELL, [(2, "warning", "spaces")]),
        ("ls\u3000-l\n", SHELL, [(1, "warning", "spaces")]),
        ("echo “a”\n", SHELL, [(1, "warning", "quotes")]),
        ("ls –l\n", SHELL, [(1, "warning", "dashes")]),
        ("echo 1–2 — a\n", SHELL, []),
        ("e\x00c\x00", SHELL, [(1, "error", "zeros"), (1, "info", "final-newline")]),
        ("a\n\ufffd\n", SHELL, [(2, "warning", "")]),
        ("", SHELL, []),
    ],
)
def test_B46_what_may_not_be_meant_is_told_at_its_line(content, command_type, expected):
    assert notes(content, command_type) == expected


@pytest.mark.parametrize(
    ("content", "fix", "expected"),
    [
        ("a\r\nb\rc\n", "lf", "a\nb\nc\n"),
        ("a\r\nb\rc\n", "crlf", "a\r\nb\r\nc\r\n"),
        ("\ufeff#!/bin/sh\na\ufeff", "bom", "#!/bin/sh\na"),
        ("ls\u00a0\u3000-l", "spaces", "ls  -l"),
        ("“a” ‘b’", "quotes", "\"a\" 'b'"),
        ("ls –l a–b", "dashes", "ls -l a–b"),
        ("e\x00c\x00", "zeros", "ec"),
        ("a\r\nb", "final-newline", "a\r\nb\r\n"),
        ("a", "final-newline", "a\n"),
        ("a\r\n", "no-such-fix", "a\r\n"),
    ],
)
def test_B46_mending_changes_that_and_nothing_else(content, fix, expected):
    assert mended(content, fix) == expected


@given(st.text(st.sampled_from("a \n\r\ufeff\u00a0“–-\x00#!")), st.sampled_from([SHELL, POWERSHELL, BAT]))
def test_a_note_is_gone_when_its_fix_was_applied(content, command_type):
    for note in notes_on(content, command_type):
        if note.fix:
            assert note.fix not in [left.fix for left in notes_on(mended(content, note.fix), command_type)]


@given(st.text(st.sampled_from("a \n\r\ufeff\u00a0“–-#!")))
def test_a_note_names_a_line_that_is_there(content):
    lines = content.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1

    assert all(1 <= note.line <= lines for note in notes_on(content, SHELL))
