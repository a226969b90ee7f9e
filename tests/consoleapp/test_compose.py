"""The team's deployment, run as docker-compose.yml says it: the same commands, environment and health checks."""

import os
import re
import signal
from collections import Counter
from pathlib import Path

import pytest
import requests

from tests import services
from tests.compose import Stack, is_listening, redis_cli
from tests.consoleapp.test_running import wait_for
from tests.invocations.panels import Shown
from tests.services import free_port
from tests.simulated_cloud import SimulatedCloud

pytestmark = pytest.mark.services

PASSWORD = "a-horse-and-its-staple"
ODD = 'p@ss/w"ord:#1 \\ %'  # any characters will do, for no URL has to hold them
TARGETS = 24


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    try:
        client = redis_cli()
    except LookupError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("compose")
    (folder / "secrets").mkdir()
    for name in ("postgres_password", "redis_password"):
        (folder / "secrets" / name).write_text(f"{ODD}\n")
    postgres = services.postgres().start()
    web, redis, cloud = free_port(), free_port(), free_port()
    stack = Stack(
        folder=folder,
        variables={
            "CONSOLE_SECRETS": str(folder / "secrets"),
            "CONSOLE_URL": f"http://localhost:{web}",
            "CONSOLE_CLOUD": "simulated",
            "ALIBABA_CLOUD_ECS_ENDPOINT": f"http://127.0.0.1:{cloud}",
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI-test-id",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "test-secret",
        },
        console_env={
            "CONSOLE_API_QPS": "*=1000",
            "CONSOLE_BATCH_SIZE": "1",
            "CONSOLE_LOG_LEVEL": "INFO",
            "SIMULATOR_CONTROL_TOKEN": "token",
            "SIMULATOR_PACE": "0",
        },
        places={
            "postgres://console@postgres/console": postgres.url,
            "redis://redis:6379/0": f"redis://127.0.0.1:{redis}/0",
            "/run/secrets": str(folder / "secrets"),
            "/var/lib/console": str(folder),
            "redis-server -": f"{services.redis_binary()} - --port {redis} --bind 127.0.0.1 --dir {folder}",
            "redis-cli": f"{client} -p {redis}",
            "pg_isready": str(Path(postgres.command[0]).parent / "pg_isready"),
            ":8000": f":{web}",
            "9001": str(cloud),
        },
        surroundings={"PATH": os.environ["PATH"], "HOME": str(folder), "PGHOST": str(postgres.folder)},
    )
    yield stack
    stack.stop()
    postgres.discard()


@pytest.fixture(scope="module")
def deployed(stack):
    """All services, in the order of their `depends_on`."""
    stack.start("redis")
    stack.start("simulator")
    migrated = stack.run(*stack.service("migrate")["command"], service="migrate")
    assert migrated.returncode == 0, migrated.stderr
    admin = {"DJANGO_SUPERUSER_USERNAME": "ada", "DJANGO_SUPERUSER_PASSWORD": PASSWORD, "DJANGO_SUPERUSER_EMAIL": ""}
    made = stack.run("python", "manage.py", "createsuperuser", "--noinput", **admin)
    assert made.returncode == 0, made.stderr
    stack.start("web")
    stack.start("worker")
    wait_for(lambda: is_listening(int(stack.places[":8000"][1:])), patience=60)
    wait_for(lambda: requests.get(f"{address(stack)}/readyz", timeout=30).ok, patience=60)
    return stack


def address(stack):
    return stack.variables["CONSOLE_URL"]


@pytest.fixture(scope="module")
def cloud(deployed):
    return SimulatedCloud(
        deployed.running["simulator"],
        deployed.variables["ALIBABA_CLOUD_ECS_ENDPOINT"],
        ("LTAI-test-id", "test-secret"),
        "token",
        deployed.folder / "simulator",
    )


@pytest.fixture(scope="module")
def admin(deployed):
    session = requests.Session()
    page = session.get(f"{address(deployed)}/signin/")
    form = {"csrfmiddlewaretoken": Shown(page).value("csrfmiddlewaretoken"), "username": "ada", "password": PASSWORD}
    answer = session.post(page.url, form, headers={"Referer": page.url}, allow_redirects=False)
    assert answer.status_code == 303, answer.text
    return session


@pytest.fixture
def run_on(deployed, admin, cloud):
    """A run of a saved command by its form, as a plain browser sends it; returns its address."""
    base = f"{address(deployed)}/r/cn-hangzhou"

    def start(ids):
        wait_for(lambda: "restart-service" in admin.get(f"{base}/commands/?q=restart-service").text)
        page = admin.get(f"{base}/commands/?q=restart-service")
        path = re.search(r'href="(/r/cn-hangzhou/commands/c-[^/]+/run/)', page.text)[1]
        panel = f"{address(deployed)}{path}"
        wait_for(lambda: ids[0] in admin.get(f"{base}/instances/?q={ids[0]}").text)
        fields = {name: values[-1] for name, values in Shown(admin.get(panel)).fields.items()}
        form = fields | {
            "action": "run",
            "param-service": "nginx",
            "username": "deploy",
            "instance_ids": ",".join(ids),
        }
        answer = admin.post(panel, form, headers={"Referer": panel}, allow_redirects=False)
        assert answer.status_code == 303, Shown(answer).errors
        return f"{address(deployed)}{answer.headers['Location']}"

    return start


def finished(admin, run):
    return int(Shown(admin.get(run)).part("run-progress")["data-finished"])


def has_ended(admin, run, count):
    return finished(admin, run) == count


@pytest.mark.parametrize("service", ["postgres", "redis", "simulator", "web", "worker"])
def test_each_service_says_that_it_is_well(deployed, service):
    assert deployed.is_healthy(service)


def test_a_run_by_the_form_ends(deployed, admin, cloud, run_on):
    ids = cloud.running_instances("cn-hangzhou", 3)

    run = run_on(ids)

    wait_for(lambda: has_ended(admin, run, 3), patience=60)
    assert Counter(one.instance_id for one in cloud.journal.executions()) == Counter(ids)


def test_no_command_and_no_environment_holds_a_password(deployed):
    for name in ("migrate", "web", "worker", "redis", "postgres"):
        assert ODD not in str(deployed.command(name) if name != "postgres" else ""), name
        assert ODD not in str(deployed.environment(name)), name


def test_B99_gunicorn_believes_no_neighbour_about_https(deployed):
    """Only CONSOLE_TRUSTED_PROXIES are, which names none here."""
    says = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9", "SCRIPT_NAME": "/evil"}

    page = requests.get(f"{address(deployed)}/signin/", headers=says)

    assert page.status_code == 200
    assert "/evil" not in page.text
    assert not any(cookie.secure for cookie in page.cookies)


def test_A98_workers_and_web_servers_are_changed_under_a_run_and_nothing_runs_twice(deployed, admin, cloud, run_on):
    ids = cloud.running_instances("cn-hangzhou", 3 + TARGETS)[3:]
    before = len(cloud.journal.calls("InvokeCommand"))
    slow = cloud.fault("InvokeCommand", "slow", seconds=1, rate=1.0)
    run = run_on(ids)
    wait_for(lambda: len(cloud.journal.calls("InvokeCommand")) - before >= 3)

    old = deployed.running["worker"]
    old.send_signal(signal.SIGTERM)
    deployed.running["web"].send_signal(signal.SIGHUP)
    assert old.wait(60) == 0
    sent_by_the_old = cloud.journal.calls("InvokeCommand")[before:]
    deployed.start("worker", "second worker")
    cloud.take_back(slow)
    wait_for(lambda: has_ended(admin, run, TARGETS), patience=90)

    assert 3 <= len(sent_by_the_old) < TARGETS
    assert {call.status for call in sent_by_the_old} == {200}  # it finished what it had begun
    calls = cloud.journal.calls("InvokeCommand")[before:]
    assert Counter(one for call in calls for one in call.instance_ids) == Counter(ids)
    ran = Counter(one.instance_id for one in cloud.journal.executions() if one.instance_id in ids)
    assert ran == Counter(ids)


def test_a_web_server_that_is_told_to_leave_answers_what_it_was_asked(deployed, admin):
    web = deployed.running["web"]

    web.send_signal(signal.SIGTERM)
    web.wait(40)

    assert web.returncode == 0
    assert "Traceback" not in deployed.log("web")
    deployed.start("web")
    wait_for(lambda: is_listening(int(deployed.places[":8000"][1:])), patience=30)


def test_the_stack_needs_what_the_compose_file_asks_for(stack):
    with pytest.raises(KeyError, match="CONSOLE_SECRETS"):
        Stack(stack.folder, {}, {}, stack.places, {}).service("web")
