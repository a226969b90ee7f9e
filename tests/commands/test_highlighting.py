import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commands.highlighting import lines
from commands.models import CommandType
from commands.parameters import Kind, fill_in

ANY_SCRIPT = st.text(alphabet="ab \n\r\"'#$({}|;<>\\é", max_size=80)


def text_of(found) -> str:
    return "\n".join("".join(piece.text for piece in line) for line in found)


def test_a_script_is_coloured_and_its_parameters_are_marked() -> None:
    (comment,), echo = lines('# restart\necho "{{unit}} is up"\n', CommandType.SHELL, {})

    assert (comment.css, comment.text) == ("c", "# restart")
    assert [(piece.css, piece.kind, piece.text) for piece in echo] == [
        ("k", Kind.TEXT, "echo"),
        ("", Kind.TEXT, " "),
        ("s", Kind.TEXT, '"'),
        ("s", Kind.MISSING, "{{unit}}"),
        ("s", Kind.TEXT, ' is up"'),
    ]


def test_a_value_is_shown_in_its_place_over_as_many_lines_as_it_has() -> None:
    found = lines("a {{x}} b", CommandType.SHELL, {"x": "1\n2"})

    assert [[(piece.text, piece.name) for piece in line] for line in found] == [
        [("a ", ""), ("1", "x")],
        [("2", "x"), (" b", "")],
    ]


def test_without_parameters_what_is_in_braces_is_text() -> None:
    (line,) = lines("echo {{x}}", CommandType.SHELL, None)

    assert {piece.kind for piece in line} == {Kind.TEXT}


def test_a_shebang_says_which_language_it_is() -> None:
    _first, second = lines("#!/usr/bin/env python3\nimport os", CommandType.SHELL, None)

    assert (second[0].css, second[0].text) == ("k", "import")


@pytest.mark.parametrize("command_type", CommandType)
@given(script=ANY_SCRIPT)
def test_nothing_of_a_script_is_lost(command_type: str, script: str) -> None:
    shown = text_of(lines(script, command_type, {}))

    assert shown == script.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")


@given(script=ANY_SCRIPT, value=st.text(alphabet="ab\n\r\"'`{}", max_size=10))
@example(script=";\r", value="\n")
@example(script="\na\r", value="")
def test_what_is_shown_is_what_the_cloud_will_make_of_it(script: str, value: str) -> None:
    content = script + "{{p}}" + script

    shown = text_of(lines(content, CommandType.SHELL, {"p": value}))

    filled = fill_in(content, {"p": value}).replace("\r\n", "\n").replace("\r", "\n")
    assert shown.rstrip("\n") == filled.rstrip("\n")
