"""What stands beside the execute form before it is run: each check with its sentence and a link to what it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cloud import limits
from commands.looking_over import names_are_text
from invocations import planning, preflight, quota
from invocations.schedules.phrases import in_time

if TYPE_CHECKING:
    from invocations.forms import Problem, RunForm
    from invocations.picking import Picker
    from invocations.wave_plan import WavePlan
    from regions.models import Region

MENDED_HERE = ("stopped", "no-agent")  # by starting the instance, by installing the agent
MENDED_AT_ONCE = 100  # instances; their ids travel in an address
MANY_BATCHES = 6  # more are told in words
MANY_DANGERS = 5  # of more only the number is told
_TO_DO = ("none", "missing", "some-unfit", "confirm", "empty")
_TARGETS = ("none", "none-fit", "some-unfit", "too-many")


@dataclass(frozen=True, slots=True)
class Check:
    family: str  # ok, info, warn, bad
    sentence: str
    href: str = ""  # where it is mended

    @classmethod
    def of(cls, problem: Problem) -> Check:
        """What is only still to be done is no cross."""
        return cls("warn" if problem.code in _TO_DO else "bad", problem.sentence, problem.href)


class Batches:
    """How the selection is cut, for people: the first kind's sizes, then those of managed instances."""

    def __init__(self, ecs: int, managed: int) -> None:
        self.ecs = planning.batch_sizes(ecs, 0)
        self.managed = planning.batch_sizes(0, managed)
        self.most = limits.batch_size()

    @property
    def sizes(self) -> list[int]:
        return self.ecs + self.managed

    @property
    def in_words(self) -> str:
        """ "60 batches: 59 × 50 + 26", where chips would be too many."""
        if len(self.ecs) <= MANY_BATCHES:
            return ""
        full = self.ecs.count(self.most)
        rest = f" + {self.ecs[-1]}" if full < len(self.ecs) else ""
        return _("%(n)s batches: %(sizes)s") % {"n": len(self.ecs), "sizes": f"{full} × {self.most}{rest}"}

    def __len__(self) -> int:
        return len(self.ecs) + len(self.managed)


class BatchesInWaves(Batches):
    """Of a rollout: one kind after the other in each wave, so they are told in the order of sending."""

    def __init__(self, plan: WavePlan) -> None:
        super().__init__(0, 0)
        self.plan = plan
        self.ecs = plan.batches

    @property
    def in_words(self) -> str:
        if len(self.ecs) <= MANY_BATCHES:
            return ""
        return _("%(n)s batches: %(sizes)s") % {"n": len(self.ecs), "sizes": self.plan.batches_in_words}


@dataclass(frozen=True, slots=True)
class Quota:
    left: int | None
    most: int | None
    calls: int  # that this run makes

    @property
    def is_short(self) -> bool:
        return self.left is not None and self.left < self.calls


def quota_for(region: Region, batches: Batches) -> Quota:
    return Quota(quota.left_today(region), region.daily_quota, len(batches))


@dataclass(frozen=True, slots=True)
class UnfitMatches:
    """How many of what a search found can't run, for one reason."""

    reason: str
    n: int
    ids: list[str]  # only where the console can mend it

    @property
    def text(self) -> str:
        return preflight.counted(self.reason, self.n)

    @property
    def family(self) -> str:
        return "warn" if self.reason.startswith("agent-") else "neu"

    @property
    def icon(self) -> str:
        if self.family == "warn":
            return "warn"
        return "stop" if self.reason == "stopped" else "skip"

    @property
    def fix(self) -> str:
        return preflight.FIXES.get(self.reason, "")


def unfit_matches(pickers: Iterable[Picker]) -> list[UnfitMatches]:
    """The most frequent reason first."""
    found = [
        UnfitMatches(reason, n, picker.ids_with(reason)[:MENDED_AT_ONCE] if reason in MENDED_HERE else [])
        for picker in pickers
        for reason, n in picker.unfit.items()
    ]
    return sorted(found, key=lambda matches: (-matches.n, matches.reason))


def checks(form: RunForm, left: Quota) -> list[Check]:
    own = [*_targets(form), *_parameters(form), *_user(form), *_schedule(form)]
    return [*own, *_dangers(form), *_others(form), *_warnings(form, left)]


def _targets(form: RunForm) -> Iterator[Check]:
    fit = form.tally.fit
    if fit:
        text = ngettext("%(n)s instance can run", "%(n)s instances can run", fit)
        yield Check("ok", text % {"n": f"{fit:,}"})
    for problem in form.problems:
        if problem.code in _TARGETS:
            yield Check.of(problem)


def _parameters(form: RunForm) -> Iterator[Check]:
    wrong = [problem for problem in form.problems if _is_about_parameters(problem.href)]
    if form.parameters and not wrong:
        yield Check("ok", _("All required parameters are filled in"))
    yield from map(Check.of, wrong)
    if form.names_as_text:
        yield Check("info", names_are_text(form.names_as_text), "#id_enable_parameter")


def _schedule(form: RunForm) -> Iterator[Check]:
    first = form.timing.next_time(timezone.now())
    if first is not None:
        yield Check("ok", _("First run %(time)s") % {"time": in_time(first)}, "#plan")
    elif form.timing.is_startup:
        yield Check("ok", _("First run at the next startup of each instance"), "#plan")


def _is_about_parameters(href: str) -> bool:
    return href.startswith(("#id_param-", "#parameters"))


def _user(form: RunForm) -> Iterator[Check]:
    if "username" not in form.errors:
        yield Check("ok", _("You may run as %(user)s") % {"user": form.user})


def _others(form: RunForm) -> Iterator[Check]:
    for problem in form.problems:
        if problem.code not in _TARGETS and not _is_about_parameters(problem.href):
            yield Check.of(problem)


def _dangers(form: RunForm) -> Iterator[Check]:
    for danger in form.dangers[:MANY_DANGERS]:
        text = _("Line %(n)s is dangerous: %(why)s.") % {"n": danger.line, "why": danger.why}
        yield Check("warn", text, form.content_place)
    if (more := len(form.dangers) - MANY_DANGERS) > 0:
        text = ngettext("%(n)s more line is dangerous.", "%(n)s more lines are dangerous.", more)
        yield Check("warn", text % {"n": more}, form.content_place)


def _warnings(form: RunForm, left: Quota) -> Iterator[Check]:
    for parameter in form.parameters:
        yield from (Check("warn", text, f"#id_{parameter.key}") for text in parameter.warnings())
    if len(form.parameters) > limits.PARAMETERS_PASSED:
        text = _("The API documents at most 10 parameters for one run; this one has %(n)s. The cloud may reject it.")
        yield Check("warn", text % {"n": len(form.parameters)}, "#parameters")
    if text := _odd_path(form):
        yield Check("warn", text, "#id_working_dir")
    if left.is_short:
        text = _("This run makes %(n)s calls; about %(left)s are left today. The rest would be held.")
        yield Check("warn", text % {"n": f"{left.calls:,}", "left": f"{left.left:,}"})


def _odd_path(form: RunForm) -> str:
    """The API takes any text of 200 characters; on the instance a relative or foreign path is not there."""
    path = form.cleaned_data.get("working_dir")  # there is none while it is wrong
    if not path:
        return ""
    is_windows_path = path[1:3] in (":\\", ":/") or path.startswith("\\\\")
    if form.is_for_windows != is_windows_path or (not form.is_for_windows and not path.startswith("/")):
        return _("The execution path looks wrong for this system.")
    return ""
