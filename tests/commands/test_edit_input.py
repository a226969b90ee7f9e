"""Odd input to the form of the editor: one sentence at its field, 422, and nothing typed is lost."""

from __future__ import annotations

import re
import string
from html import unescape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands.models import Command
from commands.textarea import pack, unpack
from tests.commands.edit_pages import NEW, edit_url, fields_of, typed
from tests.factories import CommandFactory, RegionFactory

pytestmark = pytest.mark.django_db

LIMIT = 24_576  # bytes after Base64: 18,432 of script
FULL = "x" * 18_432


@pytest.fixture(autouse=True)
def _region(db: None) -> None:
    RegionFactory()


def refused(client, **changed) -> str:
    """What the page says, as a text, after a save that was refused."""
    response = client.post(NEW, typed(client, NEW, **{"name": "greet", "content": "uptime", **changed}))
    assert response.status_code == 422
    assert not Command.objects.exists()
    return unescape(re.sub(r"<[^>]*>|\s+", " ", response.content.decode()))


@pytest.mark.parametrize("size", [LIMIT - 4, LIMIT])
def test_B45_a_script_within_the_limit_is_saved(admin, simulator, size):
    response = admin.post(NEW, typed(admin, NEW, name="full", content="x" * (size // 4 * 3), enable_parameter=None))

    assert response.status_code == 303


def test_B45_one_byte_too_many_is_refused_and_kept_whole(admin):
    response = admin.post(NEW, typed(admin, NEW, name="full", content=FULL + "é"))

    assert response.status_code == 422
    assert "The content is 24,580 bytes after Base64. The limit is 24,576." in response.content.decode()
    assert fields_of(response)["content"] == FULL + "é"


def test_B03_a_template_with_hundreds_of_names_in_braces_stays_a_form_that_can_be_sent(admin, simulator):
    content = "".join(f"{{{{name{n}}}}}\n" for n in range(400))
    shown = fields_of(admin.post(NEW, {**typed(admin, NEW, name="template", content=content), "action": "check"}))

    refused = admin.post(NEW, {**shown, "action": "save"})
    saved = admin.post(NEW, {**shown, "action": "save", "enable_parameter": ""})

    assert "A command can have at most 20 parameters. This one has 400." in refused.content.decode()
    assert (saved.status_code, Command.objects.get().content) == (303, content)


@pytest.mark.parametrize("content", ["", " \r\n\t\r\n", "\ufeff"])
def test_B45_a_script_that_says_nothing_is_refused(admin, content):
    assert "Enter the command content." in refused(admin, content=content)


def test_B45_the_counter_counts_what_the_server_counts(admin):
    response = admin.post(NEW, {**typed(admin, NEW, content="é" * 100), "action": "check"})

    assert "0.3 of 24 KB after Base64" in response.content.decode()


def test_B48_a_long_line_and_many_lines_are_looked_over(admin):
    for content in ("x" * 18_000 + "\n", "echo {{a}}\r\n" * 1_500, "echo\n" * 5_000):
        response = admin.post(NEW, {**typed(admin, NEW, content=content), "action": "check"})

        assert response.status_code == 200


def test_B48_escapes_are_shown_as_symbols_in_the_preview(admin):
    response = admin.post(NEW, {**typed(admin, NEW, content="echo \x1b[31m{{a}}"), "action": "check"})

    assert 'data-code="U+001B"' in response.content.decode()


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("{{a}}{{a}}", ["a"]),
        ("{{ a\n}}", ["a"]),
        ("{{a-b_c}}", ["a-b_c"]),
        ("{{{a}}}", ["a"]),
        ("# {{a}}\ncat <<E\n{{b}}\nE", ["a", "b"]),
        ("{{}} {{ä}}", []),
    ],
)
def test_B49_parameters_are_found_by_the_rule_of_the_cloud(admin, content, names):
    form = {**fields_of(admin.get(NEW)), "content": content, "action": "check"}

    fields = fields_of(admin.post(NEW, form))

    assert [match[1] for key in fields if (match := re.fullmatch("param-(.+)-default", key))] == names


@pytest.mark.parametrize("name", ["ä", "a b", "a.b", "n" * 65, ""])
def test_B44_a_name_the_cloud_refuses_is_told_with_its_rule(admin, name):
    said = refused(admin, content=f"echo {{{{{name}}}}}")

    assert "A parameter name may have letters, digits, - and _, at most 64 characters." in said


@pytest.mark.parametrize("name", ["acs::x", "a b", "a.b", "ä", "n" * 65])
def test_B44_a_forged_parameter_is_refused(admin, name):
    response = admin.post(
        NEW, typed(admin, NEW, name="greet", content="uptime") | {f"param-{name}-description": "mine"}
    )

    assert response.status_code == 422
    assert "A parameter name may have letters, digits, - and _" in response.content.decode()


def test_more_than_20_parameters_are_refused(admin):
    content = " ".join(f"{{{{p{n}}}}}" for n in range(21))

    said = refused(admin, content=content)

    sentence = "A command can have at most 20 parameters. This one has 21."
    assert said.count(sentence) == 3  # in the summary, at the parameters and in the checks


@pytest.mark.parametrize(
    ("definition", "sentence"),
    [
        ({"allowed": "/(/"}, "The pattern of word can’t be read: missing ): (."),
        ({"allowed": "/(.*){1000}/"}, "The pattern of word can’t be read"),
        ({"allowed": '"a, b'}, "A quotation mark of word has no second one."),
        ({"allowed": "a, b", "default": "c"}, "The default of word must be one of the allowed values: a, b."),
        ({"allowed": "/[0-9]+/", "default": "c"}, "The default of word does not fit its pattern."),
        ({"default": "c", "secret": "on"}, "word is a secret, and a secret has no default."),
        ({"description": "d" * 513}, "A description can have at most 512 characters."),
    ],
)
def test_what_is_wrong_with_a_parameter_is_told_at_it(admin, definition, sentence):
    said = {f"param_word_{what}": value for what, value in definition.items()}

    assert refused(admin, content="echo {{word}}", **said).count(sentence) == 2  # in the summary and at the field


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Enter a name of 1 to 128 characters."),
        ("name", "   ", "Enter a name of 1 to 128 characters."),
        ("name", "n" * 129, "Enter a name of 1 to 128 characters."),
        ("description", "d" * 513, "A description can have at most 512 characters."),
        ("working_dir", "/" * 201, "The execution path can have at most 200 characters."),
        ("timeout", "9", "The timeout must be a whole number of seconds from 10 to 86400."),
        ("timeout", "1e3", "The timeout must be a whole number of seconds from 10 to 86400."),
        ("launcher", "l" * 1025, "The launcher can have at most 1,024 bytes."),
        ("note", "n" * 201, "A version note can have at most 200 characters."),
    ],
)
def test_B50_what_is_too_long_or_odd_is_told_at_its_field(admin, field, value, sentence):
    assert refused(admin, **{field: value}).count(sentence) == 2


@pytest.mark.parametrize("name", ["a/b", "🙂", "=1+1", "n" * 128])
def test_B50_names_the_cloud_takes_are_saved(admin, simulator, name):
    admin.post(NEW, typed(admin, NEW, name=name, content="uptime"))

    assert Command.objects.get().name == name


@pytest.mark.parametrize(
    ("tags", "sentence"),
    [
        ({"1-key": "k" * 65}, "A tag key has 1 to 64 characters"),
        ({"1-value": "no key"}, "A tag key has 1 to 64 characters"),
        ({"1-key": "ACS:x"}, "A tag key has 1 to 64 characters and can’t start with aliyun or acs:."),
        ({"1-key": "console-run"}, "Tags that start with console- are the console’s own."),
        ({"1-key": "a", "1-value": "v" * 129}, "The value of a tag can have at most 128 characters"),
        ({"1-key": "a", "1-value": "http://x"}, "A tag can’t hold http:// or https://."),
        ({"1-key": "a", "2-key": "a"}, "The tag a is there twice."),
        ({f"{n}-key": f"k{n}" for n in range(1, 22)}, "A command can have at most 20 tags. This one has 21."),
    ],
)
def test_B51_a_tag_the_cloud_refuses_is_told_with_its_rule(admin, tags, sentence):
    response = admin.post(
        NEW, typed(admin, NEW, name="greet", content="uptime") | {f"tag-{key}": value for key, value in tags.items()}
    )

    assert response.status_code == 422
    assert sentence in unescape(response.content.decode())


def test_B52_a_forged_type_is_refused(admin):
    assert "Choose Shell, PowerShell or Bat." in refused(admin, type="RunPerlScript")


def test_B52_the_type_of_a_command_is_fixed(admin):
    command = CommandFactory(content="uptime", saved=True)

    response = admin.post(edit_url(command), typed(admin, edit_url(command), content="dir", type="RunBatScript"))

    assert response.status_code == 422
    assert "The type of a command can’t be changed." in response.content.decode()
    command.refresh_from_db()
    assert command.type == "RunShellScript"


@pytest.mark.parametrize("field", ["name", "timeout", "content", "content_exact", "param-word-default", "tag-1-key"])
def test_B04_a_field_given_twice_is_refused(admin, field):
    form = typed(admin, NEW, name="greet", content="echo {{word}}")

    response = admin.post(NEW, {**form, field: ["60", "9"]})

    assert response.status_code == 422
    assert "This was given more than once" in response.content.decode()


@pytest.mark.parametrize("field", ["name", "description", "working_dir", "launcher", "note", "param-word-default"])
def test_B06_a_character_that_cannot_be_used_is_told(admin, field):
    form = typed(admin, NEW, name="greet", content="echo {{word}}")

    response = admin.post(NEW, {**form, field: "a\x00b"})

    assert response.status_code == 422
    assert "This contains a character that cannot be used: U+0000 at position 2." in response.content.decode()


def test_B06_a_script_may_hold_all_but_zero_bytes(admin):
    assert "The content has a character that cannot be used: U+0000 in line 2." in refused(
        admin, content="a\nb\x00\n", content_exact=pack("a\nb\x00\n")
    )


def test_B05_unknown_fields_are_ignored(admin, simulator):
    admin.post(NEW, typed(admin, NEW, name="greet", content="uptime") | {"cloud_id": "c-1", "version_number": "9"})

    command = Command.objects.get()
    assert (command.cloud_id != "c-1", command.version_number) == (True, 1)


def test_B01_a_body_that_is_no_form_is_refused(admin):
    assert admin.post(NEW, "{}", content_type="application/json").status_code == 415


def test_B07_a_name_that_turns_around_is_kept_and_marked(admin, simulator):
    admin.post(NEW, typed(admin, NEW, name="a\u202eb", content="uptime"))

    command = Command.objects.get()
    assert command.name == "a\u202eb"
    assert "U+202E" in admin.get(edit_url(command)).content.decode()


ODD = st.text(st.sampled_from(string.printable + "\x00\x1b\u202e\ufeff中🙂é{}\"'/,"), max_size=30)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_typed_the_form_answers_and_keeps_the_script(admin, data):
    keys = [
        *("name", "type", "description", "working_dir", "timeout", "launcher", "note", "base", "token", "action"),
        *("param-a-default", "param-a-allowed", "param-a-secret", "tag-1-key", "tag-1-value", "enable_parameter"),
    ]
    form = {key: data.draw(ODD) for key in keys if data.draw(st.booleans())}
    script = data.draw(ODD)

    response = admin.post(NEW, {"action": "check", **form, "content": script, "content_exact": pack(script)})

    assert response.status_code in (200, 422)
    assert unpack(fields_of(response)["content_exact"]) == script
