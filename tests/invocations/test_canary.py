"""A secret is typed once and found nowhere: no answer, page, table, message, log, session or cache has it (C37-C41).

Its script prints it, and what is stored of that is masked. Spellings do not matter: whatever escapes the value leaves
the letters in its middle alone, and in Base64 they are one of three texts.
"""

import base64
import logging
import pickle
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from celery.signals import before_task_publish
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection as database
from django.test import Client
from django.urls import get_resolver, reverse

from accounts import keeping
from cloud import connection
from cloud.account import who_am_i
from commands.models import Command
from consoleapp.logs import JSONFormatter
from invocations import due, states, tasks
from invocations.answers import Answer
from invocations.models import Batch, BatchState, Draft, Invocation, Outcome, TargetState
from invocations.secrets import MASK
from tests.commands.edit_pages import rows_of
from tests.conftest import PersonClient
from tests.factories import HANGZHOU, AccountFactory, InstanceFactory, now
from tests.invocations.panels import Shown, fresh_region, panel_url, run_form, selection_url
from tests.permissions import MATRIX

pytestmark = pytest.mark.django_db(transaction=True)

CORE = "canary7741"
SECRET = f"<{CORE}>&'王\""
SCRIPT = "cat <<'END'\n{{token}} {{word}}\nEND\n"
NEW = f"/r/{HANGZHOU}/commands/new/"
FRAGMENT = {"HX-Request": "true"}


def in_base64(text: str) -> list[str]:
    """What is left of the text in Base64, wherever it begins in what is encoded."""
    return [
        base64.b64encode(b"\0" * before + text.encode()).decode()[-(-before * 4 // 3) + 1 : -4] for before in range(3)
    ]


SPELLINGS = re.compile("|".join(map(re.escape, [CORE, CORE.encode().hex(), *in_base64(CORE)])), re.IGNORECASE)


@dataclass
class Ears:
    """Everything that was said, by where."""

    said: list[tuple[str, str]] = field(default_factory=list)

    def hear(self, where: str, what: object) -> None:
        self.said.append((where, _text(what)))

    def answer(self, where: str, response) -> None:
        hops = [hop for hop, _status in getattr(response, "redirect_chain", [])]
        self.hear(where, [response.content, *map(str, response.headers.items()), *hops, str(response.cookies)])

    @property
    def leaks(self) -> list[str]:
        assert self.said
        return [where for where, text in self.said if SPELLINGS.search(text)]


def _text(what: object) -> str:
    if isinstance(what, bytes | memoryview):
        return bytes(what).decode("utf-8", "replace")
    if isinstance(what, list | tuple):
        return "\n".join(map(_text, what))
    return str(what)


def test_the_canary_is_recognised_however_it_is_spelled() -> None:
    for before in ("", "a", "ab", "token="):
        encoded = base64.b64encode(f"{before}{SECRET}".encode()).decode()
        assert SPELLINGS.search(encoded), before
    assert SPELLINGS.search(SECRET)
    assert not SPELLINGS.search(MASK + base64.b64encode(b"anything else").decode())


# The scene: a command with a secret, a machine to run it on


@pytest.fixture
def command(admin, simulator) -> Command:
    """Saved through the editor: `token` is secret, `word` is not."""
    AccountFactory(account_id=who_am_i(connection.current()).account_id, id=1)
    fresh_region()
    fields = {"name": "login", "type": "RunShellScript", "content": SCRIPT, "timeout": "60", "enable_parameter": "on"}
    secret = {"param-token-secret": "on", "param-token-allowed": f"/(?s){SECRET[:4]}.*/"}
    answer = admin.post(NEW, {**rows_of(SCRIPT), **fields, **secret, "token": str(uuid.uuid4()), "action": "save"})
    assert answer.status_code == 303
    return Command.objects.get(name="login")


@pytest.fixture
def machine(simulator) -> str:
    (instance_id,) = simulator.running_instances(HANGZHOU, 1)
    return InstanceFactory(instance_id=instance_id).instance_id


@pytest.fixture
def form(command, machine) -> Callable[..., dict[str, str]]:
    def fill_in(**more: str) -> dict[str, str]:
        return run_form(command, machine) | {"param-token": SECRET, "param-word": "hello"} | more

    return fill_in


@pytest.fixture
def started(admin, command, form) -> Callable[[], Invocation]:
    """The run that the form starts; it waits to be sent."""

    def start() -> Invocation:
        assert admin.post(panel_url(command), form()).status_code == 303
        return Invocation.objects.get()

    return start


def save_again(client, command: Command, **changed: str) -> None:
    """The next version, as somebody else saves it meanwhile."""
    fields = {"name": "login", "type": command.type, "timeout": "60", "enable_parameter": "on", "base": "1"}
    content = {"content": f"# again\n{SCRIPT}", **rows_of(SCRIPT)}
    edit = reverse("commands:edit", args=[HANGZHOU, command.cloud_id])
    answer = client.post(edit, {**fields, **content, "token": str(uuid.uuid4()), "action": "save", **changed})
    assert answer.status_code == 303, answer.content.decode()


# Where to look


def pages(arguments: dict[str, object]) -> Iterator[str]:
    """Every address that can be looked at and takes something of the run or its command."""
    for name, rule in MATRIX.items():
        wanted = _parameters(name)
        if "GET" in rule.methods and wanted and wanted <= arguments.keys():
            yield reverse(name, kwargs={one: arguments[one] for one in wanted})


def _parameters(name: str) -> set[str]:
    space, _colon, last = name.rpartition(":")
    resolver = get_resolver()
    found = resolver.namespace_dict[space][1].reverse_dict if space else resolver.reverse_dict
    return set(found.getlist(last)[0][0][0][1])


def look_around(ears: Ears, client: PersonClient, run: Invocation) -> None:
    """The console's pages, as pages and as fragments."""
    arguments = {
        "region": HANGZHOU,
        "cloud_id": run.command_cloud_id,
        "run": run.pk,
        "instance_id": run.targets.get().instance_id,
        "kind": "instances",
        "draft": Draft.objects.filter(person=client.person).values_list("pk", flat=True).first() or uuid.uuid4(),
    }
    more = ["/", "/runs/", "/system/", f"/r/{HANGZHOU}/runs/?q=login", f"/r/{HANGZHOU}/commands/export/?format=yaml"]
    for url in [*pages(arguments), *more]:
        for headers in ({}, FRAGMENT):
            ears.answer(f"GET {url} {headers}", client.get(url, headers=headers, follow=True))


def columns() -> Iterator[tuple[str, object]]:
    """Every value of every table, and on SQLite the bytes of its files too."""
    with database.cursor() as cursor:
        for table in database.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {database.ops.quote_name(table)}")
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                yield from ((f"{table}.{name}", value) for name, value in zip(names, row, strict=True))
    if database.vendor == "sqlite":
        path = str(database.settings_dict["NAME"])
        yield from ((name, Path(name).read_bytes()) for name in (path, f"{path}-wal") if Path(name).exists())


def look_into_storage(ears: Ears, when: str) -> None:
    for where, value in columns():
        ears.hear(f"{when}: {where}", value)
    ears.hear(f"{when}: cache", [pickle.dumps(value) for value in cache._cache.values()])
    for where, value in in_redis():
        ears.hear(f"{when}: Redis {where}", value)


def in_redis() -> Iterator[tuple[str, object]]:
    if django_settings.REDIS_URL:
        store = redis.from_url(django_settings.REDIS_URL)
        read = {b"string": store.get, b"list": lambda key: store.lrange(key, 0, -1), b"hash": store.hgetall}
        read |= {b"set": store.smembers, b"zset": lambda key: store.zrange(key, 0, -1)}
        for key in store.scan_iter():
            yield key.decode(), str(read[store.type(key)](key))


@pytest.fixture
def ears(transactional_db, caplog) -> Iterator[Ears]:
    """Also hears every message to the workers, and every line of the log, the most talkative ones included."""
    ears = Ears()
    if database.vendor == "sqlite":  # its file keeps what was deleted, of the test before, too
        with database.cursor() as cursor:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def hear(sender=None, body=None, headers=None, **_more):
        ears.hear(f"message {sender}", str([body, headers]))

    before_task_publish.connect(hear)
    with caplog.at_level(logging.DEBUG):
        yield ears
    before_task_publish.disconnect(hear)


def listen_to_log(ears: Ears, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """What was logged, as the console writes it, and whatever was printed."""
    formatter = JSONFormatter()
    for record in caplog.records:
        ears.hear(f"log {record.name}", formatter.format(record).encode().decode("unicode-escape"))
    for printed in capfd.readouterr():
        ears.hear("printed", printed)


# While it is typed


def asked_of_panel(command: Command, form: Callable[..., dict[str, str]]) -> dict[str, tuple[str, dict[str, object]]]:
    """What can be asked with the form: address and fields, by what is answered."""
    draft = uuid.uuid4()
    carried = {"command": command.cloud_id, "draft": str(draft)}
    panel = panel_url(command)
    return {
        "as typed": (panel, form(action="check", touched="param-token")),
        "refused by the pattern": (panel, form(**{"param-token": f"?{SECRET}"})),
        "refused elsewhere": (panel, form(timeout="soon")),
        "made from another version": (panel, form(version="7", digest="0")),
        "twice": (panel, form() | {"param-token": [SECRET, SECRET]}),
        "unknown parameter": (panel, form(**{"param-unknown": "1"})),
        "unusable": (panel, form(**{"param-token": f"{SECRET}\0"})),
        "of a strange field": (panel, form(**{"param-tokens": "1", "x" * 200: "1"})),
        "with many lines": (panel, form(**{"param-token": f"{SECRET}\r\n{SECRET}", "timeout": ""})),
        "search": (selection_url(draft), form(op="show", q="web", **carried)),
    }


def test_C41_no_answer_to_a_form_with_a_secret_repeats_it(admin, command, form, ears, caplog, capfd) -> None:
    for name, (url, fields) in asked_of_panel(command, form).items():
        for headers in ({}, FRAGMENT):
            ears.answer(f"{name} {headers}", admin.post(url, fields, headers=headers, follow=True))
    for draft in Draft.objects.values_list("pk", flat=True):
        ears.answer("draft", admin.get(panel_url(command, draft=draft), follow=True))
    look_into_storage(ears, "typed")
    listen_to_log(ears, caplog, capfd)

    assert ears.leaks == []
    assert not Invocation.objects.exists()


@pytest.mark.parametrize("is_secret", ["on", ""])
def test_C41_a_secret_typed_for_an_older_version_is_not_repeated_by_what_tells_of_the_newer(
    admin, command, form, ears, is_secret
) -> None:
    """The newer one may not call it a secret any more; who typed it took it for one."""
    opened = Shown(admin.get(panel_url(command), headers=FRAGMENT))
    seen = {name: opened.value(name) for name in ("version", "digest")}
    save_again(admin, command, **{"param-token-secret": is_secret})

    for headers in ({}, FRAGMENT):
        answer = admin.post(panel_url(command), form(**seen), headers=headers, follow=True)
        assert answer.status_code == 409
        ears.answer(str(headers), answer)
        stay = panel_url(command, stay="1")
        ears.answer(f"stay {headers}", admin.post(stay, form(action="check", **seen), headers=headers, follow=True))
    look_into_storage(ears, "refused")

    assert ears.leaks == []
    assert not Invocation.objects.exists()


@pytest.fixture
def careful(admin) -> Client:
    """The same person's browser, which has to show its CSRF token."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin.person)
    return client


@pytest.mark.parametrize("meanwhile", ["nothing", "saved again", "no secret any more", "deleted"])
def test_C41_a_form_that_came_too_late_to_be_taken_does_not_keep_its_secret(
    admin, careful, stranger, command, form, ears, meanwhile
) -> None:
    """Its token is no longer good, or its person is signed out: what was typed is kept for later, but no secret."""
    panel = panel_url(command)
    if meanwhile == "saved again":
        save_again(admin, command, **{"param-token-secret": "on"})
    elif meanwhile == "no secret any more":
        save_again(admin, command)
    elif meanwhile == "deleted":
        command.delete()

    answers = {"bad token": careful.post(panel, form()), "signed out": stranger.post(panel, form())}

    assert [answer.status_code for answer in answers.values()] == [403, 401]
    for name, answer in answers.items():
        ears.answer(name, answer)
    kept = re.search(r'name="kept" value="([^"]+)"', answers["signed out"].content.decode())
    ears.hear("kept", str(keeping.unfold(kept[1]) if kept else ""))
    assert ears.leaks == []


@pytest.mark.parametrize(
    "lines", [f"rm -rf /etc/{CORE}/..", f"rm -rf /{CORE}/../usr", f"rm -rf ${CORE}/", f"rm -rf /home/{CORE}/../*"]
)
def test_C41_a_dangerous_line_that_came_with_a_secret_is_not_told_by_its_words(
    admin, command, form, ears, lines
) -> None:
    """Here the secret itself ends the text that the script prints, and goes on with a line of its own."""
    fields = form(**{"param-token": f"{SECRET}\r\nEND\r\n{lines}\r\n"})

    for headers in ({}, FRAGMENT):
        for action in ("check", "run"):
            answer = admin.post(panel_url(command), fields | {"action": action}, headers=headers)
            assert "is dangerous" in Shown(answer).text
            ears.answer(f"{action} {headers}", answer)

    assert ears.leaks == []


@pytest.mark.urls("tests.front.urls")
def test_C37_a_page_that_breaks_repeats_nothing_of_the_form(admin, form, ears, caplog, capfd) -> None:
    admin.raise_request_exception = False

    for headers in ({}, FRAGMENT):
        answer = admin.post("/wrong/broken/", form(), headers=headers)
        assert answer.status_code == 500
        ears.answer(str(headers), answer)
    listen_to_log(ears, caplog, capfd)

    assert ears.leaks == []


# While it runs, and afterwards

FAULTS = {
    "answer lost": {"kind": "lose_after", "times": 1},
    "refused": {"kind": "reject", "code": "InvalidParameter.Parameters"},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_C39_a_run_leaves_its_secret_nowhere(
    admin, simulator, started, work_until_quiet, ears, caplog, capfd, fault
) -> None:
    simulator.fault("InvokeCommand", **fault)
    run = started()
    for name, argument in due.jobs():
        ears.hear(f"argument of {name}", argument)
    look_into_storage(ears, "queued")
    look_around(ears, admin, run)

    work_until_quiet()

    look_into_storage(ears, "done")
    look_around(ears, admin, run)
    again = reverse("invocations:again", args=[HANGZHOU, run.pk])
    ears.answer("again", admin.post(again, follow=True))
    listen_to_log(ears, caplog, capfd)
    assert ears.leaks == []
    assert {where.split()[0] for where, _said in ears.said} >= {"message", "argument", "GET"}
    assert Batch.objects.get().secrets is None
    if fault["kind"] == "lose_after":
        assert [one.parameters["token"] for one in simulator.journal.executions()] == [SECRET]
        assert bytes(run.targets.get().output.content).decode() == f"{MASK} hello\n"
        assert "Secret values are hidden" in Shown(admin.get(run.get_absolute_url())).text


def test_C41_what_a_batch_printed_that_was_given_up_is_not_kept_where_its_secret_can_no_longer_be_masked(
    admin, simulator, started, work_until_quiet, ears
) -> None:
    simulator.fault("InvokeCommand", "lose_after", times=1)
    run = started()
    batch = run.batches.get()
    tasks.dispatch_batch(str(batch.pk))
    attempt = batch.attempts.get()
    long_ago = now() - timedelta(days=2)
    batch.attempts.update(started_at=long_ago, send_by=long_ago)
    assert states.give_up(Batch.objects.get(), began=now())

    (call,) = simulator.journal.calls("InvokeCommand")
    states.record(attempt, Answer(outcome=Outcome.ACCEPTED, invoke_id=call.invoke_id))
    work_until_quiet()

    assert Batch.objects.get().state == BatchState.FINISHED
    assert run.targets.get().state == TargetState.SUCCESS
    look_into_storage(ears, "late")
    look_around(ears, admin, run)
    assert ears.leaks == []
    assert "so nothing of it is kept" in Shown(admin.get(run.get_absolute_url())).text
