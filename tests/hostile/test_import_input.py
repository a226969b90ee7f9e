"""The import fed with what nobody means to bring: a sentence each time, never a fault, and nothing done."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AuditEntry
from commands.models import Command
from tests.invocations.panels import fresh_region

pytestmark = pytest.mark.django_db

URL = "/r/cn-hangzhou/commands/import/"
BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n" % (n, n, *[n - 1] * 9) for n in range(ord("b"), ord("j"))
)


@pytest.fixture(autouse=True)
def region():
    fresh_region(command_quota=500)


def bring(person, data: bytes, name: str = "x.yaml"):
    return person.post(URL, {"file": SimpleUploadedFile(name, data)})


def zipped(data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../commands.json", data)
    return packed.getvalue()


def test_B78_a_billion_laughs_are_refused_at_the_first(admin):
    response = bring(admin, BOMB)

    assert response.status_code == 422
    assert "Line 1: anchors (&amp;) and aliases (*) are not taken; write it out." in response.content.decode()


@pytest.mark.parametrize("name", ["x.yaml", "x.json"])
def test_B78_B79_brackets_without_end_are_refused(admin, name):
    assert bring(admin, b"[" * 1_000_000, name).status_code == 422


def test_B79_a_wrong_type_is_told_with_its_path_and_its_line(admin):
    good = b'{"name": "a", "type": "RunShellScript", "content": "x"}'
    bad = good.replace(b'"a"', b'"b"').replace(b"}", b',\n"timeout": "soon"}')
    head = b'{"format": "cloud-assistant-console/commands", "version": 1, "commands": ['

    response = bring(admin, head + bad + b"]}", "x.json")

    assert response.status_code == 422
    assert "commands[0].timeout: a whole number is expected (line 2)" in response.content.decode()


def test_B82_an_archive_is_not_unpacked(admin):
    response = bring(admin, zipped(bytes(2_000_000)), "commands.json")

    assert response.status_code == 415
    assert "The file seems to be a zip archive." in response.content.decode()


def test_B02_a_file_over_a_megabyte_is_told_its_size(admin):
    response = bring(admin, b"x" * 1_400_000)

    assert response.status_code == 413
    assert "The file is too large: 1.4 MB, at most 1 MB." in response.content.decode()


def test_B47_a_file_of_50_megabytes_is_not_even_taken(admin):
    response = bring(admin, bytes(50_000_000))

    assert response.status_code == 413
    assert "That is too large." in response.content.decode()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a.sh\0.png", "x" * 300 + ".yaml", "<script>.json", "\u202etxt.exe"]
)
def test_B47_the_name_of_a_file_does_no_harm(admin, name):
    assert bring(admin, b"a: b", name).status_code == 422


def test_B04_a_field_given_twice_is_refused(admin):
    assert admin.post(URL, {"text": ["a: 1", "b: 2"]}).status_code == 422


def test_B06_text_with_signs_that_nobody_types_is_refused_and_kept(admin):
    response = admin.post(URL, {"text": "a: \x00 b"})

    assert response.status_code == 422
    assert "U+0000" in response.content.decode()
    assert "a: ␀ b" in response.content.decode()


def test_a_file_and_a_text_are_one_too_many(admin):
    response = admin.post(URL, {"text": "a: 1", "file": SimpleUploadedFile("x", b"a: 1")})

    assert response.status_code == 422
    assert "Choose a file or paste its text, not both." in response.content.decode()


def test_nothing_is_nothing(admin):
    assert "Choose a file, or paste its text." in admin.post(URL, {}).content.decode()
    assert "There is nothing in it." in bring(admin, b"").content.decode()


def test_what_was_pasted_is_there_again_when_it_cannot_be_read(admin):
    response = admin.post(URL, {"text": "commands: [</textarea><script>"})

    assert response.status_code == 422
    assert "commands: [&lt;/textarea&gt;&lt;script&gt;" in response.content.decode()


def test_markup_in_a_file_is_text_on_the_page(admin):
    head = b"format: cloud-assistant-console/commands\nversion: 1\ncommands:\n"
    entry = b'- name: "<img src=x>"\n  type: RunShellScript\n  content: x\n- "<b>": 1\n  name: "\\u202E<i>"\n'

    page = bring(admin, head + entry).content.decode()

    assert "<img src=x>" not in page
    assert "<i>" not in page
    assert "&lt;img src=x&gt;" in page


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
def test_B01_a_body_that_is_no_form_is_refused(admin, kind):
    assert admin.post(URL, b"{}", content_type=kind).status_code == 415


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.one_of(st.binary(max_size=200), st.text().map(lambda text: text.encode("utf-8", "surrogatepass"))))
def test_whatever_is_brought_the_answer_is_a_sentence(admin, data):
    assert bring(admin, data).status_code in (200, 413, 415, 422)
    assert bring(admin, data, "x.json").status_code in (200, 413, 415, 422)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(max_size=140),
    content=st.text(max_size=40),
    key=st.text(max_size=10),
    value=st.one_of(st.text(max_size=10), st.none(), st.integers(), st.lists(st.text(max_size=3), max_size=3)),
)
def test_whatever_a_command_holds_the_answer_is_a_page_and_nothing_is_done(admin, name, content, key, value):
    import json

    command = {"name": name, "type": "RunShellScript", "content": content, key: value, "tags": {key: value}}
    document = {
        "format": "cloud-assistant-console/commands",
        "version": 1,
        "commands": [command, command | {"name": key}],
    }

    response = bring(admin, json.dumps(document).encode(), "x.json")

    assert response.status_code in (200, 422)
    assert not Command.objects.exists()
    assert not AuditEntry.objects.exists()
