"""What a deployment is made of, read as it is written; test_compose.py runs it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

PINNED = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)
TOOLS = Path(sys.executable).parent


@pytest.fixture
def compose(repository):
    return yaml.safe_load((repository / "docker-compose.yml").read_text())


@pytest.fixture
def services(compose):
    return compose["services"]


def test_the_team_deployment_has_web_worker_redis_and_postgres_and_a_simulator_on_request(services):
    assert set(services) == {"migrate", "web", "worker", "redis", "postgres", "simulator"}
    assert {name: each["profiles"] for name, each in services.items() if "profiles" in each} == {
        "simulator": ["simulated"]
    }


def test_the_compose_file_keeps_to_the_specification(repository):
    command = [TOOLS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", repository / "docker-compose.yml"]
    told = subprocess.run(command, capture_output=True, text=True)

    assert told.returncode == 0, told.stdout


def test_the_dockerfile_is_as_good_ones_are(repository):
    if not (TOOLS / "hadolint").exists():
        pytest.skip("hadolint comes for Linux on x86_64 only")
    told = subprocess.run([TOOLS / "hadolint", "Dockerfile"], cwd=repository, capture_output=True, text=True)

    assert told.stdout + told.stderr == ""


def test_every_service_that_stays_is_asked_for_its_health(services):
    assert {name for name, each in services.items() if "healthcheck" not in each} == {"migrate"}


def test_workers_and_web_servers_have_the_time_to_finish_what_they_are_in(services, repository):
    graceful = re.search(r"graceful_timeout = (\d+)", (repository / "gunicorn.conf.py").read_text())[1]

    assert services["worker"]["stop_grace_period"] == "2m"
    assert services["web"]["stop_grace_period"] == "40s"
    assert int(graceful) < 40


def test_C44_nothing_but_the_web_server_is_published_and_that_on_loopback(services):
    ports = {name: each["ports"] for name, each in services.items() if "ports" in each}

    assert ports == {"web": ["127.0.0.1:8000:8000"]}


def test_C44_passwords_come_by_file_and_have_no_default(compose, repository):
    text = (repository / "docker-compose.yml").read_text()
    values = [value for each in compose["services"].values() for value in each.get("environment", {}).items()]

    assert {name for name, _ in values if "PASSWORD" in name} == {
        "DATABASE_PASSWORD_FILE",
        "POSTGRES_PASSWORD_FILE",
        "REDIS_PASSWORD_FILE",
    }
    assert {each["file"].partition("}")[0] for each in compose["secrets"].values()} == {"${CONSOLE_SECRETS:?"}
    assert not re.search(r"\$\{\w*(SECRET|PASSWORD)\w*:-[^}]", text)
    assert "requirepass" in str(compose["services"]["redis"]["command"])


def test_C44_the_console_runs_with_as_little_as_it_needs(services, repository):
    for name in ("migrate", "web", "worker", "simulator"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
    assert "docker.sock" not in str(services)
    assert re.findall(r"^USER (.*)$", (repository / "Dockerfile").read_text(), re.MULTILINE) == ["10001"]


def test_C58_the_image_does_not_start_a_simulated_cloud_by_itself(repository):
    [command] = re.findall(r"^CMD (.*)$", (repository / "Dockerfile").read_text(), re.MULTILINE)

    assert json.loads(command) == ["gunicorn", "consoleapp.wsgi"]


@pytest.mark.parametrize(
    "kept", ["README.md", "pyproject.toml", "gunicorn.conf.py", "manage.py", "requirements/run.txt"]
)
def test_what_the_console_reads_while_it_runs_is_in_the_image(repository, kept):
    ignored = [line for line in (repository / ".dockerignore").read_text().splitlines() if line[:1] not in ("", "#")]

    assert (repository / kept).exists()
    assert not any(Path(kept).match(pattern) or kept.split("/")[0] == pattern for pattern in ignored)


def test_what_is_secret_or_only_for_developers_is_not_in_the_image(repository):
    ignored = set((repository / ".dockerignore").read_text().splitlines())

    assert {".git", "var", "secrets", "*.env", "tests", ".venv"} <= ignored


@pytest.mark.parametrize("lock", ["run", "dev", "uv"])
def test_C65_every_package_is_pinned_by_hash_and_no_address_is_in_a_lock(repository, lock):
    text = (repository / "requirements" / f"{lock}.txt").read_text()

    assert not re.search(r"https?://", text)
    for block in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_dev_holds_what_run_does_at_the_same_versions(repository):
    run, dev = (
        dict(PINNED.findall((repository / "requirements" / f"{lock}.txt").read_text())) for lock in ("run", "dev")
    )

    assert run.items() <= dev.items()


def test_continuous_integration_calls_script_test_and_takes_no_skip(repository):
    text = (repository / ".ci" / "run").read_text()

    assert 'exec "$(dirname "$0")/../script/test"' in text
    assert "CI=${CI:-1}" in text


@pytest.mark.parametrize("script", ["script/bootstrap", "script/server", "script/test", ".ci/run"])
def test_scripts_are_plain_shell(repository, script):
    path = repository / script

    assert path.stat().st_mode & 0o111
    assert path.read_text().startswith("#!/bin/sh\n")
    assert "\nset -eu\n" in path.read_text()
    assert "[[" not in path.read_text()


def test_the_licence_is_the_whole_apache_license(repository):
    text = (repository / "LICENSE").read_text()

    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
