"""What stands around every page, and what no page may contain."""

import re
from contextlib import closing
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from regions.models import MirrorKind
from tests.factories import AccountFactory, MirrorFactory, RegionFactory

PAGE = "/system/"


@pytest.fixture(autouse=True)
def hangzhou(db):
    return RegionFactory()


def text_of(client, path=PAGE, **headers):
    return client.get(path, headers=headers).content.decode()


def test_every_page_has_its_landmarks(operator):
    page = text_of(operator)

    for landmark in (
        'role="banner"',
        'aria-label="Main"',
        'aria-label="Breadcrumb"',
        'id="main"',
        'aria-live="polite"',
    ):
        assert page.count(landmark) == 1
    assert len(re.findall("<h1[ >]", page)) == 1
    assert page.index('href="#main"') < page.index('role="banner"')  # first in tab order


def test_the_title_of_a_simulated_cloud_can_not_be_mistaken(operator):
    assert "<title>[sim] System status · Cloud Assistant Console</title>" in text_of(operator)


def test_the_real_cloud_names_its_account(operator, settings):
    settings.CLOUD = "alibaba"
    AccountFactory(account_id="1234567890123456")

    page = text_of(operator)

    assert "[sim]" not in page
    assert 'data-kind="real"' in page
    assert "Alibaba Cloud · 1234567890123456" in page


@pytest.mark.parametrize(
    ("error", "words"), [("Unreachable", "Cloud unreachable"), ("BadCredentials", "Credentials rejected")]
)
def test_the_badge_tells_when_the_last_call_failed(operator, error, words):
    now = timezone.now()
    MirrorFactory(kind=MirrorKind.COMMANDS, refreshed_at=now - timedelta(minutes=5))
    MirrorFactory(kind=MirrorKind.INSTANCES, refreshed_at=None, failed_at=now, error_kind=error)

    badge = re.search(r'data-testid="cloud-badge".*?</button>', text_of(operator), re.DOTALL)

    assert badge
    assert words in badge[0]


def test_the_badge_forgets_a_failure_older_than_the_last_success(operator):
    now = timezone.now()
    MirrorFactory(kind=MirrorKind.INSTANCES, refreshed_at=None, failed_at=now, error_kind="Unreachable")
    MirrorFactory(kind=MirrorKind.COMMANDS, refreshed_at=now + timedelta(seconds=1))

    assert "Cloud unreachable" not in text_of(operator).replace("\n", "").replace("  ", "")


def test_the_navigation_names_only_what_there_is(operator):
    page = text_of(operator)

    for item in ("Commands", "Execution results", "Scheduled tasks", "Instances", "Managed instances", "System status"):
        assert f"</svg>{item}</a>" in page
    for later in ("Approvals", "Audit trail", "Webhooks", "People and groups", "Go to…"):
        assert later not in page


def test_the_page_one_is_on_is_marked(operator):
    assert re.search(rf'href="{PAGE}" aria-current="page"', text_of(operator))


def test_the_page_speaks_the_browsers_language_until_a_person_chooses(operator):
    assert '<html lang="en"' in text_of(operator, **{"Accept-Language": "fr"})
    assert '<html lang="zh-CN"' in text_of(operator, **{"Accept-Language": "zh-CN,zh;q=0.9"})

    operator.post(reverse("accounts:language"), {"language": "en", "next": PAGE})

    assert '<html lang="en"' in text_of(operator, **{"Accept-Language": "zh-CN,zh;q=0.9"})


@pytest.mark.parametrize("header", ["*;q=2,,zh-Hant-XX", "x" * 10_000, "../../etc/passwd"])
def test_an_odd_language_falls_back_silently(operator, header):
    """B91"""
    response = operator.get(PAGE, headers={"Accept-Language": header})

    assert response.status_code == 200
    assert "Accept-Language" in response.headers["Vary"]


@pytest.mark.parametrize("cookie", ["../../etc", "dark", "purple"])
def test_the_theme_cookie_of_a_signed_out_browser_is_used_only_when_known(stranger, cookie):
    stranger.cookies["theme"] = cookie
    page = text_of(stranger, reverse("accounts:signin"))

    assert ('data-theme="dark"' in page) == (cookie == "dark")
    assert cookie == "dark" or cookie not in page


def test_a_persons_theme_stands_on_the_page_before_any_script(operator):
    operator.post(reverse("accounts:theme"), {"theme": "dark", "next": PAGE})

    assert 'data-theme="dark"' in text_of(operator)


@pytest.mark.parametrize("path", [PAGE, "/signin/", "/nothing-here/", "/static/console.css", "/static/js/console.js"])
def test_every_answer_carries_the_security_headers(operator, path):
    """C17, C18"""
    with closing(operator.get(path)) as response:
        headers = response.headers

    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Permissions-Policy" in headers


@pytest.mark.parametrize("header", ["If-None-Match", "Range", "Accept"])
def test_odd_headers_get_the_normal_page(operator, header):
    """B13: pages carry no ETag, so that none answers 304."""
    response = operator.get(PAGE, headers={header: "application/xml; bytes=0-10"})

    assert response.status_code == 200
    assert "ETag" not in response.headers


def test_htmx_is_configured_to_evaluate_nothing_and_to_store_nothing(operator):
    page = text_of(operator)

    for setting in (
        '"allowEval":false',
        '"historyCacheSize":0',
        '"selfRequestsOnly":true',
        '"includeIndicatorStyles":false',
    ):
        assert setting in page


@pytest.mark.parametrize("forged", ["true", "false", "x" * 5000, "https://evil.example/"])
def test_forged_htmx_headers_decide_nothing_but_the_shape_of_the_answer(operator, forged):
    """B98"""
    names = ("HX-Request", "HX-Target", "HX-Current-URL", "HX-Trigger", "HX-Boosted")

    response = operator.get(PAGE, headers=dict.fromkeys(names, forged))

    assert response.status_code == 200
    assert "HX-Request" in response.headers["Vary"]
    assert "evil.example" not in response.content.decode() + str(response.headers)


def test_no_template_holds_what_the_csp_forbids(repository):
    """C18"""
    forbidden = re.compile(r'\sstyle="|<style|<script(?![^>]*\bsrc=)|\son\w+="|hx-on|"js:|javascript:')
    templates = {page.name: forbidden.findall(page.read_text()) for page in repository.glob("templates/**/*.html")}

    assert {name: found for name, found in templates.items() if found} == {}


def test_nothing_comes_from_another_origin(repository):
    files = [
        *repository.glob("templates/**/*.html"),
        *repository.glob("static/js/*.js"),
        repository / "static/console.css",
    ]
    own = re.compile(r"https?://(?!www\.w3\.org/)[\w.-]+")

    links = {file.name: own.findall(file.read_text()) for file in files}

    assert {name: found for name, found in links.items() if [url for url in found if "aliyun" not in url]} == {}
