"""`script/chaos --mutants`: each mutant in a copy of the repository, and which tests and rounds turn red by it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.mutants import MUTANTS, Mutant, apply
from tests.chaos.programs import REPOSITORY

TESTS = [f"tests/invocations/test_{name}.py" for name in ("states", "dispatch", "deployment")]
_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".mypy_cache", ".ruff_cache")
_SHOWN = 3  # names of tests in a line


def report() -> int:
    """Prints the table; 1 where a mutant lives. Raises DoesNotApply."""
    print("| mutant | what it does | caught by | time |\n| --- | --- | --- | --- |", flush=True)
    alive = [mutant.name for mutant in MUTANTS if not _is_caught(mutant)]
    if alive:
        print(f"Nothing notices: {', '.join(alive)}.")
    return 1 if alive else 0


def _is_caught(mutant: Mutant) -> bool:
    began = time.monotonic()
    with _copy() as tree:
        apply(mutant, tree)
        tests = _red_tests(tree)
        rounds = [f"round {seed} ({setup})" for setup, seed in mutant.seeds if _is_red(tree, setup, seed)]
    more = [f"and {len(tests) - _SHOWN} tests more"] if len(tests) > _SHOWN else []
    caught = "; ".join([*tests[:_SHOWN], *more, *rounds]) or "**nothing**"
    print(f"| {mutant.name} | {mutant.what} | {caught} | {time.monotonic() - began:.0f} s |", flush=True)
    return bool(tests) and len(rounds) == len(mutant.seeds)


@contextmanager
def _copy() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(REPOSITORY, tree, ignore=_LEFT_OUT, symlinks=True)
        yield tree


def _red_tests(tree: Path) -> list[str]:
    """Their names, without the files'."""
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", "--timeout=60", *TESTS]
    ran = subprocess.run(line, cwd=tree, capture_output=True, text=True)
    return re.findall(r"^FAILED \S+?::(\S+)", ran.stdout, re.MULTILINE)


def _is_red(tree: Path, setup: str, seed: int) -> bool:
    line = [sys.executable, "-m", "tests.chaos", "--setup", setup, "--seed", str(seed), "--rounds", "1"]
    ran = subprocess.run(line, cwd=tree, capture_output=True, text=True)
    return ran.returncode == 1 and "FAILS" in ran.stdout
