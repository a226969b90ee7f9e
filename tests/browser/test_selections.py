"""Saved selections in a real browser: saved from the panel, chosen from its menu, told what changed."""

import re

from playwright.sync_api import expect

from instances.models import Instance, Selection
from tests.browser.accessibility import violations
from tests.factories import CommandFactory, InstanceFactory, SelectionFactory, SelectionUseFactory, now
from tests.invocations.panels import panel_url


def test_a_search_is_saved_in_the_panel_and_found_again_in_its_menu(show):
    webs = [InstanceFactory(name=f"web-{n}") for n in range(3)]
    InstanceFactory(name="db-1")
    page = show(panel_url(CommandFactory()))
    search = page.get_by_role("combobox", name="Search instances")
    rows = page.get_by_role("table", name="Instances", exact=True).locator("[data-instance-id]")
    search.fill("web")
    search.press("Enter")
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="Select all 3 that can run").click()
    expect(page.get_by_test_id("selection-count")).to_have_attribute("data-count", "3")

    page.get_by_role("button", name="Save selection").click()
    dialog = page.get_by_role("dialog", name="Save selection")
    expect(dialog.get_by_role("radio", name="The search, matched anew at each use")).to_be_checked()
    expect(dialog.get_by_role("radio", name="These 3 instances")).to_be_enabled()
    assert violations(page) == []
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("Enter a name of 1 to 64 characters")
    dialog.get_by_role("textbox", name="Name").fill("my webs")
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Saved as “my webs”.")).to_be_visible()
    page.get_by_role("button", name="Close", exact=True).click()
    SelectionUseFactory(selection=Selection.objects.get(), run_id=7, matched=[webs[0].instance_id])
    Instance.objects.filter(pk=webs[0].pk).update(released_at=now())

    page.get_by_role("button", name="Clear", exact=True).click()
    page.get_by_role("button", name="Saved selections").click()
    page.get_by_role("button", name=re.compile("my webs")).click()

    expect(rows).to_have_count(2)
    expect(page.locator(".tok")).to_have_text(['saved:"my webs"'])
    expect(page.get_by_test_id("selection-count")).to_have_attribute("data-count", "0")
    expect(page.get_by_role("button", name="Select all 2 that can run")).to_be_visible()
    change = page.get_by_test_id("selection-change")
    expect(change).to_have_attribute("data-new", "2")
    change.get_by_text("Show").click()
    expect(change.get_by_text("released")).to_be_visible()
    assert violations(page) == []


def test_the_page_counts_what_is_typed(show):
    InstanceFactory(name="web-1", tags={"env": "prod"})
    selection = SelectionFactory(name="prod", group="team", q="tag:env=test")
    page = show(f"/r/cn-hangzhou/selections/{selection.pk}/")
    expect(page.get_by_text("0 instances match now.")).to_be_visible()

    page.get_by_role("textbox", name="Search").fill("tag:env=prod")
    expect(page.get_by_text("1 instance matches now.")).to_be_visible()
    page.get_by_role("radio", name="These instances").check()
    expect(page.get_by_role("textbox", name="Instance IDs")).to_be_visible()
    expect(page.get_by_role("textbox", name="Search")).to_be_hidden()
    assert violations(page) == []
