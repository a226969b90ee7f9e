"""Something between the console and the cloud that answers in its place: a proxy, a firewall, a captive portal (A49).

One such answer is only an answer nobody can read: the outcome is unknown, and looked up. Five in a row are told.
"""

from __future__ import annotations

import dataclasses

from invocations.answers import SLOW_RETRY, Answer
from invocations.models import Attempt, HoldReason, Outcome

IN_A_ROW = 5
CODES = ("NotTheApi", "Redirected")  # cloud/classify.py


def judged(attempt: Attempt, answer: Answer) -> Answer:
    """The answer, held with that reason where those before it in the region were of the same kind."""
    if not _is_foreign(answer.outcome, answer.code, answer.http_status):
        return answer
    others = Attempt.objects.filter(batch__region=attempt.batch.region).exclude(pk=attempt.pk)
    before = others.order_by("-started_at").values_list("outcome", "code", "http_status")[: IN_A_ROW - 1]
    if len(before) < IN_A_ROW - 1 or not all(_is_foreign(*one) for one in before):
        return answer
    return dataclasses.replace(answer, hold_reason=HoldReason.PROXY, wait=SLOW_RETRY)


def _is_foreign(outcome: str, code: str, http_status: int | None) -> bool:
    """Below 500: beyond it is the cloud's own trouble as often as not."""
    return outcome == Outcome.UNKNOWN and code in CODES and (http_status or 500) < 500
