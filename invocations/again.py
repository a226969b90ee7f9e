"""Run again: the panel filled in as a run was, with the very same content and parameters. Nothing runs by itself.

What shows in the panel is the run's own version of its command where the cloud still has that; else its frozen
content, as a script that is run without being saved. Secrets must be typed again: they were not kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import uuid4

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.models import Person
from commands.models import Command, Version
from invocations import drafts, requests, staying, unsaved
from invocations.models import REST, Draft, Found, Invocation, TargetState

NAMED = 5  # targets in a message
WHY_DOUBTFUL = {
    "vanished": lambda: _("the cloud no longer lists it"),
    "no-record": lambda: _("the cloud has no record of it"),
    "unfollowed": lambda: _("the cloud gave no final word"),
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The targets that Run again was pressed for."""

    ids: list[str]  # at rest, by name
    still_open: list[str] = field(default_factory=list)  # names of those that are not: they are left out
    doubtful: Mapping[str, int] = field(default_factory=dict)  # reason -> how many of `ids` may have run already

    @property
    def question(self) -> str:
        """What must be confirmed before; "" where nothing is in doubt (A87)."""
        n = sum(self.doubtful.values())
        if not n:
            return ""
        reasons = [
            WHY_DOUBTFUL.get(reason, lambda: _("the cloud never confirmed the call"))() for reason in self.doubtful
        ]
        why = pgettext("list", ", ").join(dict.fromkeys(reasons))
        text = ngettext(
            "%(n)s target may have run already (%(why)s). Run again?",
            "%(n)s targets may have run already (%(why)s). Run again?",
            n,
        )
        return text % {"n": f"{n:,}", "why": why}

    @property
    def refusal(self) -> str:
        """Who is left out, by name (A21); "" where all are at rest."""
        if not self.still_open:
            return ""
        names = pgettext("list", ", ").join(self.still_open[:NAMED])
        more = len(self.still_open) - NAMED
        if more > 0:
            names = _("%(names)s and %(n)s more") % {"names": names, "n": f"{more:,}"}
        return _("Not at rest yet, so left out: %(names)s. Stop them or wait, then run again on them.") % {
            "names": names
        }


def targets_of(run: Invocation, which: Collection[str], ids: Collection[str]) -> Chosen:
    """`which` are keys of `drafts.STATES_AGAIN`, or "ids" for the given ones."""
    states = {state for word in which for state in drafts.STATES_AGAIN.get(word, ())}
    by_id = set(ids) if "ids" in which else set()
    at_rest, still_open, doubtful = [], [], Counter[str]()
    rows = run.targets.order_by("name", "instance_id").values_list("instance_id", "name", "state", "reason")
    for instance_id, name, state, reason in rows:
        if not ("all" in which or state in states or instance_id in by_id):
            continue
        if state not in REST:
            still_open.append(name or instance_id)
            continue
        at_rest.append(instance_id)
        if state in (TargetState.UNKNOWN, TargetState.UNFOLLOWED):
            doubtful[reason] += 1
    return Chosen(at_rest, still_open, doubtful)


def prepare(run: Invocation, ids: Iterable[str], person: Person) -> Draft:
    """A draft of the same once more on these instances; any number of them, for they stand in it and in no address."""
    command, stay = _source(run, person)
    fields = drafts.fields_of(run)
    if command is None:
        fields |= _frozen_script(run)
    elif stay is not None:
        fields["stay"] = str(stay.number)
    return Draft.objects.create(
        pk=uuid4(),
        person=person,
        region=run.region,
        command=command,
        fields=fields,
        chosen=list(ids),
        again_of=run,
    )


def _source(run: Invocation, person: Person) -> tuple[Command | None, Version | None]:
    """The command whose panel shows just what ran, and the older version that it has to stay on for that.

    None, None: no panel of a command does; what ran is frozen in the run.
    """
    command = _present(run, person)
    if command is None:
        return None, None
    if command.cloud_id == run.command_cloud_id and command.content_sha256 == run.content_sha256:
        return command, None
    versions = command.versions.filter(cloud_id=run.command_cloud_id)
    version = versions.filter(number=run.command_version or 0).first()
    if version and version.content == run.content and staying.can_run(command, version):
        return command, version
    return None, None


def _present(run: Invocation, person: Person) -> Command | None:
    """The run's command, where it still is one."""
    if run.command is None or run.command.deleted_at is not None:
        return None
    return Command.objects.visible_to(person).present().filter(pk=run.command.pk).first()


def _frozen_script(run: Invocation) -> dict[str, str]:
    """As fields of the panel that runs a script without saving it."""
    names = [*run.parameters, *run.secret_names]
    launcher = _launcher(run)
    fields = {"name": run.command_name, "type": run.command_type, "content": run.content}
    if names:
        fields["enable_parameter"] = "on"
    if run.secret_names:
        fields["secret_names"] = ",".join(run.secret_names)
    return fields | ({"launcher": launcher} if launcher else {})


def _launcher(run: Invocation) -> str:
    """What the script was started by; it stands in what was sent alone."""
    batch = run.batches.order_by("seq").first()
    try:
        return requests.read(batch).launcher if batch else ""
    except ValueError:  # edited by hand
        return ""


def of_found(found: Found, person: Person) -> Draft:
    """Of an invocation that no row stands for: its script and instances; what was typed is not known."""
    fields = {
        **unsaved.FRESH,
        "q": drafts.ONLY_SELECTED,
        "name": found.command_name,
        "type": found.command_type,
        "content": found.content,
        "username": found.username,
    }
    return Draft.objects.create(
        pk=uuid4(), person=person, region=found.region, fields=fields, chosen=sorted(found.targets)
    )


def path_of(draft: Draft) -> str:
    """The panel that shows it."""
    if draft.command:
        return f"{reverse('invocations:panel', args=[draft.region, draft.command.cloud_id])}?draft={draft.pk}"
    return f"{reverse('invocations:unsaved', args=[draft.region])}?draft={draft.pk}"


@dataclass(frozen=True, slots=True)
class Older:
    """That the panel shows what a run used, and the command is another by now."""

    sentence: str
    newest: int  # the version that can be used instead; 0: there is none


def older_of(draft: Draft | None, command: Command) -> Older | None:
    """What to say above a panel that shows `command`, made from `draft`."""
    run = draft.again_of if draft else None
    if run is None or run.is_unsaved:
        return None
    newest = _newest(run)
    if command.pk is None:
        text = _(
            "Run #%(run)s is to run once more as it was. The cloud no longer has what it ran as a command, "
            "so its content is sent without being saved."
        )
        return Older(text % {"run": run.pk}, newest)
    if newest and command.version_number != newest and command.version_number == run.command_version:
        return Older(
            _("This runs version %(n)s, as run #%(run)s did.") % {"n": run.command_version, "run": run.pk}, newest
        )
    return None


def _newest(run: Invocation) -> int:
    """Of a command that is still there; one without versions of its own has none to offer."""
    return run.command.version_number if run.command and run.command.deleted_at is None else 0


def use_newest(draft: Draft, person: Person) -> bool:
    """Somebody wants the command as it is now instead. False: it is gone."""
    run = draft.again_of
    command = _present(run, person) if run else None
    if command is None:
        return False
    of_the_script = (*unsaved.COMMAND_FIELDS, "stay")
    draft.command = command
    draft.fields = {name: value for name, value in draft.fields.items() if name not in of_the_script}
    draft.save(update_fields=["command", "fields", "updated_at"])
    return True
