"""The main story, in a real browser: a saved command on 120 instances, from signing in to what each of them answered.

Driven by roles and names in the page's language, judged by the page and by the simulated cloud's journal.
"""

import re
from collections import Counter
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.running_console import RunningConsole
from tests.simulated_cloud import SimulatedCloud

PANEL = re.compile(r"/r/cn-hangzhou/commands/c-[^/]+/run/")
RUN = re.compile(r"/r/cn-hangzhou/runs/(\d+)/")
TARGETS = "tag:env=prod tag:role=web"
FINISHED = 60_000  # milliseconds


@dataclass(frozen=True)
class Words:
    """What the screens say, in one language."""

    locale: str
    sign_in: str
    commands: str
    search_commands: str
    run: str
    run_command: str
    information: str
    parameters: str
    user: str
    select: str
    search_instances: str
    select_all: str
    selected: str
    before: str
    run_on: str
    instances: str
    output: str
    download: str
    main: str
    results: str


ENGLISH = Words(
    locale="en-US",
    sign_in="Sign in",
    commands="Commands",
    search_commands="Search commands",
    run="Run restart-service",
    run_command="Run command",
    information="Command information",
    parameters="Command parameters",
    user="Execution user",
    select="Select instances",
    search_instances="Search instances",
    select_all="Select all 120 that can run",
    selected="120 selected",
    before="Before you run",
    run_on="Run on 120 instances",
    instances="Instances",
    output="Output",
    download="Download",
    main="Main",
    results="Execution results",
)
CHINESE = Words(
    locale="zh-CN",
    sign_in="登录",
    commands="命令",
    search_commands="搜索命令",
    run="执行 restart-service",
    run_command="执行命令",
    information="命令信息",
    parameters="命令参数",
    user="执行用户",
    select="选择实例",
    search_instances="搜索实例",
    select_all="选择全部 120 台可执行的实例",
    selected="已选择 120 台",
    before="执行前检查",
    run_on="在 120 台实例上执行",
    instances="实例",
    output="输出",
    download="下载",
    main="主导航",
    results="命令执行结果",
)


def ready(page: Page) -> None:
    page.wait_for_selector("html[data-ready]", state="attached")


def sign_in(page: Page, console: RunningConsole, words: Words) -> None:
    page.goto(console.sign_in_link("operator"))
    page.get_by_role("button", name=words.sign_in, exact=True).click()
    expect(page).to_have_url(re.compile(r"/r/cn-hangzhou/commands/$"))
    ready(page)


def open_panel(page: Page, words: Words) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words.commands)
    box = page.get_by_role("searchbox", name=words.search_commands)
    box.fill("restart")
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"\?q=restart"))
    rows = page.get_by_role("table", name=words.commands).locator("[data-command-id]")
    expect(rows).to_have_count(1)
    page.get_by_role("link", name=words.run, exact=True).click()
    expect(page).to_have_url(PANEL)
    expect(page.get_by_role("heading", level=1, name=words.run_command)).to_be_visible()


def fill_in(page: Page, words: Words) -> None:
    group = page.get_by_role("group", name=words.parameters)
    group.get_by_role("textbox", name="service", exact=True).fill("nginx")
    page.get_by_role("textbox", name=words.user).fill("deploy")
    content = page.get_by_role("region", name=words.information).get_by_test_id("command-content")
    expect(content).to_contain_text("systemctl restart nginx")


def choose_120(page: Page, words: Words) -> None:
    section = page.get_by_role("region", name=words.select, exact=True)
    box = section.get_by_role("searchbox", name=words.search_instances).or_(
        section.get_by_role("combobox", name=words.search_instances)
    )
    box.fill(TARGETS)
    box.press("Enter")
    unfit = section.get_by_role("table", name=words.instances).locator('[data-fit="no"]')
    expect(unfit.first).to_be_visible()
    section.get_by_role("button", name=words.select_all).click()
    count = page.get_by_test_id("selection-count").first
    expect(count).to_have_attribute("data-count", "120")
    expect(count).to_contain_text(words.selected)


def check_preflight(page: Page, words: Words) -> None:
    rail = page.get_by_role("complementary", name=words.before)
    preflight = rail.get_by_test_id("preflight").or_(page.get_by_test_id("preflight")).first
    for name, value in {"targets": "120", "batches": "50,50,20", "unfit": "0", "ready": "yes"}.items():
        expect(preflight).to_have_attribute(f"data-{name}", value)
    expect(preflight).to_contain_text(re.compile(r"50.*50.*20", re.DOTALL))


def read_the_run(page: Page, words: Words) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text("restart-service")
    progress = page.get_by_test_id("run-progress")
    expect(progress).to_have_attribute("data-finished", "120", timeout=FINISHED)
    expect(progress).to_have_attribute("data-state", re.compile("success|partialfailed"))
    batches = page.get_by_test_id("batch")
    assert [batches.nth(n).get_attribute("data-size") for n in range(batches.count())] == ["50", "50", "20"]
    expect(batches.first).to_have_attribute("data-invoke-id", re.compile("^t-"))


def read_one_output(page: Page, words: Words) -> None:
    row = page.get_by_role("table", name=words.instances).locator('[data-state="success"]').first
    instance_id = row.get_attribute("data-instance-id")
    row.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(f"target={instance_id}"))
    viewer = page.get_by_role("complementary", name=words.output)
    expect(viewer.get_by_test_id("output")).to_contain_text("systemctl restart nginx")
    with page.expect_download() as download:
        viewer.get_by_role("link", name=words.download).click()
    # asked for anew: the browser's own copy has no time-out to wait for it with
    assert "systemctl restart nginx" in page.request.get(download.value.url, timeout=20_000).text()


def find_it_in_the_history(page: Page, words: Words, run: str) -> None:
    page.get_by_role("navigation", name=words.main).get_by_role("link", name=words.results).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words.results)
    first = page.get_by_role("table", name=words.results).locator("[data-run]").first
    expect(first).to_have_attribute("data-run", run)
    expect(first.get_by_role("link", name=f"#{run}", exact=True)).to_be_visible()


def judge(simulator: SimulatedCloud) -> None:
    executions = simulator.journal.executions()
    assert set(Counter(each.instance_id for each in executions).values()) == {1}
    assert len(executions) == 120
    assert {each.username for each in executions} == {"deploy"}
    assert {(each.parameters["service"], each.parameters["wait_seconds"]) for each in executions} == {("nginx", "30")}
    sizes = [len(call.instance_ids) for call in simulator.journal.calls("InvokeCommand")]
    assert sorted(sizes) == [20, 50, 50]  # workers send side by side


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_an_operator_runs_a_saved_command_on_120_instances(new_context, console, simulator, words):
    page = new_context(locale=words.locale).new_page()
    sign_in(page, console, words)
    open_panel(page, words)
    fill_in(page, words)
    choose_120(page, words)
    check_preflight(page, words)
    page.get_by_role("button", name=words.run_on).click()
    expect(page).to_have_url(RUN)
    run = RUN.search(page.url).group(1)
    read_the_run(page, words)
    read_one_output(page, words)
    find_it_in_the_history(page, words, run)
    judge(simulator)


def test_without_javascript_pasted_ids_and_plain_forms_do_the_same(new_context, console, simulator):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(console.sign_in_link("operator"))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="Run restart-service", exact=True).click()
    page.get_by_role("textbox", name="service", exact=True).fill("nginx")
    page.get_by_role("textbox", name="Execution user").fill("deploy")
    web = [i.instance_id for i in simulator.instances("cn-hangzhou") if i.can_run and i.tags.get("role") == "web"]
    prod = [i for i in web if _tags(simulator, i).get("env") == "prod"]
    assert len(prod) == 120
    page.get_by_role("link", name="Paste IDs").or_(page.get_by_role("button", name="Paste IDs")).first.click()
    page.get_by_role("textbox", name=re.compile("IDs")).fill("\n".join(prod))
    page.get_by_role("button", name=re.compile("^(Check|Add|Find|Look)")).first.click()
    add = page.get_by_role("button", name="Add 120")
    if add.count():
        add.click()
    expect(page.get_by_test_id("selection-count").first).to_have_attribute("data-count", "120")
    expect(page.get_by_role("textbox", name="service", exact=True)).to_have_value("nginx")
    page.get_by_role("button", name=re.compile("^Run on 120")).click()
    expect(page).to_have_url(RUN)

    for _ in range(60):
        if page.get_by_test_id("run-progress").get_attribute("data-finished") == "120":
            break
        page.wait_for_timeout(500)
        page.reload()
    read_the_run(page, ENGLISH)
    judge(simulator)


def _tags(simulator: SimulatedCloud, instance_id: str) -> dict[str, str]:
    return next(i.tags for i in simulator.instances("cn-hangzhou") if i.instance_id == instance_id)


def test_a_keyboard_alone_is_enough(page: Page, console, simulator):
    sign_in(page, console, ENGLISH)
    page.keyboard.press("/")
    page.keyboard.type("restart-service")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"\?q=restart-service"))
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    tab_to(page, "link", "Run restart-service")
    page.keyboard.press("Enter")
    expect(page).to_have_url(PANEL)
    tab_to(page, "textbox", "service")
    page.keyboard.type("nginx")
    tab_to(page, "textbox", "Execution user")
    page.keyboard.type("deploy")
    tab_to(page, "combobox", "Search instances")
    page.keyboard.type(TARGETS)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Select all 120 that can run")).to_be_visible()
    tab_to(page, "button", "Select all 120 that can run")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("preflight")).to_have_attribute("data-ready", "yes")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(RUN)
    read_the_run(page, ENGLISH)
    judge(simulator)


def tab_to(page: Page, role: str, name: str) -> None:
    """Press Tab until the focus is there, as somebody without a mouse does."""
    wanted = page.get_by_role(role, name=name, exact=True).first
    for _ in range(120):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches the {role} {name}")
