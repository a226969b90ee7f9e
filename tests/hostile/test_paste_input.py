"""Lists of instances as they come out of tables, chats and documentation, pasted into the panel (B28–B31)."""

import uuid
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from instances.models import Instance
from invocations.models import Draft
from tests.factories import HANGZHOU, CommandFactory, InstanceFactory, RegionFactory
from tests.invocations.panels import Shown, fresh_region, selection_url

pytestmark = pytest.mark.django_db


@pytest.fixture
def command():
    fresh_region()
    return CommandFactory()


@pytest.fixture
def checked(operator, command):
    """What the report says of a list, sent as a browser sends it."""

    def check(text: str, *, status: int = 200, **fields: str) -> Shown:
        url = reverse("invocations:paste", args=[HANGZHOU, uuid.uuid4()], query={"command": command.cloud_id})
        body = urlencode({"ids": text, **fields})
        response = operator.post(url, body, content_type="application/x-www-form-urlencoded")
        assert response.status_code == status
        return Shown(response)

    return check


@pytest.fixture
def added(operator, command):
    """What adding the list has chosen."""

    def add(text: str, **fields: str) -> list[str]:
        draft = uuid.uuid4()
        operator.post(selection_url(draft), {"command": command.cloud_id, "op": "paste", "ids": text, **fields})
        return Draft.objects.get(pk=draft).chosen

    return add


def mixed(ids: list[str]) -> str:
    """Every separator in turn, some of the ids in quotes, in an array, in a column with its head."""
    quarter = len(ids) // 4
    commas, table, array, column = (ids[n * quarter : (n + 1) * quarter] for n in range(4))
    lines = [
        "、".join(commas[::2]) + "，" + ",".join(commas[1::2]),
        "\t".join(f'"{one}"' for one in table),
        "[" + ", ".join(f"'{one}'" for one in array) + "]",
        "host;id",
        *(f"web.{n};{one}" for n, one in enumerate(column[:2])),
        *column[2:],
    ]
    return "\r\n".join(lines)


def test_B28_ten_thousand_in_every_form_are_all_accounted_for(checked, added) -> None:
    known = [f"i-bp1{n:017d}" for n in range(6943)]
    Instance.objects.bulk_create([InstanceFactory.build(instance_id=one) for one in known], batch_size=500)
    unknown = [f"i-bp2{n:017d}" for n in range(52)]
    text = mixed([*known, *unknown, *known[:3000], "x"])  # the head and the host names make it five

    shown = checked(text)

    assert "6,943 found, 0 can’t run, 52 unknown" in shown.text
    assert "3,000 were there more than once" in shown.text
    assert "5 are not IDs" in shown.text
    assert all(one in shown.html for one in unknown)
    assert all(f"line {n}: {word}" in shown.text for n, word in [(4, "host"), (4, "id"), (5, "web.0"), (6, "web.1")])
    assert "Add 6,943" in shown.text
    assert set(added(text)) == set(known)


@pytest.mark.parametrize("word", ["i-bp{:015d}", "web-{:015d}"], ids=["IDs", "names"])
def test_B29_a_hundred_thousand_lines_are_refused_and_come_back(checked, word) -> None:
    lines = [word.format(n) for n in range(100_000)]
    text = "\r\n".join(lines)
    assert len(urlencode({"ids": text})) > 2_400_000

    shown = checked(text, status=422, names="on")

    assert "That is more than 10,000. Paste at most 10,000 at a time." in shown.text
    assert shown.part("paste-ids")["aria-describedby"].endswith("paste-error")
    assert shown.html.count(lines[0]) == shown.html.count(lines[-1]) == 1


def test_B30_each_id_that_is_not_to_be_had_here_is_named_for_what_it_is(checked) -> None:
    RegionFactory(region_id="cn-beijing", name_en="China (Beijing)")
    beijing = InstanceFactory(region="cn-beijing").instance_id
    managed = InstanceFactory(managed=True, region="cn-beijing").instance_id

    shown = checked(f"{beijing} {managed} i-bp1nowhere mi-hznowhere")

    assert "0 found, 0 can’t run, 4 unknown" in shown.text
    assert "2 are in other regions" in shown.text
    assert all(f"{one} (China (Beijing))" in shown.text for one in (beijing, managed))
    assert "i-bp1nowhere, mi-hznowhere" in shown.text
    assert "Add" not in [word for word in shown.text.split() if word == "Add"]


def test_B30_names_that_were_found_on_request_are_what_is_added(checked, added) -> None:
    web, db = InstanceFactory(name="web-1"), InstanceFactory(private_ip="10.0.0.2")
    twins = [InstanceFactory(name="twin"), InstanceFactory(name="twin")]
    text = "web-1 10.0.0.2 twin nobody"

    shown = checked(text, names="on")

    assert "Add 2" in shown.text
    assert f"twin: {twins[0].instance_id} {twins[1].instance_id}" in shown.text
    assert "1 is not an ID" in shown.text
    assert added(text, names="on") == [web.instance_id, db.instance_id]
    assert added(text) == []


@pytest.mark.parametrize(
    ("word", "marked"),
    [
        ("i-bp１k9p34", "１"),
        ("\u0456-bp1k9p34", "\u0456"),
        ("i-bp1\u200bk9p34", "U+200B"),
        ("\ufeffi-bp1k9p34", "U+FEFF"),
        ("i-bp1\u202ek9p34", "U+202E"),
        ("i-bp1k9p34****", "*"),
        ("i-bp1–k9p34", "–"),
        ("I-BP1K9P34", "I"),
        ("i-bp1k9P34", "P"),
    ],
)
def test_B31_what_only_looks_like_an_id_shows_its_odd_character(checked, added, word, marked) -> None:
    InstanceFactory(instance_id="i-bp1k9p34")

    shown = checked(word)

    assert "0 found, 0 can’t run, 0 unknown" in shown.text
    assert f'<mark class="p empty">{marked}</mark>' in shown.html
    assert added(word) == []


def test_B08_a_word_without_an_end_is_cut_where_one_sees_it(checked) -> None:
    shown = checked("x" * 10_000)

    report = shown.html.partition("</textarea>")[2]
    assert "x" * 80 + "…" in report
    assert "x" * 81 not in report
