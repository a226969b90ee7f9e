"""When a machine was last started, as it says itself."""

import time
from random import Random
from typing import Final

from simulator.machines.model import Machine

_DAY: Final = 86400


def booted_at(machine: Machine) -> float:
    """Seconds since 1970. Each machine is restarted every so many days, at an hour of its own."""
    dice = Random(f"boot/{machine.instance_id}")
    period, offset = dice.randrange(20, 160) * _DAY, dice.randrange(160 * _DAY)
    now = int(time.time())
    return float(now - (now - offset) % period)
