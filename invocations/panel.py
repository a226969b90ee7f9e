"""The execute panel: one command, what was typed and chosen for it, and everything that is shown of both."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Person
from accounts.plain_input import visible
from commands import definitions, highlighting
from commands.models import Command
from instances import access
from instances.models import Instance, Kind
from invocations import checking, drafts, passwords, secrets
from invocations.forms import RunForm, kept_fields
from invocations.models import Draft, Invocation
from invocations.parameter_fields import ON_PURPOSE, PREFIX
from invocations.picking import LOOKS, Look, Picker
from regions.models import Region
from regions.trouble import Trouble

LONGEST_LINK = 2000  # characters
BEYOND = 1000  # ids that are read after the most a run can have
LINES = 12  # of the content that are shown at first
ADVANCED = ("termination_mode", "container_name", "container_id", "oss_delivery")
RECENT = 50  # runs that are looked at for user names


class Panel:
    """`data` holds the form's fields, from wherever they come; `draft` what was stored of them before, if anything."""

    def __init__(self, person: Person, region: Region, command: Command, data: QueryDict, draft: Draft | None) -> None:
        self.person = person
        self.region = region
        self.command = command
        self.data = data
        self.draft = draft
        self.draft_id = draft.pk if draft else as_uuid(data.get("draft")) or uuid4()
        self.form_token = as_uuid(data.get("form_token")) or uuid4()
        self.chosen = chosen_of(data, draft.chosen if draft else [])
        self.notes: list[str] = []
        self.trouble: Trouble | None = None  # why the instances are not as of now
        self.shows_summary = False  # of what is wrong; only after the form was sent

    @cached_property
    def form(self) -> RunForm:
        form = RunForm(self.data, command=self.command, chosen=self.chosen)
        form.full_clean()
        return form

    @cached_property
    def content(self) -> list[highlighting.Line]:
        """The script with what is filled in; what is missing or wrong stands in it as its name."""
        values = {one.name: secrets.MASK if one.is_secret and one.value else one.value for one in self.form.parameters}
        known = {name: value for name, value in values.items() if value is not None}
        return highlighting.lines(self.command.content, self.command.type, known if values else None)

    @property
    def missing_parameters(self) -> int:
        return sum(parameter.value is None for parameter in self.form.parameters)

    @property
    def filled_parameters(self) -> int:
        return len(self.form.parameters) - self.missing_parameters

    @property
    def is_long(self) -> bool:
        """More lines than are shown at first."""
        return len(self.content) > LINES

    @property
    def advanced(self) -> list[str]:
        """The labels of what is set among the advanced options."""
        form = self.form
        return [str(form[name].label) for name in ADVANCED if form.data.get(name) not in (None, "", "Process")]

    @property
    def opens_advanced(self) -> bool:
        hrefs = {f"#id_{name}" for name in ADVANCED}
        return bool(self.advanced) or any(problem.href in hrefs for problem in self.form.problems)

    # Choosing

    @cached_property
    def instances(self) -> Picker:
        return self._picker(Kind.ECS)

    @cached_property
    def managed(self) -> Picker:
        return self._picker(Kind.MANAGED)

    @property
    def pickers(self) -> list[Picker]:
        return [self.instances, self.managed] if self.shows_managed else [self.instances]

    @property
    def chosen_lines(self) -> str:
        return "\n".join(self.chosen)

    def picker(self, kind: Kind) -> Picker:
        return self.managed if kind == Kind.MANAGED else self.instances

    def _picker(self, kind: Kind) -> Picker:
        return Picker(self.person, self.region, self.command.type, Look.of(self.data, kind), self.chosen)

    @cached_property
    def shows_managed(self) -> bool:
        """The second picker is folded until somebody wants it."""
        return bool(self.managed.chosen) or self.managed.look.asks_for_something or self.data.get("managed") == "show"

    @cached_property
    def managed_total(self) -> int:
        return access.visible_to(self.person, self.region.pk, Kind.MANAGED).filter(released_at=None).count()

    def choose(self, chosen: Iterable[str]) -> None:
        """Another selection than the form's, before anything of it was looked at."""
        self.chosen = list(chosen)
        for name in ("form", "instances", "managed"):
            self.__dict__.pop(name, None)

    def keep(self) -> None:
        """Store what was typed and chosen as a draft; the selection is in it from now on."""
        self.draft = drafts.keep(self.person, self.command, self.draft_id, self.fields_to_keep)
        if self.draft.chosen != self.chosen:
            drafts.choose(self.draft, lambda _before: self.chosen)

    @property
    def fields_to_keep(self) -> dict[str, str]:
        looks = {name: visible(value) for name, value in self._looks.items()}
        return kept_fields(self.data, self.command) | looks | {"form_token": str(self.form_token)}

    @property
    def _looks(self) -> dict[str, str]:
        return self.instances.look.fields | self.managed.look.fields

    # Before you run

    @cached_property
    def batches(self) -> checking.Batches:
        return checking.Batches(self.form.tally.ecs, self.form.tally.managed)

    @cached_property
    def quota(self) -> checking.Quota:
        return checking.quota_for(self.region, self.batches)

    @cached_property
    def checks(self) -> list[checking.Check]:
        return checking.checks(self.form, self.quota)

    @property
    def is_ready(self) -> bool:
        return not self.form.problems

    @cached_property
    def unfit_matches(self) -> list[checking.UnfitMatches]:
        """What a search found and can't run, by reason; of a list that was not searched there is nothing to say."""
        return checking.unfit_matches(picker for picker in self.pickers if picker.look.asks_for_something)

    @property
    def unfit_matches_total(self) -> int:
        return sum(matches.n for matches in self.unfit_matches)

    # The password of Windows users

    @property
    def asks_for_password(self) -> bool:
        """Only where it can matter: Windows targets, and a user who is not System."""
        return self.form.is_for_windows and self.form.names_a_user and bool(self.chosen)

    @cached_property
    def password_names(self) -> passwords.Names:
        return passwords.of(self.region.pk, anew="refresh_passwords" in self.data)

    # Beside the form

    @cached_property
    def recent_users(self) -> list[str]:
        """Who this command ran as lately, newest first."""
        runs = Invocation.objects.filter(region=self.region.pk, command_cloud_id=self.command.cloud_id)
        names = runs.exclude(username="").order_by("-pk").values_list("username", flat=True)[:RECENT]
        return list(dict.fromkeys(names))

    @cached_property
    def run_before(self) -> Invocation | None:
        """The run that this very form has made already."""
        return Invocation.objects.filter(form_token=self.form_token, person=self.person).first()

    @property
    def path(self) -> str:
        return reverse("invocations:panel", args=[self.region.pk, self.command.cloud_id])

    @property
    def selection_path(self) -> str:
        return reverse("invocations:selection", args=[self.region.pk, self.draft_id])

    @property
    def paste_path(self) -> str:
        path = reverse("invocations:paste", args=[self.region.pk, self.draft_id])
        return f"{path}?{urlencode({'command': self.command.cloud_id})}"

    @property
    def review_path(self) -> str:
        return reverse("invocations:review", args=[self.region.pk, self.draft_id])

    @property
    def address(self) -> str:
        """Where a reload shows the same again."""
        fields = ({"draft": str(self.draft_id)} if self.draft else {}) | self._looks
        return f"{self.path}?{urlencode(fields)}" if fields else self.path

    @cached_property
    def link(self) -> str:
        """The path that fills in this form for somebody else; "" where it would be too long. It runs nothing."""
        fields = kept_fields(self.form.data, self.command)
        blank = {name for name, value in fields.items() if not value and not name.startswith(PREFIX)}
        pairs = [(name, value) for name, value in fields.items() if name not in blank]
        link = f"{self.path}?{urlencode([*pairs, *self._targets_in_link()])}"
        return link if len(link) <= LONGEST_LINK else ""

    def _targets_in_link(self) -> list[tuple[str, str]]:
        """As a search when the selection is all that it finds, else as ids."""
        look = self.instances.look
        if look.asks_for_something and self.instances.is_all_chosen and not self.managed.chosen:
            return [(name, value) for name, value in (("q", look.q), *look.filters.items()) if value]
        return [("ids", ",".join(self.chosen))] if self.chosen else []


def from_link(query: QueryDict, command: Command) -> tuple[QueryDict, list[str]]:
    """The form as an address fills it in, and what to say of the rest. Secrets are never taken from an address."""
    data = QueryDict(mutable=True)
    known = {PREFIX + one.name: one for one in definitions.definitions_of(command)}
    plain = {*RunForm.base_fields, *LOOKS, "draft", "managed"} - {"confirm_text"}
    unknown = []
    for name, values in query.lists():
        parameter = known.get(name) or known.get(name.removesuffix(ON_PURPOSE))
        if name in plain or (parameter and not parameter.is_secret):
            data.setlist(name, values[-1:])
        elif name.startswith(PREFIX) and not parameter:
            unknown.append(visible(name.removeprefix(PREFIX))[:64])
    notes = [_("This command has no parameter %(name)s.") % {"name": name} for name in unknown]
    here, missing = _linked(ids_in(query.getlist("ids")), command.region)
    data["carried_ids"] = ",".join(here)
    if missing:
        text = ngettext(
            "%(n)s of the linked instances is not here or not in your scope.",
            "%(n)s of the linked instances are not here or not in your scope.",
            missing,
        )
        notes.append(text % {"n": f"{missing:,}"})
    return data, notes


def _linked(ids: list[str], region: str) -> tuple[list[str], int]:
    """Those that are there, in the given order, and the number of the others."""
    there = set(Instance.objects.filter(region=region, instance_id__in=ids).values_list("instance_id", flat=True))
    return [one for one in ids if one in there], len(ids) - len(there)


def chosen_of(data: QueryDict, kept: Iterable[str]) -> list[str]:
    """The selection a form stands for: what was kept or carried along; of the rows it shows, those that are ticked."""
    before = drafts.united(kept, ids_in(data.getlist("carried_ids")))
    elsewhere = drafts.without(before, ids_in(data.getlist("shown_ids")))
    ticked = ids_in([*data.getlist("instance_ids"), *data.getlist("managed_instance_ids")])
    return drafts.united(elsewhere, ticked)


def ids_in(texts: Iterable[str]) -> list[str]:
    """Repeated or separated by commas, each once. Of far too many only so many that they are seen to be too many."""
    ids = (visible(part.strip()) for text in texts for part in text.split(","))
    return list(dict.fromkeys(one[:64] for one in ids if one))[: settings.MAX_TARGETS + BEYOND]


def as_uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
