"""A Linux machine as the commands of one run see it."""

import inspect
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bashkit import BuiltinContext, BuiltinResult, FileSystem

from simulator.machines.clock import RunClock
from simulator.machines.linux.accounts import Account, find
from simulator.machines.linux.facts import Distribution, distribution_of
from simulator.machines.linux.seed import JOURNAL
from simulator.machines.model import Machine

Answer = str | BuiltinResult
Command = Callable[["Call"], Answer | Awaitable[Answer]]


class Host:
    def __init__(
        self, machine: Machine, files: FileSystem, clock: RunClock, dice: Random, reboot: Callable[[], None]
    ) -> None:
        self.machine = machine
        self.files = files
        self.clock = clock
        self.dice = dice  # seeded by run and machine: the same run takes as long when it is looked at again
        self.reboot = reboot

    @property
    def distribution(self) -> Distribution:
        return distribution_of(self.machine)

    @property
    def hostname(self) -> str:
        return self.read("/etc/hostname").strip() or self.machine.hostname

    @property
    def zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.read("/etc/timezone").strip())
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("UTC")

    def now(self) -> datetime:
        return datetime.now(self.zone)

    def local(self, seconds: float) -> datetime:
        """A moment, given in seconds since 1970, by the machine's own clock on the wall."""
        return datetime.fromtimestamp(seconds, self.zone)

    def account(self, name: str) -> Account | None:
        return find(self.read("/etc/passwd"), name)

    async def pause(self, seconds: float) -> None:
        """Take about as long as an ordinary machine would take `seconds` for, on this one."""
        await self.clock.sleep(seconds * self.machine.pace * self.dice.lognormvariate(0, 0.5))

    # -- files

    def read(self, path: str) -> str:
        """Empty when there is no such file."""
        return self.files.read_file(path).decode(errors="replace") if self.is_file(path) else ""

    def write(self, path: str, content: str) -> None:
        self.files.mkdir(path.rpartition("/")[0] or "/", recursive=True)
        self.files.write_file(path, content.encode())

    def append(self, path: str, content: str) -> None:
        self.write(path, self.read(path) + content)

    def exists(self, path: str) -> bool:
        return self.files.exists(path)

    def is_file(self, path: str) -> bool:
        return self.files.exists(path) and self.files.stat(path)["file_type"] != "directory"

    def names_in(self, folder: str) -> list[str]:
        return sorted(entry["name"] for entry in self.files.read_dir(folder)) if self.files.exists(folder) else []

    def log(self, line: str) -> None:
        """Into the journal, dated now."""
        self.append(JOURNAL, f"{self.now():%b %d %H:%M:%S} {self.hostname} {line}\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One command of a script."""

    host: Host
    name: str
    args: list[str]
    stdin: str
    user: str
    cwd: str
    environment: Mapping[str, str]

    @property
    def by_root(self) -> bool:
        return self.user == "root"

    def parsed(self, *with_value: str) -> "Arguments":
        return Arguments.of(self.args, with_value)


@dataclass(slots=True)
class Arguments:
    """Options and words, wherever they stand. `-n 5`, `-n5`, `--lines=5` and `--lines 5` are the same to `value`."""

    options: dict[str, list[str]] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, args: list[str], with_value: Collection[str]) -> "Arguments":
        found, rest = cls(), list(args)
        while rest:
            found._take(rest.pop(0), rest, with_value)
        return found

    def _take(self, arg: str, rest: list[str], with_value: Collection[str]) -> None:
        if arg == "--":
            self.words += rest
            rest.clear()
        elif arg.startswith("--"):
            name, equals, value = arg.partition("=")
            if not equals and name in with_value and rest:
                value = rest.pop(0)
            self._note(name, value)
        elif arg.startswith("-") and len(arg) > 1:
            self._take_letters(arg[1:], rest, with_value)
        else:
            self.words.append(arg)

    def _take_letters(self, letters: str, rest: list[str], with_value: Collection[str]) -> None:
        for position, letter in enumerate(letters):
            if f"-{letter}" in with_value:
                self._note(f"-{letter}", letters[position + 1 :] or (rest.pop(0) if rest else ""))
                return
            self._note(f"-{letter}", "")

    def _note(self, name: str, value: str) -> None:
        self.options.setdefault(name, []).append(value)

    def has(self, *names: str) -> bool:
        return any(name in self.options for name in names)

    def value(self, *names: str) -> str:
        """The last value given; empty when there is none."""
        return next((self.options[name][-1] for name in names if name in self.options), "")

    def values(self, *names: str) -> list[str]:
        return [value for name in names for value in self.options.get(name, ())]


def failed(message: str, exit_code: int = 1) -> BuiltinResult:
    return BuiltinResult(stderr=f"{message}\n", exit_code=exit_code)


def answers(host: Host, commands: Mapping[str, Command]) -> dict[str, Callable[[BuiltinContext], Awaitable[Answer]]]:
    """The commands in the form the interpreter calls them."""
    return {name: _bound(host, command) for name, command in commands.items()}


def _bound(host: Host, command: Command) -> Callable[[BuiltinContext], Awaitable[Answer]]:
    async def answer(context: BuiltinContext) -> Answer:
        call = Call(
            host=host,
            name=context.name,
            args=context.argv,
            stdin=context.stdin or "",
            user=context.env.get("LOGNAME", "root"),
            cwd=context.cwd,
            environment=context.env,
        )
        result = command(call)
        return await result if inspect.isawaitable(result) else result

    return answer


def days_since(moment: float) -> str:
    """The way systemd says it: "3 days ago", "5min 2s ago"."""
    seconds = max(0, int(time.time() - moment))
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} day{'s' if days > 1 else ''} ago"
    return (
        f"{hours}h {minutes}min ago" if hours else f"{minutes}min {seconds % 60}s ago" if minutes else f"{seconds}s ago"
    )
