"""The cloud's own check of what a panel holds: the same calls with RepeatMode DryRun. Nothing runs.

It is never a condition of Run. Its calls are written before they are made, carry the tag `console-check`, appear in no
history, and are given up after a minute.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

import cloud.invocations as gateway
from accounts import audit
from cloud import connection, errors, limiter
from invocations import due, following, requests, secrets, submitting
from invocations.clock import db_now
from invocations.models import REST, Check, CheckCall, Draft, TargetState
from invocations.submitting import RunPlan

if TYPE_CHECKING:
    from invocations.forms import RunForm

PATIENCE = timedelta(minutes=1)
AGAIN = timedelta(seconds=1)
CLAIM = timedelta(seconds=30)  # a worker that died leaves its call to the next one after this
PERMIT_WAIT = 1.0  # seconds
DRY_RUN = "DryRun"
UNCHECKED = {"confirm_text", "reason"}  # fields that the cloud does not see


def digest_of(form: RunForm) -> str:
    """Of everything the cloud is asked but the instances, and secret values, which are not kept with a draft."""
    hidden = {parameter.key for parameter in form.parameters if parameter.is_secret} | UNCHECKED
    typed = {name: str(value) for name, value in form.cleaned_data.items() if name not in hidden}
    asked = [form.command.cloud_id, form.command.type, form.command.content, typed]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def start(plan: RunPlan, draft: Draft, digest: str) -> Check:
    """Write the calls of a check. One that is under way, of just the same, goes on instead."""
    ids = [instance.instance_id for group in (plan.ecs, plan.managed) for instance in group]
    with transaction.atomic():
        Draft.objects.select_for_update().get(pk=draft.pk)  # two presses at once make one check
        running = draft.checks.filter(digest=digest, ended_at=None).first()
        if running and set(ids) == running.verdicts.keys():
            return running
        check = _write(plan, draft, digest, ids)
    due.hand_out_soon()
    return check


def _write(plan: RunPlan, draft: Draft, digest: str, ids: list[str]) -> Check:
    now = db_now()
    draft.checks.all().delete()
    check = Check.objects.create(
        draft=draft,
        person=plan.person,
        region=plan.command.region,
        digest=digest,
        secrets=secrets.seal(plan.secrets),
        verdicts=dict.fromkeys(ids),
        started_at=now,
    )
    groups = submitting.groups_of(plan)
    CheckCall.objects.bulk_create(_calls(check, plan, [ids for _kind, ids in groups], now))
    audit.record(
        plan.person,
        "run.checked",
        region=check.region,
        object=f"command {plan.command.cloud_id or plan.command.name}",
        address=plan.address,
        calls=len(groups),
        targets=len(ids),
    )
    return check


def _calls(check: Check, plan: RunPlan, groups: Iterable[tuple[str, ...]], now: datetime) -> Iterator[CheckCall]:
    tags = (("console-check", str(check.pk)), ("console-id", settings.DEPLOYMENT_ID))
    for n, ids in enumerate(groups, start=1):
        request = submitting.request_of(plan, ids, tags, repeat_mode=DRY_RUN)
        yield CheckCall(check_of=check, n=n, client_token=uuid.uuid4().hex, request=request.to_json(), next_at=now)


def step(call_id: Any) -> None:
    """Send one call, or ask what came of it. May run beside its twin: only who moves `next_at` goes on."""
    now = db_now()
    call = CheckCall.objects.select_related("check_of").filter(pk=call_id, next_at__lte=now).first()
    if call is None or not CheckCall.objects.filter(pk=call.pk, next_at=call.next_at).update(next_at=now + CLAIM):
        return
    if call.check_of.ended_at or now > call.check_of.started_at + PATIENCE:
        _end(call.check_of)
        return
    try:
        wait = _ask(call) if call.invoke_id else _send(call, now)
    except (errors.OutcomeUnknown, errors.Throttled, errors.Unreachable) as error:
        wait = timedelta(seconds=error.retry_after or 2)
    except errors.CloudError as error:
        _refused(call, error)
        return
    if wait is None:
        _answered(call)
    else:
        CheckCall.objects.filter(pk=call.pk, check_of__ended_at=None).update(next_at=db_now() + wait)


def _send(call: CheckCall, now: datetime) -> timedelta:
    """The same token again is the same call, and a second one would run nothing either."""
    request = requests.filled(gateway.read_frozen(call.request), secrets.unseal(call.check_of.secrets))
    if limiter.acquire(request.operation, request.region, wait=PERMIT_WAIT):
        accepted = gateway.send(connection.current(), request, client_token=call.client_token, date=now)
        CheckCall.objects.filter(pk=call.pk).update(invoke_id=accepted.invoke_id)
    return AGAIN


def _ask(call: CheckCall) -> timedelta | None:
    """None once every instance of the call has its verdict."""
    region = call.check_of.region
    listed = gateway.list_invocations(connection.current(), region, invoke_ids=(call.invoke_id,))
    records = [record for invocation in listed for record in invocation.instances]
    verdicts = {record.instance_id: _verdict(record) for record in records if following.word(record.status) in REST}
    with transaction.atomic():
        check = Check.objects.select_for_update().filter(pk=call.check_of_id).first()
        if check is None:
            return None  # another check has taken its place
        check.verdicts |= verdicts
        check.save(update_fields=["verdicts"])
    wanted = set(gateway.read_frozen(call.request).instance_ids)
    return None if wanted <= verdicts.keys() else AGAIN


def _verdict(record: gateway.InvocationInstance) -> dict[str, str]:
    if following.word(record.status) == TargetState.SUCCESS:
        return {}
    return {"code": record.error_code or record.status, "message": record.error_info}


def _refused(call: CheckCall, error: errors.CloudError) -> None:
    """A call that blames its instances ends alone; what else is refused would be refused to the others, too."""
    blames_instances = isinstance(error, errors.Rejected) and error.splits
    with transaction.atomic():
        Check.objects.filter(pk=call.check_of_id).update(code=error.code, message=error.message)
        if blames_instances:
            _answered(call)
        else:
            _end(call.check_of)


def _answered(call: CheckCall) -> None:
    """The check ends with its last call. In one step: killed in between, or beside a twin, it would never end."""
    with transaction.atomic():
        Check.objects.select_for_update().filter(pk=call.check_of_id).first()
        CheckCall.objects.filter(pk=call.pk).update(next_at=None)
        if not CheckCall.objects.filter(check_of=call.check_of_id, next_at__isnull=False).exists():
            _end(call.check_of)


def _end(check: Check) -> None:
    with transaction.atomic():
        Check.objects.filter(pk=check.pk, ended_at=None).update(ended_at=db_now(), secrets=None)
        check.calls.update(next_at=None)
