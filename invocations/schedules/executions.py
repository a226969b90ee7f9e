"""Every time a schedule ran on a target, copied from the cloud's history before it forgets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Count, F, Max

import cloud.invocations as gateway
from cloud import connection
from invocations import counting, following, outputs
from invocations.clock import db_now
from invocations.models import REST, Batch, Execution, RepeatMode, Target, TargetState
from invocations.schedules.rounds import Rounds

NEWEST = 100  # executions of a target that are counted at each look
MISSED = 10_000  # executions of a target that are told to be lost: one a minute for a week
AT_ONCE = 50  # results that are held in memory with their outputs
LAG = timedelta(minutes=10)  # an execution that a later one has overtaken by so much will not be listed any more
LOST = "not-listed"  # the error code of an execution that the cloud no longer tells of; it is no code of the API
COLUMNS = [
    "due_at",
    "state",
    "exit_code",
    "error_code",
    "error_info",
    "started_at",
    "finished_at",
    "seconds",
    "first_line",
    "content",
    "dropped",
    "is_complete",
]


def fetch(batch: Batch, targets: Sequence[Target]) -> bool:
    """Store what is new. True when nothing that has begun is left to be read. Raises a member of `cloud.errors`."""
    all_of_them = bool(batch.code)  # the last look failed, perhaps between two pages
    if not _lacks_some(targets, all_of_them):
        return True
    by_id = {target.instance_id: target for target in targets}
    results, keeping = _results(batch), _Keeping(batch)
    while part := list(islice(results, AT_ONCE)):
        with transaction.atomic():
            Batch.objects.select_for_update().get(pk=batch.pk)
            keeping.store([result for result in part if result.instance_id in by_id], by_id)
        if not _lacks_some(targets, all_of_them):  # the rest is older and here already
            break
    else:
        _give_up_on_lost(targets)
    counting.touch(batch)
    return not _lacks_some(targets, all_of_them)


def _results(batch: Batch) -> Iterator[gateway.Result]:
    """Newest first, page by page as they are asked for. What runs once has no history."""
    here = connection.current()
    if batch.invocation.repeat_mode == RepeatMode.NEXT_REBOOT_ONLY:
        return iter(gateway.list_results(here, batch.region, batch.invoke_id))
    return gateway.history(here, batch.region, batch.invoke_id)


def _lacks_some(targets: Iterable[Target], all_of_them: bool) -> bool:
    """Whether an execution is not here to its end: any, or one of the newest, before which all were complete once."""
    expected = {target.pk: target.repeats for target in targets if target.repeats}
    here = Execution.objects.filter(target__in=expected, is_complete=True)
    if not all_of_them:
        here = here.filter(n__gt=F("target__repeats") - NEWEST)
        expected = {pk: min(repeats, NEWEST) for pk, repeats in expected.items()}
    complete = dict(here.order_by().values_list("target").annotate(number=Count("pk")))
    return any(complete.get(pk, 0) < number for pk, number in expected.items())


class _Keeping:
    """Writes the results of one batch."""

    def __init__(self, batch: Batch) -> None:
        self._run_id = batch.invocation_id
        self._rounds = Rounds(batch)
        self._hide = outputs.hiding_secrets_of(batch)

    def store(self, results: Sequence[gateway.Result], by_id: Mapping[str, Target]) -> None:
        """An execution only moves forward: what is complete is not written again."""
        pairs = {(by_id[result.instance_id].pk, result.repeats): result for result in results if result.repeats}
        known = Execution.objects.filter(
            target__in={pk for pk, _n in pairs}, n__in={n for _pk, n in pairs}, is_complete=True
        )
        fresh = pairs.keys() - set(known.values_list("target", "n"))
        Execution.objects.bulk_create(
            [self._execution(key[0], pairs[key]) for key in fresh],
            update_conflicts=True,
            unique_fields=["target", "n"],
            update_fields=COLUMNS,
            batch_size=AT_ONCE,
        )

    def _execution(self, target_id: int, result: gateway.Result) -> Execution:
        state = following.word(result.status)
        content = self._hide(result.output)
        return Execution(
            invocation_id=self._run_id,
            target_id=target_id,
            n=result.repeats,
            due_at=self._rounds.due_at(result.started_at),
            state=state,
            exit_code=following.exit_code(result, state),
            error_code=result.error_code,
            error_info=result.error_info,
            started_at=result.started_at,
            finished_at=result.finished_at,
            seconds=following.seconds_between(result.started_at, result.finished_at),
            first_line=outputs.first_line(content),
            content=content,
            dropped=result.dropped,
            is_complete=state in REST,
        )


def _missing(targets: Iterable[Target]) -> dict[int, set[int]]:
    """Target -> numbers of its newest executions that are not here to their end."""
    by_pk = {target.pk: target for target in targets if target.repeats}
    here: dict[int, set[int]] = defaultdict(set)
    for pk, n in Execution.objects.filter(target__in=by_pk, is_complete=True).values_list("target", "n"):
        here[pk].add(n)
    return {
        pk: set(range(max(1, target.repeats - MISSED + 1), target.repeats + 1)) - here[pk]
        for pk, target in by_pk.items()
    }


def _give_up_on_lost(targets: Iterable[Target]) -> None:
    """All pages were read: what is missing below something that ended long ago is not in the cloud any more (A92)."""
    by_pk = {target.pk: target for target in targets}
    ended = dict(
        Execution.objects.filter(target__in=by_pk, is_complete=True, finished_at__lt=db_now() - LAG)
        .values_list("target")
        .annotate(last=Max("n"))
    )
    lost = [
        Execution(
            invocation_id=by_pk[pk].invocation_id,
            target_id=pk,
            n=n,
            state=TargetState.UNKNOWN,
            error_code=LOST,
            is_complete=True,
        )
        for pk, numbers in _missing(by_pk.values()).items()
        for n in sorted(numbers)
        if n < ended.get(pk, 0)
    ]
    Execution.objects.bulk_create(lost, ignore_conflicts=True, batch_size=500)
