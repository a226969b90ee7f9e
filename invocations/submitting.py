"""T1: one press of Run becomes rows, all of them before any call is made."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts import audit
from accounts.models import Person
from cloud.invocations import FrozenRequest, FrozenRun, Tags
from commands.models import Command
from instances import selection_uses
from instances.models import Instance
from invocations import counting, due, planning, requests, secrets, waves
from invocations.clock import db_now
from invocations.models import Batch, Invocation, Rollout, Target, TargetState, Wave
from invocations.schedules.timing import NOW, Timing
from regions.models import Account


@dataclass(frozen=True, kw_only=True)
class RunPlan:
    """Everything a run is, checked and ready: what preflight and the form let through."""

    command: Command  # without a key: a script that is run without being saved
    person: Person
    address: str
    form_token: uuid.UUID
    ecs: Sequence[Instance]
    managed: Sequence[Instance] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)  # every name of the command but the secret ones
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    username: str = ""
    windows_password_name: str = ""
    timeout: int = 60
    working_dir: str = ""
    termination_mode: str = "Process"
    container_name: str = ""
    container_id: str = ""
    oss_delivery: str = ""
    reason: str = ""
    again_of: Invocation | None = None
    searches: Sequence[str] = ()  # of the pickers, when Run was pressed
    rollout: waves.Plan | None = None  # None: to all of them at once
    timing: Timing = NOW
    replaces: Invocation | None = None  # a schedule that is stopped once this one is taken


def submit(plan: RunPlan) -> tuple[Invocation, bool]:
    """The run, and whether this call made it: the same form token again leads to the run it made before."""
    try:
        with transaction.atomic():
            run = _write(plan)
    except IntegrityError:
        existing = Invocation.objects.filter(form_token=plan.form_token, person=plan.person).first()
        if existing is None:
            raise
        return existing, False
    due.hand_out_soon()
    return run, True


def _write(plan: RunPlan) -> Invocation:
    now = db_now()
    run = _invocation(plan, now)
    targets = [instance for group in (plan.ecs, plan.managed) for instance in group]
    batches = _batches(plan, run, _waves(plan.rollout, run, now), now)
    Batch.objects.bulk_create([batch for batch, _ids in batches])
    batch_of = {instance_id: batch for batch, ids in batches for instance_id in ids}
    Target.objects.bulk_create(
        [_target(run, batch_of[instance.instance_id], instance, now) for instance in targets], batch_size=500
    )
    if plan.command.pk:
        Command.objects.filter(pk=plan.command.pk).update(last_run_id=run.pk, last_run_at=now, last_run_state=run.state)
    counting.recount(run.pk)
    chosen = {instance.instance_id for instance in targets}
    selection_uses.note(plan.person, run.region, plan.searches, chosen, run_id=run.pk, at=now)
    audit.record(
        plan.person,
        "run.submitted",
        region=run.region,
        object=f"run {run.pk}",
        address=plan.address,
        command=run.command_cloud_id,
        content_sha256=run.content_sha256,
        username=run.username,
        **({"repeat_mode": run.repeat_mode, "frequency": run.frequency} if run.repeats else {}),
        targets=[instance.instance_id for instance in targets],
        **({"waves": plan.rollout.sizes(run.total)} if plan.rollout else {}),
    )
    return run


def _invocation(plan: RunPlan, now: datetime) -> Invocation:
    account = Account.objects.first()
    return Invocation.objects.create(
        account_id=account.account_id if account else "",
        cloud_kind=settings.CLOUD,
        region=plan.command.region,
        command=plan.command if plan.command.pk else None,
        command_version=version_of(plan.command),
        command_cloud_id=plan.command.cloud_id,
        command_name=plan.command.name,
        command_type=plan.command.type,
        content=plan.command.content,
        content_sha256=hashlib.sha256(plan.command.content.encode()).hexdigest(),
        parameters=dict(plan.parameters),
        secret_names=list(plan.secrets),
        username=plan.username,
        windows_password_name=plan.windows_password_name,
        timeout=plan.timeout,
        working_dir=plan.working_dir,
        termination_mode=plan.termination_mode,
        container_name=plan.container_name,
        container_id=plan.container_id,
        oss_delivery=plan.oss_delivery,
        reason=plan.reason,
        repeat_mode=plan.timing.repeat_mode,
        frequency=plan.timing.text,
        replaces=plan.replaces,
        person=plan.person,
        address=plan.address,
        form_token=plan.form_token,
        again_of=plan.again_of,
        submitted_at=now,
        total=len(plan.ecs) + len(plan.managed),
    )


def groups_of(plan: RunPlan) -> list[tuple[str, tuple[str, ...]]]:
    """Kind and ids of each call, in the order of sending."""
    return [
        (kind, ids)
        for kind, members in (("ecs", plan.ecs), ("managed", plan.managed))
        for ids in planning.split([instance.instance_id for instance in members], settings.BATCH_SIZE)
    ]


def _waves(rollout: waves.Plan | None, run: Invocation, now: datetime) -> list[Wave]:
    """The rollout's rows: its first wave is released with the run. None where there is no rollout."""
    if rollout is None:
        return []
    Rollout.objects.create(
        invocation=run,
        kind=rollout.kind,
        wave_size=str(rollout.size),
        wave_max=rollout.largest,
        gate=rollout.gate,
        pause=rollout.pause,
        failure_limit=str(rollout.limit) if rollout.limit else "",
        on_failures=rollout.on_failures,
    )
    sizes = enumerate(rollout.sizes(run.total), start=1)
    return Wave.objects.bulk_create(
        Wave(rollout_id=run.pk, n=n, size=size, released_at=now if n == 1 else None) for n, size in sizes
    )


def _batches(plan: RunPlan, run: Invocation, rows: list[Wave], now: datetime) -> list[tuple[Batch, tuple[str, ...]]]:
    """The batches with the ids each stands for, in the order of sending."""
    calls = enumerate(_calls(plan, rows), start=1)
    return [(_batch(plan, run, wave, seq, kind, ids, now), ids) for seq, (wave, kind, ids) in calls]


def _calls(plan: RunPlan, rows: list[Wave]) -> Iterator[tuple[Wave | None, str, tuple[str, ...]]]:
    """What each call is for: its wave, the kind and ids of its instances. Waves take the instances by name."""
    if not rows:
        yield from ((None, kind, ids) for kind, ids in groups_of(plan))
        return
    members = sorted([*plan.ecs, *plan.managed], key=lambda instance: (instance.name, instance.instance_id))
    kinds, sizes = [instance.kind for instance in members], [wave.size for wave in rows]
    for wave, calls in zip(rows, waves.calls(kinds, sizes, settings.BATCH_SIZE), strict=True):
        for kind, places in calls:
            yield wave, kind, tuple(members[at].instance_id for at in places)


def _batch(
    plan: RunPlan, run: Invocation, wave: Wave | None, seq: int, kind: str, ids: tuple[str, ...], now: datetime
) -> Batch:
    batch = Batch(
        invocation=run,
        wave=wave,
        region=run.region,
        kind=kind,
        seq=seq,
        client_token=uuid.uuid4().hex,
        secrets=secrets.seal(plan.secrets),
        size=len(ids),
        counts={TargetState.WAITING: len(ids)},
        next_attempt_at=now,
        send_deadline=now + timedelta(seconds=settings.SEND_DEADLINE),
    )
    requests.freeze(batch, request_of(plan, ids, requests.tags(run.pk, batch.pk)))
    return batch


def version_of(command: Command) -> int | None:
    """The version that would run. None: there is none, or the cloud's copy is another one since."""
    return command.version_number or None if command.drifted_at is None else None


def request_of(plan: RunPlan, ids: tuple[str, ...], tags: Tags, *, repeat_mode: str = "") -> requests.Frozen:
    """What is asked of the cloud for these instances; secrets are placeholders.

    With another `repeat_mode` than the plan's nothing is said of its frequency: the cloud takes all that has one for a
    schedule, whatever else it says.
    """
    when = {"repeat_mode": plan.timing.repeat_mode, "frequency": plan.timing.text}
    settings = _settings(plan, ids) | {"tags": tags, **({"repeat_mode": repeat_mode} if repeat_mode else when)}
    if plan.command.pk:
        return FrozenRequest(command_id=plan.command.cloud_id, **settings)
    return FrozenRun(
        type=plan.command.type,
        content=plan.command.content,
        name=plan.command.name,
        enable_parameter=plan.command.enable_parameter,
        **settings,
    )


def _settings(plan: RunPlan, ids: tuple[str, ...]) -> dict[str, Any]:
    """Time-out, directory and launcher of a saved command may be changed by others, so they are always sent."""
    names = plan.command.parameter_names
    given = {**plan.parameters, **dict.fromkeys(plan.secrets, "")}
    return {
        "region": plan.command.region,
        "instance_ids": ids,
        "parameters": requests.parameters_text({name: given.get(name, "") for name in names}) if names else "",
        "username": plan.username,
        "windows_password_name": plan.windows_password_name,
        "timeout": plan.timeout,
        "working_dir": plan.working_dir,
        "termination_mode": plan.termination_mode,
        "container_id": plan.container_id,
        "container_name": plan.container_name,
        "oss_output_delivery": plan.oss_delivery,
        "launcher": plan.command.launcher,
    }


def _target(run: Invocation, batch: Batch, instance: Instance, now: datetime) -> Target:
    return Target(
        invocation=run,
        batch=batch,
        instance_id=instance.instance_id,
        kind=instance.kind,
        name=instance.name,
        private_ip=instance.private_ip,
        os_type=instance.os_type,
        changed_at=now,
    )
