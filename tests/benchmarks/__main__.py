"""`script/bench [SETUP…] [--targets N] [--most N]`: measures each set-up in a process of its own, prints one table."""

import argparse
import json
import os
import platform
import subprocess
import sys
import time

from tests.benchmarks.table import Found, table

SETUPS = ("embedded", "grown-up")


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench", description="The console beside a bare loop over the SDK.")
    parser.add_argument("setups", nargs="*", default=SETUPS, help="embedded, grown-up; default: both")
    parser.add_argument("--targets", type=int, default=5000, help="of the run that is compared; default: 5000")
    parser.add_argument("--most", type=int, default=10_000, help="targets of the largest run; default: 10000")
    asked = parser.parse_args()
    if unknown := set(asked.setups) - set(SETUPS):
        parser.error(f"there is no set-up {min(unknown)}")
    found = [_measured(name, asked.targets, asked.most) for name in asked.setups]
    print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, Python {platform.python_version()}\n\n{table(found)}")


def _measured(name: str, targets: int, most: int) -> Found:
    """In a process of its own: Django takes one database."""
    command = [sys.executable, "-m", "tests.benchmarks.measuring", name, str(targets), str(most)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: Found = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
