"""Of the exceptions in the logs only those count that are the console's own and that nothing explains."""

import json
from pathlib import Path

import pytest

from tests.chaos.logs import Logs
from tests.chaos.programs import REPOSITORY


def traceback(file: str, error: str) -> str:
    return f'Traceback (most recent call last):\n  File "{file}", line 1, in f\n    g()\n{error}'


OWN, FOREIGN = f"{REPOSITORY}/invocations/states.py", f"{REPOSITORY}/.venv/lib/kombu/redis.py"


@pytest.mark.parametrize("is_json", [True, False])
@pytest.mark.parametrize(
    ("file", "error", "counts"),
    [
        (OWN, "invocations.states.IllegalMove: unsure -> unsure", True),
        (OWN, "django.db.utils.OperationalError: terminating connection", False),
        (FOREIGN, "AttributeError: 'NoneType' object has no attribute 'hostname'", False),
    ],
)
def test_what_counts(tmp_path: Path, file: str, error: str, counts: bool, is_json: bool) -> None:
    said = traceback(file, error)
    (tmp_path / "worker-1.log").write_text(f"before\n{json.dumps({'exception': said}) if is_json else said}\nafter\n")
    logs = Logs(tmp_path)

    assert [complaint.endswith(error) for complaint in logs.complaints()] == [True] * counts
    assert logs.complaints() == []  # each is told once
