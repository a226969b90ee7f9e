"""One dangerous line, and the reasons there are. A reason is a part of a sentence: "Line 3 is dangerous: {why}." """

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASONS: dict[str, Promise] = {
    "remove": _("removes files recursively from %(where)s"),
    "remove-unset": _("removes files recursively from %(where)s if %(name)s is empty"),
    "remove-file": _("removes %(where)s, which the system needs"),
    "overwrite": _("overwrites %(where)s, which the system needs"),
    "format": _("erases or repartitions a disk"),
    "device": _("writes straight to a disk"),
    "power": _("shuts down or restarts the machine"),
    "fork-bomb": _("starts processes without end"),
    "mode": _("changes the permissions of everything below %(where)s"),
    "owner": _("changes the owner of everything below %(where)s"),
    "throw-away": _("throws files away by moving them to /dev/null"),
    "download": _("runs what it downloads, unread"),
    "firewall": _("turns the firewall off or empties it"),
    "lock-out": _("can cut the machine off from the network"),
    "account": _("removes a user account"),
    "root-password": _("changes or locks the account of root or Administrator"),
    "traces": _("erases a history or a log"),
    "kill-all": _("ends all processes"),
    "agent": _("stops the Cloud Assistant Agent"),
    "crontab": _("removes all cron jobs of a user"),
    "database": _("deletes a whole database"),
    "boot": _("changes how the machine starts"),
    "registry": _("deletes from the registry of the machine"),
    "backups": _("deletes backups or shadow copies"),
    "protection": _("turns the virus protection off"),
}


@dataclass(frozen=True, slots=True)
class Danger:
    line: int  # from 1
    code: str  # of `REASONS`
    where: str = ""  # a folder, a file
    name: str = ""  # a variable, as it is written

    @property
    def why(self) -> str:
        """In the language of who reads it."""
        return str(REASONS[self.code]) % {"where": self.where, "name": self.name}
