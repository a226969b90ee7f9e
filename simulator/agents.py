"""The agents that are awake: made when they get something to do, let go when others are needed more."""

import shutil
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simulator.machines.agent import Agent, sandbox_of_this_loop
from simulator.machines.model import Machine

_AWAKE_AT_MOST = 256  # idle ones beyond this go; what they hold is on disk


class Agents:
    def __init__(self, home: Path, pace: float) -> None:
        self._home = home
        self._pace = pace
        self._awake: OrderedDict[str, Agent] = OrderedDict()
        self._at_work: Counter[str] = Counter()

    @contextmanager
    def working(self, machine: Machine) -> Iterator[Agent]:
        """The machine's agent, kept awake for as long as it has work."""
        name = machine.instance_id
        agent = self._awake.get(name) or Agent(machine, self._home / name, pace=self._pace)
        self._awake[name] = agent
        self._awake.move_to_end(name)
        self._at_work[name] += 1
        try:
            yield agent
        finally:
            self._at_work[name] -= 1
            self._let_go()

    def _let_go(self) -> None:
        for name in list(self._awake):
            if len(self._awake) <= _AWAKE_AT_MOST:
                return
            if not self._at_work[name]:
                del self._awake[name], self._at_work[name]

    async def close(self) -> None:
        """After the last script."""
        await sandbox_of_this_loop().close()

    def forget_everything(self) -> None:
        """All machines are as new again."""
        self._awake.clear()
        self._at_work.clear()
        shutil.rmtree(self._home, ignore_errors=True)
