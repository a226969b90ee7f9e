"""`script/bootstrap` on machines that lack something, made of a PATH that holds only what is wanted."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

TOOLS = ("sh", "dirname", "cksum", "cat", "cut", "grep", "id", "mkdir", "mktemp", "rm", "sed", "tail", "touch")
NEW_ENOUGH = 'case "$1" in -V) echo "Python 3.12.0" ;; -c) exit 0 ;; '


@pytest.fixture
def machine():
    """A fresh clone, and a PATH with `TOOLS` and whatever is put beside them."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    yield Machine(folder)
    shutil.rmtree(folder)


class Machine:
    def __init__(self, folder):
        self.clone, self.bin = folder / "clone", folder / "bin"
        repository = Path(__file__).resolve().parents[2]
        for part in ("script", "requirements"):
            shutil.copytree(repository / part, self.clone / part)
        self.bin.mkdir()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))

    def has(self, name, script):
        program = self.bin / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def bootstrap(self, *arguments, **options):
        environment = {"PATH": str(self.bin), "HOME": str(self.clone), **options.pop("env", {})}
        return subprocess.run(
            ["script/bootstrap", *arguments],
            cwd=self.clone,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            **options,
        )

    @property
    def leftovers(self):
        return sorted(path.name for path in self.clone.iterdir() if path.name not in ("script", "requirements"))


def assert_one_sentence(run, sentence):
    assert run.returncode == 1
    assert sentence in run.stderr
    assert len(run.stderr.splitlines()) == 1


def test_a_python_that_is_too_old_is_named(machine):
    machine.has("python3", 'case "$1" in -V) echo "Python 3.9.2" ;; *) exit 1 ;; esac')

    run = machine.bootstrap()

    assert_one_sentence(run, "needs Python 3.11 or newer, and there is Python 3.9.2 here")
    assert machine.leftovers == []


def test_no_python_at_all_is_told(machine):
    run = machine.bootstrap()

    assert_one_sentence(run, "needs Python 3.11 or newer, and there is no Python at all here")
    assert machine.leftovers == []


def test_a_python_without_its_venv_module_leaves_nothing_behind(machine):
    machine.has("python3", NEW_ENOUGH + "-m) mkdir -p .venv/bin; exit 1 ;; esac")

    run = machine.bootstrap()

    assert_one_sentence(run, "This Python comes without its venv module; install it")
    assert machine.leftovers == []


def test_a_folder_that_may_not_be_written_is_named(machine):
    machine.has("python3", NEW_ENOUGH + "esac")
    machine.clone.chmod(0o555)
    somebody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}

    run = machine.bootstrap(**somebody)

    assert_one_sentence(run, f"This user may not write to {machine.clone}")
    assert machine.leftovers == []


def test_without_a_network_nothing_half_made_is_left(machine):
    machine.has("python3", f'exec {sys.executable} "$@"')
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1"}

    run = machine.bootstrap(env=nowhere)

    assert_one_sentence(run, "The packages can’t be downloaded; check the network")
    assert machine.leftovers == []


def test_it_does_nothing_when_the_lock_is_installed(machine):
    python = machine.clone / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\ncase "$1" in -V) echo "Python 3.12.0" ;; *) echo "used: $*" >&2; exit 1 ;; esac\n')
    python.chmod(0o755)
    checksum = subprocess.run(
        "cksum <requirements/dev.txt", shell=True, cwd=machine.clone, capture_output=True, text=True, check=True
    ).stdout
    (machine.clone / ".venv" / ".stamp").write_text(f"3.12.0 dev {checksum}")

    for wanted in ("dev", "run", ""):  # dev holds everything that run does
        run = machine.bootstrap(*([wanted] if wanted else []))
        assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_an_unknown_wish_is_told(machine):
    assert_one_sentence(machine.bootstrap("everything"), "Usage: script/bootstrap [run|dev]")
