"""What a load balancer or supervisor asks. Open to everybody, so it names nothing and nobody (C63)."""

from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from consoleapp.models import Tick
from invocations.clock import db_now

LONGEST_SILENCE = timedelta(seconds=60)  # without a tick


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return _told("ok", 200)


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The console can do its work: database, schema, and a tick within the last minute. 503 says what is missing."""
    missing = what_is_missing()
    return _told(missing or "ok", 503 if missing else 200)


def what_is_missing() -> str:
    """ "" when all is well."""
    try:
        return _silence() if _is_migrated() else "the database waits for migrations"
    except DatabaseError:
        return "no database"


def _is_migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _silence() -> str:
    claimed_at = Tick.objects.filter(pk=1).values_list("claimed_at", flat=True).first()
    if claimed_at is None:
        return "no tick yet"
    silence = db_now() - claimed_at
    return f"no tick for {silence // timedelta(minutes=1)} min" if silence > LONGEST_SILENCE else ""


def _told(text: str, status: int) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
