"""How a script is started: by its launcher, by its first line, or by sh."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from shlex import quote
from typing import Final

from simulator.machines.linux.seed import SCRIPT_FOLDER
from simulator.machines.model import Task
from simulator.machines.placeholders import launched, script_extension

_SHELLS: Final = frozenset({"sh", "bash"})


@dataclass(frozen=True, slots=True)
class Launch:
    """The command line that runs the script's file, or why there is none: what the shell says and its exit code."""

    line: str = ""
    is_file: bool = False  # the line is the script's file and nothing else: a shell reads it
    refusal: str = ""
    exit_code: int = 0


def script_path(task: Task) -> str:
    """Where the agent puts the script (aliyun_assist_client): its own folder, /tmp for other users than root."""
    name = re.sub(r"[^\w.-]", "_", task.command_name) or "command"
    folder = SCRIPT_FOLDER if task.username in ("", "root") else "/tmp"  # noqa: S108  # the machine's
    return f"{folder}/{name}-{task.invoke_id}{script_extension(task.launcher) or '.sh'}"


def launch(task: Task, path: str, content: str, exists: Callable[[str], bool]) -> Launch:
    """`exists` says whether the machine has a program at a path."""
    if task.launcher:
        return Launch(launched(task.launcher, quote(path)))
    first = content.partition("\n")[0]
    if not first.startswith("#!"):
        return Launch(quote(path), is_file=True)
    words = first[2:].split() or ["/bin/sh"]
    if first.endswith("\r"):
        return _not_found(path, f"{words[0]}^M")
    return _by_first_line(words, path, exists)


def _by_first_line(words: list[str], path: str, exists: Callable[[str], bool]) -> Launch:
    interpreter, *options = words
    if interpreter in ("/usr/bin/env", "/bin/env"):
        return _by_env([word for word in options if word != "-S"], path, exists)
    name = interpreter.rpartition("/")[2]
    return _started(name, options, path) if exists(interpreter) else _not_found(path, interpreter)


def _by_env(words: list[str], path: str, exists: Callable[[str], bool]) -> Launch:
    name, *options = words or [""]
    if exists(f"/usr/bin/{name}") or exists(f"/usr/local/bin/{name}"):
        return _started(name, options, path)
    return Launch(refusal=f"/usr/bin/env: '{name}': No such file or directory", exit_code=127)


def _started(name: str, options: list[str], path: str) -> Launch:
    """A shell without options is the script itself, which then knows its own name."""
    if name in _SHELLS and not options:
        return Launch(quote(path), is_file=True)
    return Launch(" ".join(map(quote, [name, *options, path])))


def _not_found(path: str, interpreter: str) -> Launch:
    return Launch(refusal=f"sh: {path}: {interpreter}: bad interpreter: No such file or directory", exit_code=126)
