"""The shell in a real browser: region selector, menus, keyboard, theme, language, trouble, narrow screens."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.accessibility import violations

COMMANDS = re.compile(r"/r/cn-hangzhou/commands/")


@pytest.fixture
def signed_in(page: Page, console) -> Page:
    page.goto(console.sign_in_link("operator"))
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(COMMANDS)
    return ready(page)


def ready(page: Page) -> Page:
    page.wait_for_selector("html[data-ready]", state="attached")
    return page


def test_a_region_is_found_by_its_initials_and_chosen_by_keyboard(signed_in: Page):
    selector = signed_in.get_by_role("banner").get_by_role("button", name=re.compile("^Region:"))

    selector.click()
    dialog = signed_in.get_by_role("dialog", name="Choose a region")
    search = dialog.get_by_role("searchbox", name="Search regions")
    expect(search).to_be_focused()
    search.fill("hb2")  # 华北2（北京）
    expect(dialog.get_by_role("link", name="cn-hangzhou")).to_have_count(0)
    search.press("ArrowDown")
    signed_in.keyboard.press("Enter")

    expect(signed_in).to_have_url(re.compile("/r/cn-beijing/commands/"))


def test_escape_closes_the_region_selector_and_gives_the_focus_back(signed_in: Page):
    selector = signed_in.get_by_role("button", name=re.compile("^Region:"))
    selector.focus()
    signed_in.keyboard.press("Space")
    expect(signed_in.get_by_role("searchbox", name="Search regions")).to_be_focused()

    signed_in.keyboard.press("Escape")

    expect(signed_in.get_by_role("dialog", name="Choose a region")).to_be_hidden()
    expect(selector).to_be_focused()


def test_when_the_console_is_gone_the_note_offers_to_try_again(signed_in: Page):
    signed_in.route("**/regions/**", lambda route: route.abort())
    signed_in.get_by_role("button", name=re.compile("^Region:")).click()
    note = signed_in.get_by_role("alert").filter(has_text="The console can’t be reached.")
    expect(note).to_be_visible()

    signed_in.unroute("**/regions/**")
    note.get_by_role("button", name="Try again").click()

    expect(signed_in.get_by_role("link", name="cn-beijing")).to_be_visible()


def test_an_ended_session_takes_the_whole_page_to_sign_in_and_back(signed_in: Page, context: BrowserContext):
    """B14"""
    context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    signed_in.get_by_role("button", name=re.compile("^Region:")).click()

    expect(signed_in).to_have_url(re.compile(r"/signin/\?next=%2Fr%2Fcn-hangzhou%2Fcommands%2F"))


def test_single_keys_lead_through_the_console(signed_in: Page):
    signed_in.keyboard.press("g")
    signed_in.keyboard.press("r")
    expect(signed_in).to_have_url(re.compile("/r/cn-hangzhou/runs/"))
    ready(signed_in).keyboard.press("g")
    signed_in.keyboard.press("c")
    expect(signed_in).to_have_url(COMMANDS)

    ready(signed_in).keyboard.press("/")
    expect(signed_in.get_by_role("searchbox", name="Search commands")).to_be_focused()
    signed_in.keyboard.type("?")  # typed, not pressed
    expect(signed_in.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()


def test_the_list_of_shortcuts_opens_and_closes_by_key(signed_in: Page):
    signed_in.keyboard.press("?")
    shortcuts = signed_in.get_by_role("dialog", name="Keyboard shortcuts")
    expect(shortcuts).to_be_visible()
    assert violations(signed_in) == []

    signed_in.keyboard.press("Escape")

    expect(shortcuts).to_be_hidden()


def test_switched_off_single_keys_do_nothing(signed_in: Page, console):
    person = console.person("operator")
    person.single_keys = False
    person.save(update_fields=["single_keys"])
    ready(signed_in).reload()

    ready(signed_in).keyboard.press("?")

    expect(signed_in.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()


def test_rows_are_walked_and_opened_by_key(signed_in: Page):
    rows = signed_in.get_by_role("table", name="Commands").get_by_role("row")
    signed_in.keyboard.press("j")
    signed_in.keyboard.press("j")
    expect(rows.nth(2).get_by_role("link").first).to_be_focused()
    expect(rows.nth(2)).to_have_attribute("aria-current", "true")

    signed_in.keyboard.press("r")

    expect(signed_in).to_have_url(re.compile(r"/commands/c-[\w]+/run/"))
    expect(signed_in.get_by_role("heading", name="Run command", level=1)).to_be_focused()


def test_the_theme_changes_in_place_and_stays(signed_in: Page):
    signed_in.get_by_role("button", name="Theme").click()
    with signed_in.expect_response("**/theme/"):
        signed_in.get_by_role("button", name="Dark").click()
    expect(signed_in.locator("html")).to_have_attribute("data-theme", "dark")
    assert violations(signed_in) == []

    signed_in.reload()

    expect(signed_in.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_language_changes_and_what_was_typed_stays(page: Page, console):
    page.goto(f"{console.url}/signin/")
    page.get_by_label("User name").fill("li.wei")

    ready(page).get_by_role("button", name="中文").click()

    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_an_id_is_copied_and_told(signed_in: Page, context: BrowserContext):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    row = signed_in.get_by_role("row").nth(1)

    row.get_by_role("button", name="Copy ID").click()

    expect(signed_in.get_by_test_id("live")).to_have_text("Copied.")


def test_a_narrow_screen_has_its_navigation_behind_a_button(signed_in: Page):
    signed_in.set_viewport_size({"width": 390, "height": 800})
    navigation = signed_in.get_by_role("navigation", name="Main")
    expect(navigation).to_be_hidden()

    signed_in.get_by_role("button", name="Menu").click()
    expect(navigation).to_be_visible()
    signed_in.keyboard.press("Escape")

    expect(navigation).to_be_hidden()
    assert signed_in.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_script_regions_language_and_theme_still_work(browser, console):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(console.sign_in_link("operator"))
    page.get_by_role("button", name="Sign in").click()

    page.get_by_role("button", name=re.compile("^Region:")).click()
    page.get_by_role("link", name="cn-beijing").first.click()
    expect(page).to_have_url(re.compile("/r/cn-beijing/commands/"))
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("命令")
    page.get_by_role("button", name="主题").click()
    page.get_by_role("button", name="深色").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize("path", ["/system/", "/nothing/", "/regions/"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_of_the_shell_are_accessible_in_both_themes(signed_in: Page, console, path, theme):
    signed_in.emulate_media(color_scheme=theme)
    signed_in.goto(console.url + path)

    assert violations(signed_in) == []


def test_system_status_keeps_itself_up_to_date(signed_in: Page, console):
    signed_in.goto(f"{console.url}/system/")
    with signed_in.expect_response("**/system/live/"):
        pass

    expect(signed_in.get_by_text("Everything works.")).to_be_visible()


def test_the_drawer_is_an_address_of_its_own(signed_in: Page):
    heading = signed_in.get_by_role("heading", name="Run command", level=1)
    drawer = signed_in.get_by_role("dialog").filter(has=heading)
    link = signed_in.get_by_role("link", name="Run restart-service")

    link.click()
    expect(drawer).to_be_visible()
    expect(signed_in).to_have_url(re.compile("/run/"))
    expect(signed_in).to_have_title(re.compile(r"^\[sim\] restart-service · Run command"))
    signed_in.go_back()
    expect(drawer).to_be_hidden()
    expect(signed_in).to_have_url(COMMANDS)
    expect(link).to_be_focused()
    signed_in.go_forward()
    expect(drawer).to_be_visible()


def test_a_reloaded_drawer_is_a_page_and_back_leads_to_the_list(signed_in: Page):
    signed_in.get_by_role("link", name="Run restart-service").click()
    expect(signed_in).to_have_url(re.compile("/run/"))

    signed_in.reload()
    expect(signed_in.get_by_role("main").get_by_role("heading", name="Run command", level=1)).to_be_visible()
    signed_in.go_back()

    expect(signed_in.get_by_role("heading", name="Commands", level=1)).to_be_visible()


def test_what_was_typed_is_not_left_without_asking(signed_in: Page):
    signed_in.get_by_role("link", name="Run restart-service").click()
    signed_in.get_by_label("Execution user").fill("deploy")
    question = signed_in.get_by_role("alertdialog", name=re.compile("^Leave without running?"))

    signed_in.keyboard.press("Escape")
    expect(question.get_by_role("button", name="Stay")).to_be_focused()  # the safe one
    signed_in.keyboard.press("Escape")
    expect(question).to_be_hidden()
    expect(signed_in.get_by_label("Execution user")).to_have_value("deploy")
    signed_in.get_by_role("button", name="Close panel").click()
    question.get_by_role("button", name="Leave").click()

    expect(signed_in.get_by_role("heading", name="Run command")).to_be_hidden()
    expect(signed_in).to_have_url(COMMANDS)


def test_a_drawer_that_is_slow_to_come_shows_that_it_is_coming(signed_in: Page):
    held = []
    signed_in.route("**/run/", lambda route: held.append(route))
    signed_in.get_by_role("link", name="Run restart-service").click()
    expect(signed_in.get_by_role("dialog").get_by_role("status")).to_have_text("Loading…")

    held[0].continue_()

    expect(signed_in.get_by_role("heading", name="Run command", level=1)).to_be_focused()
    expect(signed_in).to_have_url(re.compile("/run/"))


def test_a_drawer_closed_before_it_came_stays_closed(signed_in: Page):
    held = []
    signed_in.route("**/run/", lambda route: held.append(route))
    signed_in.get_by_role("link", name="Run restart-service").click()
    expect(signed_in.get_by_role("dialog").get_by_role("status")).to_have_text("Loading…")

    signed_in.keyboard.press("Escape")
    with signed_in.expect_response("**/run/"):
        held[0].continue_()

    expect(signed_in.get_by_role("heading", name="Run command", level=1)).to_be_hidden()
    expect(signed_in).to_have_url(COMMANDS)


def test_the_server_learns_the_time_zone_of_the_browser(new_context, console):
    page = ready_at(new_context(timezone_id="Asia/Shanghai").new_page(), console.url + "/signin/")

    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert (cookies["time_zone"]["value"], cookies["time_zone"]["path"]) == ("Asia/Shanghai", "/")


def ready_at(page: Page, address: str) -> Page:
    page.goto(address)
    return ready(page)
