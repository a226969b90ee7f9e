"""The console in real processes: embedded as `script/server` starts it, and grown up on PostgreSQL and Redis."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import services
from tests.simulated_cloud import SimulatedCloud

REPOSITORY = Path(__file__).resolve().parent.parent.parent
START = 90.0  # seconds
WORKER = "celery -A consoleapp worker -P threads -c 8 --without-gossip --without-mingle"


@dataclass
class Setup:
    """A console's address, and the environment of whatever is to work with its database."""

    name: str
    url: str
    environment: Mapping[str, str]
    log: Path
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start(self, *arguments: str) -> None:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=REPOSITORY,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        self.processes.append(process)

    def run(self, *arguments: str) -> None:
        """A program that ends by itself."""
        subprocess.run([sys.executable, *arguments], cwd=REPOSITORY, env=dict(self.environment), check=True)

    def wait_until_ready(self) -> None:
        until = time.monotonic() + START
        while not _is_ready(self.url):
            if time.monotonic() > until or any(process.poll() is not None for process in self.processes):
                raise RuntimeError(f"The {self.name} console did not start: {self.log.read_text()[-2000:]}")
            time.sleep(0.5)

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()

    def most_memory(self) -> int:
        """MB that the largest of its processes has ever had resident, children aside; 0 where nobody tells."""
        return max((_peak(process.pid) for process in self.processes), default=0)


@contextmanager
def embedded(cloud: SimulatedCloud, var: Path, rates: str) -> Iterator[Setup]:
    port = services.free_port()
    environment = _environment(cloud, var, rates) | {"CONSOLE_PORT": str(port)}
    setup = Setup("embedded", f"http://127.0.0.1:{port}", environment, var.with_suffix(".log"))
    try:
        setup.start("manage.py", "runconsole")
        setup.wait_until_ready()
        yield setup
    finally:
        setup.stop()


@contextmanager
def grown_up(cloud: SimulatedCloud, var: Path, rates: str) -> Iterator[Setup]:
    port = services.free_port()
    address = f"127.0.0.1:{port}"
    # fsync as a real database has it: the console commits before each call
    shared = {"DATABASE_URL": services.start_postgres(fsync="on"), "REDIS_URL": services.start_redis()}
    setup = Setup("grown-up", f"http://{address}", _environment(cloud, var, rates) | shared, var.with_suffix(".log"))
    try:
        setup.run("manage.py", "migrate", "--verbosity", "0")
        setup.start("-m", "gunicorn", "-k", "gthread", "--threads", "8", "-w", "2", "-b", address, "consoleapp.wsgi")
        for name in ("one", "two"):
            setup.start("-m", *WORKER.split(), "-n", f"{name}@%h")
        setup.wait_until_ready()
        yield setup
    finally:
        setup.stop()
        services.stop()


SETUPS = {"embedded": embedded, "grown-up": grown_up}


def _environment(cloud: SimulatedCloud, var: Path, rates: str) -> dict[str, str]:
    key_id, secret = cloud.access_key
    ours = ("SIMULATOR_", "ALIBABA_", "CONSOLE_", "DATABASE_URL", "REDIS_URL")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
        "CONSOLE_VAR": str(var),
        "CONSOLE_API_QPS": rates,
        "ALIBABA_CLOUD_ECS_ENDPOINT": cloud.url,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret,
    }


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _peak(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)
