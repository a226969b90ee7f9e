"""C46, C47: output becomes text and class names of an allowlist, and whatever could hide or fake something is seen."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consoleapp.templatetags.console import marked
from invocations.outputs import first_line
from invocations.results.ansi import BRIGHT, INVISIBLE, NORMAL, SYMBOL, Piece, lines
from tests.invocations.hostile import HOSTILE

ALLOWED = {*NORMAL, *BRIGHT, SYMBOL, "a-bold", "a-dim", "a-italic", "a-underline", "a-inv"}


def shown(text: str) -> list[str]:
    return [line.text for line in lines(text)]


def classes(text: str) -> list[tuple[str, str]]:
    return [(piece.text, piece.classes) for line in lines(text) for piece in line.pieces]


def test_sixty_hostile_outputs_are_kept_for_the_browser_too():
    assert len(HOSTILE) == 60


@pytest.mark.parametrize("text", HOSTILE)
def test_C46_a_hostile_output_becomes_visible_text_and_allowed_classes(text):
    for line in lines(text):
        for piece in line.pieces:
            assert set(piece.classes.split()) <= ALLOWED
            assert not re.search(f"[\x00-\x08\x0a-\x1f\x7f-\x9f{INVISIBLE}]", piece.text)


@given(st.text(alphabet=st.sampled_from("\x1b\x07\\[]PX^_0;:m38K\r\n\b\x9b<\u202ea"), max_size=80))
def test_C46_no_output_makes_anything_but_visible_text(text):
    for line in lines(text):
        assert not re.search("[\x00-\x08\x0a-\x1f\x7f-\x9f\u202e]", line.text)
        assert all(set(piece.classes.split()) <= ALLOWED for piece in line.pieces)


@given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=200))
def test_plain_text_is_shown_as_it_is(text):
    assert shown(text) == ([text] if text else [])


def test_lines_are_numbered_from_one_and_empty_ones_count():
    assert [(line.number, line.text) for line in lines("a\n\nb\n")] == [(1, "a"), (2, ""), (3, "b")]


def test_no_output_has_no_line():
    assert shown("") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mbad\x1b[0m ok", [("bad", "a-r"), (" ok", "")]),
        ("\x1b[1;92mgo\x1b[22m on", [("go", "a-hg a-bold"), (" on", "a-hg")]),
        ("\x1b[3;4mx\x1b[23;24my", [("x", "a-italic a-underline"), ("y", "")]),
        ("\x1b[7;31mx\x1b[27my", [("x", "a-inv"), ("y", "a-r")]),
        ("\x1b[2mx\x1b[my", [("x", "a-dim"), ("y", "")]),
        ("\x1b[34mx\x1b[39my", [("x", "a-b"), ("y", "")]),
        ("\x1b[41mon red", [("on red", "")]),
        ("\x1b[8mhidden", [("hidden", "")]),
        ("\x1b[38;5;9mx", [("x", "a-hr")]),
        ("\x1b[38;5;196mx", [("x", "a-r")]),
        ("\x1b[38;5;250mx", [("x", "a-w")]),
        ("\x1b[38;2;10;200;10mx", [("x", "a-g")]),
        ("\x1b[38:2::0:0:255mx", [("x", "a-b")]),
        ("\x1b[38;2;0;0;0mx", [("x", "a-k")]),
        ("\x1b[48;5;1;32mx", [("x", "a-g")]),
        ("\x1b[38;5;300mx", [("x", "")]),
    ],
)
def test_colours_go_through_the_allowlist(text, expected):
    assert classes(text) == expected


def test_a_colour_lasts_over_the_end_of_the_line():
    assert classes("\x1b[33mone\ntwo\x1b[0m") == [("one", "a-y"), ("two", "a-y")]


def test_carriage_return_overwrites_and_the_line_says_so():
    (line,) = lines("rm -rf /\recho ok\n")

    assert (line.text, line.is_overwritten) == ("echo ok/", True)


def test_a_progress_bar_that_erases_its_line_ends_as_its_last_state():
    assert shown("10 %\r\x1b[K100 %\r\x1b[Kdone\n") == ["done"]


def test_the_line_end_of_windows_overwrites_nothing():
    (line,) = lines("ok\r\n")

    assert (line.text, line.is_overwritten) == ("ok", False)


def test_backspace_goes_back_but_not_beyond_the_start():
    assert shown("\b\bab\bc") == ["ac"]


def test_cursor_moves_character_sets_and_modes_are_removed():
    assert shown("\x1b[2J\x1b[1;1H\x1b(B\x1b[?25lx\x1b7\x1b[0m") == ["x"]


def test_a_hidden_link_is_a_symbol_that_tells_where_it_led():
    (line,) = lines("\x1b]8;;https://evil.example\x07here")

    assert line.pieces == (Piece("␛", SYMBOL, "ESC ]8;;https://evil.example"), Piece("here"))


def test_a_string_that_never_ends_hides_nothing():
    assert shown("\x1b]0;title\nrest") == ["␛]0;title", "rest"]


def test_eight_bit_controls_are_symbols_not_commands():
    assert classes("\x9b31mx") == [("U+009B", SYMBOL), ("31mx", "")]


def test_C47_bidi_controls_and_invisible_characters_are_named():
    (line,) = lines("a\u202eb\u200b")

    assert line.text == "aU+202EbU+200B"
    assert line.pieces[1].title == "U+202E RIGHT-TO-LEFT OVERRIDE"


def test_nul_and_delete_are_control_pictures():
    assert shown("a\x00b\x7f") == ["a␀b␡"]


def test_the_first_line_of_an_output_is_the_first_that_says_something_without_colours():
    assert first_line(b"\n  \n\x1b[33m/dev/vda3\x1b[0m 97 %\nmore\n") == "/dev/vda3 97 %"


def test_an_output_that_is_no_text_has_no_first_line():
    assert first_line(bytes(range(256))) == ""


def test_C47_a_name_shows_what_hides_in_it():
    assert marked("web\u202e1<b>") == (
        '<bdi>web<span class="a-ctl" title="U+202E RIGHT-TO-LEFT OVERRIDE">U+202E</span>1&lt;b&gt;</bdi>'
    )
