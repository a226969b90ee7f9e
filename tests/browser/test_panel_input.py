"""What of odd input only a browser shows: how it is laid out, and where Back leads."""

import re

import pytest
from playwright.sync_api import Browser, expect

from invocations.models import Invocation
from tests.factories import CommandFactory, InstanceFactory
from tests.invocations.panels import panel_url

ENDLESS = {
    "name": "\U0001f642" * 64,
    "word": "x" * 10_000,
    "combining": "z" + "\u0351" * 120,
}


@pytest.mark.parametrize("width", [1440, 390])
def test_B08_words_without_an_end_break_no_layout(show, width) -> None:
    command = CommandFactory(
        name="n" * 128, content=f"{ENDLESS['word']} {{{{note}}}}", parameter_names=["note"], description="d" * 512
    )
    instance = InstanceFactory(name=ENDLESS["name"], tags={"k" * 64: "v" * 128})
    InstanceFactory(name=ENDLESS["combining"], stopped=True)
    page = show(panel_url(command, ids=instance.instance_id, username="u" * 255, reason="r" * 200))
    page.set_viewport_size({"width": width, "height": 900})
    page.get_by_role("textbox", name="note").fill(ENDLESS["word"])
    page.get_by_role("button", name="Paste IDs").click()
    page.get_by_role("textbox", name="Instance IDs").fill(f"{ENDLESS['word']} {ENDLESS['name']}")
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_text("2 are not IDs")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    dialog = page.locator("dialog#paste")
    assert dialog.evaluate("element => element.scrollWidth <= element.clientWidth")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Run on 1 instance")).to_be_in_viewport()


def test_B93_back_without_script_leads_to_the_form_that_has_run(browser: Browser, console, show) -> None:
    instance = InstanceFactory(name="web-1")
    link = panel_url(CommandFactory(), ids=instance.instance_id)
    show("/")  # a region with copies as of now
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(console.sign_in_link("operator"))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto(console.url + link)
    page.get_by_role("button", name="Run on 1 instance").click()
    expect(page).to_have_url(re.compile(r"/runs/\d+/"))
    run = page.url

    page.go_back()
    expect(page.get_by_text("This form has already been run as")).to_be_visible()
    page.get_by_role("button", name="Run on 1 instance").click()

    expect(page).to_have_url(run)
    expect(page.get_by_text("This run had already been started.")).to_be_visible()
    assert Invocation.objects.count() == 1
