"""What the simulated cloud holds when it is started for the first time; the same in every process, for every start."""

from simulator.fleet.regions import MANAGED_REGIONS, REGIONS, Region
from simulator.fleet.roster import machines
from simulator.fleet.saved import ParameterDefinition, SavedCommand, commands, public_commands, secret_names

__all__ = [
    "MANAGED_REGIONS",
    "REGIONS",
    "ParameterDefinition",
    "Region",
    "SavedCommand",
    "commands",
    "machines",
    "public_commands",
    "secret_names",
]
