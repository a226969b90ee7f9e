"""
The instances as they are now: the fleet's machines, and what has happened to them since.

Power and heartbeat follow from a few moments and the clock; nothing ticks, so 10,000 idle ones cost nothing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from simulator.clock import Clock
from simulator.machines.model import Machine
from simulator.state import State

BEAT_SECONDS = 60.0  # an agent beats every 55–65 s
ONLINE_SECONDS = 120.0  # and is offline for the API after two minutes without
_STARTING_SECONDS = 3.0  # Starting → Running
_AGENT_SECONDS = 5.0  # Running → first heartbeat
_SILENT_SINCE = 5 * 3600.0  # how long ago an agent that is silent in the fleet was last heard


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs from the fleet; stored for the instances that have any."""

    status: str = ""  # Running | Stopped
    running_at: float = 0.0  # Starting until then
    agent: str = ""  # normal | silent | none
    agent_version: str = ""
    beats_from: float = 0.0
    last_beat: float | None = None  # of an agent that beats no more
    is_installing: bool = False  # an agent is there after the next boot
    tags: dict[str, str] | None = None
    dies: str = ""  # "Pending" | "Running": the agent falls silent at that point of the next task


_UNCHANGED = Changes()


class Instance:
    """One instance; what follows from the clock is asked for with a moment (`now`)."""

    __slots__ = ("changes", "machine", "position", "registry")

    def __init__(self, machine: Machine, registry: "Instances", position: int) -> None:
        self.machine = machine
        self.registry = registry
        self.position = position
        self.changes = _UNCHANGED

    @property
    def id(self) -> str:
        return self.machine.instance_id

    @property
    def is_managed(self) -> bool:
        return self.machine.kind == "managed"

    @property
    def tags(self) -> Mapping[str, str]:
        return self.machine.tags if self.changes.tags is None else self.changes.tags

    @property
    def agent(self) -> str:
        return self.changes.agent or self.machine.agent

    @property
    def agent_version(self) -> str:
        return self.changes.agent_version or self.machine.agent_version

    def has_agent_since(self, linux: str, windows: str) -> bool:
        """Whether the agent is as new as this version."""
        least = windows if self.machine.os_type == "windows" else linux
        return _version(self.agent_version) >= _version(least)

    def status_at(self, now: float) -> str:
        """Running, Starting or Stopped."""
        status = self.changes.status or self.machine.status
        return "Starting" if status == "Running" and now < self.changes.running_at else status

    def agent_answers(self, now: float) -> bool:
        """Whether a task would reach the agent."""
        return self.status_at(now) == "Running" and self.agent == "normal" and now >= self.changes.beats_from

    def last_heartbeat(self, now: float) -> float | None:
        if self.agent == "none":
            return None
        if self.agent_answers(now):
            since = max(self.changes.beats_from, self.registry.born_at - BEAT_SECONDS * self._phase)
            return now - (now - since) % BEAT_SECONDS
        return self.changes.last_beat or self.registry.born_at - _SILENT_SINCE - 3600 * self._phase

    @property
    def _phase(self) -> float:
        """Between 0 and 1, fixed for the instance, so that not all beat together."""
        return (self.position * 0.6180339887) % 1.0

    def is_online(self, now: float) -> bool:
        beat = self.last_heartbeat(now)
        return beat is not None and now - beat <= ONLINE_SECONDS


def _version(text: str) -> list[int]:
    return [int(part) for part in text.split(".") if part.isdigit()]


class Instances:
    """All instances that exist, in the fleet's order."""

    def __init__(self, machines: Iterable[Machine], state: State, clock: Clock, pace: float) -> None:
        self._machines = list(machines)
        self._state = state
        self._clock = clock
        self._pace = pace
        self.born_at = float(state.setting("born_at") or clock.now())
        state.set("born_at", str(self.born_at))
        self.load()

    def load(self) -> None:
        """Take the fleet as it was, then what is stored of changes."""
        self._by_id = {
            machine.instance_id: Instance(machine, self, position) for position, machine in enumerate(self._machines)
        }
        for row in self._state.rows("select instance_id, record from instances"):
            record = json.loads(row["record"])
            if record is None:
                self._by_id.pop(row["instance_id"], None)
            elif instance := self._by_id.get(row["instance_id"]):
                instance.changes = Changes(**record)

    def get(self, instance_id: str) -> Instance | None:
        return self._by_id.get(instance_id)

    def find(self, region: str, instance_id: str) -> Instance | None:
        instance = self._by_id.get(instance_id)
        return instance if instance and instance.machine.region == region else None

    def of_region(self, region: str) -> Iterator[Instance]:
        return (instance for instance in self._by_id.values() if instance.machine.region == region)

    def everywhere(self) -> Iterator[Instance]:
        return iter(self._by_id.values())

    # -- what happens to one

    def change(self, instance: Instance, **changed: Any) -> None:
        """Fields of `Changes` that are otherwise from now on."""
        instance.changes = replace(instance.changes, **changed)
        self._store(instance.id, json.dumps(asdict(instance.changes)))

    def _store(self, instance_id: str, record: str) -> None:
        self._state.execute("insert or replace into instances values (?, ?)", (instance_id, record))

    def boot(self, instance: Instance) -> float:
        """Start it, at once or again; returns the moment from which its agent answers."""
        now = self._clock.now()
        running_at = now + _STARTING_SECONDS * self._pace
        beats_from = running_at + _AGENT_SECONDS * self._pace
        self.change(
            instance,
            status="Running",
            running_at=running_at,
            agent="normal" if instance.changes.is_installing or instance.agent != "none" else "none",
            agent_version=instance.agent_version or self._version_for(instance),
            beats_from=beats_from,
            last_beat=instance.last_heartbeat(now),
            is_installing=False,
            dies="",
        )
        return beats_from

    def _version_for(self, instance: Instance) -> str:
        """The newest that instances of this kind have."""
        if not instance.changes.is_installing:
            return ""
        others = (each.machine for each in self._by_id.values() if each.machine.os_type == instance.machine.os_type)
        return max(machine.agent_version for machine in others)

    def stop(self, instance: Instance) -> None:
        self.change(instance, status="Stopped", last_beat=instance.last_heartbeat(self._clock.now()))

    def silence(self, instance: Instance, *, since: float | None = None) -> None:
        """Its agent beats no more, from now on or since an earlier moment."""
        last_beat = instance.last_heartbeat(self._clock.now()) if since is None else since
        self.change(instance, agent="silent", last_beat=last_beat)

    def release(self, instance: Instance) -> None:
        del self._by_id[instance.id]
        self._store(instance.id, "null")
