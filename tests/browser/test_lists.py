"""The lists of commands and machines, and the region selector, as somebody uses them."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from instances.models import Instance
from tests.factories import CommandFactory, InstanceFactory, RegionFactory
from tests.running_console import RunningConsole

Show = Callable[[str], Page]
COMMANDS = "/r/cn-hangzhou/commands/"
INSTANCES = "/r/cn-hangzhou/instances/"


def test_typing_narrows_the_list_and_the_address_says_so(show: Show) -> None:
    for name in ("restart-service", "restart-agent", "uptime"):
        CommandFactory(name=name)
    page = show(COMMANDS)

    page.get_by_role("searchbox", name="Search commands").press_sequentially("restart")

    expect(page.get_by_role("row")).to_have_count(3)  # with the head
    expect(page).to_have_url(re.compile(re.escape("/commands/?q=restart") + "$"))
    page.reload()
    expect(page.get_by_role("searchbox", name="Search commands")).to_have_value("restart")
    expect(page.get_by_role("row")).to_have_count(3)


def test_B26_only_the_answer_to_the_last_text_is_shown(show: Show) -> None:
    for name in ("web-1", "db-1"):
        InstanceFactory(name=name)
    page = show(INSTANCES)
    late: list[Route] = []

    def hold(route: Route) -> None:
        if "q=web" in route.request.url:
            late.append(route)
        else:
            route.continue_()

    page.route("**/instances/?q=*", hold)
    box = page.get_by_role("searchbox", name="Search instances")
    with page.expect_request("**/instances/?q=web*"):
        box.fill("web")
    box.fill("db")
    expect(page.get_by_role("link", name="web-1")).to_have_count(0)
    for route in late:
        route.continue_()

    expect(page.get_by_role("link", name="db-1")).to_be_visible()
    expect(page.get_by_role("link", name="web-1")).to_have_count(0)


def test_a_filter_makes_an_entry_in_the_browser_s_history(show: Show) -> None:
    InstanceFactory(name="web-1")
    InstanceFactory(name="off-1", stopped=True)
    page = show(INSTANCES)

    page.get_by_role("combobox", name="Instance status").select_option("stopped")
    expect(page.get_by_role("link", name="web-1")).to_have_count(0)
    expect(page).to_have_url(re.compile(re.escape("/instances/?status=stopped") + "$"))
    page.go_back()

    expect(page.get_by_role("link", name="web-1")).to_be_visible()


def test_a_useless_address_becomes_the_one_of_what_is_shown(show: Show) -> None:
    InstanceFactory(name="web-1")

    page = show(f"{INSTANCES}?q=web&status=sleeping&page=9")

    expect(page.get_by_text("isn’t a choice of this filter")).to_be_visible()
    expect(page).to_have_url(re.compile(re.escape("/instances/?q=web") + "$"))


def test_what_is_ticked_stays_ticked_while_the_list_changes(show: Show) -> None:
    for name in ("web-1", "web-2", "db-1"):
        InstanceFactory(name=name)
    page = show(INSTANCES)

    page.get_by_role("checkbox", name="web-2").check()
    page.get_by_role("searchbox", name="Search instances").fill("web")
    expect(page.get_by_role("row")).to_have_count(3)

    expect(page.get_by_role("checkbox", name="web-2")).to_be_checked()
    expect(page.get_by_test_id("selection-count")).to_have_attribute("data-count", "1")
    page.get_by_role("checkbox", name="Select this page").check()
    expect(page.get_by_test_id("selection-count")).to_have_text("2 selected")


def test_narrow_lists_fold_their_filters_and_the_rest_of_a_row(show: Show, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    machine = InstanceFactory(name="web-1", private_ip="10.20.0.7", tags={"env": "prod"})
    InstanceFactory(name="off-1", stopped=True)
    show(INSTANCES)
    status = page.get_by_role("combobox", name="Instance status")

    expect(status).to_be_hidden()
    page.get_by_role("button", name="Filters").click()
    status.select_option("running")
    expect(page.get_by_role("link", name="off-1")).to_have_count(0)
    expect(status).to_be_visible()
    page.get_by_role("button", name="More about web-1").click()

    rest = page.locator(f"#more-{machine.instance_id}")
    expect(rest).to_contain_text("10.20.0.7")
    expect(rest).to_contain_text("env=prod")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_stopped_instance_is_started_from_the_list(show: Show, simulator) -> None:
    stopped = simulator.instances("cn-hangzhou", status="Stopped", kind="ecs")[0]
    InstanceFactory(name=stopped.name, instance_id=stopped.instance_id, stopped=True)
    InstanceFactory(name="web-1")
    page = show(f"{INSTANCES}?status=stopped")

    page.get_by_role("checkbox", name=stopped.name).check()
    page.get_by_role("button", name="Start", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Start 1 instance?")).to_be_visible()
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    dialog.get_by_role("button", name="Start 1 instance").click()

    expect(dialog.get_by_role("heading", name="Starting 1 instance.")).to_be_visible()
    expect(page.get_by_role("link", name=stopped.name)).to_have_count(0)  # it is stopped no more
    dialog.get_by_role("button", name="Close").click()
    assert Instance.objects.get(instance_id=stopped.instance_id).status == "starting"
    assert [call.instance_ids for call in simulator.journal.calls("StartInstances")] == [[stopped.instance_id]]


def test_another_region_is_found_by_its_initials_and_shows_the_same_kind_of_page(show: Show) -> None:
    RegionFactory(region_id="cn-beijing", name_en="China (Beijing)", name_zh="华北2（北京）")
    page = show(INSTANCES)

    page.get_by_role("button", name="Region: China (Hangzhou)").click()
    page.get_by_role("searchbox", name="Search regions").fill("bj")
    page.get_by_role("link", name="cn-beijing").click()

    expect(page).to_have_url(re.compile(re.escape("/r/cn-beijing/instances/") + "$"))


def test_without_scripts_the_lists_are_plain_forms(
    show: Show, page: Page, console: RunningConsole, simulator, browser
) -> None:
    stopped = simulator.instances("cn-hangzhou", status="Stopped", kind="ecs")[0]
    InstanceFactory(name=stopped.name, instance_id=stopped.instance_id, stopped=True)
    InstanceFactory(name="web-1")
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(console.sign_in_link("operator"))
    plain.get_by_role("button", name="Sign in").click()
    show("/")

    plain.goto(console.url + INSTANCES)
    plain.get_by_role("combobox", name="Instance status").select_option("stopped")
    plain.get_by_role("button", name="Search", exact=True).click()
    expect(plain.get_by_role("link", name="web-1")).to_have_count(0)
    plain.get_by_role("checkbox", name=stopped.name).check()
    plain.get_by_role("button", name="Start", exact=True).click()
    expect(plain.get_by_role("heading", name="Start 1 instance?")).to_be_visible()
    plain.get_by_role("button", name="Start 1 instance").click()

    expect(plain.get_by_text("Starting 1 instance.")).to_be_visible()
    context.close()


def test_from_the_ticked_instances_to_the_panel(show: Show) -> None:
    command = CommandFactory(name="uptime", content="uptime")
    for name in ("web-1", "web-2", "web-3"):
        InstanceFactory(name=name)
    page = show(INSTANCES)

    page.get_by_role("checkbox", name="web-1").check()
    page.get_by_role("checkbox", name="web-3").check()
    page.get_by_role("button", name="Run a command").click()
    expect(page.get_by_text("Choose the command to run on 2 instances.")).to_be_visible()
    page.get_by_role("link", name="Run uptime").click()

    expect(page).to_have_url(re.compile(f"{command.cloud_id}/run/"))
    expect(page.get_by_test_id("selection-count").first).to_have_attribute("data-count", "2")
    expect(page.get_by_role("button", name="Run on 2 instances")).to_be_enabled()
