import os
import subprocess
import sys

import pytest

SKIPPED = """
import pytest

@pytest.mark.browser
def test_in_a_browser():
    pytest.skip("There is no Chromium.")

def test_of_something_else():
    pytest.skip("Not today.")

def test_that_runs():
    pass
"""


@pytest.fixture
def suite(repository, tmp_path):
    (tmp_path / "test_it.py").write_text(SKIPPED)

    def run(**environment):
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-o",
                "addopts=-p tests.skipping",
                "-c",
                "pyproject.toml",
                str(tmp_path),
            ],
            cwd=repository,
            env={**os.environ, "CI": "", "TEST_SKIPPED": str(tmp_path / "skipped"), **environment},
            capture_output=True,
            text=True,
        )

    return run


def test_a_skipped_browser_test_is_told_and_other_skips_are_not(suite, tmp_path):
    run = suite()

    assert run.returncode == 0
    told = "Browser or service tests that did not run: 1. There is no Chromium.\n"
    assert (tmp_path / "skipped").read_text() == told
    assert told in run.stdout


def test_with_ci_set_it_is_a_failure(suite):
    assert suite(CI="1").returncode == 1
