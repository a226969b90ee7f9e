"""The console below a sub-path, behind the proxies that `deploy/` has files for: one console, each proxy a process."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from playwright.sync_api import expect

from tests.browser import test_story as story
from tests.consoleapp.test_running import wait_for
from tests.proxies import HOST, PROXIES, nginx_binary
from tests.services import free_port

pytestmark = pytest.mark.proxy

PREFIX = "/console"
PASSWORD = "a-horse-and-its-staple"
MAKE_PEOPLE = f"""
from django.core.management import call_command
call_command("migrate", verbosity=0)
from accounts.models import Person
for name, role in [("ada", "admin"), ("oscar", "operator")]:
    Person.objects.create_user(name, password={PASSWORD!r}, role=role)
"""
TRUSTED, STRANGER = "127.0.0.1", "127.0.0.2"  # both this computer's; the console trusts one of them
ADDRESS = re.compile(r'\s(?:href|src|action|formaction|hx-[a-z-]+|data-[a-z-]+)="([^"]*)"')


@dataclass(frozen=True)
class Deployment:
    """`url` is the public one, without the sub-path; `within` leads to the console past the proxy."""

    url: str
    plain: str
    within: str
    certificate: Path
    var: Path

    def session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False  # a bundle of certificates that the environment names would come first
        session.verify = str(self.certificate)
        return session

    def signed_in(self, name: str, **headers: str) -> requests.Session:
        session = self.session()
        page = session.get(f"{self.url}{PREFIX}/signin/")
        form = {"csrfmiddlewaretoken": csrf_in(page.text), "username": name, "password": PASSWORD}
        referer = {"Referer": page.url}
        answer = session.post(page.url, form, headers={**referer, **headers}, allow_redirects=False)
        assert answer.status_code == 303, answer.text
        return session

    def last_signin(self) -> str:
        """The address it came from, as the audit trail has it."""
        with sqlite3.connect(self.var / "console.sqlite3") as database:
            rows = database.execute(
                "SELECT address FROM accounts_auditentry WHERE action LIKE 'signin%' ORDER BY id DESC"
            )
            return rows.fetchone()[0]


def csrf_in(page):
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]


@pytest.fixture(scope="module")
def console(tmp_path_factory):
    """One console for all proxies of the module: they take turns on the same public port."""
    try:
        nginx_binary()
    except LookupError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("console")
    port, public, plain = free_port(), free_port(), free_port()
    private = ("CONSOLE_", "DATABASE_URL", "REDIS_URL", "ALIBABA_", "SIMULATOR_")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(private)},
        "CONSOLE_VAR": str(folder),
        "CONSOLE_PORT": str(port),
        "CONSOLE_URL": f"https://{HOST}:{public}{PREFIX}",
        "CONSOLE_TRUSTED_PROXIES": TRUSTED,
        "CONSOLE_API_QPS": "*=1000",
        "SIMULATOR_PACE": "0",
    }
    run = [sys.executable, "manage.py"]
    root = Path(__file__).resolve().parents[2]
    subprocess.run([*run, "shell", "-v0", "-c", MAKE_PEOPLE], cwd=root, env=environment, check=True)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*run, "runconsole"], cwd=root, env=environment, stdout=log, stderr=log)
    try:
        wait_for(lambda: is_ready(f"http://127.0.0.1:{port}"), patience=60)
        yield folder, port, public, plain
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def is_ready(address):
    try:
        return requests.get(f"{address}/readyz", timeout=5).ok
    except requests.RequestException:
        return False


@pytest.fixture(scope="module", params=PROXIES)
def deployment(request, console, tmp_path_factory):
    var, port, public, plain = console
    folder = tmp_path_factory.mktemp(request.param)
    with PROXIES[request.param](folder, public, plain, port):
        yield Deployment(
            url=f"https://{HOST}:{public}",
            plain=f"http://{HOST}:{plain}",
            within=f"http://127.0.0.1:{port}",
            certificate=folder / "certificate.pem",
            var=var,
        )


def test_the_main_story_happens_below_the_sub_path_and_asks_for_nothing_beside_it(deployment, new_context):
    page = new_context(locale="en-US", ignore_https_errors=True).new_page()
    page.set_default_timeout(60_000)
    asked, trouble = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda response: trouble.append(response.url) if response.status >= 400 else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(f"{deployment.url}{PREFIX}/r/cn-hangzhou/commands/")
    page.get_by_label("User name").fill("oscar")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(f"{deployment.url}{PREFIX}/r/cn-hangzhou/commands/")
    story.ready(page)

    story.open_panel(page, story.ENGLISH)
    story.fill_in(page, story.ENGLISH)
    story.choose_120(page, story.ENGLISH)
    story.check_preflight(page, story.ENGLISH)
    page.get_by_role("button", name=story.ENGLISH.run_on).click()
    expect(page).to_have_url(story.RUN)
    run = story.RUN.search(page.url)[1]
    story.read_the_run(page, story.ENGLISH)
    story.read_one_output(page, story.ENGLISH)
    story.find_it_in_the_history(page, story.ENGLISH, run)
    page.get_by_role("button", name="Account: oscar").click()
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("命令执行结果")
    page.get_by_role("button", name="oscar").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Execution results")

    assert any("/live/" in url for url in asked)
    assert {url for url in asked if not url.startswith((f"{deployment.url}{PREFIX}/", "data:", "blob:"))} == set()
    assert trouble == []


def test_no_page_names_an_address_beside_the_sub_path(deployment):
    session = deployment.signed_in("ada")
    ahead, seen, beside = [f"{PREFIX}/"], set(), {}
    while ahead and len(seen) < 60:
        path = ahead.pop(0)
        answer = session.get(urljoin(deployment.url, path))
        if "text/html" not in answer.headers["Content-Type"]:
            continue
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        for found in map(unescape, ADDRESS.findall(answer.text)):
            if not found.startswith("/"):
                continue
            if not found.startswith(f"{PREFIX}/"):
                beside[found] = path
            if f'href="{found}' in unescape(answer.text) and (kind := kind_of(found)) not in seen:
                seen.add(kind)
                ahead.append(found)

    assert beside == {}
    assert len(seen) > 20


def kind_of(address):
    """The address without what tells one command or machine from another: of each kind of page one is enough."""
    return re.sub(r"/(?:[a-z]+-)?[\w-]*\d[\w-]*", "/…", urlsplit(address).path)


def test_C13_the_neighbours_of_the_sub_path_are_sent_no_cookie(deployment):
    session = deployment.signed_in("ada")

    cookies = {cookie.name: (cookie.path, cookie.secure) for cookie in session.cookies}

    assert {"__Secure-session", "__Secure-csrf"} <= set(cookies)
    assert set(cookies.values()) == {(PREFIX, True)}


@pytest.mark.parametrize("next", ["/", "/other/", "/console/../other/", "/console/%2e%2e/other/", "/consoles/"])
def test_B20_nobody_is_led_to_a_neighbour_of_the_sub_path(deployment, next):
    page = deployment.session().get(f"{deployment.url}{PREFIX}/signin/", params={"next": next})

    led_to = re.findall(r'name="next" value="([^"]*)"', page.text)
    assert all(not address or address.startswith(f"{PREFIX}/signin/") for address in led_to)


def test_the_bare_address_and_plain_http_lead_to_the_console(deployment):
    session = deployment.session()

    bare = session.get(f"{deployment.url}{PREFIX}", allow_redirects=False)
    home = session.get(f"{deployment.url}{PREFIX}/")

    assert bare.is_permanent_redirect
    assert urljoin(bare.url, bare.headers["Location"]) == f"{deployment.url}{PREFIX}/"
    assert home.url.startswith(f"{deployment.url}{PREFIX}/signin/?next={PREFIX.replace('/', '%2F')}%2F")


def test_C15_the_console_itself_sends_plain_http_to_https_but_not_its_supervisor(deployment):
    page = requests.get(f"{deployment.within}{PREFIX}/signin/", allow_redirects=False)

    assert page.status_code == 301
    assert page.headers["Location"].startswith("https://127.0.0.1")
    for path in ("/healthz", "/readyz", f"{PREFIX}/healthz"):
        assert requests.get(deployment.within + path, allow_redirects=False).status_code == 200, path


def test_B99_another_name_in_host_is_refused(deployment):
    answer = deployment.session().get(f"{deployment.url}{PREFIX}/signin/", headers={"Host": "evil.example"})
    direct = requests.get(
        f"{deployment.within}{PREFIX}/signin/",
        headers={"Host": "evil.example", "X-Forwarded-Proto": "https"},
        allow_redirects=False,
    )

    assert answer.status_code == 400 or not answer.content  # Caddy answers so for names that it doesn't know
    assert direct.status_code == 400
    assert "Location" not in direct.headers


def test_B99_what_a_client_says_of_its_own_address_never_gets_through(deployment):
    deployment.signed_in("ada", **{"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9"})

    assert deployment.last_signin() == "127.0.0.1"


def test_B99_a_stranger_past_the_proxy_is_believed_neither_the_address_nor_https(deployment):
    stranger = requests.Session()
    stranger.mount("http://", FromAddress(STRANGER))
    says = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    proxy = requests.Session()

    assert stranger.get(f"{deployment.within}{PREFIX}/signin/", headers=says, allow_redirects=False).status_code == 301
    assert proxy.get(f"{deployment.within}{PREFIX}/signin/", headers=says, allow_redirects=False).status_code == 200


class FromAddress(requests.adapters.HTTPAdapter):
    def __init__(self, address):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *arguments, **options):
        super().init_poolmanager(*arguments, source_address=(self.address, 0), **options)


@pytest.mark.parametrize("megabytes", [3, 5])
def test_B02_a_body_larger_than_any_form_is_refused(deployment, megabytes):
    """By the console in its own look, and beyond that by the proxy."""
    session = deployment.signed_in("ada")
    form = {"csrfmiddlewaretoken": "x", "next": "x" * (megabytes << 20)}

    answer = session.post(f"{deployment.url}{PREFIX}/language/", form, headers={"Referer": deployment.url})

    assert answer.status_code == 413 or (answer.status_code == 502 and megabytes == 5)  # Caddy before 2.7
    assert ("data-version" in answer.text) == (megabytes == 3)


@pytest.mark.parametrize(
    "path",
    [
        "/console/../console/healthz/../../etc/passwd",
        "/console/static/../../consoleapp/settings.py",
        "/console/static/..%2f..%2fconsoleapp%2fsettings.py",
        "/console/static/%2e%2e/%2e%2e/var/secret_key",
        "/console/static//etc/passwd",
        "/console/static/..%5c..%5cmanage.py",
        "/etc/passwd",
        "/consoleapp/settings.py",
    ],
)
def test_a_path_that_climbs_leads_nowhere(deployment, path):
    request = requests.Request("GET", deployment.url).prepare()
    request.url = deployment.url + path  # as it stands: requests would tidy it up

    answer = deployment.session().send(request, verify=str(deployment.certificate), allow_redirects=False)

    assert answer.status_code in (301, 302, 308, 400, 404)
    assert "root:" not in answer.text
    assert "INSTALLED_APPS" not in answer.text


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
def test_C63_what_a_supervisor_asks_is_not_for_everybody(deployment, path):
    assert deployment.session().get(f"{deployment.url}{PREFIX}{path}").status_code == 404


def test_the_samples_pass_paths_on_as_they_came(repository):
    """A path behind proxy_pass would make nginx write them anew, handle_path would make Caddy cut them."""
    nginx, caddy = (repository / "deploy" / name for name in ("nginx.conf", "Caddyfile"))

    assert re.search(r"proxy_pass http://console;", nginx.read_text())
    assert "handle_path /" not in caddy.read_text()
