"""A schedule in a real browser, in Chinese and dark: what is chosen is shown as it will come, and then it is there."""

import pytest
from playwright.sync_api import Page, expect

from invocations.models import Invocation
from tests.browser.accessibility import violations
from tests.factories import CommandFactory, InstanceFactory
from tests.invocations.panels import panel_url

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def browser_context_args(browser_context_args):
    return {**browser_context_args, "locale": "zh-CN", "color_scheme": "dark", "timezone_id": "Asia/Shanghai"}


def test_a_schedule_is_chosen_previewed_and_made(show) -> None:
    command = CommandFactory(name="rotate-logs")
    InstanceFactory(name="web-01")
    page: Page = show(panel_url(command))

    page.get_by_role("checkbox", name="web-01", exact=True).check()
    page.get_by_role("radio", name="定时执行").check(force=True)
    preview = page.get_by_test_id("schedule-preview")
    expect(preview).to_have_attribute("data-frequency", "0 0 3 * * ? Asia/Shanghai")
    page.get_by_label("重复").select_option("week")
    page.get_by_label("时间", exact=True).fill("02:30:00")
    expect(preview).to_contain_text("每星期一 02:30（Asia/Shanghai）")
    expect(preview.get_by_role("listitem")).to_have_count(5)
    assert violations(page) == []
    page.get_by_role("button", name="在 1 台实例上定时执行").click()

    page.wait_for_url("**/schedules/*/")
    expect(page.get_by_role("heading", level=1, name=command.name)).to_be_visible()
    assert Invocation.objects.get().frequency == "0 30 2 ? * MON Asia/Shanghai"
    page.get_by_role("navigation", name="主导航").get_by_role("link", name="定时任务").click()
    expect(page.get_by_role("table", name="定时任务")).to_contain_text("每星期一 02:30")
    assert violations(page) == []
