"""
The cloud's memory: one SQLite file, written through at once, so that a kill at any moment loses nothing answered.

Commits do not wait for the disk (`synchronous=NORMAL` in WAL mode): they survive the death of the process, not that of
the machine.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from simulator import statuses
from simulator.records import Command, Invocation, Target

_SCHEMA = Path(__file__).with_name("schema.sql")
_TABLES = (
    "instances",
    "commands",
    "invocations",
    "invocation_tags",
    "targets",
    "rounds",
    "tokens",
    "usage",
    "journal_calls",
    "journal_executions",
)
_TARGET_COLUMNS = [field.name for field in fields(Target)]
_CHANGING = [name for name in _TARGET_COLUMNS if name not in ("invoke_id", "instance_id", "created_at")]


class StateInUse(Exception):
    """Two clouds on one memory would run everything twice."""


class State:
    def __init__(self, path: Path) -> None:
        """Raises StateInUse while another process has the file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=2)
        self._db.row_factory = sqlite3.Row
        try:
            self._db.execute("pragma locking_mode = exclusive")
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = normal")
            self._db.executescript(_SCHEMA.read_text())
        except sqlite3.OperationalError as error:
            raise StateInUse(f"{path} cannot be used ({error}). Is another simulated cloud running on it?") from error

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; one within another is part of it."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def clear(self) -> None:
        with self.transaction():
            for table in _TABLES:
                self._db.execute(f"delete from {table}")  # noqa: S608 - names of our own
            self._db.execute("delete from settings where name = 'clock'")

    # -- single values and plain rows, for the modules that have a table of their own

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """The number of rows changed."""
        return self._db.execute(sql, parameters).rowcount

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[sqlite3.Row]:
        return self._db.execute(sql, parameters).fetchall()

    def setting(self, name: str) -> str | None:
        rows = self.rows("select value from settings where name = ?", (name,))
        return rows[0]["value"] if rows else None

    def set(self, name: str, value: str) -> None:
        self.execute("insert or replace into settings values (?, ?)", (name, value))

    # -- commands

    def save_command(self, command: Command) -> None:
        self.save_commands([command])

    def save_commands(self, commands: Sequence[Command]) -> None:
        with self.transaction():
            self._db.executemany(
                "insert or replace into commands values (?, ?, ?, ?)",
                [(each.command_id, each.region, each.created_at, _json(each)) for each in commands],
            )

    def command(self, region: str, command_id: str) -> Command | None:
        rows = self.rows("select record from commands where region = ? and command_id = ?", (region, command_id))
        return Command(**json.loads(rows[0]["record"])) if rows else None

    def commands(self, region: str) -> list[Command]:
        """Newest first."""
        rows = self.rows("select record from commands where region = ? order by created_at desc, command_id", (region,))
        return [Command(**json.loads(row["record"])) for row in rows]

    def count_commands(self, region: str) -> int:
        return int(self.rows("select count(*) as n from commands where region = ?", (region,))[0]["n"])

    def delete_command(self, command_id: str) -> None:
        self.execute("delete from commands where command_id = ?", (command_id,))

    # -- invocations

    def add_invocation(self, invocation: Invocation, targets: Sequence[Target]) -> None:
        with self.transaction():
            cursor = self._db.execute(
                "insert into invocations (invoke_id, region, command_id, command_name, command_type, repeat_mode,"
                " resource_group, created_at, status, is_open, record) values (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)",
                (
                    invocation.invoke_id,
                    invocation.region,
                    invocation.command_id,
                    invocation.command_name,
                    invocation.command_type,
                    invocation.repeat_mode,
                    invocation.resource_group,
                    invocation.created_at,
                    statuses.of_invocation({target.status for target in targets}),
                    _json(invocation),
                ),
            )
            self._db.executemany(
                "insert into invocation_tags values (?, ?, ?)",
                [(cursor.lastrowid, key, value) for key, value in invocation.tags.items()],
            )
            self.add_targets(targets)

    def add_targets(self, targets: Sequence[Target], first_position: int = 0) -> None:
        columns = ", ".join(_TARGET_COLUMNS)
        marks = ", ".join("?" for _ in range(len(_TARGET_COLUMNS) + 1))
        self._db.executemany(
            f"insert into targets (position, {columns}) values ({marks})",  # noqa: S608 - names of our own
            [
                (first_position + position, *(getattr(target, name) for name in _TARGET_COLUMNS))
                for position, target in enumerate(targets)
            ],
        )

    def invocation(self, invoke_id: str) -> Invocation | None:
        rows = self.rows("select record from invocations where invoke_id = ?", (invoke_id,))
        return Invocation(**json.loads(rows[0]["record"])) if rows else None

    def replace_invocation(self, invocation: Invocation) -> None:
        self.execute(
            "update invocations set command_id = ?, record = ? where invoke_id = ?",
            (invocation.command_id, _json(invocation), invocation.invoke_id),
        )

    def tagged_invocations(self) -> Iterator[dict[str, Any]]:
        """ID, region and tags of each, oldest first."""
        for row in self.rows("select invoke_id, region, record from invocations order by seq"):
            yield {
                "invoke_id": row["invoke_id"],
                "region": row["region"],
                "tags": dict(json.loads(row["record"])["tags"]),
            }

    def forget_invocation(self, invoke_id: str) -> None:
        with self.transaction():
            self.execute(
                "delete from invocation_tags where seq in (select seq from invocations where invoke_id = ?)",
                (invoke_id,),
            )
            for table in ("invocations", "targets", "rounds"):
                self.execute(f"delete from {table} where invoke_id = ?", (invoke_id,))  # noqa: S608 - names of our own

    def forget_outputs(self, invoke_id: str) -> None:
        self.execute("update targets set output = x'' where invoke_id = ?", (invoke_id,))

    # -- targets

    def targets(self, invoke_id: str, *, with_output: bool = False) -> list[Target]:
        columns = ", ".join(name if with_output or name != "output" else "x'' as output" for name in _TARGET_COLUMNS)
        rows = self.rows(
            f"select {columns} from targets where invoke_id = ? order by position",  # noqa: S608 - names of our own
            (invoke_id,),
        )
        return [Target(**row) for row in map(dict, rows)]

    def target(self, invoke_id: str, instance_id: str) -> Target | None:
        columns = ", ".join(_TARGET_COLUMNS)
        rows = self.rows(
            f"select {columns} from targets where invoke_id = ? and instance_id = ?",  # noqa: S608 - names of our own
            (invoke_id, instance_id),
        )
        return Target(**dict(rows[0])) if rows else None

    def open_targets(self) -> list[tuple[str, str]]:
        """(invoke_id, instance_id) of all that have not ended, oldest first."""
        rows = self.rows(
            "select invoke_id, instance_id from targets"
            " where status in ('Pending', 'Scheduled', 'Running', 'Stopping') order by created_at, position"
        )
        return [(row["invoke_id"], row["instance_id"]) for row in rows]

    def save_target(self, target: Target) -> None:
        """Store the target and, with it, the status of its invocation."""
        changes = ", ".join(f"{name} = ?" for name in _CHANGING)
        with self.transaction():
            self._db.execute(
                f"update targets set {changes} where invoke_id = ? and instance_id = ?",  # noqa: S608 - names of our own
                (*(getattr(target, name) for name in _CHANGING), target.invoke_id, target.instance_id),
            )
            rows = self.rows("select distinct status from targets where invoke_id = ?", (target.invoke_id,))
            words = {row["status"] for row in rows}
            self.execute(
                "update invocations set status = ?, is_open = ? where invoke_id = ?",
                (statuses.of_invocation(words), not words <= statuses.FINAL, target.invoke_id),
            )

    def add_round(self, target: Target) -> None:
        """Keep this execution of a schedule after the next one has taken its place."""
        record = {name: value for name, value in asdict(target).items() if name != "output"}
        self.execute(
            "insert or replace into rounds values (?, ?, ?, ?, ?)",
            (target.invoke_id, target.instance_id, target.repeats, json.dumps(record), target.output),
        )

    def rounds(self, invoke_id: str) -> list[Target]:
        """Newest first, without their outputs."""
        rows = self.rows(
            "select record from rounds where invoke_id = ? order by repeats desc, instance_id", (invoke_id,)
        )
        return [Target(**json.loads(row["record"])) for row in rows]

    def round(self, invoke_id: str, instance_id: str, repeats: int) -> Target | None:
        rows = self.rows(
            "select record, output from rounds where invoke_id = ? and instance_id = ? and repeats = ?",
            (invoke_id, instance_id, repeats),
        )
        return Target(output=rows[0]["output"], **json.loads(rows[0]["record"])) if rows else None


def _json(record: Command | Invocation) -> str:
    return json.dumps(asdict(record), ensure_ascii=False, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be stored")
