"""ps, top, pgrep and pidof."""

import re
import time
from collections.abc import Callable
from typing import Final

import re2
from bashkit import BuiltinResult

from simulator.machines.linux.commands.resources import uptime
from simulator.machines.linux.facts import load_of, used_memory_mb
from simulator.machines.linux.host import Answer, Arguments, Call, Command, failed
from simulator.machines.linux.processes import Process, processes

_COLUMNS: Final[dict[str, tuple[str, Callable[[Process, Call], str]]]] = {
    "pid": ("PID", lambda p, c: str(p.pid)),
    "ppid": ("PPID", lambda p, c: str(p.parent)),
    "user": ("USER", lambda p, c: p.user),
    "%cpu": ("%CPU", lambda p, c: f"{p.cpu_percent:.1f}"),
    "%mem": ("%MEM", lambda p, c: f"{_memory_percent(p, c):.1f}"),
    "vsz": ("VSZ", lambda p, c: str(p.memory_kb * 3)),
    "rss": ("RSS", lambda p, c: str(p.memory_kb)),
    "tty": ("TTY", lambda p, c: "?"),
    "stat": ("STAT", lambda p, c: "Ss" if p.parent == 1 else "S"),
    "start": ("START", lambda p, c: f"{c.host.local(p.since):%b%d}"),
    "time": ("TIME", lambda p, c: f"00:{int(p.cpu_percent * 7):02}:{p.pid % 60:02}"),
    "etime": (
        "ELAPSED",
        lambda p, c: f"{int(time.time() - p.since) // 86400}-{time.strftime('%T', time.gmtime(time.time() - p.since))}",
    ),
    "c": ("C", lambda p, c: f"{p.cpu_percent:.0f}"),
    "comm": ("COMMAND", lambda p, c: p.name),
    "cmd": ("CMD", lambda p, c: p.command),
}
_OTHER_NAMES: Final = {
    "pcpu": "%cpu",
    "pmem": "%mem",
    "args": "cmd",
    "command": "cmd",
    "ucmd": "comm",
    "rssize": "rss",
    "uname": "user",
}


def ps(call: Call) -> Answer:
    arguments = call.parsed("-o", "-p", "-C", "-u", "-U", "--sort", "--format", "--pid")
    chosen = _chosen(arguments, processes(call.host))
    if key := arguments.value("--sort"):
        chosen.sort(key=_sort_key(key.lstrip("-+"), call), reverse=key.startswith("-"))
    columns = _ps_columns(arguments)
    shown = _ps_table(columns, chosen, call)
    return BuiltinResult(shown, exit_code=0 if chosen else 1)


def _chosen(arguments: Arguments, found: list[Process]) -> list[Process]:
    names = arguments.value("-C").split(",")
    pids = arguments.value("-p", "--pid").split(",")
    users = arguments.value("-u", "-U").split(",")
    return [
        process
        for process in found
        if (names == [""] or process.name in names)
        and (pids == [""] or str(process.pid) in pids)
        and (users == [""] or process.user in users)
    ]


def _ps_columns(arguments: Arguments) -> list[tuple[str, str]]:
    """Names and headings: the user's own choice, or one of the three usual ones."""
    if asked := arguments.values("-o", "--format"):
        fields = [field for value in asked for field in re.split(r"[\s,]+", value) if field]
        pairs = [field.partition("=") for field in fields]
        known = [(_OTHER_NAMES.get(name, name), heading if equals else None) for name, equals, heading in pairs]
        return [
            (name, _COLUMNS[name][0] if heading is None else heading) for name, heading in known if name in _COLUMNS
        ]
    if any("u" in word for word in arguments.words):
        names = ["user", "pid", "%cpu", "%mem", "vsz", "rss", "tty", "stat", "start", "time", "cmd"]
    elif arguments.has("-f"):
        names = ["user", "pid", "ppid", "c", "start", "tty", "time", "cmd"]
    else:
        names = ["pid", "tty", "time", "comm"]
    return [(name, _COLUMNS[name][0]) for name in names]


def _ps_table(columns: list[tuple[str, str]], chosen: list[Process], call: Call) -> str:
    rows = [[heading for _, heading in columns]] if any(heading for _, heading in columns) else []
    rows += [[_COLUMNS[name][1](process, call) for name, _ in columns] for process in chosen]
    if not rows:
        return ""
    widths = [max(len(row[column]) for row in rows) for column in range(len(columns))]
    left = [name in ("user", "cmd", "comm", "tty", "stat") for name, _ in columns]
    lines = (
        " ".join(
            cell.ljust(width) if to_left else cell.rjust(width)
            for cell, width, to_left in zip(row, widths, left, strict=True)
        )
        for row in rows
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _sort_key(name: str, call: Call) -> Callable[[Process], float]:
    if _OTHER_NAMES.get(name, name) in ("%mem", "mem", "rss", "vsz"):
        return lambda process: process.memory_kb
    return lambda process: process.pid if name == "pid" else process.cpu_percent


def _memory_percent(process: Process, call: Call) -> float:
    return 100 * process.memory_kb / (call.host.machine.memory_mb * 1024)


def top(call: Call) -> Answer:
    if "-b" not in call.parsed("-n", "-d", "-p").options:
        return failed("top: failed tty get")
    machine, found = call.host.machine, processes(call.host)
    found.sort(key=lambda process: -process.cpu_percent)
    total, used = machine.memory_mb * 1024, used_memory_mb(machine) * 1024
    head = (
        f"top -{uptime(call)}"
        f"Tasks: {len(found)} total,   1 running, {len(found) - 1} sleeping,   0 stopped,   0 zombie\n"
        f"%Cpu(s):  {load_of(machine) * 10:.1f} us,  1.2 sy,  0.0 ni, 95.0 id,  0.1 wa,  0.0 hi,  0.0 si,  0.0 st\n"
        f"KiB Mem : {total} total, {total - used} free, {used} used, {(total - used) // 2} buff/cache\n\n"
    )
    columns = ["pid", "user", "vsz", "rss", "stat", "%cpu", "%mem", "time", "comm"]
    return head + _ps_table([(name, _COLUMNS[name][0]) for name in columns], found, call)


def pgrep(call: Call) -> Answer:
    arguments = call.parsed("-u", "-P", "-c")
    pattern = arguments.words[0] if arguments.words else ""
    try:
        matches = re2.compile(pattern).search  # a script's own pattern: linear, whatever it says
    except re2.error:
        return failed(f"pgrep: invalid pattern {pattern!r}", 2)
    found = [p for p in processes(call.host) if matches(p.command if arguments.has("-f") else p.name)]
    if arguments.has("-x"):
        found = [p for p in found if p.name == pattern]
    shown = "".join(
        f"{p.pid} {p.name if arguments.has('-l') else p.command if arguments.has('-a') else ''}".rstrip() + "\n"
        for p in found
    )
    return BuiltinResult(shown, exit_code=0 if found else 1)


def pidof(call: Call) -> Answer:
    found = [p for p in processes(call.host) if p.name in call.args]
    shown = " ".join(str(p.pid) for p in reversed(found)) + "\n" if found else ""
    return BuiltinResult(shown, exit_code=0 if found else 1)


COMMANDS: Final[dict[str, Command]] = {"ps": ps, "top": top, "pgrep": pgrep, "pidof": pidof}
