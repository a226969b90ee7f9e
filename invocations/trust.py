"""Whether the rows are believed where they say that something was not sent (T12).

Not in a database that was restored or copied until an admin has looked, and not after a failover until this console
has noticed it: a replica that is promoted begins another timeline, and may lack the last second.
"""

from __future__ import annotations

from django.db import connection

from invocations.models import Batch, Deployment


def is_trusted() -> bool:
    """Asked before anything is sent."""
    deployment = Deployment.objects.first()
    return deployment is None or (deployment.paused_at is None and deployment.timeline in ("", timeline()))


def believes(batch: Batch) -> bool:
    """That nothing of this batch was ever sent, where its rows say so: of one that was written since, too."""
    paused_at = Deployment.objects.values_list("paused_at", flat=True).first()
    return is_trusted() or (paused_at is not None and batch.invocation.submitted_at > paused_at)


def timeline() -> str:
    """Of PostgreSQL, as the names of its log files have it (`pg_walfile_name`); "" for SQLite."""
    if connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)")
        return str(cursor.fetchone()[0])
