"""/metrics, in the text format of Prometheus: what this machine's processes counted, and what the rows say now.

The rows are counted when asked for: a few queries over indexes and stored counters, none over targets (INV-6). No
label holds a name, an id or anything a person typed (C63, INV-12).
"""

from __future__ import annotations

import os
import platform
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import metadata
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from accounts import address
from cloud import limiter
from consoleapp import reports, system
from consoleapp.version import VERSION
from invocations.models import Alarm, Batch, BatchState, Deployment, HoldReason, Invocation, RunState, TargetState

Gauges = Iterator[GaugeMetricFamily]

disable_created_metrics()  # type: ignore[no-untyped-call]  # they double the series, and nobody asks for them

LIMITED = (
    "InvokeCommand",
    "RunCommand",
    "StopInvocation",
    "DescribeInvocations",
    "DescribeInvocationResults",
    "DescribeInstances",
    "DescribeCloudAssistantStatus",
    "DescribeCommands",
)  # the operations whose limit is told, called or not


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For a Prometheus on this computer, or one with CONSOLE_METRICS_TOKEN; for others there is nothing here."""
    if not (_has_token(request) or _is_neighbour(request)):
        raise Http404
    return HttpResponse(scrape(), content_type=CONTENT_TYPE_LATEST)


def scrape() -> bytes:
    rows = CollectorRegistry()
    rows.register(Rows())
    return _counted() + generate_latest(rows)


def _counted() -> bytes:
    """By this process, or by all that share a folder."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not folder:
        return generate_latest(REGISTRY)
    shared = CollectorRegistry()
    MultiProcessCollector(shared, folder)  # type: ignore[no-untyped-call]
    return generate_latest(shared)


class Rows(Collector):
    """What the database says; without a database only that."""

    def collect(self) -> Gauges:
        yield _one("console_build_info", "What runs here.", _build())
        try:
            now = system.status()
            found = [*_runs(), *_batches(now), *_limiter(now), *_workers(now), *_alarms(), *_pause()]
        except DatabaseError:
            yield _number("console_database_up", "1: the database answers.", 0)
            return
        yield _number("console_database_up", "1: the database answers.", 1)
        yield from found


def _runs() -> Gauges:
    by_state = dict(Invocation.objects.order_by().values_list("state").annotate(n=Count("pk")))
    yield _family("console_runs", "Runs, by state.", "state", by_state, RunState.values)
    targets: Counter[str] = Counter()
    for counts in Invocation.objects.live().values_list("counts", flat=True):
        targets.update(counts)
    known = {state: n for state, n in targets.items() if state in TargetState.values}
    known["other"] = targets.total() - sum(known.values())  # a word that the API added later
    help = "Instances of the runs that are under way, by state."
    yield _family("console_targets", help, "state", known, [*TargetState.values, "other"])


def _batches(now: system.Status) -> Gauges:
    by_state = dict(Batch.objects.order_by().values_list("state").annotate(n=Count("pk")))
    yield _family("console_batches", "Batches, by state.", "state", by_state, BatchState.values)
    held = {one.reason: one.count for one in now.queue.held}
    yield _family("console_batches_held", "Batches that wait, by reason.", "reason", held, HoldReason.values)
    yield _number("console_batches_due", "Batches that should be sent now.", now.queue.due)
    yield _number("console_oldest_due_seconds", "How long the oldest of them has been due.", now.queue.oldest_due or 0)
    yield _number(
        "console_poll_lag_seconds", "By how much the most overdue look at the cloud is late.", now.polling.lag
    )


def _limiter(now: system.Status) -> Gauges:
    limits = {operation: limiter.rate(operation) for operation in LIMITED}
    yield _family("console_limiter_limit", "Calls a second and region that are allowed.", "operation", limits, LIMITED)
    waiting: Counter[str] = Counter()
    for (_region, operation), threads in reports.waiting_of(system.all_reports(now)).items():
        waiting[operation] += threads
    yield _family("console_limiter_waiting", "Threads that wait for a permit.", "operation", waiting, LIMITED)
    yield _number("console_limiter_store_up", "1: the store that all processes share answers.", limiter.is_store_up())


def _workers(now: system.Status) -> Gauges:
    yield _number("console_workers", "Worker processes that are alive.", now.alive)
    busy = sum(shown.worker.busy for shown in now.workers if shown.is_alive)
    yield _number("console_tasks_in_hand", "Tasks that workers are at.", busy)
    age = GaugeMetricFamily("console_tick_age_seconds", "Since the last tick; absent before the first one.")
    if now.tick.age is not None:
        age.add_metric([], now.tick.age)
    yield age


def _alarms() -> Gauges:
    unseen = dict(Alarm.objects.filter(seen_at=None).order_by().values_list("kind").annotate(n=Count("pk")))
    help = "Alarms that nobody has marked as seen, by kind."
    yield _family("console_alarms_unseen", help, "kind", unseen, Alarm.Kind.values)


def _pause() -> Gauges:
    is_paused = Deployment.objects.filter(paused_at__isnull=False).exists()
    yield _number(
        "console_sending_paused", "1: this database was restored or copied, and nobody has looked.", is_paused
    )


def _build() -> dict[str, str]:
    return {
        "version": VERSION,
        "python": platform.python_version(),
        "django": django.get_version(),
        "sdk": metadata.version("alibabacloud-ecs20140526"),
        "database": connection.vendor,
    }


def _family(
    name: str, help: str, label: str, found: dict[str, float] | dict[str, int], known: Iterable[str]
) -> GaugeMetricFamily:
    """One gauge with a value for each known word, also where it is 0: a rule over a series that is missing is mute."""
    family = GaugeMetricFamily(name, help, labels=[label])
    for word in dict.fromkeys([*known, *found]):
        family.add_metric([word], found.get(word, 0))
    return family


def _number(name: str, help: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help, value=value)


def _one(name: str, help: str, labels: dict[str, str]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help, labels=list(labels))
    family.add_metric(list(labels.values()), 1)
    return family


def _has_token(request: HttpRequest) -> bool:
    kind, _space, given = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    return bool(wanted) and kind.lower() == "bearer" and secrets.compare_digest(given.encode(), wanted.encode())


def _is_neighbour(request: HttpRequest) -> bool:
    """From this computer, asked for as such, with no proxy between: behind one, everybody would be a neighbour."""
    peer = address.peer(request)
    host = urlsplit(f"//{request.META.get('HTTP_HOST', '')}").hostname or ""  # get_host has refused what is no host
    return peer is not None and peer.is_loopback and address.is_loopback(host) and not address.was_forwarded(request)
