"""One round: a plan drawn from a seed, played on a world, then calm, and the verdict."""

from __future__ import annotations

import heapq
import itertools
import random
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
import requests
from celery.exceptions import OperationalError

from tests.chaos import evidence, verdict
from tests.chaos.actions import ACTIONS, READS, Stage
from tests.chaos.evidence import SENDS, Evidence
from tests.chaos.logs import Logs
from tests.chaos.people import People
from tests.chaos.plans import STORM, Plan, PlannedRun, Step
from tests.chaos.verdict import ENDS, REST, Violation
from tests.chaos.world import REGION, START, World, wait_until
from tests.simulated_cloud import JournalCall

PATIENCE = 100.0  # seconds until everything must be at rest, once it is calm
NATURAL = 6.0  # of them, after which waiting times are cut short
QUIET = 1.5  # seconds in which nothing must be called any more
TOLD = 3  # violations of one rule in a report
# What an action meets when another one has taken away what it needs
IN_THE_WAY = (
    OSError,
    psycopg.Error,
    sqlite3.Error,
    requests.RequestException,
    OperationalError,
    subprocess.SubprocessError,
)


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
    def __init__(self, world: World, plan: Plan) -> None:
        self.world, self.plan = world, plan
        self.said: list[str] = []
        self.people = People(world)
        self.stage = Stage(world, random.Random(), self.later)
        self._dice = random.Random(plan.seed)
        self._began = time.monotonic()
        self._order = itertools.count()
        self._timeline: list[tuple[float, int, str, Callable[[], Any]]] = []

    def later(self, seconds: float, name: str, act: Callable[[], Any]) -> None:
        """An act may say itself what it did; otherwise its name is told, if it has one."""
        heapq.heappush(self._timeline, (self._now() + seconds, next(self._order), name, act))

    def storm(self) -> None:
        known = self.world.cloud.instances(REGION, os_type="linux", kind="ecs")
        machines = [machine.instance_id for machine in known if machine.can_run]
        for run in self.plan.runs:
            self.later(run.at, "", self._pressing(run, self._dice.sample(machines, run.size)))
        for step in self.plan.steps:
            self.later(step.at, "", self._acting(step))
        self.people.watch()
        while self._timeline and self._now() < STORM:
            if self._timeline[0][0] > self._now():
                time.sleep(0.02)
            else:
                self._do_next()

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
        self._say("calm")
        wait_until(self.is_up, START, "the console did not start again")
        if self.stage.was_restored:
            self._say("an admin says that the database was restored" if self.world.adopt() else "nothing was lost")
        self.people.leave()

    def is_up(self) -> bool:
        self.world.revive()
        return self.world.is_ready()

    def wait_for_rest(self, since: int) -> bool:
        """Whether it comes; waiting times are cut short after a while."""
        began = cut_short_at = time.monotonic()
        while not self._is_at_rest(since):
            self.world.revive()
            now = time.monotonic()
            if now > began + PATIENCE:
                return False
            if now > began + NATURAL and now > cut_short_at + QUIET:
                self.world.database.let_time_pass()
                cut_short_at = now
            time.sleep(0.5)
        return True

    def quiet_calls(self) -> list[JournalCall]:
        """What is asked of the cloud about runs some time after all of them have ended, though their pages are open."""
        time.sleep(QUIET)
        before = len(self.world.cloud.journal.calls())
        self.people.look_at_runs()
        time.sleep(QUIET)
        asked = self.world.cloud.journal.calls()[before:]
        return [call for call in asked if call.operation in (*SENDS, *READS, "StopInvocation") and not _is_sweep(call)]

    def _now(self) -> float:
        return time.monotonic() - self._began

    def _say(self, what: str) -> None:
        self.said.append(f"{self._now():5.1f} s  {what}")

    def _do_next(self) -> None:
        _, _, name, act = heapq.heappop(self._timeline)
        try:
            said = act()
        except IN_THE_WAY as error:
            said = f"{name or 'this'} could not be: {type(error).__name__}"
        if said := said if isinstance(said, str) else name:
            self._say(said)

    def _acting(self, step: Step) -> Callable[[], str]:
        act = next(action.act for action in ACTIONS if action.name == step.action)

        def acting() -> str:
            self.stage.dice = random.Random(step.seed)
            said = act(self.stage)
            self.people.may_miss_runs = self.people.may_miss_runs or step.action == "restore_a_backup"
            return said

        return acting

    def _pressing(self, run: PlannedRun, instance_ids: Sequence[str]) -> Callable[[], str]:
        form = self.people.fill_in(run, instance_ids, self._dice)

        def pressing() -> str:
            for _ in range(run.presses):
                self.people.press_run(form)
            if stop := run.stop:
                self.later(stop.at, f"stop ({stop.scope})", lambda: self.people.press_stop(form, stop))
            times = "" if run.presses == 1 else f", pressed {run.presses} times"
            return f"a run on {run.size} machines, {dict(run.parameters)}{times}"

        return pressing

    def _is_at_rest(self, since: int) -> bool:
        try:
            batches = self.world.database.rows("select state from invocations_batch where invocation_id > ?", [since])
            targets = self.world.database.rows(
                "select distinct state from invocations_target where invocation_id > ?", [since]
            )
        except IN_THE_WAY:
            return False
        return all(b["state"] in ENDS for b in batches) and all(t["state"] in REST for t in targets)


def play(world: World, plan: Plan, logs: Logs) -> Outcome:
    since = max([row["id"] for row in world.database.rows("select id from invocations_invocation")], default=0)
    playing = _Round(world, plan)
    rules = [world.cloud.rule(rule) for rule in plan.rules]
    began = time.monotonic()
    try:
        playing.storm()
    finally:
        playing.calm()
    quiet = playing.quiet_calls() if playing.wait_for_rest(since) else []
    wait_until(playing.is_up, START, "the console did not stay")
    seen = replace(
        evidence.gather(world, since=since),
        forms=playing.people.forms,
        touched=frozenset(playing.stage.touched),
        broken_pages=list(dict.fromkeys(playing.people.broken)),
        complaints=logs.complaints(),
        quiet=quiet,
        clock_was_moved=playing.stage.clock_was_moved,
        was_restored=playing.stage.was_restored,
    )
    for rule in rules:
        world.cloud.take_back(rule)
    ends = Counter(target["state"] for target in seen.targets)
    said = [f"rules: {', '.join(plan.rules) or 'none'}", *playing.said]
    return Outcome(plan, verdict.verdict(seen), said, ends, time.monotonic() - began, seen.was_restored)


def look_back(world: World) -> list[Violation]:
    """INV-1, INV-4: again over all runs of a world, long after each of them."""
    seen: Evidence = evidence.gather(world, with_pages=False)
    checks = (verdict.each_target_runs_once, verdict.what_is_shown_as_not_run_did_not_run)
    return [violation for check in checks for violation in check(seen)]


def _is_sweep(call: JournalCall) -> bool:
    """The look, once an hour and after a start, for what the database does not know of (A35)."""
    return set(call.tags) == {"console-id"}
