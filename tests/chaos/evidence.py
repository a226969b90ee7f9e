"""What a verdict is found from: the cloud's journal, the console's rows, and what its pages say of them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.chaos.database import Database, Row
from tests.chaos.world import REGION, World
from tests.invocations import pages
from tests.simulated_cloud import JournalCall, JournalExecution

SENDS = ("InvokeCommand", "RunCommand")


@dataclass(frozen=True)
class Form:
    """One press of Run: all that was posted with this token is one run."""

    token: str
    instance_ids: tuple[str, ...]
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Shown:
    """One run as its page and the list of results show it."""

    progress: Mapping[str, str]
    listed_state: str


@dataclass
class Evidence:
    calls: Sequence[JournalCall] = ()
    executions: Sequence[JournalExecution] = ()
    accepted: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # InvokeId -> tags: the cloud's own truth
    runs: Sequence[Row] = ()
    batches: Sequence[Row] = ()
    attempts: Sequence[Row] = ()
    targets: Sequence[Row] = ()
    moves: Sequence[Row] = ()
    stops: Sequence[Row] = ()
    rewrites: Sequence[Row] = ()
    shown: Mapping[int, Shown] = field(default_factory=dict)
    forms: Sequence[Form] = ()
    touched: frozenset[str] = frozenset()  # instances that were stopped meanwhile
    broken_pages: Sequence[str] = ()  # answers that nobody should see
    complaints: Sequence[str] = ()  # exceptions in the logs that no fault of the world explains
    quiet: Sequence[JournalCall] = ()  # calls made while nothing ran
    clock_was_moved: bool = False
    was_restored: bool = False  # the database lost some time

    # -- what hangs together

    def run_of(self, invoke_id: str) -> int:
        """0: not one of these runs."""
        return int(self.accepted.get(invoke_id, {}).get("console-run", 0))

    def invocations_of(self, batch: Row) -> list[str]:
        return [i for i, tags in self.accepted.items() if batch_named(tags) == batch["batch"]]

    def sends(self) -> list[JournalCall]:
        """Calls that were to run something for one of these runs, oldest first."""
        known = {run["id"] for run in self.runs}
        return [c for c in self.calls if c.operation in SENDS and int(c.tags.get("console-run", 0)) in known]

    def sends_of(self, batch: Row) -> list[JournalCall]:
        return [call for call in self.sends() if batch_named(call.tags) == batch["batch"]]

    def attempts_of(self, batch: Row) -> list[Row]:
        return [attempt for attempt in self.attempts if attempt["batch_id"] == batch["batch"]]

    def targets_of(self, batch: Row) -> list[Row]:
        return [target for target in self.targets if target["batch_id"] == batch["batch"]]

    def run(self, number: int) -> Row:
        return next(run for run in self.runs if run["id"] == number)


def batch_named(tags: Mapping[str, str]) -> str:
    """The hex of its id; "" where there is none."""
    return uuid.UUID(tags["console-batch"]).hex if "console-batch" in tags else ""


def gather(world: World, *, since: int = 0, with_pages: bool = True) -> Evidence:
    """Of all runs after number `since`."""
    database = world.database
    runs = _of_runs(database, "select * from invocations_invocation where id > ?", since)
    found = Evidence(
        calls=world.cloud.journal.calls(),
        executions=world.cloud.journal.executions(),
        accepted=world.cloud.accepted(),
        runs=runs,
        batches=_of_runs(database, "select id as batch, b.* from invocations_batch b where invocation_id > ?", since),
        attempts=_of_runs(
            database,
            "select a.* from invocations_attempt a join invocations_batch b on b.id = a.batch_id"
            " where b.invocation_id > ?",
            since,
        ),
        targets=_of_runs(database, "select * from invocations_target where invocation_id > ?", since),
        moves=_of_runs(database, "select * from chaos_moves where invocation > ?", since),
        stops=database.rows("select * from chaos_stops"),
        rewrites=database.rows("select * from chaos_rewrites"),
    )
    if with_pages:
        listed = pages.read(world.get(f"/r/{REGION}/runs/"))
        states = {int(row["data-run"]): row["data-state"] for row in listed.all("tr", data_run="")}
        for run in runs:
            page = pages.read(world.get(f"/r/{REGION}/runs/{run['id']}/"))
            found.shown = {**found.shown, run["id"]: Shown(pages.progress(page), states.get(run["id"], ""))}
    return found


def _of_runs(database: Database, sql: str, since: int) -> list[Row]:
    return database.rows(sql, [since])
