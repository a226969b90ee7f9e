"""The parameters of a script, by the API's own rules (help page "Custom parameters")."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.parameters import Kind, fill_in, names_in, segments, size_after_base64

SCRIPTS = st.text(alphabet='ab-_{} \n"$é:', max_size=60)


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("echo", []),
        ("{{a}}{{a}}", ["a"]),
        ("{{b}} {{a}}", ["b", "a"]),
        ("{{Name}} {{name}}", ["Name"]),
        ("{{ a\n}}", ["a"]),
        ("{{a-b_c}}", ["a-b_c"]),
        ("{{ä}}", []),
        ("{{}} {{ }}", []),
        ("{{{a}}}", ["a"]),
        ("{{a b}} {{a.b}}", []),
        ("{{" + "a" * 64 + "}}", ["a" * 64]),
        ("{{" + "a" * 65 + "}}", []),
        ("# {{a}}\ncat <<'EOF'\n{{b}}\nEOF", ["a", "b"]),
        ("{{ACS::InstanceId}} {{ acs :: RegionId }} {{oos:x}} {{oos-secret:y}}", []),
        ("{a} {{a}", []),
    ],
)
def test_B49_a_script_has_the_parameters(content: str, names: list[str]) -> None:
    assert names_in(content) == names


@pytest.mark.parametrize(
    ("content", "values", "filled"),
    [
        ("x {{a}} y", {"a": "1"}, "x 1 y"),
        ("{{A}}{{ a }}", {"a": "1"}, "11"),
        ("{{a}}", {"A": "1"}, "1"),
        ("{{a}}{{b}}", {"a": "1"}, "1{{b}}"),
        ("[{{a}}]", {"a": ""}, "[]"),
        ("{{ACS::InstanceId}}", {"acs": "1"}, "{{ACS::InstanceId}}"),
        ("{{{a}}}", {"a": "1"}, "{1}"),
        ("{{a}}", {"a": "\\1 $0 \\g<0>"}, "\\1 $0 \\g<0>"),
    ],
)
def test_values_are_filled_in(content: str, values: dict[str, str], filled: str) -> None:
    assert fill_in(content, values) == filled


@pytest.mark.parametrize("value", ["{{other}}", "{{{{x}}}}", "{{ x }}", "}}{{", "{{a}}"])
def test_B38_a_value_is_filled_in_once(value: str) -> None:
    assert fill_in("{{a}}|{{other}}", {"a": value, "other": "never here"}) == f"{value}|never here"


@pytest.mark.parametrize("value", ["'\"\\", "$(id)`id`", "a\nb\r\n", ";%PATH%'@", "1e309", "true", "null", " "])
def test_B39_B40_a_value_goes_in_as_it_is(value: str) -> None:
    assert fill_in("<{{a}}>", {"a": value}) == f"<{value}>"


def test_the_preview_tells_what_is_what() -> None:
    parts = segments("x {{Svc}} {{b}} {{svc}} {{c}} {{ACS::RegionId}}", {"svc": "nginx", "b": ""})

    assert [(part.kind, part.name, part.text) for part in parts if part.kind != Kind.TEXT] == [
        (Kind.FILLED, "Svc", "nginx"),
        (Kind.EMPTY, "b", ""),
        (Kind.FILLED, "Svc", "nginx"),
        (Kind.MISSING, "c", "{{c}}"),
        (Kind.BUILT_IN, "ACS::RegionId", "{{ACS::RegionId}}"),
    ]


@given(SCRIPTS)
def test_without_values_the_script_stays_as_it_is(content: str) -> None:
    assert fill_in(content, {}) == content


@given(SCRIPTS)
def test_filling_in_each_name_with_itself_changes_nothing_but_spelling(content: str) -> None:
    again = fill_in(content, {name: "{{" + name + "}}" for name in names_in(content)})

    assert names_in(again) == names_in(content)
    assert fill_in(again, dict.fromkeys(names_in(content), "")) == fill_in(
        content, dict.fromkeys(names_in(content), "")
    )


@given(st.text())
def test_B41_the_size_is_that_of_the_bytes_that_are_sent(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()

    assert size_after_base64(text) == len(base64.b64encode(text.encode()))
