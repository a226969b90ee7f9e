from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import get_user
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import signin_links
from accounts.models import AuditEntry, Role, SigninLink
from tests.factories import HANGZHOU, PersonFactory, RegionFactory

pytestmark = pytest.mark.django_db

HERE = {"HTTP_HOST": "127.0.0.1:8000", "REMOTE_ADDR": "127.0.0.1"}
SPENT = "This link has been used or has expired."
ELSEWHERE = "This link works only on the computer that runs the console."


@pytest.fixture
def person():
    RegionFactory()
    return PersonFactory(username="li.wei", role=Role.ADMIN)


@pytest.fixture
def link(person):
    return signin_links.make(person)


@pytest.fixture
def here():
    return Client(**HERE)


def test_the_page_names_the_person_and_the_button_signs_them_in(here, link, person):
    page = here.get(link)
    response = here.post(link)

    assert "Sign in as li.wei on this computer" in page.content.decode()
    assert (response.status_code, response.url) == (303, f"/r/{HANGZHOU}/commands/")
    assert get_user(here) == person
    assert AuditEntry.objects.get().action == "signin.link"


def test_C07_looking_at_a_link_does_not_use_it_up(here, link):
    for _ in range(3):
        assert here.get(link).status_code == 200
        assert here.head(link).status_code == 200

    assert here.post(link).status_code == 303


def test_C07_a_link_works_once_and_says_so_afterwards(here, link):
    here.post(link)
    again, looked = Client(**HERE).post(link), Client(**HERE).get(link)

    assert (again.status_code, looked.status_code) == (410, 410)
    assert SPENT in again.content.decode()
    assert "manage.py signinlink" in again.content.decode()


def test_C07_a_link_expires_after_ten_minutes(here, person):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        link = signin_links.make(person)
        clock.shift(timedelta(minutes=9, seconds=59))
        still = here.get(link).status_code
        clock.shift(timedelta(seconds=1))
        late, response = here.get(link).status_code, here.post(link)

    assert (still, late, response.status_code) == (200, 410, 410)


def test_C07_only_the_hash_of_256_random_bits_is_stored(person):
    token = signin_links.make(person).split("/")[3]

    assert len(token) == 43
    assert token not in str(SigninLink.objects.values().get())


@pytest.mark.parametrize("token", ["x", "a" * 4000, "..%2f..", "%00", "' OR 1=1"])
def test_a_made_up_link_is_like_a_spent_one(here, person, token):
    assert here.get(f"/signin/link/{token}/").status_code in (404, 410)


def test_C09_a_link_of_a_disabled_person_signs_nobody_in(here, link, person):
    person.is_active = False
    person.save(update_fields=["is_active"])

    assert here.post(link).status_code == 410


@pytest.mark.parametrize(
    "request_from",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"HTTP_HOST": "console.example.com"},  # DNS rebinding: the browser is here, the page is theirs
        {"HTTP_HOST": "127.0.0.1.evil.example"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"HTTP_X_REAL_IP": "127.0.0.1"},
        {"HTTP_X_CLIENT_IP": "127.0.0.1"},
        {"HTTP_CF_CONNECTING_IP": "127.0.0.1"},
        {"HTTP_TRUE_CLIENT_IP": "127.0.0.1"},
        {"HTTP_VIA": "1.1 proxy"},
    ],
)
def test_C07_a_link_works_from_this_computer_only(link, settings, request_from):
    settings.ALLOWED_HOSTS = ["*"]  # whatever the list of hosts lets in
    client = Client(**{**HERE, **request_from})

    looked, tried = client.get(link), client.post(link)

    assert (looked.status_code, tried.status_code) == (403, 403)
    assert ELSEWHERE in looked.content.decode()
    assert not get_user(client).is_authenticated


def test_C07_a_server_that_others_can_reach_takes_no_link(here, link, settings):
    settings.HOST = "0.0.0.0"

    assert here.post(link).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "localhost"])
def test_this_computer_has_several_names(link, host):
    assert Client(**{**HERE, "HTTP_HOST": host}).get(link).status_code == 200


def test_C11_a_link_needs_the_pages_own_token(link):
    assert Client(enforce_csrf_checks=True, **HERE).post(link).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_C07_of_twenty_at_once_one_is_signed_in(person):
    link = signin_links.make(person)

    def use(_):
        try:
            return Client(**HERE).post(link).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(use, range(20)))

    assert sorted(statuses) == [303] + [410] * 19


def test_signing_in_as_somebody_else_ends_the_first_session(here, link, person):
    other = PersonFactory()
    here.post(signin_links.make(other))
    first = here.session.session_key

    here.post(link)

    assert get_user(here) == person
    assert here.session.session_key != first


def test_who_has_no_password_is_asked_to_set_one(here, link, person):
    person.set_unusable_password()
    person.save(update_fields=["password"])

    here.post(link)

    assert 'href="/profile/security/"' in here.get("/profile/").content.decode()


def test_who_has_a_password_is_not_asked(here, link):
    here.post(link)

    assert "You have no password yet" not in here.get("/profile/").content.decode()
