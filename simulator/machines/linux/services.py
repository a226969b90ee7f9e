"""The services of a machine and how they are: unit files, and a small file each for the state, among its files."""

import re
import time
from dataclasses import dataclass
from typing import Final, Literal
from zlib import crc32

from simulator.machines.boots import booted_at
from simulator.machines.linux.host import Host
from simulator.machines.linux.seed import OWN_UNIT_FOLDER, UNIT_FOLDER, WANTED
from simulator.machines.linux.units import Unit, units_of

Active = Literal["active", "inactive", "activating", "failed"]
_STATES: Final = "/run/systemd/units"
_SUB: Final[dict[Active, str]] = {"active": "running", "inactive": "dead", "activating": "start", "failed": "failed"}


@dataclass(frozen=True, slots=True)
class Condition:
    active: Active
    since: float  # seconds since 1970

    @property
    def sub(self) -> str:
        return _SUB[self.active]


class Services:
    def __init__(self, host: Host) -> None:
        self._host = host

    def names(self) -> list[str]:
        files = self._host.names_in(UNIT_FOLDER) + self._host.names_in(OWN_UNIT_FOLDER)
        return sorted({name.removesuffix(".service") for name in files if name.endswith(".service")})

    def all(self) -> list[Unit]:
        return [unit for name in self.names() if (unit := self.get(name))]

    def get(self, name: str) -> Unit | None:
        """The unit of that name, with or without its ending; None when no unit file says what it is."""
        name = name.removesuffix(".service")
        path = self.path(name)
        if not path:
            return None
        known = next((unit for unit in units_of(self._host.machine) if unit.name == name), None)
        content = self._host.read(path)
        return Unit(
            name,
            _field(content, "Description") or name,
            _field(content, "ExecStart") or "/bin/true",
            _field(content, "User") or "root",
            known.ports if known else (),
            known.start_seconds if known else 1.0,
            known.memory_mb if known else 5,
        )

    def path(self, name: str) -> str:
        """Of its unit file; empty when there is none."""
        paths = (f"{folder}/{name.removesuffix('.service')}.service" for folder in (OWN_UNIT_FOLDER, UNIT_FOLDER))
        return next((path for path in paths if self._host.exists(path)), "")

    def condition(self, unit: Unit) -> Condition:
        match self._host.read(f"{_STATES}/{unit.name}").split():
            case [("active" | "inactive" | "activating" | "failed") as active, since] if since.isdecimal():
                return Condition(active, float(since))
        up = booted_at(self._host.machine) + unit.start_seconds
        return Condition("active" if self.is_enabled(unit) else "inactive", up)

    def become(self, unit: Unit, active: Active) -> None:
        self._host.write(f"{_STATES}/{unit.name}", f"{active} {time.time():.0f}\n")

    def is_active(self, unit: Unit) -> bool:
        return self.condition(unit).active == "active"

    def running(self) -> list[Unit]:
        return [unit for unit in self.all() if self.is_active(unit)]

    def pid(self, unit: Unit) -> int:
        """The same for as long as the unit runs without a restart."""
        return 700 + crc32(f"{unit.name} {self.condition(unit).since}".encode()) % 31000

    def is_enabled(self, unit: Unit) -> bool:
        return self._host.exists(f"{WANTED}/{unit.name}.service")

    def enable(self, unit: Unit) -> None:
        if not self.is_enabled(unit):
            self._keep_condition(unit)
            self._host.files.mkdir(WANTED, recursive=True)
            self._host.files.symlink(self.path(unit.name), f"{WANTED}/{unit.name}.service")

    def disable(self, unit: Unit) -> None:
        if self.is_enabled(unit):
            self._keep_condition(unit)
            self._host.files.remove(f"{WANTED}/{unit.name}.service")

    def _keep_condition(self, unit: Unit) -> None:
        """What is enabled counts as running from the boot on; that must not change with the link."""
        self.become(unit, self.condition(unit).active)


def _field(content: str, name: str) -> str:
    match = re.search(rf"^[ \t]*{name}[ \t]*=(.+)$", content, re.MULTILINE)
    return match[1].strip() if match else ""
