"""The live fragment: nothing new costs nothing, what is new is the page's own markup, the end stops the polling."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from invocations import counting
from invocations.models import Invocation, Target
from tests.conftest import PersonClient
from tests.factories import PersonFactory, RegionFactory
from tests.invocations.pages import progress, read, rows
from tests.invocations.runs import a_run

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
BACKEND = "django.contrib.auth.backends.ModelBackend"
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@pytest.fixture(autouse=True)
def _region():
    RegionFactory()


def live(run, **query):
    return reverse("invocations:live", args=[run.region, run.pk], query=query)


def test_A96_nothing_new_is_204_after_a_handful_of_queries(operator, django_assert_max_num_queries):
    run = a_run({"running": 2})
    operator.get(live(run))

    with django_assert_max_num_queries(4):
        response = operator.get(live(run, v=str(run.version)), headers=HTMX)

    assert (response.status_code, response.content) == (204, b"")


def test_something_new_is_the_fragment_with_the_version_it_shows(operator):
    run = a_run({"running": 2})
    Invocation.objects.filter(pk=run.pk).update(version=run.version + 1)

    response = operator.get(live(run, v=str(run.version)), headers=HTMX)

    page = read(response)
    assert response.status_code == 200
    assert page.all("html") == []
    assert progress(page)["running"] == "2"
    assert f"v={run.version + 1}" in page.one(id="beat")["hx-get"]


def test_the_end_comes_with_286_and_without_a_further_beat(operator):
    run = a_run({"success": 2})

    response = operator.get(live(run, v="0"), headers=HTMX)

    assert response.status_code == 286
    assert read(response).all(id="beat") == []
    assert progress(read(response))["state"] == "success"


def test_the_fragment_keeps_the_filters_of_the_page_and_its_open_output(operator):
    run = a_run({"failed": 2, "running": 2}, outputs={"failed": b"no such unit\n"})
    target = run.targets.filter(state="failed").first()

    page = read(operator.get(live(run, v="0", state="failed", target=target.instance_id), headers=HTMX))

    assert {row["data-state"] for row in rows(page)} == {"failed"}
    assert page.one(data_testid="output").text == "no such unit"
    assert all("v=0" not in link["href"] for link in page.all("a") if "href" in link.attrs)


def test_the_fragment_shows_the_same_as_the_page(operator):
    run = a_run({"success": 3, "failed": 1, "running": 1})

    page = operator.get(run.get_absolute_url())
    fragment = operator.get(live(run, v="0"), headers=HTMX)

    assert progress(read(fragment)) == progress(read(page))
    assert [row.attrs for row in rows(read(fragment))] == [row.attrs for row in rows(read(page))]


def test_a_filter_by_htmx_gets_the_fragment_and_a_restored_history_the_page(operator):
    run = a_run({"success": 2})
    url = run.get_absolute_url()

    fragment = operator.get(url, headers=HTMX)
    restored = operator.get(url, headers=HTMX | {"HX-History-Restore-Request": "true"})

    assert read(fragment).all("html") == []
    assert len(read(restored).all("html")) == 1
    assert "HX-Request" in fragment["Vary"]


def test_the_fragment_brings_the_title_along(operator):
    run = a_run({"success": 1, "running": 1})

    title = read(operator.get(live(run, v="0"), headers=HTMX)).one("title")

    assert title.text.startswith(f"[sim] (1/2) {run.command_name} · #{run.pk}")


def test_waiting_too_long_for_a_worker_is_news_without_a_change_of_the_row(operator):
    run = a_run({"waiting": 2}, age=45)

    response = operator.get(live(run, v=str(run.version)), headers=HTMX)

    assert response.status_code == 200
    assert "No worker has picked this up" in read(response).text
    unclaimed = read(response).one(id="beat")["hx-get"].partition("v=")[2]
    assert operator.get(live(run, v=unclaimed), headers=HTMX).status_code == 204


def test_B97_a_run_that_is_gone_ends_the_polling(operator):
    run = a_run({"running": 1})
    address = live(run, v="1")
    Target.objects.filter(invocation=run).delete()
    run.batches.all().delete()
    run.delete()

    assert operator.get(address, headers=HTMX).status_code == 404


def test_what_a_screen_reader_is_told_changes_at_quarters_failures_and_the_end(operator):
    def milestone(**states):
        return progress(read(operator.get(a_run(states).get_absolute_url())))["milestone"]

    quiet = [milestone(success=1, running=9), milestone(success=2, running=8)]
    told = [milestone(success=3, running=7), milestone(success=2, failed=1, running=7), milestone(success=9, failed=1)]

    assert quiet[0] == quiet[1]
    assert len({quiet[0], *told}) == 4


def test_what_is_spoken_at_the_end_names_the_state_and_the_numbers(operator):
    run = a_run({"success": 9, "failed": 1})

    said = progress(read(operator.get(run.get_absolute_url())))["say"]

    assert said == f"Run #{run.pk} ended: Partially failed. 9 succeeded, 1 failed."


def test_INV14_a_page_that_is_open_calls_no_cloud(operator, simulator):
    run = a_run({"running": 2})
    simulator.reset()

    operator.get(run.get_absolute_url())
    for _ in range(20):
        operator.get(live(run, v="0"), headers=HTMX)

    assert simulator.journal.calls() == []


def test_A96_what_one_has_been_shown_costs_the_next_no_more_than_nothing_new(operator, django_assert_max_num_queries):
    run = a_run({"success": 3, "running": 2})
    others = PersonClient(PersonFactory(username="otto", role=Role.OPERATOR))
    others.get(run.get_absolute_url())
    first = operator.get(live(run, v="0"), headers=HTMX)

    with django_assert_max_num_queries(4):
        second = others.get(live(run, v="0"), headers=HTMX)

    assert _without_tokens(second) == _without_tokens(first)


def test_a_shared_fragment_is_shared_only_with_those_who_would_see_the_same(viewer, operator):
    run = a_run({"success": 3, "failed": 1, "running": 2})
    chinese = PersonClient(PersonFactory(username="chen", role=Role.OPERATOR, language="zh-hans"))
    operator.get(live(run, v="0"), headers=HTMX)

    assert "Run again" not in viewer.get(live(run, v="0"), headers=HTMX).content.decode()
    assert "Run again" not in chinese.get(live(run, v="0"), headers=HTMX).content.decode()
    assert {row["data-state"] for row in rows(read(operator.get(live(run, v="0", state="failed"), headers=HTMX)))} == {
        "failed"
    }


def test_a_form_of_a_shared_fragment_can_be_sent_by_each_who_got_it(operator):
    run = a_run({"success": 3, "failed": 1, "running": 2})
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(PersonFactory(username="otto", role=Role.OPERATOR), backend=BACKEND)
    operator.get(live(run, v="0"), headers=HTMX)
    token = _TOKEN.search(careful.get(live(run, v="0"), headers=HTMX).content.decode())[1]

    again = reverse("invocations:again", args=[run.region, run.pk])
    assert careful.post(again, {"which": "all", "csrfmiddlewaretoken": token}).status_code == 303
    assert careful.post(again, {"which": "all", "csrfmiddlewaretoken": "x" * 64}).status_code == 403


def test_a_page_that_shows_the_newest_is_not_sent_back_to_an_older_one(operator):
    run = a_run({"success": 3, "running": 2})
    operator.get(live(run, v="0"), headers=HTMX)
    Invocation.objects.filter(pk=run.pk).update(version=run.version + 1)

    shown = read(operator.get(live(run, v=str(run.version)), headers=HTMX))

    assert f"v={run.version + 1}" in shown.one(id="beat")["hx-get"]


def test_the_end_is_told_at_once_whatever_was_shown_a_moment_ago(operator):
    run = a_run({"success": 3, "running": 2})
    operator.get(live(run, v="0"), headers=HTMX)
    Target.objects.filter(invocation=run).update(state="success")
    counting.recount(run.pk)

    assert operator.get(live(run, v="0"), headers=HTMX).status_code == 286


def _without_tokens(response):
    return _TOKEN.sub("", response.content.decode())
