"""One run of a shell script (or another a machine has an interpreter for) in the sandbox."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bashkit import Bash, BashError, ExecutionProfile

from simulator.machines.linux import programs
from simulator.machines.linux.accounts import Account
from simulator.machines.linux.commands import commands_of
from simulator.machines.linux.host import Host, answers
from simulator.machines.linux.launching import launch, script_path
from simulator.machines.model import Task

# Steps of one script: a loop around nothing takes some five seconds to get there. Whoever gets there goes on without stepping,
# so that it runs into its time-out as on a real machine, but leaves the processor to the others.
_STEPS: Final = 1_000_000
_KILLED: Final = 137
_SYNTAX_ERROR: Final = re.compile(r"parse error at line (\d+), column \d+: (?:syntax error: )?(.*)", re.DOTALL)
_HINT: Final = re.compile(r"^(.*: command not found)\. .*$", re.MULTILINE)  # "Did you mean …?", which no shell asks


async def run(task: Task, content: str, host: Host, write: Callable[[bytes], None], *, dating: str = "") -> int:
    """The script's exit code. What it prints goes to `write`, in order, from the event loop's thread.

    `dating` is a script that runs first and says nothing.
    """
    path = script_path(task)
    host.write(path, content)
    host.files.chmod(path, 0o755)
    try:
        started = launch(task, path, content, host)
        if started.refusal:
            write(f"{started.refusal}\n".encode())
            return started.exit_code
        return await _Interpreter(task, content, host, write, dating).run(started.line, path)
    finally:
        host.files.remove(path)


@dataclass(slots=True)
class _Interpreter:
    task: Task
    content: str
    host: Host
    write: Callable[[bytes], None]
    dating: str

    async def run(self, line: str, path: str) -> int:
        shell = self._shell(uses_python="python" in self.content or "python" in line)
        if line == path and not _parses(shell, self.content):
            line = self.content  # run up to the mistake, as a shell does
        await shell.execute(self.dating + programs.ALIASES)
        loop = asyncio.get_running_loop()
        running = asyncio.ensure_future(
            shell.execute(line, lambda out, err: loop.call_soon_threadsafe(self._hear, out, err, path))  # type: ignore[arg-type]
        )
        try:
            result = await running
        except asyncio.CancelledError:
            shell.cancel()  # a busy loop does not look at the future
            raise
        return await self._exit_code(result.exit_code, result.error or "", path)

    def _shell(self, *, uses_python: bool) -> Bash:
        host, account = self.host, self._account()
        commands = commands_of(host.machine)
        folder = programs.programs(frozenset(commands), has_python3=host.distribution.has_python3)
        shell = Bash(
            username=account.name,
            hostname=host.hostname,
            cwd=self.task.working_dir or account.home,
            env=self._environment(account),
            max_commands=_STEPS,
            max_loop_iterations=_STEPS,
            python=uses_python and host.distribution.has_python3,
            custom_builtins=answers(host, commands),  # type: ignore[arg-type]
            profile=ExecutionProfile.Interactive,
        )
        shell.mount("/", host.files)
        shell.mount(programs.FOLDER, folder, read_only=True)
        return shell

    def _account(self) -> Account:
        account = self.host.account(self.task.username or "root")
        assert account  # the agent looked before
        return account

    def _environment(self, account: Account) -> dict[str, str]:
        return {
            "HOME": account.home,
            "USER": account.name,
            "LOGNAME": account.name,
            "UID": str(account.uid),
            "EUID": str(account.uid),
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "SHELL": "/bin/bash",
            "LANG": "en_US.UTF-8",
            "TZ": self.host.zone.key,
        }

    def _hear(self, out: str, err: str, path: str) -> None:
        """Of one command: a trace of it (`set -x`) comes before what it prints."""
        err = _HINT.sub(r"\1", err).replace("bash: line", f"{path}: line")
        self.write((err + out).encode())

    async def _exit_code(self, code: int, error: str, path: str) -> int:
        if not error:
            return code
        if mistake := _SYNTAX_ERROR.match(error):
            self.write(f"{path}: line {mistake[1]}: syntax error: {mistake[2]}\n".encode())
            return 2
        if "command count" in error or "iterations" in error:
            await self.host.clock.sleep(float("inf"))
        self.write(f"{path}: Killed ({error.rpartition(': ')[2]}: a limit of this simulated machine)\n".encode())
        return _KILLED


def _parses(shell: Bash, content: str) -> bool:
    try:
        shell.analyze(content)
    except BashError:
        return False
    return True
