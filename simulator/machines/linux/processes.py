"""The processes a Linux machine shows: what its running services amount to, and a few of the system's own."""

from dataclasses import dataclass
from random import Random

from simulator.machines.boots import booted_at
from simulator.machines.linux.host import Host
from simulator.machines.linux.services import Services
from simulator.machines.linux.units import Unit


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    parent: int
    user: str
    command: str
    name: str
    cpu_percent: float
    memory_kb: int
    since: float  # seconds since 1970


def processes(host: Host) -> list[Process]:
    boot, services = booted_at(host.machine), Services(host)
    found = [
        Process(1, 0, "root", "/usr/lib/systemd/systemd --switched-root --system", "systemd", 0.0, 13_200, boot),
        Process(2, 0, "root", "[kthreadd]", "kthreadd", 0.0, 0, boot),
        Process(412, 1, "root", "/usr/lib/systemd/systemd-journald", "systemd-journal", 0.1, 24_900, boot),
        Process(438, 1, "root", "/usr/lib/systemd/systemd-udevd", "systemd-udevd", 0.0, 8_100, boot),
    ]
    for unit in services.running():
        found += _of(host, services, unit)
    return sorted(found, key=lambda process: process.pid)


def _of(host: Host, services: Services, unit: Unit) -> list[Process]:
    dice = Random(f"{unit.name}/{host.machine.instance_id}")
    pid, since = services.pid(unit), services.condition(unit).since
    memory = unit.memory_mb * 1024
    main = Process(pid, 1, unit.user, unit.program, unit.process, round(dice.uniform(0, 2), 1), memory, since)
    if unit.process != "nginx":
        return [main]
    master = Process(pid, 1, "root", f"nginx: master process {unit.program}", "nginx", 0.0, 4_100, since)
    return [master] + [
        Process(
            pid + n,
            pid,
            unit.user,
            "nginx: worker process",
            "nginx",
            round(dice.uniform(0.2, 4), 1),
            memory // 4,
            since,
        )
        for n in range(1, min(host.machine.cpu, 8) + 1)
    ]
