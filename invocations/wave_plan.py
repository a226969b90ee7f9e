"""A rollout drawn before it is run: its waves, their calls, the gates between them, and what its limit comes to."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from invocations import rollout_fields, waves
from invocations.models import Rollout
from invocations.waves import Plan

MANY_WAVES = 8  # of more the middle is left out
SHOWN_FIRST = 4
NAMED = 3  # instances of the first wave


@dataclass(frozen=True, slots=True)
class Member:
    """An instance that will run: waves take them in this order, by name."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class DrawnWave:
    n: int
    size: int
    batches: list[int]  # instances of each call
    limit: int | None  # failures that are allowed while the waves up to this one are released
    is_last: bool

    @property
    def in_batches(self) -> str:
        """50 + 7; "" for a single call, and of many calls only the number."""
        if len(self.batches) == 1:
            return ""
        return _in_words(self.batches)


class WavePlan:
    """`is_old`: what is typed now can't be read; this is the plan that was drawn last."""

    def __init__(self, plan: Plan, members: list[Member], *, is_old: bool) -> None:
        self.plan = plan
        self.is_old = is_old
        self.total = len(members)
        sizes = plan.sizes(self.total)
        calls = waves.calls([one.kind for one in members], sizes, settings.BATCH_SIZE)
        self.waves = [
            DrawnWave(n, size, [len(places) for _kind, places in wave], limit, n == len(sizes))
            for n, (size, wave, limit) in enumerate(zip(sizes, calls, plan.limits(sizes), strict=True), start=1)
        ]
        self._first = [one.name for one in members[: sizes[0]]]

    def __len__(self) -> int:
        return len(self.waves)

    @property
    def sentence(self) -> str:
        """120 instances in 7 waves"""
        text = ngettext("%(n)s instances in %(w)s wave", "%(n)s instances in %(w)s waves", len(self))
        return text % {"n": f"{self.total:,}", "w": len(self)}

    @property
    def gate(self) -> str:
        """What stands between two waves, in a chip."""
        if self.plan.gate == Rollout.Gate.HAND:
            return pgettext("between two waves", "wait for me")
        return rollout_fields.spelled(self.plan.pause)

    @property
    def waits_for_a_person(self) -> bool:
        return self.plan.gate == Rollout.Gate.HAND

    @property
    def has_gates(self) -> bool:
        """A chip between two waves: a person, or time."""
        return self.waits_for_a_person or self.plan.pause > 0

    @property
    def then(self) -> str:
        """What comes after a wave, in the table."""
        if self.waits_for_a_person:
            return _("Wait for me")
        return _("Go on after %(time)s") % {"time": self.gate} if self.plan.pause else _("Go on")

    @property
    def shown(self) -> list[DrawnWave | None]:
        """As chips; None stands for those that are left out."""
        if len(self) <= MANY_WAVES:
            return list(self.waves)
        return [*self.waves[:SHOWN_FIRST], None, self.waves[-1]]

    @property
    def first_names(self) -> str:
        """hz-web-001, hz-web-002, hz-web-003, …"""
        names = self._first[:NAMED]
        return pgettext("list", ", ").join([*names, "…"] if len(self._first) > NAMED else names)

    @property
    def pauses(self) -> str:
        seconds = self.plan.pauses(len(self))
        return rollout_fields.spelled(seconds) if seconds else ""

    @property
    def batches(self) -> list[int]:
        """Of all waves, in the order of sending."""
        return [size for wave in self.waves for size in wave.batches]

    @property
    def batches_in_words(self) -> str:
        return _in_words(self.batches)

    # For scripts and tests, in no language

    @property
    def data_waves(self) -> str:
        return ",".join(str(wave.size) for wave in self.waves)

    @property
    def data_batches(self) -> str:
        return "|".join(",".join(map(str, wave.batches)) for wave in self.waves)

    @property
    def data_limits(self) -> str:
        return ",".join("-" if wave.limit is None else str(wave.limit) for wave in self.waves)


def _in_words(sizes: list[int]) -> str:
    """1 + 2 + 4, 3 × 50 + 7: equal ones together, the middle of many left out."""
    runs = [(size, len(list(same))) for size, same in groupby(sizes)]
    parts = [f"{n} × {size}" if n > 1 else str(size) for size, n in runs]
    if len(parts) > MANY_WAVES:
        parts = [*parts[:SHOWN_FIRST], "…", parts[-1]]
    return " + ".join(parts)


def drawn_before(text: str) -> Plan | None:
    """The plan of the fields that the page has sent along as those of its drawing (`as_text`)."""
    typed = dict.fromkeys(rollout_fields.FIELDS, "") | dict(parse_qsl(text[:500]))
    is_known = typed.get("rollout") in Rollout.Kind.values and typed["wave_gate"] in rollout_fields.GATES
    if not is_known or typed["on_failures"] not in Rollout.OnFailures.values:
        return None
    return rollout_fields.read(typed, 0)[0]


def as_text(plan: Plan) -> str:
    """The other way round, for the page to send along."""
    return urlencode(rollout_fields.typed(plan))
