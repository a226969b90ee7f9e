"""/metrics: for whom, that it says what the rows say (INV-6), and that it names nobody (C63, INV-12)."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from django.db import DatabaseError, connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from consoleapp.models import Tick, Worker
from invocations.models import Alarm, Batch, Deployment, HoldReason, Invocation, Target
from tests.factories import (
    BatchFactory,
    CommandFactory,
    InvocationFactory,
    OutputFactory,
    PersonFactory,
    TargetFactory,
    now,
)

TOKEN = "a-token-of-more-than-20-characters"
NEIGHBOUR = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8000"}
ELSEWHERE = {"REMOTE_ADDR": "10.0.0.7", "HTTP_HOST": "localhost"}
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(**more: str) -> Samples:
    answer = Client(**NEIGHBOUR, **more).get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return read(answer.content.decode())


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


def by_label(samples: Samples, name: str, label: str) -> dict[str, float]:
    return {dict(labels)[label]: n for (found, labels), n in samples.items() if found == name and n}


# For whom


@pytest.mark.django_db
def test_C63_a_neighbour_may_look():
    assert value(scraped(), "console_database_up") == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "from_where",
    [
        ELSEWHERE,
        {**NEIGHBOUR, "HTTP_HOST": "console.example.com"},  # rebinding, or a proxy that passes the name on
        {**NEIGHBOUR, "HTTP_X_FORWARDED_FOR": "203.0.113.9"},
        {**ELSEWHERE, "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {**ELSEWHERE, "HTTP_AUTHORIZATION": "Bearer "},
        {**ELSEWHERE, "HTTP_AUTHORIZATION": f"Bearer {TOKEN}x"},
        {**ELSEWHERE, "HTTP_AUTHORIZATION": f"Basic {TOKEN}"},
        {**ELSEWHERE, "HTTP_AUTHORIZATION": "Bearer caf\xe9"},
    ],
)
@pytest.mark.parametrize("token", ["", TOKEN])
def test_C63_for_others_there_is_nothing_here(settings, from_where, token):
    settings.ALLOWED_HOSTS = ["*"]
    settings.METRICS_TOKEN = token

    assert Client(**from_where).get("/metrics").status_code == 404


@pytest.mark.django_db
def test_C63_with_the_token_anybody_may_look(settings):
    settings.METRICS_TOKEN = TOKEN

    answer = Client(**ELSEWHERE).get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})

    assert answer.status_code == 200
    assert not answer.cookies


# What it says


@pytest.fixture
def a_day(db):
    """Rows in many states, some of them over."""
    for state in ("success", "success", "running"):
        run = InvocationFactory(state=state, ended_at=now() if state == "success" else None, counts={"success": 2})
        TargetFactory(batch=BatchFactory(invocation=run, accepted=True), state=state)
    Invocation.objects.live().update(counts={"running": 1})
    for reason in (HoldReason.QUOTA, HoldReason.QUOTA, HoldReason.CERTIFICATE):
        BatchFactory(hold_reason=reason, next_attempt_at=now() + timedelta(minutes=5))
    TargetFactory(batch=BatchFactory(next_attempt_at=now() - timedelta(minutes=4)), state="waiting")
    Invocation.objects.filter(counts={}).update(counts={"waiting": 1})
    BatchFactory(state="unsure", epoch=1, next_lookup_at=now())
    Alarm.objects.create(kind=Alarm.Kind.CLOCK, raised_at=now())
    Alarm.objects.create(kind=Alarm.Kind.ACCOUNT, raised_at=now(), seen_at=now())


def rows_of(model, column: str, **only: object) -> dict[str, int]:
    return dict(Counter(model.objects.filter(**only).values_list(column, flat=True)))


def test_INV_6_gauges_equal_rows(a_day):
    samples = scraped()

    assert by_label(samples, "console_runs", "state") == rows_of(Invocation, "state")
    assert by_label(samples, "console_batches", "state") == rows_of(Batch, "state")
    assert by_label(samples, "console_batches_held", "reason") == {"quota": 2, "certificate": 1}
    assert by_label(samples, "console_alarms_unseen", "kind") == {"clock": 1}
    assert value(samples, "console_batches_due") == Batch.objects.due(now()).filter(hold_reason="").count() > 0
    assert value(samples, "console_oldest_due_seconds") == pytest.approx(240, abs=30)


def test_INV_6_targets_of_runs_under_way_equal_rows_after_a_real_run(submitted, simulator, work_until_quiet):
    run = submitted(3)
    waiting = by_label(scraped(), "console_targets", "state")
    work_until_quiet()

    assert waiting == {"waiting": 3}
    assert by_label(scraped(), "console_targets", "state") == {}  # it has ended
    assert by_label(scraped(), "console_runs", "state") == {"success": 1}
    assert rows_of(Target, "state", invocation=run) == {"success": 3}


def test_calls_to_the_cloud_are_counted_by_what_came_of_them(submitted, simulator, work_until_quiet):
    before = scraped()
    simulator.fault("InvokeCommand", "throttle", times=1, retry_after=1)
    submitted(1)
    work_until_quiet()
    after = scraped()

    def new(name: str, **labels: str) -> float:
        key = name, frozenset(labels.items())
        return after.get(key, 0) - before.get(key, 0)

    assert new("console_cloud_calls_total", operation="InvokeCommand", outcome="ok") == 1
    assert new("console_cloud_calls_total", operation="InvokeCommand", outcome="throttled") == 1
    assert new("console_cloud_call_seconds_count", operation="InvokeCommand") == 2
    assert new("console_limiter_wait_seconds_count", operation="InvokeCommand") == 2


def test_requests_are_counted_by_the_name_of_their_address(operator):
    before = scraped()
    operator.get("/r/cn-hangzhou/runs/4711/")
    operator.get("/nothing/here/canary/")
    after = scraped()

    key = frozenset({("route", "invocations:run"), ("method", "GET"), ("status", "404")})
    assert after["console_http_requests_total", key] - before.get(("console_http_requests_total", key), 0) == 1
    assert not [labels for _name, labels in after if "4711" in str(labels) or "canary" in str(labels)]


def test_who_works_and_when_the_last_tick_was(db):
    moment = now()
    Worker.objects.create(name="one", started_at=moment, seen_at=moment, busy=2)
    Worker.objects.create(name="gone", started_at=moment, seen_at=moment - timedelta(minutes=5), busy=1)
    Tick.objects.create(pk=1, due_at=moment, claimed_at=moment - timedelta(seconds=42))

    samples = scraped()

    assert value(samples, "console_workers") == 1
    assert value(samples, "console_tasks_in_hand") == 2
    assert value(samples, "console_tick_age_seconds") == pytest.approx(42, abs=10)


def test_T12_a_paused_database_is_told(db):
    Deployment.objects.update_or_create(pk=1, defaults={"deployment_id": "d", "paused_at": now()})

    assert value(scraped(), "console_sending_paused") == 1


@pytest.mark.django_db
def test_A32_without_a_database_the_rest_is_told():
    def refuse(*args):
        raise DatabaseError("gone")

    with connection.execute_wrapper(refuse):
        samples = scraped()

    assert value(samples, "console_database_up") == 0
    assert not [name for name, _labels in samples if name == "console_runs"]
    assert [name for name, _labels in samples if name == "console_build_info"]


def test_a_scrape_costs_the_same_for_one_run_and_for_thirty(db, django_assert_num_queries):
    def queries() -> int:
        with connection.execute_wrapper(lambda execute, *args: asked.append(1) or execute(*args)):
            asked: list[int] = []
            scraped()
        return len(asked)

    TargetFactory()
    few = queries()
    for _ in range(30):
        TargetFactory(batch=BatchFactory(hold_reason=HoldReason.QUOTA))
    for _ in range(30):
        TargetFactory(state="running")

    assert queries() <= few + 1  # one for each reason of held batches
    assert few < 25


CANARY = "canary7741"


def test_INV_12_no_name_id_or_content_is_in_the_metrics(db):
    person = PersonFactory(username=CANARY)
    command = CommandFactory(name=CANARY, content=f"echo {CANARY}")
    run = InvocationFactory(
        person=person, command=command, command_name=CANARY, content=CANARY, parameters={"a": CANARY}, reason=CANARY
    )
    batch = BatchFactory(invocation=run, request=CANARY, message=CANARY, hold_reason=HoldReason.QUOTA)
    OutputFactory(target=TargetFactory(batch=batch, name=CANARY, instance_id=f"i-{CANARY}"), content=CANARY.encode())
    Worker.objects.create(name=f"host-{CANARY}", started_at=now(), seen_at=now())
    Alarm.objects.create(kind=Alarm.Kind.ACCOUNT, detail={"a": CANARY}, raised_at=now())

    text = Client(**NEIGHBOUR).get(f"/metrics?q={CANARY}", headers={"X-Request-ID": CANARY}).content.decode()

    assert CANARY not in text
    assert not re.search(r'="(i|mi|c|t)-', text)


# Several processes


COUNT = """
import sys
from django.conf import settings
assert settings.METRICS_FOLDER
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from consoleapp.counters import LINES_LOST
LINES_LOST.inc({0})
shared = CollectorRegistry()
MultiProcessCollector(shared)
counted = generate_latest(shared).decode().splitlines()
print(next(line for line in counted if line.startswith("console_log_lines_lost_total")), flush=True)
{1}
"""


def test_processes_that_share_a_folder_tell_of_all_until_none_is_left(tmp_path, repository):
    def start(n: int, then: str) -> "subprocess.Popen[str]":
        surroundings = {name: text for name, text in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
        mine = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "counts"), "CONSOLE_VAR": str(tmp_path / "var")}
        return subprocess.Popen(
            [sys.executable, "-c", COUNT.format(n, then)],
            cwd=repository,
            env={**surroundings, **mine, "DJANGO_SETTINGS_MODULE": "consoleapp.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    first = start(3, "input()")
    assert first.stdout.readline() == "console_log_lines_lost_total 3.0\n"
    second = start(4, "")
    assert second.communicate()[0] == "console_log_lines_lost_total 7.0\n"
    first.communicate("\n")
    third = start(5, "")

    assert third.communicate()[0] == "console_log_lines_lost_total 5.0\n"  # those before it are gone


# What is made of it


METRIC = re.compile(r"\b(console_\w+|process_\w+|up)\b(?!\s*=)")


def expressions(tree: object) -> list[str]:
    """Whatever stands under `expr` in the files."""
    if isinstance(tree, dict):
        here = [tree["expr"]] if isinstance(tree.get("expr"), str) else []
        return here + [found for value in tree.values() for found in expressions(value)]
    return [found for each in tree for found in expressions(each)] if isinstance(tree, list) else []


@pytest.fixture
def alerts(repository: Path):
    return yaml.safe_load((repository / "deploy/prometheus/alerts.yml").read_text())


@pytest.fixture
def dashboard(repository: Path):
    return json.loads((repository / "deploy/grafana/dashboard.json").read_text())


@pytest.mark.django_db
def test_every_metric_of_the_rules_and_the_dashboard_exists(alerts, dashboard, a_day):
    now_there = {"up", *(name for name, _labels in everything())}
    named = {name for text in expressions(alerts) + expressions(dashboard) for name in METRIC.findall(text)}

    assert len(named) > 15
    assert named - now_there == set()


def everything() -> Samples:
    """Also what is only there once it was counted."""
    from cloud import counters as cloud
    from consoleapp import counters as own

    cloud.CALLS.labels("DescribeRegions", "ok").inc(0)
    cloud.CALL_SECONDS.labels("DescribeRegions").observe(0)
    cloud.PERMIT_SECONDS.labels("DescribeRegions").observe(0)
    cloud.NO_PERMIT.labels("DescribeRegions").inc(0)
    own.TASKS.labels("poll_region", "ok").inc(0)
    Tick.objects.get_or_create(pk=1, defaults={"due_at": now(), "claimed_at": now()})
    scraped()
    return scraped()


@pytest.mark.django_db
def test_labels_that_rules_ask_for_have_values_that_exist(alerts, a_day):
    known = {(name, label, text) for (name, labels) in everything() for label, text in labels}
    asked = {
        (name, label, text)
        for expression in expressions(alerts)
        for name, inside in re.findall(r"(console_\w+)\{([^}]*)\}", expression)
        for label, text in re.findall(r'(\w+)="([^"]*)"', inside)
    }

    assert asked
    assert {one for one in asked if one[1] in ("reason", "state", "kind")} <= known


def test_every_rule_says_what_is_wrong_and_what_to_do(alerts):
    rules = [rule for group in alerts["groups"] for rule in group["rules"]]

    assert len({rule["alert"] for rule in rules}) == len(rules) >= 12
    for rule in rules:
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}, rule["alert"]
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert set(rule["annotations"]) == {"summary", "description"}
        assert all(text.rstrip().endswith(".") for text in rule["annotations"].values())
        assert re.fullmatch(r"\d+[smh]", rule["for"])


def test_every_panel_of_the_dashboard_has_a_title_a_place_and_a_question(dashboard):
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]

    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"]) >= 12
    for panel in panels:
        assert panel["title"]
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        assert panel["targets"]
        assert all(target["datasource"] == {"type": "prometheus", "uid": "${source}"} for target in panel["targets"])
