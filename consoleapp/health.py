"""What a load balancer or supervisor asks. Open to everybody, so it names nothing and nobody (C63)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from consoleapp import system, versions
from consoleapp.models import Tick, Worker
from invocations.clock import db_now

LONGEST_SILENCE = timedelta(seconds=60)  # without a tick
OK = "ok"

Part = tuple[str, str]  # its name; OK, or what is wrong in a few words


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers. Asks no database."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The console can do its work; 503 where a part can't. JSON with a line for each part: "ok", or what is wrong."""
    found = dict(parts())
    is_ready = all(word == OK for word in found.values())
    status = 200 if is_ready else 503
    answer = JsonResponse({"ready": is_ready, **found}, status=status, json_dumps_params={"indent": 1})
    answer._has_been_logged = True  # type: ignore[attr-defined]  # Django logs a 503 as an error, each ten seconds here
    return answer


def parts() -> Iterator[Part]:
    """Whatever hangs on the database is unknown without it."""
    try:
        rows = [("database", OK), ("migrations", _migrations()), ("worker", _worker()), ("tick", _tick())]
    except DatabaseError:
        rows = [("database", "does not answer"), *((part, "unknown") for part in ("migrations", "worker", "tick"))]
    yield from rows
    yield "broker", OK if system.broker()[1] else "does not answer"


def _migrations() -> str:
    if versions.missing():
        return "some are missing"
    return OK if versions.fits() else "of a newer version"


def _worker() -> str:
    return OK if Worker.objects.filter(seen_at__gt=db_now() - system.SILENT).exists() else "none is alive"


def _tick() -> str:
    claimed_at = Tick.objects.filter(pk=1).values_list("claimed_at", flat=True).first()
    if claimed_at is None:
        return "none yet"
    silence = db_now() - claimed_at
    return f"none for {silence // timedelta(minutes=1)} min" if silence > LONGEST_SILENCE else OK
