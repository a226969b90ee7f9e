"""Run without saving in a real browser: a script is typed, looked at while it is, and run as it was typed."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from invocations.models import Invocation
from tests.browser.accessibility import violations
from tests.factories import HANGZHOU, InstanceFactory

pytestmark = pytest.mark.django_db(transaction=True)
URL = reverse("invocations:unsaved", args=[HANGZHOU])


def editor(page: Page):
    return page.get_by_role("textbox", name="Command content")


def test_a_script_is_typed_its_parameter_filled_in_its_danger_confirmed_and_run(show) -> None:
    InstanceFactory(name="web-01")
    page = show(URL)

    editor(page).press_sequentially("rm -rf {{folder}}\necho done")
    page.get_by_role("checkbox", name="Use parameters").check()
    page.get_by_role("textbox", name="folder", exact=True).fill("/etc")
    page.get_by_role("checkbox", name="web-01", exact=True).check()
    expect(page.get_by_test_id("preflight").get_by_text("Line 1 is dangerous")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Run on 1 instance").click()
    expect(page.get_by_test_id("error-summary")).to_contain_text("Type Run without saving exactly to run this.")
    expect(editor(page)).to_contain_text("echo done")

    page.get_by_role("textbox", name="Line 1 is dangerous").fill("Run without saving")
    page.get_by_role("button", name="Run on 1 instance").click()

    page.wait_for_url("**/runs/*/")
    expect(page.get_by_role("heading", level=1, name="Run without saving")).to_be_visible()
    run = Invocation.objects.get()
    assert (run.content, run.parameters) == ("rm -rf {{folder}}\necho done", {"folder": "/etc"})


def test_reload_and_another_type_keep_what_was_typed(show) -> None:
    InstanceFactory(name="win-01", windows=True)
    page = show(URL)
    page.get_by_role("radio", name="PowerShell").check(force=True)
    editor(page).press_sequentially("Get-Date\nGet-Host")
    box = page.get_by_role("checkbox", name="win-01", exact=True)
    expect(box).to_be_enabled()
    with page.expect_response(lambda response: "/selection/" in response.url):
        box.check()
    expect(page.get_by_role("button", name="Run on 1 instance")).to_be_enabled()

    page.reload()

    expect(editor(page)).to_contain_text("Get-Host")
    page.get_by_role("button", name="Run on 1 instance").click()
    page.wait_for_url("**/runs/*/")
    assert Invocation.objects.get().content == "Get-Date\r\nGet-Host"
