"""One round: a plan drawn from a seed, played on a world, then calm, and the verdict."""

from __future__ import annotations

import heapq
import itertools
import random
import re
import sqlite3
import subprocess
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
import requests
from celery.exceptions import OperationalError

from tests.chaos import evidence, verdict
from tests.chaos.actions import ACTIONS, READS, Stage
from tests.chaos.evidence import SENDS, Evidence, Form
from tests.chaos.logs import Logs
from tests.chaos.verdict import ENDS, REST, Violation
from tests.chaos.world import REGION, World
from tests.simulated_cloud import JournalCall

STORM = 12.0  # seconds in which things go wrong
PATIENCE = 100.0  # seconds until everything must be at rest, once it is calm
NATURAL = 6.0  # of them, after which waiting times are cut short
QUIET = 1.5  # seconds in which nothing must be called any more
TOLD = 3  # violations of one rule in a report
SIZES = (1, 2, 5, 12, 25, 40, 60, 90, 150)
# What an action meets when another one has taken away what it needs
IN_THE_WAY = (
    OSError,
    psycopg.Error,
    sqlite3.Error,
    requests.RequestException,
    OperationalError,
    subprocess.SubprocessError,
)


@dataclass(frozen=True)
class PlannedStop:
    at: float  # seconds after the run was pressed
    scope: str  # run | batch | targets


@dataclass(frozen=True)
class PlannedRun:
    at: float  # seconds into the round
    size: int  # targets
    parameters: Mapping[str, str]
    presses: int  # of Run, at once
    stop: PlannedStop | None


@dataclass(frozen=True)
class Step:
    at: float
    action: str
    seed: int  # of the action's own dice


@dataclass(frozen=True)
class Plan:
    seed: int
    setup: str
    rules: Sequence[str]  # of the cloud
    runs: Sequence[PlannedRun]
    steps: Sequence[Step]


def plan(seed: int, setup: str) -> Plan:
    """The same for the same seed."""
    dice = random.Random(f"{setup} {seed}")
    rules = [rule for rule in ("strict_targets", "validate_first") if dice.random() < 0.5]
    runs = [_run(dice) for _ in range(dice.choice([1, 2, 2, 3, 4]))]
    fitting = [action for action in ACTIONS if setup in action.setups]
    drawn = dice.choices(fitting, [action.weight for action in fitting], k=dice.choice([2, 4, 6, 9]))
    steps = [Step(dice.uniform(0.1, STORM - 2), action.name, dice.randrange(2**32)) for action in drawn]
    return Plan(seed, setup, rules, sorted(runs, key=lambda run: run.at), sorted(steps, key=lambda step: step.at))


def _run(dice: random.Random) -> PlannedRun:
    is_stopped = dice.random() < 0.35
    parameters = {
        "seconds": dice.choice(["0", "0", "2", "8"] if not is_stopped else ["2", "40"]),  # a fifth of them, really
        "word": dice.choice(["plain", "two words", "$(x) 王", "'quoted'"]),
        "code": dice.choice(["0", "0", "0", "3"]),
    }
    stop = PlannedStop(dice.uniform(0.1, 6), dice.choice(["run", "run", "batch", "targets"])) if is_stopped else None
    return PlannedRun(dice.uniform(0, 4), dice.choice(SIZES), parameters, dice.choice([1, 1, 1, 2]), stop)


@dataclass
class Outcome:
    plan: Plan
    violations: Sequence[Violation]
    said: Sequence[str]
    ends: Counter[str] = field(default_factory=Counter)  # of the targets
    seconds: float = 0.0
    was_restored: bool = False

    @property
    def holds(self) -> bool:
        return not self.violations

    def __str__(self) -> str:
        """Everything a reader needs to understand what happened."""
        heading = f"round {self.plan.seed} ({self.plan.setup}): " + ("holds" if self.holds else "FAILS")
        ends = ", ".join(f"{number} {state}" for state, number in self.ends.most_common())
        summary = f"  {self.seconds:.0f} s; {ends}"
        return "\n".join([heading, *(f"  {line}" for line in self.said), summary, *self._told()])

    def _told(self) -> Iterator[str]:
        """The first few of each rule: forty targets of one batch tell the same."""
        for rule, found in itertools.groupby(self.violations, lambda violation: violation.rule):
            first, *more = found
            yield from (f"  {violation}" for violation in [first, *more][:TOLD])
            if len(more) >= TOLD:
                yield f"  {rule}: and {len(more) - TOLD + 1} more like these"


class _Round:
    def __init__(self, world: World, drawn: Plan) -> None:
        self.world, self.plan = world, drawn
        self.dice = random.Random(drawn.seed)
        self.said: list[str] = []
        self.forms: list[Form] = []
        self.broken: list[str] = []
        self._began = time.monotonic()
        self._order = itertools.count()
        self._timeline: list[tuple[float, int, str, Callable[[], Any]]] = []
        self._hands: list[threading.Thread] = []  # of people at their browsers
        self._runs: dict[str, str] = {}  # form token -> address of its run
        self._is_over = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self.stage = Stage(world, self.dice, self.later)

    # -- the timeline

    def later(self, seconds: float, name: str, act: Callable[[], Any]) -> None:
        heapq.heappush(self._timeline, (self._now() + seconds, next(self._order), name, act))

    def storm(self) -> None:
        machines = self._machines()
        for run in self.plan.runs:
            self._press_later(run, self.dice.sample(machines, run.size))
        for step in self.plan.steps:
            self.later(step.at, "", self._acting(step))
        self._watching.start()
        while self._timeline and self._now() < STORM:
            moment = self._timeline[0][0]
            if moment > self._now():
                time.sleep(min(0.05, moment - self._now()))
            else:
                self._do_next()

    def _do_next(self) -> None:
        _, _, name, act = heapq.heappop(self._timeline)
        try:
            said = act()
        except IN_THE_WAY as error:
            said = f"{name or 'an action'} could not be: {type(error).__name__}"
        if said or name:
            self.said.append(f"{self._now():5.1f} s  {said if isinstance(said, str) else name}")

    def _acting(self, step: Step) -> Callable[[], str]:
        act = next(action.act for action in ACTIONS if action.name == step.action)
        return lambda: act(replace_dice(self.stage, step.seed))

    def calm(self) -> None:
        """What was to be undone is, now; the cloud's rules stay as they were."""
        self.world.wake_cloud()
        while self._timeline:
            self._do_next()
        for fault in self.stage.faults:
            self.world.cloud.take_back(fault)
        self.world.cloud.clock(0)
        self.world.calm()
        for instance_id in self.stage.touched:
            self.world.cloud.start_instance(instance_id)
        self.said.append(f"{self._now():5.1f} s  calm")
        if self.stage.was_restored:
            said = "an admin says that the database was restored" if self.world.adopt() else "nothing was lost"
            self.said.append(f"{self._now():5.1f} s  {said}")
        for hand in self._hands:
            hand.join(PATIENCE)
        self._is_over.set()
        self._watching.join(30)

    def _now(self) -> float:
        return time.monotonic() - self._began

    def _machines(self) -> list[str]:
        known = self.world.cloud.instances(REGION, os_type="linux", kind="ecs")
        return [machine.instance_id for machine in known if machine.can_run]

    # -- people

    def _hand(self, act: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=act, args=arguments, daemon=True)
        self._hands.append(thread)
        thread.start()

    def _press_later(self, run: PlannedRun, ids: Sequence[str]) -> None:
        form = Form(str(uuid.UUID(int=self.dice.getrandbits(128))), tuple(ids), run.parameters)
        self.forms.append(form)

        def press() -> str:
            for _ in range(run.presses):
                self._hand(self._press, form)
            if run.stop:
                self.later(run.stop.at, "", lambda: self._stop_later(form, run.stop))
            times = "" if run.presses == 1 else f", pressed {run.presses} times"
            return f"a run on {run.size} machines, {dict(run.parameters)}{times}"

        self.later(run.at, "", press)

    def _press(self, form: Form) -> None:
        """Until an answer comes; the same form each time (A01, A02)."""
        fields = {"form_token": form.token, "action": "run", "instance_ids": ",".join(form.instance_ids)}
        fields |= {f"param-{name}": value for name, value in form.parameters.items()}
        path = f"/r/{REGION}/commands/{self.world.command_id}/run/"
        answer = self._until_answered(lambda: self.world.post(path, fields))
        if answer is not None and answer.status_code == 303:
            self._runs[form.token] = answer.headers["Location"]
        elif answer is None or answer.status_code != 422 or self.world.ever_touched.isdisjoint(form.instance_ids):
            self.broken.append(f"Run was answered with {_text(answer)}")
        elif form in self.forms:
            self.forms.remove(form)  # one of its machines had been stopped, and the form said so

    def _stop_later(self, form: Form, stop: PlannedStop) -> str:
        self._hand(self._stop, form, stop)
        return f"stop ({stop.scope})"

    def _stop(self, form: Form, stop: PlannedStop) -> None:
        until = time.monotonic() + PATIENCE
        while form.token not in self._runs and form in self.forms and time.monotonic() < until:
            time.sleep(0.1)
        if form.token not in self._runs:
            return
        fields = {"scope": stop.scope}
        if stop.scope == "batch":
            fields["batch"] = "1"
        elif stop.scope == "targets":
            fields["ids"] = ",".join(form.instance_ids[::2])
        answer = self._until_answered(lambda: self.world.post(f"{self._runs[form.token]}stop/", fields))
        if answer is None or answer.status_code not in (303, *self._lost()):
            self.broken.append(f"Stop was answered with {_text(answer)}")

    def _until_answered(self, ask: Callable[[], requests.Response]) -> requests.Response | None:
        """As a patient person does: again while nothing or a 503 comes."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                answer = ask()
            except requests.RequestException:
                answer = None
            if answer is not None and answer.status_code not in (502, 503, 504, 429):
                return answer
            time.sleep(0.4)
        return None

    def _watch(self) -> None:
        """Somebody looks at every page of these runs, all the time."""
        while not self._is_over.wait(0.7):
            for path in [f"/r/{REGION}/runs/", *list(self._runs.values())]:
                try:
                    answer = self.world.get(path)
                except requests.RequestException:
                    continue
                if answer.status_code not in (200, 503, *self._lost()):
                    self.broken.append(f"{path} was answered with {_text(answer)}")

    def _lost(self) -> tuple[int, ...]:
        """How a page of a run may be answered that a restored database does not know."""
        return (404,) if self.stage.was_restored else ()

    # -- the end

    def wait_for_rest(self, since: int) -> None:
        until = time.monotonic() + PATIENCE
        cut_short = time.monotonic() + NATURAL
        while not self._is_at_rest(since) and time.monotonic() < until:
            time.sleep(0.5)
            if time.monotonic() > cut_short:
                self.world.database.let_time_pass()
                cut_short = time.monotonic() + 1.5

    def _is_at_rest(self, since: int) -> bool:
        try:
            batches = self.world.database.rows("select state from invocations_batch where invocation_id > ?", [since])
            targets = self.world.database.rows(
                "select distinct state from invocations_target where invocation_id > ?", [since]
            )
        except IN_THE_WAY:
            return False
        return all(b["state"] in ENDS for b in batches) and all(t["state"] in REST for t in targets)

    def quiet_calls(self) -> list[JournalCall]:
        """What is still asked of the cloud about runs when all of them have ended, though a page is open."""
        before = len(self.world.cloud.journal.calls())
        for path in self._runs.values():
            self.world.get(path)
        time.sleep(QUIET)
        asked = self.world.cloud.journal.calls()[before:]
        return [call for call in asked if call.operation in (*SENDS, *READS, "StopInvocation") and not _is_sweep(call)]


def play(world: World, drawn: Plan, logs: Logs) -> Outcome:
    since = max([row["id"] for row in world.database.rows("select id from invocations_invocation")], default=0)
    playing = _Round(world, drawn)
    rules = [world.cloud.rule(rule) for rule in drawn.rules]
    began = time.monotonic()
    try:
        playing.storm()
    finally:
        playing.calm()
    playing.wait_for_rest(since)
    quiet = playing.quiet_calls() if playing._is_at_rest(since) else []
    seen = replace(
        evidence.gather(world, since=since),
        forms=playing.forms,
        touched=frozenset(playing.stage.touched),
        broken_pages=list(dict.fromkeys(playing.broken)),
        complaints=logs.complaints(),
        quiet=quiet,
        clock_was_moved=playing.stage.clock_was_moved,
        was_restored=playing.stage.was_restored,
    )
    for rule in rules:
        world.cloud.take_back(rule)
    ends = Counter(target["state"] for target in seen.targets)
    said = [f"rules: {', '.join(drawn.rules) or 'none'}", *playing.said]
    return Outcome(drawn, verdict.verdict(seen), said, ends, time.monotonic() - began, seen.was_restored)


def look_back(world: World) -> list[Violation]:
    """INV-1, INV-4: again over all runs of a world, long after each of them."""
    seen: Evidence = evidence.gather(world, with_pages=False)
    checks = (verdict.each_target_runs_once, verdict.what_is_shown_as_not_run_did_not_run)
    return [violation for check in checks for violation in check(seen)]


def replace_dice(stage: Stage, seed: int) -> Stage:
    """The same stage, with dice of the action's own."""
    stage.dice = random.Random(seed)
    return stage


def _is_sweep(call: JournalCall) -> bool:
    """The look, once an hour and after a start, for what the database does not know of (A35)."""
    return set(call.tags) == {"console-id"}


def _text(answer: requests.Response | None) -> str:
    """What a person reads of it."""
    if answer is None:
        return "nothing"
    told = re.search(r'(?s)data-testid="error-summary".*?</section>|<h1.*?</p>', answer.text)
    return f"{answer.status_code}: {' '.join(re.sub('<[^>]*>?', ' ', told[0] if told else '').split())[:300]}"
