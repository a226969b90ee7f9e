"""What an agent looks at before it starts a script (aliyun_assist_client, in this order). What fails here has not run."""

from collections.abc import Iterator
from typing import Final

from simulator.fleet.saved import secret_names
from simulator.machines.files import Changes, Tree
from simulator.machines.linux.accounts import find
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
    tree = _Files(machine, changes)
    account = find(tree.read("/etc/passwd"), task.username or "root")
    if account is None:
        yield _invalid("AccountNotExists", f"The specified user {task.username} does not exist on the instance.")
    elif task.working_dir and not tree.has_folder(task.working_dir):
        yield _no_directory(task.working_dir)
    elif not task.working_dir and not tree.has_folder(account.home):
        yield _invalid("DefaultWorkingDirectoryNotAvailable", f"The home directory {account.home} does not exist.")


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


class _Files:
    """The machine's files, made only when one must be looked at."""

    def __init__(self, machine: Machine, changes: Changes) -> None:
        self._tree: Tree = changes.applied_to(seed(machine))

    def read(self, path: str) -> str:
        entry = self._tree.get(path)
        return entry.data.decode(errors="replace") if entry and entry.data else ""

    def has_folder(self, path: str) -> bool:
        """Links in the path are followed."""
        path = "/" + path.strip("/")
        for _ in range(8):
            entry = self._tree.get(path)
            if entry is None or entry.target is None:
                break
            path = entry.target
        return path == "/" or bool((entry := self._tree.get(path)) and entry.is_folder)


def _no_directory(path: str) -> Ended:
    return _invalid("DirectoryNotExists", f"The specified working directory {path} does not exist on the instance.")


def _invalid(code: str, info: str) -> Ended:
    return Ended(status="Invalid", exit_code=None, error_code=code, error_info=info, output=b"", dropped=0)
