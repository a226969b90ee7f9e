"""docker-compose.yml without an engine: its services as processes of this computer, by their own commands.

What a container has of its own is put in place of it: addresses of the other services, ports, the folder of secrets.
"""

import json
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
_VARIABLE = re.compile(r"\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}")


def interpolate(part: Any, variables: Mapping[str, str]) -> Any:
    """As Compose does it, in what was parsed. Raises KeyError where a required variable is missing."""
    if isinstance(part, dict):
        return {name: interpolate(value, variables) for name, value in part.items()}
    if isinstance(part, list):
        return [interpolate(one, variables) for one in part]

    def value(found: re.Match[str]) -> str:
        name, kind, default = found.groups()
        if name is None:
            return "$"
        return variables[name] if kind == "?" else variables.get(name) or default or ""

    return _VARIABLE.sub(value, part) if isinstance(part, str) else part


@dataclass
class Stack:
    """`console_env` is what an operator writes into console.env; `places` what stands here for what stands there.

    `surroundings` are variables that every process gets, in place of what its image knows.
    """

    folder: Path
    variables: Mapping[str, str]
    console_env: Mapping[str, str]
    places: Mapping[str, str]
    surroundings: Mapping[str, str]
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def service(self, name: str) -> Any:
        parsed = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
        return interpolate(parsed["services"][name], self.variables)

    def environment(self, name: str) -> dict[str, str]:
        service = self.service(name)
        given = {key: self._here(value) for key, value in service.get("environment", {}).items()}
        extra = self.console_env if "env_file" in service else {}
        return {**self.surroundings, **_image_environment(), **given, **extra, **self._own()}

    def command(self, name: str) -> list[str]:
        [image] = re.findall(r"^CMD (.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
        return self._words(self.service(name).get("command") or json.loads(image))

    def run(self, *command: str, service: str = "web", **more: str) -> "subprocess.CompletedProcess[str]":
        """`docker compose exec SERVICE COMMAND…`"""
        return subprocess.run(
            self._words(command),
            cwd=ROOT,
            env=self.environment(service) | more,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def start(self, name: str, process: str = "") -> "subprocess.Popen[bytes]":
        """`process`: a name for one of several of this service."""
        with (self.folder / f"{process or name}.log").open("w") as log:
            started = subprocess.Popen(
                self.command(name), cwd=ROOT, env=self.environment(name), stdout=log, stderr=subprocess.STDOUT
            )
        self.running[process or name] = started
        return started

    def is_healthy(self, name: str) -> bool:
        kind, *words = self.service(name)["healthcheck"]["test"]
        command = ["sh", "-c", self._here(words[0])] if kind == "CMD-SHELL" else self._words(words)
        checked = subprocess.run(command, cwd=ROOT, env=self.environment(name), capture_output=True, timeout=60)
        return checked.returncode == 0

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def stop(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()

    def _words(self, command: Any) -> list[str]:
        words = [self._here(word) for word in command]
        if words[0] in ("gunicorn", "celery"):
            return [sys.executable, "-m", *words]
        return [sys.executable, *words[1:]] if words[0] == "python" else words

    def _here(self, text: str) -> str:
        for there, here in self.places.items():
            text = text.replace(there, here)
        return text

    def _own(self) -> dict[str, str]:
        """What the image says of folders, and ports that are free here."""
        return {"CONSOLE_VAR": str(self.folder), "CONSOLE_PORT": self.places[":8000"][1:]}


def _image_environment() -> dict[str, str]:
    text = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2].replace("\\\n", " ")
    lines = re.findall(r"^ENV (.*)$", text, re.MULTILINE)
    pairs = dict(word.split("=", 1) for line in lines for word in shlex.split(line))
    return {name: value for name, value in pairs.items() if name not in ("PATH", "HOME")}


def redis_cli() -> str:
    """Raises LookupError where there is none."""
    found = shutil.which("redis-cli") or shutil.which("valkey-cli")
    if found is None:
        raise LookupError("There is no redis-cli on PATH: install Redis, or run script/test as root.")
    return found


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
