"""S25: what an admin looks at before sending goes on in a database that was restored or copied, and their answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Max, Min
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Person
from accounts.plain_input import as_number
from invocations import adopting, deployment
from invocations.models import Attempt, Batch, BatchState, Deployment, Invocation

SHOWN = 200  # runs
BEFORE = timedelta(minutes=10)  # marking the batches comes before the adoption stands
RESTORED, COPY = "restored", "copy"  # the two answers


@dataclass(frozen=True, slots=True)
class Row:
    """A run, and how far this database knows it."""

    run: Invocation
    batches: int  # unfinished
    instances: int  # of these
    known_at: datetime  # the newest thing that is known of its dispatch


@dataclass(frozen=True, slots=True)
class Question:
    """What stands on the page while sending is paused."""

    deployment: Deployment
    newest_at: datetime | None
    total: int  # unfinished batches: the number to be typed
    rows: list[Row]
    more: int  # runs that are not shown

    @classmethod
    def now(cls, row: Deployment) -> Question:
        facts = _facts()
        runs = Invocation.objects.select_related("person").in_bulk(list(facts)[:SHOWN])
        rows = [Row(runs[pk], *facts[pk]) for pk in runs]
        total = sum(batches for batches, _instances, _known_at in facts.values())
        return cls(row, deployment.newest_row(), total, rows, len(facts) - len(rows))


def _facts() -> dict[int, tuple[int, int, datetime]]:
    """Run -> unfinished batches, their instances, the newest moment known of it; the newest run first."""
    batches = deployment.unfinished()
    counted = batches.values_list("invocation").annotate(n=Count("pk"), first=Min("invocation__submitted_at"))
    sizes = dict(batches.values_list("invocation").annotate(n=Count("targets")).order_by())
    tried = dict(
        Attempt.objects.filter(batch__in=batches).values_list("batch__invocation").annotate(at=Max("started_at"))
    )
    return {
        run: (n, sizes[run], max(first, tried.get(run, first))) for run, n, first in counted.order_by("-invocation")
    }


@dataclass(slots=True)
class Answer:
    """What was typed, and what is wrong with it by field."""

    origin: str = ""
    confirm_text: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Mapping[str, str], question: Question) -> Answer:
        answer = cls(data.get("origin", ""), data.get("confirm_text", "").strip()[:20])
        if answer.origin not in (RESTORED, COPY):
            answer.errors["origin"] = _("Choose what this database is.")
        if as_number(answer.confirm_text.replace(",", "")) != question.total:
            text = _("Type the number of unfinished batches: %(n)s.")
            answer.errors["confirm_text"] = text % {"n": f"{question.total:,}"}
        return answer


def settle(answer: Answer, person: Person, address: str) -> None:
    """Do what a right answer says. A second one, also at the same moment, finds nothing paused, and does nothing."""
    with transaction.atomic():
        if Deployment.objects.select_for_update().get(pk=1).paused_at is None:
            return
        if answer.origin == COPY:
            deployment.keep_as_copy()
            audit.record(person, "database.kept-as-copy", address=address)
        else:
            count = deployment.adopt()
            audit.record(person, "database.adopted", address=address, batches=count)


@dataclass(frozen=True, slots=True)
class Progress:
    """After the answer, or after a failover: how far the look-ups have come."""

    because: str  # restored, copied, failover
    at: datetime
    adopted: adopting.Adopted
    runs: list[tuple[str, int]]  # region and number of those that were looked up

    @classmethod
    def now(cls, row: Deployment | None) -> Progress | None:
        """None: nothing was ever looked up so."""
        if row is None or row.adopted_at is None:
            return None
        looked_up = {"batches__attempts__n": 0, "batches__attempts__started_at__gte": row.adopted_at - BEFORE}
        runs = Invocation.objects.filter(**looked_up).distinct().order_by("-pk")
        adopted = adopting.outcome(runs) or adopting.Adopted()
        return cls(row.adopted_because, row.adopted_at, adopted, list(runs.values_list("region", "pk")[:SHOWN]))


def is_looking() -> bool:
    """Whether anything is still looked up so."""
    return Batch.objects.filter(attempts__n=0, state=BatchState.UNSURE).exists()
