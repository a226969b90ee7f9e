"""Why a target ended as it did: what happened, the cause, what would mend it (screens of one target and its output)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cloud.explain import Explanation, explain, explain_target, sentence
from instances.models import Instance
from invocations import preflight
from invocations.marking import MARKED
from invocations.models import REST, Invocation, Target
from invocations.models import TargetState as T
from invocations.schedules.frequency import Once
from invocations.schedules.timing import Timing

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

SILENT = timedelta(minutes=10)  # after its timeout an agent may take so long to say how it ended (A62)
FAILED = (T.FAILED, T.TIMEOUT, T.ERROR, T.INVALID, T.ABORTED)

# What ended a target that was never sent, by the reason the dispatch wrote (states.py).
UNSENT: dict[str, _StrPromise] = {
    "stopped": gettext_lazy("Not sent: the run was stopped."),
    "never-sent": gettext_lazy("This batch was never sent; its instances were not touched."),
    "not-in-time": gettext_lazy("Not sent within 24 h, so the rest is cancelled."),
}


@dataclass(frozen=True, slots=True)
class Why:
    """The cause box."""

    what: str
    code: str = ""  # the API's, in mono
    cause: str = ""
    fix: str = ""
    is_amber: bool = False  # nothing is known to have failed
    details: str = ""  # the cloud's own words
    request_id: str = ""


def why(target: Target, run: Invocation, now: datetime) -> Why | None:
    """None where nothing needs explaining."""
    if target.reason == MARKED:
        return _marked(target)
    match target.state:
        case T.SKIPPED:
            return _skipped(target, run)
        case T.CANCELLED:
            return Why(str(UNSENT.get(target.reason, UNSENT["never-sent"])), is_amber=True)
        case T.UNKNOWN:
            return _unknown(target, run)
        case T.UNFOLLOWED:
            told = explain_target("unfollowed")
            return _box(told, fix=_("Look on the instance."), is_amber=True)
        case T.SUCCESS | T.STOPPED if not target.error_code:
            return None
        case _ if target.state in REST:
            return _failed(target, run)
    return _silent(target, run, now)


def _marked(target: Target) -> Why:
    name = target.marked_by.shown_name if target.marked_by else "–"
    text = _("Marked by %(user)s as succeeded.") if target.state == T.SUCCESS else _("Marked by %(user)s as failed.")
    return Why(
        text % {"user": name},
        cause=_("The cloud never said how it ended."),
        fix=_("Should its answer still come, it takes the place of the mark."),
        is_amber=True,
    )


def _box(told: Explanation, **more: str | bool) -> Why:
    values = {"what": str(told.meaning), "cause": str(told.cause), "fix": str(told.fix), **more}
    return Why(**values)  # type: ignore[arg-type]


def _failed(target: Target, run: Invocation) -> Why:
    told = explain_target(
        target.error_code,
        exit_code=target.exit_code,
        user=run.username,
        path=run.working_dir,
        timeout=run.timeout,
        message=target.error_info,
        password_name=run.windows_password_name,
        region=run.region,
    )
    code = target.error_code or ("ExitCodeNonzero" if target.exit_code else "")
    details = "" if target.error_info == str(told.cause) else target.error_info
    return _box(told, code=code, details=details, is_amber=target.state not in FAILED)


def _skipped(target: Target, run: Invocation) -> Why:
    if target.reason == "rejected":
        batch = target.batch
        code, message = target.error_code or batch.code, target.error_info or batch.message
        reason = sentence("rejected", message=message, code=code)
        return Why(
            str(explain_target("skipped", reason=reason).meaning),
            cause=str(explain(code).meaning),
            fix=" ".join([str(explain(code).fix), _("Mend the cause, then run again on those not sent.")]).strip(),
            request_id=batch.request_id,
        )
    if target.reason == "time-passed":
        found = Timing.of(run).frequency
        time = f"{found.local:%Y-%m-%d %H:%M}" if isinstance(found, Once) else run.frequency
        what = _("The time %(time)s passed while this was waiting, so it was not sent.") % {"time": time}
        return Why(what, fix=_("Replace the schedule."), is_amber=True)
    if target.reason == "not-permitted":
        reason = _("%(person)s may no longer run commands.") % {"person": run.person.username}
        return Why(str(explain_target("skipped", reason=reason).meaning))
    instance = Instance.objects.filter(region=run.region, instance_id=target.instance_id).first()
    reason = preflight.sentence(target.reason, instance, command_type=run.command_type, region=run.region)
    return _box(explain_target("skipped", reason=reason))


def _unknown(target: Target, run: Invocation) -> Why:
    if target.reason == "vanished":
        what = _("The cloud no longer lists %(id)s.") % {"id": target.batch.invoke_id}
        return Why(
            what, cause=_("Its records are kept for a limited time."), fix=_("Look on the instance."), is_amber=True
        )
    return _box(explain_target("no-record" if target.reason == "no-record" else "unknown"), is_amber=True)


def _silent(target: Target, run: Invocation, now: datetime) -> Why | None:
    """Never shown as failed by the console's own clock."""
    accepted_at = target.batch.accepted_at
    if accepted_at is None or now < accepted_at + timedelta(seconds=run.timeout) + SILENT:
        return None
    minutes = int((now - accepted_at).total_seconds() // 60)
    what = _("No answer from the agent for %(n)s min.") % {"n": f"{minutes:,}"}
    return Why(what, fix=_("Look on the instance, or stop the run."), is_amber=True)
