"""A rollout in a real browser, in Chinese and in the dark: its plan, a gate, a limit that pauses it, and the stop."""

import re

from playwright.sync_api import expect

from tests.browser.accessibility import violations


def test_waves_are_planned_let_go_paused_by_their_failures_and_stopped(new_context, console, simulator):
    page = new_context(locale="zh-CN", color_scheme="dark").new_page()
    page.goto(console.sign_in_link("operator"))
    page.get_by_role("button", name="登录", exact=True).click()
    commands = page.get_by_role("searchbox", name="搜索命令")
    commands.fill("check-disk")
    commands.press("Enter")
    expect(page).to_have_url(re.compile(r"\?q=check-disk"))
    page.get_by_role("link", name="执行 check-disk-usage", exact=True).click()
    page.get_by_role("textbox", name="threshold", exact=True).fill("1")
    box = page.get_by_role("region", name="选择实例", exact=True).get_by_role("combobox", name="搜索实例")
    box.fill("name:hz-web-00*")
    box.press("Enter")
    page.get_by_role("button", name="选择全部 7 台可执行的实例").click()

    plan = page.get_by_role("region", name="执行计划")
    plan.get_by_role("radio", name="分轮执行").check(force=True)
    plan.get_by_role("textbox", name="每轮实例数").fill("2")
    plan.get_by_role("radio", name="每轮后等待我确认").check()
    plan.get_by_role("textbox", name="失败超过此数量时停止").fill("3")
    plan.get_by_role("radio", name="暂停", exact=True).check(force=True)
    expect(page.get_by_test_id("wave-plan")).to_have_attribute("data-waves", "2,2,2,1")
    expect(page.get_by_test_id("wave-plan")).to_have_attribute("data-limits", "3,3,3,3")
    expect(plan.get_by_role("textbox", name="失败超过此数量时暂停")).to_have_value("3")
    assert violations(page) == []
    page.get_by_role("button", name="在 7 台实例上执行").click()

    gate = page.get_by_test_id("gate")
    expect(gate).to_have_attribute("data-why", "manual")
    expect(gate).to_contain_text("第 1 轮（共 4 轮）完成：2 台失败。")
    expect(page.get_by_test_id("run-progress")).to_have_attribute("data-state", "paused")
    assert violations(page) == []
    gate.get_by_role("button", name="继续", exact=True).click()

    expect(gate).to_have_attribute("data-why", "limit")
    expect(gate).to_contain_text("第 2 轮已自动暂停：失败 4 台，超过 3 台")
    expect(gate.get_by_role("link", name="查看失败的 4 台")).to_be_visible()
    gate.get_by_role("button", name="到此停止").click()

    expect(gate).to_have_count(0)
    waves = page.get_by_test_id("wave")
    expect(waves.nth(3)).to_have_attribute("data-state", "cancelled")
    expect(page.get_by_role("heading", level=1)).to_have_text("check-disk-usage")
    expect(page.get_by_text(re.compile("第 2 轮已自动暂停"))).to_have_count(0)
    assert sorted(len(call.instance_ids) for call in simulator.journal.calls("InvokeCommand")) == [2, 2]
