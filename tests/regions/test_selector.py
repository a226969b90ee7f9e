"""Choosing a region, as a page and as the inside of a dialog."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from regions.initials import initials
from regions.models import Mirror, MirrorKind, Region
from tests.factories import MirrorFactory, RegionFactory

URL = "/regions/"
HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def regions() -> None:
    MirrorFactory(region="", kind=MirrorKind.REGIONS)
    RegionFactory(instance_count=262, managed_count=14)
    RegionFactory(region_id="cn-beijing", name_en="China (Beijing)", name_zh="华北2（北京）", instance_count=1)
    RegionFactory(
        region_id="eu-central-1", name_en="Germany (Frankfurt)", name_zh="德国（法兰克福）", has_managed=False
    )


def groups_on(response) -> dict[str, list[str]]:
    page = response.content.decode()
    parts = re.split(r"<h3>([^<]+)</h3>", page)[1:]
    return {
        title: re.findall(r'<span class="mono">([^<]+)</span></span>', rows)
        for title, rows in zip(parts[::2], parts[1::2], strict=True)
    }


@pytest.mark.usefixtures("regions")
def test_regions_stand_in_groups_with_both_lines(viewer) -> None:
    response = viewer.get(URL)

    assert groups_on(response) == {
        "Recent": ["cn-hangzhou"],
        "China": ["cn-beijing"],
        "Other regions": ["eu-central-1"],
    }
    page = response.content.decode()
    for text in ("262 instances", "14 managed", "1 instance<", "no managed instances"):
        assert text in page


@pytest.mark.usefixtures("regions")
def test_names_are_the_cloud_s_own_in_the_language_of_the_page(viewer) -> None:
    page = viewer.get(URL, headers={"Accept-Language": "zh-CN"}).content.decode()

    assert "华北2（北京）" in page
    assert "选择地域" in page


@pytest.mark.usefixtures("regions")
def test_the_dialog_gets_its_inside_alone(viewer) -> None:
    page = viewer.get(URL, headers=HTMX).content.decode()

    assert "<html" not in page
    assert 'aria-label="Search regions"' in page
    assert "data-nothing" in page


@pytest.mark.usefixtures("regions")
def test_a_row_is_found_by_both_names_the_id_and_initials(viewer) -> None:
    page = viewer.get(URL, headers=HTMX).content.decode()

    (words,) = re.findall(r'data-words="([^"]*cn-beijing[^"]*)"', page)
    for word in ("beijing", "北京", "华北", "hb2bj", "bj"):
        assert word in words


@pytest.mark.usefixtures("regions")
@pytest.mark.parametrize(
    ("view", "target"),
    [
        ("", "/r/cn-beijing/commands/"),
        ("commands:list", "/r/cn-beijing/commands/"),
        ("commands:public", "/r/cn-beijing/commands/public/"),
        ("commands:detail", "/r/cn-beijing/commands/"),
        ("invocations:panel", "/r/cn-beijing/commands/"),
        ("invocations:run", "/r/cn-beijing/runs/"),
        ("invocations:history", "/r/cn-beijing/runs/"),
        ("invocations:instance", "/r/cn-beijing/instances/"),
        ("instances:list", "/r/cn-beijing/instances/"),
        ("instances:managed", "/r/cn-beijing/managed-instances/"),
        ("accounts:profile", "/r/cn-beijing/commands/"),
        ("'><script>", "/r/cn-beijing/commands/"),
    ],
)
def test_choosing_leads_to_the_same_kind_of_page(viewer, view: str, target: str) -> None:
    assert f'href="{target}"' in viewer.get(URL, {"to": view}).content.decode()


@pytest.mark.usefixtures("regions")
def test_the_browser_remembers_the_last_five_regions(viewer) -> None:
    for n in range(6):
        RegionFactory(region_id=f"cn-{n}", name_en=f"R{n}")
        viewer.get(f"/r/cn-{n}/commands/")

    assert groups_on(viewer.get(URL))["Recent"] == ["cn-5", "cn-4", "cn-3", "cn-2", "cn-1"]
    assert viewer.get("/").url == "/r/cn-5/commands/"


@pytest.mark.usefixtures("regions")
def test_B10_remembering_writes_nothing_on_this_side(viewer) -> None:
    for kind in MirrorKind:
        MirrorFactory(region="cn-beijing", kind=kind)

    with CaptureQueriesContext(connection) as queries:
        viewer.get("/r/cn-beijing/commands/")

    written = [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert not [sql for sql in written if "django_session" not in sql]


@pytest.mark.usefixtures("regions")
@pytest.mark.parametrize("cookie", ["cn-atlantis", "../x.cn-beijing", "." * 200, "cn-beijing." * 500, "<script>"])
def test_a_cookie_that_somebody_wrote_does_no_harm(viewer, cookie: str) -> None:
    viewer.cookies["regions"] = cookie

    assert viewer.get(URL).status_code == 200
    assert viewer.get("/").url in ("/r/cn-hangzhou/commands/", "/r/cn-beijing/commands/")


@pytest.mark.usefixtures("regions")
def test_a_region_that_could_not_be_reached_says_so(viewer) -> None:
    MirrorFactory(region="cn-beijing", kind=MirrorKind.INSTANCES, failed_at=timezone.now(), error_kind="Unreachable")

    assert "unreachable" in viewer.get(URL).content.decode()


def test_the_list_comes_from_the_cloud_in_both_languages(viewer, simulator) -> None:
    viewer.get(URL)

    hangzhou = Region.objects.get(pk="cn-hangzhou")
    assert (hangzhou.name_en, hangzhou.name_zh, hangzhou.has_managed) == ("China (Hangzhou)", "华东1（杭州）", True)
    assert not Region.objects.get(pk="eu-central-1").has_managed
    assert len(simulator.journal.calls("DescribeRegions")) == 2


def test_a_region_the_cloud_no_longer_names_is_no_choice(viewer, simulator) -> None:
    RegionFactory(region_id="cn-gone")

    page = viewer.get(URL).content.decode()

    assert "cn-gone" not in page
    assert viewer.get("/r/cn-gone/commands/").status_code == 404


def test_without_the_cloud_the_last_known_list_is_shown(viewer, simulator) -> None:
    RegionFactory()
    simulator.fault("DescribeRegions", "forbid")

    page = viewer.get(URL).content.decode()

    assert "The list of regions can’t be loaded; showing the last known one." in page
    assert "cn-hangzhou" in page


def test_who_comes_first_waits_for_the_list(viewer, simulator) -> None:
    assert viewer.get("/").url == "/r/cn-hangzhou/commands/"


def test_without_any_region_one_is_led_to_the_list_which_says_why(viewer, simulator) -> None:
    simulator.fault("DescribeRegions", "forbid")

    assert viewer.get("/").url == "/regions/"
    assert "lack ecs:DescribeRegions" in viewer.get(URL).content.decode()


def test_quotas_are_copied(simulator, viewer) -> None:
    RegionFactory(daily_quota=None)

    viewer.get("/r/cn-hangzhou/commands/")

    region = Region.objects.get()
    assert (region.daily_quota, region.command_quota) == (5000, 500)
    assert Mirror.objects.of("cn-hangzhou", MirrorKind.QUOTA).refreshed_at


def test_initials_of_every_region_are_known(simulator, viewer) -> None:
    viewer.get(URL)

    for name in Region.objects.values_list("name_zh", flat=True):
        assert len(initials(name)) == sum(sign.isalnum() for sign in name), name
    assert initials("华东1（杭州）") == "hd1hz"
