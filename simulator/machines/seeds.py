"""The files a machine is made with, whatever its system."""

from simulator.machines.files import Entry
from simulator.machines.linux.seed import seed as linux_seed
from simulator.machines.model import Machine
from simulator.machines.windows.seed import seed as windows_seed


def seed(machine: Machine) -> dict[str, Entry]:
    return windows_seed(machine) if machine.os_type == "windows" else linux_seed(machine)
