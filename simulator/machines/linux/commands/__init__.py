"""The commands of Linux machines that the interpreter does not have, or has for another world than this one."""

from simulator.machines.linux.commands import (
    administration,
    identity,
    network,
    packages,
    processes,
    resources,
    services,
    timekeeping,
)
from simulator.machines.linux.facts import distribution_of
from simulator.machines.linux.host import Command
from simulator.machines.linux.units import units_of
from simulator.machines.model import Machine


def commands_of(machine: Machine) -> dict[str, Command]:
    """By name: those a machine of this distribution and role has."""
    found = (
        administration.COMMANDS
        | identity.COMMANDS
        | network.COMMANDS
        | processes.COMMANDS
        | resources.COMMANDS
        | services.COMMANDS
        | timekeeping.COMMANDS
    )
    distribution = distribution_of(machine)
    if distribution.family == "rhel":
        found |= packages.RED_HAT_COMMANDS | administration.RED_HAT_COMMANDS
    else:
        found |= packages.DEBIAN_COMMANDS | administration.DEBIAN_COMMANDS
    if distribution.package_manager == "dnf":
        found["dnf"] = packages.yum
    if not any(unit.name == "nginx" for unit in units_of(machine)):
        del found["nginx"]
    return found
