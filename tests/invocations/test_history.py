"""The history: filters in the address, pages by key, new runs announced and never pushed in."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from invocations.models import Invocation, OtherInvocation
from tests.factories import CommandFactory, PersonFactory, RegionFactory, now
from tests.invocations.pages import query, read
from tests.invocations.runs import a_run

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
URL = "/r/cn-hangzhou/runs/"


@pytest.fixture(autouse=True)
def _region():
    RegionFactory()


def shown(response):
    return [int(row["data-run"]) for row in read(response).all("tr", data_run="")]


@pytest.fixture
def listed(viewer):
    """The commands of the runs a query lists, newest first."""

    def ask(**wanted):
        wanted = {name.rstrip("_"): value for name, value in wanted.items()}
        return list(
            Invocation.objects.filter(pk__in=shown(viewer.get(URL, wanted)))
            .order_by("-pk")
            .values_list("command_name", flat=True)
        )

    return ask


def named(name, states=None, **fields):
    return a_run(states or {"success": 1}, command=CommandFactory(name=name), **fields)


def test_the_newest_run_comes_first_with_its_state_and_numbers(viewer):
    named("older")
    run = named("newer", {"success": 115, "failed": 5}, age=64)

    page = read(viewer.get(URL))

    first = page.all("tr", data_run="")[0]
    assert (first["data-run"], first["data-state"]) == (str(run.pk), "partialfailed")
    assert first.all("a")[0].text == f"#{run.pk}"
    for text in ("newer", "Partially failed", "115 / 120", run.person.username, "1:04"):
        assert text in first.text


def test_a_live_run_shows_how_many_have_ended(viewer):
    named("live", {"success": 20, "failed": 1, "running": 15})

    assert "21 / 36" in read(viewer.get(URL)).all("tr", data_run="")[0].text


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"q": "NGINX"}, ["nginx-reload"]),
        ({"q": "weekly"}, ["check-disk"]),
        ({"q": "%"}, []),
        ({"q": "\x00"}, []),
        ({"state": "failed"}, ["nginx-reload"]),
        ({"state": "failed,success"}, ["nginx-reload", "check-disk"]),
        ({"state": "nonsense"}, ["nginx-reload", "check-disk"]),
        ({"operator": "li.wei"}, ["check-disk"]),
        ({"operator": "nobody"}, []),
        ({"operator": "\x00' OR 1=1"}, []),
        ({"kind": "now"}, ["nginx-reload", "check-disk"]),
        ({"kind": "scheduled"}, []),
        ({"kind": "imported"}, ["nginx-reload", "check-disk"]),
        ({"from_": "1h"}, ["nginx-reload"]),
        ({"from_": "7d"}, ["nginx-reload", "check-disk"]),
        ({"from_": "today", "q": "nginx"}, ["nginx-reload"]),
    ],
)
def test_filters_narrow_the_list(listed, wanted, expected):
    named(
        "check-disk", person=PersonFactory(username="li.wei"), reason="weekly", submitted_at=now() - timedelta(days=2)
    )
    named("nginx-reload", {"failed": 1}, submitted_at=now())

    assert listed(**wanted) == expected


def test_a_run_is_found_by_number_task_id_and_instance(viewer):
    run, _other = named("a"), named("b")
    batch, target = run.batches.get(), run.targets.get()
    OtherInvocation.objects.create(batch=batch, invoke_id="t-hzsecond", found_at=now())

    for text in (f"#{run.pk}", str(run.pk), batch.invoke_id, "t-hzsecond", target.instance_id):
        assert run.pk in shown(viewer.get(URL, {"q": text}))
    assert shown(viewer.get(URL, {"q": "t-hznobody"})) == []
    assert shown(viewer.get(URL, {"q": "#" + "9" * 18})) == []


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2026-11-20", "2026-11-20", ["b"]),
        ("2026-11-20", "", ["c", "b"]),
        ("", "2026-11-20", ["b", "a"]),
        ("2026-11-21", "2026-11-30", ["c"]),
    ],
)
def test_days_are_whole_days(listed, since, until, expected):
    for name, day in (("a", "19T23:59"), ("b", "20T23:59"), ("c", "21T00:00")):
        run = named(name)
        Invocation.objects.filter(pk=run.pk).update(submitted_at=f"2026-11-{day}:00Z")

    assert listed(from_=since, to=until) == expected


@pytest.mark.parametrize(
    ("since", "until", "field"),
    [
        ("2026-02-30", "", "from"),
        ("yesterday", "", "from"),
        ("0000-01-01", "", "from"),
        ("10000-01-01", "", "from"),
        ("9999-12-31", "", "from"),
        ("", "x", "to"),
        ("2026-11-20", "2026-11-19", "to"),
        ("民國115年", "", "from"),
        ("２０２６-１１-２０", "", "from"),
    ],
)
def test_B69_a_wrong_time_is_told_at_its_field_and_filters_nothing(viewer, since, until, field):
    run = named("a")

    response = viewer.get(URL, {"from": since, "to": until})

    assert response.status_code == 200
    assert shown(response) == [run.pk]
    assert read(response).one("input", id=field)["aria-invalid"] == "true"


def test_B70_an_operator_who_is_not_there_is_still_shown_and_removable(viewer):
    named("a")

    page = read(viewer.get(URL, {"operator": "nobody"}))

    assert "No run matches these filters." in page.text
    assert [option["value"] for option in page.one("select", id="history-operator").all("option", selected="")] == [
        "nobody"
    ]
    assert URL in [link["href"] for link in page.all("a") if link.text == "Clear filters"]


def test_pages_go_by_key_and_back(viewer):
    runs = [named("x").pk for _ in range(120)]

    first = viewer.get(URL)
    older = viewer.get(URL + "?" + query(link(first, "Older")))
    oldest = viewer.get(URL + "?" + query(link(older, "Older")))
    back = viewer.get(URL + "?" + query(link(oldest, "Newer")))
    top = viewer.get(URL + "?" + query(link(back, "Newer")))

    assert shown(first) == runs[:-51:-1]
    assert shown(older) == runs[-51:-101:-1]
    assert shown(oldest) == runs[-101::-1]
    assert shown(back) == shown(older)
    assert shown(top) == shown(first)


def link(response, text):
    return next(one for one in read(response).all("a") if one.text == text)


def cursor_of(response):
    return query(link(response, "Older")).partition("before=")[2].replace("%3A", ":")


def test_a_run_that_comes_meanwhile_shifts_no_page(viewer):
    runs = [named("x").pk for _ in range(60)]
    first = viewer.get(URL)

    named("later")

    assert shown(viewer.get(URL, {"before": cursor_of(first)})) == runs[9::-1]


@pytest.mark.parametrize(
    "spoil", [lambda c: c[:-1] + "x", lambda c: "", lambda c: "1", lambda c: c * 50, lambda c: "%00"]
)
def test_B68_a_cursor_that_was_tampered_with_is_the_first_page_with_a_note(viewer, spoil):
    runs = [named("x").pk for _ in range(60)]
    cursor = spoil(cursor_of(viewer.get(URL)))

    response = viewer.get(URL, {"before": cursor})

    assert shown(response) == runs[:-51:-1]
    assert ("That page can’t be found any more" in read(response).text) == bool(cursor)


def test_B68_a_cursor_belongs_to_its_list_filters_and_person(viewer, operator):
    RegionFactory(region_id="cn-beijing")
    for _ in range(60):
        named("x")
    cursor = cursor_of(viewer.get(URL))

    for client, address, wanted in (
        (operator, URL, {}),
        (viewer, "/runs/", {}),
        (viewer, URL, {"q": "x"}),
    ):
        response = client.get(address, {**wanted, "before": cursor})
        assert "That page can’t be found any more" in read(response).text


def test_B68_a_cursor_ends_after_a_day(viewer, time_machine):
    runs = [named("x").pk for _ in range(60)]
    cursor = cursor_of(viewer.get(URL))

    time_machine.move_to(now() + timedelta(hours=25))
    viewer.force_login(viewer.person, backend="django.contrib.auth.backends.ModelBackend")

    assert shown(viewer.get(URL, {"before": cursor})) == runs[:-51:-1]


def test_new_runs_are_announced_not_pushed_in(viewer):
    run = named("a", {"running": 1})
    beat = read(viewer.get(URL)).one(id="beat")["hx-get"].replace("&amp;", "&")
    unchanged = viewer.get(URL + beat, headers=HTMX)

    for _ in range(3):
        named("b")
    response = viewer.get(URL + beat, headers=HTMX)

    assert unchanged.status_code == 204
    assert shown(response) == [run.pk]
    assert read(response).one(id="new-runs").text == "3 new runs · Show"
    assert read(response).all("html") == []


def test_a_live_row_that_moved_is_refreshed(viewer):
    run = named("a", {"running": 1})
    beat = read(viewer.get(URL)).one(id="beat")["hx-get"].replace("&amp;", "&")

    Invocation.objects.filter(pk=run.pk).update(state="success", version=run.version + 1, ended_at=now())

    assert "Succeeded" in read(viewer.get(URL + beat, headers=HTMX)).text


def test_older_pages_are_not_polled(viewer):
    for _ in range(60):
        named("x")

    assert read(viewer.get(URL, {"before": cursor_of(viewer.get(URL))})).all(id="beat") == []


def test_an_empty_region_offers_to_choose_a_command(viewer):
    page = read(viewer.get(URL))

    assert "Nothing has run in China (Hangzhou) yet." in page.text
    assert page.one("a", class_="btn primary")["href"] == reverse("commands:list", args=["cn-hangzhou"])
    assert page.all("form", id="history-filters") == []


def test_the_list_of_a_region_has_only_its_runs_and_the_one_of_all_has_all(viewer):
    RegionFactory(region_id="cn-beijing", name_en="China (Beijing)")
    here = named("here")
    there = a_run({"success": 1}, command=CommandFactory(name="there", region="cn-beijing"))

    assert shown(viewer.get(URL)) == [here.pk]
    assert shown(viewer.get("/runs/")) == [there.pk, here.pk]
    assert "cn-beijing" in read(viewer.get("/runs/")).all("tr", data_run="")[0].text


def test_all_regions_and_back_to_one_keep_the_filters(viewer):
    named("a")

    everywhere = viewer.get(URL, {"region": "all", "state": "failed"})
    back = viewer.get("/runs/", {"region": "cn-hangzhou", "state": "failed"})

    assert (everywhere.status_code, everywhere.url) == (303, "/runs/?state=failed")
    assert (back.status_code, back.url) == (303, f"{URL}?state=failed")
    assert viewer.get("/runs/", {"region": "cn-atlantis"}).status_code == 200


def test_the_strip_counts_days_and_marks_failures(viewer):
    today = now()
    for ago, states in ((0, {"success": 1}), (0, {"failed": 1}), (3, {"success": 1}), (89, {"success": 1}), (91, {})):
        named("x", states or {"success": 1}, submitted_at=today - timedelta(days=ago))

    strip = read(viewer.get(URL)).one("svg", class_="strip")

    squares = [rect["class"] for rect in strip.all("rect") if rect["class"] != "hit"]
    assert len(squares) == 90
    assert (squares[-1], squares[-4], squares[0], squares[-2]) == ("d4", "d2", "d2", "d0")
    assert len(strip.all("path")) == 1
    assert "4 runs, 1 with failures" in read(viewer.get(URL)).text
    weeks = strip.all("a")
    assert 13 <= len(weeks) <= 14
    assert weeks[-1]["aria-label"].startswith("Week of ")
    assert shown(viewer.get(URL + weeks[-1]["href"].replace("&amp;", "&")))[-2:] != []


def test_the_strip_counts_one_run_as_one(viewer):
    named("x", {"failed": 1}, submitted_at=now())

    strip = read(viewer.get(URL)).one("svg", class_="strip")

    assert "1 run, 1 with failures" in read(viewer.get(URL)).text
    assert ": 1 run, 1 with failures" in strip.all("a")[-1]["aria-label"]


def test_run_again_and_stop_are_for_operators(viewer, operator):
    live, over = named("a", {"running": 1}), named("b", {"failed": 1})
    stop = reverse("invocations:stop", args=["cn-hangzhou", live.pk])
    again = reverse("invocations:again", args=["cn-hangzhou", over.pk])

    for_operator, for_viewer = read(operator.get(URL)), read(viewer.get(URL))

    assert for_operator.all("a", href=stop)
    assert for_operator.all("form", action=again)
    assert not for_viewer.all("a", href=stop)
    assert not for_viewer.all("form", action=again)


def test_fifty_rows_take_a_handful_of_queries(viewer, django_assert_max_num_queries):
    for _ in range(55):
        named("x", {"success": 2, "failed": 1})
    viewer.get(URL)

    with django_assert_max_num_queries(13):
        response = viewer.get(URL)

    assert len(shown(response)) == 50
    assert len(response.content) < 300_000


def test_nobody_reads_the_history_without_signing_in():
    assert Client().get(URL).status_code == 302
    assert Client().get("/runs/").status_code == 302


def test_hostile_text_is_text(viewer):
    named("<script>alert(1)</script>", reason="x")

    page = read(viewer.get(URL, {"q": '"><script>alert(1)</script>'}))

    assert all("alert" not in script.text for script in page.all("script"))
    assert page.one("input", id="q")["value"] == '"><script>alert(1)</script>'
    assert 'Nothing matches “"><script>alert(1)</script>”.' in page.text


def test_a_commands_page_tells_its_runs_their_rate_and_median(viewer):
    command = CommandFactory(name="check-disk")
    for seconds, states in ((10, {"success": 2}), (20, {"success": 1}), (60, {"success": 1, "failed": 1})):
        run = a_run(states, command=command)
        Invocation.objects.filter(pk=run.pk).update(ended_at=run.submitted_at + timedelta(seconds=seconds))
    named("another")

    page = read(viewer.get(reverse("invocations:command_runs", args=["cn-hangzhou", command.cloud_id])))

    assert len(page.all("tr", data_run="")) == 3
    assert "67 %" in page.text
    assert "20 s" in page.text
    assert [square["aria-label"].partition(" ")[2] for square in page.one("dd", class_="squares").all("a")] == [
        "Succeeded",
        "Succeeded",
        "Partially failed",
    ]


def test_a_command_that_never_ran_says_so(viewer):
    command = CommandFactory()

    page = read(viewer.get(reverse("invocations:command_runs", args=["cn-hangzhou", command.cloud_id])))

    assert "This command has not run yet." in page.text
