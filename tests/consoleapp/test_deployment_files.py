"""What a deployment is made of, read as text: no engine runs it here."""

import re

import pytest

PINNED = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)


@pytest.fixture
def compose(repository):
    """Each service of docker-compose.yml as its lines; the file is ours and plain."""
    services, name = {}, ""
    text = (repository / "docker-compose.yml").read_text()
    for line in text[text.index("\nservices:\n") :].splitlines():
        if found := re.match(r"^  (\w+):$", line):
            name = found[1]
            services[name] = []
        elif name:
            services[name].append(line.strip())
    return services


def test_the_team_deployment_has_web_worker_redis_and_postgres_and_a_simulator_on_request(compose):
    assert {"migrate", "web", "worker", "redis", "postgres", "simulator"} <= set(compose)
    assert "profiles: [simulated]" in compose["simulator"]
    assert [name for name, lines in compose.items() if any(line.startswith("profiles:") for line in lines)] == [
        "simulator"
    ]


def test_C44_nothing_but_the_web_server_is_published_and_that_on_loopback(compose):
    ports = {name: line for name, lines in compose.items() for line in lines if line.startswith("ports:")}

    assert ports == {"web": 'ports: ["127.0.0.1:8000:8000"]'}


def test_C44_no_password_has_a_default(repository):
    text = (repository / "docker-compose.yml").read_text()

    assert set(re.findall(r"\$\{(\w*PASSWORD)([^}]*)\}", text)) == {
        ("POSTGRES_PASSWORD", ":?"),
        ("REDIS_PASSWORD", ":?"),
    }
    assert "--requirepass" in text


def test_C44_the_console_runs_with_as_little_as_it_needs(repository):
    compose, image = (repository / "docker-compose.yml").read_text(), (repository / "Dockerfile").read_text()

    assert "read_only: true" in compose
    assert "cap_drop: [ALL]" in compose
    assert "docker.sock" not in compose
    assert re.search(r"^USER console$", image, re.MULTILINE)


def test_C58_the_image_does_not_start_a_simulated_cloud_by_itself(repository):
    [command] = re.findall(r"^CMD .*$", (repository / "Dockerfile").read_text(), re.MULTILINE)

    assert "gunicorn" in command
    assert "simulator" not in command
    assert "runconsole" not in command


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
