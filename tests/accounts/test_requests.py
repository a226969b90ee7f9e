"""What holds for every request, whatever its URL."""

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from accounts.middleware import ProxyMiddleware
from tests.permissions import MATRIX

pytestmark = pytest.mark.django_db

PAGES = ["/signin/", "/profile/", "/nothing-here/", "/healthz", "/static/console.css", "/signin/link/x/"]


def headers_of(client, url):
    return client.head(url).headers  # the same as of GET, and no static file is left open


@pytest.mark.parametrize("url", PAGES)
def test_C17_every_answer_carries_the_headers(operator, url):
    headers = headers_of(operator, url)

    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("url", PAGES)
def test_C18_no_policy_allows_what_stands_inline_or_elsewhere(operator, url):
    policy = headers_of(operator, url)["Content-Security-Policy"]

    assert "unsafe" not in policy
    assert "http" not in policy
    assert "default-src 'self'" in policy


@pytest.mark.parametrize("url", ["/signin/", "/profile/"])
def test_pages_stay_out_of_caches_and_differ_for_fragments(operator, url):
    headers = operator.get(url).headers

    assert headers["Cache-Control"] == "no-store"
    assert "HX-Request" in headers["Vary"]


def test_C13_cookies_are_out_of_reach_of_scripts_and_of_other_sites(client):
    response = client.get("/signin/")
    response = client.post(
        "/language/", {"language": "en", "csrfmiddlewaretoken": client.cookies[settings.CSRF_COOKIE_NAME].value}
    )

    for name, cookie in client.cookies.items():
        assert cookie["httponly"], name
        assert cookie["samesite"] == "Lax", name
    assert response.cookies["language"]["path"] == "/"


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "console.example.com", "a b", "xn--e1afmkfd", "[::"]
)
def test_B99_C14_an_unknown_host_is_refused(client, host):
    assert client.get("/signin/", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": "evil.example"},
        {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-For": "<script>, 999.1.1.1"},
        {"Forwarded": "host=evil.example;proto=https"},
    ],
)
def test_B99_what_a_stranger_says_of_a_proxy_changes_nothing(client, headers):
    response = client.get("/profile/", headers={"Host": "127.0.0.1", **headers})

    assert response.url == "/signin/?next=%2Fprofile%2F"
    assert not response.wsgi_request.is_secure()


def test_C15_the_scheme_comes_from_a_proxy_of_ours(rf, settings):
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    seen = []
    handler = ProxyMiddleware(lambda request: seen.append(request.is_secure()) or HttpResponse())

    for peer in ("10.0.0.9", "192.0.2.7"):
        handler(rf.get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_PROTO="https"))

    assert seen == [True, False]


@pytest.mark.parametrize("url", ["/theme/", "/profile/", "/signin/"])
def test_C12_a_form_of_another_site_is_refused(operator, url):
    response = operator.post(url, {"theme": "dark"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 403
    operator.person.refresh_from_db()
    assert operator.person.theme == "system"


@pytest.mark.parametrize("url", ["/theme/", "/language/", "/signout/", "/profile/", "/profile/security/", "/signin/"])
def test_C11_a_form_without_its_token_is_refused(operator, url):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = operator.cookies

    assert strict.post(url, {"theme": "dark", "language": "zh-hans"}).status_code == 403
    assert operator.get("/profile/").status_code == 200


def test_C12_an_origin_that_is_not_ours_is_refused_even_with_a_token(operator):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = operator.cookies
    page = strict.get("/profile/")

    response = strict.post(
        "/theme/",
        {"theme": "dark", "csrfmiddlewaretoken": page.context["csrf_token"]},
        headers={"Origin": "https://evil.example"},
    )

    assert response.status_code == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "BREW"])
@pytest.mark.parametrize("url", ["/profile/", "/signout/", "/nothing-here/"])
def test_B10_C19_other_methods_are_refused(operator, method, url):
    response = operator.generic(method, url)

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, POST"


def test_B10_a_method_in_a_field_or_header_is_ignored(operator):
    response = operator.get("/signout/?_method=POST", headers={"X-HTTP-Method-Override": "POST"})

    assert response.status_code == 405
    assert operator.get("/profile/").status_code == 200


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/xml", "nonsense"])
def test_B01_a_body_that_is_no_form_is_refused_with_a_sentence(operator, content_type):
    response = operator.post("/theme/", '{"theme": "dark"}', content_type=content_type)

    assert response.status_code == 415
    assert "<h1>" in response.content.decode()


def test_C20_a_person_has_a_rate_of_their_own(operator, viewer, settings):
    settings.RATES = {("GET", "accounts:profile"): "2/minute"}

    statuses = [operator.get("/profile/").status_code for _ in range(2)]
    refused = operator.get("/profile/")

    assert statuses == [200, 200]
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 60
    assert f"Try again in {refused['Retry-After']} s." in refused.content.decode()
    assert viewer.get("/profile/").status_code == 200


def test_C20_every_rate_is_of_a_url_that_exists(settings):
    assert {name for _method, name in settings.RATES} <= set(MATRIX)


@pytest.mark.parametrize("query", ["q=" + "x" * 64_000, "&".join(f"a{n}=1" for n in range(5000))])
def test_B12_an_endless_query_is_refused(operator, query):
    assert operator.get(f"/signin/?{query}").status_code == 400


@pytest.mark.parametrize("query", ["a[]=1", "%", "%zz=%", "next=%ff%fe", "=&=&", "a;b;c"])
def test_B12_a_broken_query_is_no_reason_to_break(operator, query):
    assert operator.get(f"/signin/?{query}").status_code == 200


@pytest.mark.parametrize("headers", [{"Accept": "application/xml"}, {"Range": "bytes=0-1"}, {"If-None-Match": '"x"'}])
def test_B13_a_page_is_a_page_whatever_is_asked_for(operator, headers):
    response = operator.get("/profile/", headers=headers)

    assert response.status_code == 200
    assert "ETag" not in response.headers
