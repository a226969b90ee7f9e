"""What is known of a command's parameters beyond their names: defaults, rules, secrecy.

The cloud says it of public commands; of own ones it keeps the names only, and the rest is the console's.
"""

from __future__ import annotations

from collections.abc import Iterable

import re2

from commands.models import Command, ParameterDefinition

_MEMORY = 131_072  # bytes a pattern may take; with more, `(.*){1000}` runs for half a second on one text

# What the first start on the simulated cloud knows of its saved commands: command name -> parameter name -> columns.
SIMULATED: dict[str, dict[str, dict[str, object]]] = {
    "restart-service": {
        "service": {
            "description": "Name of the systemd unit, such as nginx",
            "is_required": True,
            "pattern": "[a-zA-Z0-9@._-]+",
        },
        "wait_seconds": {
            "description": "Seconds to wait until it is healthy",
            "default": "30",
            "allowed": ["5", "10", "30", "60"],
        },
    },
    "check-disk-usage": {
        "threshold": {
            "description": "Percent in use above which the check fails",
            "default": "80",
            "pattern": "[1-9][0-9]?|100",
        },
    },
    "collect-diagnostics": {
        "lines": {
            "description": "Lines of the journal",
            "default": "20",
            "allowed": ["20", "50", "100", "200"],
        },
    },
    "patch-openssl": {
        "version": {
            "description": "Version of the fixed package",
            "is_required": True,
            "pattern": "[0-9A-Za-z.:+~-]+",
        },
    },
    "iis-recycle-pool": {
        "pool": {"description": "Name of the application pool", "default": "DefaultAppPool"},
    },
    "add-authorized-key": {
        "user": {
            "description": "User who may sign in with the key",
            "default": "deploy",
            "pattern": "[a-z_][a-z0-9_-]{0,31}",
        },
        "key": {"description": "The key, one line", "is_required": True, "is_secret": True},
    },
    "sync-time": {
        "server": {"description": "Time server; blank keeps the configured one"},
    },
}


def definitions_of(command: Command) -> list[ParameterDefinition]:
    """One for each parameter, in the order of the script; blank and unsaved where nothing is known."""
    known = {definition.name.lower(): definition for definition in command.definitions.all()}
    return [known.get(name.lower()) or ParameterDefinition(command=command, name=name) for name in _names(command)]


def matches(pattern: str, value: str) -> bool:
    """Whether the whole value is as the pattern (RE2) says. A pattern that can't be read matches nothing."""
    try:
        return bool(re2.fullmatch(pattern, value, _options()))
    except re2.error:
        return False


def seed(commands: Iterable[Command]) -> None:
    """Give new commands of the simulated cloud the definitions that `SIMULATED` has for their names."""
    ParameterDefinition.objects.bulk_create(
        ParameterDefinition(command=command, name=name, **columns)
        for command in commands
        for name, columns in SIMULATED.get(command.name, {}).items()
        if name in command.parameter_names
    )


def _names(command: Command) -> list[str]:
    return command.parameter_names if command.enable_parameter else []


def _options() -> re2.Options:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    return options
