"""Comparing two scripts, line by line and word by word."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.differences import MOST_LINES, Difference, compare

TEXTS = st.lists(st.sampled_from(["a", "set -e", " x", "\t", "\u202e", "\u2028", "\n", "\r\n", "\r", "}"])).map("".join)


def old_of(difference: Difference) -> str:
    return "".join(row.old.text + row.old.end for row in difference.rows if row.old)


def new_of(difference: Difference) -> str:
    return "".join(row.new.text + row.new.end for row in difference.rows if row.new)


def shown(line) -> str:
    """A line as it is drawn: <what changed>, [what can't be seen], |its end."""
    if line is None:
        return ""
    pieces = [f"[{piece.code}]" if piece.code else piece.text for piece in line.pieces]
    marked = [f"<{text}>" if piece.is_changed else text for text, piece in zip(pieces, line.pieces, strict=True)]
    return "".join(marked) + (f"|{line.end_name or 'none'}" if line.shows_end else "")


def changes_between(old: str, new: str) -> list[tuple[str, str]]:
    return [(shown(row.old), shown(row.new)) for row in compare(old, new).rows if not row.is_same]


@given(TEXTS, TEXTS)
def test_both_texts_can_be_had_back_from_their_difference(old: str, new: str) -> None:
    difference = compare(old, new)

    assert (old_of(difference), new_of(difference)) == (old, new)
    assert difference.is_empty == (old == new)
    for row in difference.rows:
        for line in (row.old, row.new):
            assert line is None or "".join(piece.text for piece in line.pieces) == line.text


@given(TEXTS, TEXTS)
def test_both_layouts_show_the_same_lines(old: str, new: str) -> None:
    stacked = [one for stretch in compare(old, new).stretches for one in stretch.stacked]

    assert "".join(one.line.text + one.line.end for one in stacked if one.old) == old
    assert [one.new for one in stacked if one.new] == [row.new.number for row in compare(old, new).rows if row.new]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("# Restart a unit\n", "# Restart a unit and wait\n", ("# Restart a unit", "# Restart a unit< and wait>")),
        ("exit 1\n", "echo no; exit 1\n", ("exit 1", "<echo no; >exit 1")),
        ("rm -rf /tmp\n", "uptime\n", ("rm -rf /tmp", "uptime")),  # nothing in common: no words are marked
        ("a b\n", "a  b\n", ("a< >b", "a<  >b")),
        ("a b\n", "a\tb\n", ("a< >b", "a<[U+0009]>b")),
        ("admin = 1\n", "admin\u202e = 1\n", ("admin = 1", "admin<[U+202E]> = 1")),
        ("x\ufeff\n", "y\ufeff\n", ("<x>[U+FEFF]", "<y>[U+FEFF]")),
    ],
)
def test_what_changed_in_a_line_is_marked(old: str, new: str, told: tuple[str, str]) -> None:
    assert changes_between(old, new) == [told]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("a\r\nb\r\n", "a\nb\n", [("a|CRLF", "a|LF"), ("b|CRLF", "b|LF")]),
        ("a\r", "a\n", [("a|CR", "a|LF")]),
        ("a\n", "a", [("a", "a|none")]),
        ("a", "a\r\n", [("a|none", "a")]),
        ("a\r\nb\r\n", "a\r\nb\nc\n", [("b|CRLF", "b|LF"), ("", "c|LF")]),
    ],
)
def test_other_line_ends_do_not_look_like_nothing(old: str, new: str, told: list[tuple[str, str]]) -> None:
    assert changes_between(old, new) == told
    assert compare(old, new).is_of_ends_only == all(bool(one) and bool(other) for one, other in told)


def test_an_added_line_stands_before_the_changed_one_it_precedes() -> None:
    assert changes_between("start\nexit 1\n", "start\nsleep 5\nexit 2\n") == [
        ("", "sleep 5"),
        ("exit <1>", "exit <2>"),
    ]


def test_added_and_removed_lines_are_counted() -> None:
    difference = compare("a\nb\nc\n", "a\nB\nc\nd\n")

    assert (difference.added, difference.removed) == (2, 1)


def test_long_stretches_of_equal_lines_are_folded_but_for_those_around_a_change() -> None:
    old = "".join(f"line {n}\n" for n in range(60))

    stretches = compare(old, old.replace("line 30\n", "line thirty\n")).stretches

    assert [(stretch.is_folded, len(stretch.rows)) for stretch in stretches] == [(True, 27), (False, 7), (True, 26)]


def test_a_few_equal_lines_are_not_worth_a_fold() -> None:
    assert [stretch.is_folded for stretch in compare("0\n" * 6 + "x\n", "0\n" * 6 + "y\n").stretches] == [False, False]


def test_texts_of_too_many_lines_are_not_compared() -> None:
    long = "a\n" * (MOST_LINES + 1)

    assert compare(long, "b\n").is_too_large
    assert compare(long, "b\n").rows == []
    assert compare(long, long).is_empty


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x\n" * 3000, "y\n" + "x\n" * 2998 + "y\n"),
        ("a\nb\n" * 1500, "b\na\nb\n" * 1000),
        ("(;){" * 4500, "{);(" * 4500),
        ("\n".join("x ; y , z " * 30 for _ in range(60)), "\n".join("z , x ; y" * 30 for _ in range(60))),
        ("\n" * 3000, "\r\n" * 3000),
    ],
)
def test_scripts_made_to_be_slow_to_compare_are_compared_in_time(old: str, new: str) -> None:
    began = time.process_time()

    difference = compare(old, new)

    assert (old_of(difference), new_of(difference)) == (old, new)
    assert time.process_time() - began < 2
