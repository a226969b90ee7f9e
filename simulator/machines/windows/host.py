"""A Windows machine as the commands of one script see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final, Literal
from zoneinfo import ZoneInfo

from simulator.machines.boots import booted_at
from simulator.machines.clock import RunClock
from simulator.machines.files import Entry, text
from simulator.machines.model import Machine
from simulator.machines.windows.seed import POOLS, SERVICES

State = Literal["Running", "Stopped"]
_SERVICES: Final = {  # name: (display name, seconds to start)
    "AliyunService": ("Aliyun Assist Service", 2.0),
    "EventLog": ("Windows Event Log", 1.0),
    "MpsSvc": ("Windows Defender Firewall", 1.5),
    "Spooler": ("Print Spooler", 2.5),
    "W3SVC": ("World Wide Web Publishing Service", 5.0),
    "WAS": ("Windows Process Activation Service", 4.0),
    "WinRM": ("Windows Remote Management (WS-Management)", 2.0),
    "wuauserv": ("Windows Update", 6.0),
}
_POOLS: Final = ("DefaultAppPool", "ShopAppPool")
HOT_FIXES: Final = (("KB5044281", "Security Update", "10/9/2026"), ("KB5046613", "Update", "11/13/2026"))


@dataclass(frozen=True, slots=True)
class Service:
    name: str
    display_name: str
    state: State
    start_seconds: float


class NoSuchThing(Exception):
    """A service or application pool that the machine does not have."""


class WindowsHost:
    def __init__(self, machine: Machine, tree: dict[str, Entry], clock: RunClock, dice: Random, user: str) -> None:
        self.machine = machine
        self.clock = clock
        self.user = user or "SYSTEM"
        self._tree = tree
        self._dice = dice

    @property
    def computer_name(self) -> str:
        return self.machine.hostname.upper()[:15]

    @property
    def version(self) -> str:
        return "10.0.20348.2849" if "2022" in self.machine.os_name else "10.0.17763.6532"

    @property
    def booted(self) -> datetime:
        return datetime.fromtimestamp(booted_at(self.machine), ZoneInfo(self.machine.timezone))

    def now(self) -> datetime:
        return datetime.now(ZoneInfo(self.machine.timezone))

    def environment(self) -> Mapping[str, str]:
        return {
            "COMPUTERNAME": self.computer_name,
            "USERNAME": f"{self.computer_name}$" if self.user.upper() == "SYSTEM" else self.user,
            "SYSTEMROOT": "C:\\Windows",
            "SYSTEMDRIVE": "C:",
            "TEMP": "C:\\Windows\\Temp",
            "OS": "Windows_NT",
            "PROCESSOR_ARCHITECTURE": "AMD64",
            "NUMBER_OF_PROCESSORS": str(self.machine.cpu),
        }

    def services(self) -> list[Service]:
        return [self.service(name) for name in _SERVICES]

    def service(self, name: str) -> Service:
        """By name or display name. Raises NoSuchThing."""
        for known, (display_name, seconds) in _SERVICES.items():
            if name.lower() in (known.lower(), display_name.lower()):
                return Service(known, display_name, self._state(f"{SERVICES}/{known}"), seconds)
        raise NoSuchThing(name)

    async def start(self, service: Service) -> None:
        await self._pause(service.start_seconds)
        self._set(f"{SERVICES}/{service.name}", "Running")

    async def stop(self, service: Service) -> None:
        await self._pause(service.start_seconds / 2)
        self._set(f"{SERVICES}/{service.name}", "Stopped")

    def pool_state(self, name: str) -> State:
        """Raises NoSuchThing."""
        if name.lower() not in (pool.lower() for pool in _POOLS):
            raise NoSuchThing(name)
        return self._state(f"{POOLS}/{name.lower()}")

    async def set_pool(self, name: str, state: State) -> None:
        self.pool_state(name)
        await self._pause(2.0)
        self._set(f"{POOLS}/{name.lower()}", state)

    async def _pause(self, seconds: float) -> None:
        await self.clock.sleep(seconds * self.machine.pace * self._dice.lognormvariate(0, 0.4))

    def _state(self, path: str) -> State:
        entry = self._tree.get(path)
        return "Stopped" if entry and entry.data == b"Stopped" else "Running"

    def _set(self, path: str, state: State) -> None:
        self._tree[path] = text(state)
