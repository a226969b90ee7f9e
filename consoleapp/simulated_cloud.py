"""The simulated cloud as a child of the console: a program of its own, reached over HTTP like the real one."""

import json
import os
import secrets
import select
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from consoleapp.keys import kept

START = 30.0  # seconds it may take until it listens
PRIVATE = ("ALIBABA_CLOUD_", "CONSOLE_", "DATABASE_URL", "REDIS_URL", "DJANGO_")  # of no concern to the child


class DidNotStart(Exception):
    """With the last thing it said."""


def is_wanted() -> bool:
    """The cloud is simulated, and nobody has said where one is."""
    return settings.CLOUD == "simulated" and not (
        settings.ECS_ENDPOINT or settings.OOS_ENDPOINT or settings.STS_ENDPOINT
    )


class SimulatedCloud:
    """Tied to this process by its stdin: it leaves when we do, even if we are killed."""

    def __init__(self, folder: Path) -> None:
        self.port: int = settings.SIMULATOR_PORT
        self._folder = folder
        self._access_keys = settings.SIMULATOR_ACCESS_KEYS or kept(settings.VAR / "simulator_key", _new_access_key)
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, and point the gateway at it. Raises DidNotStart."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "log").open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "simulator", "--tied"],
                cwd=settings.BASE_DIR,
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # Ctrl-C is for us alone
            )
        self.port = self._wait_for_port(self._process)
        self._connect()

    def revive(self) -> None:
        """Start it again, at the same address, if it has died."""
        if self._process is not None and self._process.poll() is not None:
            self.start()

    def stop(self, patience: float) -> None:
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()

    def _environment(self) -> dict[str, str]:
        surroundings = {name: value for name, value in os.environ.items() if not name.startswith(PRIVATE)}
        return surroundings | {
            "SIMULATOR_PORT": str(self.port),
            "SIMULATOR_ACCESS_KEYS": self._access_keys,
            "SIMULATOR_CONTROL_TOKEN": settings.SIMULATOR_CONTROL_TOKEN,
            "SIMULATOR_FLEET": str(settings.SIMULATOR_FLEET or ""),
            "SIMULATOR_STATE": str(self._folder),
        }

    def _wait_for_port(self, process: "subprocess.Popen[str]") -> int:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], START)
        line = process.stdout.readline() if ready else ""
        if not line:
            process.kill()
            said = (self._folder / "log").read_text().strip().splitlines() or ["it said nothing"]
            raise DidNotStart(f"The simulated cloud did not start: {said[-1]}")
        return int(json.loads(line)["port"])

    def _connect(self) -> None:
        key_id, _, secret = self._access_keys.split(",")[0].partition(":")
        settings.ECS_ENDPOINT = settings.OOS_ENDPOINT = settings.STS_ENDPOINT = f"http://127.0.0.1:{self.port}"
        settings.CLOUD_ACCESS_KEY_ID, settings.CLOUD_ACCESS_KEY_SECRET = key_id, secret


def _new_access_key() -> str:
    return f"SIM{secrets.token_hex(8).upper()}:{secrets.token_hex(24)}"
