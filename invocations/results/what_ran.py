"""What ran on one instance: its targets over all runs, newest first."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict

from invocations.models import Invocation, Output, Target
from invocations.results.history import Span
from invocations.results.listing import holds

LONGEST_SEARCH = 200  # characters
_STATE = re.compile(r"[a-z]{1,32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    q: str = ""
    state: str = ""
    span: Span = field(default_factory=Span)

    @classmethod
    def of(cls, query: QueryDict, now: datetime) -> Filters:
        state = query.get("state", "").lower()
        return cls(
            q=query.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH],
            state=state if _STATE.fullmatch(state) else "",
            span=Span.of(query.get("from", "").strip(), query.get("to", "").strip(), now),
        )

    def as_query(self) -> dict[str, str]:
        told = {"q": self.q, "state": self.state, "from": self.span.since, "to": self.span.until}
        return {key: value for key, value in told.items() if value}


def on(runs: QuerySet[Invocation], region: str, instance_id: str) -> QuerySet[Target]:
    """Only of these runs, which are those a person may see."""
    targets = Target.objects.filter(instance_id=instance_id, invocation__in=runs.filter(region=region))
    return targets.select_related("invocation__person").defer("invocation__content", "error_info")


def matching(targets: QuerySet[Target], filters: Filters) -> QuerySet[Target]:
    if filters.state:
        targets = targets.filter(state=filters.state)
    if filters.span.began:
        targets = targets.filter(invocation__submitted_at__gte=filters.span.began)
    if filters.span.ended:
        targets = targets.filter(invocation__submitted_at__lt=filters.span.ended)
    if filters.q:
        printed = Output.objects.filter(target=OuterRef("pk")).filter(holds(filters.q))
        targets = targets.filter(Q(invocation__command_name__icontains=filters.q) | Q(Exists(printed)))
    return targets
