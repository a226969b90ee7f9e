"""The run page, the history and an instance's page in a real browser: what is live, what is kept, what is only text."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from commands.models import Command
from consoleapp.version import VERSION
from invocations import counting
from invocations.models import Batch, Invocation, Output, Target
from tests.browser.accessibility import violations
from tests.factories import InstanceFactory, now
from tests.invocations.hostile import HOSTILE

BAD = b"+ systemctl restart nginx\n\x1b[31mFailed to restart nginx.service: Unit nginx.service not found.\x1b[0m\n"


@pytest.fixture(autouse=True)
def _a_minute(page: Page) -> None:
    page.set_default_timeout(15_000)


def end(target: Target, state: str = "success") -> None:
    Target.objects.filter(pk=target.pk).update(state=state, exit_code=0, finished_at=now(), seconds=1.5)
    counting.recount(target.invocation_id)


def test_a_live_page_moves_by_itself_and_keeps_what_a_person_does(show, standing):
    run = standing({"failed": 1, "running": 30}, outputs={"failed": BAD})
    page = show(run.get_absolute_url())
    progress = page.get_by_test_id("run-progress")
    boxes = page.get_by_role("checkbox", name=re.compile("^hz-web"))
    boxes.nth(2).check()
    search = page.get_by_role("searchbox", name="Search targets and outputs")
    search.focus()
    page.keyboard.type("hz")

    end(run.targets.filter(state="running").last())

    expect(progress).to_have_attribute("data-finished", "2")
    expect(page).to_have_title(re.compile(r"\(2/31\) restart-service"))
    expect(boxes.nth(2)).to_be_checked()
    expect(page.get_by_text("1 selected")).to_be_visible()
    expect(search).to_have_value("hz")
    expect(search).to_be_focused()


def test_nothing_jumps_when_a_number_changes(show, standing):
    run = standing({"failed": 1, "running": 3, "waiting": 20})
    page = show(run.get_absolute_url())
    places = (
        "[...document.querySelectorAll('th, .tabs, .batches .card, #filters')].map(e => e.getBoundingClientRect().x)"
    )
    before = page.evaluate(places)
    page.evaluate("scrollTo(0, 300)")
    scrolled = page.evaluate("scrollY")

    end(run.targets.filter(state="running").first())

    expect(page.get_by_test_id("run-progress")).to_have_attribute("data-finished", "2")
    assert page.evaluate(places) == before
    assert page.evaluate("scrollY") == scrolled


def test_no_column_moves_when_the_answers_come(show, standing, page):
    page.set_viewport_size({"width": 1440, "height": 900})
    run = standing({"running": 3})
    show(run.get_absolute_url())
    places = "[...document.querySelectorAll('.targets th')].map(e => e.getBoundingClientRect().x)"
    before = page.evaluate(places)

    run.targets.update(error_code="ClientIsNotRunning", first_line="a line that is longer than its column " * 5)
    end(run.targets.first(), "undelivered")

    expect(page.get_by_text("a line that is longer").first).to_be_visible()
    assert page.evaluate(places) == before


def test_an_open_menu_stays_open_and_in_its_place_while_the_page_moves(show, standing):
    run = standing({"running": 3})
    page = show(run.get_absolute_url())
    page.get_by_role("button", name="Run again", exact=True).click()
    menu = page.locator("#again-menu")
    place = menu.bounding_box()

    end(run.targets.first())

    expect(page.get_by_test_id("run-progress")).to_have_attribute("data-finished", "1")
    expect(menu).to_be_visible()
    assert menu.bounding_box() == place


def test_the_end_is_shown_and_spoken_and_ends_the_polling(show, standing):
    run = standing({"running": 2})
    page = show(run.get_absolute_url())
    for target in run.targets.all():
        end(target)

    expect(page.get_by_test_id("run-progress")).to_have_attribute("data-state", "success")
    expect(page.get_by_test_id("live")).to_have_text(
        re.compile(f"Run #{run.pk} ended: Succeeded. 2 succeeded, 0 failed.")
    )
    expect(page.locator("[data-poll]")).to_have_count(0)


def test_a_console_that_cannot_be_reached_is_told_and_the_page_stays(show, standing):
    run = standing({"running": 2})
    page = show(run.get_absolute_url())

    page.context.set_offline(True)

    expect(page.get_by_text("Not live: the console can’t be reached.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("restart-service")
    page.context.set_offline(False)
    expect(page.get_by_text("Not live: the console can’t be reached.")).to_be_hidden()


def test_the_outage_is_over_also_where_the_first_answer_after_it_is_the_last_one(show, standing):
    run = standing({"running": 1})
    page = show(run.get_absolute_url())
    page.context.set_offline(True)
    expect(page.get_by_text("Not live: the console can’t be reached.")).to_be_visible()
    end(run.targets.get())

    page.context.set_offline(False)

    expect(page.get_by_test_id("run-progress")).to_have_attribute("data-state", "success")
    expect(page.get_by_text("Not live: the console can’t be reached.")).to_be_hidden()


def test_B97_a_page_of_the_version_before_says_so_once_and_lives_on(show, standing):
    run = standing({"running": 2})
    page = show(run.get_absolute_url())
    told = page.get_by_text("The console has been updated")
    expect(told).to_have_count(0)
    old = page.context.new_page()
    old.route("**/runs/*/", lambda route: _made_by(route, "0.0.1"))  # as a page that was loaded before the update
    old.goto(page.url)
    old.wait_for_selector("html[data-ready]", state="attached")

    end(run.targets.first())
    expect(old.get_by_test_id("run-progress")).to_have_attribute("data-finished", "1")
    end(run.targets.last())
    expect(old.get_by_test_id("run-progress")).to_have_attribute("data-finished", "2")

    expect(old.get_by_text("The console has been updated")).to_have_count(1)
    old.unroute("**/runs/*/")
    old.get_by_role("link", name="Reload").click()
    expect(old.locator("html")).to_have_attribute("data-version", VERSION)
    expect(told).to_have_count(0)


def _made_by(route: Route, version: str) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace(f'data-version="{VERSION}"', f'data-version="{version}"'))


def test_filters_rows_and_back_are_addresses(show, standing):
    run = standing({"success": 60, "failed": 2}, outputs={"failed": BAD})
    page = show(run.get_absolute_url())
    failed = run.targets.filter(state="failed").order_by("-seconds").first()

    page.keyboard.press("f")
    expect(page).to_have_url(re.compile(r"\?state=failed$"))
    rows = page.get_by_role("table", name="Instances").locator("[data-instance-id]")
    expect(rows).to_have_count(2)
    page.get_by_role("link", name=failed.name, exact=True).click()
    expect(page).to_have_url(re.compile(f"state=failed&target={failed.instance_id}"))
    output = page.get_by_role("complementary", name="Output").get_by_test_id("output")
    expect(output).to_contain_text("Failed to restart nginx.service")
    expect(page.get_by_text("The command ended with exit code 1.")).to_be_visible()
    page.keyboard.press("]")
    expect(page).not_to_have_url(re.compile(f"target={failed.instance_id}"))
    page.go_back()
    expect(page).to_have_url(re.compile(f"target={failed.instance_id}"))
    page.reload()
    expect(output).to_contain_text("Failed to restart nginx.service")


def test_search_narrows_while_typing_and_keeps_the_address(show, standing):
    run = standing({"success": 60})
    page = show(run.get_absolute_url())

    page.keyboard.press("/")
    page.keyboard.type("web-007")

    rows = page.get_by_role("table", name="Instances").locator("[data-instance-id]")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?q=web-007$"))
    expect(page.get_by_role("searchbox", name="Search targets and outputs")).to_be_focused()


def test_C46_sixty_hostile_outputs_stay_text_in_a_real_browser(show, standing):
    run = standing({"success": 1})
    Output.objects.create(target=run.targets.get(), content="\n".join(HOSTILE).encode(), is_complete=True)
    page = show(run.get_absolute_url())
    said = []
    page.on("dialog", lambda dialog: said.append(dialog.message))

    found = page.get_by_test_id("output").evaluate(
        """output => ({
          tags: [...new Set([...output.querySelectorAll("*")].map(e => e.tagName))].sort(),
          names: [...new Set([...output.querySelectorAll("*")].flatMap(e => e.getAttributeNames()))].sort(),
          links: [...output.querySelectorAll("[href]")].filter(a => !/^#L\\d+$/.test(a.getAttribute("href"))).length,
        })"""
    )

    assert found["tags"] == ["A", "SPAN"]
    assert set(found["names"]) <= {"aria-hidden", "class", "data-n", "href", "id", "tabindex", "title"}
    assert found["links"] == 0
    expect(page).to_have_title(re.compile(f"restart-service · #{run.pk}"))
    assert said == []
    expect(page.get_by_test_id("output")).to_contain_text("<script>alert(1)</script>")


def test_lines_are_marked_by_address_and_by_shift(show, standing):
    run = standing({"success": 1})
    Output.objects.create(target=run.targets.get(), content=b"one\ntwo\nthree\nfour\n", is_complete=True)
    page = show(run.get_absolute_url() + "#L2")
    hit = page.locator(".l.hit")

    expect(hit).to_have_text(re.compile("two"))
    page.locator("#L4 > a").click(modifiers=["Shift"])
    expect(page).to_have_url(re.compile("#L2-L4$"))
    expect(hit).to_have_count(3)


def test_the_output_is_searched_wrapped_and_copied(show, standing, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    run = standing({"success": 1})
    Output.objects.create(
        target=run.targets.get(), content=b"\x1b[32mng\x1b[0minx ok\nNGINX bad\n\nend\n", is_complete=True
    )
    page = show(run.get_absolute_url())
    viewer = page.get_by_role("complementary", name="Output")

    viewer.get_by_label("Search in the output").first.click()
    expect(viewer.get_by_role("searchbox", name="Search in the output")).to_be_focused()
    page.keyboard.type("nginx")
    expect(viewer.get_by_text("1/2")).to_be_visible()
    page.keyboard.press("Enter")
    expect(viewer.get_by_text("2/2")).to_be_visible()
    viewer.get_by_role("button", name="Wrap").click()
    expect(viewer.get_by_role("button", name="Wrap")).to_have_attribute("aria-pressed", "false")
    viewer.get_by_role("button", name="Copy", exact=True).click()
    assert page.evaluate("navigator.clipboard.readText()") == "nginx ok\nNGINX bad\n\nend\n"


def test_what_a_person_selects_in_the_output_is_copied_as_its_lines(show, standing):
    run = standing({"success": 1})
    Output.objects.create(target=run.targets.get(), content=b"one\n\nthree\n", is_complete=True)
    page = show(run.get_absolute_url())

    selected = page.get_by_test_id("output").evaluate(
        "output => { getSelection().selectAllChildren(output); return getSelection().toString() }"
    )

    assert selected.rstrip("\n") == "one\n\nthree"


def test_esc_leaves_a_run_running(show, standing):
    run = standing({"running": 2})
    page = show(run.get_absolute_url())
    stop = page.get_by_role("link", name="Stop", exact=True)

    stop.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(stop).to_be_focused()
    run.refresh_from_db()
    assert run.stop_requested_at is None


def test_chosen_rows_are_asked_about_and_then_stopped(show, standing):
    run = standing({"running": 3})
    page = show(run.get_absolute_url())
    page.get_by_role("checkbox", name="hz-web-001").check()
    page.get_by_role("checkbox", name="hz-web-003").check()

    page.locator("#selection").get_by_role("button", name="Stop").click()
    dialog = page.get_by_role("dialog", name=f"Stop 2 instances of #{run.pk}?")
    dialog.get_by_role("button", name="Stop 2 instances").click()
    page.wait_for_selector("html[data-ready]", state="attached")

    asked = run.targets.filter(stop_requested_at__isnull=False).values_list("name", flat=True)
    assert set(asked) == {"hz-web-001", "hz-web-003"}


def test_run_again_on_what_failed_opens_the_panel_filled_in(show, submitted_run):
    run = submitted_run(2, "exit 3")
    page = show(run.get_absolute_url())
    expect(page.get_by_test_id("run-progress")).to_have_attribute("data-state", "failed", timeout=30_000)

    page.get_by_role("button", name="Run again on 2 failed").first.click()

    expect(page).to_have_url(re.compile(r"/commands/[^/]+/run/\?draft="))
    expect(page.get_by_test_id("selection-count").first).to_have_attribute("data-count", "2")
    expect(page.get_by_role("table", name="Instances", exact=True).locator("[data-instance-id]")).to_have_count(2)
    assert Invocation.objects.count() == 1


def test_new_runs_are_announced_in_the_history_and_shown_on_request(show, standing):
    first = standing({"success": 1})
    page = show("/r/cn-hangzhou/runs/")
    rows = page.get_by_role("table", name="Execution results").locator("[data-run]")
    expect(rows).to_have_count(1)

    second = standing({"success": 2})

    expect(page.get_by_text("1 new run ·")).to_be_visible(timeout=15_000)
    expect(rows).to_have_count(1)
    page.get_by_role("link", name="Show", exact=True).click()
    expect(rows.first).to_have_attribute("data-run", str(second.pk))
    assert rows.last.get_attribute("data-run") == str(first.pk)


def test_a_narrow_history_keeps_the_rest_of_a_row_behind_a_button(show, standing, page):
    page.set_viewport_size({"width": 390, "height": 800})
    run = standing({"success": 1})
    show("/r/cn-hangzhou/runs/")

    more = page.get_by_role("button", name=f"More about #{run.pk}")
    more.click()

    expect(more).to_have_attribute("aria-expanded", "true")
    expect(page.locator(f"#more-{run.pk}")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_narrow_table_of_instances_keeps_the_rest_of_a_row_behind_a_button(show, standing, page):
    page.set_viewport_size({"width": 390, "height": 800})
    run = standing({"success": 2})
    target = run.targets.first()
    run.targets.filter(pk=target.pk).update(first_line="all is well")
    show(run.get_absolute_url())

    page.get_by_role("button", name=f"More about {target.name}").click()

    expect(page.locator(f"#more-{target.instance_id}")).to_contain_text("all is well")
    expect(page.locator(f"#more-{target.instance_id}")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_every_page_of_a_run_passes_axe(show, standing, page, theme, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    run = standing({"success": 40, "failed": 3, "unknown": 1, "running": 10, "waiting": 30}, outputs={"failed": BAD})
    Batch.objects.filter(invocation=run, seq=2).update(hold_reason="")
    target = run.targets.filter(state="failed").first()
    InstanceFactory(instance_id=target.instance_id, name=target.name)
    command = Command.objects.get(pk=run.command_id)
    paths = [
        run.get_absolute_url() + f"?target={target.instance_id}",
        run.get_absolute_url() + "?tab=settings",
        run.get_absolute_url() + "stop/",
        run.get_absolute_url() + f"targets/{target.instance_id}/",
        "/r/cn-hangzhou/runs/",
        "/runs/",
        f"/r/cn-hangzhou/instances/{target.instance_id}/",
        f"/r/cn-hangzhou/commands/{command.cloud_id}/runs/",
    ]
    show(paths[0])
    origin = page.url.partition("/r/")[0]

    found = {}
    for path in paths:
        page.goto(origin + path)
        page.wait_for_selector("html[data-ready]", state="attached")
        if broken := violations(page):
            found[path] = broken
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path

    assert found == {}
