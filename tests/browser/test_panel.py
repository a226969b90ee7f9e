"""The execute panel in a real browser: what happens while somebody types, searches and chooses."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from instances.models import Instance
from invocations.models import Draft, Invocation
from tests.browser.accessibility import violations
from tests.factories import CommandFactory, InstanceFactory, define
from tests.invocations.panels import panel_url


@pytest.fixture
def command(transactional_db):
    command = CommandFactory(
        name="restart-service",
        content="systemctl restart {{service}}\nsleep {{wait}} # {{token}} {{note}}\n",
        parameter_names=["service", "wait", "token", "note"],
    )
    define(command, name="service", is_required=True, pattern="[a-z-]+")
    define(command, name="wait", default="30")
    define(command, name="token", is_secret=True)
    return command


@pytest.fixture
def panel(show, command):
    """Opens the panel as a page, over machines `web-01` … that can run, every fifth of them stopped."""

    def opened(count: int = 25, **query: str) -> Page:
        for n in range(1, count + 1):
            InstanceFactory(name=f"web-{n:02}", tags={"env": "prod" if n % 2 else "test"}, stopped=n % 5 == 0)
        return show(panel_url(command, **query))

    return opened


def content(page: Page):
    return page.get_by_test_id("command-content")


def search_box(page: Page):
    return page.get_by_role("combobox", name="Search instances")


def count(page: Page):
    return page.get_by_test_id("selection-count").first


def rows(page: Page):
    return page.get_by_role("table", name="Instances", exact=True).locator("[data-instance-id]")


def box(page: Page, name: str):
    return page.get_by_role("checkbox", name=name, exact=True)


# The content while one types


def test_values_stand_in_the_content_as_they_are_typed(panel):
    page = panel()
    expect(content(page)).to_have_text(re.compile(r"restart \{\{service\}\}"))

    page.get_by_role("textbox", name="service", exact=True).press_sequentially("nginx")
    expect(content(page)).to_have_text(re.compile("systemctl restart nginx"))
    expect(page.get_by_text("4 parameters filled in")).to_be_visible()

    page.get_by_role("button", name="Show template").click()
    expect(content(page)).to_have_text(re.compile(r"restart \{\{service\}\}"))
    page.get_by_role("textbox", name="service", exact=True).fill("sshd")
    expect(content(page)).to_have_text(re.compile(r"restart \{\{service\}\}"))
    page.get_by_role("button", name="Show with values").click()
    expect(content(page)).to_have_text(re.compile("systemctl restart sshd"))


def test_C41_a_secret_is_masked_while_it_is_typed(panel):
    page = panel()

    page.get_by_label("token", exact=True).fill("hunter2-canary")

    expect(content(page)).to_have_text(re.compile("# ••••••"))
    expect(page.get_by_text("3 parameters filled in").or_(page.get_by_text("1 parameter missing"))).to_be_visible()
    assert "hunter2-canary" not in page.content()


def test_an_empty_string_on_purpose_is_something_else_than_nothing(panel):
    page = panel()
    preflight = page.get_by_test_id("preflight")
    expect(preflight).to_contain_text("Enter a value for service")

    page.get_by_role("checkbox", name="Send an empty string").first.check()

    expect(preflight).to_contain_text("All required parameters are filled in")
    expect(content(page).locator("mark[data-of=service]").first).to_have_class(re.compile("empty"))


def test_a_field_with_a_default_goes_back_to_it(panel):
    page = panel()
    field = page.get_by_role("textbox", name="wait", exact=True)

    field.fill("")
    field.blur()

    expect(field).to_have_value("30")


def test_a_field_is_told_off_when_it_is_left_and_not_before(panel):
    page = panel()
    field = page.get_by_role("textbox", name="service", exact=True)

    field.press_sequentially("NGINX")
    expect(page.get_by_test_id("preflight")).to_contain_text("service must look like")
    expect(field).not_to_have_attribute("aria-invalid", "true")

    field.blur()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#id_param-service_error")).to_have_text("service must look like [a-z-]+.")

    field.fill("nginx")
    expect(field).not_to_have_attribute("aria-invalid", "true")


def test_what_is_typed_meanwhile_survives_every_answer(panel):
    page = panel()
    field = page.get_by_role("textbox", name="Reason")

    field.press_sequentially("because it has been slow since this morning", delay=40)

    expect(field).to_have_value("because it has been slow since this morning")
    expect(field).to_be_focused()


# Searching


def test_words_become_tokens_and_tokens_can_be_taken_back(panel):
    page = panel()

    search_box(page).fill("tag:env=prod web-0")
    search_box(page).press("Enter")

    expect(rows(page)).to_have_count(5)
    expect(page).to_have_url(re.compile(r"\?q=tag%3Aenv%3Dprod\+web-0"))
    page.get_by_role("button", name="Remove filter web-0").click()
    expect(page.get_by_text("of 13 matching")).to_be_visible()
    search_box(page).press("Backspace")
    expect(page.get_by_text("of 25 matching")).to_be_visible()


def test_B26_only_the_last_search_is_shown(panel):
    page = panel()

    search_box(page).press_sequentially("web-0123", delay=5)
    search_box(page).fill("web-03")

    expect(rows(page)).to_have_count(1)
    expect(rows(page).first).to_contain_text("web-03")


def test_suggestions_are_chosen_with_the_keyboard(panel):
    page = panel()
    search_box(page).press_sequentially("tag:e")
    listbox = page.get_by_role("listbox", name="Search instances")
    expect(listbox.get_by_role("option")).to_have_count(2)

    search_box(page).press("ArrowDown")
    expect(search_box(page)).to_have_attribute("aria-activedescendant", re.compile("suggestion"))
    search_box(page).press("Enter")

    expect(page.get_by_role("button", name="Remove filter tag:env=prod")).to_be_visible()
    expect(page.get_by_text("of 13 matching")).to_be_visible()
    expect(listbox).to_be_hidden()


def test_escape_closes_the_suggestions_alone(show, command):
    page = show("/r/cn-hangzhou/commands/")
    page.get_by_role("link", name="Run restart-service").click()
    search_box(page).press_sequentially("ta")
    expect(page.get_by_role("option", name="tag:")).to_be_visible()

    search_box(page).press("Escape")

    expect(page.get_by_role("listbox", name="Search instances")).to_be_hidden()
    expect(page.get_by_role("heading", name="Run command")).to_be_visible()


def test_the_selects_narrow_the_list(panel):
    page = panel()

    page.get_by_role("combobox", name="Instance status").select_option("stopped")

    expect(page.get_by_text("of 5 matching; 5 can’t run")).to_be_visible()
    expect(page.get_by_role("heading", name="5 matching instances can’t run")).to_be_visible()


def test_pages_and_orders_are_a_click_away(panel):
    page = panel()

    page.get_by_role("button", name="Page 2").click()
    expect(rows(page)).to_have_count(5)
    page.get_by_role("button", name="Instance name / ID").click()

    expect(rows(page).first).to_contain_text("web-25")
    expect(page.get_by_role("columnheader", name="Instance name / ID")).to_have_attribute("aria-sort", "descending")


# Choosing


def test_ticks_are_stored_and_survive_searching_paging_and_reloading(panel):
    page = panel()
    box(page, "web-01").check()
    expect(count(page)).to_have_attribute("data-count", "1")
    page.get_by_role("button", name="Page 2").click()
    box(page, "web-21").check()
    expect(count(page)).to_have_attribute("data-count", "2")
    search_box(page).fill("web-01")
    search_box(page).press("Enter")
    expect(box(page, "web-01")).to_be_checked()

    page.get_by_role("textbox", name="Execution user").fill("deploy")
    expect(page.get_by_test_id("preflight")).to_contain_text("You may run as deploy")
    page.reload()

    expect(count(page)).to_have_attribute("data-count", "2")
    expect(page.get_by_role("textbox", name="Execution user")).to_have_value("deploy")
    expect(rows(page)).to_have_count(1)


def test_shift_takes_everything_in_between_that_can_run(panel):
    page = panel()

    box(page, "web-02").click()
    box(page, "web-08").click(modifiers=["Shift"])

    expect(count(page)).to_have_attribute("data-count", "6")  # web-05 is stopped
    expect(page.get_by_role("button", name="Run on 6 instances")).to_be_visible()


def test_quick_ticks_all_count(panel):
    page = panel()

    for n in (1, 2, 3, 4, 6, 7):
        box(page, f"web-{n:02}").check()
    box(page, "web-07").uncheck()
    for n in (8, 9):
        box(page, f"web-{n:02}").check()

    expect(count(page)).to_have_attribute("data-count", "7")  # a number that no earlier tick has made
    names = Instance.objects.filter(instance_id__in=Draft.objects.get().chosen).values_list("name", flat=True)
    assert sorted(names) == ["web-01", "web-02", "web-03", "web-04", "web-06", "web-08", "web-09"]


def test_the_page_then_all_then_none_and_back(panel):
    page = panel()

    box(page, "Select this page").check()
    expect(count(page)).to_have_attribute("data-count", "16")
    page.get_by_role("button", name="Select all 20 that can run").click()
    expect(count(page)).to_have_text("20 selected")
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(count(page)).to_have_attribute("data-count", "0")
    expect(box(page, "web-01")).not_to_be_checked()
    page.get_by_role("button", name="Undo").click()

    expect(count(page)).to_have_attribute("data-count", "20")
    expect(box(page, "web-01")).to_be_checked()


def test_a_chooses_all_by_one_key(panel):
    page = panel()

    page.keyboard.press("a")

    expect(count(page)).to_have_attribute("data-count", "20")


def test_unfit_rows_say_why_and_how_to_mend_it(panel):
    page = panel()
    row = rows(page).filter(has_text="web-05")

    expect(row.get_by_role("checkbox", name="web-05, can’t run: The instance is stopped.")).to_be_disabled()
    row.get_by_role("link", name="Start instance").click()

    expect(page.get_by_role("dialog").get_by_text("Starting may incur charges.")).to_be_visible()


def test_managed_instances_unfold_and_fold(panel):
    InstanceFactory(managed=True, name="edge-1")
    page = panel()

    page.get_by_role("button", name="Show 1 managed instance").click()
    box(page, "edge-1").check()

    expect(page.get_by_test_id("preflight")).to_have_attribute("data-batches", "1")
    expect(page.get_by_role("region", name="Select managed instances")).to_contain_text("1 selected")


# Review and paste


def test_the_selection_is_reviewed_in_a_drawer_of_its_own(panel):
    page = panel()
    page.get_by_role("button", name="Select all 20 that can run").click()

    page.get_by_role("button", name="Review selection").click()
    review = page.get_by_role("dialog", name="Review selection")
    expect(review.locator("[data-instance-id]")).to_have_count(20)
    assert violations(page) == []
    review.get_by_role("button", name="Remove web-01").click()
    expect(review.locator("[data-instance-id]")).to_have_count(19)
    review.get_by_role("searchbox", name="Search the selection").fill("web-02")
    expect(review.locator("[data-instance-id]")).to_have_count(1)
    review.get_by_role("link", name="Back to the panel").click()

    expect(review).to_be_hidden()
    expect(count(page)).to_have_attribute("data-count", "19")
    expect(box(page, "web-01")).not_to_be_checked()
    expect(page.get_by_role("button", name="Run on 19 instances")).to_be_visible()


def test_pasted_ids_are_checked_and_added(panel):
    page = panel()
    ids = list(Instance.objects.filter(name__lte="web-06").values_list("instance_id", flat=True))

    page.get_by_role("button", name="Paste IDs").click()
    dialog = page.get_by_role("dialog", name="Paste IDs")
    dialog.get_by_role("textbox", name="Instance IDs").fill("; ".join([*ids, "i-bp1nowhere"]))
    dialog.get_by_role("button", name="Check").click()
    expect(dialog.get_by_text("6 found, 1 can’t run, 1 unknown")).to_be_visible()
    assert violations(page) == []
    dialog.get_by_role("button", name="Add 5").click()

    expect(dialog).to_be_hidden()
    expect(count(page)).to_have_attribute("data-count", "5")
    expect(box(page, "web-01")).to_be_checked()


def test_a_look_at_the_form_never_overtakes_a_choice(panel):
    page = panel(**{"param-service": "nginx"})
    held, chosen = [], []
    page.on("request", lambda request: chosen.append(request) if "/selection/" in request.url else None)
    page.route(re.compile("/run/$"), lambda route: held.append(route))
    page.get_by_role("textbox", name="Execution user").fill("deploy")
    with page.expect_request(re.compile("/run/$")):
        page.get_by_role("textbox", name="Execution user").blur()

    page.get_by_role("button", name="Select all 20 that can run").click()
    assert page.evaluate("1") == 1  # what the click began has been told by now
    assert (len(held), chosen) == (1, [])
    page.route(re.compile("/run/$"), lambda route: route.continue_())
    held[0].continue_()

    expect(count(page)).to_have_attribute("data-count", "20")
    expect(page.get_by_test_id("preflight")).to_have_attribute("data-targets", "20")
    expect(page.get_by_role("button", name="Run on 20 instances")).to_be_enabled()


def test_over_the_command_s_own_page_the_panel_changes_itself_alone(show, command):
    page = show(panel_url(command).removesuffix("run/"))
    page.get_by_role("link", name="Run restart-service").click()
    panel = page.get_by_role("dialog")
    ids = "[...document.querySelectorAll('[id]')].map(element => element.id)"

    panel.get_by_role("textbox", name="service", exact=True).fill("nginx")
    expect(panel.get_by_text("parameters filled in").or_(panel.get_by_text("1 parameter missing"))).to_be_visible()

    found = page.evaluate(ids)
    assert sorted(found) == sorted(set(found))
    expect(page.locator("#saved-content")).to_contain_text("systemctl restart {{service}}")
    expect(panel.get_by_test_id("command-content")).to_contain_text("systemctl restart nginx")


def test_a_long_script_is_unfolded_by_its_person_alone(panel, command):
    command.content += "echo\n" * 20
    command.save()
    page = panel()
    script = content(page)
    expect(script).to_have_class(re.compile("clipped"))

    page.get_by_role("textbox", name="service", exact=True).fill("nginx")
    page.get_by_role("textbox", name="service", exact=True).blur()
    expect(page.get_by_test_id("preflight")).to_contain_text("All required parameters are filled in")
    expect(script).to_have_class(re.compile("clipped"))
    page.get_by_role("button", name=re.compile("^View command content")).click()
    page.get_by_role("textbox", name="service", exact=True).fill("NGINX")
    expect(page.get_by_test_id("preflight")).to_contain_text("service must look like")

    expect(script).not_to_have_class(re.compile("clipped"))
    expect(page.get_by_role("button", name=re.compile("^View command content"))).to_be_hidden()


# Running


def test_tokens_stay_tokens_when_something_is_wrong(panel):
    page = panel(**{"param-service": "NGINX"})
    search_box(page).fill("tag:env=prod")
    search_box(page).press("Enter")
    token = page.get_by_role("button", name="Remove filter tag:env=prod")
    expect(token).to_be_visible()
    box(page, "web-01").check()

    page.get_by_role("button", name="Run on 1 instance").click()

    expect(page.get_by_test_id("error-summary")).to_be_visible()
    expect(token).to_be_visible()
    expect(search_box(page)).to_have_value("")


def test_run_while_the_console_is_gone_says_so_once_where_it_is_seen(panel):
    page = panel(**{"param-service": "nginx", "param-token": "x", "param-note-empty": "on"})
    box(page, "web-01").check()
    run = page.get_by_role("button", name="Run on 1 instance")
    expect(run).to_be_enabled()
    page.route(re.compile("/run/$"), lambda route: route.abort())
    gone = page.get_by_role("alert").filter(has_text="The console can’t be reached.")

    run.click()
    expect(gone).to_be_focused()
    expect(gone).to_be_in_viewport()
    with page.expect_event("requestfailed"):
        run.click()

    expect(gone).to_be_focused()
    expect(gone).to_have_count(1)


def test_the_link_to_the_form_is_copied_and_seen_to_be(panel):
    page = panel()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    page.get_by_role("button", name="Copy link to this form").click()

    expect(page.locator("#flash").get_by_text("Opening it fills in this form and runs nothing")).to_be_visible()
    assert violations(page) == []


def test_the_language_changes_after_a_refusal_and_what_is_chosen_and_typed_stays(panel):
    page = panel()
    box(page, "web-01").check()
    page.get_by_role("textbox", name="Reason").fill("it is slow")
    page.get_by_role("button", name="Run on 1 instance").click()
    expect(page.get_by_test_id("error-summary")).to_contain_text("Enter a value for service")

    page.get_by_role("banner").get_by_role("button", name="中文").click()

    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(count(page)).to_have_attribute("data-count", "1")
    expect(page.get_by_role("textbox", name="执行说明")).to_have_value("it is slow")


def test_what_is_wrong_is_told_on_top_with_the_focus_on_it(panel):
    page = panel(**{"param-service": "NGINX"})
    page.get_by_role("textbox", name="Timeout (s)").fill("5")
    box(page, "web-01").check()

    page.get_by_role("button", name="Run on 1 instance").click()

    summary = page.get_by_test_id("error-summary")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name=re.compile("^The timeout must be")).click()
    expect(page.get_by_role("textbox", name="Timeout (s)")).to_be_focused()
    expect(page.get_by_role("textbox", name="Timeout (s)")).to_have_value("5")
    expect(page.get_by_role("button", name="Run on 1 instance")).to_be_visible()
    assert not Invocation.objects.exists()


def test_an_error_in_a_folded_part_unfolds_it(panel):
    page = panel(**{"param-service": "nginx", "container_name": "web"})
    box(page, "web-01").check()
    page.get_by_role("textbox", name="Container ID").fill("abc")
    page.locator("#advanced summary").click()

    page.get_by_role("button", name="Run on 1 instance").click()

    expect(page.locator("#id_container_id_error")).to_be_visible()


def test_B92_a_double_click_is_one_run(panel):
    page = panel(**{"param-service": "nginx"})
    box(page, "web-01").check()

    page.get_by_role("button", name="Run on 1 instance").dblclick()

    expect(page).to_have_url(re.compile(r"/runs/\d+/"))
    assert Invocation.objects.count() == 1


def test_the_rest_runs_when_somebody_stops_meanwhile(panel):
    page = panel(**{"param-service": "nginx"})
    box(page, "web-01").check()
    box(page, "web-02").check()
    expect(page.get_by_role("button", name="Run on 2 instances")).to_be_visible()
    Instance.objects.filter(name="web-01").update(status="stopped")

    page.get_by_role("button", name="Run on 2 instances").click()
    expect(page.get_by_text("1 of 2 can no longer run.")).to_be_visible()
    page.get_by_role("button", name="Run on the other 1").click()

    expect(page).to_have_url(re.compile(r"/runs/\d+/"))
    assert Invocation.objects.get().total == 1


def test_the_number_is_typed_for_a_large_selection(panel, settings, is_on_services):
    if is_on_services:
        pytest.skip("the web server is another process there, with settings of its own")
    settings.CONFIRM_ABOVE = 10
    page = panel(**{"param-service": "nginx"})
    page.get_by_role("button", name="Select all 20 that can run").click()
    page.get_by_role("button", name="Run on 20 instances").click()
    expect(page.get_by_test_id("error-summary")).to_contain_text("Type 20 exactly to run this.")

    page.get_by_role("textbox", name="Type 20 to run this.").fill("20")
    page.get_by_role("button", name="Run on 20 instances").click()

    expect(page).to_have_url(re.compile(r"/runs/\d+/"))


# The drawer


def test_escape_asks_before_what_was_typed_is_left(show, command):
    page = show("/r/cn-hangzhou/commands/")
    page.get_by_role("link", name="Run restart-service").click()
    heading = page.get_by_role("heading", name="Run command")
    expect(heading).to_be_focused()
    page.get_by_role("textbox", name="service", exact=True).fill("nginx")

    page.keyboard.press("Escape")
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("Leave without running?")
    question.get_by_role("button", name="Stay").click()
    expect(page.get_by_role("textbox", name="service", exact=True)).to_have_value("nginx")
    page.keyboard.press("Escape")
    question.get_by_role("button", name="Leave").click()

    expect(page).to_have_url(re.compile("/commands/$"))
    expect(heading).to_have_count(0)


def test_the_link_to_this_form_can_be_copied(panel, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = panel(**{"param-service": "nginx"})

    page.get_by_role("button", name="Copy link to this form").click()

    expect(page.get_by_test_id("live")).to_have_text(re.compile("Opening it fills in this form and runs nothing"))
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert "param-service=nginx" in copied


# Looks


@pytest.mark.parametrize("width", [1440, 1024, 768, 390])
def test_the_page_never_scrolls_sideways(panel, width):
    page = panel(**{"param-service": "x" * 300, "q": "web"})
    page.set_viewport_size({"width": width, "height": 900})

    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_in_viewport()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_panel_as_a_drawer_passes_axe(show, command, theme):
    for n in range(3):
        InstanceFactory(stopped=n == 1, silent=n == 2)
    page = show("/r/cn-hangzhou/commands/")
    page.emulate_media(color_scheme=theme)
    page.get_by_role("link", name="Run restart-service").click()
    expect(rows(page)).to_have_count(3)

    assert violations(page) == []


# Without script


def test_without_script_everything_typed_and_ticked_comes_along(browser: Browser, console, panel):
    panel(25)  # the rows, and somebody signed in elsewhere
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(console.sign_in_link("operator"))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="Run restart-service", exact=True).click()
    page.get_by_role("textbox", name="service", exact=True).fill("nginx")
    page.get_by_role("checkbox", name="web-01", exact=True).check()
    page.get_by_role("button", name="Page 2").click()
    page.get_by_role("checkbox", name="web-21", exact=True).check()
    page.get_by_role("textbox", name="Search instances").fill("web-0")
    page.get_by_role("button", name="Search", exact=True).first.click()
    expect(page.get_by_test_id("selection-count")).to_have_attribute("data-count", "2")
    page.get_by_role("checkbox", name="web-01", exact=True).uncheck()
    page.get_by_role("checkbox", name="web-02", exact=True).check()
    page.get_by_role("textbox", name="Execution user").press("Enter")  # looks at it, runs nothing
    expect(page.get_by_test_id("preflight")).to_have_attribute("data-targets", "2")
    page.get_by_role("button", name="Review selection").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Review selection")
    page.get_by_role("link", name="Back to the panel").click()
    expect(page.get_by_role("textbox", name="service", exact=True)).to_have_value("nginx")
    page.get_by_role("button", name="Run on 2 instances").click()

    expect(page).to_have_url(re.compile(r"/runs/\d+/"))
    names = Invocation.objects.get().targets.order_by("name").values_list("name", flat=True)
    assert list(names) == ["web-02", "web-21"]
