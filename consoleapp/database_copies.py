"""Copying the database while the console works on it, and putting a copy in its place: SQLite or PostgreSQL.

What is put in place is paused in the same step (T12): nobody knows what was sent after it was copied.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from abc import ABC, abstractmethod
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connection

NEWEST = (
    "SELECT max(submitted_at) FROM invocations_invocation",
    "SELECT max(started_at) FROM invocations_attempt",
)  # what invocations/deployment.py goes by
MIGRATIONS = "SELECT app, name FROM django_migrations ORDER BY id"
PATIENCE = 10  # seconds that others have to let go of a database


class CopyFailed(Exception):
    """One sentence: what did not work, and what would help."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the copy itself says of the console that wrote it."""

    newest_row: datetime | None
    migrations: list[tuple[str, str]]  # app, name
    engine_version: str


class Engine(ABC):
    name: str
    part: str  # the copy's file name in a backup

    @abstractmethod
    def copy(self, to: Path) -> Facts:
        """Write a consistent copy, whatever is written meanwhile. Raises CopyFailed."""

    @abstractmethod
    def replace(self, by: Path) -> str:
        """Put a copy in the place of the present database, all or nothing; returns where that is now, "" for nowhere.

        Raises CopyFailed, also where somebody else works on it.
        """


class SQLite(Engine):
    name = "sqlite"
    part = "database.sqlite3"

    def copy(self, to: Path) -> Facts:
        path = f"file:{quote(str(self._path()))}?mode=rw"  # where there is none, none is made
        try:
            with closing(sqlite3.connect(path, uri=True)) as live, closing(sqlite3.connect(to)) as copy:
                live.backup(copy)  # in one step, so that a writer makes it neither inconsistent nor endless
                copy.execute("PRAGMA journal_mode=DELETE")  # a single file
                return self._facts(copy)
        except sqlite3.Error as error:
            raise CopyFailed(f"The database {self._path()} can’t be copied: {error}.") from error

    def _facts(self, copy: sqlite3.Connection) -> Facts:
        moments = [copy.execute(query).fetchone()[0] for query in NEWEST]
        newest = max((moment for moment in moments if moment), default=None)
        return Facts(
            datetime.fromisoformat(newest).replace(tzinfo=UTC) if newest else None,
            copy.execute(MIGRATIONS).fetchall(),
            sqlite3.sqlite_version,
        )

    def replace(self, by: Path) -> str:
        path = self._path()
        connection.close()
        draft, old = path.with_name(f".{path.name}.restoring"), path.with_name(f"{path.name}.replaced")
        shutil.copyfile(by, draft)
        draft.chmod(0o600)
        _make_whole(draft)
        if path.exists():
            _fold(path)
            old.unlink(missing_ok=True)
            os.link(path, old)
        for log in ("-wal", "-shm"):  # of a database that is damaged or gone: whatever lies there would be played in
            if (left := path.with_name(path.name + log)).exists():
                left.replace(left.with_name(f"{left.name}.replaced"))
        draft.replace(path)
        sync(path.parent)
        return str(old) if old.exists() else ""

    def _path(self) -> Path:
        return Path(str(connection.settings_dict["NAME"]))


def _make_whole(draft: Path) -> None:
    """Paused, sound and on the disk before it has the database's name."""
    try:
        with closing(sqlite3.connect(draft)) as copy:
            if copy.execute("PRAGMA quick_check").fetchone()[0] != "ok":
                raise CopyFailed("The copy in the backup is damaged.")
            copy.execute(_pause(f"'{datetime.now(UTC).replace(tzinfo=None)}'"))
            copy.commit()
    except sqlite3.DatabaseError as error:
        raise CopyFailed(f"The copy in the backup is no database of the console: {error}.") from error
    sync(draft)


def _fold(path: Path) -> None:
    """Put what stands in the write-ahead log into the file: beside another file that log would be poison.

    One that is damaged stays as it is: that may be why a backup is put in its place.
    """
    with closing(sqlite3.connect(path, timeout=PATIENCE)) as old:
        try:
            old.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                why = "Another process still has the database open; stop it, then try again."
                raise CopyFailed(why) from error


def sync(path: Path) -> None:
    """On the disk for good: a file's content, or a folder's names."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class PostgreSQL(Engine):
    """By its own programs, which must be on PATH and no older than the server."""

    name = "postgresql"
    part = "database.dump"

    def copy(self, to: Path) -> Facts:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                cursor.execute("SELECT pg_export_snapshot(), current_setting('server_version')")
                snapshot, version = cursor.fetchone()
                facts = Facts(_newest(cursor), _all(cursor, MIGRATIONS), version)
                _program("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={to}")
            finally:
                cursor.execute("ROLLBACK")
        return facts

    def replace(self, by: Path) -> str:
        self._be_alone()
        script = by.with_suffix(".sql")
        _program("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(by))
        _program(
            "psql",
            "--no-psqlrc",
            "--quiet",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            "--command=DROP SCHEMA public CASCADE",
            "--command=CREATE SCHEMA public",
            f"--file={script}",
            f"--command={_pause('now()', 'public.')}",
        )
        return ""

    def _be_alone(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            others = cursor.fetchone()[0]
        connection.close()
        if others:
            raise CopyFailed(
                f"The database has {others} other connection{'s' if others > 1 else ''}: stop every web and worker"
                " process of the console, then try again."
            )


def _pause(now: str, schema: str = "") -> str:
    """T12, in the SQL of either engine."""
    table = f"{schema}invocations_deployment"
    return f"UPDATE {table} SET paused_at = {now}, pause_reason = 'restored' WHERE id = 1 AND paused_at IS NULL"  # noqa: S608


def _newest(cursor: Any) -> datetime | None:
    moments = [_all(cursor, query)[0][0] for query in NEWEST]
    return max((moment for moment in moments if moment), default=None)


def _all(cursor: Any, query: str) -> list[Any]:
    cursor.execute(query)
    rows: list[Any] = cursor.fetchall()
    return rows


def _program(name: str, *arguments: str) -> None:
    """Raises CopyFailed with what it said last. The password goes by the environment, which `ps` shows nobody."""
    binary = shutil.which(name)
    if binary is None:
        raise CopyFailed(f"There is no {name} on PATH; install PostgreSQL’s client programs (postgresql-client).")
    done = subprocess.run([binary, *arguments], env=_environment(), capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise CopyFailed(f"{name} failed: {said[-1]}")


def _environment() -> dict[str, str]:
    database = connection.settings_dict
    given = {
        "PGHOST": database["HOST"],
        "PGPORT": str(database["PORT"] or ""),
        "PGUSER": database["USER"],
        "PGPASSWORD": database["PASSWORD"],
        "PGDATABASE": str(database["NAME"]),
        "PGSSLMODE": str(database.get("OPTIONS", {}).get("sslmode", "")),
    }
    return {**os.environ, **{name: value for name, value in given.items() if value}}


def engine() -> Engine:
    """Of the database that the settings name."""
    return SQLite() if connection.vendor == "sqlite" else PostgreSQL()
