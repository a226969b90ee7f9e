"""Who one is, who there is, and what the machine is called."""

from typing import Final

from bashkit import BuiltinResult

from simulator.machines.linux.accounts import Account, parsed
from simulator.machines.linux.host import Answer, Call, Command, failed


def whoami(call: Call) -> Answer:
    return f"{call.user}\n"


def id_command(call: Call) -> Answer:
    arguments = call.parsed()
    name = arguments.words[0] if arguments.words else call.user
    account = call.host.account(name)
    if account is None:
        return failed(f"id: ‘{name}’: no such user")
    if arguments.has("-u", "--user"):
        return f"{account.name if arguments.has('-n', '--name') else account.uid}\n"
    groups = _groups_of(call, account)
    if arguments.has("-g", "--group"):
        return f"{groups[0][0] if arguments.has('-n', '--name') else account.gid}\n"
    if arguments.has("-G", "--groups"):
        return " ".join(group if arguments.has("-n", "--name") else str(gid) for group, gid in groups) + "\n"
    listed = ",".join(f"{gid}({group})" for group, gid in groups)
    return f"uid={account.uid}({account.name}) gid={account.gid}({groups[0][0]}) groups={listed}\n"


def groups(call: Call) -> Answer:
    name = call.args[0] if call.args else call.user
    account = call.host.account(name)
    if account is None:
        return failed(f"groups: ‘{name}’: no such user")
    listed = " ".join(group for group, _ in _groups_of(call, account))
    return f"{name} : {listed}\n" if call.args else f"{listed}\n"


def _groups_of(call: Call, account: Account) -> list[tuple[str, int]]:
    """Name and number, the account's own group first."""
    own, others = [(account.name, account.gid)], []
    for line in call.host.read("/etc/group").splitlines():
        match line.split(":"):
            case [name, _, gid, _] if gid == str(account.gid):
                own = [(name, account.gid)]
            case [name, _, gid, members] if account.name in members.split(",") and gid.isdigit():
                others.append((name, int(gid)))
    return own + others


_DATABASES: Final = {"passwd": "/etc/passwd", "group": "/etc/group", "hosts": "/etc/hosts", "ahosts": "/etc/hosts"}


def getent(call: Call) -> Answer:
    if not call.args or call.args[0] not in _DATABASES:
        return failed("Unknown database" if call.args else "getent: wrong number of arguments", 1)
    database, *keys = call.args
    lines = call.host.read(_DATABASES[database]).splitlines()
    if not keys:
        return "".join(f"{line}\n" for line in lines)
    found = [line for key in keys for line in lines if _is_about(line, database, key)]
    return BuiltinResult("".join(f"{line}\n" for line in found), exit_code=0 if len(found) >= len(keys) else 2)


def _is_about(line: str, database: str, key: str) -> bool:
    if database in ("hosts", "ahosts"):
        return key in line.split()
    fields = line.split(":")
    return key == fields[0] or (key.isdigit() and fields[2:3] == [key])


def useradd(call: Call) -> Answer:
    arguments = call.parsed(
        "-s", "--shell", "-d", "--home-dir", "-u", "--uid", "-g", "-G", "-c", "--comment", "-p", "-k", "-e"
    )
    name = arguments.words[0] if arguments.words else ""
    if not call.by_root:
        return failed("useradd: Permission denied.\nuseradd: cannot lock /etc/passwd; try again later.")
    if not name:
        return failed("Usage: useradd [options] LOGIN", 2)
    if call.host.account(name):
        return failed(f"useradd: user '{name}' already exists", 9)
    uid = int(arguments.value("-u", "--uid") or _free_uid(call))
    home = arguments.value("-d", "--home-dir") or f"/home/{name}"
    shell = arguments.value("-s", "--shell") or "/bin/bash"
    account = Account(name, uid, uid, home, shell, arguments.value("-c", "--comment"))
    call.host.append("/etc/passwd", f"{account.line}\n")
    call.host.append("/etc/group", f"{name}:x:{uid}:\n")
    if arguments.has("-m", "--create-home") or call.host.distribution.family == "rhel":
        call.host.files.mkdir(home, recursive=True)
    return ""


def _free_uid(call: Call) -> int:
    return max(account.uid for account in parsed(call.host.read("/etc/passwd")) if account.uid < 60_000) + 1


def userdel(call: Call) -> Answer:
    arguments = call.parsed()
    name = arguments.words[0] if arguments.words else ""
    account = call.host.account(name)
    if not call.by_root:
        return failed("userdel: Permission denied.\nuserdel: cannot lock /etc/passwd; try again later.")
    if account is None:
        return failed(f"userdel: user '{name}' does not exist", 6)
    for path in ("/etc/passwd", "/etc/group"):
        lines = call.host.read(path).splitlines(keepends=True)
        call.host.write(path, "".join(line for line in lines if not line.startswith(f"{name}:")))
    if arguments.has("-r", "--remove") and call.host.exists(account.home):
        call.host.files.remove(account.home, recursive=True)
    return ""


def accept_password(call: Call) -> Answer:
    """passwd, chpasswd: nobody signs in here, so nothing is stored."""
    if not call.by_root:
        return failed(f"{call.name}: Authentication token manipulation error", 10)
    return ""


def hostname(call: Call) -> Answer:
    host, arguments = call.host, call.parsed()
    if arguments.has("-I", "--all-ip-addresses", "-i", "--ip-address"):
        return f"{host.machine.private_ip} \n"
    if arguments.words:
        return _rename(call, arguments.words[0])
    return f"{host.hostname}\n"


def hostnamectl(call: Call) -> Answer:
    arguments, host = call.parsed(), call.host
    match arguments.words:
        case ["set-hostname" | "hostname", name]:
            return _rename(call, name)
        case [] | ["status"]:
            return (
                f"   Static hostname: {host.hostname}\n         Icon name: computer-vm\n           Chassis: vm\n"
                f"        Machine ID: {host.read('/etc/machine-id').strip()}\n    Virtualization: kvm\n"
                f"  Operating System: {host.distribution.pretty_name}\n"
                f"            Kernel: Linux {host.distribution.kernel}\n"
                "      Architecture: x86-64\n"
            )
    return failed(f"Unknown operation {arguments.words[0]}")


def _rename(call: Call, name: str) -> Answer:
    if not call.by_root:
        return failed("Could not set static hostname: Interactive authentication required.")
    call.host.write("/etc/hostname", f"{name}\n")
    return ""


COMMANDS: Final[dict[str, Command]] = {
    "whoami": whoami,
    "id": id_command,
    "groups": groups,
    "getent": getent,
    "useradd": useradd,
    "adduser": useradd,
    "userdel": userdel,
    "passwd": accept_password,
    "chpasswd": accept_password,
    "hostname": hostname,
    "hostnamectl": hostnamectl,
}
