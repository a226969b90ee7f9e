"""The editor in a real browser: a command is written, looked over, saved and edited, by mouse and by keys alone."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Person
from commands import looking_over
from commands.models import Command
from commands.parameters import names_in, size_after_base64
from tests.browser.accessibility import violations
from tests.factories import CommandFactory, VersionFactory

NEW = "/r/cn-hangzhou/commands/new/"
DETAIL = re.compile(r"/r/cn-hangzhou/commands/c-[^/]+/$")


@pytest.fixture
def show(show_to: Callable[[str], Callable[[str], Page]]) -> Callable[[str], Page]:
    """Open a page as the admin of the cast."""
    return show_to("admin")


def edit_path(command: Command) -> str:
    return f"/r/cn-hangzhou/commands/{command.cloud_id}/edit/"


def script(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Command content")


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def test_an_admin_writes_a_command_and_the_page_says_what_it_finds(show, simulator) -> None:
    page = show(NEW)
    page.get_by_role("textbox", name="Command name").fill("greet")
    script(page).click()
    page.keyboard.insert_text("#!/bin/bash\nx=$1\necho $x {{word}}\nrm -rf /\necho {{token}} {{ACS::InstanceId}}\n")
    page.get_by_role("textbox", name="Default of word").fill("hi")
    page.get_by_role("textbox", name="Allowed values or pattern of word").fill("hi, bye")
    default = page.get_by_role("textbox", name="Default of token")
    default.fill("canary-77")
    page.get_by_role("checkbox", name="token is secret").check()

    checks = page.get_by_test_id("checks")
    expect(checks).to_contain_text("removes files recursively from /")
    expect(checks).to_contain_text("2 parameters found")
    expect(page.get_by_test_id("preview")).to_contain_text("echo $x hi")
    expect(default).to_be_disabled()
    expect(default).to_have_value("")
    expect(default).to_have_attribute("placeholder", "A secret has no default.")
    expect(page.locator(".cm-found")).to_contain_text(["rm -rf /"])
    page.evaluate("scrollTo(0, 0)")  # what is half under the bar at the top would be a small target
    assert violations(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})
    assert page.locator("#parameter-table").evaluate("table => table.scrollWidth <= table.clientWidth")
    save(page)

    expect(page).to_have_url(DETAIL)
    expect(page.get_by_text("Version 1 of greet is saved.")).to_be_visible()
    saved = Command.objects.get(name="greet")
    assert [known["name"] for known in saved.definitions] == ["word", "token"]
    assert len(simulator.journal.calls("CreateCommand")) == 1


def test_the_editor_is_left_by_keys_and_its_mistakes_are_mended_by_a_press(show) -> None:
    page = show(NEW)
    script(page).focus()
    page.keyboard.type("if true")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("echo\u00a0{{a}}")
    expect(page.locator("#cursor-place")).to_have_text("line 2, column 13")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(script(page)).not_to_be_focused()

    page.get_by_role("button", name="Make ordinary spaces of them").click()
    expect(script(page)).to_contain_text("  echo {{a}}")
    save(page)

    summary = page.get_by_test_id("error-summary")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Enter a name of 1 to 128 characters.").click()
    expect(page.get_by_role("textbox", name="Command name")).to_be_focused()
    assert violations(page) == []
    name_error = page.locator("#id_name_error")
    expect(name_error).to_be_visible()
    page.keyboard.type("greet")
    expect(name_error).to_be_hidden()
    expect(page.locator("#edit-form [aria-invalid]")).to_have_count(0)
    save(page)
    expect(page).to_have_url(DETAIL)
    assert Command.objects.get(name="greet").content == "if true\n  echo {{a}}"


@pytest.mark.parametrize(
    "content",
    ["\ufeff#!/bin/sh\r\necho a\x1b[0m\t \r\nno end", "one\r\ntwo\nthree\rfour\n", "a  \n\n\n"],
    ids=["CRLF, BOM and controls", "mixed line ends", "blank lines at the end"],
)
def test_B46_what_is_not_touched_in_the_editor_stays_byte_for_byte(show, content) -> None:
    original = CommandFactory(name="odd", content=content, saved=True)
    page = show(f"{NEW}?clone={original.cloud_id}")
    if content.startswith("\ufeff"):  # what can't be seen is named (C47)
        expect(page.locator(".cm-content .odd[data-code='U+FEFF']")).to_be_visible()
    script(page).press("Control+End")
    page.keyboard.type("x")
    page.keyboard.press("Backspace")
    save(page)

    expect(page).to_have_url(DETAIL)
    assert Command.objects.get(name="odd-copy").content == content


def test_B53_somebody_else_saved_meanwhile_and_nothing_typed_is_lost(show, console) -> None:
    page = show(NEW)
    page.get_by_role("textbox", name="Command name").fill("greet")
    script(page).fill("echo one")
    save(page)
    expect(page).to_have_url(DETAIL)
    command = Command.objects.get(name="greet")
    page.goto(console.url + edit_path(command))
    expect(page.get_by_role("button", name="Save", exact=True)).to_have_attribute("aria-disabled", "true")
    VersionFactory(command=command, person=console.person("operator"))
    script(page).fill("echo mine")
    save(page)

    expect(page.get_by_text("saved version 2")).to_be_visible()
    expect(script(page)).to_have_text("echo mine")
    page.get_by_role("button", name="Save mine as version 3").click()

    expect(page).to_have_url(DETAIL)
    command.refresh_from_db()
    assert (command.version_number, command.content) == (3, "echo mine")


def test_B94_what_was_typed_survives_a_session_that_ends(show, console) -> None:
    page = show(NEW)
    page.get_by_role("textbox", name="Command name").fill("greet")
    page.context.clear_cookies(name=re.compile("session"))
    script(page).fill("echo {{word}}\r\n")
    expect(page).to_have_url(re.compile("/signin/"))

    page.goto(console.sign_in_link("admin"))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/commands/")
    page.goto(console.url + NEW)

    expect(page.get_by_role("textbox", name="Command name")).to_have_value("greet")
    expect(script(page)).to_contain_text("echo {{word}}")
    expect(page.get_by_role("textbox", name="Default of word")).to_be_visible()


def test_5000_lines_with_20_parameters_can_be_edited_in_chinese_on_a_telephone(show) -> None:
    Person.objects.filter(role="admin").update(language="zh-hans")
    content = "".join(f"{{{{p{n}}}}}\n" for n in range(20)) + "ls\n" * 4_980
    command = CommandFactory(
        content=content, enable_parameter=True, parameter_names=[f"p{n}" for n in range(20)], saved=True
    )
    page = show("/profile/")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(page.url.replace("/profile/", edit_path(command)))
    editor = page.get_by_role("textbox", name="命令内容")
    expect(editor).to_contain_text("{{p0}}")
    editor.press("Control+Home")
    page.keyboard.type("echo {{p20}} ")

    expect(page.get_by_test_id("checks")).to_contain_text("一条命令最多 20 个参数，当前 21 个。")
    expect(page.get_by_label("p20 的默认值")).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []


RULE = [
    *(
        "{{a}}",
        "{{ a }}{{A}}",
        "{{\na\r\n}}",
        "{{a-b_c}}",
        "{{ä}}",
        "{{}}",
        "{{{a}}}",
        "{{a b}}",
        "{{a.b}}",
        "{{{{x}}}}",
    ),
    *(
        "{{\u00a0a\u2003}}",
        "{{\ufeffa}}",
        "{{a\x1c}}",
        "{{a\x85}}",
        "{{a\u200b}}",
        "{{n}} {{m}} {{n}}",
        "{{" + "n" * 64,
    ),
    *("{{" + "n" * 64 + "}}", "{{" + "n" * 65 + "}}", "{{ACS::InstanceId}}", "{{ acs :: x }}", "{{oos:x}}", "}}{{a}}"),
    *("{{\u0131}}", "{{\u212a}}", "{{a}", "${{a}}", "{{a}}}}", "{{-}}", "{{0}}", "{{a\x00}}", "{{a🙂}}"),
]


def test_the_browser_finds_parameters_and_counts_bytes_as_the_server_does(page, console) -> None:
    page.goto(console.url + "/signin/")
    found = page.evaluate(
        """async (scripts) => {
          const { parametersIn } = await import("/static/js/placeholders.js");
          const { CRLF, LF, endsOf, pack, toLines, toScript, unpack } = await import("/static/js/line_ends.js");
          const { kilobytes, sizeAfterBase64 } = await import("/static/js/script_size.js");
          const through = (script) => toScript(toLines(script, endsOf(script)), endsOf(script));
          return {
            names: scripts.map((script) => parametersIn(script).map(({ name }) => name)),
            sizes: Array.from({ length: 6200 }, (_, at) => kilobytes(at * 4)),
            bytes: scripts.map(sizeAfterBase64),
            isSame: scripts.map((script) => through(unpack(pack(script))) === script),
          };
        }""",
        RULE,
    )

    assert dict(zip(RULE, found["names"], strict=True)) == {text: names_in(text) for text in RULE}
    assert all(found["isSame"])
    assert found["bytes"] == [size_after_base64(text) for text in RULE]
    assert found["sizes"] == [looking_over.Size(size, 24_576).kilobytes for size in range(0, 24_800, 4)]


def test_a_loaded_file_is_told_and_the_refusal_of_another_goes(show) -> None:
    page = show(NEW)
    told, file = page.locator("#flash"), page.locator("#script-file")
    file.set_input_files({"name": "tool", "mimeType": "text/plain", "buffer": b"\x7fELF\x02"})
    expect(told.get_by_role("alert")).to_contain_text("This is no text: it looks like ELF.")

    file.set_input_files({"name": "deploy.sh", "mimeType": "text/plain", "buffer": b"echo here\n"})

    expect(told.get_by_text("deploy.sh is loaded, read as UTF-8.")).to_be_in_viewport()
    expect(told.get_by_role("alert")).to_have_count(0)
    expect(script(page)).to_contain_text("echo here")
    assert violations(page) == []


FILES = {
    "plain": (b"echo a\r\n", "echo a\r\n"),
    "with a mark": (b"\xef\xbb\xbfecho", "\ufeffecho"),
    "UTF-16": ("echo 中\r\n".encode("utf-16"), "echo 中\r\n"),
    "GBK": ("echo 中文".encode("gbk"), "echo 中文"),
    "empty": (b"", ""),
    "ELF": (b"\x7fELF\x02\x01", None),
    "ZIP": (b"PK\x03\x04rest", None),
    "zero bytes": (b"a\x00b", None),
    "no encoding": (b"a\xff\xff", None),
    "too large": (b"x" * (1 << 20) + b"x", None),
}


def test_B47_a_file_is_read_by_an_encoding_that_can_be_told_or_refused(page, console) -> None:
    page.goto(console.url + "/signin/")
    read = page.evaluate(
        """async (files) => {
          const { readScript } = await import("/static/js/script_file.js");
          const words = { tooLarge: "-", binary: "-", unknown: "-", unreadable: "-", read: "-" };
          const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
          const one = (text) => readScript(new File([bytes(text)], "a.sh\\0.png"), words);
          return (await Promise.all(files.map(one))).map(({ script, refusal }) => (refusal ? null : script));
        }""",
        [base64.b64encode(data).decode() for data, _script in FILES.values()],
    )

    assert dict(zip(FILES, read, strict=True)) == {name: script for name, (_data, script) in FILES.items()}
