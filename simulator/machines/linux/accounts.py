"""Accounts of a Linux machine, as /etc/passwd and /etc/group have them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from simulator.machines.linux.facts import Family, distribution_of
from simulator.machines.model import Machine


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    uid: int
    gid: int
    home: str
    shell: str
    comment: str = ""

    @property
    def line(self) -> str:
        return f"{self.name}:x:{self.uid}:{self.gid}:{self.comment}:{self.home}:{self.shell}"


_NO_LOGIN: Final[dict[Family, str]] = {"rhel": "/sbin/nologin", "debian": "/usr/sbin/nologin"}
_SERVICE_ACCOUNTS: Final = {  # uid, home
    "nginx": (996, "/var/lib/nginx"),
    "www-data": (33, "/var/www"),
    "mysql": (27, "/var/lib/mysql"),
    "redis": (995, "/var/lib/redis"),
    "app": (1001, "/srv/app"),
    "airflow": (1002, "/opt/airflow"),
}


def accounts_of(machine: Machine) -> list[Account]:
    """Those the machine is made with."""
    no_login = _NO_LOGIN[distribution_of(machine).family]
    accounts = [
        Account("root", 0, 0, "/root", "/bin/bash", "root"),
        Account("daemon", 2, 2, "/sbin", no_login, "daemon"),
        Account("nobody", 65534, 65534, "/", no_login, "Kernel Overflow User"),
        Account("sshd", 74, 74, "/usr/share/empty.sshd", no_login, "Privilege-separated SSH"),
        Account("chrony", 994, 991, "/var/lib/chrony", no_login),
    ]
    for user in machine.users:
        uid, home = _SERVICE_ACCOUNTS.get(user, (1000, f"/home/{user}"))
        shell = no_login if user in _SERVICE_ACCOUNTS else "/bin/bash"
        accounts.append(Account(user, uid, uid, home, shell))
    return accounts


def parsed(passwd: str) -> Iterator[Account]:
    """What a passwd file says; lines that are not of its form are passed over."""
    for line in passwd.splitlines():
        match line.split(":"):
            case [name, _, uid, gid, comment, home, shell] if uid.isdigit() and gid.isdigit():
                yield Account(name, int(uid), int(gid), home, shell, comment)


def find(passwd: str, name: str) -> Account | None:
    return next((account for account in parsed(passwd) if account.name == name), None)


def passwd_text(accounts: Iterable[Account]) -> str:
    return "".join(f"{account.line}\n" for account in accounts)


def group_text(accounts: Iterable[Account]) -> str:
    return "".join(f"{account.name}:x:{account.gid}:\n" for account in accounts) + "wheel:x:10:deploy\n"
