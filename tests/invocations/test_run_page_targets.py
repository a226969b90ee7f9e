"""The Instances tab: the address decides what is listed, and nonsense in it shows the nearest valid view."""

from collections import Counter

import pytest
from django.urls import reverse

from invocations.models import Output, Target
from tests.factories import BatchFactory, InstanceFactory, RegionFactory
from tests.invocations.pages import query, read, rows
from tests.invocations.runs import a_run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _region():
    RegionFactory()


@pytest.fixture
def listed(operator):
    """The names of the instances a run page lists for a query."""

    def ask(run, **wanted):
        page = read(operator.get(reverse("invocations:run", args=[run.region, run.pk], query=wanted)))
        return [row.all("a")[0].text for row in rows(page)]

    return ask


@pytest.fixture
def named():
    """A run with one instance of each name, in its state."""

    def make(**states):
        run = a_run(Counter(states.values()))
        for name, state in states.items():
            target = run.targets.filter(state=state, name__startswith="hz-web").order_by("pk").first()
            Target.objects.filter(pk=target.pk).update(name=name, seconds=None)
        return run

    return make


def test_the_worst_come_first_then_the_slowest(listed, named):
    run = named(fine="success", queued="waiting", slow="failed", quick="failed", late="timeout", busy="running")
    run.targets.filter(name="slow").update(seconds=9.0)
    run.targets.filter(name="quick").update(seconds=1.0)

    assert listed(run) == ["slow", "quick", "late", "busy", "queued", "fine"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["a", "b", "c"]),
        ("-name", ["c", "b", "a"]),
        ("-duration", ["b", "c", "a"]),
        ("exit", ["a", "c", "b"]),
        ("-state", ["a", "c", "b"]),
    ],
)
def test_a_column_sorts_both_ways_and_what_is_missing_comes_last(listed, named, sort, expected):
    run = named(a="success", b="failed", c="success")
    for name, seconds, code in (("a", None, 0), ("b", 9.0, 1), ("c", 2.0, 0)):
        run.targets.filter(name=name).update(seconds=seconds, exit_code=code)

    assert listed(run, sort=sort) == expected


@pytest.mark.parametrize("sort", ["__class__", "-", "invocation__person__password", "name,state", "", "-pk", "Name"])
def test_B67_only_the_columns_of_the_table_sort(listed, named, sort):
    run = named(a="success", b="failed")

    assert listed(run, sort=sort) == ["b", "a"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"q": "WEB"}, ["web-2", "web-1"]),
        ({"q": "10.0.0.2"}, ["web-2"]),
        ({"q": "mysql is down"}, ["db-1"]),
        ({"q": "MYSQL"}, ["db-1"]),
        ({"q": "服务未启动"}, ["web-1"]),
        ({"q": "%"}, []),
        ({"q": "_"}, []),
        ({"q": "a\nb"}, []),
        ({"q": "web\x00"}, []),
        ({"exit": "3"}, ["db-1"]),
        ({"exit": "none"}, ["web-2"]),
        ({"exit": "0"}, ["web-1"]),
        ({"exit": "99999999999999999999"}, ["db-1", "web-2", "web-1"]),
        ({"code": "ExitCodeNonzero"}, ["db-1"]),
        ({"code": "Unheard"}, []),
        ({"batch": "2"}, ["web-1"]),
        ({"batch": "999999999"}, []),
        ({"batch": "x"}, ["db-1", "web-2", "web-1"]),
        ({"duration": "10-60"}, ["db-1"]),
        ({"duration": "-10"}, ["web-1"]),
        ({"duration": "20-"}, ["db-1"]),
        ({"duration": "ten"}, ["db-1", "web-2", "web-1"]),
        ({"tag": "env=prod"}, ["db-1"]),
        ({"tag": "env"}, ["db-1", "web-2"]),
        ({"tag": "env=prod", "state": "success"}, []),
        ({"state": "success,timeout"}, ["web-2", "web-1"]),
        ({"state": "'; drop"}, ["db-1", "web-2", "web-1"]),
    ],
)
def test_filters_narrow_the_list_and_odd_ones_are_as_good_as_none(listed, named, wanted, expected):
    run = named(**{"db-1": "failed", "web-2": "timeout", "web-1": "success"})
    failed, late, fine = (run.targets.get(name=name) for name in ("db-1", "web-2", "web-1"))
    Target.objects.filter(pk=failed.pk).update(exit_code=3, seconds=30.0, error_code="ExitCodeNonzero")
    Target.objects.filter(pk=late.pk).update(exit_code=None, private_ip="10.0.0.2")
    Target.objects.filter(pk=fine.pk).update(exit_code=0, seconds=2.0)
    run.targets.filter(pk=fine.pk).update(batch=BatchFactory(invocation=run, seq=2, accepted=True))
    Output.objects.create(target=failed, content=b"\x1b[31mMySQL is down\x1b[0m \xff\x00\n")
    Output.objects.create(target=fine, content="服务未启动".encode("gb18030"))
    InstanceFactory(instance_id=failed.instance_id, tags={"env": "prod"})
    InstanceFactory(instance_id=late.instance_id, tags={"env": "test"})

    assert listed(run, **wanted) == expected


def test_nothing_found_says_so_with_a_way_back(operator):
    run = a_run({"success": 2})

    page = read(operator.get(run.get_absolute_url(), {"q": "<script>alert(1)</script>"}))

    assert "Nothing matches “<script>alert(1)</script>”." in page.text
    assert "Clear filters" in [link.text for link in page.all("a", href=run.get_absolute_url())]


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("1", 1),
        ("2", 51),
        ("3", 101),
        ("0", 1),
        ("-1", 1),
        ("4", 101),
        ("abc", 1),
        ("1.5", 1),
        ("9" * 18, 101),
        ("٣", 1),
    ],
)
def test_B65_an_odd_page_is_the_nearest_valid_one_with_a_note(operator, asked, first):
    run = a_run({"success": 120})

    shown = read(operator.get(run.get_absolute_url(), {"page": asked, "sort": "name"}))

    assert rows(shown)[0].all("a")[0].text == f"hz-web-{first:03d}"
    assert ("There is no such page" in shown.text) == (asked not in ("1", "2", "3"))


@pytest.mark.parametrize(("per", "expected"), [("20", 20), ("100", 100), ("0", 50), ("10000", 50), ("all", 50)])
def test_B66_only_the_offered_page_sizes_count(operator, per, expected):
    run = a_run({"success": 120})

    assert len(rows(read(operator.get(run.get_absolute_url(), {"per": per})))) == expected


def test_an_open_row_is_marked_and_walks_to_its_neighbours(operator):
    run = a_run({"success": 3})
    first, second, third = run.targets.order_by("name").values_list("instance_id", flat=True)

    page = read(operator.get(run.get_absolute_url(), {"target": second, "sort": "name"}))

    (current,) = [row for row in rows(page) if row["class"] == "cur"]
    assert current["data-instance-id"] == second
    back, on = page.one("a", data_key="["), page.one("a", data_key="]")
    assert (f"target={first}" in query(back), f"target={third}" in query(on)) == (True, True)


def test_a_target_that_is_not_in_this_run_opens_nothing(operator):
    run = a_run({"success": 2})

    page = read(operator.get(run.get_absolute_url(), {"target": "i-somebodyelses"}))

    assert page.all("aside") == []
    assert len(rows(page)) == 2


def test_exit_codes_are_offered_with_their_numbers(operator):
    run = a_run({"success": 3, "failed": 2})

    options = [
        option.text for option in read(operator.get(run.get_absolute_url())).one("select", id="exit").all("option")
    ]

    assert options == ["Exit code: all", "0 (3)", "1 (2)", "no exit code"]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("NGINX", ["plain"]),
        ("a.c", ["dots"]),  # a text, no expression
        ("(a+)+$", []),
        ("100%", ["percent"]),
        ("100_", []),
        ("nginx ok\nsecond", ["plain"]),
        ("nginx\x00", []),
        ("ｎｇｉｎｘ", []),
    ],
)
def test_B72_what_is_searched_for_is_a_text(listed, named, q, expected):
    run = named(plain="success", dots="success", percent="success")
    outputs = {"plain": b"nginx ok\nsecond line\n", "dots": b"abc a.c\n", "percent": b"disk 100% full, 1000 files\n"}
    for name, content in outputs.items():
        Output.objects.update_or_create(
            target=run.targets.get(name=name), defaults={"content": content, "is_complete": True}
        )

    assert listed(run, q=q) == expected
