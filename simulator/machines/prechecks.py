"""What an agent looks at before it starts a script (aliyun_assist_client, in this order). What fails has not run."""

import posixpath
from collections.abc import Iterator
from typing import Final

from simulator.fleet.saved import secret_names
from simulator.machines.files import Changes
from simulator.machines.linux.accounts import Account, accounts_of, find, passwd_text
from simulator.machines.model import Ended, Machine, Task
from simulator.machines.placeholders import UnknownBuiltIn, fill_in, stored_names
from simulator.machines.seeds import seed
from simulator.machines.windows.seed import find_folder

_TYPES: Final = {"linux": ("RunShellScript",), "windows": ("RunPowerShellScript", "RunBatScript")}


def first_failure(machine: Machine, task: Task, changes: Changes) -> Ended | None:
    return next(_failures(machine, task, changes), None)


def _failures(machine: Machine, task: Task, changes: Changes) -> Iterator[Ended]:
    if task.type not in _TYPES[machine.os_type]:
        yield _invalid(
            "CommandNotApplicable", f"The command type {task.type} is not applicable to the {machine.os_type} instance."
        )
    if task.container:
        yield _invalid("ContainerNotFound", f"The specified container {task.container} does not exist on the instance.")
    yield from _content_failures(machine, task)
    if machine.os_type == "windows":
        yield from _windows_failures(machine, task, changes)
    else:
        yield from _linux_failures(machine, task, changes)


def _content_failures(machine: Machine, task: Task) -> Iterator[Ended]:
    try:
        fill_in(task.content, machine, task)
    except UnknownBuiltIn as unknown:
        yield _invalid("InvalidSystemBuiltInParameter", f"The built-in parameter ACS::{unknown} is not supported.")
    known = secret_names(machine.region)
    for name in stored_names(task.content):
        if machine.kind == "managed":
            yield _invalid("InstanceRoleInvalid", "No RAM role is attached to the instance.")
        if name not in known:
            yield _invalid(
                "QueryParameterStoreFailed", f"The parameter {name} can not be read from the parameter store."
            )


def _linux_failures(machine: Machine, task: Task, changes: Changes) -> Iterator[Ended]:
    user = task.username or "root"
    account = find(_passwd(machine, changes), user)
    if account is None:
        yield _invalid("AccountNotExists", f"The specified user {user} does not exist on the instance.")
    elif task.working_dir:
        if not _is_folder(task.working_dir, machine, changes):
            yield _no_directory(task.working_dir)
    elif not _has_home(account, machine, changes):
        yield _invalid("DefaultWorkingDirectoryNotAvailable", f"The home directory {account.home} does not exist.")


def _has_home(account: Account, machine: Machine, changes: Changes) -> bool:
    """Without a look at the files where nothing can have changed: most runs are of that kind."""
    is_as_made = account in accounts_of(machine) and account.home not in changes.gone | changes.entries.keys()
    return is_as_made or _is_folder(account.home, machine, changes)


def _passwd(machine: Machine, changes: Changes) -> str:
    if "/etc/passwd" in changes.gone:
        return ""
    changed = changes.entries.get("/etc/passwd")
    return (changed.data or b"").decode(errors="replace") if changed else passwd_text(accounts_of(machine))


def _is_folder(path: str, machine: Machine, changes: Changes) -> bool:
    """Links are followed."""
    tree = changes.applied_to(seed(machine))
    path, entry = posixpath.normpath(path), None
    for _ in range(8):
        entry = tree.get(path)
        if entry is None or entry.target is None:
            break
        path = entry.target
    return path == "/" or bool(entry and entry.is_folder)


def _windows_failures(machine: Machine, task: Task, changes: Changes) -> Iterator[Ended]:
    if task.username and task.username.lower() != "system":
        yield from _windows_user_failures(machine, task)
    if task.working_dir and not find_folder(changes.applied_to(seed(machine)), task.working_dir):
        yield _no_directory(task.working_dir)


def _windows_user_failures(machine: Machine, task: Task) -> Iterator[Ended]:
    """The password is read by the instance itself, with its role. Each secret is the password of the user it names."""
    if machine.kind == "managed":
        yield _invalid("InstanceRoleInvalid", "No RAM role is attached to the instance.")
    if task.password_name not in secret_names(machine.region):
        yield _invalid(
            "QueryParameterStoreFailed", f"The parameter {task.password_name} can not be read from the parameter store."
        )
    users = [user.lower() for user in machine.users]
    if task.username.lower() not in users or task.username.lower() not in task.password_name:
        yield _invalid("UserOrPasswordInvalid", f"The user name or password of {task.username} is incorrect.")


def _no_directory(path: str) -> Ended:
    return _invalid("DirectoryNotExists", f"The specified working directory {path} does not exist on the instance.")


def _invalid(code: str, info: str) -> Ended:
    return Ended(status="Invalid", exit_code=None, error_code=code, error_info=info, output=b"", dropped=0)
