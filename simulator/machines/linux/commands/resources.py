"""Processors, memory, disks and processes: df, free, ps, top, uptime and their like."""

import time
from collections.abc import Callable
from typing import Final

from simulator.machines.boots import booted_at
from simulator.machines.linux.facts import Disk, disks_of, load_of, used_memory_mb
from simulator.machines.linux.host import Answer, Arguments, Call, Command, failed
from simulator.machines.model import Machine

_CPU_MODEL: Final = "Intel(R) Xeon(R) Platinum 8369B CPU @ 2.70GHz"

# -- disks


def df(call: Call) -> Answer:
    arguments = call.parsed("-x", "--exclude-type", "-t", "--type", "-B", "--output")
    disks = [(disk, "ext4") for disk in disks_of(call.host.machine)] + _memory_disks(call.host.machine)
    left_out, wanted = arguments.values("-x", "--exclude-type"), arguments.values("-t", "--type")
    disks = [(disk, kind) for disk, kind in disks if kind not in left_out and (not wanted or kind in wanted)]
    if arguments.has("-l", "--local"):
        disks = [(disk, kind) for disk, kind in disks if disk.device.startswith("/dev/")]
    for path in arguments.words:
        if not call.host.exists(path):
            return failed(f"df: {path}: No such file or directory")
    if arguments.words:
        disks = list(dict.fromkeys(_holding(path, disks) for path in arguments.words))
    return _table(_df_rows(arguments, disks))


def _memory_disks(machine: Machine) -> list[tuple[Disk, str]]:
    half = machine.memory_mb // 2
    return [
        (Disk("devtmpfs", "/dev", half - 12, 0), "devtmpfs"),
        (Disk("tmpfs", "/dev/shm", half, 0), "tmpfs"),  # noqa: S108  # the machine's
        (Disk("tmpfs", "/run", half, half // 900 + 1), "tmpfs"),
    ]


def _holding(path: str, disks: list[tuple[Disk, str]]) -> tuple[Disk, str]:
    on = [(disk, kind) for disk, kind in disks if path == disk.mount or path.startswith(disk.mount.rstrip("/") + "/")]
    return max(on, key=lambda found: len(found[0].mount))


def _df_rows(arguments: Arguments, disks: list[tuple[Disk, str]]) -> list[list[str]]:
    human = arguments.has("-h", "-H", "--human-readable")
    unit = (
        "1M-blocks" if arguments.has("-m") else "1024-blocks" if arguments.has("-P", "--portability") else "1K-blocks"
    )
    show: Callable[[int], str] = _human if human else str if arguments.has("-m") else lambda mb: str(mb * 1024)
    kinds = arguments.has("-T", "--print-type")
    percent = "Capacity" if arguments.has("-P", "--portability") and not human else "Use%"
    rows = [["Filesystem", *(["Type"] if kinds else []), "Size" if human else unit, "Used"]]
    rows[0] += ["Avail" if human else "Available", percent, "Mounted on"]
    for disk, kind in disks:
        amounts = [show(disk.size_mb), show(disk.used_mb), show(disk.free_mb)]
        rows.append([disk.device, *([kind] if kinds else []), *amounts, f"{disk.used_percent}%", disk.mount])
    return rows


def _human(megabytes: int) -> str:
    """As df does it: rounded up, one decimal below ten."""
    if megabytes == 0:
        return "0"
    amount, letter = float(megabytes), "M"
    for larger in "GT":
        if amount < 1024:
            break
        amount, letter = amount / 1024, larger
    return f"{-(-amount * 10 // 1) / 10:.1f}{letter}" if amount < 10 else f"{-(-amount // 1):.0f}{letter}"


def lsblk(call: Call) -> Answer:
    rows = [["NAME", "MAJ:MIN", "RM", "SIZE", "RO", "TYPE", "MOUNTPOINT"]]
    for disk in disks_of(call.host.machine):
        name = disk.device.removeprefix("/dev/")
        rows.append([name[:3], "253:0", "0", _human(disk.size_mb), "0", "disk", ""])
        rows.append([f"└─{name}", f"253:{name[3:]}", "0", _human(disk.size_mb), "0", "part", disk.mount])
    return _table(rows)


def _table(rows: list[list[str]]) -> str:
    """Numbers to the right, the first and the last column to the left."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True)]
        lines.append(" ".join([row[0].ljust(widths[0]), *cells, row[-1]]).rstrip())
    return "\n".join(lines) + "\n"


# -- memory and processors


def free(call: Call) -> Answer:
    arguments = call.parsed("-s", "-c")
    total = call.host.machine.memory_mb * 1024
    used = used_memory_mb(call.host.machine) * 1024
    cache = (total - used) // 2
    amounts = [total, used, total - used - cache, total // 800, cache, total - used - total // 100]
    show = _memory_unit(arguments)
    head = "".join(f"{name:>12}" for name in ("total", "used", "free", "shared", "buff/cache", "available"))
    memory = "".join(f"{show(amount):>12}" for amount in amounts)
    swap = "".join(f"{show(0):>12}" for _ in range(3))
    return f"       {head[1:]}\nMem:  {memory}\nSwap: {swap}\n"


def _memory_unit(arguments: Arguments) -> Callable[[int], str]:
    """How kilobytes are shown."""
    if arguments.has("-h", "--human"):
        return lambda kilobytes: f"{_human(kilobytes // 1024)}i"
    divisor = 1024 if arguments.has("-m", "--mega") else 1024**2 if arguments.has("-g", "--giga") else 1
    return lambda kilobytes: str(kilobytes // divisor)


def uptime(call: Call) -> Answer:
    host = call.host
    seconds = int(time.time() - booted_at(host.machine))
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if "-p" in call.args:
        return f"up {days} days, {hours} hours, {minutes} minutes\n"
    if "-s" in call.args:
        return f"{host.local(booted_at(host.machine)):%Y-%m-%d %H:%M:%S}\n"
    up = f"{days} days, {hours:2}:{minutes:02}"
    return f" {host.now():%H:%M:%S} up {up},  0 users,  load average: {_load(host.machine)}\n"


def _load(machine: Machine) -> str:
    load = load_of(machine)
    return f"{load:.2f}, {load * 0.9:.2f}, {load * 0.8:.2f}"


def nproc(call: Call) -> Answer:
    return f"{call.host.machine.cpu}\n"


def lscpu(call: Call) -> Answer:
    facts = {
        "Architecture": "x86_64",
        "CPU(s)": str(call.host.machine.cpu),
        "Model name": _CPU_MODEL,
        "Hypervisor vendor": "KVM",
    }
    return "".join(f"{name + ':':<21}{value}\n" for name, value in facts.items())


def uname(call: Call) -> Answer:
    host, options = call.host, call.parsed().options
    parts = {
        "-s": "Linux",
        "-n": host.hostname,
        "-r": host.distribution.kernel,
        "-v": "#1 SMP",
        "-m": "x86_64",
        "-p": "x86_64",
        "-i": "x86_64",
        "-o": "GNU/Linux",
    }
    if "-a" in options or "--all" in options:
        return " ".join(parts.values()) + "\n"
    return " ".join(value for option, value in parts.items() if option in (options or ["-s"])) + "\n"


def vmstat(call: Call) -> Answer:
    free_kb = (call.host.machine.memory_mb - used_memory_mb(call.host.machine)) * 512
    return (
        "procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----\n"
        " r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st\n"
        f" 1  0      0 {free_kb:6} 104320 {free_kb:6}    0    0     2    11  212  410  4  1 95  0  0\n"
    )


COMMANDS: Final[dict[str, Command]] = {
    "df": df,
    "lsblk": lsblk,
    "free": free,
    "uptime": uptime,
    "nproc": nproc,
    "lscpu": lscpu,
    "uname": uname,
    "vmstat": vmstat,
}
