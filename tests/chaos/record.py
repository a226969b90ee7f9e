"""The table of rounds in docs/chaos.md, which grows by itself: one line for each row of seeds played on one commit."""

import fcntl
import re
import subprocess
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime

from tests.chaos.programs import REPOSITORY

PAPER = REPOSITORY / "docs" / "chaos.md"
HEADING = "| date | commit | set-up | seeds | rounds | hold | failed |"
_RULE = "| --- | --- | --- | --- | --- | --- | --- |"


@dataclass(frozen=True)
class Line:
    date: str
    commit: str
    setup: str
    first: int
    last: int
    failed: tuple[int, ...] = ()

    def __str__(self) -> str:
        played = self.last - self.first + 1
        cells = [self.date, self.commit, self.setup, f"{self.first}–{self.last}", str(played)]
        return (
            "| " + " | ".join([*cells, str(played - len(self.failed)), ", ".join(map(str, self.failed)) or "–"]) + " |"
        )

    @classmethod
    def of(cls, text: str) -> "Line":
        date, commit, setup, seeds, _played, _hold, failed = (cell.strip() for cell in text.strip("| \n").split("|"))
        first, last = seeds.split("–")
        return cls(date, commit, setup, int(first), int(last), tuple(map(int, re.findall(r"\d+", failed))))


def added(lines: list[Line], played: Line) -> list[Line]:
    """With one round more: a line that ends just before it grows."""
    for at, line in enumerate(lines):
        if astuple(line)[:3] == astuple(played)[:3] and line.last + 1 == played.first:
            grown = replace(line, last=played.last, failed=line.failed + played.failed)
            return [*lines[:at], grown, *lines[at + 1 :]]
    return [*lines, played]


def note(setup: str, seed: int, holds: bool) -> None:
    """May be called by several processes at once."""
    played = Line(f"{datetime.now(UTC):%Y-%m-%d}", _commit(), setup, seed, seed, () if holds else (seed,))
    with PAPER.open("r+") as paper:
        fcntl.flock(paper, fcntl.LOCK_EX)
        before, lines, after = _parts(paper.read())
        paper.seek(0)
        paper.write("\n".join([before, HEADING, _RULE, *map(str, added(lines, played)), after]))
        paper.truncate()


def next_seed(setup: str) -> int:
    """One after the highest that was ever played on it."""
    return max((line.last for line in _parts(PAPER.read_text())[1] if line.setup == setup), default=0) + 1


def _parts(text: str) -> tuple[str, list[Line], str]:
    before, _, rest = text.partition(f"\n{HEADING}\n")
    rows = re.match(r"(?:\|.*\n)*", rest)[0]
    lines = [Line.of(row) for row in rows.splitlines() if not row.startswith("| ---")]
    return before, lines, rest[len(rows) :]


def _commit() -> str:
    asked = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True)
    return asked.stdout.strip() or "?"
