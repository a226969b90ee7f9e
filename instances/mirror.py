"""Copying the machines of a region from the cloud: what there is, whether its agents report, what is gone.

Pages never wait for the cloud longer than a moment (regions/mirrors.py); dispatch asks about just its own targets.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from cloud import instances as gateway
from cloud.connection import current
from cloud.errors import NotPermitted
from cloud.slices import slices
from instances import tasks
from instances.models import Agent, Instance, InstanceTag, Kind
from regions import mirrors
from regions.models import Mirror, MirrorKind, Region

AT_ONCE = 500  # rows a transaction: writers of other tables wait no longer than that
_KEY = ["region", "instance_id"]
_COLUMNS = [field.name for field in Instance._meta.fields if field.name not in (*_KEY, "id")]


class _Known(NamedTuple):
    """What the copy before knew of an instance."""

    status: str
    started_at: datetime | None
    tags: dict[str, str]


# Keeping it fresh


def ensure_fresh(region: str, *, max_age: float = 60.0, wait: float | None = None) -> Mirror:
    """Machines of both kinds; see `regions.mirrors.ensure_fresh`. The mirror is that of the ECS instances."""
    found = mirrors.start_if_old(region, MirrorKind.INSTANCES, tasks.refresh_instances, max_age=max_age)
    managed = _start_managed(region, max_age)
    mirrors.wait_for([found, managed] if managed else [found], wait)
    return found


def ensure_managed_fresh(region: str, *, wait: float | None = None) -> None:
    if mirror := _start_managed(region, 60.0):
        mirrors.wait_for([mirror], wait)


def _start_managed(region: str, max_age: float) -> Mirror | None:
    """None where the region has no such machines."""
    if not Region.objects.filter(pk=region, has_managed=True).exists():
        return None
    return mirrors.start_if_old(region, MirrorKind.MANAGED, tasks.refresh_managed, max_age=max_age)


# Copying


def refresh(region: str) -> None:
    """Copy all machines of the region. What the cloud refuses is written into the mirrors."""
    refresh_ecs(region)
    if Region.objects.filter(pk=region, has_managed=True).exists():
        refresh_managed(region)


def refresh_ecs(region: str) -> None:
    with mirrors.copying(region, MirrorKind.INSTANCES) as began:
        rows = _ecs_rows(region, _list_ecs(region), began)
        _store(rows, _of(region, Kind.ECS), began)
        Region.objects.filter(pk=region).update(instance_count=len(rows))


def refresh_managed(region: str) -> None:
    with mirrors.copying(region, MirrorKind.MANAGED) as began:
        found = gateway.list_managed_instances(current(), region)
        _store([_managed_row(region, machine, began) for machine in found], _of(region, Kind.MANAGED), began)
        Region.objects.filter(pk=region).update(managed_count=len(found))


def refresh_some(region: str, ids: Collection[str]) -> None:
    """Ask the cloud about just these and copy what it says; those it does not know are released.

    Raises a member of `cloud.errors`.
    """
    began = timezone.now()
    managed = {instance_id for instance_id in ids if instance_id.startswith("mi-")}
    ecs = [instance_id for instance_id in ids if instance_id not in managed]
    if ecs:
        rows = _ecs_rows(region, _list_ecs(region, ecs), began)
        _store(rows, _of(region, Kind.ECS).filter(instance_id__in=ecs), began)
    if managed:  # the API has no look-up of several
        found = gateway.list_managed_instances(current(), region)
        rows = [_managed_row(region, machine, began) for machine in found if machine.instance_id in managed]
        _store(rows, _of(region, Kind.MANAGED).filter(instance_id__in=managed), began)


def note_started(region: str, ids: Collection[str]) -> None:
    """They were started from here just now: their agents need some minutes until they report."""
    started = _of(region, Kind.ECS).filter(instance_id__in=ids)
    started.update(status="starting", agent=Agent.UNKNOWN, started_at=timezone.now())


def _of(region: str, kind: Kind) -> QuerySet[Instance]:
    return Instance.objects.filter(region=region, kind=kind)


def _list_ecs(region: str, ids: Sequence[str] | None = None) -> list[gateway.Instance]:
    """A80: an empty list may mean "not permitted", which must not be taken for "all released"."""
    found = gateway.list_instances(current(), region, instance_ids=ids)
    if not found and not gateway.may_list_instances(current(), region):
        raise NotPermitted("Forbidden.RAM", action="ecs:DescribeInstances")
    return found


def _ecs_rows(region: str, found: Sequence[gateway.Instance], began: datetime) -> list[Instance]:
    """An agent of a machine that is off can't report, so that it is not asked for."""
    running = [machine.instance_id for machine in found if machine.status == "Running"]
    agents = {agent.instance_id: agent for agent in gateway.list_agents(current(), region, running)}
    return [_ecs_row(region, machine, agents.get(machine.instance_id), began) for machine in found]


def _ecs_row(region: str, machine: gateway.Instance, agent: gateway.Agent | None, began: datetime) -> Instance:
    addresses = (*machine.private_ips, *machine.public_ips)
    return Instance(
        region=region,
        instance_id=machine.instance_id,
        kind=Kind.ECS,
        name=machine.name,
        hostname=machine.hostname,
        status=machine.status.lower(),
        os_type=machine.os_type,
        os_name=machine.os_name,
        private_ip=next(iter(machine.private_ips), ""),
        public_ip=next(iter(machine.public_ips), ""),
        addresses=_joined(addresses),
        zone=machine.zone,
        tags=machine.tags,
        agent=_state_of(agent),
        agent_version=agent.version if agent else "",
        heartbeat_at=agent.last_heartbeat_at if agent else None,
        lock_reason=machine.lock_reason,
        created_at=machine.created_at,
        seen_at=began,
    )


def _managed_row(region: str, machine: gateway.ManagedInstance, began: datetime) -> Instance:
    """Whether it is connected is all that the cloud tells: it is both its status and its agent's."""
    return Instance(
        region=region,
        instance_id=machine.instance_id,
        kind=Kind.MANAGED,
        name=machine.name,
        hostname=machine.hostname,
        status="running" if machine.is_connected else "stopped",
        os_type=machine.os_type,
        os_name=machine.os_version,
        private_ip=machine.intranet_ip,
        public_ip=machine.internet_ip,
        addresses=_joined([machine.intranet_ip, machine.internet_ip]),
        tags=machine.tags,
        agent=Agent.NORMAL if machine.is_connected else Agent.ABNORMAL,
        agent_version=machine.agent_version,
        registered_at=machine.registered_at,
        seen_at=began,
    )


def _joined(addresses: Iterable[str]) -> str:
    known = [address for address in addresses if address]
    return f" {' '.join(known)} " if known else ""


def _state_of(agent: gateway.Agent | None) -> Agent:
    """API page DescribeCloudAssistantStatus: without version and heartbeat, it was never there."""
    if agent is None:
        return Agent.UNKNOWN
    if agent.is_online:
        return Agent.NORMAL
    return Agent.ABNORMAL if agent.version or agent.last_heartbeat_at else Agent.NONE


# Storing


def _store(rows: Sequence[Instance], asked: QuerySet[Instance], began: datetime) -> None:
    """Write what was found; what was asked for and not found is released."""
    known = _known(asked)
    for row in rows:
        row.started_at = _started_at(row, known.get(row.instance_id), began)
    for part in slices(rows, AT_ONCE):
        _write(part, known)
    gone = asked.filter(released_at=None, seen_at__lt=began)
    gone.update(status="released", released_at=began, agent=Agent.UNKNOWN)


def _known(asked: QuerySet[Instance]) -> dict[str, _Known]:
    columns = asked.values_list("instance_id", "status", "started_at", "tags")
    return {instance_id: _Known(*rest) for instance_id, *rest in columns.iterator()}


def _started_at(row: Instance, before: _Known | None, began: datetime) -> datetime | None:
    """When it was first seen running. The API tells no such time that survives a restart from within."""
    if before is None:
        return row.created_at if row.status == "running" else None
    return began if row.status == "running" != before.status else before.started_at


@transaction.atomic
def _write(rows: Sequence[Instance], known: dict[str, _Known]) -> None:
    written = Instance.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=_KEY, update_fields=_COLUMNS, batch_size=AT_ONCE
    )
    retagged = [row for row in written if _tags_before(row, known) != row.tags]
    InstanceTag.objects.filter(instance__in=[row.pk for row in retagged]).delete()
    tags = [InstanceTag(instance=row, key=key, value=value) for row in retagged for key, value in row.tags.items()]
    InstanceTag.objects.bulk_create(tags, batch_size=AT_ONCE)


def _tags_before(row: Instance, known: dict[str, _Known]) -> dict[str, str]:
    before = known.get(row.instance_id)
    return before.tags if before else {}
