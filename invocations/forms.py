"""The execute form: what is typed and chosen becomes a run, or one sentence for each thing that stands in the way."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar
from uuid import UUID

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Person
from accounts.plain_input import visible
from cloud import limits
from commands import definitions, parameters
from commands.dangers import Danger, dangers_in
from commands.looking_over import TOO_LARGE_TO_READ
from commands.models import Command
from instances.models import Kind
from invocations import drafts, passwords, preflight, secrets
from invocations.fields import ContainerId, Delivery, Line, PasswordName, Seconds, UserName
from invocations.models import Invocation
from invocations.parameter_fields import PREFIX, Parameter, fields_of
from invocations.picking import Look
from invocations.rollout_fields import RolloutFields
from invocations.schedules import replacing
from invocations.schedules.form import MODES, ScheduleFields
from invocations.submitting import RunPlan

_TARGETS = "#instances"  # where every other problem of the whole form is mended


@dataclass(frozen=True, slots=True)
class Problem:
    """A sentence, and the place on the page where it is mended."""

    sentence: str
    href: str
    code: str


class RunForm(RolloutFields, ScheduleFields):
    """Bound to what was typed, to what a draft kept or to what a link brings: the check is the same for all three."""

    data: QueryDict
    before_parameters: ClassVar[tuple[str, ...]] = ()  # fields that stand above them on the page
    places: ClassVar[dict[str, str]] = {
        "unknown-parameter": "#parameters",
        "too-large": "#content",
        "confirm": "#id_confirm_text",
    }  # where a problem of the whole form is mended, by its code

    username = UserName(
        label=gettext_lazy("Execution user"),
        max_length=limits.USERNAME_CHARACTERS,
        too_long=gettext_lazy("The user name can have at most 255 characters."),
        help_text=gettext_lazy("Default: root on Linux, System on Windows. Prefer a user with the least privilege."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    windows_password_name = PasswordName(label=gettext_lazy("Password name"))
    timeout = Seconds(
        label=gettext_lazy("Timeout (s)"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    working_dir = Line(
        label=gettext_lazy("Execution path"),
        max_length=limits.WORKING_DIR_CHARACTERS,
        too_long=gettext_lazy("The execution path can have at most 200 characters."),
        help_text=gettext_lazy(
            "Must exist on every instance. Empty: the home directory of the execution user on Linux,"
            " C:\\Windows\\System32 on Windows."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    termination_mode = forms.ChoiceField(
        label=gettext_lazy("On stop or timeout, end"),
        choices=[
            ("Process", gettext_lazy("the script")),
            ("ProcessTree", gettext_lazy("the script and what it started")),
        ],
        required=False,
    )
    container_name = Line(label=gettext_lazy("Container name"), max_length=255)
    container_id = ContainerId(label=gettext_lazy("Container ID"), max_length=255)
    oss_delivery = Delivery(
        label=gettext_lazy("Full output to OSS"),
        max_length=1024,
        help_text=gettext_lazy(
            "The console keeps 24 KB; each instance writes the whole output there and needs a RAM role that may."
        ),
        widget=forms.TextInput(attrs={"placeholder": "oss://bucket/prefix", "autocomplete": "off"}),
    )
    reason = Line(
        label=gettext_lazy("Reason"),
        max_length=200,
        too_long=gettext_lazy("The reason can have at most 200 characters."),
    )
    repeat_mode = forms.ChoiceField(
        label=gettext_lazy("When"),
        choices=MODES,
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose when to run: now, on a schedule or on startup.")},
    )
    confirm_text = Line(label=gettext_lazy("Confirmation"))

    def __init__(self, data: QueryDict, *, command: Command, chosen: Sequence[str]) -> None:
        super().__init__(data.copy())
        self.command = command
        self.chosen = chosen
        self.fields["username"].widget.attrs["placeholder"] = self.default_user
        bounds = {"min": limits.TIMEOUT_MIN, "max": limits.timeout_max()}
        self.fields["timeout"].help_text = _("%(min)s–%(max)s. The process is killed after this.") % bounds
        self.touched: list[str] = []  # fields that somebody has left
        self._start_rollout()
        self.start_schedule()
        self.data.setdefault("timeout", str(command.timeout))
        self.data.setdefault("working_dir", command.working_dir)
        self.parameters = [Parameter(known, self) for known in definitions.definitions_of(command)]
        for parameter in self.parameters:
            parameter.start_with_default()
            self.fields[parameter.key] = parameter.form_field()

    @cached_property
    def tally(self) -> preflight.Tally:
        """What the chosen come to."""
        return preflight.tally(self.command.region, self.chosen, self.command.type)

    @property
    def is_for_windows(self) -> bool:
        return self.command.os_type == "windows"

    @property
    def when(self) -> forms.BoundField:
        return self["repeat_mode"]

    @property
    def default_user(self) -> str:
        return "System" if self.is_for_windows else "root"

    @property
    def names_a_user(self) -> bool:
        return not preflight.is_default_user(self.data.get("username", "").strip())

    # Cleaning

    def _is_multiline(self, name: str) -> bool:
        return name.startswith(PREFIX) or super()._is_multiline(name)

    def clean(self) -> None:
        self._clean_parameters()
        self._refuse_unknown_parameters()
        self._clean_size()
        self._clean_password_name()
        self._clean_container()
        self.clean_schedule(self.cleaned_data.get("timeout") or self.command.timeout)
        self._clean_rollout(self.tally.fit, is_now=not self.repeats)
        self._clean_targets()

    def _clean_parameters(self) -> None:
        for parameter in self.parameters:
            parameter.clean()

    def _refuse_unknown_parameters(self) -> None:
        """The API would drop nothing either: it refuses names the command does not have, and knows no case."""
        known = fields_of(parameter.definition for parameter in self.parameters)
        for key in sorted(key for key in self.data if key.startswith(PREFIX) and key not in known):
            name = visible(key.removeprefix(PREFIX))
            message = _("This command has no parameter %(name)s.")
            if not parameters.is_name(name):
                message = _(
                    "A parameter name may have letters, digits, - and _, at most 64 characters. “%(name)s” does not."
                )
            self._refuse(message, "unknown-parameter", name=name[:100])

    def _clean_size(self) -> None:
        """With the very bytes the service will make of it."""
        values = {parameter.name: parameter.value or "" for parameter in self.parameters}
        size = parameters.size_after_base64(parameters.fill_in(self.command.content, values))
        if size > limits.content_bytes():
            message = _("The content and parameters are %(n)s bytes after Base64. The limit is %(max)s.")
            self._refuse(message, "too-large", n=f"{size:,}", max=f"{limits.content_bytes():,}")

    def _clean_password_name(self) -> None:
        name = self.cleaned_data.get("windows_password_name")
        if name is None:
            return
        user = self.cleaned_data.get("username")
        if not self.is_for_windows:
            if name:
                self._refuse_field("windows_password_name", _("A password name is for Windows only."), "not-windows")
        elif user and not name:
            message = _("Choose the password name for %(user)s. Windows needs it when the user is not System.")
            self._refuse_field("windows_password_name", message, "missing", user=user)
        elif name and passwords.of(self.command.region).lacks(name):
            message = _("The secret %(name)s is not in OOS in %(region)s. Choose another or create it.")
            self._refuse_field("windows_password_name", message, "gone", name=name, region=self.command.region)

    def _clean_container(self) -> None:
        name, container_id = self.cleaned_data.get("container_name"), self.cleaned_data.get("container_id")
        if self.is_for_windows and (name or container_id):
            self._refuse_field("container_name", _("Containers are for Linux only."), "not-linux")
        elif name and container_id:
            self._refuse_field("container_id", _("Enter the container’s name or its ID, not both."), "container")

    def _clean_targets(self) -> None:
        """Says who is unfit, and goes on without them only when told to."""
        fit, unfit = self.tally.fit, self.tally.unfit_total
        if not self.chosen:
            self._refuse(_("Choose at least one instance."), "none")
        elif len(self.chosen) > settings.MAX_TARGETS:
            self._refuse_too_many(len(self.chosen), drafts.most_counted())
        elif not fit:
            self._refuse(_("None of the chosen instances can run this command."), "none-fit")
        elif unfit and self.data.get("go_on_without_unfit") != "on":
            message = ngettext(
                "%(n)s of the chosen instances can’t run. Fix it, leave it out, or go on with the other %(m)s.",
                "%(n)s of the chosen instances can’t run. Fix them, leave them out, or go on with the other %(m)s.",
                unfit,
            )
            self._refuse(message, "some-unfit", n=f"{unfit:,}", m=f"{fit:,}")
        elif self.text_to_type and _as_typed(self.cleaned_data.get("confirm_text")) != self.text_to_type:
            self._refuse(_("Type %(text)s exactly to run this."), "confirm", text=self.text_to_type)

    def _refuse_too_many(self, n: int, counted: int) -> None:
        message = _("%(n)s instances are chosen. At most %(max)s can be chosen for one run.")
        if n > counted:
            message = _("More than %(n)s instances are chosen. At most %(max)s can be chosen for one run.")
        self._refuse(message, "too-many", n=f"{min(n, counted):,}", max=f"{settings.MAX_TARGETS:,}")

    @property
    def names_as_text(self) -> int:
        """Names in braces that nothing is filled in for, where whoever runs the script may have meant it otherwise."""
        return 0

    @property
    def content_place(self) -> str:
        return self.places["too-large"]

    # Confirming

    @property
    def is_for_many(self) -> bool:
        return self.tally.fit > settings.CONFIRM_ABOVE

    @cached_property
    def dangers(self) -> list[Danger]:
        """In the script with what was typed in it, for a value may be what makes it dangerous. No secret is told."""
        values = {one.name: one.value for one in self.parameters if one.value is not None}
        script = parameters.fill_in(self.command.content, values)
        if parameters.size_after_base64(script) > TOO_LARGE_TO_READ * limits.content_bytes():
            return []  # it is refused for its size
        found = dangers_in(script, self.command.type)
        masked = {one.name: secrets.MASK for one in self.parameters if one.is_secret and one.value}
        if not masked:
            return found
        shown = parameters.fill_in(self.command.content, values | masked)
        return [one if one.where in shown and one.name in shown else _without_words(one) for one in found]

    @property
    def name_to_type(self) -> str:
        """As the page shows it; the ID of a command whose name shows nothing."""
        return _as_typed(visible(self.command.name)) or self.command.cloud_id

    @property
    def text_to_type(self) -> str:
        """What confirms the run: the command's name where it is dangerous, the number of many instances; else ""."""
        if self.dangers:
            return self.name_to_type
        return str(self.tally.fit) if self.is_for_many else ""

    def _refuse(self, message: str, code: str, **params: str) -> None:
        self.add_error(None, ValidationError(message, code=code, params=params))

    def _refuse_field(self, field: str, message: str, code: str, **params: str) -> None:
        self.add_error(field, ValidationError(message, code=code, params=params))

    # What comes of it

    @cached_property
    def problems(self) -> list[Problem]:
        """In the order of the page: parameters, settings, targets."""
        found = self.errors.as_data()
        others = [name for name in type(self).base_fields if name not in self.before_parameters]
        plan = {**ScheduleFields.base_fields, **RolloutFields.base_fields}
        others.sort(key=lambda name: name in plan)  # the plan stands below the settings
        at_fields = [*self.before_parameters, *(parameter.key for parameter in self.parameters), *others]
        problems = [
            Problem(" ".join(error.messages), f"#{self[name].id_for_label}", str(error.code))
            for name in at_fields
            for error in found.get(name, [])
        ]
        for error in found.get(NON_FIELD_ERRORS, []):
            href = self.places.get(str(error.code), _TARGETS)
            problems.append(Problem(" ".join(error.messages), href, str(error.code)))
        return problems

    @property
    def is_typed_wrong(self) -> bool:
        """Whatever the cloud says of instances and secrets."""
        return bool(self.errors.keys() - {NON_FIELD_ERRORS, "windows_password_name"})

    @property
    def is_not_confirmed(self) -> bool:
        return any(problem.code == "confirm" for problem in self.problems)

    @property
    def is_only_unconfirmed(self) -> bool:
        return {problem.code for problem in self.problems} == {"confirm"}

    def quieten(self, *, except_for: Collection[str] = ()) -> None:
        """Show errors at no field but these: nobody is told off for what they have not come to yet.

        `problems` still has them all.
        """
        self.touched = [name for name in except_for if name in self.fields]
        _ = self.problems  # worked out before they are hidden
        self._errors = ErrorDict({name: errors for name, errors in self.errors.items() if name in self.touched})

    @property
    def touched_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.touched]

    @property
    def user(self) -> str:
        """Who it runs as, by name."""
        typed = "" if "username" in self.errors else self.cleaned_data.get("username", "")
        return typed or self.default_user

    def plan(self, person: Person, *, address: str, form_token: UUID, again_of: Invocation | None = None) -> RunPlan:
        """The run this form describes. Only for a valid form."""
        fit = preflight.fit_ones(self.command.region, self.chosen, self.command.type)
        typed = self.cleaned_data
        return RunPlan(
            command=self.command,
            person=person,
            address=address,
            form_token=form_token,
            ecs=[instance for instance in fit if instance.kind == Kind.ECS],
            managed=[instance for instance in fit if instance.kind == Kind.MANAGED],
            parameters={one.name: one.value or "" for one in self.parameters if not one.is_secret},
            secrets={one.name: one.value or "" for one in self.parameters if one.is_secret},
            username=typed["username"],
            windows_password_name=typed["windows_password_name"] if typed["username"] else "",
            timeout=typed["timeout"],
            working_dir=typed["working_dir"],
            termination_mode=typed["termination_mode"] or "Process",
            container_name=typed["container_name"],
            container_id=typed["container_id"],
            oss_delivery=typed["oss_delivery"],
            reason=typed["reason"],
            again_of=again_of,
            rollout=self.plan_of_waves,
            timing=self.timing,
            replaces=replacing.named(person, self.command.region, self.data.get("replaces")) if self.repeats else None,
            searches=[Look.of(self.data, kind).query_text for kind in Kind],
        )


def _as_typed(text: str | None) -> str:
    """A name as somebody types what a page shows of it."""
    return " ".join(unicodedata.normalize("NFC", text or "").split())


def _without_words(danger: Danger) -> Danger:
    """Those of a line that came with a secret."""
    return replace(danger, where=secrets.MASK, name=secrets.MASK)


def kept_fields(data: QueryDict, command: Command) -> dict[str, str]:
    """What a draft or a link may hold of what was typed: everything that has a place in the form but secrets.

    A parameter that the command does not have may be a secret one of another version.
    """
    fields = fields_of(definitions.definitions_of(command))
    plain = {name for name, one in fields.items() if not one.is_secret}
    names = {*RunForm.base_fields, *plain} - {"confirm_text"}
    kept = {name: visible(str(data[name]), is_multiline=True) for name in sorted(names) if name in data}
    if not PasswordName.is_a_name(kept.get("windows_password_name", "")):
        kept.pop("windows_password_name", None)
    return kept
