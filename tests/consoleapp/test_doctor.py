"""`manage.py doctor`: what works, what does not, what mends it; and it changes nothing."""

import json
import os
import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder

from cloud import account
from consoleapp.models import Tick, Worker
from invocations.models import Deployment
from regions.models import MirrorKind
from tests.factories import HANGZHOU, AccountFactory, BatchFactory, MirrorFactory, now

pytestmark = pytest.mark.django_db

POLICY = "add it to the policy in README.md"


@pytest.fixture(autouse=True)
def at_work(db, settings, tmp_path):
    """A worker, a tick a moment ago, and a folder of its own."""
    settings.VAR = tmp_path / "var"
    settings.VAR.mkdir(mode=0o700)
    account._identities.clear()
    Tick.objects.create(pk=1, due_at=now(), claimed_at=now(), claimed_by="one")
    Worker.objects.create(name="one", started_at=now(), seen_at=now())


@pytest.fixture
def look(capsys):
    """The lines by what they are about, and the exit code."""

    def call(*arguments: str) -> tuple[dict[str, dict[str, str]], int]:
        capsys.readouterr()
        code = 0
        try:
            call_command("doctor", "--json", *arguments)
        except SystemExit as end:
            code = end.code
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return {line["part"]: line for line in lines}, code

    return call


def bad(lines: dict[str, dict[str, str]]) -> set[str]:
    return {part for part, line in lines.items() if line["level"] == "bad"}


def test_where_all_is_well_it_says_so_of_each_thing(look, simulator):
    lines, code = look()

    assert (bad(lines), code) == (set(), 0)
    assert {"database", "writable", "migrations", "broker", "worker", "tick", "clock", "credentials"} <= set(lines)
    assert lines[HANGZHOU]["said"] == "answers"
    assert lines["ecs:InvokeCommand"]["level"] == "ok"
    assert lines["ecs:CreateCommand"]["said"].startswith("can't be tried without an effect")


def test_trying_the_permissions_changes_nothing_in_the_cloud(look, simulator):
    before = simulator.request("GET", f"instances?region={HANGZHOU}")
    (machine,) = simulator.running_instances(HANGZHOU, 1)

    look("--instance", machine)

    assert simulator.journal.executions() == []
    assert simulator.request("GET", f"instances?region={HANGZHOU}") == before
    assert simulator.journal.calls("CreateCommand") == []
    assert {c.invoke_id for c in simulator.journal.calls("InvokeCommand") if c.status == 200} <= {""}


TRIED = (
    "ecs:DescribeRegions",
    "ecs:DescribeInstances",
    "ecs:DescribeCloudAssistantStatus",
    "ecs:DescribeManagedInstances",
    "ecs:DescribeCommands",
    "ecs:DescribeInvocations",
    "ecs:DescribeInvocationResults",
    "ecs:DescribeAccountAttributes",
    "ecs:RunCommand",
    "ecs:ModifyCommand",
    "ecs:DeleteCommand",
    "oos:ListSecretParameters",
)
TAGGED = ("ecs:InvokeCommand", "ecs:StopInvocation", "ecs:StartInstances")


def test_each_action_that_is_missing_is_named_with_what_mends_it(look, simulator):
    for action in TRIED:
        simulator.fault(action.partition(":")[2], "forbid")

    lines, code = look()

    assert bad(lines) == set(TRIED)
    assert code == 1
    for action in TRIED:
        assert lines[action]["remedy"].startswith(f"{action}: {POLICY}")
        assert lines[action]["said"].startswith("missing: ")


def test_a_refusal_that_a_policy_for_tagged_machines_would_give_too_is_not_called_missing(look, simulator):
    for action in (*TAGGED, "ecs:InstallCloudAssistant"):
        simulator.fault(action.partition(":")[2], "forbid")

    lines, code = look()

    assert code == 0
    assert {lines[action]["level"] for action in TAGGED} == {"warning"}
    assert "--instance" in lines["ecs:InvokeCommand"]["remedy"]

    (machine,) = simulator.running_instances(HANGZHOU, 1)
    lines, code = look("--instance", machine)
    assert bad(lines) == set(TAGGED)
    assert lines["ecs:InstallCloudAssistant"]["level"] == "warning"


def test_every_action_of_the_readme_is_tried_or_said_not_to_be(look, simulator, repository):
    text = (repository / "README.md").read_text()
    policy = text[text.index('"Statement": [') : text.index("Some accounts want")]
    allowed = set(re.findall(r'"((?:ecs|oos):\w+)"', policy)) - {"ecs:CommandRunAs", "ecs:StartInstance"}

    lines, _code = look()

    assert allowed <= set(lines)


def test_without_a_cloud_the_rest_is_still_told(look, settings, simulator):
    settings.ECS_ENDPOINT = settings.OOS_ENDPOINT = settings.STS_ENDPOINT = "http://127.0.0.1:9"

    lines, code = look()

    assert code == 1
    assert bad(lines) == {"credentials"}
    assert lines["credentials"]["remedy"].startswith("Check the network")
    assert lines["database"]["level"] == "ok"


def test_wrong_credentials_are_told_from_a_missing_permission(look, simulator):
    simulator.fault("", "credentials", state="revoked")

    lines, code = look()

    assert (bad(lines), code) == ({"credentials"}, 1)


def test_a_region_that_is_closed_is_named(look, simulator):
    MirrorFactory(region="eu-central-1", kind=MirrorKind.INSTANCES)
    simulator.fault("", "region_closed", region="eu-central-1")

    lines, _code = look("--region", HANGZHOU)

    assert bad(lines) == {"eu-central-1"}


def test_E2_a_clock_that_is_off_is_told_by_how_much(look, simulator):
    simulator.clock(600)

    lines, _code = look()

    assert lines["clock"]["level"] == "bad"
    assert 590 < float(lines["clock"]["said"].split()[0]) < 610


def test_another_account_than_that_of_the_database_is_told(look, simulator):
    AccountFactory(account_id="999")

    lines, _code = look()

    assert bad(lines) == {"account"}


def test_without_a_database_the_cloud_is_still_looked_at(look, simulator):
    def refuse(*args):
        raise DatabaseError("the server is gone\nand more")

    with connection.execute_wrapper(refuse):
        lines, code = look("--region", HANGZHOU)

    assert code == 1
    assert bad(lines) == {"database"}
    assert lines["database"]["said"] == "does not answer: the server is gone"
    assert lines["schema"]["level"] == lines["rows"]["level"] == lines["keys"]["level"] == "skipped"
    assert lines["ecs:InvokeCommand"]["level"] == "ok"


def test_A38_a_database_that_cannot_be_written_to_is_told_why(look, simulator):
    def refuse_writing(execute, sql, *args):
        if sql.startswith("UPDATE"):
            raise DatabaseError("database or disk is full")
        return execute(sql, *args)

    with connection.execute_wrapper(refuse_writing):
        lines, _code = look()

    assert bad(lines) == {"writable"}
    assert lines["writable"]["said"] == "database or disk is full"


def test_what_the_other_processes_lack_is_told_with_what_mends_it(look, simulator):
    Worker.objects.all().delete()
    Tick.objects.update(claimed_at=now() - timedelta(minutes=5))
    Deployment.objects.update_or_create(pk=1, defaults={"deployment_id": "d", "paused_at": now()})

    lines, _code = look()

    assert bad(lines) == {"worker", "tick", "sending"}
    assert "celery -A consoleapp worker" in lines["worker"]["remedy"]


def test_A40_missing_migrations_are_told(look, simulator):
    MigrationRecorder(connection).record_unapplied("consoleapp", "0001_initial")

    lines, _code = look()

    assert bad(lines) == {"migrations"}
    assert "manage.py migrate" in lines["migrations"]["said"]


def test_C45_files_that_others_may_read_are_told_with_the_command_that_mends_it(look, simulator, settings):
    key = settings.VAR / "encryption_key"
    key.write_text("k")
    key.chmod(0o644)

    lines, _code = look()

    assert bad(lines) == {"folder"}
    assert lines["folder"]["remedy"] == f"chmod go-rwx {key}"
    os.chmod(key, 0o600)
    assert bad(look()[0]) == set()


def test_secrets_that_no_key_opens_are_told(look, simulator):
    BatchFactory(secrets=b"sealed with another key")

    assert bad(look()[0]) == {"keys"}


def test_A27_a_broker_that_does_not_answer_is_told(look, simulator, settings):
    settings.REDIS_URL = "redis://:canary@127.0.0.1:9/0"

    lines, _code = look()

    assert bad(lines) == {"broker"}
    assert lines["limiter"]["level"] == "warning"
    assert "canary" not in str(lines)


def test_the_simulated_cloud_of_script_server_needs_no_looking_at(look, settings):
    settings.ECS_ENDPOINT = settings.OOS_ENDPOINT = settings.STS_ENDPOINT = ""

    lines, code = look()

    assert (lines["cloud"]["level"], code) == ("skipped", 0)
    assert not [part for part in lines if part.startswith("ecs:")]


def test_a_person_reads_level_part_and_remedy(capsys, simulator):
    simulator.fault("DescribeCommands", "forbid")

    with pytest.raises(SystemExit):
        call_command("doctor")

    told = capsys.readouterr().out.splitlines()
    [at] = [n for n, line in enumerate(told) if line.startswith("bad")]
    assert told[at].split()[:3] == ["bad", "ecs:DescribeCommands", "missing:"]
    assert told[at + 1].strip().startswith(f"ecs:DescribeCommands: {POLICY}")


def test_C37_no_key_and_no_token_is_printed(capsys, simulator, settings):
    call_command("doctor")

    told = capsys.readouterr().out
    for secret in (settings.CLOUD_ACCESS_KEY_SECRET, settings.SECRET_KEY, settings.ENCRYPTION_KEYS[0]):
        assert secret not in told
