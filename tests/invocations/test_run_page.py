"""The run page: what it says of a run at rest and under way, and that it stays light however large the run."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from commands.models import Command
from invocations import counting
from invocations.models import Alarm, Batch, Deployment, Invocation, OtherInvocation, Target
from invocations.results.progress import Progress
from tests.factories import RegionFactory, now
from tests.invocations.pages import progress, query, read, rows
from tests.invocations.runs import a_run

pytestmark = pytest.mark.django_db
MIXED = {"success": 82, "failed": 2, "error": 1, "timeout": 1, "running": 12, "pending": 2, "waiting": 20}


@pytest.fixture(autouse=True)
def _region():
    RegionFactory()


def url(run: Invocation, name: str = "run") -> str:
    return reverse(f"invocations:{name}", args=[run.region, run.pk])


def test_progress_and_batches_say_what_the_rows_are(operator):
    run = a_run(MIXED)

    page = read(operator.get(url(run)))

    expected = {"state": "running", "total": "120", "finished": "86", "succeeded": "82", "failed": "3", "timeout": "1"}
    expected |= {"running": "14", "waiting": "20", "skipped": "0", "unknown": "0"}
    assert progress(page).items() >= expected.items()
    batches = page.all(data_testid="batch")
    assert [(batch["data-index"], batch["data-size"]) for batch in batches] == [("1", "50"), ("2", "50"), ("3", "20")]
    assert [batch["data-state"] for batch in batches] == ["finished", "running", "queued"]
    assert batches[0]["data-invoke-id"] == run.batches.get(seq=1).invoke_id
    assert page.one("h1").text == run.command_name


def test_INV6_the_counters_of_the_page_are_those_of_the_rows(operator):
    run = a_run({"success": 3, "skipped": 2, "unknown": 1, "unfollowed": 1, "stopped": 2, "cancelled": 1})

    shown = progress(read(operator.get(url(run))))

    assert (shown["succeeded"], shown["skipped"], shown["unknown"]) == ("3", "2", "2")
    assert int(shown["finished"]) == run.targets.at_rest().count() == int(shown["total"])


def test_the_bar_tells_everything_in_a_sentence(operator):
    run = a_run({"success": 82, "failed": 3, "timeout": 1, "running": 14, "waiting": 20})

    (bar,) = read(operator.get(url(run))).all("svg", role="img")

    assert bar["aria-label"] == "86 of 120 finished: 82 succeeded, 3 failed, 1 timed out, 14 running, 20 waiting"
    assert [rect["class"] for rect in bar.all("rect")] == ["t", "f-ok", "f-bad", "f-warn", "f-run", "f-neu"]


def test_a_state_the_api_adds_later_is_shown_as_it_came(operator):
    run = a_run({"success": 1, "frobnicating": 1})

    page = read(operator.get(url(run)))

    assert [row["data-state"] for row in rows(page)] == ["frobnicating", "success"]
    assert "frobnicating 1" in page.one("nav", class_="legend").text


def test_the_title_counts_while_the_run_is_live(operator):
    run = a_run({"success": 1, "running": 2})

    page = read(operator.get(url(run)))

    assert page.one("title").text == f"[sim] (1/3) {run.command_name} · #{run.pk} · Cloud Assistant Console"


def test_a_run_of_one_instance_opens_its_output_and_has_no_bar(operator):
    run = a_run({"success": 1}, outputs={"success": b"hello\n"})

    page = read(operator.get(url(run)))

    assert page.one(data_testid="output").text == "hello"
    assert page.all("svg", role="img") == []
    assert progress(page)["total"] == "1"
    assert len(page.all(data_testid="batch")) == 1


def test_time_left_is_told_once_a_tenth_and_ten_are_done(operator):
    early, later = a_run({"success": 9, "running": 81}, age=10), a_run({"success": 30, "running": 60}, age=10)

    assert Progress(early, now()).left is None
    assert Progress(later, now()).left == pytest.approx(20, abs=2)
    told = read(operator.get(url(later))).one(data_testid="run-progress").text
    assert re.search("About 2[0-9] s left", told)  # by the clock: a slow machine is a little later


def test_a_run_that_ended_says_how_long_it_took(operator):
    run = a_run({"success": 2}, age=64)

    assert "finished in 1 min 4 s" in read(operator.get(url(run))).one(data_testid="run-progress").text


@pytest.mark.parametrize(
    ("reason", "code", "sentence"),
    [
        ("throttled", "Throttling.User", "The cloud is slowing us down. Next try in 12 s."),
        ("unreachable", "Unreachable", "China (Hangzhou) can’t be reached. Tried 2 times, next try in 12 s."),
        ("quota", "Invocation.ExceedQuota", "Today’s quota of 5,000 calls in China (Hangzhou) is used up."),
        ("credentials", "InvalidAccessKeyId.NotFound", "doesn’t accept the console’s credentials (InvalidAccessKeyId"),
        ("permission", "Forbidden.RAM", "The console’s credentials lack the permission ecs:InvokeCommand."),
        ("account", "", "the run was started in 1234567890123456. Sending waits."),
    ],
)
def test_a_held_batch_says_why_and_when_it_is_tried_next(operator, reason, code, sentence):
    run = a_run({"waiting": 60})
    later = now() + timedelta(seconds=12.4)
    Batch.objects.filter(invocation=run, seq=1).update(hold_reason=reason, code=code, epoch=2, next_attempt_at=later)

    page = read(operator.get(url(run)))

    held, free = page.all(data_testid="batch")
    assert (held["data-state"], held["data-reason"], free["data-state"]) == ("held", reason, "queued")
    assert "next try" in held.text
    assert "After batch 1" in free.text
    notice = page.one(data_testid="held")
    assert (notice["data-reason"], notice["data-count"]) == (reason, "1")
    assert sentence in notice.text
    assert notice.text.count(code) == 1 or not code


def test_a_batch_being_sent_with_a_dead_lease_is_shown_as_being_checked(operator):
    run = a_run({"waiting": 2})
    Batch.objects.filter(invocation=run).update(
        state="sending", epoch=1, lease_until=now() - timedelta(seconds=1), next_attempt_at=now()
    )

    (batch,) = read(operator.get(url(run))).all(data_testid="batch")

    assert batch["data-state"] == "unsure"
    assert "Being checked with the cloud" in batch.text


def test_a_split_batch_says_in_which_one_it_goes_on(operator):
    run = a_run({"waiting": 60})
    parent, child = run.batches.order_by("seq")
    Batch.objects.filter(pk=parent.pk).update(state="rejected")
    Batch.objects.filter(pk=child.pk).update(parent=parent)

    first, _second = read(operator.get(url(run))).all(data_testid="batch")

    assert "Split; it goes on as batch 2" in first.text


def test_a_second_task_id_raises_a_red_bar_and_is_shown_on_its_batch(operator):
    run = a_run({"success": 2})
    batch = run.batches.get()
    OtherInvocation.objects.create(batch=batch, invoke_id="t-hzsecond", found_at=now())
    detail = {"first": batch.invoke_id, "second": "t-hzsecond"}
    Alarm.objects.create(kind="two-invocations", batch=batch, detail=detail, raised_at=now())

    page = read(operator.get(url(run)))

    alarm = page.one(data_testid="alarm")
    assert (alarm["data-alarm"], alarm["data-seen"], alarm["role"]) == ("two-invocations", "no", "alert")
    assert f"Batch 1 has two task IDs: {batch.invoke_id} and t-hzsecond." in alarm.text
    assert page.one(data_testid="batch")["data-other-invoke-id"] == "t-hzsecond"


def test_an_answer_that_came_late_is_told_on_its_batch(operator):
    run = a_run({"success": 2})
    run.batches.update(is_late=True)

    batch = read(operator.get(url(run))).one(data_testid="batch")

    assert batch["data-late"] == "yes"
    assert "Answer arrived late at" in batch.text


def test_a_run_nobody_picks_up_says_so_after_thirty_seconds(operator):
    young, old = a_run({"waiting": 2}, age=5), a_run({"waiting": 2}, age=45)

    assert "No worker has picked this up" not in read(operator.get(url(young))).text
    assert "No worker has picked this up for 4" in read(operator.get(url(old))).text


def test_a_restored_database_is_told_once(operator):
    waiting = a_run({"waiting": 2})
    Deployment.objects.update_or_create(pk=1, defaults={"deployment_id": "x", "paused_at": now()})

    assert read(operator.get(url(waiting))).text.count("This database was restored or copied.") == 1


def test_after_a_stop_the_page_tells_the_truth(operator):
    run = a_run({"success": 50, "stopped": 12}, age=60)
    stopped_at = run.submitted_at + timedelta(seconds=3)
    Invocation.objects.filter(pk=run.pk).update(stop_requested_at=stopped_at, stop_requested_by=operator.person)
    Target.objects.filter(invocation=run, state="success").update(finished_at=stopped_at - timedelta(seconds=1))
    two = list(run.targets.filter(state="success")[:2].values_list("pk", flat=True))
    Target.objects.filter(pk__in=two).update(finished_at=stopped_at + timedelta(seconds=1))

    assert "12 stopped, 2 had finished already." in read(operator.get(url(run))).text


@pytest.mark.parametrize(
    ("states", "word"),
    [
        ({"success": 3}, "success"),
        ({"success": 2, "stopped": 1}, "stopped"),
        ({"success": 2, "cancelled": 1}, "stopped"),
        ({"success": 2, "stopped": 1, "failed": 1}, "partialfailed"),
        ({"success": 2, "stopped": 1, "unknown": 1}, "unknown"),
        ({"failed": 1, "cancelled": 1}, "failed"),
    ],
)
def test_a_run_is_called_succeeded_only_where_all_of_it_has(states, word):
    assert counting.at_rest(states) == word


def test_a_stop_that_does_not_show_is_told_after_ten_minutes(operator):
    run = a_run({"success": 5, "stopping": 2}, age=1200)
    Invocation.objects.filter(pk=run.pk).update(stop_requested_at=now() - timedelta(minutes=11))

    assert "The stop was accepted, 2 instances still report Running." in read(operator.get(url(run))).text


def test_more_than_six_batches_are_a_table_worst_first(operator):
    run = a_run({"success": 8, "running": 2, "failed": 3, "success ": 0, "waiting": 3}, batch_size=2)

    page = read(operator.get(url(run)))

    table = page.all(data_testid="batch")
    assert [row.tag for row in table] == ["tr"] * 6
    assert [row["data-index"] for row in table][:2] == ["6", "5"]
    by_number = read(operator.get(url(run), {"batch_order": "number", "batch_page": "2"}))
    assert [row["data-index"] for row in by_number.all(data_testid="batch")] == ["7", "8"]


def test_batches_of_a_run_that_ended_fold_to_one_line(operator):
    run = a_run({"success": 60})

    fold = read(operator.get(url(run))).one("details", class_="batch-fold")

    assert "open" not in fold.attrs
    assert fold.one("summary").text == "2 batches · 2 finished"


def test_run_again_and_stop_are_not_there_for_a_viewer(viewer):
    run = a_run({"success": 1, "failed": 1, "running": 1})

    page = read(viewer.get(url(run)))

    assert "Run again" not in page.text
    assert page.all("a", href=url(run, "stop")) == []
    assert page.all("input", name="ids") == []


def test_the_primary_button_runs_again_on_what_failed_once_the_run_is_over(operator):
    live, over = a_run({"failed": 2, "timeout": 1, "running": 1}), a_run({"failed": 2, "timeout": 1, "success": 1})

    assert read(operator.get(url(live))).all("button", class_="btn primary") == []
    assert read(operator.get(url(over))).one("button", class_="btn primary").text == "Run again on 3 failed"


def test_run_again_is_there_where_the_command_is_gone(operator):
    run = a_run({"failed": 2})
    Command.objects.filter(pk=run.command_id).update(deleted_at=now())

    assert read(operator.get(url(run))).one("form", id="again-menu")


@pytest.mark.parametrize("path", ["", "live/", "stop/", "targets/i-bp1nobody/", "targets/i-bp1nobody/output.txt"])
def test_B18_a_run_of_another_region_and_one_that_is_not_there_are_the_same_404(operator, path):
    RegionFactory(region_id="cn-beijing")
    run = a_run({"success": 1})

    foreign = operator.get(f"/r/cn-beijing/runs/{run.pk}/{path}")
    missing = operator.get(f"/r/cn-hangzhou/runs/999999/{path}")

    assert (foreign.status_code, missing.status_code) == (404, 404)


@pytest.mark.parametrize("number", ["-1", "0", "1%20OR%201=1", "9" * 40, "9" * 5000, "٣", "1.5", "x"])
def test_B18_odd_run_numbers_are_404(operator, number):
    assert operator.get(f"/r/cn-hangzhou/runs/{number}/").status_code == 404


def test_C22_a_target_of_another_run_is_not_found_under_this_one(operator):
    run, other = a_run({"success": 1}), a_run({"success": 1})
    instance_id = other.targets.get().instance_id

    page = operator.get(f"{url(run)}targets/{instance_id}/")
    output = operator.get(f"{url(run)}targets/{instance_id}/output.txt")

    assert (page.status_code, output.status_code) == (404, 404)


def test_nobody_reads_a_run_without_signing_in(stranger):
    run = a_run({"success": 1})

    response = stranger.get(url(run))

    assert response.status_code == 302
    assert response.url.startswith(reverse("accounts:signin"))


def test_A94_ten_thousand_targets_take_as_many_queries_as_a_hundred_and_less_than_500_KB(
    operator, django_assert_max_num_queries
):
    states = {"success": 6151, "failed": 41, "aborted": 8, "timeout": 14, "running": 286, "waiting": 3500}
    small, large = a_run({state: max(1, n // 100) for state, n in states.items()}), a_run(states)
    operator.get(url(small))

    with django_assert_max_num_queries(18) as small_queries:
        operator.get(url(small))
    with django_assert_max_num_queries(18) as large_queries:
        response = operator.get(url(large))

    assert len(large_queries) <= len(small_queries)
    assert len(response.content) < 500_000
    assert len(rows(read(response))) == 50


def test_a_hostile_name_is_text_and_set_apart(operator):
    run = a_run({"success": 2})
    Target.objects.filter(invocation=run).update(name='<img src=x onerror="alert(1)">\u202egnp')

    page = read(operator.get(url(run)))

    assert page.all("img") == []
    assert page.all("a", id=f"open-{run.targets.first().instance_id}")[0].all("bdi")


def test_C23_secret_values_are_masked_and_their_names_shown(viewer):
    run = a_run({"success": 1}, parameters={"service": "nginx"}, secret_names=["token"])

    page = read(viewer.get(url(run), {"tab": "settings"}))

    assert "service=nginx, token=••••••" in page.one("p", class_="sub").text
    assert [row.text for row in page.all("tbody")[0].all("tr")] == ["servicenginx", "token••••••"]


def test_the_settings_tab_shows_everything_that_was_sent(operator):
    run = a_run(
        {"success": 60},
        content="systemctl restart {{service}}\u200b\n",
        parameters={"service": "nginx"},
        username="deploy",
        timeout=90,
        working_dir="/srv",
        reason="weekly",
        address="10.0.0.7",
    )
    for batch in run.batches.all():
        batch.attempts.create(
            n=1, worker="w-1", started_at=now(), send_by=now(), outcome="accepted", http_status=200, request_id="REQ-1"
        )

    page = read(operator.get(url(run), {"tab": "settings"}))

    assert page.one("pre", id="content-text").text == "systemctl restart nginxU+200B"
    for shown in ("deploy", "90", "/srv", "weekly", "10.0.0.7", run.content_sha256):
        assert shown in page.one("section", aria_label="Settings").text
    technical = page.one("details", id="technical").text
    for batch in run.batches.all():
        assert batch.client_token in technical
        assert batch.request_sha256 in technical
    assert technical.count("REQ-1") == 2


def test_an_unknown_tab_is_the_instances(operator):
    run = a_run({"success": 2})

    assert len(rows(read(operator.get(url(run), {"tab": "outputs"})))) == 2


def test_states_are_a_filter_that_chips_switch(operator):
    run = a_run({"success": 2, "failed": 3, "timeout": 1})

    page = read(operator.get(url(run), {"state": "failed"}))

    assert {row["data-state"] for row in rows(page)} == {"failed"}
    assert query(page.one("a", id="chip-timeout")) == "state=failed%2Ctimeout"
    assert page.one("a", id="chip-failed")["aria-current"] == "true"
    assert "state" not in query(page.one("a", id="chip-failed"))
