"""Instances going down and coming up, and what that does to what runs and waits on them."""

from simulator import endings
from simulator.clock import Clock
from simulator.endings import Ending
from simulator.executions import Executions
from simulator.instances import Instance, Instances

# Exit codes by which a script asks its agent for this, once they are reported (help page "Restart or stop instances")
_OFF_CODES = {"linux": 193, "windows": 3009}
_REBOOT_CODES = {"linux": 194, "windows": 3010}


class Power:
    def __init__(self, instances: Instances, executions: Executions, clock: Clock) -> None:
        self._instances = instances
        self._executions = executions
        self._clock = clock

    def on(self, instance: Instance) -> None:
        """Starting, Running, and some seconds later the agent beats; then what waits for a boot is run."""
        beats_from = self._instances.boot(instance)
        self._clock.later(beats_from - self._clock.now(), lambda: self._executions.booted(instance.id))

    def off(self, instance: Instance) -> None:
        self._instances.stop(instance)
        self._executions.lose(instance.id, endings.CLIENT_NOT_RESPONSE)

    def reboot(self, instance: Instance) -> None:
        self._executions.lose(instance.id, endings.INSTANCE_RESTARTED)
        self.on(instance)

    def release(self, instance: Instance) -> None:
        self._instances.release(instance)
        self._executions.released(instance.id)

    def obey(self, instance: Instance, ending: Ending) -> None:
        """What an agent has reported may be the beginning of a reboot or the end of power."""
        if instance.is_managed:
            return
        os_type = instance.machine.os_type
        if ending.exit_code == _OFF_CODES[os_type]:
            self._clock.later(0, lambda: self.off(instance))
        elif ending.exit_code == _REBOOT_CODES[os_type] or ending.error_code == endings.INSTANCE_RESTARTED.error_code:
            self._clock.later(0, lambda: self.reboot(instance))
