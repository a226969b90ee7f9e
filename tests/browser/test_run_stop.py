"""Stopping scripts that take their time, on a simulated cloud with the pace of a real one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pytest_django.fixtures import Settings

from tests.simulated_cloud import SimulatedCloud


@pytest.fixture
def simulator(tmp_path: Path, settings: Settings) -> Iterator[SimulatedCloud]:
    cloud = SimulatedCloud.start(tmp_path, pace=1)
    settings.CLOUD = "simulated"
    settings.ECS_ENDPOINT = settings.OOS_ENDPOINT = settings.STS_ENDPOINT = cloud.url
    settings.CLOUD_ACCESS_KEY_ID, settings.CLOUD_ACCESS_KEY_SECRET = cloud.access_key
    yield cloud
    cloud.close()


def test_stopping_a_real_run_stops_what_runs_and_tells_the_truth(show, submitted_run):
    run = submitted_run(3, "sleep 300")
    page = show(run.get_absolute_url())
    progress = page.get_by_test_id("run-progress")
    expect(progress).to_have_attribute("data-running", "3")

    page.get_by_role("link", name="Stop", exact=True).click()
    dialog = page.get_by_role("dialog", name=f"Stop run #{run.pk}?")
    expect(dialog).to_contain_text("3 are running and will be told to stop")
    expect(dialog.get_by_role("link", name="Keep running")).to_be_focused()
    dialog.get_by_role("button", name="Stop run").click()

    expect(progress).to_have_attribute("data-state", "stopped", timeout=30_000)
    expect(page.get_by_text("3 stopped.")).to_be_visible()
