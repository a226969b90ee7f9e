"""What a person reads when a request goes wrong."""

import logging
import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import CommandFactory, PersonFactory, RegionFactory, define

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.front.urls")]

REFERENCE = re.compile(r"[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{2}")
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def hangzhou(db):
    return RegionFactory()


@pytest.fixture
def checking():
    """An operator's browser that has to show its CSRF token, as real ones do."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(PersonFactory())
    return client


@pytest.fixture
def panel():
    command = CommandFactory(parameter_names=["service", "token"])
    define(command, name="token", is_secret=True)
    return reverse("invocations:panel", args=[command.region, command.cloud_id])


def test_a_wrong_address_stands_in_the_shell_for_who_is_signed_in(operator):
    response = operator.get("/nothing/here/")

    page = response.content.decode()
    assert response.status_code == 404
    assert "Nothing here." in page
    assert 'aria-label="Main"' in page
    assert REFERENCE.search(page)


def test_a_wrong_address_tells_a_stranger_nothing_of_the_shell(stranger):
    response = stranger.get("/nothing/here/")

    assert response.status_code == 404
    assert "China (Hangzhou)" not in response.content.decode()
    assert 'aria-label="Main"' not in response.content.decode()


def test_errors_speak_the_language_of_the_page(operator):
    response = operator.get("/nothing/", headers={"Accept-Language": "zh-CN"})

    assert "页面不存在。" in response.content.decode()


def test_a_fragment_gets_a_note_with_a_next_step_instead_of_a_page(operator):
    response = operator.get("/nothing/", headers=HTMX)

    note = response.content.decode()
    assert response.status_code == 404
    assert "<html" not in note
    assert 'role="alert"' in note
    assert "data-retry" in note


def test_the_browsers_own_look_back_gets_a_page_not_a_fragment(operator):
    """B98"""
    headers = {**HTMX, "HX-History-Restore-Request": "true"}

    assert "<html" in operator.get("/nothing/", headers=headers).content.decode()


def test_an_unknown_region_is_named_and_the_selector_opens(operator):
    page = operator.get("/r/cn-atlantis/commands/").content.decode()

    assert "cn-atlantis isn’t a region of this account." in page
    assert "data-opens-now" in page


def test_an_unknown_regions_name_is_text(operator):
    page = operator.get("/r/<script>alert(1)/commands/").content.decode()

    assert "<script>alert" not in page


def test_no_permission_is_a_sentence(operator):
    response = operator.get("/wrong/forbidden/")

    assert response.status_code == 403
    assert "You may not do this." in response.content.decode()


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_a_form_address_answers_other_methods_with_a_sentence(operator, method):
    """B10"""
    response = getattr(operator, method)("/wrong/taking/")

    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]
    assert "This address doesn’t answer that kind of request." in response.content.decode()


@pytest.mark.parametrize("override", ["_method=DELETE", "X-HTTP-Method-Override"])
def test_method_overrides_are_ignored(operator, override):
    """B10"""
    response = operator.post(
        "/wrong/taking/", {"_method": "DELETE"}, headers={override: "DELETE"} if "-" in override else {}
    )

    assert response.status_code == 200


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
def test_a_body_that_is_no_form_is_refused_with_a_sentence(operator, kind):
    """B01"""
    response = operator.post("/wrong/taking/", b'{"a": 1}', content_type=kind)

    assert response.status_code == 415
    assert "Send it as a form." in response.content.decode()


def test_a_form_too_large_is_told_the_limit(operator):
    """B02"""
    response = operator.post("/wrong/taking/", f"a={'x' * 2_700_000}", content_type="application/x-www-form-urlencoded")

    assert response.status_code == 413
    assert "The limit is 2.6 MB." in response.content.decode()


def test_too_many_fields_are_refused_in_the_consoles_look(operator):
    """B03"""
    response = operator.post("/wrong/taking/", {f"f{n}": "1" for n in range(1001)})

    assert response.status_code == 400
    assert "The request can’t be read." in response.content.decode()


def test_a_fault_of_ours_shows_a_reference_that_the_log_knows_and_nothing_else(operator, caplog):
    operator.raise_request_exception = False

    with caplog.at_level(logging.ERROR, "consoleapp.errors"):
        response = operator.get("/wrong/broken/")

    page = response.content.decode()
    reference = REFERENCE.search(page)
    assert response.status_code == 500
    assert reference
    assert reference[0] in caplog.text
    assert "a secret of the code" not in page


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_A33_while_the_database_is_away_a_page_says_so_and_when_to_come_back(operator, headers):
    operator.raise_request_exception = False

    response = operator.get("/wrong/away/", headers=headers)

    page = response.content.decode()
    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
    assert "The console’s database can’t be reached right now." in page
    assert "a run starts only once" in page
    assert "is shutting down" not in page


def test_the_page_about_a_fault_needs_no_database(stranger, django_assert_num_queries):
    stranger.raise_request_exception = False

    with django_assert_num_queries(0):
        response = stranger.get("/wrong/broken/")

    assert "Something broke in the console." in response.content.decode()


def test_a_form_with_a_stale_token_gives_back_what_was_typed_as_a_check(checking, panel):
    """B94"""
    typed = {
        "action": "run",
        "form_token": "f",
        "param-service": 'ngin"x',
        "param-token": "s3cret",
        "username": "deploy",
    }

    response = checking.post(panel, typed)

    page = response.content.decode()
    fields = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', page))
    assert response.status_code == 403
    assert "This form is no longer valid." in page
    assert fields["action"] == "check"
    assert fields["param-service"] == "ngin&quot;x"
    assert fields["username"] == "deploy"
    assert "s3cret" not in page
    assert f'action="{panel}"' in page


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}], ids=["fetch-site", "origin"]
)
def test_a_form_of_another_site_gets_nothing_back(checking, panel, headers):
    """C12"""
    response = checking.post(panel, {"action": "run", "username": "planted"}, headers=headers)

    assert response.status_code == 403
    assert "planted" not in response.content.decode()


def test_a_stale_form_that_nothing_fills_in_again_leads_back(checking):
    response = checking.post(
        "/wrong/taking/", {"a": "what was typed"}, headers={"Referer": "http://testserver/system/"}
    )

    page = response.content.decode()
    assert response.status_code == 403
    assert 'href="/system/"' in page
    assert "what was typed" not in page


@pytest.mark.parametrize("referer", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_the_way_back_never_leads_elsewhere(checking, referer):
    """C16"""
    page = checking.post("/wrong/taking/", {"a": "1"}, headers={"Referer": referer}).content.decode()

    assert "evil.example" not in page
    assert "javascript:" not in page
