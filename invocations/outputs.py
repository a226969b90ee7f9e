"""Copying what the targets printed. All pages of a batch or none: half an output is never marked complete."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

import cloud.invocations as gateway
from cloud import connection, errors
from invocations import counting, secrets
from invocations.clock import db_now
from invocations.following import word
from invocations.models import REST, Batch, Output, Target
from invocations.results import ansi
from invocations.results.decoding import decode
from invocations.writing import update_each

FIRST_LINE = 200  # characters
FORGOTTEN = timedelta(minutes=10)  # after its end; an agent reports its output in seconds


def fetch(batch: Batch) -> bool:
    """Read and store the outputs of a batch. True when nothing more of them is to come."""
    try:
        results = gateway.list_results(connection.current(), batch.region, batch.invoke_id)
    except errors.CloudError:
        return False
    with transaction.atomic():
        row = Batch.objects.select_for_update().get(pk=batch.pk)  # before its targets, as everywhere
        _store(row, {result.instance_id: result for result in results})
        counting.touch(row)
    return not _awaited(batch).exists()


def _awaited(batch: Batch) -> QuerySet[Target]:
    """Targets whose output is still to come. One that ended long ago has none: the cloud has forgotten it (A65)."""
    is_forgotten = Q(state__in=REST, changed_at__lt=db_now() - FORGOTTEN)
    return batch.targets.filter(started_at__isnull=False).exclude(output__is_complete=True).exclude(is_forgotten)


def _store(batch: Batch, results: Mapping[str, gateway.Result]) -> None:
    hide = hiding_secrets_of(batch)
    unread = Target.objects.filter(batch=batch, instance_id__in=results).exclude(output__is_complete=True)
    fresh, lines = [], []
    for target in unread:
        result = results[target.instance_id]
        content = hide(result.output)
        is_complete = word(result.status) in REST and target.state in REST
        fresh.append(Output(target=target, content=content, dropped=result.dropped, is_complete=is_complete))
        target.first_line = first_line(content)
        lines.append(target)
    Output.objects.bulk_create(
        fresh,
        update_conflicts=True,
        unique_fields=["target"],
        update_fields=["content", "dropped", "is_complete"],
    )
    update_each(lines, ["first_line"])


def hiding_secrets_of(batch: Batch) -> Callable[[bytes], bytes]:
    """Of a batch that had ended before it turned out to run the secrets are gone: nothing tells them from the rest."""
    if batch.secrets is None and batch.invocation.secret_names:
        return lambda output: secrets.MASK.encode() if output else output
    values = secrets.unseal(batch.secrets).values()
    return lambda output: secrets.mask(output, values)


def first_line(content: bytes) -> str:
    """The first line that says something, as the viewer shows it but without its colours."""
    decoded = decode(content)
    shown = (line.text.strip() for line in ansi.lines(decoded.text if decoded else ""))
    return next(filter(None, shown), "")[:FIRST_LINE]
