"""The tests see when the protocol is broken: every mutant still applies, and a named test turns red by it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.mutants import MUTANTS, DoesNotApply, Edit


def test_what_no_longer_applies_is_told() -> None:
    with pytest.raises(DoesNotApply, match="2 times, not once"):
        Edit("x.py", "a", "b").apply("a a")


@pytest.fixture(scope="module")
def results() -> dict[str, str]:
    """Node id -> PASSED or FAILED, of the tests that must catch them, each with its mutant; in one process."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TEST_"))}
    pytest_ = [sys.executable, "-m", "pytest", "-p", "tests.chaos.mutating", "-p", "no:cacheprovider", "-vv", "--tb=no"]
    ran = subprocess.run(
        [*pytest_, *(mutant.caught_by for mutant in MUTANTS)],
        cwd=Path(__file__).resolve().parent.parent.parent,
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=120,
    )
    found = re.findall(r"^(\S+::\S+) (PASSED|FAILED|ERROR)", ran.stdout, re.MULTILINE)
    assert len(found) == len(MUTANTS), ran.stdout + ran.stderr
    return dict(found)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_caught(mutant, results) -> None:
    assert results[mutant.caught_by] == "FAILED"
