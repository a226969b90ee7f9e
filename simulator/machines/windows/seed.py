"""The files a Windows machine is made with. `C:\\Windows` is "/C/Windows" among them."""

from simulator.machines.files import Entry, folder, text, with_folders
from simulator.machines.model import Machine

SERVICES = "/C/ProgramData/Simulator/services"
POOLS = "/C/ProgramData/Simulator/pools"


def seed(machine: Machine) -> dict[str, Entry]:
    paths = ["/C/Windows/System32", "/C/Windows/Temp", "/C/Program Files", "/C/inetpub/wwwroot", SERVICES, POOLS]
    paths += [f"/C/Users/{user}" for user in machine.users]
    return with_folders(
        {path: folder() for path in paths}
        | {
            "/C/Windows/System32/drivers/etc/hosts": text(
                f"127.0.0.1 localhost\r\n{machine.private_ip} {machine.hostname}\r\n"
            )
        }
    )


def as_key(path: str) -> str:
    """Where a Windows path is among the files; the machine has no drive but C:."""
    drive, _, rest = path.replace("\\", "/").partition(":")
    return f"/{drive.upper()}/{rest.strip('/')}".rstrip("/") if rest else f"/{drive.strip('/')}".rstrip("/")


def find_folder(tree: "dict[str, Entry]", path: str) -> bool:
    """Whether the folder is there; names ignore case."""
    wanted = as_key(path).lower()
    return any(key.lower() == wanted and entry.is_folder for key, entry in tree.items())
