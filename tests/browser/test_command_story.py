"""The life of a saved command, in a real browser: created, run, edited, settled, copied, exported, deleted, imported.

Driven by roles and names in the page's language, once in each language and theme; judged by the page and by the
simulated cloud.
"""

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, expect

from commands.models import Command
from regions.models import Mirror, MirrorKind, Region
from tests.browser.test_story import CHINESE, ENGLISH, FINISHED, RUN, choose_120, ready
from tests.browser.test_story import Words as RunWords
from tests.factories import now
from tests.running_console import RunningConsole
from tests.simulated_cloud import SimulatedCloud

NAME = "issue-token"
SCRIPT = "#!/bin/bash\necho {{unit}} {{level}}\nprintf '%s' '{{token}}' | wc -c\n"
CANARY = "tok-5b1c9e77"


@dataclass(frozen=True)
class Words:
    """What the screens say, in one language."""

    run: RunWords
    theme: Literal["light", "dark"]
    create: str
    name: str
    content: str
    description_of: str
    allowed_of: str
    is_required: str
    is_secret: str
    note: str
    save: str
    edit: str
    versions: str
    settings: str
    changed: str
    difference: str
    keep: str
    put_back: str
    more: str
    copy: str
    copy_now: str
    created: str
    full: str
    export: str
    delete: str
    import_: str
    look: str
    import_one: str


EN = Words(
    run=ENGLISH,
    theme="light",
    create="Create command",
    name="Command name",
    content="Command content",
    description_of="Description of {}",
    allowed_of="Allowed values or pattern of {}",
    is_required="{} is required",
    is_secret="{} is secret",
    note="Version note",
    save="Save",
    edit="Edit",
    versions="Versions",
    settings="Settings",
    changed="Changed elsewhere",
    difference="See the difference",
    keep="Keep the cloud’s version",
    put_back="Put ours back",
    more="More actions",
    copy="Copy to other regions",
    copy_now="Copy to the chosen regions",
    created="Created",
    full="Quota Center",
    export="Export as JSON",
    delete="Delete",
    import_="Import",
    look="Look at it",
    import_one="Import 1",
)
ZH = Words(
    run=CHINESE,
    theme="dark",
    create="创建命令",
    name="命令名称",
    content="命令内容",
    description_of="{} 的描述",
    allowed_of="{} 的允许值或格式",
    is_required="{} 必填",
    is_secret="{} 为密文",
    note="版本说明",
    save="保存",
    edit="编辑",
    versions="版本",
    settings="执行配置",
    changed="在别处被修改",
    difference="查看差异",
    keep="采用云端版本",
    put_back="恢复为本地版本",
    more="更多操作",
    copy="复制到其他地域",
    copy_now="复制到所选地域",
    created="已创建",
    full="配额中心",
    export="导出为 JSON",
    delete="删除",
    import_="导入",
    look="预览",
    import_one="导入 1 条",
)


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, page: Page, console: RunningConsole, words: Words, role: str) -> None:
        self.page, self.console, self.words = page, console, words
        page.goto(console.sign_in_link(role))
        page.get_by_role("button", name=words.run.sign_in, exact=True).click()
        expect(page).to_have_url(re.compile(r"/commands/$"))
        ready(page)

    def go(self, path: str) -> None:
        self.page.goto(self.console.url + path)
        ready(self.page)

    def open(self, command: Command, part: str = "") -> None:
        self.go(f"/r/{command.region}/commands/{command.cloud_id}/{part}")


def test_the_life_of_a_command_in_english_and_light(new_context, console, simulator, tmp_path) -> None:
    live(new_context, console, simulator, EN, tmp_path)


def test_the_life_of_a_command_in_chinese_and_dark(new_context, console, simulator, tmp_path) -> None:
    live(new_context, console, simulator, ZH, tmp_path)


def live(new_context, console: RunningConsole, simulator: SimulatedCloud, words: Words, folder: Path) -> None:
    def person(role: str) -> Person:
        page = new_context(locale=words.run.locale, color_scheme=words.theme).new_page()
        return Person(page, console, words, role)

    admin, operator = person("admin"), person("operator")
    command = create(admin)
    run = run_on_120(operator, simulator, command)
    edit(admin, operator, command, run)
    settle(admin, simulator, command)
    copy(admin, simulator, command)
    export_delete_import(admin, command, folder)


def create(admin: Person) -> Command:
    """With a pattern, a list and a secret."""
    page, words = admin.page, admin.words
    page.get_by_role("link", name=words.create, exact=True).click()
    ready(page)
    page.get_by_role("textbox", name=words.name, exact=True).fill(NAME)
    expect(page.locator(".cm-editor")).to_be_visible()
    page.get_by_role("textbox", name=words.content, exact=True).click()
    page.keyboard.insert_text(SCRIPT)
    page.get_by_role("textbox", name=words.description_of.format("unit")).fill("A unit")
    page.get_by_role("checkbox", name=words.is_required.format("unit")).check()
    page.get_by_role("textbox", name=words.allowed_of.format("unit")).fill("/[a-z]+/")
    page.get_by_role("textbox", name=words.allowed_of.format("level")).fill("low, high")
    page.get_by_role("checkbox", name=words.is_secret.format("token")).check()
    page.get_by_role("button", name=words.save, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    command = Command.objects.get(name=NAME)
    assert command.content == SCRIPT
    return command


def run_on_120(operator: Person, simulator: SimulatedCloud, command: Command) -> str:
    page, words = operator.page, operator.words.run
    operator.open(command, "run/")
    group = page.get_by_role("group", name=words.parameters)
    group.get_by_role("textbox", name="unit", exact=True).fill("nginx")
    group.get_by_role("combobox", name="level", exact=True).select_option("high")
    group.get_by_label("token", exact=True).fill(CANARY)
    choose_120(page, words)
    page.get_by_role("button", name=words.run_on).click()
    expect(page).to_have_url(RUN)
    expect(page.get_by_test_id("run-progress")).to_have_attribute("data-finished", "120", timeout=FINISHED)
    executions = simulator.journal.executions()
    assert len({each.instance_id for each in executions}) == len(executions) == 120
    assert {tuple(sorted(each.parameters.items())) for each in executions} == {
        (("level", "high"), ("token", CANARY), ("unit", "nginx"))
    }
    assert CANARY not in page.content()
    return page.url


def edit(admin: Person, operator: Person, command: Command, run: str) -> None:
    """The old address leads on, the difference shows, the run before shows what it ran."""
    page, words = admin.page, admin.words
    old_id = command.cloud_id
    admin.open(command)
    page.get_by_role("link", name=words.edit, exact=True).click()
    ready(page)
    expect(page.locator(".cm-editor")).to_be_visible()
    page.get_by_role("textbox", name=words.content, exact=True).click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("uptime\n")
    page.get_by_role("textbox", name=words.note).fill("Say how long it is up")
    page.get_by_role("button", name=words.save, exact=True).click()
    expect(page.get_by_test_id("command-content")).to_contain_text("uptime")
    command.refresh_from_db()
    assert command.cloud_id != old_id
    assert command.content == SCRIPT + "uptime\n"

    operator.go(f"/r/{command.region}/commands/{old_id}/")
    expect(operator.page).to_have_url(re.compile(command.cloud_id))
    expect(operator.page.get_by_test_id("command-content")).to_contain_text("uptime")
    page.get_by_role("link", name=re.compile(f"^{words.versions}")).first.click()
    expect(page.locator(".diff td.add").filter(has_text="uptime")).to_be_visible()
    expect(page.get_by_text("Say how long it is up")).to_be_visible()
    operator.page.goto(run)
    operator.page.get_by_role("link", name=words.settings, exact=True).click()
    expect(operator.page.get_by_role("main")).to_contain_text("echo nginx high")
    expect(operator.page.get_by_role("main")).not_to_contain_text("uptime")


def settle(admin: Person, simulator: SimulatedCloud, command: Command) -> None:
    """Somebody changes it behind the console's back; once that is kept, once ours is put back."""
    page, words = admin.page, admin.words
    for line, button, stays in (("hostname -f", words.keep, True), ("date -u", words.put_back, False)):
        script = f"{SCRIPT}{line}\n"
        simulator.modify_command(command.region, command.cloud_id, content=script)
        Mirror.objects.filter(kind=MirrorKind.COMMANDS).update(refreshed_at=now() - timedelta(minutes=2))
        admin.go(f"/r/{command.region}/commands/")
        row = page.locator(f'[data-command-id="{command.cloud_id}"]')
        expect(row.get_by_role("link", name=words.changed)).to_be_visible()
        admin.open(command)
        page.get_by_role("link", name=words.difference).click()
        expect(page.locator(".diff td.add").filter(has_text=line)).to_be_visible()
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("button", name=button)).to_have_count(0)
        command.refresh_from_db()
        assert (command.content == script) == stays
        assert command.drifted_at is None
    assert command.version_number == 4


def copy(admin: Person, simulator: SimulatedCloud, command: Command) -> None:
    """To two regions; in one of them the quota is used up."""
    page, words = admin.page, admin.words
    simulator.fault("CreateCommand", "reject", region="cn-shanghai", code="CmdCount.ExceedQuota")
    admin.open(command)
    page.get_by_role("button", name=words.more, exact=True).click()
    page.get_by_role("link", name=words.copy).click()
    for region in Region.objects.filter(pk__in=["cn-beijing", "cn-shanghai"]):
        page.get_by_role("checkbox", name=re.compile(region.pk)).check()
    page.get_by_role("button", name=words.copy_now).click()
    expect(page.get_by_text(words.created, exact=True)).to_have_count(1)
    expect(page.get_by_text(words.full)).to_have_count(1)
    assert Command.objects.own("cn-beijing").get(name=NAME).content == command.content
    assert not Command.objects.own("cn-shanghai").filter(name=NAME).exists()


def export_delete_import(admin: Person, command: Command, folder: Path) -> None:
    """Afterwards it is the same again."""
    page, words = admin.page, admin.words
    admin.open(command)
    page.get_by_role("button", name=words.more, exact=True).click()
    address = page.get_by_role("link", name=words.export).get_attribute("href")
    exported = page.request.get(admin.console.url + str(address), timeout=20_000).body()
    assert [one["name"] for one in json.loads(exported)["commands"]] == [NAME]
    file = folder / "commands.json"
    file.write_bytes(exported)

    page.get_by_role("link", name=words.delete).click()
    page.get_by_role("button", name=re.compile(f"^{words.delete}")).last.click()
    expect(page).to_have_url(re.compile(r"/commands/$"))
    expect(page.get_by_role("link", name=NAME, exact=True)).to_have_count(0)

    page.get_by_role("link", name=words.import_).click()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name=words.look, exact=True).click()
    page.get_by_role("button", name=words.import_one, exact=True).click()
    expect(page.get_by_role("link", name=NAME, exact=True)).to_be_visible()
    again = Command.objects.own(command.region).get(name=NAME)
    same = ("type", "content", "description", "timeout", "enable_parameter", "tags", "definitions")
    assert [getattr(again, name) for name in same] == [getattr(command, name) for name in same]
