"""`manage.py runconsole` as a process: how it starts, what it prints, and how it ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
import requests

LINK = re.compile(r"^Sign in as admin, once, within 10 minutes: (http://127\.0\.0\.1:\d+/signin/link/[\w-]+/)$")


class Running:
    def __init__(self, repository, var, **environment):
        names = ("CONSOLE_", "DATABASE_URL", "REDIS_URL", "ALIBABA_", "SIMULATOR_", "DJANGO_")
        surroundings = {name: value for name, value in os.environ.items() if not name.startswith(names)}
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "runconsole"],
            cwd=repository,
            env={**surroundings, "CONSOLE_VAR": str(var), "SIMULATOR_PACE": "0", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines = []

    def until(self, pattern):
        """The first group of the first line that fits; the lines before it are kept, too."""
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if found := re.search(pattern, self.lines[-1]):
                return found[1] if found.groups() else found[0]
        raise AssertionError(f"it ended: {self.lines} {self.process.stderr.read()}")

    def stop(self, number=signal.SIGTERM):
        """Exit code, and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.communicate(timeout=20)
        return self.process.returncode, time.monotonic() - began


@pytest.fixture
def run(repository, tmp_path):
    started = []

    def start(**environment):
        started.append(Running(repository, tmp_path / "var", **environment))
        return started[-1]

    yield start
    for running in started:
        if running.process.poll() is None:
            running.process.kill()
        running.process.communicate()


def is_alive(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def sign_in(link):
    session = requests.Session()
    page = session.get(link)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
    return session.post(link, data={"csrfmiddlewaretoken": token}, allow_redirects=False)


def test_a_new_console_invites_its_first_admin_and_says_what_it_does(run, tmp_path):
    console = run()
    link = console.until(LINK)
    response = sign_in(link)
    ready = requests.get(link.partition("/signin")[0] + "/readyz")

    assert response.status_code == 303
    assert re.fullmatch(r"/(r/[\w-]+/commands|regions)/", response.headers["Location"])
    assert ready.json()["ready"] is True
    assert [line.partition(" ")[0] for line in console.lines] == ["Cloud", "The", "The", "The", "Listening", "Sign"]
    assert (tmp_path / "var" / "address").read_text() == link.partition("/signin")[0]
    for file in (tmp_path / "var").rglob("*"):
        assert file.stat().st_mode & 0o077 == 0, f"{file} can be read by others"  # C45


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_A16_told_to_stop_it_is_gone_within_five_seconds_with_its_child(run, tmp_path, number):
    console = run()
    child = int(console.until(r"simulated cloud is ready, on port (\d+)"))
    console.until(LINK)

    code, seconds = console.stop(number)

    assert code == 0
    assert seconds < 5
    assert not is_alive(child)
    assert not (tmp_path / "var" / "address").exists()


def test_a_console_that_was_killed_goes_on_where_it_was(run):
    first = run()
    child = int(first.until(r"on port (\d+)"))
    first.until(LINK)
    first.process.kill()
    first.process.wait()

    second = run()
    response = sign_in(second.until(LINK))

    assert response.status_code == 303
    wait_for(lambda: not is_alive(child))


def test_the_simulated_cloud_comes_back_at_the_same_address_when_it_dies(run):
    console = run()
    port = int(console.until(r"on port (\d+)"))
    console.until(LINK)
    [child] = subprocess.run(
        ["pgrep", "-P", str(console.process.pid), "-f", "simulator"], capture_output=True, text=True, check=True
    ).stdout.split()

    os.kill(int(child), signal.SIGKILL)
    wait_for(lambda: not is_alive(port))

    wait_for(lambda: is_alive(port))


def test_A23_a_second_one_on_the_same_folder_refuses_and_names_the_first(run):
    first = run()
    address = first.until(LINK).partition("/signin")[0]

    second = run()
    _, said = second.process.communicate(timeout=20)

    assert second.process.returncode == 1
    assert said == f"Already running (pid {first.process.pid}, {address}).\n"
    assert requests.get(f"{address}/healthz").status_code == 200


def test_a_given_port_that_is_taken_is_one_sentence(run, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        console = run(CONSOLE_PORT=str(other.getsockname()[1]))
        said, complained = console.process.communicate(timeout=20)

    assert console.process.returncode == 1
    assert re.fullmatch(
        r"Port \d+ is taken by another program; stop it, or set CONSOLE_PORT to a free port\.\n", complained
    )
    assert said == ""


def test_C55_an_endpoint_that_cannot_be_is_one_sentence(run):
    console = run(
        ALIBABA_CLOUD_ECS_ENDPOINT="http://cloud.example",
        ALIBABA_CLOUD_ACCESS_KEY_ID="id",
        ALIBABA_CLOUD_ACCESS_KEY_SECRET="secret",
    )
    _, complained = console.process.communicate(timeout=20)

    assert console.process.returncode == 1
    assert "only this machine may be reached without https" in complained
    assert "Traceback" not in complained


def test_C07_C58_where_others_can_reach_it_no_link_is_printed(run):
    console = run(CONSOLE_HOST="0.0.0.0")
    said = console.until("no one-time link is printed")

    console.stop()
    assert said
    assert not any("/signin/link/" in line for line in console.lines)


def test_signinlink_makes_a_person_and_prints_their_link(run, repository, tmp_path):
    console = run()
    console.until(LINK)
    made = manage(repository, tmp_path, "signinlink", "--user", "zhang.san", "--role", "operator")

    link = re.fullmatch(r"Sign in as zhang\.san, once, within 10 minutes: (\S+)\n", made.stdout)[1]
    assert sign_in(link).status_code == 303


def test_signinlink_of_a_stranger_needs_a_role(repository, tmp_path):
    manage(repository, tmp_path, "migrate", "-v0")

    refused = manage(repository, tmp_path, "signinlink", "--user", "zhang.san")

    assert refused.returncode == 1
    assert "say which --role they are to have (viewer, operator, admin)" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_C02_nobody_is_there_until_a_console_is_started(repository, tmp_path):
    manage(repository, tmp_path, "migrate", "-v0")

    people = manage(
        repository, tmp_path, "shell", "-v0", "-c", "from accounts.models import *; print(Person.objects.count())"
    )

    assert people.stdout == "0\n"


def manage(repository, tmp_path, *arguments):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=repository,
        env={**os.environ, "CONSOLE_VAR": str(tmp_path / "var"), "DATABASE_URL": "", "REDIS_URL": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )


def wait_for(condition, patience=15):
    until = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < until, "it did not come to that"
        threading.Event().wait(0.05)
