"""A schedule in the place of another: the old one is stopped once the cloud has taken all of the new one, never before.

So for a moment both may be due, but neither is lost. Where a part of the new one never gets there the old one goes on.
"""

from __future__ import annotations

from django.db import transaction

from accounts.models import Person
from accounts.plain_input import as_number
from invocations import stopping
from invocations.models import Batch, BatchState, Invocation

TAKEN = (BatchState.ACCEPTED, BatchState.FINISHED)
NEVER = (BatchState.CANCELLED, BatchState.UNKNOWN)


def named(person: Person, region: str, number: str | None) -> Invocation | None:
    """The schedule a form says it replaces, while that goes on and is this person's to stop."""
    pk = as_number(number)
    old = Invocation.objects.live().repeating().filter(region=region, pk=pk).first() if pk else None
    return old if old and may_stop(person, old) and not old.stop_requested_at else None


def may_stop(person: Person, schedule: Invocation) -> bool:
    """Its owner, and team admins."""
    return person.is_admin or (person.is_operator and schedule.person_id == person.pk)


def go_on(run_id: int) -> None:
    """Stop what this schedule replaces, if it is time to. Twice is as good as once."""
    run = Invocation.objects.select_related("person", "replaces").get(pk=run_id)
    old = run.replaces
    if old is None or not old.is_live or old.stop_requested_at or not is_taken(run):
        return
    with transaction.atomic():
        stopping.request(old, run.person, run.address)


def is_taken(run: Invocation) -> bool:
    """Every batch that stands for instances is in the cloud; one that was refused for unfit ones lives on in others."""
    batches = list(Batch.objects.filter(invocation=run).values_list("pk", "state", "parent"))
    parents = {parent for _pk, _state, parent in batches}
    return bool(batches) and all(
        state in TAKEN or (state == BatchState.REJECTED and pk in parents) for pk, state, _parent in batches
    )


def has_failed(run: Invocation) -> bool:
    """A part of it will never be taken, so what it replaces goes on until a person stops it."""
    batches = list(Batch.objects.filter(invocation=run).values_list("pk", "state", "parent"))
    parents = {parent for _pk, _state, parent in batches}
    return any(state in NEVER or (state == BatchState.REJECTED and pk not in parents) for pk, state, _p in batches)
