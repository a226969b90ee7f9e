"""Keys and ids that are made at the first start and kept in files only their owner can read."""

import os
from collections.abc import Callable
from pathlib import Path


class CannotKeep(Exception):
    """The folder can't be written; the sentence says where and why."""


def kept(path: Path, make: Callable[[], str]) -> str:
    """The text in `path`; on the first call `make()` is written there, mode 0600.

    Two processes that start together agree: the whole file appears at once, and the loser reads the winner's.
    Raises CannotKeep.
    """
    try:
        if not path.exists():
            _write_once(path, make())
        return path.read_text().strip()
    except OSError as error:
        why = f"{path} can’t be read or written ({error.strerror}); give this user a folder of its own"
        raise CannotKeep(why) from error


def _write_once(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first
    finally:
        draft.unlink()
