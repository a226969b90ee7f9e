"""One run of a shell script (or another a machine has an interpreter for) in the sandbox."""

import asyncio
import re
from collections.abc import Callable
from typing import Final

from bashkit import Bash, BashError, ExecResult, ExecutionProfile

from simulator.machines.linux import programs
from simulator.machines.linux.accounts import Account
from simulator.machines.linux.commands import commands_of
from simulator.machines.linux.host import Host, answers
from simulator.machines.linux.launching import Launch, launch, script_path
from simulator.machines.model import Task

# Steps of one script: a loop around nothing takes some five seconds to get there. Whoever gets there goes on without
# stepping, so that it runs into its time-out as on a real machine, but leaves the processor to the others.
_STEPS: Final = 1_000_000
_DEAF_AFTER: Final = 1.0  # seconds
_KILLED: Final = 137
_PROGRAM_FOLDERS: Final = ("/usr/bin", "/bin", "/usr/sbin", "/sbin")
_STRAY: Final = "/home/user"  # made by the interpreter for itself
_SYNTAX_ERROR: Final = re.compile(r"parse error at line (\d+), column \d+: (.*)", re.DOTALL)
_HINT: Final = re.compile(r"^(.*: command not found)\. .*$", re.MULTILINE)  # "Did you mean …?", which no shell asks


async def run(task: Task, content: str, host: Host, write: Callable[[bytes], None], *, dating: str = "") -> int:
    """The script's exit code. What it prints goes to `write`, in order, from the event loop's thread.

    `dating` is a script that runs first and says nothing.
    """
    path = script_path(task)
    host.write(path, content)
    host.files.chmod(path, 0o755)
    try:
        interpreter = _Interpreter(task, content, host, write)
        started = launch(task, path, content, interpreter.has_program)
        if started.refusal:
            write(f"{started.refusal}\n".encode())
            return started.exit_code
        return await interpreter.run(started, path, dating)
    finally:
        if host.exists(path):
            host.files.remove(path)


class Deaf(Exception):
    """The script was told to end and did not."""


class _Interpreter:
    def __init__(self, task: Task, content: str, host: Host, write: Callable[[bytes], None]) -> None:
        self._task, self._content, self._host, self._write = task, content, host, write
        self._commands = commands_of(host.machine)
        self._has_python3 = host.distribution.has_python3
        self._programs = programs.programs(frozenset(self._commands), has_python3=self._has_python3)

    def has_program(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return (folder in _PROGRAM_FOLDERS and self._programs.exists(f"/{name}")) or self._host.is_file(path)

    async def run(self, launch: Launch, path: str, dating: str) -> int:
        """The exit code."""
        shell = self._shell(uses_python="python" in self._content or "python" in launch.line)
        preparation = dating + programs.preference(has_python3=self._has_python3)
        if launch.is_file and _parses(shell, self._content):
            line = preparation + launch.line
        else:  # each of its lines counts, so nothing can stand before them
            await shell.execute(preparation)
            line = self._content if launch.is_file else launch.line  # with a mistake in it, it runs up to that
        loop = asyncio.get_running_loop()

        def hear(out: str, err: str) -> None:
            loop.call_soon_threadsafe(self._hear, out, err, path if launch.is_file else "sh")

        running = asyncio.ensure_future(shell.execute(line, hear))
        try:
            result = await asyncio.shield(running)
        except asyncio.CancelledError:
            await self._end(shell, running)
            raise
        return await self._exit_code(result.exit_code, result.error or "", path)

    async def _end(self, shell: Bash, running: "asyncio.Future[ExecResult]") -> None:
        """The shell looks up between two commands only, so the one it waits for must end too."""
        shell.cancel()
        self._host.clock.end()
        await asyncio.wait([running], timeout=_DEAF_AFTER)
        if not running.done():
            running.cancel()
            raise Deaf

    def _shell(self, *, uses_python: bool) -> Bash:
        host, account = self._host, self._account()
        shell = Bash(
            username=account.name,
            hostname=host.hostname,
            cwd=self._task.working_dir or account.home,
            env=self._environment(account),
            timeout_seconds=max(1.0, host.clock.left),
            max_commands=_STEPS,
            max_loop_iterations=_STEPS,
            python=uses_python and self._has_python3,
            custom_builtins=answers(host, self._commands),
            profile=ExecutionProfile.Interactive,
        )
        shell.mount("/", host.files)
        if account.name != "user" and host.exists(_STRAY):
            host.files.remove(_STRAY)
        shell.mount(programs.FOLDER, self._programs, read_only=True)
        return shell

    def _account(self) -> Account:
        account = self._host.account(self._task.username or "root")
        assert account  # the agent looked before
        return account

    def _environment(self, account: Account) -> dict[str, str]:
        return {
            "HOME": account.home,
            "USER": account.name,
            "LOGNAME": account.name,
            "UID": str(account.uid),
            "EUID": str(account.uid),
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin",
            "SHELL": "/bin/bash",
            "LANG": "en_US.UTF-8",
            "PS4": "+ ",
            "TZ": self._host.zone.key,
        }

    def _hear(self, out: str, err: str, name: str) -> None:
        """Of one command: a trace of it (`set -x`) comes before what it prints."""
        err = _HINT.sub(r"\1", err).replace("bash: line", f"{name}: line")
        self._write((err + out).encode())

    async def _exit_code(self, code: int, error: str, path: str) -> int:
        if not error:
            return code
        if mistake := _SYNTAX_ERROR.match(error):
            self._write(f"{path}: line {mistake[1]}: {mistake[2]}\n".encode())
            return 2
        if any(limit in error for limit in ("execution timeout", "command count", "iterations")):
            await self._host.clock.sleep(float("inf"))
        if "limit" in error or "budget" in error:
            self._write(f"{path}: Killed ({error.rpartition(': ')[2]}: a limit of this simulated machine)\n".encode())
            return _KILLED
        self._write(f"{path}: {error}\n".encode())
        return code


def _parses(shell: Bash, content: str) -> bool:
    try:
        shell.analyze(content)
    except BashError:
        return False
    return True
