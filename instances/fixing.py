"""What lets an instance run commands again: starting it, installing its agent.

The cloud answers both at once, and a person waits for them: no worker is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit
from accounts.models import Person
from cloud import instances as gateway
from cloud.connection import current
from cloud.errors import CloudError
from instances import mirror
from instances.models import Agent, Instance

MOST = 500  # instances at once: somebody waits for the answer


class Fix(StrEnum):
    START = "start"
    INSTALL = "install"

    def helps(self, instance: Instance) -> bool:
        if self is Fix.START:
            return instance.status == "stopped"
        return instance.status == "running" and instance.agent != Agent.NORMAL


@dataclass(frozen=True, slots=True)
class Outcome:
    """The instances it worked for, and a sentence for each it did not."""

    fix: Fix
    done: list[str]
    refusals: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """ "" where it worked for none."""
        n = len(self.done)
        if not n:
            return ""
        if self.fix is Fix.START:
            return ngettext("Starting %(n)s instance.", "Starting %(n)s instances.", n) % {"n": n}
        return ngettext(
            "Installing the agent on %(n)s instance. It works after the instance is restarted.",
            "Installing the agent on %(n)s instances. It works after the instance is restarted.",
            n,
        ) % {"n": n}


def apply(fix: Fix, person: Person, region: str, instances: Sequence[Instance], *, address: str) -> Outcome:
    """Do it for all of them, write down who did. Raises a member of `cloud.errors` where the cloud took nothing."""
    ids = [instance.instance_id for instance in instances]
    try:
        refused = _CALLS[fix](region, ids)
    except CloudError as error:
        audit.record(person, _ACTIONS[fix], region=region, address=address, asked=ids, error=error.code)
        raise
    codes = {result.instance_id: result.code for result in refused}
    audit.record(person, _ACTIONS[fix], region=region, address=address, asked=ids, refused=codes)
    names = {instance.instance_id: instance.name for instance in instances}
    return Outcome(fix, [i for i in ids if i not in codes], [_refusal(names, result) for result in refused])


def _refusal(names: dict[str, str], result: gateway.StartResult) -> str:
    parts = {"name": names.get(result.instance_id, ""), "message": result.message, "code": result.code}
    return _("%(name)s can’t be started: %(message)s (%(code)s).") % parts


def _start(region: str, ids: Sequence[str]) -> list[gateway.StartResult]:
    results = gateway.start_instances(current(), region, ids)
    refused = [result for result in results if result.code]
    not_started = {result.instance_id for result in refused}
    mirror.note_started(region, [instance_id for instance_id in ids if instance_id not in not_started])
    return refused


def _install(region: str, ids: Sequence[str]) -> list[gateway.StartResult]:
    """All or nothing: the API tells of no single instance."""
    gateway.install_agent(current(), region, ids)
    return []


_CALLS: dict[Fix, Callable[[str, Sequence[str]], list[gateway.StartResult]]] = {
    Fix.START: _start,
    Fix.INSTALL: _install,
}
_ACTIONS = {Fix.START: "instances.started", Fix.INSTALL: "instances.agent_installed"}
