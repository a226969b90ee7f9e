"""Whether a task reaches the agent of an instance, and how long that takes."""

import random

from simulator import endings
from simulator.clock import Clock
from simulator.endings import Ending
from simulator.instances import Instances
from simulator.limits import DELIVERY_SECONDS

_ON_ITS_WAY_SECONDS = (0.05, 0.4)  # to an agent that listens


class Delivery:
    def __init__(self, instances: Instances, clock: Clock, pace: float) -> None:
        self._instances = instances
        self._clock = clock
        self._pace = pace

    async def wait(self, instance_id: str) -> Ending | None:
        """Return when the agent has the task. The Ending says why it can't have it: the task ends so."""
        now = self._clock.now()
        deadline = now + DELIVERY_SECONDS
        if refusal := self.refusal(instance_id):
            return refusal
        await self._clock.until(now + random.uniform(*_ON_ITS_WAY_SECONDS) * self._pace)
        while not (refusal := self.refusal(instance_id)):
            now = self._clock.now()
            instance = self._instances.get(instance_id)
            if instance and instance.agent_answers(now):
                return None
            if now >= deadline:
                return endings.DELIVERY_TIMEOUT
            await self._clock.until(min(deadline, now + 1))
        return refusal

    def refusal(self, instance_id: str) -> Ending | None:
        """Why the service does not even try."""
        now = self._clock.now()
        instance = self._instances.get(instance_id)
        if instance is None:
            return endings.INSTANCE_NOT_EXISTS
        if instance.status_at(now) != "Running":
            return endings.INSTANCE_NOT_RUNNING
        if instance.agent != "normal" and not instance.is_online(now):
            return endings.CLIENT_NOT_RUNNING
        return None
