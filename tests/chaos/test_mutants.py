"""The tests see when the protocol is broken: every mutant still applies, and a named test turns red by it."""

import ast
import os
import re
import subprocess
import sys

import pytest

from tests.chaos.mutants import MUTANTS, DoesNotApply, Edit, Mutant
from tests.chaos.programs import REPOSITORY

# What a mutant that is itself broken would fail by
NOT_MEANT = re.compile(r"\b(SyntaxError|NameError|ImportError|AttributeError|TypeError|DoesNotApply)\b")


def test_what_no_longer_applies_is_told() -> None:
    with pytest.raises(DoesNotApply, match="2 times, not once"):
        Edit("x.py", "a", "b").apply("a a")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_still_applies(mutant: Mutant) -> None:
    for edit in mutant.edits:
        ast.parse(edit.apply((REPOSITORY / edit.path).read_text()))


def test_every_mutant_is_caught() -> None:
    """All in one process of its own, each around the one test that must turn red."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TEST_"))}
    pytest_ = [sys.executable, "-m", "pytest", "-p", "tests.chaos.mutating", "-p", "no:cacheprovider", "-q", "--tb=no"]
    ran = subprocess.run(
        [*pytest_, *(mutant.caught_by for mutant in MUTANTS)],
        cwd=REPOSITORY,
        env=surroundings | {"COLUMNS": "1000"},  # reasons stand in full
        capture_output=True,
        text=True,
        timeout=150,
    )

    red = dict(re.findall(r"^FAILED (\S+) - (.*)", ran.stdout, re.MULTILINE))
    caught = {mutant.name for mutant in MUTANTS if mutant.caught_by in red}
    assert caught == {mutant.name for mutant in MUTANTS}, ran.stdout + ran.stderr
    assert not [why for why in red.values() if NOT_MEANT.search(why)]
