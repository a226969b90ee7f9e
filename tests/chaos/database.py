"""The console's database as an observer reads it: on a connection of its own that can't write.

Three notes that the rows alone do not tell are taken by triggers, beside the console: every move of a target, when
a stop was written, and whether a batch's token or request was ever changed (INV-8, INV-10, INV-11).
"""

import json
import sqlite3
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]

POLL_LEASE = 90  # seconds, of invocations/polling.py
GET_LOCK = 2  # seconds to wait for it
_NOTES = """
create table chaos_moves (target bigint, invocation bigint, instance_id text, old text, new text,
    old_finished_at {time}, new_finished_at {time}, at {time});
create table chaos_stops (batch text, at {time});
create table chaos_rewrites (batch text, at {time});
"""
_SQLITE = """
create trigger chaos_note_move after update on invocations_target when old.state <> new.state begin
  insert into chaos_moves values (new.id, new.invocation_id, new.instance_id, old.state, new.state,
    old.finished_at, new.finished_at, {now}); end;
create trigger chaos_note_stop after update on invocations_batch
  when old.stop_requested_at is null and new.stop_requested_at is not null begin
  insert into chaos_stops values (new.id, {now}); end;
create trigger chaos_note_rewrite after update on invocations_batch
  when old.client_token <> new.client_token or old.request <> new.request
    or old.request_sha256 <> new.request_sha256 begin
  insert into chaos_rewrites values (new.id, {now}); end;
""".replace("{now}", "strftime('%Y-%m-%d %H:%M:%f', 'now')")
_POSTGRES = """
create function chaos_note_move() returns trigger language plpgsql as $$ begin
  insert into chaos_moves values (new.id, new.invocation_id, new.instance_id, old.state, new.state,
    old.finished_at, new.finished_at, clock_timestamp()); return null; end $$;
create trigger chaos_note_move after update on invocations_target for each row
  when (old.state <> new.state) execute function chaos_note_move();
create function chaos_note_stop() returns trigger language plpgsql as $$ begin
  insert into chaos_stops values (new.id::text, clock_timestamp()); return null; end $$;
create trigger chaos_note_stop after update on invocations_batch for each row
  when (old.stop_requested_at is null and new.stop_requested_at is not null) execute function chaos_note_stop();
create function chaos_note_rewrite() returns trigger language plpgsql as $$ begin
  insert into chaos_rewrites values (new.id::text, clock_timestamp()); return null; end $$;
create trigger chaos_note_rewrite after update on invocations_batch for each row
  when ((old.client_token, old.request, old.request_sha256)
    is distinct from (new.client_token, new.request, new.request_sha256)) execute function chaos_note_rewrite();
"""
_TIMES = ("_at", "_until", "send_by", "send_deadline")
_IDS = {"batch", "batch_id", "parent_id", "form_token"}


class Database:
    """Either engine; the rows look alike: ids of batches as hex, times aware, JSON read."""

    def __init__(self, address: str | Path) -> None:
        """A file of SQLite, or the URL of a PostgreSQL."""
        self.address = address

    def note(self) -> None:
        """Put the triggers in place. To be called once, after the console's own migrations."""
        if isinstance(self.address, Path):
            with self._writing_sqlite() as connection:
                connection.executescript(_NOTES.format(time="text") + _SQLITE)
        else:
            with psycopg.connect(self.address) as postgres:
                postgres.execute(_NOTES.format(time="timestamptz") + _POSTGRES)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """`?` stands for a parameter. Raises sqlite3.Error, psycopg.Error."""
        if isinstance(self.address, Path):
            with _closing(sqlite3.connect(f"file:{self.address}?mode=ro", uri=True, timeout=20)) as connection:
                connection.row_factory = sqlite3.Row
                return [_read(dict(row)) for row in connection.execute(sql, parameters)]
        options = "-c default_transaction_read_only=on"
        with psycopg.connect(self.address, options=options, row_factory=dict_row, autocommit=True) as postgres:
            return [_read(row) for row in postgres.execute(sql.replace("?", "%s"), parameters)]

    def let_time_pass(self) -> None:
        """What only waits for a moment to come is due now. No lease and no window of sending is touched.

        Of polling the leases of those who took them long ago and are gone.
        """
        now = self._now()
        for column, where in (
            ("next_attempt_at", "state in ('queued', 'unsure') and stop_requested_at is null"),
            ("next_lookup_at", "state in ('unsure', 'sending')"),
            ("next_poll_at", "state = 'accepted'"),
            ("next_stop_at", "next_stop_at is not null"),
            ("poll_lease_until", f"state = 'accepted' and poll_lease_until < {self._now(POLL_LEASE - 12)}"),
        ):
            self._write(f"update invocations_batch set {column} = {now} where {column} > {now} and {where}")

    def hold(self) -> Callable[[], None]:
        """Take a lock that no writer of batches gets past; returns what lets it go again.

        Raises sqlite3.Error, psycopg.Error where somebody else, perhaps asleep, holds one already.
        """
        if isinstance(self.address, Path):
            sqlite = sqlite3.connect(self.address, timeout=GET_LOCK, isolation_level=None)
            sqlite.execute("begin immediate")
            return sqlite.close
        postgres = psycopg.connect(self.address, options=f"-c lock_timeout={GET_LOCK}s")
        postgres.execute("lock table invocations_batch in share row exclusive mode")
        return postgres.close

    def copy_to(self, copy: Path) -> None:
        """As a backup does it, while the console works. SQLite only."""
        with _closing(sqlite3.connect(self.address)) as here, _closing(sqlite3.connect(copy)) as there:
            here.backup(there)

    def put_back(self, copy: Path) -> None:
        """In place of the file; nobody may have it open. Numbers of runs that it does not know are not given again."""
        assert isinstance(self.address, Path)
        for suffix in ("-wal", "-shm"):
            self.address.with_name(self.address.name + suffix).unlink(missing_ok=True)
        copy.replace(self.address)
        self._write("update sqlite_sequence set seq = seq + 100 where name = 'invocations_invocation'")

    def _now(self, seconds: int = 0) -> str:
        """In SQL; or so many seconds later."""
        if isinstance(self.address, Path):
            return f"strftime('%Y-%m-%d %H:%M:%f', 'now', '+{seconds} seconds')"
        return f"(clock_timestamp() + interval '{seconds} seconds')"

    def _write(self, sql: str) -> None:
        if isinstance(self.address, Path):
            with self._writing_sqlite() as connection:
                connection.execute(sql)
        else:
            with psycopg.connect(self.address) as postgres:
                postgres.execute(sql)

    @contextmanager
    def _writing_sqlite(self) -> Iterator[sqlite3.Connection]:
        with _closing(sqlite3.connect(self.address, timeout=20, isolation_level=None)) as connection:
            yield connection


@contextmanager
def _closing(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    try:
        yield connection
    finally:
        connection.close()


def _read(row: Row) -> Row:
    return {name: _value(name, value) for name, value in row.items()}


def _value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _IDS:
        return uuid.UUID(str(value)).hex
    if (name == "at" or name.endswith(_TIMES)) and isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    if name in ("counts", "parameters") and isinstance(value, str):
        return json.loads(value)
    return bytes(value) if isinstance(value, memoryview) else value
