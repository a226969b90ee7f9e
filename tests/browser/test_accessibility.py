"""The lists, the execute panel and the pages around them pass axe in both themes, and fit a telephone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations, violations_in_both_themes
from tests.running_console import RunningConsole

PANEL = "/r/cn-hangzhou/commands/{command}/run/"
PAGES = {
    "commands": "/r/cn-hangzhou/commands/",
    "no command matches": "/r/cn-hangzhou/commands/?q=zzz",
    "public commands": "/r/cn-hangzhou/commands/public/",
    "one command": "/r/cn-hangzhou/commands/{command}/",
    "editor": "/r/cn-hangzhou/commands/{command}/edit/",
    "editor of a new command": "/r/cn-hangzhou/commands/new/",
    "versions of a command": "/r/cn-hangzhou/commands/{command}/versions/",
    "copy to other regions": "/r/cn-hangzhou/commands/{command}/copy/",
    "import": "/r/cn-hangzhou/commands/import/",
    "delete a command": "/r/cn-hangzhou/commands/{command}/delete/",
    "runs of a command": "/r/cn-hangzhou/commands/{command}/runs/",
    "panel": PANEL,
    "panel, filled in": PANEL + "?param-service=nginx&username=deploy&q=tag:role=web",
    "run without saving": "/r/cn-hangzhou/run/",
    "instances": "/r/cn-hangzhou/instances/",
    "managed instances": "/r/cn-hangzhou/managed-instances/",
    "results, empty": "/r/cn-hangzhou/runs/",
    "profile": "/profile/",
}

# The button holds back what can't run; the server's answer is what a browser without scripts would get.
SUBMIT = """form => {
  form.insertAdjacentHTML("beforeend", "<input type=hidden name=action value=run>");
  HTMLFormElement.prototype.submit.call(form);
}"""


@pytest.fixture
def signed_in(page: Page, console: RunningConsole) -> Page:
    page.goto(console.sign_in_link("admin"))
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/commands/"))
    return page


def test_every_page_passes_axe(signed_in: Page, console: RunningConsole):
    signed_in.emulate_media(color_scheme="light")
    command = restart_service(signed_in)
    broken = {}
    for name, path in PAGES.items():
        open_page(signed_in, console.url + path.format(command=command))
        if found := violations_in_both_themes(signed_in):
            broken[name] = found
    assert broken == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_panel_with_all_its_errors_passes_axe(signed_in: Page, console: RunningConsole, theme: str):
    signed_in.emulate_media(color_scheme=theme)
    open_page(signed_in, console.url + PANEL.format(command=restart_service(signed_in)))
    signed_in.get_by_role("textbox", name=re.compile("^Timeout")).fill("5")
    signed_in.locator("form:has([name=form_token])").evaluate(SUBMIT)
    expect(signed_in.get_by_role("alert").first).to_be_visible()

    assert violations(signed_in) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_page_scrolls_sideways_on_a_telephone(signed_in: Page, console: RunningConsole, language: str):
    command = restart_service(signed_in)
    if language == "zh":
        signed_in.get_by_role("button", name="中文").click()
        expect(signed_in.locator("html")).to_have_attribute("lang", "zh-CN")
    signed_in.set_viewport_size({"width": 390, "height": 844})
    wide = {}
    for name, path in PAGES.items():
        open_page(signed_in, console.url + path.format(command=command))
        width = signed_in.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wide[name] = width
    assert wide == {}


def open_page(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector("html[data-ready]", state="attached")


def restart_service(page: Page) -> str:
    row = page.locator("[data-command-id]", has_text="restart-service").first
    return row.get_attribute("data-command-id")
