"""What systemctl answers about units."""

from fnmatch import fnmatch
from typing import Final

from bashkit import BuiltinResult

from simulator.machines.linux.host import Answer, Arguments, Call, days_since, failed
from simulator.machines.linux.seed import JOURNAL
from simulator.machines.linux.services import Services
from simulator.machines.linux.units import Unit

_NOT_ACTIVE: Final = 3  # exit codes of the LSB for a status
_NO_SUCH_UNIT: Final = 4


def is_active(services: Services, arguments: Arguments, names: list[str], call: Call) -> Answer:
    states = [services.condition(unit).active if (unit := services.get(name)) else "inactive" for name in names]
    shown = "" if arguments.has("-q", "--quiet") else "".join(f"{state}\n" for state in states)
    return BuiltinResult(shown, exit_code=0 if "active" in states else _NOT_ACTIVE)


def is_failed(services: Services, arguments: Arguments, names: list[str], call: Call) -> Answer:
    states = [services.condition(unit).active if (unit := services.get(name)) else "inactive" for name in names]
    shown = "" if arguments.has("-q", "--quiet") else "".join(f"{state}\n" for state in states)
    return BuiltinResult(shown, exit_code=0 if "failed" in states else 1)


def is_enabled(services: Services, arguments: Arguments, names: list[str], call: Call) -> Answer:
    unit = services.get(names[0]) if names else None
    if unit is None:
        return failed(f"Failed to get unit file state for {full(names[0] if names else '')}: No such file or directory")
    enabled = services.is_enabled(unit)
    shown = "" if arguments.has("-q", "--quiet") else f"{'enabled' if enabled else 'disabled'}\n"
    return BuiltinResult(shown, exit_code=0 if enabled else 1)


def status(services: Services, arguments: Arguments, names: list[str], call: Call) -> Answer:
    if not names:
        return f"● {call.host.hostname}\n    State: running\n    Units: {len(services.names())} loaded\n"
    unit = services.get(names[0])
    if unit is None:
        return failed(f"Unit {full(names[0])} could not be found.", _NO_SUCH_UNIT)
    condition = services.condition(unit)
    since = f"{call.host.local(condition.since):%a %Y-%m-%d %H:%M:%S %Z}; {days_since(condition.since)}"
    lines = [
        f"{'●' if condition.active == 'active' else '○'} {unit.name}.service - {unit.description}",
        f"     Loaded: loaded ({services.path(unit.name)}; {'enabled' if services.is_enabled(unit) else 'disabled'})",
        f"     Active: {condition.active} ({condition.sub}) since {since}",
    ]
    if condition.active == "active":
        lines.append(f"   Main PID: {services.pid(unit)} ({unit.process})")
        lines.append(f"     Memory: {unit.memory_mb}.0M")
        lines.append(f"     CGroup: /system.slice/{unit.name}.service")
        lines.append(f"             └─{services.pid(unit)} {unit.program}")
    last = journal_of(call, unit)[-int(arguments.value("-n", "--lines") or 5) :]
    text = "\n".join(lines) + "\n" + ("\n" + "".join(last) if last else "")
    return BuiltinResult(text, exit_code=0 if condition.active == "active" else _NOT_ACTIVE)


def show(services: Services, arguments: Arguments, names: list[str], call: Call) -> Answer:
    unit = services.get(names[0]) if names else None
    condition = services.condition(unit) if unit else None
    values = {
        "Id": full(names[0] if names else ""),
        "LoadState": "loaded" if unit else "not-found",
        "ActiveState": condition.active if condition else "inactive",
        "SubState": condition.sub if condition else "dead",
        "MainPID": str(services.pid(unit)) if unit and services.is_active(unit) else "0",
        "UnitFileState": "" if unit is None else "enabled" if services.is_enabled(unit) else "disabled",
    }
    asked = [name for value in arguments.values("-p", "--property") for name in value.split(",")]
    shown = {name: value for name, value in values.items() if not asked or name in asked}
    return "".join(f"{value}\n" if arguments.has("--value") else f"{name}={value}\n" for name, value in shown.items())


def cat(services: Services, arguments: Arguments, names: list[str], call: Call) -> Answer:
    path = services.path(names[0]) if names else ""
    if not path:
        return failed(f"No files found for {full(names[0] if names else '')}.")
    return f"# {path}\n{call.host.read(path)}"


def list_units(services: Services, arguments: Arguments, names: list[str], call: Call) -> Answer:
    states = [state for value in arguments.values("--state") for state in value.split(",")]
    if arguments.has("--failed"):
        states.append("failed")
    lines = []
    for unit in services.all():
        condition = services.condition(unit)
        if names and not any(fnmatch(f"{unit.name}.service", full(pattern)) for pattern in names):
            continue
        if states and not {condition.active, condition.sub} & set(states):
            continue
        if condition.active != "inactive" or arguments.has("-a", "--all"):
            lines.append(
                f"{unit.name + '.service':<28} loaded {condition.active:<8} {condition.sub:<8} {unit.description}\n"
            )
    if arguments.has("--no-legend"):
        return "".join(lines)
    head = f"{'UNIT':<28} LOAD   ACTIVE   SUB      DESCRIPTION\n"
    return f"{head}{''.join(lines)}\n{len(lines)} loaded units listed.\n"


def list_unit_files(services: Services, arguments: Arguments, names: list[str], call: Call) -> Answer:
    lines = [
        f"{u.name + '.service':<40} {'enabled' if services.is_enabled(u) else 'disabled'}\n" for u in services.all()
    ]
    if arguments.has("--no-legend"):
        return "".join(lines)
    return f"{'UNIT FILE':<40} STATE\n{''.join(lines)}\n{len(lines)} unit files listed.\n"


def journal_of(call: Call, unit: Unit) -> list[str]:
    lines = call.host.read(JOURNAL).splitlines(keepends=True)
    return [line for line in lines if f"{unit.process}[" in line or f" {unit.description}" in line]


def full(name: str) -> str:
    return name if "." in name else f"{name}.service"
