"""What a Linux machine is like: read off its entry in the fleet, so that it is the same every time."""

from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Final, Literal

from simulator.machines.model import Machine

Family = Literal["rhel", "debian"]


@dataclass(frozen=True, slots=True)
class Distribution:
    family: Family
    id: str
    name: str
    version: str
    pretty_name: str
    kernel: str
    package_manager: Literal["dnf", "yum", "apt-get"]
    has_python3: bool


_DISTRIBUTIONS: Final = {
    "Alibaba Cloud Linux 3": Distribution(
        "rhel",
        "alinux",
        "Alibaba Cloud Linux",
        "3 (OpenAnolis Edition)",
        "Alibaba Cloud Linux 3.2104 LTS",
        "5.10.134-16.3.al8.x86_64",
        "dnf",
        True,
    ),
    "CentOS 7": Distribution(
        "rhel",
        "centos",
        "CentOS Linux",
        "7 (Core)",
        "CentOS Linux 7 (Core)",
        "3.10.0-1160.119.1.el7.x86_64",
        "yum",
        False,
    ),
    "Ubuntu 22.04": Distribution(
        "debian",
        "ubuntu",
        "Ubuntu",
        "22.04.5 LTS (Jammy Jellyfish)",
        "Ubuntu 22.04.5 LTS",
        "5.15.0-121-generic",
        "apt-get",
        True,
    ),
    "Ubuntu 24.04": Distribution(
        "debian",
        "ubuntu",
        "Ubuntu",
        "24.04.1 LTS (Noble Numbat)",
        "Ubuntu 24.04.1 LTS",
        "6.8.0-45-generic",
        "apt-get",
        True,
    ),
    "Debian 12": Distribution(
        "debian",
        "debian",
        "Debian GNU/Linux",
        "12 (bookworm)",
        "Debian GNU/Linux 12 (bookworm)",
        "6.1.0-25-amd64",
        "apt-get",
        True,
    ),
}


def distribution_of(machine: Machine) -> Distribution:
    return _distribution(machine.os_name)


@cache
def _distribution(os_name: str) -> Distribution:
    return next(found for start, found in _DISTRIBUTIONS.items() if os_name.startswith(start))


def role_of(machine: Machine) -> str:
    """What the machine does; `edge` for servers of one's own."""
    return machine.tags.get("role", "edge") if machine.kind == "ecs" else "edge"


def service_user_of(machine: Machine) -> str:
    """The account in whose name the machine's own service runs; root where there is none."""
    others = [user for user in machine.users if user != "deploy"]
    return others[0] if others else "root"


@dataclass(frozen=True, slots=True)
class Disk:
    device: str
    mount: str
    size_mb: int
    used_mb: int

    @property
    def free_mb(self) -> int:
        return self.size_mb - self.used_mb

    @property
    def used_percent(self) -> int:
        return -(-100 * self.used_mb // self.size_mb)


def disks_of(machine: Machine) -> list[Disk]:
    dice = Random(f"disks/{machine.instance_id}")
    used = 97 if machine.quirk == "disk-full" else dice.randrange(28, 74)
    disks = [Disk("/dev/vda3", "/", 40_148, 40_148 * used // 100)]
    if role_of(machine) in ("db", "cache", "batch"):
        disks.append(Disk("/dev/vdb1", "/data", 503_836, 503_836 * dice.randrange(35, 78) // 100))
    return disks


def used_memory_mb(machine: Machine) -> int:
    return int(machine.memory_mb * Random(f"memory/{machine.instance_id}").uniform(0.25, 0.7))


def load_of(machine: Machine) -> float:
    return round(machine.cpu * Random(f"load/{machine.instance_id}").uniform(0.02, 0.45), 2)
