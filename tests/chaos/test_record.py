"""The table of rounds grows by itself, and says where to go on."""

from pathlib import Path

import pytest

from tests.chaos import record


@pytest.fixture
def paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "chaos.md"
    path.write_text(f"# Rounds\n\n{record.HEADING}\n| --- | --- | --- | --- | --- | --- | --- |\n\nMore.\n")
    monkeypatch.setattr(record, "PAPER", path)
    monkeypatch.setattr(record, "_commit", lambda: "abc1234")
    return path


def test_seeds_in_a_row_are_one_line(paper: Path) -> None:
    for seed, holds in ((5, True), (6, False), (7, True), (9, True)):
        record.note("embedded", seed, holds)
    record.note("grown-up", 8, True)

    text = paper.read_text()
    assert "| abc1234 | embedded | 5–7 | 3 | 2 | 6 |\n" in text
    assert "| abc1234 | embedded | 9–9 | 1 | 1 | – |\n" in text
    assert text.startswith("# Rounds\n\n| date")
    assert text.endswith("|\n\nMore.\n")


def test_the_next_seed_is_the_one_after_the_last(paper: Path) -> None:
    assert record.next_seed("embedded") == 1

    record.note("embedded", 41, True)

    assert (record.next_seed("embedded"), record.next_seed("grown-up")) == (42, 1)
