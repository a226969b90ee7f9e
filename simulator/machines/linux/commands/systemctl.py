"""systemctl, and what else switches a machine off or on again."""

from collections.abc import Callable
from typing import Final

from bashkit import BuiltinResult

from simulator.machines.linux.commands import starting
from simulator.machines.linux.commands import unit_questions as questions
from simulator.machines.linux.commands.unit_questions import full
from simulator.machines.linux.host import Answer, Arguments, Call, failed
from simulator.machines.linux.services import Services
from simulator.machines.linux.units import Unit

_NOT_INSTALLED: Final = 5  # exit code of systemctl for a unit there is not
_OPTIONS: Final = ("-t", "--type", "--state", "-p", "--property", "-n", "--lines", "-o", "--output", "-H", "-M")
_CHANGING: Final = frozenset(
    ["start", "stop", "restart", "reload", "try-restart", "reload-or-restart", "enable", "disable"]
)


async def systemctl(call: Call) -> Answer:
    arguments = call.parsed(*_OPTIONS)
    verb, *names = arguments.words or ["list-units"]
    services = Services(call.host)
    if verb in _CHANGING:
        return await _change(call, arguments, services, verb, names)
    if verb == "daemon-reload":
        return "" if call.by_root else _refused("reload daemon", "")
    if verb in ("reboot", "poweroff", "halt"):
        return await power(call)
    answered_by: dict[str, Callable[[Services, Arguments, list[str], Call], Answer]] = {
        "is-active": questions.is_active,
        "is-enabled": questions.is_enabled,
        "is-failed": questions.is_failed,
        "is-system-running": lambda *_: "running\n",
        "status": questions.status,
        "show": questions.show,
        "cat": questions.cat,
        "list-units": questions.list_units,
        "list-unit-files": questions.list_unit_files,
    }
    if verb not in answered_by:
        return failed(f"Unknown command verb {verb}.")
    return answered_by[verb](services, arguments, names, call)


async def _change(call: Call, arguments: Arguments, services: Services, verb: str, names: list[str]) -> Answer:
    if not names:
        return failed("Too few arguments.")
    if not call.by_root and not _may_manage_units(call):
        return _refused(verb, full(names[0]))
    told = ""
    for name in names:
        unit = services.get(name)
        if unit is None:
            return _not_found(verb, name)
        answer = await _change_one(call, arguments, services, verb, unit)
        if isinstance(answer, BuiltinResult):
            return answer
        told += answer
    return BuiltinResult(stderr=told)  # systemctl says on stderr what it links


async def _change_one(call: Call, arguments: Arguments, services: Services, verb: str, unit: Unit) -> Answer:
    """Empty, or what is told, or why it failed."""
    active = services.is_active(unit)
    match verb:
        case "stop":
            return await starting.stop(call, services, unit)
        case "enable" | "disable":
            told = _link(services, verb, unit)
            if arguments.has("--now"):
                failure = await (starting.start if verb == "enable" else starting.stop)(call, services, unit)
                return failure or told
            return told
        case "start":
            return "" if active else await starting.start(call, services, unit)
        case "try-restart":
            return await starting.restart(call, services, unit) if active else ""
        case "reload":
            return await starting.reload(call, services, unit)
        case "reload-or-restart" if active:
            return await starting.reload(call, services, unit)
        case _:
            return await starting.restart(call, services, unit)


def _link(services: Services, verb: str, unit: Unit) -> str:
    name, was = unit.name, services.is_enabled(unit)
    if verb == "enable":
        services.enable(unit)
        created = (
            f"Created symlink /etc/systemd/system/multi-user.target.wants/{name}.service → {services.path(name)}.\n"
        )
        return "" if was else created
    services.disable(unit)
    return f"Removed /etc/systemd/system/multi-user.target.wants/{name}.service.\n" if was else ""


def _may_manage_units(call: Call) -> bool:
    """By the polkit rules of the machine."""
    folder = "/etc/polkit-1/rules.d"
    return any(f'"{call.user}"' in call.host.read(f"{folder}/{name}") for name in call.host.names_in(folder))


def _refused(verb: str, unit: str) -> BuiltinResult:
    what = f"{verb} {unit}".strip()
    return failed(
        f"Failed to {what}: Interactive authentication required.\n"
        f"See system logs and 'systemctl status {unit}' for details."
    )


def _not_found(verb: str, name: str) -> BuiltinResult:
    unit = full(name)
    if verb in ("enable", "disable"):
        return failed(f"Failed to {verb} unit: Unit file {unit} does not exist.")
    state = "not loaded" if verb in ("stop", "try-restart") else "not found"
    return failed(f"Failed to {verb} {unit}: Unit {unit} {state}.", _NOT_INSTALLED)


async def power(call: Call) -> Answer:
    """A reboot ends the script; switching off is for the cloud alone."""
    verb = call.args[0] if call.name == "systemctl" else call.name
    if not call.by_root:
        return _refused(verb, "")
    if verb == "reboot" or (verb == "shutdown" and "-r" in call.args):
        call.host.reboot()
        await call.host.clock.sleep(float("inf"))
    return failed(f"{verb}: this simulated machine can be switched off through the cloud only")
