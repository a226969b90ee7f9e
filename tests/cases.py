"""Which test proves which case: `docs/cases.md`, kept by `python -m tests.cases` and held against the tests.

A test carries the ids of its cases in its name (`test_A07_…`, `test_A02_B92_…`). A case without a test says why.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parent
PAPER = TESTS.parent / "docs" / "cases.md"
_TEST = re.compile(r"^\s*(?:async )?def (test_((?:[AB][0-9]{2,3}_)+)\w+)", re.MULTILINE)
_ROW = re.compile(r"^\| (?P<id>[AB][0-9]{2,3}) \| (?P<what>.*) \| (?P<proof>.*) \|$")
WHY = "– "  # begins a reason, in place of tests


@dataclass(frozen=True, slots=True)
class Case:
    id: str
    what: str
    proof: str  # names of tests, or a reason

    @property
    def tests(self) -> list[str]:
        return re.findall(r"`(test_\w+)`", self.proof)

    @property
    def reason(self) -> str:
        return self.proof.removeprefix(WHY) if self.proof.startswith(WHY) else ""


def named() -> dict[str, list[str]]:
    """Id -> the tests that carry it, by name."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for file in sorted(TESTS.rglob("test_*.py")):
        for name, ids in _TEST.findall(file.read_text()):
            for one in ids.strip("_").split("_"):
                found[one].add(name)
    return {one: sorted(names) for one, names in found.items()}


def listed(text: str) -> Iterator[Case]:
    for line in text.splitlines():
        if row := _ROW.match(line):
            yield Case(row["id"], row["what"], row["proof"])


def with_tests(text: str) -> str:
    """The paper, each case with the tests there are. Those without keep their reason."""
    tests = named()
    lines = []
    for line in text.splitlines():
        row = _ROW.match(line)
        if row and (names := tests.get(row["id"])):
            line = f"| {row['id']} | {row['what']} | {', '.join(f'`{name}`' for name in names)} |"
        elif row and "`test_" in row["proof"]:
            line = f"| {row['id']} | {row['what']} | {WHY}nobody has said why |"
        lines.append(line)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAPER.write_text(with_tests(PAPER.read_text()))
