"""Which version of its command a panel shows: the newest, or an older one that somebody stays on knowingly.

The form carries the version's number and a digest of what would run, so that nothing runs that its person has not seen.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.plain_input import as_number
from commands.definitions import definitions_of
from commands.models import Command, Script, Superseded, Version
from invocations.parameter_fields import PREFIX, fields_of

KEPT = "was-"  # before the names of fields that only the older version has


def version_on(command: Command, number: str | None) -> Version | None:
    """The one with this number, as a form sends it."""
    n = as_number(number)
    return command.versions.filter(number=n).first() if n and command.pk else None


def can_run(command: Command, version: Version) -> bool:
    """Whether the cloud still has it."""
    if version.cloud_id == command.cloud_id:
        return True
    return Superseded.objects.kept(command.region).filter(command=command, cloud_id=version.cloud_id).exists()


def shown(command: Command, data: QueryDict) -> Command:
    """The command as of the version that `stay` names, while that can run; else as the cloud has it now."""
    version = version_on(command, data.get("stay"))
    if version is None or not can_run(command, version):
        return command
    older = command.as_of(version)
    older.drifted_at = None  # that is said of the newest version
    return older


def digest(command: Command) -> str:
    """Of all that a run takes from the command and the form does not show again as a field."""
    fixed = [command.type, command.content, command.enable_parameter, command.parameter_names, command.launcher]
    return hashlib.sha256(json.dumps([*fixed, command.definitions]).encode()).hexdigest()[:16]


def is_another(command: Command, data: QueryDict) -> bool:
    """Whether the form was made from something else than `command` is now. A client that names nothing takes any."""
    version, seen = data.get("version"), data.get("digest")
    return version not in (None, str(command.version_number)) or seen not in (None, digest(command))


@dataclass(frozen=True, slots=True)
class Moved:
    """What was saved while the panel was open, and what can be done about it."""

    sentence: str
    new: int = 0  # versions; 0 where there are none
    old: int = 0
    can_stay: bool = False
    difference: str = ""  # address

    @classmethod
    def of(cls, command: Command, seen: Version | None) -> Moved:
        newest = command.newest
        if newest is None or seen is None or newest.number == seen.number:
            return cls(_("The command was changed while you were here. Look at its content, then run it."))
        path = reverse("commands:versions", args=[command.region, command.cloud_id])
        return cls(
            _who_saved(newest),
            newest.number,
            seen.number,
            can_run(command, seen),
            f"{path}?from={seen.number}&to={newest.number}",
        )


def _who_saved(version: Version) -> str:
    if version.person is None:
        return _("Version %(n)s was found in the cloud while you were here.") % {"n": version.number}
    return _("%(user)s saved version %(n)s while you were here.") % {
        "user": version.person.shown_name,
        "n": version.number,
    }


def kept_fields(data: QueryDict, older: Version | None, newer: Command) -> dict[str, str]:
    """What was typed for parameters that only the older version has, for a form of the newer one. No secrets."""
    if older is None:
        return {}
    plain = {name for name, one in fields_of(definitions_of(older)).items() if not one.is_secret}
    gone = plain - fields_of(definitions_of(newer)).keys()
    return {KEPT + name: data.get(name, "") for name in sorted(data) if name in gone}


def without_unknown(data: QueryDict, command: Command) -> QueryDict:
    """The form without fields of parameters that the command does not have."""
    data = data.copy()
    known = fields_of(definitions_of(command))
    for name in [name for name in data if name.startswith(PREFIX) and name not in known]:
        del data[name]
    return data


def without_older_secrets(data: QueryDict, command: Command) -> QueryDict:
    """The form without what its own version calls secret and `command` does not: who typed it took it for one."""
    seen = version_on(command, data.get("version"))
    if seen is None or seen.number == command.version_number:
        return data
    data = data.copy()
    for name in _secret_fields(seen) - _secret_fields(command):
        data.pop(name, None)
    return data


def _secret_fields(script: Script) -> set[str]:
    return {PREFIX + one.name for one in definitions_of(script) if one.is_secret}


def take_back(data: QueryDict, older: Command) -> QueryDict:
    """A form of a newer version as one of the older: what was kept of it comes back, the newer one's own goes."""
    if data.get("version") == str(older.version_number):
        return data
    data = without_unknown(data, older)
    for name in [name for name in data if name.startswith(KEPT + PREFIX)]:
        data.setdefault(name.removeprefix(KEPT), data.get(name))
    return without_unknown(data, older)
