"""
The files of a machine: what it is made with, and what scripts have changed since.

Only the changes are kept on disk, one small JSON document a machine, replaced as a whole: a kill at any moment leaves
the old one or the new one. A run that is killed with the simulator leaves nothing behind, as a crash of a real machine
might.
"""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

KEPT_BYTES: Final = 1024 * 1024  # of changed files per machine; the largest beyond that are lost when a run ends
KEPT_FILES: Final = 2000
_PASSING: Final = ("/proc", "/sys", "/dev", "/usr/bin")  # made anew for each run


@dataclass(frozen=True, slots=True)
class Entry:
    """A file (`data`), a symbolic link (`target`) or a folder (neither)."""

    mode: int
    data: bytes | None = None
    target: str | None = None
    modified: int = 0  # seconds since 1970; 0: whenever the run began

    @property
    def is_folder(self) -> bool:
        return self.data is None and self.target is None

    def is_like(self, other: "Entry | None") -> bool:
        """The same but for its time."""
        return other is not None and (self.mode, self.data, self.target) == (other.mode, other.data, other.target)


Tree = Mapping[str, Entry]  # by absolute path; "/" itself is not in it


def folder(mode: int = 0o755) -> Entry:
    return Entry(mode)


def text(content: str, mode: int = 0o644, modified: int = 0) -> Entry:
    return Entry(mode, data=content.encode(), modified=modified)


def link(target: str) -> Entry:
    return Entry(0o777, target=target)


def with_folders(entries: Tree) -> dict[str, Entry]:
    """The entries and every folder above them, parents first."""
    complete: dict[str, Entry] = {}
    for path in sorted(entries):
        above = path.rpartition("/")[0]
        if above and above not in complete:
            names = above.split("/")
            for depth in range(2, len(names) + 1):
                complete.setdefault("/".join(names[:depth]), folder())
        complete[path] = entries[path]
    return complete


@dataclass(frozen=True, slots=True)
class Changes:
    """What scripts have made of a tree: entries that are new or different, and paths that are no more."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()

    def applied_to(self, tree: Tree) -> dict[str, Entry]:
        if not self.entries and not self.gone:
            return dict(tree)
        kept = {path: entry for path, entry in tree.items() if path not in self.gone}
        return with_folders(kept | dict(self.entries))

    def to_json(self) -> dict[str, Any]:
        return {"entries": {path: _packed(entry) for path, entry in self.entries.items()}, "gone": sorted(self.gone)}

    @classmethod
    def from_json(cls, packed: Mapping[str, Any]) -> "Changes":
        entries = {path: _unpacked(fields) for path, fields in packed["entries"].items()}
        return cls(entries, frozenset(packed["gone"]))


def difference(before: Tree, after: Tree) -> Changes:
    """What turns `before` into `after`, as far as there is room to keep it."""
    changed = {path: entry for path, entry in after.items() if not entry.is_like(before.get(path)) and _stays(path)}
    gone = frozenset(path for path in before if path not in after and _stays(path))
    return Changes(_as_much_as_fits(changed), gone)


def _stays(path: str) -> bool:
    return not path.startswith(_PASSING)


def _as_much_as_fits(changed: dict[str, Entry]) -> dict[str, Entry]:
    """The smallest first."""
    kept: dict[str, Entry] = {}
    room = KEPT_BYTES
    for path, entry in sorted(changed.items(), key=lambda item: len(item[1].data or b"")):
        room -= len(entry.data or b"") + len(path)
        if room < 0 or len(kept) == KEPT_FILES:
            break
        kept[path] = entry
    return kept


def _packed(entry: Entry) -> dict[str, Any]:
    fields: dict[str, Any] = {"mode": entry.mode, "modified": entry.modified}
    if entry.data is not None:
        if _is_text(entry.data):
            fields["text"] = entry.data.decode()
        else:
            fields["base64"] = b64encode(entry.data).decode()
    if entry.target is not None:
        fields["target"] = entry.target
    return fields


def _is_text(data: bytes) -> bool:
    """Whether JSON says it in about as many bytes."""
    try:
        return data.decode().replace("\n", "").replace("\t", "").isprintable()
    except UnicodeDecodeError:
        return False


def _unpacked(fields: Mapping[str, Any]) -> Entry:
    data = fields["text"].encode() if "text" in fields else None
    if "base64" in fields:
        data = b64decode(fields["base64"])
    return Entry(fields["mode"], data=data, target=fields.get("target"), modified=fields["modified"])


class Disk:
    """Where the changes of one machine are kept: a folder of its own."""

    def __init__(self, home: Path) -> None:
        self._file = home / "changes.json"

    def load(self) -> Changes:
        try:
            return Changes.from_json(json.loads(self._file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return Changes()

    def save(self, changes: Changes) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(changes.to_json(), ensure_ascii=False), encoding="utf-8")
        os.replace(new, self._file)
