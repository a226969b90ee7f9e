"""Lines of a script that can destroy a machine, cut it off, or run what nobody has read. Pure.

    dangers_in(content, command_type)     ask with the values of the parameters filled in, too: one may make the danger

What is told is what a line is seen to do, not all that it could do: a script that wants to hide something can. Few
false alarms matter as much, for whoever types a name ten times a day reads it no more.
"""

from __future__ import annotations

import commands.dangers.bat as bat
import commands.dangers.powershell as powershell
import commands.dangers.shell as shell
from commands.dangers.danger import Danger as Danger
from commands.models import CommandType

_LOOK = {
    CommandType.SHELL: shell.dangers_in,
    CommandType.POWERSHELL: powershell.dangers_in,
    CommandType.BAT: bat.dangers_in,
}


def dangers_in(content: str, command_type: str) -> list[Danger]:
    """In the order of the lines, each reason once a line. [] for a type that is not known."""
    look = _LOOK.get(CommandType(command_type)) if command_type in CommandType.values else None
    found = look(content) if look else []
    return sorted(dict.fromkeys(found), key=lambda danger: danger.line)
