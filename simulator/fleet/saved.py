"""The saved commands of a new simulated cloud, read from simulator/commands, and the names of its secrets."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

from simulator.fleet.roster import PLACES, Place
from simulator.machines.model import CommandType

_FOLDER: Final = Path(__file__).parents[1] / "commands"
_REGIONS_WITH_COMMANDS: Final = ("cn-hangzhou", "cn-beijing", "cn-shanghai", "ap-southeast-1")
_PUBLISHED: Final = datetime(2023, 6, 1, 8, 0, tzinfo=UTC)
_TYPES: Final[Mapping[str, CommandType]] = {
    ".sh": "RunShellScript",
    ".ps1": "RunPowerShellScript",
    ".bat": "RunBatScript",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterDefinition:
    """What a public command says of a parameter; one's own commands have none (API page DescribeCommands)."""

    name: str
    description: str
    default: str
    required: bool
    possible_values: tuple[str, ...]
    pattern: str  # empty: any value


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedCommand:
    region: str  # empty: a public command, there in every region
    command_id: str  # c-…
    name: str
    type: CommandType
    content: str
    description: str
    working_dir: str
    timeout: int  # seconds
    enable_parameter: bool
    tags: Mapping[str, str]
    created_at: datetime
    provider: str = ""  # the rest: public commands only
    category: str = ""
    version: int = 0
    definitions: tuple[ParameterDefinition, ...] = ()


def commands() -> list[SavedCommand]:
    """The same twelve in each of the four regions that have any."""
    own = _index()["own"]
    return [_own(entry, PLACES[region]) for region in _REGIONS_WITH_COMMANDS for entry in own]


def public_commands() -> list[SavedCommand]:
    return [_public(entry) for entry in _index()["public"]]


def secret_names(region: str) -> list[str]:
    """Secret parameters of OOS that hold the passwords of Windows users; only regions with machines have any."""
    return ["win-administrator-password", "win-deploy-password"] if region in PLACES else []


def _index() -> dict[str, Sequence[dict[str, Any]]]:
    return tomllib.loads((_FOLDER / "index.toml").read_text(encoding="utf-8"))


def _own(entry: dict[str, Any], place: Place) -> SavedCommand:
    (script,) = (_FOLDER / "own").glob(f"{entry['name']}.*")
    drawn = "".join(Random(f"{place.region}/{entry['name']}").choices("0123456789abcdefghijklmnopqrstuvwxyz", k=13))
    return SavedCommand(
        region=place.region,
        command_id=f"c-{place.short}{entry['id'] if place.region == 'cn-hangzhou' else drawn}",
        name=entry["name"],
        type=_TYPES[script.suffix],
        content=script.read_text(encoding="utf-8"),
        description=entry["description"],
        working_dir="",
        timeout=entry["timeout"],
        enable_parameter=entry.get("parameters", False),
        tags=entry["tags"],
        created_at=entry["created"],
    )


def _public(entry: dict[str, Any]) -> SavedCommand:
    script = _FOLDER / "public" / entry["name"]
    definitions = tuple(_definition(each) for each in entry.get("definitions", ()))
    return SavedCommand(
        region="",
        command_id=f"c-acs{''.join(Random(script.name).choices('0123456789abcdefghijklmnopqrstuvwxyz', k=13))}",
        name=script.name,
        type=_TYPES[script.suffix],
        content=script.read_text(encoding="utf-8"),
        description=entry["description"],
        working_dir="",
        timeout=entry.get("timeout", 60),
        enable_parameter=bool(definitions),
        tags={},
        created_at=_PUBLISHED,
        provider="AlibabaCloud.ECS.GuestOS",
        category=entry["category"],
        version=entry["version"],
        definitions=definitions,
    )


def _definition(entry: dict[str, Any]) -> ParameterDefinition:
    return ParameterDefinition(
        name=entry["name"],
        description=entry["description"],
        default=entry.get("default", ""),
        required=entry.get("required", False),
        possible_values=tuple(entry.get("possible", ())),
        pattern=entry.get("pattern", ""),
    )
