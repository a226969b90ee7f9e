"""The region in the address."""

import pytest

from regions.models import Region
from tests.factories import RegionFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "region",
    ["cn-atlantis", "CN-HANGZHOU", "cn-hangzhоu", "cn-hangzhou１", "..%2f..%2fx", "a" * 300, "{region}", "%00", "cn.x"],
)
def test_B15_an_unknown_region_is_404_and_reaches_nobody(viewer, simulator, region: str) -> None:
    RegionFactory()

    response = viewer.get(f"/r/{region}/commands/")

    assert response.status_code in (400, 404)
    assert not simulator.journal.calls()


def test_B15_the_page_names_it(viewer) -> None:
    RegionFactory()

    page = viewer.get("/r/cn-atlantis/commands/").content.decode()

    assert "cn-atlantis isn’t a region of this account." in page


def test_B16_a_region_the_account_lost_is_as_good_as_unknown(viewer) -> None:
    RegionFactory(region_id="cn-lost", is_listed=False)
    RegionFactory()

    assert viewer.get("/r/cn-lost/commands/").status_code == 404


def test_a_deep_link_into_a_new_console_lists_the_regions_first(viewer, simulator) -> None:
    assert viewer.get("/r/cn-beijing/commands/").status_code == 200
    assert Region.objects.filter(pk="cn-beijing").exists()


def test_a_stranger_learns_nothing_about_regions(stranger) -> None:
    RegionFactory()

    answers = {stranger.get(f"/r/{region}/commands/").status_code for region in ("cn-hangzhou", "cn-atlantis")}

    assert answers == {302}
