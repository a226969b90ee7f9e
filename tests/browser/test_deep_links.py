"""Addresses that point at a line: of an output that has it, of one that has not, of no line at all (B19)."""

import pytest
from playwright.sync_api import expect

ODD = ["#L99999", "#L0", "#L-1", "#L3-L99999999", "#L1e9", "#L", "#l2", "#L2%3Cscript%3E", "#%ZZ"]


@pytest.fixture
def target_page(show, standing):
    run = standing({"failed": 1}, outputs={"failed": b"one\ntwo\nthree\n"})
    return show(f"{run.get_absolute_url()}targets/{run.targets.get().instance_id}/")


def test_B19_a_line_past_the_end_is_ignored(target_page) -> None:
    faults = []
    target_page.on("pageerror", lambda fault: faults.append(fault))
    address = target_page.url
    marked = target_page.locator("pre#output .l.hit")
    target_page.goto(f"{address}#L2-L99999")
    expect(marked).to_have_count(2)  # what is there of the range

    for anchor in ODD:
        target_page.goto(address + anchor)
        expect(marked).to_have_count(0)
        target_page.reload()
        target_page.wait_for_selector("html[data-ready]", state="attached")
        expect(target_page.locator("pre#output")).to_contain_text("three")
        expect(marked).to_have_count(0)

    assert faults == []
