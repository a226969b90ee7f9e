"""The lists of instances and managed instances, as pages."""

import re
from copy import copy
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from instances.models import Instance
from regions.models import MirrorKind
from tests.factories import (
    HANGZHOU,
    BatchFactory,
    InstanceFactory,
    InvocationFactory,
    MirrorFactory,
    RegionFactory,
    TargetFactory,
)

URL = "/r/cn-hangzhou/instances/"
MANAGED = "/r/cn-hangzhou/managed-instances/"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> None:
    """Nothing has to be copied."""
    RegionFactory()
    for kind in MirrorKind:
        MirrorFactory(kind=kind)


def names(response) -> list[str]:
    return re.findall(r'aria-label="([^"]+)"></td>', response.content.decode())


def test_everybody_who_is_signed_in_sees_the_instances(viewer, operator, admin) -> None:
    InstanceFactory(name="web-1")

    assert [names(person.get(URL)) for person in (viewer, operator, admin)] == [["web-1"]] * 3


def test_a_stranger_is_led_to_the_sign_in_page(stranger) -> None:
    assert stranger.get(URL).status_code == 302


def test_a_row_says_what_its_machine_is(viewer) -> None:
    machine = InstanceFactory(name="web-1", private_ip="10.20.1.7", tags={"env": "prod"}, silent=True)

    page = viewer.get(URL).content.decode()

    assert f'data-instance-id="{machine.instance_id}" data-status="running" data-agent="abnormal"' in page
    for text in ("web-1", machine.instance_id, "10.20.1.7", "env=prod", "Abnormal", "Alibaba Cloud Linux 3"):
        assert text in page


def test_a_row_tells_what_ran_there_last(viewer) -> None:
    machine, idle = InstanceFactory(name="a"), InstanceFactory(name="b")
    for name, state in (("first", "success"), ("second", "failed")):
        run = InvocationFactory(command_name=name)
        TargetFactory(batch=BatchFactory(invocation=run), instance_id=machine.instance_id, state=state)
    elsewhere = InvocationFactory(command_name="elsewhere", region="cn-beijing")
    TargetFactory(batch=BatchFactory(invocation=elsewhere), instance_id=idle.instance_id)

    page = viewer.get(URL).content.decode()

    assert f'href="/r/cn-hangzhou/runs/{run.pk}/?target={machine.instance_id}"><bdi>second</bdi></a>' in page
    assert "Failed" in page
    assert "first" not in page
    assert "elsewhere" not in page


def test_managed_instances_have_a_list_of_their_own(viewer) -> None:
    InstanceFactory(name="ecs")
    InstanceFactory(name="edge", managed=True, public_ip="203.0.113.9", status="stopped")

    page = viewer.get(MANAGED)

    assert names(page) == ["edge"]
    assert "Offline" in page.content.decode()
    assert "203.0.113.9" in page.content.decode()
    assert names(viewer.get(URL)) == ["ecs"]


def test_a_region_without_managed_instances_says_where_there_are_some(viewer) -> None:
    RegionFactory(region_id="eu-central-1", name_en="Germany (Frankfurt)", has_managed=False)

    page = viewer.get("/r/eu-central-1/managed-instances/").content.decode()

    assert "Managed instances are not available in Germany (Frankfurt)." in page
    assert 'href="/r/cn-hangzhou/managed-instances/"' in page


def test_released_ones_are_shown_to_who_asks_for_them(viewer) -> None:
    InstanceFactory(name="gone", status="released", released_at=timezone.now())
    InstanceFactory(name="here")

    assert names(viewer.get(URL)) == ["here"]
    assert names(viewer.get(URL, {"q": "status:released"})) == ["gone"]


def test_a_search_narrows_the_list(viewer) -> None:
    for name, env in (("web-1", "prod"), ("web-2", "test"), ("db-1", "prod")):
        InstanceFactory(name=name, tags={"env": env})

    assert names(viewer.get(URL, {"q": "tag:env=prod web"})) == ["web-1"]


def test_select_fields_are_part_of_the_search(viewer) -> None:
    InstanceFactory(name="a", stopped=True)
    InstanceFactory(name="b", agentless=True)
    InstanceFactory(name="c", windows=True)

    assert names(viewer.get(URL, {"status": "stopped"})) == ["a"]
    assert names(viewer.get(URL, {"agent": "none"})) == ["b"]
    assert names(viewer.get(URL, {"os": "windows", "q": "c"})) == ["c"]
    assert names(viewer.get(URL, {"os": "windows", "q": "a"})) == []


def test_the_list_is_sorted_by_the_column_asked_for(viewer) -> None:
    for name, traits in (("b", {}), ("a", {"stopped": True}), ("c", {"agentless": True})):
        InstanceFactory(name=name, **traits)

    assert names(viewer.get(URL)) == ["a", "b", "c"]
    assert names(viewer.get(URL, {"sort": "-name"})) == ["c", "b", "a"]
    assert names(viewer.get(URL, {"sort": "-status"}))[0] == "a"
    assert names(viewer.get(URL, {"sort": "agent"})) == ["c", "b", "a"]


def test_htmx_gets_the_rows_alone_and_the_address_that_goes_with_them(viewer) -> None:
    InstanceFactory(name="web-1")

    fragment = viewer.get(URL, {"q": "web", "agent": "", "status": "sleeping"}, headers={"HX-Request": "true"})
    typed = viewer.get(URL, {"q": "we"}, headers={"HX-Request": "true", "HX-Trigger-Name": "q"})

    assert names(fragment) == ["web-1"]
    assert "<html" not in fragment.content.decode()
    assert fragment.headers["HX-Push-Url"] == "/r/cn-hangzhou/instances/?q=web"
    assert typed.headers["HX-Replace-Url"] == "/r/cn-hangzhou/instances/?q=we"
    assert "HX-Request" in fragment.headers["Vary"]


def test_B25_what_is_searched_for_is_only_text(viewer) -> None:
    page = viewer.get(URL, {"q": "<script>alert(1)</script> {{7*7}} javascript:x"}).content.decode()

    assert "<script>alert" not in page
    assert "No instances match “&lt;script&gt;alert(1)&lt;/script&gt; {{7*7}} javascript:x”." in page
    assert "“javascript:” isn’t a filter; searched as text." in page


def test_B23_a_contradiction_is_told_beside_the_empty_list(viewer) -> None:
    InstanceFactory(tags={"env": "prod"})

    page = viewer.get(URL, {"q": "tag:env=prod tag:env=test"}).content.decode()

    assert "No instance can match both tag:env=prod and tag:env=test." in page


@pytest.mark.parametrize("q", ["", "a", "*", "%", "_", "\\", "'", '"', "\x00", "１", "é" * 2000])
def test_B21_any_search_has_an_answer(viewer, q: str) -> None:
    assert viewer.get(URL, {"q": q}).status_code == 200


def test_B21_a_search_that_is_too_long_is_refused_and_kept(viewer) -> None:
    InstanceFactory(name="web-1")

    response = viewer.get(URL, {"q": "x" * 5000})

    assert response.status_code == 422
    assert "x" * 5000 in response.content.decode()
    assert "longer than 2,000 characters" in response.content.decode()
    assert names(response) == []


@pytest.mark.parametrize(
    ("query", "notice"),
    [
        ("status=sleeping", "“sleeping” isn’t a choice of this filter"),
        ("status=sleeping&status=running", "“sleeping” isn’t a choice of this filter"),
        ("status=", None),
        ("agent=%00", "isn’t a choice of this filter"),
        ("os=linux&os=linux", "“linux” isn’t a choice of this filter"),
    ],
)
def test_B27_a_useless_filter_is_left_out_with_a_notice(viewer, query: str, notice: str | None) -> None:
    InstanceFactory(name="web-1")

    response = viewer.get(f"{URL}?{query}")

    assert response.status_code == 200
    assert names(response) == ["web-1"]
    assert (notice or "web-1") in response.content.decode()
    assert ("isn’t a choice" in response.content.decode()) == (notice is not None)


def test_B27_the_page_knows_the_address_of_what_it_shows(viewer) -> None:
    InstanceFactory(name="web-1")

    page = viewer.get(URL, {"q": "web", "status": "sleeping", "sort": "x", "page": "9"}).content.decode()

    assert 'data-in-force="/r/cn-hangzhou/instances/?q=web"' in page
    assert "sleeping" not in "".join(re.findall(r'href="[^"]*"', page))


@pytest.mark.parametrize("number", ["0", "-1", "abc", "1.5", str(10**18), "99", "9" * 5000, "", "0x1"])
def test_B65_an_odd_page_becomes_the_nearest_one(viewer, number: str) -> None:
    InstanceFactory.create_batch(25)

    with CaptureQueriesContext(connection) as queries:
        response = viewer.get(URL, {"page": number})

    last = number.isdecimal() and int(number[:10]) > 1
    assert response.status_code == 200
    assert len(names(response)) == (5 if last else 20)
    assert "There is no page" in response.content.decode()
    assert max(int(n) for query in queries for n in re.findall(r"OFFSET (\d+)", query["sql"]) or ["0"]) <= 20


def test_B65_digits_of_any_script_are_digits(viewer) -> None:
    InstanceFactory.create_batch(25)

    assert len(names(viewer.get(URL, {"page": "２"}))) == 5


@pytest.mark.parametrize("size", ["0", "1", "10000", "-20", "text", "２０"])
def test_B66_an_odd_number_of_rows_becomes_the_default(viewer, size: str) -> None:
    InstanceFactory.create_batch(25)

    response = viewer.get(URL, {"per": size})

    assert (response.status_code, len(names(response))) == (200, 20)
    assert "rows; choose 20, 50, 100." in response.content.decode()


def test_the_browser_keeps_the_rows_a_page(viewer) -> None:
    InstanceFactory.create_batch(25)

    assert len(names(viewer.get(URL, {"per": "50"}))) == 25
    assert len(names(viewer.get(URL))) == 25


@pytest.mark.parametrize(
    "sort", ["__class__", "user__password", "-", "--name", "name,status", "pk", "tags", "-x" * 500]
)
def test_B67_only_the_columns_offered_can_sort(viewer, sort: str) -> None:
    InstanceFactory(name="b")
    InstanceFactory(name="a")

    response = viewer.get(URL, {"sort": sort})

    assert (response.status_code, names(response)) == (200, ["a", "b"])
    assert "can’t be sorted by" in response.content.decode()


def test_five_thousand_instances_take_as_few_queries_as_one(viewer) -> None:
    InstanceFactory(name="web-0000", tags={"env": "prod"})
    viewer.get(URL)
    with CaptureQueriesContext(connection) as few:
        viewer.get(URL, {"q": "tag:env=prod web"})
    one = InstanceFactory.build()
    rows = [copy(one) for _ in range(5000)]
    for n, row in enumerate(rows):
        row.name, row.instance_id = f"web-{n}", f"i-{n}"
    Instance.objects.bulk_create(rows, batch_size=500)

    with CaptureQueriesContext(connection) as many:
        response = viewer.get(URL, {"q": "web -tag:env=prod"})

    assert "of 5,000" in response.content.decode()
    assert len(many) <= len(few) <= 14


def test_the_page_says_how_fresh_it_is_and_starts_no_copy_of_a_fresh_one(viewer, simulator) -> None:
    MirrorFactory(kind=MirrorKind.INSTANCES)

    page = viewer.get(URL).content.decode()

    assert "As of <time" in page
    assert not simulator.journal.calls()


def test_opening_the_page_on_an_old_copy_makes_a_new_one(viewer, simulator) -> None:
    MirrorFactory(kind=MirrorKind.INSTANCES).delete()

    page = viewer.get(URL, {"q": "hz-web-001"})

    assert names(page) == ["hz-web-001"]


def test_refresh_copies_again_whatever_the_age(viewer, simulator) -> None:
    InstanceFactory(name="no longer there")
    for kind in (MirrorKind.INSTANCES, MirrorKind.MANAGED):
        mirror = MirrorFactory(kind=kind)
        mirror.refreshed_at = timezone.now() - timedelta(seconds=10)
        mirror.save()

    response = viewer.post("/r/cn-hangzhou/instances/refresh/")

    assert (response.status_code, response.url) == (302, URL)
    assert (
        len(simulator.instances(HANGZHOU, kind="ecs")) == Instance.objects.filter(kind="ecs", released_at=None).count()
    )


def test_B10_refreshing_is_no_matter_of_looking(viewer) -> None:
    assert viewer.get("/r/cn-hangzhou/instances/refresh/").status_code == 405


def test_A80_without_permission_the_page_says_which_is_missing_and_keeps_what_it_has(viewer, simulator) -> None:
    InstanceFactory(name="web-1")
    MirrorFactory(kind=MirrorKind.INSTANCES).delete()
    simulator.fault("DescribeInstances", "forbid")

    page = viewer.get(URL)

    assert names(page) == ["web-1"]
    assert "The console’s credentials lack ecs:DescribeInstances." in page.content.decode()


def test_A77_a_closed_region_shows_the_cloud_s_own_sentence(viewer, simulator) -> None:
    MirrorFactory(kind=MirrorKind.INSTANCES).delete()
    simulator.fault("DescribeInstances", "region_closed")

    page = viewer.get(URL).content.decode()

    assert "China (Hangzhou) isn’t available to this account:" in page


def test_an_empty_region_says_what_may_be_the_reason(viewer) -> None:
    page = viewer.get(URL).content.decode()

    assert "No instances in China (Hangzhou). If there should be some, the console’s credentials may lack" in page


def test_a_viewer_is_offered_no_action(viewer, operator) -> None:
    InstanceFactory()

    assert "/instances/start/" not in viewer.get(URL).content.decode()
    assert "/instances/start/" in operator.get(URL).content.decode()
