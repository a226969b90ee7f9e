import subprocess
import sys

import pytest

from consoleapp.lock import AlreadyRunning, Lock

HOLD = """
import sys
from pathlib import Path
from consoleapp.lock import Lock
lock = Lock(Path(sys.argv[1]))
lock.say("http://127.0.0.1:8123")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(repository, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.communicate()


def test_A23_a_second_console_learns_who_was_first(tmp_path, holder):
    with pytest.raises(AlreadyRunning, match=rf"^Already running \(pid {holder.pid}, http://127\.0\.0\.1:8123\)\.$"):
        Lock(tmp_path)


def test_A23_the_lock_of_a_dead_process_is_taken_over(tmp_path, holder):
    holder.kill()
    holder.wait()

    Lock(tmp_path).release()
