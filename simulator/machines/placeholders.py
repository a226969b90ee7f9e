"""
What stands in double braces in a script when it reaches the machine.

The service fills in a command's own parameters. The rest is for the agent: `{{ACS::InstanceId}}` and its like, and
secrets of the parameter store (`{{oos:name}}`, `{{oos-secret:name}}`), which it fetches with the instance's role.
"""

import re
from typing import Final

from simulator.machines.model import Machine, Task

_ACS: Final = re.compile(r"\{\{\s*ACS\s*::(?P<name>[^{}|]*)\}\}", re.IGNORECASE)
_SCRIPT_FILE: Final = re.compile(
    r"\{\{\s*ACS\s*::\s*ScriptFileName\s*(?:\|\s*Ext\(\s*\"(?P<ext>[^\"]*)\"\s*\)\s*)?\}\}", re.I
)
_STORED: Final = re.compile(r"\{\{\s*oos(?:-secret)?\s*:\s*(?P<name>[\w-]+)\s*\}\}")


class UnknownBuiltIn(Exception):
    """`{{ACS::…}}` with a name the agent does not know."""


def fill_in(content: str, machine: Machine, task: Task) -> str:
    """The script with the agent's own values in it. Raises UnknownBuiltIn."""
    values = {
        "regionid": machine.region,
        "accountid": task.account_id,
        "instanceid": machine.instance_id,
        "instancename": machine.name,
        "invokeid": task.invoke_id,
        "commandid": task.command_id,
    }

    def value(match: re.Match[str]) -> str:
        try:
            return values[match["name"].strip().lower()]
        except KeyError:
            raise UnknownBuiltIn(match["name"].strip()) from None

    return _STORED.sub(lambda match: f"simulated-{match['name']}", _ACS.sub(value, content))


def stored_names(content: str) -> list[str]:
    """The parameters of the parameter store that a script asks for."""
    return [match["name"] for match in _STORED.finditer(content)]


def script_extension(launcher: str) -> str:
    """What the launcher wants the script's file to end in, with the dot; empty when it does not say."""
    match = _SCRIPT_FILE.search(launcher)
    return (match["ext"] or "") if match else ""


def launched(launcher: str, path: str) -> str:
    """The launcher's command line for the script at `path`."""
    line, found = _SCRIPT_FILE.subn(lambda _: path, launcher)
    return line if found else f"{launcher} {path}"
