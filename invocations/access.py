"""Which runs a person may see. Foreign is the same as missing: 404 (C22)."""

from __future__ import annotations

from django.shortcuts import get_object_or_404

from accounts.models import Person
from invocations.models import Invocation, Target
from invocations.models.runs import InvocationQuerySet


def runs_visible_to(person: Person) -> InvocationQuerySet:
    """Every role reads every run; the views start here, so that scopes have one place to come to."""
    return Invocation.objects.all() if person.is_active else Invocation.objects.none()


def get_run_for(person: Person, region_id: str, run_id: int) -> Invocation:
    runs = runs_visible_to(person).select_related("person", "command", "stop_requested_by")
    return get_object_or_404(runs, region=region_id, pk=run_id)


def get_run_version_for(person: Person, region_id: str, run_id: int) -> Invocation:
    """The same with only those columns that tell whether a page of it shows what there is."""
    columns = runs_visible_to(person).only("version", "state", "submitted_at", "ended_at")
    return get_object_or_404(columns, region=region_id, pk=run_id)


def get_target_for(person: Person, run: Invocation, instance_id: str) -> Target:
    """A target of just this run, with what it printed."""
    targets = Target.objects.filter(invocation__in=runs_visible_to(person)).select_related("batch", "output")
    return get_object_or_404(targets, invocation=run, instance_id=instance_id)
