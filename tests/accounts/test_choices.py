"""Language, theme and the profile."""

from datetime import UTC, datetime

import pytest

from accounts.models import Person, Theme
from tests.factories import PASSWORD, InvocationFactory, RegionFactory

pytestmark = pytest.mark.django_db

NEW = "four unrelated garden chairs"


def test_the_language_switch_comes_back_to_the_same_page_in_the_other_language(operator):
    response = operator.post("/language/", {"language": "zh-hans", "next": "/profile/"})

    assert (response.status_code, response.url) == (303, "/profile/")
    assert '<html lang="zh-CN"' in operator.get("/profile/").content.decode()
    assert Person.objects.get().language == "zh-hans"


def test_who_has_not_signed_in_chooses_for_this_browser(stranger):
    stranger.post("/language/", {"language": "zh-hans", "next": "/signin/"})
    stranger.post("/theme/", {"theme": "dark", "next": "/signin/"})

    page = stranger.get("/signin/").content.decode()
    assert '<html lang="zh-CN"' in page
    assert 'data-theme="dark"' in page


def test_the_browser_decides_until_a_person_has_chosen(stranger):
    page = stranger.get("/signin/", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})

    assert '<html lang="zh-CN"' in page.content.decode()
    assert page["Content-Language"] == "zh-hans"
    assert "Accept-Language" in page["Vary"]


def test_the_persons_own_language_counts_more_than_the_browsers(operator):
    Person.objects.update(language="zh-hans")

    page = operator.get("/profile/", headers={"Accept-Language": "en"})

    assert '<html lang="zh-CN"' in page.content.decode()
    assert page["Content-Language"] == "zh-hans"


@pytest.mark.parametrize("language", ["fr", "../../etc/passwd", "zh_Hans\x00", "x" * 10_000, ""])
def test_B91_an_unknown_language_changes_nothing(operator, language):
    response = operator.post("/language/", {"language": language, "next": "/profile/"})

    assert (response.status_code, response.url) == (303, "/profile/")
    assert Person.objects.get().language == ""


@pytest.mark.parametrize("header", ["*;q=2,,zh-Hant-XX", "x" * 10_000, "../../etc/passwd", ";;;,,,", "zh-Hant-XX"])
@pytest.mark.parametrize("cookie", ["../../etc", "zh\x80", ""])
def test_B91_odd_languages_of_a_browser_fall_back_silently(client, header, cookie):
    client.cookies["language"] = cookie

    assert client.get("/signin/", headers={"Accept-Language": header}).status_code == 200


def test_the_theme_is_the_persons_own(operator):
    response = operator.post("/theme/", {"theme": "dark", "next": "/profile/"})

    assert response.url == "/profile/"
    assert Person.objects.get().theme == Theme.DARK
    assert 'data-theme="dark"' in operator.get("/profile/").content.decode()


def test_an_unknown_theme_changes_nothing(operator):
    operator.post("/theme/", {"theme": "neon"})

    assert Person.objects.get().theme == Theme.SYSTEM


@pytest.mark.parametrize("url", ["/language/", "/theme/"])
@pytest.mark.parametrize("next", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_C16_a_switch_leads_to_no_other_site(operator, url, next):
    response = operator.post(url, {"language": "en", "theme": "dark", "next": next})

    assert response.url == "/"


@pytest.mark.parametrize("url", ["/language/", "/theme/", "/signout/"])
def test_B10_switches_are_posted(operator, url):
    assert operator.get(url).status_code == 405


def preferences(**changed):
    return {"language": "", "time_zone": "", "theme": "system", "single_keys": "on", **changed}


def test_the_profile_is_saved(operator):
    response = operator.post(
        "/profile/", {"language": "zh-hans", "time_zone": "Asia/Shanghai", "theme": "light"}, follow=True
    )

    person = Person.objects.get()
    assert (person.language, person.time_zone, person.theme) == ("zh-hans", "Asia/Shanghai", "light")
    assert person.single_keys is False
    assert "已保存。" in response.content.decode()


def test_a_single_change_is_told_where_it_was_made(operator):
    response = operator.post("/profile/", preferences(single_keys=""), headers={"HX-Request": "true"})

    assert response.status_code == 200
    assert "Saved." in response.content.decode()
    assert "<html" not in response.content.decode()


def test_what_changes_the_whole_page_brings_it_anew(operator):
    response = operator.post("/profile/", preferences(theme="dark"), headers={"HX-Request": "true"})

    assert response.headers.get("HX-Refresh") == "true"


@pytest.mark.parametrize(
    "wrong", [{"time_zone": "Mars/Olympus"}, {"time_zone": "../../etc/passwd"}, {"language": "fr"}, {"theme": "neon"}]
)
def test_an_unknown_choice_is_refused_and_nothing_is_saved(operator, wrong):
    response = operator.post("/profile/", preferences(**wrong))

    assert response.status_code == 422
    assert Person.objects.filter(language="", time_zone="", theme="system").exists()


def test_nobody_changes_their_own_role(operator):
    operator.post("/profile/", preferences(role="admin", is_superuser="on", username="root"))

    assert Person.objects.filter(username="oscar", role="operator", is_superuser=False).exists()


def test_C10_a_new_password_needs_the_current_one(operator):
    refused = operator.post("/profile/security/", {"current": "wrong", "new": NEW})
    missing = operator.post("/profile/security/", {"new": NEW})

    assert (refused.status_code, missing.status_code) == (422, 422)
    assert "This is not your current password." in refused.content.decode()
    assert Person.objects.get().check_password(PASSWORD)


def test_C09_a_new_password_ends_the_other_sessions_and_keeps_this_one(operator, client):
    client.force_login(operator.person, backend="django.contrib.auth.backends.ModelBackend")

    response = operator.post("/profile/security/", {"current": PASSWORD, "new": NEW})

    assert response.status_code == 303
    assert Person.objects.get().check_password(NEW)
    assert operator.get("/profile/").status_code == 200
    assert client.get("/profile/").status_code == 302


def test_the_first_password_needs_no_current_one(operator):
    operator.person.set_unusable_password()
    operator.person.save(update_fields=["password"])
    operator.force_login(operator.person, backend="django.contrib.auth.backends.ModelBackend")

    assert operator.post("/profile/security/", {"new": NEW}).status_code == 303
    assert Person.objects.get().check_password(NEW)


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short", "at least 12 characters"),
        ("1qaz2wsx3edc", "too common"),
        ("", "This field is required."),
        ("x" * 5000, "at most 4096 characters"),
        ("\x00" + NEW, "U+0000 at position 1"),
    ],
)
def test_C01_a_weak_password_is_refused_with_a_sentence(operator, password, sentence):
    response = operator.post("/profile/security/", {"current": PASSWORD, "new": password})

    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert Person.objects.get().check_password(PASSWORD)


def test_C01_a_password_like_the_persons_own_name_is_refused(operator):
    Person.objects.update(username="alexander.wang")

    response = operator.post("/profile/security/", {"current": PASSWORD, "new": "alexander.wang1"})

    assert "too similar to the username" in response.content.decode()


@pytest.mark.parametrize(
    "password", ["abcdefghijkl mnopq" + "x" * 110, "一二三四五六七八九十十一", "  spaces around it  "]
)
def test_C01_any_composition_of_twelve_to_128_characters_will_do(operator, password):
    assert operator.post("/profile/security/", {"current": PASSWORD, "new": password}).status_code == 303
    assert Person.objects.get().check_password(password)


def test_no_password_is_ever_echoed(operator):
    response = operator.post("/profile/security/", {"current": PASSWORD, "new": "short pw 42"})

    assert PASSWORD not in response.content.decode()
    assert "short pw 42" not in response.content.decode()


@pytest.mark.parametrize(
    ("profile", "cookie", "shown"),
    [
        ("", "Asia/Shanghai", "2026-11-25 05:30:00 CST"),
        ("Europe/Berlin", "Asia/Shanghai", "2026-11-24 22:30:00 CET"),
        ("", "", "2026-11-24 21:30:00 UTC"),
        ("", "../../etc/passwd", "2026-11-24 21:30:00 UTC"),
        ("", "Asia/" + "x" * 3000, "2026-11-24 21:30:00 UTC"),
    ],
)
def test_moments_are_told_in_the_zone_of_the_profile_else_in_the_browsers(operator, profile, cookie, shown):
    Person.objects.update(time_zone=profile)
    operator.cookies["time_zone"] = cookie
    RegionFactory()
    run = InvocationFactory(person=operator.person, submitted_at=datetime(2026, 11, 24, 21, 30, tzinfo=UTC))

    assert f'title="{shown}"' in operator.get(run.get_absolute_url()).content.decode()
