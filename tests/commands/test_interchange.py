"""Files of commands, without a region: what is written comes out again, and what is wrong is told at its line."""

import base64
import json
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commands.checking import problems_of
from commands.definitions import Definition
from commands.exporting import written
from commands.import_files import LARGEST, Unreadable
from commands.interchange import FORMAT, read
from commands.saving import Edition

ODD = "a \n\r\t#:-'\"|>\\{}[]&*!%@`,?~\x85\u2028\u2029\ufeff\x1b\x7f\x0b\x0c\ufffe\ufffd😀é中"
TEXTS = st.text(st.one_of(st.sampled_from(ODD), st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
WORDS = st.sampled_from(
    ["yes", "no", "on", "null", "~", "012", "1_000", "1e3", "true", "- a", "a: b", "# x", "", " ", "="]
)
LINES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"], exclude_characters="\ufffd"))


def command(**columns) -> Edition:
    return Edition(**{"name": "restart", "type": "RunShellScript", "content": "uptime\n"} | columns)


def of(*commands: dict | str, **document) -> bytes:
    """A file in JSON."""
    return json.dumps({"format": FORMAT, "version": 1, "commands": list(commands)} | document).encode()


def plain(**columns) -> dict:
    return {"name": "a", "type": "RunShellScript", "content": "uptime"} | columns


def problems(data: bytes, **more) -> list[str]:
    document = read(data, **more)
    return [
        str(found) for found in [*document.problems, *(one for entry in document.entries for one in entry.problems)]
    ]


def refusal(data: bytes, **more) -> tuple[int, str]:
    with pytest.raises(Unreadable) as caught:
        read(data, **more)
    return caught.value.status, caught.value.sentence


# There and back


@given(
    content=TEXTS,
    description=st.one_of(LINES, WORDS),
    value=st.one_of(LINES, WORDS),
    file_format=st.sampled_from(["json", "yaml"]),
)
@example(content="\n\n a\n \n\t\n", description="", value="", file_format="yaml")
@example(content="#!/bin/sh\r\necho '{{ a }}' \\\r\n  x", description="---", value="...", file_format="yaml")
@example(content="a\x85b\n", description="| x", value="\\", file_format="yaml")
def test_a_command_comes_back_byte_for_byte(content, description, value, file_format):
    definition = Definition("p", description=description, default=value, is_required=True, allowed=(value, "x"))
    known = Definition("q", pattern="[a-z]+", is_secret=True)
    first = command(content=content, description=description, tags={"k": value}, definitions=(definition, known))
    first_problems = problems_of(first)
    second = command(
        name="yes", content=content + "x\n", working_dir="/a b", timeout=600, enable_parameter=True, launcher="sh"
    )

    document = read(written([first, second], file_format))

    assert document.problems == []
    assert len(document.entries[0].problems) == len(first_problems)
    if not first_problems:
        assert document.entries[0].edition == Edition(**{**vars(first), "definitions": [definition, known]})
    if not problems_of(second):
        assert document.entries[1].edition == Edition(**{**vars(second), "definitions": []})


def test_a_script_in_yaml_stands_there_in_its_own_lines():
    text = written([command(content="#!/bin/bash\necho '中文' 😀\n")], "yaml").decode()

    assert "    content: |\n      #!/bin/bash\n      echo '中文' 😀\n" in text


def test_no_line_end_of_a_script_gets_lost_between_systems():
    for file_format in ("json", "yaml"):
        data = written([command(content="a\r\nb\nc\rd")], file_format)
        windows = data.replace(b"\n", b"\r\n")

        assert read(windows).entries[0].edition.content == "a\r\nb\nc\rd"


# Documents


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"a: &x [b]\nc: *x", "Line 1: anchors (&) and aliases (*) are not taken; write it out."),
        (b"a:\n  - &a [x]\n  - &b [*a, *a]\n", "Line 2: anchors (&) and aliases (*) are not taken; write it out."),
        (b"a: b\n<<: *x\n", "Line 2: anchors (&) and aliases (*) are not taken; write it out."),
        (b"a: !!python/object/apply:os.system [id]", "Line 1: tags (!) are not taken."),
        (b"a:\n\tb: c", "Line 2: this is not YAML: a line is indented by a tab; YAML takes spaces."),
        (b"a: 1\n---\nb: 2\n", "Line 2: a second document begins; one is expected."),
        (b"- " * 1000 + b"x", "Line 1: more than 20 levels are in one another."),
        (b"? [a]\n: b", "Line 1: a key is a word, not a list."),
        (b"a: 'b", "Line 1: this is not YAML: found unexpected end of stream."),
        (b"", "There is nothing in it."),
        (b"# nothing\n", "There is nothing in it."),
    ],
)
def test_B78_yaml_that_is_more_than_data_is_refused_at_its_line(data, sentence):
    assert refusal(data) == (422, sentence)


@pytest.mark.parametrize("bracket", [b"[", b"{", b"[{"])
def test_B78_B79_a_megabyte_of_brackets_is_refused_at_once(bracket):
    data = bracket * (LARGEST // len(bracket))

    assert refusal(data, name=".yaml")[0] == 422
    assert refusal(data, name=".json")[0] == 422


def test_B78_words_of_yaml_stay_words():
    text = """format: cloud-assistant-console/commands
version: 1
commands:
  - name: no
    type: RunShellScript
    content: 012
    description: 1_000
    tags: {on: off, ~: null, 2024-01-01: 1e3}
"""
    (entry,) = read(text.encode()).entries

    assert (entry.edition.name, entry.edition.content, entry.edition.description) == ("no", "012", "1_000")
    assert entry.edition.tags == {"on": "off", "~": "null", "2024-01-01": "1e3"}


def test_B78_what_is_no_number_and_no_flag_is_told_at_its_line():
    text = """format: cloud-assistant-console/commands
version: 1
commands:
- name: a
  type: RunShellScript
  content: uptime
  timeout: 1_000
  use_parameters: yes
  name: b
"""
    assert problems(text.encode()) == [
        "commands[0].timeout: a whole number is expected (line 7)",
        "commands[0].use_parameters: true or false is expected (line 8)",
        "commands[0].name: the key is there twice (line 9)",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"a": NaN}', "Line 1: this is not JSON: a value is expected, not “NaN”."),
        ('{"a": -Infinity}', "Line 1: this is not JSON: a value is expected, not “-Infinity”."),
        ('{\n"a": 1,\n}', "Line 3: this is not JSON: a comma stands before the closing bracket."),
        ('{"a": 1}\n{}', "Line 2: this is not JSON: something follows the end."),
        ('{"a" 1}', "Line 1: this is not JSON: a colon is expected after a key."),
        ("{a: 1}", "Line 1: this is not JSON: a key in double quotes is expected."),
        ('{"a": 1', "Line 1: this is not JSON: it ends too soon."),
        ('{"a": ', "Line 1: this is not JSON: it ends too soon."),
        ('{"a": "b', "Line 1: this is not JSON: a text does not end, or has a backslash that means nothing."),
        ('{"a": "b\nc"}', "Line 1: this is not JSON: a text holds a line break or another control character."),
        ('{"a": 1 "b": 2}', "Line 1: this is not JSON: a comma or } is expected."),
        ('{"a": 01}', "Line 1: this is not JSON: a comma or } is expected."),
    ],
)
def test_B79_json_that_is_none_is_refused_at_its_line(text, sentence):
    assert refusal(text.encode()) == (422, sentence)


def test_B79_a_number_that_no_computer_holds_is_no_timeout():
    data = of(plain(timeout=1)).replace(b'"timeout": 1', b'"timeout": 1' + b"0" * 400)

    assert problems(data) == ["commands[0].timeout: a whole number is expected (line 1)"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"[1, 2]", ["/: an object with keys is expected (line 1)"]),
        (b"---\n...\n", ["/: an object with keys is expected (line 2)"]),
        (b"1", ["/: an object with keys is expected (line 1)"]),
        (
            b"{}",
            ["format: it is missing (line 1)", "version: it is missing (line 1)", "commands: it is missing (line 1)"],
        ),
        (of(), ["commands: there is no command in the file (line 1)"]),
        (of(commands={}), ["commands: a list is expected (line 1)"]),
        (of(plain(), version=2), ["version: version 2 is not known here; this console reads version 1 (line 1)"]),
        (of(plain(), format="x"), [f"format: “{FORMAT}” is expected (line 1)"]),
        (
            of(plain(), extra=1, format="x"),
            ["extra: there is no such key (line 1)", f"format: “{FORMAT}” is expected (line 1)"],
        ),
        (
            b'{"commands": []}',
            [
                "format: it is missing (line 1)",
                "version: it is missing (line 1)",
                "commands: there is no command in the file (line 1)",
            ],
        ),
        (of(plain(), extra=1), ["extra: there is no such key (line 1)"]),
        (of(1), ["commands[0]: a command with its name, type and content is expected (line 1)"]),
        (of({}), [f"commands[0].{key}: it is missing (line 1)" for key in ("name", "type", "content")]),
        (of(plain(timeout="60")), ["commands[0].timeout: a whole number is expected (line 1)"]),
        (of(plain(timeout=60.5)), ["commands[0].timeout: a whole number is expected (line 1)"]),
        (of(plain(use_parameters=1)), ["commands[0].use_parameters: true or false is expected (line 1)"]),
        (of(plain(description=None)), ["commands[0].description: a text is expected (line 1)"]),
        (of(plain(description=5)), ["commands[0].description: a text is expected (line 1)"]),
        (of(plain(tags=[])), ["commands[0].tags: an object with keys is expected (line 1)"]),
        (of(plain(tags={"a": 1})), ["commands[0].tags.a: a text is expected (line 1)"]),
        (of(plain(parameters=[1])), None),
        (of(plain(parameters=[{"name": "a", "allowed": [1]}])), None),
        (of(plain(state="x")), ["commands[0].state: there is no such key (line 1)"]),
    ],
)
def test_B79_each_wrong_type_has_its_path_and_its_line(data, expected):
    found = problems(data)

    assert found
    assert expected is None or found == expected


def test_B79_the_line_is_that_of_the_value():
    data = json.dumps({"format": FORMAT, "version": 1, "commands": [plain(), plain(name="b", timeout=5)]}, indent=2)

    assert problems(data.encode()) == [
        "commands[1].timeout: The timeout must be a whole number of seconds from 10 to 86400 (line 14)"
    ]


def test_B79_a_key_that_is_there_twice_is_refused():
    data = of(plain()).replace(b'"name": "a"', b'"name": "a", "name": "b"')

    assert problems(data) == ["commands[0].name: the key is there twice (line 1)"]


@pytest.mark.parametrize("key", ["name", "content", "description"])
def test_B79_a_lone_surrogate_is_a_character_that_cannot_be_used(key):
    (found,) = problems(of(plain(**{key: "x\ud800"})))

    assert f"commands[0].{key}" in found
    assert "U+D800" in found


def test_B79_a_byte_order_mark_of_utf_8_is_taken_off():
    assert problems(b"\xef\xbb\xbf" + of(plain())) == []


def test_all_problems_are_told_not_the_first_alone():
    found = problems(of(plain(name="", timeout=5), plain(name="b", tags={"acs:x": "y"}, parameters=[{"name": "ä"}])))

    assert [text.split(":")[0] for text in found] == [
        "commands[0].name",
        "commands[0].timeout",
        "commands[1].parameters[0].name",
        "commands[1].tags.acs",
    ]


def test_a_problem_of_a_parameter_is_told_at_the_parameter():
    parameters = [{"name": "a"}, {"name": "b", "pattern": "("}, {"name": "c", "secret": True, "default": "x"}]
    found = problems(of(plain(content="{{a}}{{b}}{{c}}", use_parameters=True, parameters=parameters)))

    assert [text.split(":")[0] for text in found] == [
        "commands[0].parameters[1].pattern",
        "commands[0].parameters[2].default",
    ]


def test_a_name_that_is_there_twice_is_told_where_else():
    (found,) = problems(of(plain(), plain()))

    assert found == "commands[1].name: the name is there twice, in line 1, too (line 1)"


def test_what_has_no_effect_is_noted():
    (entry,) = read(of(plain(parameters=[{"name": "a"}]))).entries

    assert entry.problems == []
    assert entry.notes == ["The parameter a is not used in the content and is left out."]


# Content


def test_B81_the_key_says_whether_content_is_base64():
    text = base64.b64encode(b"echo\r\n").decode()
    coded = {"name": "a", "type": "RunShellScript", "content_base64": text}

    assert read(of(coded)).entries[0].edition.content == "echo\r\n"
    assert read(of(plain(content=text))).entries[0].edition.content == text


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"content_base64": "!!"}, "this is not Base64"),
        ({"content_base64": "YQ"}, "this is not Base64"),
        ({"content_base64": base64.b64encode(b"\xff\xfe").decode()}, "it holds no text in UTF-8"),
        ({"content": "a", "content_base64": "YQ=="}, "content and content_base64 are both there; one is expected"),
        ({"content_base64": base64.b64encode(b"x" * 20_000).decode()}, "The content is 26,668 bytes after Base64."),
    ],
)
def test_B81_wrong_base64_is_told(given, sentence):
    (found,) = problems(of({"name": "a", "type": "RunShellScript"} | given))

    assert found.startswith(f"commands[0].content_base64: {sentence}")


# Bytes


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"PK\x03\x04" + bytes(40), "a zip archive"),
        (b"\x1f\x8b\x08" + bytes(40), "a gzip archive"),
        (b"\x7fELF" + bytes(40), "a program"),
        ("{}".encode("utf-16"), "text in UTF-16"),
        ('{"format": 1}'.encode("utf-16-le"), "text in UTF-16"),
        ('{"名称": "重启"}'.encode("gbk"), "text in GBK"),
        (b'{"a": "\xe9"}', "text in another encoding, or no text"),
        (b'{"a": "\x00"}', "no text"),
    ],
)
def test_B47_B82_what_is_no_text_is_refused_with_what_it_seems_to_be(data, kind):
    assert refusal(data) == (415, f"The file seems to be {kind}. Save it as JSON or YAML in UTF-8.")


def test_a_file_over_a_megabyte_is_not_read():
    assert refusal(b" " * 3_100_000) == (413, "The file is too large: 3.1 MB, at most 1 MB.")


def test_B80_more_commands_than_a_region_keeps_are_refused():
    assert refusal(of(*(plain(name=str(n)) for n in range(5000))))[0] == 413


def test_a_file_of_as_many_commands_as_a_region_keeps_is_read():
    document = read(of(*(plain(name=str(n)) for n in range(500))))

    assert (len(document.entries), document.problems) == (500, [])


# Whatever comes


@given(st.one_of(st.binary(max_size=300), st.text().map(lambda text: text.encode("utf-8", "surrogatepass"))))
def test_no_bytes_are_more_than_the_reader_can_bear(data):
    for name in ("", ".yaml"):
        with suppress(Unreadable):
            read(data, name=name)


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.integers(),
        st.text(),
        st.sampled_from(["name", FORMAT]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(
                st.text(max_size=5), st.sampled_from(["name", "type", "content", "tags", "parameters", "timeout"])
            ),
            inner,
            max_size=6,
        ),
    ),
    max_leaves=20,
)


@given(st.lists(JSON, max_size=3), JSON)
def test_no_shape_is_more_than_the_reader_can_bear(commands, extra):
    for document in read(of(*commands)), read(of(plain(tags=extra, parameters=extra, timeout=extra, content=extra))):
        for entry in document.entries:
            assert (entry.edition is None) is bool(entry.problems)
