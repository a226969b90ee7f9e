"""A database that lost some time: nothing old is sent, and what ran meanwhile is found by the tag of its run (T12)."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db.models import F

from accounts.models import Role
from invocations import deployment, dispatch, due, stopping, trust
from invocations.models import Alarm, Attempt, Batch, BatchState, Deployment, Invocation
from tests.factories import PersonFactory, now
from tests.invocations.pages import read
from tests.invocations.restoring import Backup

pytestmark = pytest.mark.django_db(transaction=True)
A_DAY_LATER = timedelta(days=1)


@pytest.fixture(autouse=True)
def _strict_cloud(simulator, settings, tmp_path):
    """The cloud refuses old dates and used nonces, and a call with an unfit instance as a whole."""
    settings.VAR = tmp_path
    for rule in ("check_date", "check_nonce", "strict_targets"):
        simulator.rule(rule)
    deployment.watch()


@pytest.fixture
def restored(work_until_quiet):
    """Goes on until all is quiet, then puts the database back to the backup, and starts."""

    def restore(backup: Backup) -> None:
        work_until_quiet()
        deployment.watch()
        backup.restore()
        as_long_ago()
        deployment.watch()
        assert Deployment.objects.get().pause_reason == "restored"

    return restore


def as_long_ago() -> None:
    """The newest row of the backup, against the slack there is between a row and the mark."""
    Invocation.objects.update(submitted_at=F("submitted_at") - timedelta(seconds=5))
    Attempt.objects.update(started_at=F("started_at") - timedelta(seconds=5))


def once_each(run: Invocation) -> Counter[str]:
    return Counter(run.targets.values_list("instance_id", flat=True))


def let_time_pass() -> None:
    """Every request that was ever signed is too old by now."""
    for attempt in Attempt.objects.all():
        Attempt.objects.filter(pk=attempt.pk).update(
            started_at=attempt.started_at - A_DAY_LATER, send_by=attempt.send_by - A_DAY_LATER
        )
    Batch.objects.update(next_lookup_at=now())


def states_of(run: Invocation) -> Counter[str]:
    return Counter(run.targets.values_list("state", flat=True))


def test_A100_what_ran_after_the_backup_is_found_and_nothing_is_sent_again(
    submitted, restored, simulator, ran, work_until_quiet
):
    run = submitted(targets=60)
    restored(Backup())
    calls = len(simulator.journal.calls("InvokeCommand"))

    work_until_quiet()
    assert states_of(run) == {"waiting": 60}
    call_command("adoptdatabase")
    work_until_quiet()

    assert states_of(run) == {"success": 60}
    assert len(simulator.journal.calls("InvokeCommand")) == calls
    assert ran() == once_each(run)


def test_A100_children_that_were_split_off_in_the_lost_time_are_adopted(
    submitted, restored, simulator, ran, work_until_quiet
):
    run = submitted(targets=10)
    unfit = run.targets.first().instance_id
    simulator.stop_instance(unfit)
    restored(Backup())
    simulator.start_instance(unfit)

    call_command("adoptdatabase")
    let_time_pass()
    work_until_quiet()

    assert states_of(run) == {"success": 9, "unknown": 1}
    assert run.targets.get(state="unknown").instance_id == unfit
    assert ran() == once_each(run) - Counter([unfit])
    parent, child = run.batches.order_by("seq")
    assert (child.parent, child.state, child.targets.count()) == (parent, BatchState.FINISHED, 9)
    assert all(target.output.content for target in run.targets.filter(state="success"))


def test_A100_what_was_never_sent_ends_as_unknown_and_stays_unsent(
    submitted, simulator, ran, work_until_quiet, settings
):
    run = submitted(targets=2)
    backup = Backup()
    other = submitted(targets=1)
    work_until_quiet()
    deployment.watch()
    backup.restore()
    as_long_ago()
    Batch.objects.filter(invocation=run).update(client_token="0" * 32)  # the cloud's record of it is gone, too
    for invocation in simulator.accepted():
        simulator.forget_invocation(invocation)
    deployment.watch()

    call_command("adoptdatabase")
    let_time_pass()
    work_until_quiet()

    assert states_of(run) == {"unknown": 2}
    assert not Invocation.objects.filter(pk=other.pk).exists()
    batch = run.batches.get()
    dispatch.dispatch(batch.pk)
    assert sum(ran().values()) == 3  # two of this run, one of the other, all before the restore


def test_A100_a_copy_sends_nothing_until_it_is_adopted(submitted, settings, ran, work_until_quiet):
    run = submitted(targets=1)
    settings.DEPLOYMENT_ID = "staging"

    deployment.watch()
    due.hand_out()
    dispatch.dispatch(run.batches.get().pk)
    work_until_quiet()

    assert ran() == {}
    assert states_of(run) == {"waiting": 1}


def test_A100_an_adopted_copy_follows_what_the_original_had_sent(submitted, settings, simulator, ran, work_until_quiet):
    run = submitted(targets=2)
    dispatch.dispatch(run.batches.get().pk)
    settings.DEPLOYMENT_ID = "staging"
    deployment.watch()

    call_command("adoptdatabase")
    work_until_quiet()

    assert states_of(run) == {"success": 2}
    assert ran() == once_each(run)


@pytest.mark.parametrize("event", ["stop", "deadline"])
def test_A100_nothing_ends_as_never_sent_while_nobody_has_looked(event, submitted, restored, work_until_quiet):
    run = submitted(targets=1)
    restored(Backup())

    if event == "stop":
        stopping.request(run, PersonFactory(), "127.0.0.1")
    else:
        Batch.objects.update(send_deadline=now())
    work_until_quiet()
    assert states_of(run) == {"waiting": 1}
    call_command("adoptdatabase")
    work_until_quiet()

    assert states_of(run) == {"success": 1}


def test_A100_what_is_submitted_while_sending_is_paused_is_sent_afterwards(submitted, restored, ran, work_until_quiet):
    submitted(targets=1)
    restored(Backup())
    run = submitted(targets=3)

    call_command("adoptdatabase")
    work_until_quiet()

    assert states_of(run) == {"success": 3}
    assert max(ran().values()) <= 2  # the first machine is in both runs


def test_A100_restored_again_to_a_moment_at_which_it_had_been_paused(submitted, restored, ran, work_until_quiet):
    submitted(targets=1)
    restored(Backup())
    run = submitted(targets=1)
    paused = Backup()
    call_command("adoptdatabase")

    work_until_quiet()
    deployment.watch()
    paused.restore()
    as_long_ago()
    deployment.watch()
    call_command("adoptdatabase")
    work_until_quiet()

    assert states_of(run) == {"success": 1}
    assert set(ran().values()) == {2}  # once for each of the two runs


def test_a_mark_of_another_machine_does_not_pause_an_adopted_database_again(submitted, restored):
    submitted(targets=1)
    restored(Backup())
    mark = (deployment._mark_file()).read_text()
    call_command("adoptdatabase")
    deployment._mark_file().write_text(mark)

    deployment.watch()

    assert Deployment.objects.get().paused_at is None


def test_an_invocation_of_an_earlier_run_with_the_same_number_is_not_taken(
    submitted, restored, simulator, work_until_quiet
):
    run = submitted(targets=1)
    restored(Backup())
    Invocation.objects.filter(pk=run.pk).update(submitted_at=now() + timedelta(minutes=5))
    Deployment.objects.update(paused_at=now() + timedelta(minutes=6))

    call_command("adoptdatabase")
    let_time_pass()
    work_until_quiet()

    assert states_of(run) == {"unknown": 1}


@pytest.fixture
def promoted(monkeypatch):
    """What PostgreSQL says of its timeline; SQLite has none."""
    timeline = ["00000001"]
    monkeypatch.setattr(trust, "timeline", lambda: timeline[0])
    deployment.watch()
    return lambda: timeline.__setitem__(0, "00000002")


def test_A35_after_a_failover_what_was_due_is_looked_up_and_the_rest_goes_on(
    submitted, promoted, simulator, ran, work_until_quiet
):
    was_due, later = submitted(targets=2), submitted(targets=1)
    later.batches.update(hold_reason="quota", next_attempt_at=now() + timedelta(minutes=30))
    backup = Backup()
    dispatch.dispatch(was_due.batches.get().pk)
    backup.restore()
    promoted()
    dispatch.dispatch(was_due.batches.get().pk)  # a worker that is faster than the tick

    deployment.watch()
    later.batches.update(hold_reason="", next_attempt_at=now())
    work_until_quiet()

    assert len(simulator.journal.calls("InvokeCommand")) == 2
    assert states_of(was_due) == {"success": 2}
    assert states_of(later) == {"success": 1}
    assert Deployment.objects.get().paused_at is None
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.detail["runs"]) == ("restored", f"#{was_due.pk}")


def test_A35_the_first_look_at_a_timeline_distrusts_nothing(submitted, promoted):
    submitted(targets=1)

    deployment.watch()

    assert Deployment.objects.get().timeline == "00000001"
    assert not Attempt.objects.exists()


class TestPage:
    """S25: what an admin sees, and the two answers."""

    URL = "/system/unfinished/"

    @pytest.fixture
    def run(self, submitted, restored):
        run = submitted(targets=3)
        restored(Backup())
        return run

    def test_every_page_says_so_and_leads_admins_there(self, run, admin, operator):
        for client in (admin, operator):
            banner = read(client.get(run.get_absolute_url())).one("div", data_testid="restore-banner")
            assert "This database was restored or copied." in banner.text
        assert read(admin.get("/system/")).all("a", href=self.URL)
        assert read(operator.get("/system/")).all("a", href=self.URL) == []
        assert "Ask a team admin." in read(operator.get("/system/")).text

    def test_it_lists_what_is_unfinished(self, run, admin):
        page = read(admin.get(self.URL))

        row = page.one("tr", data_run=str(run.pk))
        assert [cell.text for cell in row.all("td")][4:6] == ["1", "3"]
        assert "this console had written until" in page.text

    def test_this_console_restored_looks_them_up_and_goes_on(self, run, admin, ran, work_until_quiet):
        response = admin.post(self.URL, {"origin": "restored", "confirm_text": "1"})
        assert (response.status_code, response.url) == (303, self.URL)
        assert "Looking up" in read(admin.get(self.URL)).text
        work_until_quiet()

        assert "3 instances found, 0 outcome unknown. Sending goes on." in read(admin.get(self.URL)).text
        assert ran() == once_each(run)
        notice = "Nothing of it is sent again; 3 instances were found in the cloud, 0 are not known."
        assert notice in read(admin.get(run.get_absolute_url())).text

    def test_a_copy_stays_off(self, run, admin, operator):
        response = admin.post(self.URL, {"origin": "copy", "confirm_text": "1"}, follow=True)

        deployment.watch()
        assert response.status_code == 200
        assert Deployment.objects.get().pause_reason == "kept"
        assert "This is a copy" in read(operator.get("/system/")).one("div", data_testid="restore-banner").text
        dispatch.dispatch(run.batches.get().pk)
        assert states_of(run) == {"waiting": 3}

    @pytest.mark.parametrize(
        "typed",
        [{}, {"origin": "restored"}, {"origin": "restored", "confirm_text": "2"}, {"origin": "?", "confirm_text": "1"}],
    )
    def test_without_a_choice_or_the_number_nothing_happens(self, typed, run, admin):
        response = admin.post(self.URL, typed)

        page = read(response)
        assert response.status_code == 422
        assert "There is a problem" in page.text
        assert page.one("input", name="confirm_text")["value"] == typed.get("confirm_text", "")
        assert Deployment.objects.get().paused_at is not None

    def test_while_sending_goes_on_there_is_nothing_to_answer(self, admin):
        assert admin.get(self.URL).status_code == 200
        assert admin.post(self.URL, {"origin": "restored", "confirm_text": "0"}).status_code == 303
        assert Deployment.objects.get().adopted_at is None

    @pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
    def test_nobody_else_gets_there(self, role, run, client):
        client.force_login(PersonFactory(role=role), backend="django.contrib.auth.backends.ModelBackend")

        assert client.get(self.URL).status_code == 404
        assert client.post(self.URL, {"origin": "restored", "confirm_text": "1"}).status_code == 404
