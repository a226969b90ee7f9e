"""One instance: its facts, and what ran on it, also after it is gone."""

from datetime import timedelta

import pytest
from django.urls import reverse

from invocations.models import Invocation, Output, Target
from tests.factories import CommandFactory, InstanceFactory, MirrorFactory, RegionFactory, now
from tests.invocations.pages import query, read
from tests.invocations.runs import a_run

pytestmark = pytest.mark.django_db
WEB = "i-bp1web"


@pytest.fixture(autouse=True)
def _region():
    RegionFactory()
    for kind in ("instances", "managed"):
        MirrorFactory(kind=kind)


def url(instance_id=WEB):
    return reverse("invocations:instance", args=["cn-hangzhou", instance_id])


def ran(name="restart-service", state="success", *, output=b"", instance_id=WEB, **fields):
    run = a_run({state: 1}, command=CommandFactory(name=name), **fields)
    target = run.targets.get()
    first_line = output.decode("utf-8", "replace").split("\n")[0]
    Target.objects.filter(pk=target.pk).update(instance_id=instance_id, first_line=first_line)
    Output.objects.create(target=target, content=output, is_complete=True)
    return run


def shown(response):
    return [int(row["data-run"]) for row in read(response).all("tr", data_run="")]


def test_facts_and_what_ran_there_newest_first(viewer):
    InstanceFactory(
        instance_id=WEB, name="hz-web-012", zone="cn-hangzhou-i", private_ip="10.20.1.40", tags={"env": "prod"}
    )
    older, newer = ran(output=b"ok\n"), ran("check-disk", "failed", output=b"97% used\n")
    ran(instance_id="i-bp1other")

    page = read(viewer.get(url()))

    assert page.one("h1").text == "hz-web-012"
    facts = page.one("section", aria_label="Facts").text
    for fact in ("Normal", "Alibaba Cloud Linux 3", "10.20.1.40", "cn-hangzhou-i", "env=prod"):
        assert fact in facts
    assert shown(viewer.get(url())) == [newer.pk, older.pk]
    first = page.all("tr", data_run="")[0]
    for text in ("check-disk", "Failed", "1", newer.person.username, "97% used"):
        assert text in first.text
    assert first.all("a")[0]["href"] == f"{newer.get_absolute_url()}?target={WEB}"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"q": "DISK"}, ["check-disk"]),
        ({"q": "97% USED"}, ["check-disk"]),
        ({"q": "_"}, []),
        ({"state": "failed"}, ["check-disk"]),
        ({"state": "'"}, ["restart-service", "check-disk"]),
        ({"from": "1h"}, ["restart-service"]),
        ({"from": "2026-02-30"}, ["restart-service", "check-disk"]),
    ],
)
def test_filters_narrow_what_ran_there(viewer, wanted, expected):
    InstanceFactory(instance_id=WEB)
    ran("check-disk", "failed", output=b"/dev/vda3 97% used\n", submitted_at=now() - timedelta(days=2))
    ran("restart-service", output=b"done\n", submitted_at=now())

    pks = shown(viewer.get(url(), wanted))

    assert [Invocation.objects.get(pk=pk).command_name for pk in pks] == expected


def test_a_released_instance_keeps_its_history(viewer):
    InstanceFactory(instance_id=WEB, status="released", released_at=now())
    run = ran()

    page = read(viewer.get(url()))

    assert "This instance was released; its history stays." in page.text
    assert shown(viewer.get(url())) == [run.pk]


def test_an_instance_the_console_no_longer_knows_has_its_name_of_then(viewer):
    run = ran()
    Target.objects.filter(invocation=run).update(name="hz-web-gone")

    page = read(viewer.get(url()))

    assert page.one("h1").text == "hz-web-gone"
    assert "This instance was released; its history stays." in page.text


def test_one_that_never_was_is_404(viewer):
    assert viewer.get(url("i-bp1nobody")).status_code == 404


def test_one_of_another_region_is_404(viewer):
    RegionFactory(region_id="cn-beijing")
    InstanceFactory(instance_id=WEB, region="cn-beijing")

    assert viewer.get(url()).status_code == 404


def test_nothing_ran_yet(viewer):
    InstanceFactory(instance_id=WEB)

    assert "Nothing has run here yet." in read(viewer.get(url())).text


def test_a_managed_instance_has_its_own_words(viewer):
    InstanceFactory(managed=True, instance_id="mi-hz01", name="office-1", registered_at=now())

    page = read(viewer.get(url("mi-hz01")))

    assert "Registered" in page.text
    assert page.all("a", href=reverse("instances:managed", args=["cn-hangzhou"]))


def test_many_runs_are_paged_by_key(viewer, django_assert_max_num_queries):
    InstanceFactory(instance_id=WEB)
    runs = [ran().pk for _ in range(60)]
    viewer.get(url())

    with django_assert_max_num_queries(14):
        first = viewer.get(url())
    (older,) = [link for link in read(first).all("a") if link.text == "Older"]

    assert shown(first) == runs[:-51:-1]
    assert shown(viewer.get(url() + "?" + query(older))) == runs[9::-1]


def test_a_filter_by_htmx_gets_only_the_table(viewer):
    InstanceFactory(instance_id=WEB)
    ran()

    page = read(viewer.get(url(), headers={"HX-Request": "true"}))

    assert page.all("html") == []
    assert len(page.all("table")) == 1


def test_the_rooms_own_words_are_no_instance_ids():
    assert reverse("instances:start", args=["cn-hangzhou"]) == "/r/cn-hangzhou/instances/start/"
    from django.urls import resolve

    assert resolve("/r/cn-hangzhou/instances/start/").view_name == "instances:start"
