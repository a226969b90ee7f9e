"""Runs that the database lost are found in the cloud, and shown for what they are (A35)."""

import pytest
from django.urls import reverse

from consoleapp import tick
from consoleapp.models import Tick
from invocations import deployment, dispatch, sweeping
from invocations.models import Alarm, BatchState, Deployment, Draft, Found, Invocation
from invocations.schedules.timing import Timing
from tests.factories import MirrorFactory, RegionFactory, now
from tests.invocations.pages import read

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.VAR = tmp_path
    deployment.watch()
    MirrorFactory()


def forget(run: Invocation) -> str:
    """Its rows are lost; its InvokeId."""
    invoke_id = run.batches.get().invoke_id
    run.delete()
    return invoke_id


@pytest.fixture
def lost(submitted, work_until_quiet):
    run = submitted(targets=2, content="echo lost; exit 3")
    work_until_quiet()
    forget(run)
    sweeping.sweep()
    return Found.objects.get()


def test_A35_a_run_without_a_row_is_found_with_what_became_of_it(lost, simulator):
    (invoke_id,) = simulator.accepted()

    assert (lost.invoke_id, lost.is_ours, lost.content) == (invoke_id, True, "echo lost; exit 3")
    assert [told["state"] for told in lost.targets.values()] == ["failed", "failed"]
    assert [told["exit_code"] for told in lost.targets.values()] == [3, 3]
    assert Alarm.objects.get().detail == {"n": 1}


def test_A35_found_twice_it_is_one_row_and_one_alarm(lost):
    sweeping.sweep()

    assert (Found.objects.count(), Alarm.objects.count()) == (1, 1)


def test_a_schedule_without_a_row_is_shown_with_how_often_it_ran(submitted, operator):
    run = submitted(targets=1, timing=Timing("Period", "rate(1h)"))
    dispatch.dispatch(run.batches.get().pk)
    invoke_id = forget(run)

    sweeping.sweep()

    page = read(operator.get(reverse("invocations:schedule_elsewhere", args=["cn-hangzhou", invoke_id])))
    assert page.one("tr", data_state="scheduled").all("td")[2].text == "0"


def test_A35_a_batch_that_never_heard_its_answer_is_given_it(submitted, simulator, work_until_quiet, ran):
    run = submitted(targets=1)
    simulator.fault("InvokeCommand", "lose_after", times=1)
    dispatch.dispatch(run.batches.get().pk)

    sweeping.sweep()

    assert run.batches.get().state == BatchState.ACCEPTED
    assert not Found.objects.exists()
    work_until_quiet()
    assert sum(ran().values()) == 1


def test_A35_what_is_known_is_not_found(submitted, work_until_quiet):
    submitted(targets=1)
    work_until_quiet()

    sweeping.sweep()

    assert not Found.objects.exists()


def test_A22_another_deployment_s_runs_are_not_ours(submitted, work_until_quiet, settings):
    settings.DEPLOYMENT_ID = "another"
    run = submitted(targets=1)
    work_until_quiet()
    settings.DEPLOYMENT_ID = "ours"
    forget(run)

    sweeping.sweep()

    assert not Found.objects.exists()


def test_the_cloud_s_own_checks_are_no_runs(submitted, simulator, work_until_quiet):
    run = submitted(targets=1)
    work_until_quiet()
    forget(run)
    Found.objects.all().delete()
    listed = sweeping.gateway.list_invocations(sweeping.connection.current(), "cn-hangzhou")[0]

    assert sweeping._unknown("cn-hangzhou", [listed]) == [listed]
    listed.tags["console-check"] = "1"
    assert sweeping._unknown("cn-hangzhou", [listed]) == []


def test_a_region_that_cannot_be_asked_is_asked_again_soon(simulator, settings):
    assert sweeping.is_due()
    simulator.fault("DescribeInvocations", "throttle", times=50)

    sweeping.sweep()

    assert Deployment.objects.get().swept_at < now() - sweeping.EVERY + 2 * sweeping.SOONER


def test_the_tick_asks_for_it_at_the_start_and_once_an_hour(submitted, work_until_quiet, settings):
    run = submitted(targets=1)
    work_until_quiet()
    forget(run)
    Tick.objects.update_or_create(pk=1, defaults={"due_at": now()})

    assert tick.tick("me")
    assert Found.objects.count() == 1
    Found.objects.all().delete()
    Tick.objects.update(due_at=now())
    assert tick.tick("me")
    assert not Found.objects.exists()


def test_not_while_nobody_knows_whose_database_this_is():
    Deployment.objects.update(paused_at=now())

    assert not sweeping.is_due()


class TestPages:
    @pytest.fixture(autouse=True)
    def _region(self):
        RegionFactory()

    def url(self, found, name="found"):
        return reverse(f"invocations:{name}", args=[found.region, found.invoke_id])

    def test_it_stands_above_the_results_and_has_a_page(self, lost, viewer):
        listed = read(viewer.get(f"/r/{lost.region}/runs/"))
        assert listed.one("tr", data_found="yes").all("a", href=self.url(lost))
        assert "This console sent it, but its database has no record of it." in listed.text
        assert read(viewer.get(f"/r/{lost.region}/runs/?kind=found")).all("tr", data_found="yes")
        assert read(viewer.get("/runs/")).all("tr", data_found="yes")

        page = read(viewer.get(self.url(lost)))

        assert [row["data-state"] for row in page.all("tr", data_instance_id="")] == ["failed", "failed"]
        assert "echo lost; exit 3" in page.text
        assert page.all("form", action=self.url(lost, "found_ask")) == []

    def test_it_is_told_on_system_status(self, lost, viewer):
        assert "1 invocations were found in the cloud" in read(viewer.get("/system/")).text

    def test_an_operator_asks_once_more(self, lost, operator):
        Found.objects.update(state="running", targets={})

        response = operator.post(self.url(lost, "found_ask"), follow=True)

        assert "This is how it stands in the cloud now." in read(response).text
        assert [told["state"] for told in Found.objects.get().targets.values()] == ["failed", "failed"]

    def test_one_that_the_cloud_forgot_stays_as_it_was(self, lost, operator, simulator):
        simulator.forget_invocation(lost.invoke_id)

        response = operator.post(self.url(lost, "found_ask"), follow=True)

        assert f"The cloud no longer lists {lost.invoke_id}." in read(response).text
        assert len(Found.objects.get().targets) == 2

    def test_an_operator_stops_what_still_runs(self, submitted, simulator, operator):
        run = submitted(targets=1, content="while true; do :; done")
        dispatch.dispatch(run.batches.get().pk)
        found_id = forget(run)
        sweeping.sweep()
        found = Found.objects.get(invoke_id=found_id)

        operator.post(self.url(found, "found_stop"))

        (call,) = simulator.journal.calls("StopInvocation")
        assert call.invoke_id in ("", found_id)

    def test_run_again_opens_the_panel_with_its_script_and_instances(self, lost, operator):
        response = operator.post(self.url(lost, "found_again"))

        draft = Draft.objects.get()
        assert (response.status_code, response.url) == (303, f"/r/{lost.region}/run/?draft={draft.pk}")
        assert draft.fields["content"] == "echo lost; exit 3"
        assert set(draft.chosen) == set(lost.targets)
