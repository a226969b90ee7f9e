"""The versions of a command as somebody looks at them, and what was changed elsewhere as an admin settles it."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from commands import sync
from commands.models import Command
from tests.browser.accessibility import violations
from tests.factories import HANGZHOU, CommandFactory, VersionFactory
from tests.running_console import RunningConsole
from tests.simulated_cloud import SimulatedCloud

Show = Callable[[str], Page]


def test_an_admin_keeps_what_was_changed_elsewhere_then_deletes_it(
    page: Page, console: RunningConsole, simulator: SimulatedCloud
) -> None:
    page.goto(console.sign_in_link("admin"))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="restart-service", exact=True)).to_be_visible()
    command = Command.objects.get(region=HANGZHOU, name="restart-service")
    simulator.modify_command(HANGZHOU, command.cloud_id, timeout=600)
    sync.refresh_own(HANGZHOU)

    page.reload()
    mark = page.get_by_role("link", name="Changed elsewhere restart-service")
    expect(mark).to_be_visible()
    assert violations(page) == []
    mark.click()
    changes = page.get_by_role("table", name="Parameters and settings")
    expect(changes.get_by_role("row", name="Timeout")).to_have_text(re.compile(r"Timeout\s*60 s\s*600 s"))
    assert violations(page) == []
    page.get_by_role("button", name="Keep the cloud’s version").click()
    expect(page.get_by_text("Version 2 of restart-service is saved.")).to_be_visible()
    expect(page.get_by_text("This command was changed outside this console")).to_have_count(0)

    page.get_by_role("button", name="More actions").click()
    page.get_by_role("link", name="Delete").click()
    question = page.get_by_role("dialog", name="Delete restart-service?")
    expect(question.get_by_role("link", name="Cancel")).to_be_focused()
    question.get_by_role("button", name="Delete command").click()
    expect(page.get_by_text("restart-service is deleted. Its results stay.")).to_be_visible()
    assert len(simulator.journal.calls("DeleteCommand")) == 1


def test_equal_lines_unfold_and_both_halves_stack_where_it_is_narrow(show: Show) -> None:
    old = "".join(f"line {n}\n" for n in range(40))
    command = CommandFactory(content=old.replace("line 39", "the end"))
    VersionFactory(command=command, content=old)
    VersionFactory(command=command)
    page = show(f"/r/cn-hangzhou/commands/{command.cloud_id}/versions/")
    difference = page.get_by_role("table", name="Content, Version 1 and Version 2")
    numbers = difference.locator("td.n:visible")

    expect(difference.get_by_text("line 5", exact=True)).to_have_count(2)
    expect(difference.get_by_text("line 5", exact=True).first).to_be_hidden()
    difference.get_by_role("button", name="… 36 equal lines").press("Enter")
    expect(difference.get_by_text("line 5", exact=True).first).to_be_visible()
    expect(numbers).to_have_count(80)

    page.set_viewport_size({"width": 800, "height": 900})
    expect(page.get_by_role("link", name="Unified")).to_be_hidden()
    expect(numbers).to_have_count(41)  # equal lines once, the changed one twice

    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("link", name="Unified").click()
    expect(difference.locator("td.sg").filter(has_text="removed")).to_have_count(1)
