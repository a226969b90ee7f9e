"""Every script of tests/corpus comes through byte for byte: the editor, the cloud, the panel, a run (B45-B49)."""

import base64
import hashlib
import os
import re
import tomllib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import cloud.commands as gateway
from cloud.connection import current
from commands import saving
from commands.definitions import Definition, definitions_of
from commands.models import Command, CommandType
from commands.parameters import fill_in
from commands.saving import Edition
from instances.models import Kind
from invocations.models import Invocation
from tests.commands.edit_pages import rows_of
from tests.factories import HANGZHOU, PASSWORD, CommandFactory, InstanceFactory, define
from tests.invocations.panels import Shown, fresh_region, panel_url, run_form

FOLDER = Path(__file__).resolve().parent.parent / "corpus"
TYPES = {".sh": CommandType.SHELL, ".ps1": CommandType.POWERSHELL, ".bat": CommandType.BAT}
MOST = 18_432  # bytes; 24,576 after Base64
NEW = f"/r/{HANGZHOU}/commands/new/"
IMPORT = f"/r/{HANGZHOU}/commands/import/"
UNSAVED = f"/r/{HANGZHOU}/run/"
BREAK = re.compile("\r\n|\r|\n")


@dataclass(frozen=True)
class Script:
    """One of the corpus. `values` is None where it uses no parameters."""

    name: str
    data: bytes
    type: str
    values: dict[str, str] | None

    def __str__(self) -> str:
        return self.name

    @property
    def text(self) -> str:
        return self.data.decode()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def filled_in(self) -> str:
        return self.text if self.values is None else fill_in(self.text, self.values)

    @property
    def parameters(self) -> dict[str, str]:
        """The fields of the execute form."""
        return {f"param-{name}": value for name, value in (self.values or {}).items()}


def read_corpus() -> list[Script]:
    values = tomllib.loads((FOLDER / "index.toml").read_text())
    paths = sorted(path for path in FOLDER.glob("*/*") if path.suffix in TYPES)
    names = [str(path.relative_to(FOLDER)) for path in paths]
    assert set(values) <= set(names)
    return [
        Script(name, path.read_bytes(), TYPES[path.suffix], values.get(name))
        for name, path in zip(names, paths, strict=True)
    ]


CORPUS = read_corpus()
ODDEST = {
    *("shell/crlf-heredoc.sh", "shell/mixed-line-ends.sh", "shell/lone-cr.sh", "shell/bom.sh", "shell/markup.sh"),
    *("shell/invisible.sh", "shell/ansi-real.sh", "shell/parameters-odd.sh", "shell/long-line.sh"),
    *("shell/leading-blank-lines.sh", "powershell/registry.ps1", "powershell/mixed-line-ends.ps1", "bat/labels.bat"),
}
SOME = [script for script in CORPUS if script.name in ODDEST]
some_scripts = pytest.mark.parametrize("script", SOME, ids=str)
# Another database makes a difference to the oddest, if to any.
every_script = pytest.mark.parametrize("script", SOME if os.environ.get("TEST_SERVICES") else CORPUS, ids=str)


# Browsers


class _Form(HTMLParser):
    """The fields of one form as a browser without script sends them."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form, self.is_inside, self.textarea = form, False, ""
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag, attrs):
        attrs = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.is_inside = self.form in (attrs.get("id"), attrs.get("action"))
        elif not self.is_inside or "name" not in attrs or "disabled" in attrs:
            return
        elif tag == "textarea":
            self.textarea = attrs["name"]
            self.fields[self.textarea] = ""
        elif tag == "input" and attrs.get("type") in ("checkbox", "radio"):
            if "checked" in attrs:
                self.fields[attrs["name"]] = attrs.get("value", "on")
        elif tag == "input" and attrs.get("type") not in ("submit", "file"):
            value = attrs.get("value", "")
            self.fields[attrs["name"]] = value if attrs.get("type") == "hidden" else value.replace("\n", "")

    def handle_endtag(self, tag):
        if tag == "form":
            self.is_inside = False
        elif tag == "textarea" and self.textarea:
            self.fields[self.textarea] = self.fields[self.textarea].removeprefix("\n")
            self.textarea = ""

    def handle_data(self, data):
        if self.textarea:
            self.fields[self.textarea] += data


def as_sent(page: str, form: str) -> dict[str, str]:
    """What a browser sends that has read the page; the form is named by its id or action.

    HTML Standard: 13.2.3.5 and 13.2.6.4.7 on how line breaks are read, 4.10.22.4 on how they are sent.
    """
    parser = _Form(form)
    parser.feed(BREAK.sub("\n", page))
    parser.close()
    return {name: BREAK.sub("\r\n", value) for name, value in parser.fields.items()}


def typed_plainly(text: str) -> dict[str, str]:
    """A script put into an empty textarea."""
    return {"content": BREAK.sub("\r\n", text)}


def typed_into_editor(text: str) -> dict[str, str]:
    """The same where the editor's script runs, which keeps the very bytes in a field of their own."""
    return {"content": BREAK.sub("\n", text), "content_exact": base64.b64encode(text.encode()).decode()}


def shown_in(page: str) -> str:
    """The script a page shows, as text."""
    found = re.search(r'<pre [^>]*data-testid="command-content"[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert found
    return unescape(re.sub("<[^>]*>", "", found[1])).rstrip("\n")


def with_plain_breaks(text: str) -> str:
    return BREAK.sub("\n", text).rstrip("\n")


# Ways through the console


@pytest.fixture(autouse=True)
def region(simulator, db):
    return fresh_region()


def new_form(client, script_type: str = CommandType.SHELL, *, has_parameters: bool = False) -> dict[str, str]:
    fields = as_sent(client.get(NEW).content.decode(), "edit-form") | {"name": "survivor", "type": script_type}
    fields.pop("enable_parameter", None)
    return fields | {"action": "save"} | ({"enable_parameter": "on"} if has_parameters else {})


@pytest.fixture
def saved(admin) -> Callable[..., Command]:
    """The command that the page for a new one makes of a script."""

    def save(script: Script, typed=typed_into_editor) -> Command:
        fields = new_form(admin, script.type, has_parameters=script.values is not None)
        answer = admin.post(NEW, fields | rows_of(script.text) | typed(script.text))
        assert answer.status_code == 303, Shown(answer).text
        return Command.objects.get(cloud_id=answer.url.split("/")[-2])

    return save


def bytes_in_cloud(command: Command) -> bytes:
    (found,) = gateway.list_commands(current(), command.region, command_id=command.cloud_id)
    return found.content.encode()


def machine_for(simulator, script: Script) -> str:
    os_type = "linux" if script.type == CommandType.SHELL else "windows"
    (instance_id,) = simulator.running_instances(HANGZHOU, 1, os_type=os_type)
    return InstanceFactory(instance_id=instance_id, kind=Kind.ECS, os_type=os_type).instance_id


def what_ran(simulator) -> list[tuple[str, dict[str, str]]]:
    """Digests and parameters, by the cloud's own journal."""
    return [(execution.content_sha256, execution.parameters) for execution in simulator.journal.executions()]


def test_the_corpus_is_as_it_was_written() -> None:
    """A checkout that changed line ends would make all the others easier."""
    text = {script.name: script.text for script in CORPUS}

    assert len(CORPUS) >= 60
    assert set(CommandType.values) == {script.type for script in CORPUS}
    assert text["shell/crlf.sh"].count("\r\n") == text["shell/crlf.sh"].count("\n") == 7
    assert re.search("[^\r]\n", text["bat/unix-line-ends.bat"])
    assert re.search("\r[^\n]", text["shell/lone-cr.sh"])
    assert text["shell/bom.sh"].startswith("\ufeff#!")
    assert not text["shell/no-final-newline.sh"].endswith("\n")
    assert text["shell/trailing-spaces.sh"].startswith("#!/bin/bash   \n")


@every_script
def test_B46_what_the_editor_saves_is_shown_handed_out_and_saved_again_byte_for_byte(admin, saved, script) -> None:
    command = saved(script)
    detail = reverse("commands:detail", args=[HANGZHOU, command.cloud_id])

    assert bytes_in_cloud(command) == command.content.encode() == script.data
    assert command.content_sha256 == script.sha256
    assert shown_in(admin.get(detail).content.decode()) == with_plain_breaks(script.text)
    assert admin.get(f"{detail}content/").content == script.data

    untouched = as_sent(admin.get(f"{detail}edit/").content.decode(), "edit-form") | {"action": "save"}
    assert "Nothing to save" in Shown(admin.post(f"{detail}edit/", untouched)).text
    assert Command.objects.get(pk=command.pk).version_number == 1


@every_script
def test_B46_what_a_plain_textarea_sends_gets_the_line_ends_of_its_type_and_loses_nothing(saved, script) -> None:
    command = saved(script, typed_plainly)

    usual = "\n" if script.type == CommandType.SHELL else "\r\n"
    assert bytes_in_cloud(command).decode() == BREAK.sub(usual, script.text)


@every_script
def test_B46_what_is_saved_runs_byte_for_byte(operator, simulator, saved, work_until_quiet, script) -> None:
    command = saved(script)
    target = machine_for(simulator, script)
    form = run_form(command, target, confirm_text=command.name, **script.parameters)
    checked = operator.post(panel_url(command), form | {"action": "check"})
    assert shown_in(checked.content.decode()) == with_plain_breaks(script.filled_in)
    assert operator.post(panel_url(command), form).status_code == 303
    work_until_quiet()

    assert what_ran(simulator) == [(script.sha256, script.values or {})]


@some_scripts
def test_B46_what_is_not_saved_runs_byte_for_byte_and_so_it_does_again(
    operator, simulator, work_until_quiet, script
) -> None:
    fields = {"name": "survivor", "type": script.type} | typed_into_editor(script.text) | script.parameters
    switch = {} if script.values is None else {"enable_parameter": "on"}
    form = run_form(None, machine_for(simulator, script), confirm_text="survivor", **fields, **switch)
    assert operator.post(UNSAVED, form).status_code == 303
    work_until_quiet()
    assert what_ran(simulator) == [(script.sha256, script.values or {})]

    run = Invocation.objects.get()
    opened = operator.post(reverse("invocations:again", args=[HANGZHOU, run.pk]), follow=True)
    again = as_sent(opened.content.decode(), "run-form") | {"action": "run", "confirm_text": "survivor"}
    assert operator.post(UNSAVED, again).status_code == 303
    work_until_quiet()
    assert what_ran(simulator) == [(script.sha256, script.values or {})] * 2


@pytest.mark.parametrize(("url", "form"), [(NEW, "edit-form"), (UNSAVED, "run-form")])
@some_scripts
def test_B94_a_script_that_was_sent_signed_out_is_there_again_byte_for_byte(admin, stranger, script, url, form) -> None:
    fields = {"name": "survivor", "type": script.type, "action": "save"} | typed_into_editor(script.text)

    refused = stranger.post(url, fields).content.decode()
    signed_in = as_sent(refused, "/signin/") | {"username": "ada", "password": PASSWORD}
    resumed = as_sent(stranger.post("/signin/", signed_in).content.decode(), url)
    filled_in = as_sent(stranger.post(url, resumed).content.decode(), form)

    assert base64.b64decode(filled_in["content_exact"]) == script.data
    assert filled_in["content"] == BREAK.sub("\r\n", script.text)


SAID = [
    {"default": "first\n  second\n"},
    {"default": " \t"},
    {"allowed": ("a\nb", "c, d", 'e"f', " g", "/h/", "")},
    {"pattern": '/?[a-z,"]+ '},
    {"description": "In\ntwo lines, e\u0301"},
]


@pytest.mark.parametrize("said", SAID, ids=str)
def test_what_is_said_of_a_parameter_comes_back_from_the_form(admin, said) -> None:
    edition = Edition(
        name="survivor",
        type=CommandType.SHELL,
        content="echo {{word}}",
        enable_parameter=True,
        definitions=[Definition("word", **said)],
    )
    command = saving.create(HANGZHOU, edition, saving.By(person=admin.person), token=uuid.uuid4())
    edit = reverse("commands:edit", args=[HANGZHOU, command.cloud_id])

    untouched = as_sent(admin.get(edit).content.decode(), "edit-form")

    assert "Nothing to save" in Shown(admin.post(edit, untouched | {"action": "save"})).text
    assert definitions_of(Command.objects.get(pk=command.pk)) == [Definition("word", **said)]


@pytest.mark.parametrize("default", ["first\n  second\n", "one\r\ntwo"])
@pytest.mark.parametrize("allowed", [(), ("x\ny", "one\r\ntwo", "first\n  second\n")])
def test_a_default_of_several_lines_runs_as_it_is_though_browsers_send_other_line_ends(
    operator, simulator, saved, work_until_quiet, default, allowed
) -> None:
    script = Script("", b"cat <<'END'\n{{text}}\nEND\n", CommandType.SHELL, {})
    command = saved(script)
    define(command, "text", default=default, allowed=allowed)
    opened = operator.get(panel_url(command, ids=machine_for(simulator, script)), follow=True)

    untouched = as_sent(opened.content.decode(), "run-form") | {"action": "run"}
    fields = {"param-text": BREAK.sub("\r\n", default)} if allowed else {}
    assert operator.post(panel_url(command), untouched | fields).status_code == 303
    work_until_quiet()

    assert what_ran(simulator) == [(script.sha256, {"text": default})]


# Copies


@some_scripts
def test_B46_a_clone_an_older_version_put_back_and_a_copy_have_the_same_bytes(admin, saved, script) -> None:
    command = saved(script)
    edit = reverse("commands:edit", args=[HANGZHOU, command.cloud_id])

    clone = as_sent(admin.get(f"{NEW}?clone={command.cloud_id}").content.decode(), "edit-form")
    cloned = admin.post(NEW, clone | {"action": "save"})
    assert bytes_in_cloud(Command.objects.get(cloud_id=cloned.url.split("/")[-2])) == script.data

    fields = as_sent(admin.get(edit).content.decode(), "edit-form") | {"content": "exit", "enable_parameter": ""}
    assert admin.post(edit, fields | {"action": "save"}).status_code == 303
    restored = as_sent(admin.get(f"{edit}?restore=1", follow=True).content.decode(), "edit-form")
    assert admin.post(edit, restored | {"action": "save"}, follow=True).status_code == 200
    command.refresh_from_db()
    assert (command.version_number, bytes_in_cloud(command)) == (3, script.data)

    there = fresh_region("cn-shanghai")
    copy = reverse("commands:copy", args=[HANGZHOU, command.cloud_id])
    assert admin.post(copy, {"token": str(uuid.uuid4()), "regions": [there.pk]}).status_code == 200
    assert bytes_in_cloud(Command.objects.own(there.pk).get(name="survivor")) == script.data


@pytest.mark.parametrize("file_format", ["json", "yaml"])
def test_B78_what_is_exported_is_imported_byte_for_byte(admin, simulator, file_format) -> None:
    scripts = {script.name: script for script in SOME}
    for script in SOME:
        CommandFactory(name=script.name, type=script.type, content=script.text, saved=True)
    exported = admin.get(f"/r/{HANGZHOU}/commands/export/?format={file_format}").content
    Command.objects.all().delete()
    upload = SimpleUploadedFile(f"commands.{file_format}", exported)

    looked_at = admin.post(IMPORT, {"file": upload, "token": str(uuid.uuid4())}).content.decode()
    carried = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', looked_at))
    picked = {"pick": [str(n) for n in range(len(SOME))], "action": "import"}
    assert admin.post(IMPORT, carried | picked).status_code == 200

    made = {command.name: bytes_in_cloud(command) for command in Command.objects.filter(name__in=scripts)}
    assert made == {name: script.data for name, script in scripts.items()}


# Sizes


def of_size(size: int, last: str) -> str:
    """A script of so many bytes that ends with this character."""
    return "#" + "x" * (size - 1 - len(last.encode())) + last


@pytest.mark.parametrize("last", ["x", "é", "中", "👋"])
@pytest.mark.parametrize("size", [MOST - 3, MOST - 1, MOST])
def test_B45_a_script_up_to_the_limit_is_saved_whole(saved, size, last) -> None:
    text = of_size(size, last)

    assert bytes_in_cloud(saved(Script("", text.encode(), CommandType.SHELL, None))) == text.encode()


@pytest.mark.parametrize("last", ["x", "é", "中", "👋"])
@pytest.mark.parametrize("typed", [typed_plainly, typed_into_editor])
def test_B45_a_byte_more_is_refused_with_the_whole_text_kept(admin, simulator, last, typed) -> None:
    text = of_size(MOST + 1, last)

    answer = admin.post(NEW, new_form(admin) | typed(text))

    assert answer.status_code == 422
    assert "The content is 24,580 bytes after Base64. The limit is 24,576." in Shown(answer).text
    kept = as_sent(answer.content.decode(), "edit-form")
    assert kept["content"] == text
    assert base64.b64decode(kept["content_exact"]).decode() == text
    assert not simulator.journal.calls("CreateCommand")


# Anything

SIGNS = "\n\r\t \x1b\x07\x7f\x85\x9b\xa0\u200b\u202e\u2028\ufeff\u0301\ufffd\uffffé中👋\\\"'`${}<>&%#;|"
ANYTHING = st.text(
    st.sampled_from(SIGNS) | st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=ANYTHING, after=ANYTHING)
@example(before="\n\r", after="\r\r\n\n\r")
@example(before="\ufeff", after="\r")
def test_B46_whatever_a_script_is_made_of_is_saved_and_comes_back_from_the_form(admin, saved, before, after) -> None:
    text = f"{before}:{after}"

    command = saved(Script("", text.encode(), CommandType.SHELL, None))
    edit = reverse("commands:edit", args=[HANGZHOU, command.cloud_id])
    untouched = as_sent(admin.get(edit).content.decode(), "edit-form") | {"action": "save"}

    assert bytes_in_cloud(command) == text.encode()
    assert "Nothing to save" in Shown(admin.post(edit, untouched)).text
