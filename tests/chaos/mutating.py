"""A pytest plugin that breaks the product while one test runs: each mutant around the test that must catch it.

Only for the child process of test_mutants.py (`-p tests.chaos.mutating`); the product knows nothing of it. The module
is run anew with the changed source, in its own namespace, so that everybody who holds the module meets the mutant.
"""

import importlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.chaos.mutants import MUTANTS, Edit

REPOSITORY = Path(__file__).resolve().parent.parent.parent


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    edits = [edit for mutant in MUTANTS if mutant.caught_by == item.nodeid for edit in mutant.edits]
    with ExitStack() as broken:
        for edit in edits:
            broken.enter_context(_applied(edit))
        return (yield)


@contextmanager
def _applied(edit: Edit) -> Iterator[None]:
    module = importlib.import_module(edit.path.removesuffix(".py").replace("/", "."))
    whole = dict(module.__dict__)
    source = edit.apply((REPOSITORY / edit.path).read_text())
    exec(compile(source, edit.path, "exec"), module.__dict__)
    try:
        yield
    finally:
        module.__dict__.clear()
        module.__dict__.update(whole)
