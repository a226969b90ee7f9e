"""A run is started once by a form, also by the one that Back brings again (B92, B93)."""

import pytest
from playwright.sync_api import expect

import cloud.commands as gateway
from cloud import connection
from invocations.models import Invocation
from tests.factories import HANGZHOU, CommandFactory, InstanceFactory
from tests.invocations.panels import fresh_region, panel_url


@pytest.fixture
def linked_panel(console, page, simulator):
    """The panel as a colleague's link fills it in; returns its Run button."""
    fresh_region()
    cloud_id = gateway.create_command(
        connection.current(), HANGZHOU, name="hostname", type="RunShellScript", content="hostname", client_token="once"
    )
    command = CommandFactory(cloud_id=cloud_id, content="hostname")
    instance = InstanceFactory(instance_id=simulator.running_instances(HANGZHOU, 1)[0])
    page.goto(console.sign_in_link("operator"))
    page.get_by_role("button", name="Sign in").click()
    page.goto(console.url + panel_url(command, ids=instance.instance_id))
    page.wait_for_selector("html[data-ready]")
    return page.get_by_role("button", name="Run on 1 instance")


def test_B92_B93_a_double_click_then_back_and_run_start_one_run(linked_panel, page) -> None:
    linked_panel.dblclick()
    page.wait_for_url("**/runs/*/")
    started = page.url

    page.go_back()
    linked_panel.click()

    page.wait_for_url("**/runs/*/")
    assert page.url == started
    expect(page.get_by_text("This run had already been started.")).to_be_visible()
    assert Invocation.objects.count() == 1
    expect(page.locator("#run-progress[data-state=success]")).to_be_visible(timeout=20_000)  # nothing is left at work
