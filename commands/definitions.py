"""What is known of a command's parameters beyond their names: defaults, rules, secrecy.

The cloud says it of public commands; of own ones it keeps the names only, and the rest is the console's.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

import re2

from commands import allowed_values
from commands.models import Script

_MEMORY = 131_072  # bytes a pattern may take; with more, `(.*){1000}` runs for half a second on one text


@dataclass(frozen=True, slots=True)
class Definition:
    """What is known of one `{{name}}` beyond the name, which is all the cloud keeps for own commands."""

    name: str
    description: str = ""
    default: str = ""
    is_required: bool = False
    allowed: tuple[str, ...] = ()  # () allows everything
    pattern: str = ""  # RE2, must match the whole value
    is_secret: bool = False

    @property
    def rule(self) -> str:
        """What it may be, as the editor has it."""
        return allowed_values.write(self.allowed, self.pattern)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "allowed": list(self.allowed)}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        return cls(**{**stored, "allowed": tuple(stored.get("allowed", ()))})


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


def definitions_of(script: Script) -> list[Definition]:
    """One for each parameter, in the order of the script; blank where nothing is known."""
    known = {stored["name"].lower(): stored for stored in script.definitions}
    return [Definition.from_json({**known.get(name.lower(), {}), "name": name}) for name in _names(script)]


def matches(pattern: str, value: str) -> bool:
    """Whether the whole value is as the pattern (RE2) says. A pattern that can't be read matches nothing."""
    try:
        return bool(re2.fullmatch(pattern, value, _options()))
    except re2.error:
        return False


def objection_to(pattern: str) -> str:
    """Why RE2 can't use the pattern, in its own words; "" where it can."""
    try:
        re2.compile(pattern, _options())
    except re2.error as error:
        why = error.args[0] if error.args else ""
        return why.decode() if isinstance(why, bytes) else str(why)
    return ""


def simulated(name: str, parameter_names: list[str]) -> list[dict[str, Any]]:
    """What `SIMULATED` has for a command of this name, as it is stored."""
    known = SIMULATED.get(name, {})
    named = [one for one in parameter_names if one in known]
    return [Definition.from_json({**known[one], "name": one}).to_json() for one in named]


def _names(script: Script) -> list[str]:
    return script.parameter_names if script.enable_parameter else []


def _options() -> re2.Options:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    return options
