"""What the cloud's answer to one attempt means for its batch."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cloud import errors
from invocations.models import HoldReason, Outcome

SLOW_RETRY = 60.0  # seconds, for what only a person can mend: credentials, permission, clock, region
QUOTA_PROBE = 3600.0  # seconds: the reset time of the daily quota is not documented


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One attempt's outcome, and what follows from it: why the batch waits, and how long at least."""

    outcome: Outcome
    invoke_id: str = ""
    hold_reason: str = ""
    wait: float = 0.0  # seconds; 0 leaves it to the back-off
    splits: bool = False  # a rejection that blames some of the instances, or their number
    too_many: bool = False  # their number: nobody is unfit
    unfit: Mapping[str, str] | None = None  # instance id -> reason, once preflight has looked; None: it has not
    skip: str = ""  # not sent, and never will be: why
    is_alarm: bool = False  # the token is known with other parameters: look up only
    http_status: int | None = None
    code: str = ""
    message: str = ""
    request_id: str = ""

    @classmethod
    def of(cls, error: errors.CloudError) -> Answer:
        outcome, hold_reason, wait = _verdict(error)
        return cls(
            outcome=outcome,
            hold_reason=hold_reason,
            wait=wait,
            splits=isinstance(error, errors.Rejected) and error.splits,
            too_many=isinstance(error, errors.Rejected) and error.too_many,
            is_alarm=isinstance(error, errors.OutcomeUnknown) and error.alarm,
            http_status=error.http_status,
            code=error.code,
            message=_message(error),
            request_id=error.request_id,
        )


def _message(error: errors.CloudError) -> str:
    """The cloud's own words; of a refusal the RAM action, of what is not the cloud's answer how it begins."""
    if isinstance(error, errors.NotPermitted):
        return error.action or error.message
    return error.message or error.excerpt


def _verdict(error: errors.CloudError) -> tuple[Outcome, str, float]:
    match error:
        case errors.OutcomeUnknown():
            return Outcome.UNKNOWN, "", 0.0
        case errors.Rejected():
            return Outcome.REJECTED, "", 0.0
        case errors.Throttled():
            return Outcome.NO_EFFECT, HoldReason.THROTTLED, error.retry_after or 0.0
        case errors.QuotaExceeded():
            return Outcome.NO_EFFECT, HoldReason.QUOTA, QUOTA_PROBE * random.uniform(0.9, 1.1)  # noqa: S311
        case errors.BadCredentials():
            return Outcome.NO_EFFECT, HoldReason.CLOCK if error.clock_is_off else HoldReason.CREDENTIALS, SLOW_RETRY
        case errors.NotPermitted():
            return Outcome.NO_EFFECT, HoldReason.PERMISSION, SLOW_RETRY
        case errors.RegionUnavailable():
            return Outcome.NO_EFFECT, HoldReason.REGION, SLOW_RETRY
        case errors.Unreachable(code="CertificateInvalid" | "TlsFailed"):
            return Outcome.NO_EFFECT, HoldReason.CERTIFICATE, SLOW_RETRY
        case _:  # Unreachable, and whatever else the cloud refused
            return Outcome.NO_EFFECT, HoldReason.UNREACHABLE, 0.0


def next_try(answer: Answer, tries: int, now: datetime) -> datetime:
    """When the batch is due again: one back-off for every kind of answer, 1 s to 60 s, spread by half.

    An unknown outcome is never due at once: the look-up comes first.
    """
    seconds = answer.wait or min(60.0, 2.0 ** min(tries, 6)) * random.uniform(0.5, 1.0)  # noqa: S311
    if answer.outcome == Outcome.UNKNOWN:
        seconds = max(seconds, 3.0)
    return now + timedelta(seconds=seconds)
