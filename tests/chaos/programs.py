"""A program of the console as a process that can be killed, stopped for a while and started again."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent


@dataclass(eq=False)
class Program:
    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """In a group of its own, so that its children share its fate."""
        if self.is_running:
            return
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.arguments],
                cwd=REPOSITORY,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """Also while it is stopped."""
        self.signal(signal.SIGKILL)
        self.wait()

    def pause(self) -> None:
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            # A process that nobody has waited for keeps its number, so this reaches no other
            os.killpg(self.process.pid, number)

    def wait(self, patience: float = 20.0) -> None:
        if self.process is not None:
            self.process.wait(patience)
