"""The bars above a run's progress: what holds it, what no retry mends, what its stop came to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from cloud import clock, connection
from cloud.connection import Service
from cloud.explain import sentence
from invocations import adopting
from invocations.dispatch import UNREADABLE
from invocations.models import REST, Alarm, HoldReason, Invocation, RunState, Target
from invocations.models import TargetState as T
from invocations.results.batches import CLOCK, COUNTED_DOWN, HELD, PATIENCE, BatchList, BatchView, Countdown
from regions.models import Account, Region

STOP_PATIENCE = timedelta(minutes=10)  # a stop that has not shown by then is worth a word (A86)


@dataclass(frozen=True, slots=True)
class Notice:
    family: str  # bad warn run
    icon: str
    text: str | Countdown
    code: str = ""  # the cloud's own, in mono after it
    held: str = ""  # a hold reason, and how many batches have it
    count: int = 0
    alarm: str = ""  # a kind of alarm
    is_seen: bool = False
    has_system_link: bool = False


def of(run: Invocation, region: Region, batches: BatchList, now: datetime) -> list[Notice]:
    """Alarms first, then holds, then the rest."""
    found = [*_alarms(run), *_restored(run)]
    if run.is_live:
        found += [*_holds(run, region, batches), *_waiting(run, now)]
        found += _refusals(batches)
    return [*found, *_stop(run, now)]


def _alarms(run: Invocation) -> Iterator[Notice]:
    names = {
        Alarm.Kind.TWO_INVOCATIONS: "two-task-ids",
        Alarm.Kind.PARAMETERS: "token-mismatch",
        Alarm.Kind.CONTENT: "content-differs",
    }
    rows = Alarm.objects.filter(batch__invocation=run, kind__in=names).select_related("batch").order_by("batch__seq")
    for alarm in rows:
        said = {"a": alarm.detail.get("first"), "b": alarm.detail.get("second"), "code": alarm.detail.get("code")}
        number = alarm.batch.seq if alarm.batch else None
        text = sentence(names[Alarm.Kind(alarm.kind)], n=number, **said)
        yield Notice("bad", "bad", text, alarm=alarm.kind, is_seen=alarm.seen_at is not None)


def _restored(run: Invocation) -> Iterator[Notice]:
    """T12: a run that was under way when some time of the database was lost."""
    adopted = adopting.outcome([run])
    if adopted:
        text = _(
            "This run was under way when the database was restored. Nothing of it is sent again; "
            "%(a)s instances were found in the cloud, %(b)s are not known."
        )
        numbers = {"a": f"{adopted.found:,}", "b": f"{adopted.unknown + adopted.doubtful:,}"}
        yield Notice("warn", "look", text % numbers)


def _holds(run: Invocation, region: Region, batches: BatchList) -> Iterator[Notice]:
    """One for each reason, with the batch that is tried next."""
    held = [view for view in batches.all if view.batch.hold_reason and not view.is_over]
    for reason in dict.fromkeys(view.batch.hold_reason for view in held):
        same = [view for view in held if view.batch.hold_reason == reason]
        first = min(same, key=lambda view: view.batch.next_attempt_at)
        text = _with_next_try(_hold_sentence(reason, first, run, region), first)
        code = "" if first.batch.code in str(text) else first.batch.code
        yield Notice("warn", "pause", text, code=code, held=reason, count=len(same))


def _with_next_try(text: str | Countdown, first: BatchView) -> str | Countdown:
    """Each hold says when it is tried next; what waits for long tells the time of the day itself."""
    if isinstance(text, Countdown) or first.seconds_left > COUNTED_DOWN:
        return text
    sentences = {"a": text, "b": _("Next try in %(s)s s.") % {"s": "{s}"}}
    return Countdown(pgettext("two sentences", "%(a)s %(b)s") % sentences, first.seconds_left)


def _hold_sentence(reason: str, view: BatchView, run: Invocation, region: Region) -> str | Countdown:
    batch = view.batch
    said = {"code": batch.code, "message": batch.message, "region": region.name}
    next_try = date_format(timezone.localtime(batch.next_attempt_at), CLOCK)
    match reason:
        case HoldReason.THROTTLED:
            sentences = {"a": sentence("throttled", s="{s}"), "b": _("Nothing is lost and nothing is sent twice.")}
            return Countdown(pgettext("two sentences", "%(a)s %(b)s") % sentences, view.seconds_left)
        case HoldReason.UNREACHABLE:
            return Countdown(sentence("unreachable", **said, n=batch.epoch, s="{s}"), view.seconds_left)
        case HoldReason.QUOTA:
            quota = f"{region.daily_quota:,}" if region.daily_quota else ""
            return sentence("daily-quota", **said, n=quota, time=next_try)
        case HoldReason.CREDENTIALS:
            return sentence("credentials", **said)
        case HoldReason.PERMISSION:
            action = "ecs:RunCommand" if run.is_unsaved else "ecs:InvokeCommand"
            return sentence("not-permitted", action=batch.message if batch.message.startswith("ecs:") else action)
        case HoldReason.CERTIFICATE:
            return sentence("certificate", host=_host(run.region), why=batch.message)
        case HoldReason.PROXY:
            last = batch.attempts.exclude(http_status=None).order_by("-n").first()
            return sentence("intercepted", status=last and last.http_status)
        case HoldReason.CLOCK:
            return sentence("clock", s=round(abs(clock.offset(connection.current()) or 0)))
        case HoldReason.REGION:
            return sentence("region-closed", **said)
        case HoldReason.ACCOUNT:
            account = Account.objects.first()
            return sentence("other-account", a=account and account.account_id, b=run.account_id)
        case HoldReason.PARAMETERS if batch.code == UNREADABLE:
            return _("The record of batch %(n)s can’t be read, so nothing of it is sent.") % {"n": batch.seq}
        case HoldReason.PARAMETERS:
            return sentence("token-mismatch", **said, n=batch.seq)
    return _("%(reason)s; next try at %(time)s") % {"reason": HELD.get(reason, reason), "time": next_try}


def _host(region: str) -> str:
    endpoint = connection.current().endpoint(Service.ECS).replace("{region}", region)
    return urlsplit(endpoint).hostname or f"ecs.{region}.aliyuncs.com"


def _refusals(batches: BatchList) -> Iterator[Notice]:
    """What the credentials may not do for a run that was sent: follow it, or stop it (A76)."""
    refused = [view.batch for view in batches.all if view.state == "running" and view.batch.message.startswith("ecs:")]
    for action in dict.fromkeys(batch.message for batch in refused):
        values = {"reason": sentence("not-permitted", action=action)}
        text = _("This run can’t be followed. %(reason)s")
        if action == "ecs:StopInvocation":
            text = _("This run can’t be stopped. %(reason)s The stop is asked for again and again.")
        yield Notice("warn", "warn", text % values)


def is_unclaimed(run: Invocation, now: datetime) -> bool:
    """Nothing of it was picked up for longer than a worker takes."""
    return run.state == RunState.QUEUED and now - run.submitted_at > PATIENCE


def _waiting(run: Invocation, now: datetime) -> Iterator[Notice]:
    if not is_unclaimed(run, now):
        return
    seconds = round((now - run.submitted_at).total_seconds())
    text = _("No worker has picked this up for %(s)s s. See system status.") % {"s": f"{seconds:,}"}
    yield Notice("warn", "warn", text, has_system_link=True)


def _stop(run: Invocation, now: datetime) -> Iterator[Notice]:
    """What the stop of the whole run came to: the truth, once it is known."""
    if run.stop_requested_at is None:
        return
    if run.is_live:
        open_states = [state for state in run.counts if state not in REST and state != T.WAITING]
        n = sum(run.counts[state] for state in open_states)
        if n and now - run.stop_requested_at > STOP_PATIENCE:
            text = ngettext(
                "The stop was accepted, %(n)s instance still reports Running.",
                "The stop was accepted, %(n)s instances still report Running.",
                n,
            )
            yield Notice("warn", "clock", text % {"n": f"{n:,}"})
        return
    yield Notice("run", "stop", _truth(run))


def _truth(run: Invocation) -> str:
    """12 stopped, 2 had finished already."""
    ended_by_itself = ~Q(state__in=[T.STOPPED, T.CANCELLED, T.SKIPPED])
    late = Target.objects.filter(ended_by_itself, invocation=run, finished_at__gte=run.stop_requested_at).count()
    values = {
        "a": f"{run.counts.get(T.STOPPED, 0):,}",
        "b": f"{late:,}",
        "c": f"{run.counts.get(T.CANCELLED, 0):,}",
    }
    if run.counts.get(T.CANCELLED):
        return _("%(a)s stopped, %(b)s had finished already, %(c)s were never sent.") % values
    if not late:
        return _("%(a)s stopped.") % values
    return _("%(a)s stopped, %(b)s had finished already.") % values
