"""A backup: one file with a copy of the database, a manifest that says what it is, and, if wanted, the keys.

    console-20261130T120000Z.tar
        manifest.json       who made it and when, migrations, newest row, sha256 of every other part
        database.sqlite3    or database.dump, of PostgreSQL
        keys/…              with --with-keys: what CONSOLE_VAR holds of them

It holds what the database holds (C45): whoever reads it reads scripts, outputs and names. The mark up to which this
console had written stays on the disk and is never put back (T12).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from consoleapp import database_copies, versions
from consoleapp.database_copies import CopyFailed
from consoleapp.version import VERSION
from invocations import deployment
from invocations.models import Deployment

FORMAT = "cloud-assistant-console/backup"
FORMAT_VERSION = 1
KEYS = ("secret_key", "encryption_key", "deployment_id", "simulator_key")  # files of CONSOLE_VAR
LARGEST_MANIFEST = 1_000_000  # bytes
CHUNK = 1 << 20


class NoBackup(Exception):
    """Why a file can't be made, or can't be put in place: one sentence, and what would help."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in the file. Times are ISO 8601, in UTC."""

    made_at: str
    console: str  # its version
    engine: str  # sqlite | postgresql
    engine_version: str
    deployment_id: str
    newest_row: str  # "" when nothing was ever sent
    migrations: list[list[str]]  # [app, name], in the order in which they were applied
    encryption_key: str  # what tells the key from others, and not the key itself
    keys: list[str]
    sha256: dict[str, str]  # of each part, by its name
    format: str = FORMAT
    format_version: int = FORMAT_VERSION


def make(path: Path, *, with_keys: bool) -> Manifest:
    """Write the backup: whole or not at all, for this user's eyes only. Raises NoBackup."""
    if path.exists():
        raise NoBackup(f"{path} is there already; name another file.")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=path.parent) as folder:  # its mode is 0700
            draft = Path(folder) / "draft.tar"
            manifest = _write(draft, Path(folder), with_keys)
            draft.replace(path)
        database_copies.sync(path.parent)
    except (OSError, CopyFailed) as error:
        raise NoBackup(_why(error)) from error
    return manifest


def default_path() -> Path:
    return Path(settings.VAR) / "backups" / f"console-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar"


def _write(draft: Path, folder: Path, with_keys: bool) -> Manifest:
    engine = database_copies.engine()
    copy = folder / engine.part
    copy.touch(mode=0o600)
    facts = engine.copy(copy)
    keys = [name for name in KEYS if with_keys and (Path(settings.VAR) / name).exists()]
    parts = {engine.part: copy, **{f"keys/{name}": Path(settings.VAR) / name for name in keys}}
    manifest = Manifest(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        console=VERSION,
        engine=engine.name,
        engine_version=facts.engine_version,
        deployment_id=settings.DEPLOYMENT_ID,
        newest_row=facts.newest_row.isoformat() if facts.newest_row else "",
        migrations=[list(pair) for pair in facts.migrations],
        encryption_key=fingerprint(),
        keys=keys,
        sha256={name: _sha256(part) for name, part in parts.items()},
    )
    draft.touch(mode=0o600)
    with draft.open("wb") as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            _add(archive, "manifest.json", json.dumps(asdict(manifest), indent=1).encode())
            for name, part in parts.items():
                archive.add(part, name)
        file.flush()
        os.fsync(file.fileno())
    return manifest


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o600
    archive.addfile(entry, io.BytesIO(content))


def fingerprint() -> str:
    """Of the first encryption key: tells one from another, and says nothing of it."""
    return hashlib.sha256(f"console-encryption-key:{settings.ENCRYPTION_KEYS[0]}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Restored:
    replaced: str  # where the old database is, "" where it is gone
    is_behind: bool  # migrations have to follow
    has_other_key: bool
    has_other_id: bool
    keys: list[str]  # put in place


@contextmanager
def opened(path: Path) -> Iterator[tuple[Manifest, dict[str, Path]]]:
    """The manifest and the parts, checked. Raises NoBackup for a file that is none, is damaged or does not fit here."""
    try:
        with (
            tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.VAR) as folder,
            tarfile.open(path, "r:") as archive,
        ):
            manifest = _read_manifest(archive)
            _refuse_what_does_not_fit(manifest)
            yield manifest, {name: _take_out(archive, name, Path(folder), manifest) for name in manifest.sha256}
    except (OSError, tarfile.TarError, EOFError, CopyFailed) as error:
        raise NoBackup(_why(error)) from error


def put_in_place(manifest: Manifest, parts: dict[str, Path], *, with_keys: bool) -> Restored:
    """Nobody may work on the database meanwhile. Sending is paused in what is put in place. Raises NoBackup."""
    try:
        engine = database_copies.engine()
        keys = [name for name in manifest.keys if with_keys]
        for name in keys:  # first what could fail for want of space
            shutil.copyfile(parts[f"keys/{name}"], _draft_of(name))
        replaced = engine.replace(parts[engine.part])
        _note(manifest)
        for name in keys:
            _put_key(name)
    except (OSError, CopyFailed) as error:
        raise NoBackup(_why(error)) from error
    return Restored(
        replaced=replaced,
        is_behind=bool(versions.known() - _migrations(manifest)),
        has_other_key=manifest.encryption_key != fingerprint() and "encryption_key" not in keys,
        has_other_id=manifest.deployment_id != settings.DEPLOYMENT_ID and "deployment_id" not in keys,
        keys=keys,
    )


def _read_manifest(archive: tarfile.TarFile) -> Manifest:
    entry = archive.next()
    file = archive.extractfile(entry) if entry and entry.name == "manifest.json" and entry.isfile() else None
    try:
        found: Any = json.loads(file.read(LARGEST_MANIFEST)) if file else {}
        if found.get("format") != FORMAT:
            raise NoBackup("This is no backup of the console: it has no manifest.")
        if found["format_version"] > FORMAT_VERSION:
            raise NoBackup(
                f"Version {found['console']} of the console made this backup; it takes that one or a newer one."
            )
        return Manifest(**found)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise NoBackup("The manifest of this backup can’t be read; the file is damaged.") from error


def _refuse_what_does_not_fit(manifest: Manifest) -> None:
    engine = database_copies.engine()
    if manifest.engine != engine.name:
        raise NoBackup(
            f"The backup is of {manifest.engine}, and DATABASE_URL names {engine.name}: restore it to the same engine."
        )
    if _migrations(manifest) - versions.known():
        raise NoBackup(
            f"Version {manifest.console} of the console made this backup, and this is {VERSION}: install"
            f" {manifest.console} or a newer one, then restore it."
        )
    wanted = {engine.part, *(f"keys/{name}" for name in manifest.keys)}
    if set(manifest.sha256) != wanted or not set(manifest.keys) <= set(KEYS):
        raise NoBackup("The manifest of this backup does not name what belongs into one; the file is damaged.")


def _migrations(manifest: Manifest) -> set[tuple[str, str]]:
    return {(app, name) for app, name in manifest.migrations}


def _take_out(archive: tarfile.TarFile, name: str, folder: Path, manifest: Manifest) -> Path:
    """One part as a file of its own name, whatever the archive says of paths and modes."""
    part = folder / Path(name).name
    try:
        source = archive.extractfile(name)
    except KeyError:
        source = None
    if source is None:
        raise NoBackup(f"{name} is missing in this backup; the file is damaged.")
    part.touch(mode=0o600)
    with part.open("wb") as file:
        while chunk := source.read(CHUNK):
            file.write(chunk)
    if _sha256(part) != manifest.sha256[name]:
        raise NoBackup(f"{name} is not what the manifest says; the file is damaged.")
    return part


def _note(manifest: Manifest) -> None:
    """For the page on which an admin looks at it; tables of an older version have no room for that."""
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, Deployment._meta.db_table)
    if "written_until" in {column.name for column in columns}:
        deployment.note_restored(datetime.fromisoformat(manifest.made_at))


def _draft_of(key: str) -> Path:
    draft = Path(settings.VAR) / f".{key}.restoring"
    draft.touch(mode=0o600)
    return draft


def _put_key(key: str) -> None:
    file = Path(settings.VAR) / key
    if file.exists():
        file.replace(file.with_name(f"{key}.replaced"))
    _draft_of(key).replace(file)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename or 'The backup'}: {error.strerror or error}."
    if isinstance(error, CopyFailed):
        return str(error)
    return "This file is no backup of the console, or it was cut off: name another one."
