"""The execute panel: one command, what was typed and chosen for it, and everything that is shown of both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Person
from accounts.plain_input import as_uuid, visible
from cloud import limits
from commands import editor_phrases, highlighting, textarea
from commands.looking_over import TOO_LARGE_TO_READ
from commands.models import Command
from commands.parameters import size_after_base64
from instances import access
from instances.models import Kind
from invocations import (
    again,
    checking,
    cloud_check,
    drafts,
    links,
    passwords,
    preflight,
    secrets,
    staying,
    submitting,
    unsaved,
)
from invocations.forms import RunForm, kept_fields
from invocations.models import Draft, Invocation
from invocations.parameter_fields import PREFIX
from invocations.picking import LOOKS, Look, Picker
from invocations.rollout_fields import ALL, DRAWN, SHOWN
from invocations.schedules import preview, replacing, zones
from invocations.unsaved import UnsavedForm
from invocations.verdicts import CloudCheck
from invocations.wave_plan import Member, WavePlan, as_text, drawn_before
from regions.models import Region
from regions.trouble import Trouble

LINES = 12  # of the content that are shown at first
ADVANCED = ("termination_mode", "container_name", "container_id", "oss_delivery")
RECENT = 50  # runs that are looked at for user names
BESIDE_THE_FORM = (
    {"action", "op", "command", "draft", "form_token", "version", "selection", "touched", "managed"}
    | {"instance_ids", "managed_instance_ids", "shown_ids", "carried_ids", "undo_ids"}
    | {"go_on_without_unfit", "refresh_passwords", "csrfmiddlewaretoken", "digest", "stay", "system", "content_exact"}
    | {SHOWN, DRAWN}
)  # fields of the page that the form does not check
STRANGE = 10  # names of unknown fields that are told


@dataclass(frozen=True, slots=True)
class ShownLine:
    pieces: highlighting.Line
    is_dangerous: bool


class Panel:
    """`data` holds the form's fields, from wherever they come; `draft` what was stored of them before, if anything."""

    def __init__(self, person: Person, region: Region, command: Command, data: QueryDict, draft: Draft | None) -> None:
        self.person = person
        self.region = region
        self.current = command
        self.command = staying.shown(command, data)  # an older version where somebody stays on it
        self.data = staying.take_back(data, self.command) if self.stays else data
        self.data = staying.without_older_secrets(self.data, self.command)
        self.draft = draft
        self.draft_id = draft.pk if draft else as_uuid(data.get("draft")) or uuid4()
        self.form_token = as_uuid(data.get("form_token")) or uuid4()
        self.chosen = chosen_of(data, draft.chosen if draft else [])
        self.notes: list[str] = []
        self.moved: staying.Moved | None = None  # the command, while the panel was open
        self.kept_of_older: dict[str, str] = {}
        self.trouble: Trouble | None = None  # why the instances are not as of now
        self.shows_summary = False  # of what is wrong; only after the form was sent

    @property
    def is_unsaved(self) -> bool:
        return self.command.pk is None

    @property
    def title(self) -> str:
        return self.command.name

    @property
    def subject(self) -> str:
        """What runs, in a sentence."""
        return self.command.name

    @property
    def shows_other_system(self) -> bool:
        """Than the pickers' rows on the page were looked at for."""
        return False

    # The version

    @property
    def stays(self) -> bool:
        """On an older version, knowingly."""
        return self.command is not self.current

    @property
    def older(self) -> again.Older | None:
        """That this is what a run used once, which is run again."""
        return again.older_of(self.draft, self.command)

    @property
    def cannot_stay(self) -> bool:
        """Somebody wants to, and the cloud no longer has it."""
        return bool(self.data.get("stay")) and not self.stays and not self.is_unsaved

    @property
    def version(self) -> int | None:
        return submitting.version_of(self.command)

    @property
    def digest(self) -> str:
        return staying.digest(self.command)

    def tell_of_newer(self) -> bool:
        """True when the form was made from something else than what is shown now, which is told then."""
        if self.stays or not staying.is_another(self.command, self.data):
            return False
        seen = staying.version_on(self.command, self.data.get("version"))
        self.moved = staying.Moved.of(self.command, seen)
        self.kept_of_older = staying.kept_fields(self.data, seen, self.command)
        self.data = staying.without_unknown(self.data, self.command)
        self._forget("form")
        return True

    # What is typed

    @cached_property
    def form(self) -> RunForm:
        form = self._form()
        form.full_clean()
        return form

    def _form(self) -> RunForm:
        return RunForm(self.data, command=self.command, chosen=self.chosen)

    @cached_property
    def content(self) -> list[ShownLine]:
        """The script with what is filled in; what is missing or wrong stands in it as its name."""
        values = {one.name: secrets.MASK if one.is_secret and one.value else one.value for one in self.form.parameters}
        known = {name: value for name, value in values.items() if value is not None}
        lines = highlighting.lines(self.command.content, self.command.type, known if values else None)
        dangerous = {danger.line for danger in self.form.dangers}
        return [ShownLine(line, n in dangerous) for n, line in enumerate(lines, start=1)]

    @property
    def missing_parameters(self) -> int:
        return sum(parameter.value is None for parameter in self.form.parameters)

    @property
    def filled_parameters(self) -> int:
        return len(self.form.parameters) - self.missing_parameters

    @property
    def is_long(self) -> bool:
        """More lines than are shown at first. None is hidden that is dangerous."""
        return len(self.content) > LINES and not any(line.is_dangerous for line in self.content[LINES:])

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
    def selection_digest(self) -> str:
        """What the button speaks of: a form that shows another selection than the stored one is not run."""
        return hashlib.sha256(",".join(sorted(self.chosen)).encode()).hexdigest()[:16]

    @property
    def chosen_lines(self) -> str:
        return "\n".join(self.chosen)

    def picker(self, kind: Kind) -> Picker:
        return self.managed if kind == Kind.MANAGED else self.instances

    def _picker(self, kind: Kind) -> Picker:
        picker = Picker(self.person, self.region, self.command.type, Look.of(self.data, kind), self.chosen)
        picker.verdicts = self.cloud_check.verdicts
        return picker

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
        self._forget("form", "instances", "managed", "cloud_check")

    def _forget(self, *names: str) -> None:
        """What was worked out is so no longer."""
        for name in names:
            self.__dict__.pop(name, None)

    def keep(self) -> None:
        """Store what was typed and chosen as a draft; the selection is in it from now on."""
        self.draft = drafts.keep(self.person, self.command, self.draft_id, self.fields_to_keep)
        if self.draft.chosen != self.chosen:
            drafts.choose(self.draft, lambda _before: self.chosen)

    @property
    def fields_to_keep(self) -> dict[str, str]:
        looks = {name: visible(value) for name, value in self._looks.items()}
        return self._typed | looks | {"form_token": str(self.form_token)}

    @property
    def _typed(self) -> dict[str, str]:
        return kept_fields(self.data, self.command)

    @property
    def _looks(self) -> dict[str, str]:
        return self.instances.look.fields | self.managed.look.fields

    # Before you run

    @cached_property
    def wave_plan(self) -> WavePlan | None:
        """None for all at once; while what is typed can't be read the plan that was drawn last, if there is one."""
        if self.form.kind_of_rollout == ALL or not self.form.tally.fit:
            return None
        plan = self.form.plan_of_waves
        shown = plan or drawn_before(self.data.get(DRAWN, ""))
        if shown is None or len(shown.sizes(self.form.tally.fit)) > settings.MAX_WAVES:
            return None
        names = preflight.fit_names(self.region.pk, self.chosen, self.command.type)
        return WavePlan(shown, [Member(kind, name) for kind, name in names], is_old=plan is None)

    @property
    def drawn(self) -> str:
        """The plan that is shown, for the page to send along."""
        return as_text(self.wave_plan.plan) if self.wave_plan else ""

    @cached_property
    def schedule(self) -> preview.Preview | None:
        """What the chosen times come to; None while they can't be read, and for a run that has none."""
        return preview.of(self.form.timing)

    @cached_property
    def time_zones(self) -> list[zones.Choice]:
        return zones.choices(timezone.now())

    @cached_property
    def replaces(self) -> Invocation | None:
        """The schedule that is stopped once this one is taken."""
        return replacing.named(self.person, self.region.pk, self.form.data.get("replaces"))

    @cached_property
    def batches(self) -> checking.Batches:
        if self.wave_plan and not self.wave_plan.is_old:
            return checking.BatchesInWaves(self.wave_plan)
        return checking.Batches(self.form.tally.ecs, self.form.tally.managed)

    @cached_property
    def quota(self) -> checking.Quota:
        return checking.quota_for(self.region, self.batches)

    @cached_property
    def checks(self) -> list[checking.Check]:
        return checking.checks(self.form, self.quota)

    @cached_property
    def cloud_check(self) -> CloudCheck:
        check = self.draft.checks.order_by("-pk").first() if self.draft else None
        is_same = check is not None and check.digest == cloud_check.digest_of(self.form)
        return CloudCheck(check, self.chosen, is_same=is_same)

    def check_with_cloud(self, address: str) -> None:
        """Have the cloud look at what would run; a kept panel shows from now on how that stands."""
        assert self.draft is not None
        plan = self.form.plan(self.person, address=address, form_token=self.form_token)
        cloud_check.start(plan, self.draft, cloud_check.digest_of(self.form))
        self._forget("instances", "managed", "cloud_check")

    @property
    def cloud_check_path(self) -> str:
        return reverse("invocations:cloud_check", args=[self.region.pk, self.draft_id])

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
        runs = self._runs
        names = runs.exclude(username="").order_by("-pk").values_list("username", flat=True)[:RECENT]
        return list(dict.fromkeys(names))

    @property
    def _runs(self) -> QuerySet[Invocation]:
        """Of any version of the command."""
        return Invocation.objects.filter(region=self.region.pk, command=self.command.pk)

    @cached_property
    def run_before(self) -> Invocation | None:
        """The run that this very form has made already."""
        return Invocation.objects.filter(form_token=self.form_token, person=self.person).first()

    @property
    def path(self) -> str:
        return reverse("invocations:panel", args=[self.region.pk, self.current.cloud_id])

    @property
    def key(self) -> str:
        """What a request about the panel names it by while there is no draft."""
        return self.current.cloud_id

    @property
    def selection_path(self) -> str:
        return reverse("invocations:selection", args=[self.region.pk, self.draft_id])

    @property
    def paste_path(self) -> str:
        path = reverse("invocations:paste", args=[self.region.pk, self.draft_id])
        return f"{path}?{urlencode({'command': self.key})}"

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
        return links.to(self)


class UnsavedPanel(Panel):
    """Of a script that is typed into it; `command` is in no table."""

    def __init__(self, person: Person, region: Region, command: Command, data: QueryDict, draft: Draft | None) -> None:
        shown = unsaved.names_of_fields(data)
        names = {PREFIX + name for name in command.parameter_names}
        self.shows_other_parameters = shown != names
        super().__init__(person, region, command, data, draft)

    @property
    def title(self) -> str:
        return self.command.name or _("Run without saving")

    @property
    def subject(self) -> str:
        return self.command.name or _("this script")

    @property
    def content_exact(self) -> str:
        return textarea.pack(self.command.content)

    @property
    def size(self) -> int:
        return size_after_base64(self.command.content)

    @property
    def most(self) -> int:
        return limits.content_bytes()

    @property
    def shows_other_system(self) -> bool:
        """Than the pickers' rows on the page were looked at for."""
        return self.data.get("system") not in (None, self.command.os_type)

    @property
    def danger_marks(self) -> str:
        """For the editor."""
        return json.dumps([{"line": danger.line, "text": danger.why} for danger in self.form.dangers])

    @property
    def phrases(self) -> dict[str, str]:
        return editor_phrases.phrases()

    @property
    def needs_preview(self) -> bool:
        """Where the script won't run as it stands in the field, or a line of it is to be shown. A huge one has none."""
        return self.size <= TOO_LARGE_TO_READ * self.most and bool(self.form.parameters or self.form.dangers)

    def tell_of_newer(self) -> bool:
        return False

    def _form(self) -> UnsavedForm:
        return UnsavedForm(self.data, command=self.command, chosen=self.chosen)

    @property
    def _typed(self) -> dict[str, str]:
        script = {name: self.data.get(name, "") for name in unsaved.COMMAND_FIELDS if name in self.data}
        return super()._typed | {name: unsaved.storable(text) for name, text in script.items()}

    @property
    def _runs(self) -> QuerySet[Invocation]:
        return super()._runs.filter(person=self.person)

    @property
    def path(self) -> str:
        return reverse("invocations:unsaved", args=[self.region.pk])

    @property
    def key(self) -> str:
        return unsaved.KEY


def chosen_of(data: QueryDict, kept: Iterable[str]) -> list[str]:
    """The selection a form stands for: what was kept or carried along; of the rows it shows, those that are ticked."""
    before = drafts.united(kept, drafts.ids_in(data.getlist("carried_ids")))
    elsewhere = drafts.without(before, drafts.ids_in(data.getlist("shown_ids")))
    ticked = drafts.ids_in([*data.getlist("instance_ids"), *data.getlist("managed_instance_ids")])
    return drafts.united(elsewhere, ticked)


def strange_fields(data: QueryDict) -> list[str]:
    """Names of fields that the panel does not have; nothing reads them. Unknown parameters are refused instead."""
    known = {*UnsavedForm.base_fields, *LOOKS, *BESIDE_THE_FORM}
    strange = sorted(name for name in data if name not in known and not name.startswith((PREFIX, staying.KEPT)))
    return [visible(name)[:64] for name in strange[:STRANGE]]
