"""No browser or service test is left out in silence: with CI set that fails the run, else script/test says so."""

import os
from pathlib import Path

import pytest

TOLD = ("browser", "services", "proxy")

_reasons: dict[str, int] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and any(marker in report.keywords for marker in TOLD):
        reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple | list) else report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        _reasons[reason] = _reasons.get(reason, 0) + 1


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput") or not _reasons:
        return
    if told := os.environ.get("TEST_SKIPPED"):
        with Path(told).open("a") as file:
            file.writelines(
                f"Browser or service tests that did not run: {count}. {reason}\n" for reason, count in _reasons.items()
            )
    if os.environ.get("CI") and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for reason, count in _reasons.items():
        terminalreporter.write_line(f"Browser or service tests that did not run: {count}. {reason}", red=True)
