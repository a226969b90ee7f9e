"""A run being prepared: what was typed and chosen so far, kept for its person alone, for 24 hours. Never a secret."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import Http404
from django.utils import timezone

from accounts.models import Person
from accounts.plain_input import visible
from commands.models import Command
from invocations import rollout_fields, waves
from invocations.models import Draft, Invocation, Rollout, TargetState
from invocations.schedules import filling

KEPT = timedelta(hours=24)
ONLY_SELECTED = "selected:yes"  # the search that shows what is chosen
BEYOND = 20_000  # ids that are still counted after the most a run can have; of more it is told that there are more

FAILED = (TargetState.FAILED, TargetState.TIMEOUT, TargetState.ERROR, TargetState.INVALID, TargetState.ABORTED)
STATES_AGAIN: dict[str, tuple[TargetState, ...]] = {
    "all": tuple(TargetState),
    "failed": FAILED,
    "skipped": (TargetState.SKIPPED,),
    "unknown": (TargetState.UNKNOWN, TargetState.UNFOLLOWED),
    "unsent": (TargetState.CANCELLED,),
}  # what `which` of Run again stands for; "ids" is the given ones


def find(person: Person, region: str, draft_id: UUID | None) -> Draft | None:
    """The person's own draft, while it is kept. Another's is as good as none."""
    if draft_id is None:
        return None
    oldest = timezone.now() - KEPT
    drafts = Draft.objects.filter(pk=draft_id, person=person, region=region, updated_at__gt=oldest)
    return drafts.select_related("command").first()


def keep(person: Person, command: Command, draft_id: UUID, fields: Mapping[str, str]) -> Draft:
    """Store what was typed, in the draft of this id or a new one. Raises Http404 when the id is another's."""
    _forget_old_ones()
    draft, is_new = Draft.objects.get_or_create(
        pk=draft_id,
        defaults={"person": person, "region": command.region, "command_id": command.pk, "fields": dict(fields)},
    )
    if draft.person_id != person.pk or draft.command_id != command.pk:
        raise Http404
    if not is_new:
        type_again(draft, fields)
    return draft


def type_again(draft: Draft, fields: Mapping[str, str]) -> None:
    """Replace what was typed; what is chosen stays, and the version that Run again stays on."""
    kept = {"stay": draft.fields["stay"]} if "stay" in draft.fields else {}
    draft.fields = kept | dict(fields)
    draft.save(update_fields=["fields", "updated_at"])


def choose(draft: Draft, change: Callable[[Sequence[str]], Sequence[str]]) -> None:
    """Set the selection to what `change` makes of it; two clicks at once both count."""
    with transaction.atomic():
        row = Draft.objects.select_for_update().get(pk=draft.pk)
        row.chosen = list(change(row.chosen))
        row.save(update_fields=["chosen", "updated_at"])
    draft.chosen = row.chosen


def united(chosen: Iterable[str], more: Iterable[str]) -> list[str]:
    """Both, each once, in the order of choosing."""
    return list(dict.fromkeys([*chosen, *more]))


def without(chosen: Iterable[str], fewer: Collection[str]) -> list[str]:
    gone = set(fewer)
    return [instance_id for instance_id in chosen if instance_id not in gone]


def ids_in(texts: Iterable[str]) -> list[str]:
    """Repeated or separated by commas, each once. Of far too many one more than is counted."""
    ids = (visible(part.strip()) for text in texts for part in text.split(","))
    return list(dict.fromkeys(one[:64] for one in ids if one))[: most_counted() + 1]


def most_counted() -> int:
    """More ids than this are only "more than" this."""
    return int(settings.MAX_TARGETS) + BEYOND


def fields_of(run: Invocation) -> dict[str, str]:
    """The form as `run` was sent, but for its script. Secrets were not kept."""
    fields = {
        "q": ONLY_SELECTED,
        "username": run.username,
        "windows_password_name": run.windows_password_name,
        "timeout": str(run.timeout),
        "working_dir": run.working_dir,
        "termination_mode": run.termination_mode,
        "container_name": run.container_name,
        "container_id": run.container_id,
        "oss_delivery": run.oss_delivery,
        "reason": run.reason,
        **_rollout_of(run),
        **filling.fields_of(run),
    }
    for name, value in run.parameters.items():
        fields[f"param-{name}"] = value
        if not value:  # it was sent blank, so it stays so, whatever the default
            fields.setdefault(f"param-{name}-empty", "on")
    return fields


def _rollout_of(run: Invocation) -> dict[str, str]:
    rollout = Rollout.objects.filter(pk=run.pk).first()
    return rollout_fields.typed(waves.plan_of(rollout)) if rollout else {}


def _forget_old_ones() -> None:
    Draft.objects.filter(updated_at__lte=timezone.now() - KEPT).delete()
