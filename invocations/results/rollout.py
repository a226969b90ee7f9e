"""A rollout on the run page: its waves as steps, and the bar that says what the next one waits for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.models import Person
from invocations import gates, rollouts
from invocations.models import REST, Invocation, Rollout, TargetState, Wave
from invocations.results import wording
from invocations.results.batches import COUNTED_DOWN, BatchView, Countdown
from invocations.rollout_fields import KINDS, spelled

MOST_STEPS = 6  # of more waves those around the present one are shown
BEFORE = 2  # of these


@dataclass(frozen=True, slots=True)
class Step:
    """One wave in the progress card."""

    wave: Wave
    counts: Counter[str]  # target state -> number
    state: str  # waiting paused running done cancelled
    word: str
    icon: str
    family: str

    @property
    def css(self) -> str:
        """Of the line above it."""
        if self.state == "done":
            return "part" if self.family != "ok" else "done"
        if self.state == "running":
            return self.family if self.family == "run" else "part"
        return "part" if self.state == "paused" else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What keeps the next wave waiting."""

    why: str  # manual timed limit silent
    wave: int  # that is released by going on; the halted one itself after a halt
    title: str  # in bold
    text: str | Countdown
    lapses: str
    may_go_on: bool
    failed: int = 0
    limit: int | None = None  # of a halt

    @property
    def is_halt(self) -> bool:
        return self.why == "limit"

    @property
    def goes_on_by_itself(self) -> bool:
        return self.why == "timed"


@dataclass(frozen=True, slots=True)
class Ended:
    """Kept above the run: its limit was passed, and nothing more was sent."""

    sentence: str
    failed: int
    limit: int


@dataclass(frozen=True, slots=True)
class RolloutView:
    """`steps` are those that are shown of `total` waves."""

    steps: list[Step]
    total: int
    current: int  # the number of the last wave that is released
    gate: Gate | None
    ended: Ended | None
    plan: list[str]  # as it was asked for, a line each

    @property
    def is_cut(self) -> bool:
        return len(self.steps) < self.total


def of(run: Invocation, person: Person, batches: Iterable[BatchView], now: datetime) -> RolloutView | None:
    """None for a run that went to all of its instances at once. Two queries."""
    rollout = Rollout.objects.filter(pk=run.pk).prefetch_related("waves").first()
    if rollout is None:
        return None
    waves = list(rollout.waves.all())
    counts: dict[int | None, Counter[str]] = {wave.pk: Counter() for wave in waves}
    for view in batches:
        counts[view.batch.wave_id].update(view.counts)
    at = max(wave.n for wave in waves if wave.released_at)
    gate = _gate(run, rollout, waves, counts, person, now) if run.is_live and run.stop_requested_at is None else None
    steps = [_step(wave, counts[wave.pk], gate, run, person) for wave in waves]
    first = max(0, min(at - 1 - BEFORE, len(steps) - MOST_STEPS))
    return RolloutView(steps[first : first + MOST_STEPS], len(waves), at, gate, _ended(run, rollout), _plan(rollout))


def _plan(rollout: Rollout) -> list[str]:
    """For the Settings tab."""
    lines = [f"{KINDS[rollout.kind]}: {rollout.wave_size}"]
    if rollout.wave_max:
        lines.append(f"{_('No wave larger than')}: {rollout.wave_max}")
    if rollout.gate == Rollout.Gate.HAND:
        lines.append(_("Wait for a person after each wave"))
    else:
        lines.append(_("Go on by itself after %(time)s") % {"time": spelled(rollout.pause)})
    if rollout.failure_limit:
        stop, pause = _("Stop when more than %(n)s fail"), _("Pause when more than %(n)s fail")
        halts = pause if rollout.on_failures == Rollout.OnFailures.PAUSE else stop
        lines.append(halts % {"n": rollout.failure_limit})
    return lines


def _step(wave: Wave, counts: Counter[str], gate: Gate | None, run: Invocation, person: Person) -> Step:
    open_ones = _open_ones(counts)
    bad = [state for state, n in counts.items() if n and wording.family(state) in ("bad", "warn")]
    told = _listed(counts, bad)
    if not open_ones and counts[TargetState.CANCELLED] == counts.total():
        return Step(wave, counts, "cancelled", _("Cancelled"), "skip", "neu")
    if not open_ones:
        done = wording.counted(TargetState.SUCCESS, counts[TargetState.SUCCESS])
        return Step(wave, counts, "done", told or done, "warn" if bad else "ok", "warn" if bad else "ok")
    if gate and gate.wave == wave.n and not gate.goes_on_by_itself:
        word = _("Waits for you") if gate.may_go_on else _waits_for(run)
        return Step(wave, counts, "paused", word, "pause", "warn")
    if gate and gate.wave == wave.n:
        return Step(wave, counts, "paused", pgettext("wave", "Next"), "clock", "warn")
    if wave.released_at is None:
        return Step(wave, counts, "waiting", _("Waiting"), "wait", "neu")
    finished = _("%(a)s of %(n)s finished") % {"a": counts.total() - open_ones, "n": counts.total()}
    return Step(wave, counts, "running", told or finished, "warn" if bad else "run", "warn" if bad else "run")


def _open_ones(counts: Counter[str]) -> int:
    return sum(n for state, n in counts.items() if state not in REST)


def _listed(counts: Counter[str], states: Iterable[str]) -> str:
    """2 failed, 1 timed out"""
    told = [wording.counted(state, counts[state]) for state in wording.in_bar_order(states) if counts[state]]
    return pgettext("list", ", ").join(told)


def _gate(
    run: Invocation,
    rollout: Rollout,
    waves: Sequence[Wave],
    counts: dict[int | None, Counter[str]],
    person: Person,
    now: datetime,
) -> Gate | None:
    """None where nothing waits, and while the wave before it is under way."""
    waiting = run.counts.get(TargetState.WAITING, 0)
    if rollout.stopped_at or not waiting:
        return None
    lapses_at = run.submitted_at + timedelta(seconds=settings.SEND_DEADLINE)
    lapses = _("Lapses at %(time)s; then the rest is cancelled.") % {"time": _moment(lapses_at, now)}
    following, current = rollouts.following(waves), rollouts.current(waves)
    if rollout.halted_at:
        return _halted_gate(run, rollout, waiting, lapses, may_go_on=person.is_operator)
    if following is None or (current and not current.silent_at):
        return None
    if current:
        return _silent_gate(following, _open_ones(counts[current.pk]), lapses, may_go_on=person.is_operator)
    done = waves[following.n - 2]
    told = {"a": done.n, "w": len(waves), "list": _listed(counts[done.pk], counts[done.pk])}
    title = _("Wave %(a)s of %(w)s done: %(list)s.") % told
    if following.due_at:
        return _timed_gate(following, title, following.due_at, now, may_go_on=person.is_operator)
    return _manual_gate(run, following, title, lapses, may_go_on=person.is_operator)


def _halted_gate(run: Invocation, rollout: Rollout, waiting: int, lapses: str, *, may_go_on: bool) -> Gate:
    title = ngettext(
        "Paused by itself in wave %(w)s: %(f)s failed, more than %(n)s.",
        "Paused by itself in wave %(w)s: %(f)s failed, more than %(n)s.",
        rollout.halted_failures or 0,
    )
    text = ngettext("%(m)s instance waits for you.", "%(m)s instances wait for you.", waiting)
    return Gate(
        why="limit",
        wave=rollout.halted_wave or 0,
        title=title % _halt(rollout),
        text=text % {"m": f"{waiting:,}"} if may_go_on else _waits_for(run),
        lapses=lapses,
        may_go_on=may_go_on,
        failed=gates.failures(run) - rollout.forgiven,
        limit=rollout.halted_limit,
    )


def _silent_gate(following: Wave, silent: int, lapses: str, *, may_go_on: bool) -> Gate:
    text = ngettext(
        "%(n)s instance has not answered since its timeout. Decide whether to go on.",
        "%(n)s instances have not answered since their timeout. Decide whether to go on.",
        silent,
    ) % {"n": f"{silent:,}"}
    return Gate(why="silent", wave=following.n, title="", text=text, lapses=lapses, may_go_on=may_go_on)


def _timed_gate(following: Wave, title: str, due_at: datetime, now: datetime, *, may_go_on: bool) -> Gate:
    n, left = f"{following.size:,}", max(1, round((due_at - now).total_seconds()))
    text: str | Countdown
    if left > COUNTED_DOWN:
        text = _("Next wave (%(n)s) at %(time)s") % {"n": n, "time": _moment(due_at, now)}
    else:
        text = Countdown(_("Next wave (%(n)s) in %(s)s s") % {"n": n, "s": "{s}"}, left)
    return Gate(why="timed", wave=following.n, title=title, text=text, lapses="", may_go_on=may_go_on)


def _manual_gate(run: Invocation, following: Wave, title: str, lapses: str, *, may_go_on: bool) -> Gate:
    size = following.size
    text = ngettext("The next %(n)s instance waits for you.", "The next %(n)s instances wait for you.", size)
    return Gate(
        why="manual",
        wave=following.n,
        title=title,
        text=text % {"n": f"{size:,}"} if may_go_on else _waits_for(run),
        lapses=lapses,
        may_go_on=may_go_on,
    )


def _waits_for(run: Invocation) -> str:
    return _("Waits for %(user)s") % {"user": run.person.shown_name}


def _halt(rollout: Rollout) -> dict[str, object]:
    return {"w": rollout.halted_wave, "f": rollout.halted_failures, "n": rollout.halted_limit}


def _ended(run: Invocation, rollout: Rollout) -> Ended | None:
    if rollout.halted_at is None or rollout.stopped_at is None or rollout.stopped_by_id:
        return None
    unsent = run.counts.get(TargetState.CANCELLED, 0) + run.counts.get(TargetState.WAITING, 0)
    first = _("Stopped by itself in wave %(w)s: %(f)s failed, more than %(n)s.") % _halt(rollout)
    rest = ngettext(
        "%(m)s instance was not sent; those sent went on.", "%(m)s instances were not sent; those sent went on.", unsent
    ) % {"m": f"{unsent:,}"}
    sentence = pgettext("two sentences", "%(a)s %(b)s") % {"a": first, "b": rest}
    return Ended(sentence, rollout.halted_failures or 0, rollout.halted_limit or 0)


def _moment(moment: datetime, now: datetime) -> str:
    """14:02, or 14:02 tomorrow, in the viewer's zone."""
    local = timezone.localtime(moment)
    time = date_format(local, "H:i")
    return time if local.date() == timezone.localtime(now).date() else _("%(time)s tomorrow") % {"time": time}
