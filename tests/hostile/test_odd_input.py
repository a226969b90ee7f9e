"""Input that nobody types on purpose, and what the limits of the databases make of it: never a 500."""

import uuid

import pytest
from django.urls import reverse

from invocations.models import Draft, Invocation
from tests.factories import HANGZHOU, CommandFactory, InstanceFactory, TargetFactory
from tests.invocations.panels import fresh_region, panel_url, run_form, selection_url

pytestmark = pytest.mark.django_db

NUL = "i-a\0b"
AS_FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def command():
    fresh_region()
    return CommandFactory()


@pytest.fixture
def run(command) -> Invocation:
    return TargetFactory(invocation__command=command).invocation


@pytest.mark.parametrize("field", ["instance_ids", "managed_instance_ids", "carried_ids", "shown_ids"])
@pytest.mark.parametrize("action", ["run", "check"])
def test_B06_an_id_with_a_NUL_is_one_that_is_not_there(operator, command, field, action) -> None:
    response = operator.post(
        panel_url(command), run_form(command, **{"action": action, "instance_ids": "", field: NUL})
    )

    assert response.status_code == (422 if action == "run" else 200)
    assert not Invocation.objects.exists()


@pytest.mark.parametrize(
    ("op", "fields"),
    [("add", {"ids": NUL}), ("add_page", {"ids": NUL}), ("undo", {"undo_ids": NUL}), ("remove", {"ids": NUL})],
)
def test_B06_a_selection_is_changed_by_no_id_with_a_NUL(operator, command, op, fields) -> None:
    draft = uuid.uuid4()
    response = operator.post(selection_url(draft, command=command.cloud_id), {"op": op, **fields})

    assert response.status_code == 303
    assert "\0" not in str(Draft.objects.get(pk=draft).chosen)


def test_B06_a_pasted_name_with_a_NUL_is_no_name(operator, command) -> None:
    url = reverse("invocations:paste", args=[HANGZHOU, uuid.uuid4()], query={"command": command.cloud_id})

    assert operator.post(url, {"ids": "web\0one", "names": "on"}).status_code == 200


def test_B06_a_command_with_a_NUL_in_its_id_is_not_there(operator, command) -> None:
    url = reverse("invocations:paste", args=[HANGZHOU, uuid.uuid4()])

    assert operator.post(url, {"command": "c-\0"}).status_code == 404


@pytest.mark.parametrize("name", ["instances:start", "instances:install_agent"])
def test_B06_nothing_is_mended_on_an_id_with_a_NUL(operator, command, name) -> None:
    assert operator.post(reverse(name, args=[HANGZHOU]), {"ids": NUL}).status_code == 422


def test_B06_nothing_is_stopped_on_an_id_with_a_NUL(operator, run) -> None:
    url = reverse("invocations:stop", args=[HANGZHOU, run.pk])

    assert operator.post(url, {"scope": "targets", "ids": NUL}).status_code == 303


QUERIES = {
    "invocations:history_all": ["region", "q", "operator", "top", "before"],
    "invocations:run": ["q", "code", "tag", "target", "state", "exit", "v", "batch_page"],
    "invocations:live": ["q", "code", "tag", "target"],
    "invocations:stop": ["ids", "batch"],
    "invocations:picker": ["command", "q", "instance_ids", "carried_ids", "draft"],
    "invocations:suggestions": ["word"],
    "invocations:panel": ["ids", "working_dir", "username", "q", "draft", "param-x"],
    "invocations:review": ["review_q", "instance_ids", "ids"],
    "instances:start": ["ids", "next"],
    "instances:list": ["q", "agent", "sort", "page"],
    "commands:list": ["q", "type", "tag"],
}


@pytest.mark.parametrize("name", QUERIES)
def test_B06_a_NUL_in_an_address_is_found_nowhere(operator, command, run, name) -> None:
    known = {
        "region": HANGZHOU,
        "run": run.pk,
        "cloud_id": command.cloud_id,
        "kind": "instances",
        "draft": uuid.uuid4(),
    }
    of_url = {
        "invocations:run": ["region", "run"],
        "invocations:live": ["region", "run"],
        "invocations:stop": ["region", "run"],
        "invocations:picker": ["region", "kind"],
        "invocations:suggestions": ["region", "kind"],
        "invocations:panel": ["region", "cloud_id"],
        "invocations:review": ["region", "draft"],
        "invocations:history_all": [],
    }.get(name, ["region"])
    for field in QUERIES[name]:
        query = {"command": command.cloud_id, "scope": "targets", field: "a\0b"}
        response = operator.get(reverse(name, kwargs={part: known[part] for part in of_url}, query=query))
        assert response.status_code < 500, field


@pytest.mark.parametrize("path", ["commands/%00/", "commands/c-%00/run/", "commands/c-%00/runs/", "%00/"])
def test_B11_a_path_with_a_NUL_leads_nowhere(operator, command, path) -> None:
    assert operator.get(f"/r/{HANGZHOU}/{path}").status_code == 404


@pytest.mark.parametrize("path", ["/tmp\0", "/" + "x" * 300])
def test_B58_an_impossible_path_is_told_while_it_is_typed(operator, command, path) -> None:
    fields = run_form(command, InstanceFactory(), action="check", working_dir=path)

    assert operator.post(panel_url(command), fields, headers=AS_FRAGMENT).status_code == 200
    assert operator.get(panel_url(command, working_dir=path)).status_code == 200


def words(separator: str) -> str:
    """As many different ones as a search may be long."""
    return separator.join(chr(0x4E00 + n) for n in range(990))


@pytest.mark.parametrize(
    "q", [words(" "), words(","), "-" + words(" -")[:1990], "tag:" + words(",")[:1990], "10.0.0.0/9," * 8]
)
@pytest.mark.parametrize("page", ["instances:list", "invocations:picker"])
def test_B23_a_search_of_too_many_parts_finds_nothing_and_says_so(operator, command, q, page) -> None:
    InstanceFactory(name="web-1")
    kwargs = {"region": HANGZHOU, **({"kind": "instances"} if page == "invocations:picker" else {})}
    response = operator.get(reverse(page, kwargs=kwargs, query={"q": q, "command": command.cloud_id}))

    assert response.status_code == 200
    assert "more than 250 parts" in response.content.decode()
    assert "web-1" not in response.content.decode()


def test_B23_twenty_tags_are_all_applied(operator, command) -> None:
    InstanceFactory(name="web-1", tags={"env": "prod"})
    q = " ".join(f"-tag:t{n}=x" for n in range(20))

    assert "web-1" in operator.get(reverse("instances:list", args=[HANGZHOU], query={"q": q})).content.decode()


@pytest.mark.parametrize("word", ["tag:" + "_" * 30_000, "status:" + "%" * 9_000])
def test_B21_an_endless_word_suggests_nothing(operator, command, word) -> None:
    url = reverse("invocations:suggestions", args=[HANGZHOU, "instances"], query={"word": word})

    assert operator.get(url).status_code == 200


@pytest.mark.parametrize("field", ["instance_ids", "carried_ids"])
def test_B35_more_ids_than_any_database_takes_are_too_many(operator, command, field) -> None:
    ids = ",".join(f"a{n}" for n in range(280_000))
    response = operator.post(panel_url(command), run_form(command, **{"instance_ids": "", field: ids}))

    assert response.status_code == 422
    assert (
        "More than 30,000 instances are chosen. At most 10,000 can be chosen for one run." in response.content.decode()
    )
