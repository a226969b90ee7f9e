"""B94: a form left open until its session was over."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.utils import timezone

from accounts import keeping
from accounts.models import Role
from tests.factories import PASSWORD, CommandFactory, PersonFactory, RegionFactory

pytestmark = pytest.mark.django_db

SECRET = "canary-4711"


@pytest.fixture
def panel():
    RegionFactory()
    PersonFactory(username="li.wei", role=Role.OPERATOR)
    command = CommandFactory(content="echo {{greeting}}", parameter_names=["greeting"])
    return f"/r/{command.region}/commands/{command.cloud_id}/run/"


def hidden(page: str, name: str) -> str:
    """Of the last form that has it: the first is the language switch."""
    return unescape(re.findall(rf'name="{name}" value="([^"]*)"', page)[-1])


def test_B94_what_was_typed_is_there_again_after_signing_in_and_nothing_ran(client, panel):
    asked = client.post(panel, {"action": "run", "param-greeting": "hello", "username": "deploy"})
    page = asked.content.decode()
    resumed = client.post(
        "/signin/",
        {"username": "li.wei", "password": PASSWORD, "kept": hidden(page, "kept"), "next": hidden(page, "next")},
    ).content.decode()

    assert asked.status_code == 401
    assert "What you typed is kept." in page
    assert f'action="{panel}"' in resumed
    assert (hidden(resumed, "param-greeting"), hidden(resumed, "action")) == ("hello", "check")


def test_the_signin_page_shows_nobody_what_was_typed(client, panel):
    page = client.post(panel, {"action": "run", "param-greeting": SECRET}).content.decode()

    assert SECRET not in page


def test_a_wrong_password_in_between_loses_nothing(client, panel):
    page = client.post(panel, {"action": "run", "param-greeting": "hello"}).content.decode()
    again = client.post("/signin/", {"username": "li.wei", "password": "wrong", "kept": hidden(page, "kept")})

    assert hidden(again.content.decode(), "kept") == hidden(page, "kept")


@pytest.mark.parametrize("kept", ["", "nonsense", "gAAAAA" + "x" * 100, "\x00"])
def test_what_is_not_ours_is_not_unfolded(kept):
    assert keeping.unfold(kept) is None


def test_what_was_kept_for_more_than_an_hour_is_forgotten(client, panel):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        page = client.post(panel, {"action": "run", "param-greeting": "hello"}).content.decode()
        clock.shift(timedelta(minutes=61))
        response = client.post("/signin/", {"username": "li.wei", "password": PASSWORD, "kept": hidden(page, "kept")})

    assert response.status_code == 303


def test_a_press_of_a_button_leads_back_to_its_page_and_is_not_repeated(client):
    PersonFactory(username="li.wei")

    page = client.post("/profile/", {"theme": "dark"}, headers={"Referer": "http://testserver/profile/?a=1"})

    assert page.status_code == 401
    assert hidden(page.content.decode(), "next") == "/profile/?a=1"
    assert 'name="kept"' not in page.content.decode()


def test_a_foreign_referer_leads_nowhere(client):
    page = client.post("/profile/", {"theme": "dark"}, headers={"Referer": "https://evil.example/x"})

    assert "evil" not in page.content.decode()
