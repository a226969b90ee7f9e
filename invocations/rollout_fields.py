"""The fields that say how a run is let out: all at once, or in waves with gates between them and a failure limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.plain_input import PlainForm, as_typed_number
from invocations.fields import Line
from invocations.models import Rollout
from invocations.waves import Amount, Plan

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

ALL = "all"
MANUAL, AUTO = "manual", "auto"
GATES = {MANUAL: Rollout.Gate.HAND, AUTO: Rollout.Gate.TIMED}
LONGEST_PAUSE = 86400  # seconds
SHOWN = "rollout_shown"  # kind and gate that the fields of the page were filled in for
DRAWN = "rollout_drawn"  # the fields of the plan that the page shows

KINDS: dict[str, _StrPromise] = {
    ALL: gettext_lazy("All at once"),
    Rollout.Kind.CANARY: gettext_lazy("Canary first"),
    Rollout.Kind.WAVES: gettext_lazy("In waves"),
    Rollout.Kind.DOUBLING: gettext_lazy("Doubling"),
}


def prefilled(kind: str, gate: str) -> dict[str, str]:
    """What the fields of a kind start with, and what those of a plain client that sends none of them mean."""
    goes_on_by_itself = kind == Rollout.Kind.CANARY and gate == AUTO
    return {
        "wave_size": "" if kind == Rollout.Kind.WAVES else "1",
        "wave_max": "",
        "wave_gate": gate,
        "wave_pause": "0",
        "stop_after_failures": "0" if goes_on_by_itself else "",
        "on_failures": Rollout.OnFailures.STOP,
    }


def gate_of(data: Mapping[str, Any], kind: str) -> str:
    """As typed, else the kind's own: after a canary a person decides."""
    return data.get("wave_gate") or (MANUAL if kind == Rollout.Kind.CANARY else AUTO)


def start(data: QueryDict) -> set[str]:
    """Fill in what was not asked for yet. Of a page that shows another kind or gate, also what nobody has changed.

    Names of fields that a page must show anew.
    """
    kind = data.get("rollout", ALL)
    if kind not in Rollout.Kind.values:
        return set()
    gate, changed = gate_of(data, kind), set()
    was_kind, _dash, was_gate = data.get(SHOWN, "").partition("-")
    before = prefilled(was_kind, was_gate) if was_kind and (was_kind, was_gate) != (kind, gate) else {}
    for name, value in prefilled(kind, gate).items():
        if name in before and data.get(name) == before[name] != value:
            changed.add(name)
            data[name] = value
        data.setdefault(name, value)
    return changed


class RolloutFields(PlainForm):
    """With *all at once* the others are not looked at."""

    data: QueryDict
    plan_of_waves: Plan | None = None  # None: all at once, or unreadable

    rollout = forms.ChoiceField(
        label=gettext_lazy("Rollout"),
        choices=list(KINDS.items()),
        required=False,
        error_messages={
            "invalid_choice": gettext_lazy("Choose a rollout: all at once, canary first, in waves or doubling.")
        },
    )
    wave_size = Line(help_text=gettext_lazy("A number or a share, such as 5 or 10%"))
    wave_max = Line(label=gettext_lazy("No wave larger than"))
    wave_gate = forms.ChoiceField(
        label=gettext_lazy("Between waves"),
        choices=[
            (MANUAL, gettext_lazy("Wait for me after each wave")),
            (AUTO, gettext_lazy("Go on by itself after a pause")),
        ],
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose what happens between two waves.")},
    )
    wave_pause = Line(label=gettext_lazy("Pause (s)"))
    stop_after_failures = Line(
        help_text=gettext_lazy(
            "Timed out, not delivered and unknown count too. A share is of the waves released so far."
        )
    )
    on_failures = forms.ChoiceField(
        label=gettext_lazy("When that happens"),
        choices=Rollout.OnFailures.choices,
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose what happens when too many fail.")},
    )

    def _start_rollout(self) -> None:
        """Before anything is looked at; what is typed at this moment stays on the page (static/js/parts.js)."""
        anew = start(self.data)
        for name in ("wave_size", "wave_max", "wave_pause", "stop_after_failures"):
            theirs = "" if name in anew else "value"
            self.fields[name].widget.attrs |= {"data-theirs": theirs, "autocomplete": "off"}
        is_of_each = self.kind_of_rollout == Rollout.Kind.WAVES
        first, each = _("Instances in the first wave"), _("Instances per wave")
        self.fields["wave_size"].label = each if is_of_each else first
        pauses = self.data.get("on_failures") == Rollout.OnFailures.PAUSE
        stop, pause = _("Stop when more than this many fail"), _("Pause when more than this many fail")
        self.fields["stop_after_failures"].label = pause if pauses else stop

    @property
    def kind_of_rollout(self) -> str:
        """As chosen; what is no kind is shown as none."""
        kind = self.data.get("rollout", ALL)
        return kind if kind in Rollout.Kind.values else ALL

    @property
    def kinds_of_rollout(self) -> list[tuple[str, str, bool]]:
        """Value, word, whether it is the chosen one."""
        return [(value, str(word), value == self.kind_of_rollout) for value, word in KINDS.items()]

    @property
    def gate(self) -> str:
        return MANUAL if self.data.get("wave_gate") == MANUAL else AUTO

    @property
    def goes_on_by_itself(self) -> bool:
        return self.gate == AUTO

    @property
    def pauses_on_failures(self) -> bool:
        return self.data.get("on_failures") == Rollout.OnFailures.PAUSE

    def _clean_rollout(self, total: int, *, is_now: bool) -> None:
        if "rollout" in self.errors:
            return
        if (self.cleaned_data.get("rollout") or ALL) == ALL:
            for name in FIELDS:
                self.errors.pop(name, None)
            return
        if not is_now:
            message = _("Waves need Run now; a schedule goes to all at once.")
            self.add_error("rollout", ValidationError(message, code="needs-now"))
        if any(name in self.errors for name in ("rollout", *FIELDS)):
            return
        self.plan_of_waves, problems = read(self.cleaned_data, total)
        for problem in problems:
            self.add_error(problem.field, problem.error)


FIELDS = tuple(name for name in RolloutFields.base_fields if name != "rollout")


@dataclass(frozen=True, slots=True)
class Problem:
    field: str
    error: ValidationError


def read(fields: Mapping[str, str], total: int) -> tuple[Plan | None, list[Problem]]:
    """The plan for `total` instances, or what is wrong with it. While nothing is chosen the sizes are not judged."""
    problems: list[Problem] = []

    def wrong(field: str, message: str, code: str, **params: object) -> None:
        problems.append(Problem(field, ValidationError(message, code=code, params=params)))

    kind = fields["rollout"]
    size = Amount.read(fields["wave_size"], least=1)
    if size is None:
        wrong("wave_size", _("Enter a whole number of at least 1, or a share from 1% to 100%."), "wave-size")
    largest = None
    if kind == Rollout.Kind.DOUBLING and fields["wave_max"]:
        largest = as_typed_number(fields["wave_max"])
        if not largest:
            wrong("wave_max", _("Enter a whole number of at least 1, or nothing."), "wave-max")
    pause: int | None = 0
    if fields["wave_gate"] == AUTO:
        pause = as_typed_number(fields["wave_pause"])
        if pause is None or pause > LONGEST_PAUSE:
            wrong("wave_pause", _("The pause must be a whole number of seconds from 0 to 86400."), "wave-pause")
    limit = Amount.read(fields["stop_after_failures"], least=0)
    if limit is None and fields["stop_after_failures"]:
        message = _("Enter a whole number of at least 0, or a share from 0% to 100%.")
        wrong("stop_after_failures", message, "wave-failures")
    if size is None or problems:
        return None, problems
    plan = Plan(
        kind=kind,
        size=size,
        largest=largest,
        gate=GATES[fields["wave_gate"]],
        pause=pause or 0,
        limit=limit,
        on_failures=fields["on_failures"],
    )
    if total:
        problems += _too_much(plan, total)
    return (None if problems else plan), problems


def typed(plan: Plan) -> dict[str, str]:
    """The fields as somebody would fill them in for this plan."""
    return {
        "rollout": plan.kind,
        "wave_size": str(plan.size),
        "wave_max": str(plan.largest or ""),
        "wave_gate": AUTO if plan.gate == Rollout.Gate.TIMED else MANUAL,
        "wave_pause": str(plan.pause),
        "stop_after_failures": "" if plan.limit is None else str(plan.limit),
        "on_failures": plan.on_failures,
    }


def _too_much(plan: Plan, total: int) -> list[Problem]:
    """What only the number of instances tells."""
    first = plan.size.size_of(total)
    if plan.kind == Rollout.Kind.CANARY and first >= total:
        message = _("The first wave must be smaller than %(n)s, the number of targets.")
        return [Problem("wave_size", ValidationError(message, code="canary", params={"n": f"{total:,}"}))]
    if plan.largest and plan.largest < first:
        message = _("The largest wave can’t be smaller than the first, %(n)s.")
        return [Problem("wave_max", ValidationError(message, code="wave-max", params={"n": f"{first:,}"}))]
    n, most = len(plan.sizes(total)), settings.MAX_WAVES
    if n > most:
        message = _("That makes %(n)s waves; at most %(max)s are allowed. Make them larger.")
        return [Problem("wave_size", ValidationError(message, code="waves", params={"n": f"{n:,}", "max": most}))]
    pauses = plan.pauses(n)
    if pauses >= settings.SEND_DEADLINE:
        message = _("The pauses add up to %(time)s. Everything must be sent within 24 h.")
        params = {"time": spelled(pauses)}
        return [Problem("wave_pause", ValidationError(message, code="pauses", params=params))]
    return []


def spelled(seconds: int) -> str:
    """45 s, 6 min, 1 min 30 s, 26 h 40 min"""
    minutes, rest = divmod(seconds, 60)
    if not minutes:
        return _("%(n)s s") % {"n": rest}
    if minutes >= 60:
        return _("%(h)s h %(m)s min") % {"h": minutes // 60, "m": minutes % 60}
    return _("%(m)s min %(s)s s") % {"m": minutes, "s": rest} if rest else _("%(n)s min") % {"n": minutes}
