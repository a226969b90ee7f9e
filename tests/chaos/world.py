"""A whole console in real processes of its own, beside a simulated cloud that keeps to the protocol's assumptions.

`grown-up`: PostgreSQL, Redis, gunicorn and three Celery workers. `embedded`: `manage.py runconsole` on SQLite.
The times of the dispatch protocol are short, for the console and the cloud alike, so that leases die and tokens are
forgotten within seconds.
"""

import base64
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.utils_models import Config

from tests import services
from tests.chaos.database import Database
from tests.chaos.programs import REPOSITORY, Program
from tests.chaos.relay import Relay
from tests.simulated_cloud import SimulatedCloud

REGION = "cn-hangzhou"
WORKERS = 3  # of the grown-up set-up, unless somebody wants fewer
BATCH_SIZE = 20
LEASE, LIFE, WINDOW, SETTLE = 3, 5, 14, 1  # seconds
CLOUDS_LIFE = LIFE - 1  # a signed date names whole seconds only
CONTENT = "sleep {{seconds}}; echo {{word}}; hostname; exit {{code}}"
START = 90.0  # seconds
TICK = 1.0  # seconds between two looks of the console at its rows
PACE = 0.2  # of a second of a script
_OURS = ("CONSOLE_", "ALIBABA_", "SIMULATOR_", "DATABASE_URL", "REDIS_URL", "DJANGO_", "PYTEST_")


class CloudSleeps(OSError):
    pass


@dataclass
class World:
    setup: str  # grown-up | embedded
    folder: Path
    cloud: SimulatedCloud
    relay: Relay
    database: Database
    programs: dict[str, Program]
    servers: dict[str, services.Server]
    environment: dict[str, str]
    url: str
    cookies: requests.cookies.RequestsCookieJar = field(default_factory=requests.cookies.RequestsCookieJar)
    command_id: str = ""
    cloud_sleeps: bool = False
    ever_touched: set[str] = field(default_factory=set)  # machines that were stopped once
    is_kept: bool = False  # the folder stays when the world ends, for somebody to look into

    @property
    def busy(self) -> Sequence[str]:
        """The programs that send to the cloud."""
        return [name for name in self.programs if name != "web"]

    @property
    def web(self) -> str:
        return "web" if self.setup == "grown-up" else "console"

    @property
    def var(self) -> Path:
        return self.folder / "var"

    @property
    def controlled_cloud(self) -> SimulatedCloud:
        """For whoever wants something of its control path. Raises CloudSleeps: it would not answer."""
        if self.cloud_sleeps:
            raise CloudSleeps("the cloud sleeps")
        return self.cloud

    def pause_cloud(self) -> None:
        self.cloud_sleeps = True
        self.cloud.process.send_signal(signal.SIGSTOP)

    def wake_cloud(self) -> None:
        self.cloud.process.send_signal(signal.SIGCONT)
        self.cloud_sleeps = False

    # -- as a person uses it

    def get(self, path: str) -> requests.Response:
        """Raises requests.RequestException."""
        return self._session().get(self.url + path, timeout=25, allow_redirects=False)

    def post(self, path: str, fields: dict[str, str]) -> requests.Response:
        """Raises requests.RequestException."""
        session = self._session()
        token = next(value for name, value in session.cookies.items() if name.startswith("csrf"))
        fields = {"csrfmiddlewaretoken": token, **fields}
        return session.post(self.url + path, data=fields, timeout=25, allow_redirects=False)

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.cookies.update(self.cookies)
        return session

    def sign_in(self) -> None:
        said = self.manage("signinlink", "--user", "oscar", "--role", "operator")
        path = re.search(r"http://[^/]+(/\S+)", said)[1]
        session = self._session()
        page = session.get(self.url + path, timeout=25)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
        answer = session.post(self.url + path, data={"csrfmiddlewaretoken": token}, allow_redirects=False, timeout=25)
        assert answer.status_code == 303, answer.text
        self.cookies = session.cookies

    def manage(self, *arguments: str) -> str:
        """What a management command prints."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=REPOSITORY,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        ).stdout

    def adopt(self) -> bool:
        """What an admin says once a backup was put back; False where nothing was lost, so that nobody asks."""
        wait_until(self.is_ready, START, "the console did not start again")
        time.sleep(2 * TICK)
        paused = self.database.rows("select 1 from invocations_deployment where paused_at is not null")
        if paused:
            self.manage("adoptdatabase")
        return bool(paused)

    # -- as it starts and ends

    def prepare(self) -> None:
        """Wait until it works, sign in, and save the command that all runs use."""
        wait_until(self.is_ready, START, "the console did not start")
        self.database.note()
        self.sign_in()
        self.command_id = self._save_command()
        wait_until(self._knows_the_fleet, START, "the console did not list the instances")

    def is_ready(self) -> bool:
        try:
            return self._session().get(f"{self.url}/readyz", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def _knows_the_fleet(self) -> bool:
        """Pages make the copies of the cloud that they need, in this order."""
        places = (
            "regions/",
            f"r/{REGION}/commands/",
            f"r/{REGION}/instances/",
            f"r/{REGION}/commands/{self.command_id}/run/",
        )
        last = [self.get(f"/{place}") for place in places][-1]
        listed = self.database.rows("select count(*) as n from instances_instance where region = ?", [REGION])
        return last.status_code == 200 and listed[0]["n"] > 0

    def _save_command(self) -> str:
        key_id, secret = self.cloud.access_key
        endpoint = f"127.0.0.1:{self.cloud.port}"
        config = Config(access_key_id=key_id, access_key_secret=secret, endpoint=endpoint, protocol="http")
        request = ecs.CreateCommandRequest(
            region_id=REGION,
            name=f"chaos-{uuid.uuid4().hex[:8]}",
            type="RunShellScript",
            command_content=base64.b64encode(CONTENT.encode()).decode(),
            enable_parameter=True,
        )
        return str(Client(config).create_command(request).body.command_id)

    def obey_the_assumptions(self) -> None:
        """E1 to E3, as short as the console believes them to be."""
        self.cloud.rule("check_date", seconds=CLOUDS_LIFE)
        self.cloud.rule("check_nonce")
        self.cloud.rule("token_window", seconds=WINDOW)

    def calm(self) -> None:
        """Everything up again and nothing in its way; the rules of the cloud stay."""
        self.wake_cloud()
        self.relay.calm()
        for program in self.programs.values():
            program.resume()
        for server in self.servers.values():
            if server.process is None or server.process.poll() is not None:
                server.start()
        self.revive()

    def revive(self) -> None:
        """As a supervisor does: what has died, or has left after it was told to, starts again."""
        for program in self.programs.values():
            program.start()

    def close(self) -> None:
        self.wake_cloud()
        for program in self.programs.values():
            program.kill()
        self.relay.close()
        self.cloud.close()
        for server in self.servers.values():
            server.discard()
        if self.is_kept:
            print(f"  everything is in {self.folder}", flush=True)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def running(setup: str, *, workers: int = WORKERS) -> Iterator[World]:
    """One that works, with somebody signed in. Raises AssertionError, RuntimeError."""
    folder = Path(tempfile.mkdtemp(prefix="chaos-", dir="/tmp"))
    (folder / "var").mkdir(mode=0o700)
    servers = _servers() if setup == "grown-up" else {}
    cloud = SimulatedCloud.start(folder / "cloud", pace=PACE, daily_quota=1_000_000)
    relay = Relay(cloud.port)
    world = _grown_up(folder, cloud, relay, servers, workers) if servers else _embedded(folder, cloud, relay)
    try:
        world.obey_the_assumptions()
        if setup == "grown-up":
            world.manage("migrate", "--verbosity", "0")
        for program in world.programs.values():
            program.start()
        world.prepare()
        yield world
    except Exception:
        world.is_kept = True
        raise
    finally:
        world.close()


def _servers() -> dict[str, services.Server]:
    """Redis first, which may be missing."""
    redis = services.redis()
    return {"redis": redis.start(), "postgres": services.postgres().start()}


def _grown_up(
    folder: Path, cloud: SimulatedCloud, relay: Relay, servers: dict[str, services.Server], workers: int
) -> World:
    port = services.free_port()
    urls = {"DATABASE_URL": servers["postgres"].url, "REDIS_URL": servers["redis"].url}
    environment = _environment(folder, cloud, relay) | urls
    web = ["-m", "gunicorn", "-k", "gthread", "--threads", "8", "-b", f"127.0.0.1:{port}", "consoleapp.wsgi"]
    worker = "-m celery -A consoleapp worker -P threads -c 6 --without-gossip --without-mingle -n"
    names = [f"worker-{number}" for number in range(1, workers + 1)]
    commands = {"web": web, **{name: [*worker.split(), f"{name}@%h"] for name in names}}
    return World(
        "grown-up",
        folder,
        cloud,
        relay,
        Database(servers["postgres"].url),
        {name: Program(name, line, environment, folder / f"{name}.log") for name, line in commands.items()},
        servers,
        environment,
        f"http://127.0.0.1:{port}",
    )


def _embedded(folder: Path, cloud: SimulatedCloud, relay: Relay) -> World:
    port = services.free_port()
    environment = _environment(folder, cloud, relay) | {"CONSOLE_PORT": str(port)}
    console = Program("console", ["manage.py", "runconsole"], environment, folder / "console.log")
    file = Database(folder / "var" / "console.sqlite3")
    url = f"http://127.0.0.1:{port}"
    return World("embedded", folder, cloud, relay, file, {"console": console}, {}, environment, url)


def _environment(folder: Path, cloud: SimulatedCloud, relay: Relay) -> dict[str, str]:
    key_id, secret = cloud.access_key
    return {name: value for name, value in os.environ.items() if not name.startswith(_OURS)} | {
        "CONSOLE_VAR": str(folder / "var"),
        "CONSOLE_LEASE": str(LEASE),
        "CONSOLE_REQUEST_LIFE": str(LIFE),
        "CONSOLE_TOKEN_WINDOW": str(WINDOW),
        "CONSOLE_LOOKUP_SETTLE": str(SETTLE),
        "CONSOLE_BATCH_SIZE": str(BATCH_SIZE),
        "CONSOLE_API_QPS": "*=50",
        "ALIBABA_CLOUD_ECS_ENDPOINT": f"http://127.0.0.1:{relay.port}",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret,
    }


def wait_until(condition: Callable[[], Any], patience: float, complaint: str) -> None:
    until = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < until, complaint
        time.sleep(0.1)
