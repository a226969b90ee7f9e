"""A tree of files laid out in the interpreter's memory, and read back."""

from collections import defaultdict
from shlex import quote
from typing import Any

from bashkit import FileSystem

from simulator.machines.files import KEPT_BYTES, Entry, Tree

_PASSING = ("/proc", "/sys", "/dev", "/usr/bin")


def laid_out(tree: Tree) -> FileSystem:
    """A file system with these entries, given parents first."""
    files = FileSystem()
    for path, entry in tree.items():
        if entry.target is not None:
            files.symlink(entry.target, path)
        elif entry.data is not None:
            files.write_file(path, entry.data)
        else:
            files.mkdir(path, recursive=True)  # new file systems have some folders already
        if entry.mode not in (0o644, 0o755, 0o777) or (entry.data is not None and entry.mode != 0o644):
            files.chmod(path, entry.mode)
    return files


def dating(tree: Tree) -> str:
    """The script that gives the files of a new file system the times they have: only `touch` can."""
    by_time: dict[int, list[str]] = defaultdict(list)
    for path, entry in tree.items():
        if entry.modified:
            by_time[entry.modified].append(quote(path))
    return "".join(f"touch -d @{modified} {' '.join(paths)}\n" for modified, paths in by_time.items())


def read_back(files: FileSystem) -> dict[str, Entry]:
    """What is there now, but for what the kernel would make up, and for files too large to be kept."""
    found: dict[str, Entry] = {}
    folders = [""] if files.exists("/") else []  # after `rm -rf /` there is not even that
    while folders:
        above = folders.pop()
        for each in files.read_dir(above or "/"):
            path, metadata = f"{above}/{each['name']}", each["metadata"]
            if path in _PASSING or metadata["size"] > KEPT_BYTES:
                continue
            found[path] = _entry(files, path, metadata)
            if found[path].is_folder:
                folders.append(path)
    return found


def _entry(files: FileSystem, path: str, metadata: dict[str, Any]) -> Entry:
    match metadata["file_type"]:
        case "directory":
            return Entry(metadata["mode"])
        case "symlink":
            return Entry(0o777, target=files.read_link(path))
        case _:
            return Entry(metadata["mode"], data=files.read_file(path), modified=int(metadata["modified"]))
