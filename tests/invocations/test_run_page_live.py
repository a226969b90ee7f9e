"""The live fragment: nothing new costs nothing, what is new is the page's own markup, the end stops the polling."""

import pytest
from django.urls import reverse

from invocations.models import Invocation, Target
from tests.factories import RegionFactory
from tests.invocations.pages import progress, read, rows
from tests.invocations.runs import a_run

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


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
