"""What the environment says, read as at a start: by a process where it is about what that prints, else in this one."""

import os
import re
import runpy
import subprocess
import sys
from functools import partial
from types import SimpleNamespace

import pytest

from consoleapp.variables import WrongSettings

PRODUCTION = {
    "CONSOLE_URL": "https://console.example.com",
    "CONSOLE_TRUSTED_PROXIES": "10.0.0.0/8",
    "CONSOLE_CLOUD": "alibaba",
    "CONSOLE_SECRET_KEY": "Vq3v8mJ2kX9wZr5tB7yN4cL6hD1gF0sA-pQeUiOaTnMbVcXzLkJh",
}


WRONG = {
    "CONSOLE_PORT": "eighty",
    "CONSOLE_CLOUD": "aws",
    "CONSOLE_BATCH_SIZE": "500",
    "DATABASE_URL": "mine",
    "CONSOLE_TRUSTED_PROXIES": "proxy",
    "CONSOLE_LOG_LEVEL": "loud",
}


OURS = ("CONSOLE_", "DATABASE_URL", "REDIS_URL", "ALIBABA_", "SIMULATOR_", "DJANGO_ALLOW")


@pytest.fixture
def read(repository, tmp_path, monkeypatch):
    """The settings as a process with this environment has them. Raises WrongSettings."""

    def settings(**environment):
        for name in [name for name in os.environ if name.startswith(OURS)]:
            monkeypatch.delenv(name)
        for name, value in {"CONSOLE_VAR": str(tmp_path / "var"), **environment}.items():
            monkeypatch.setenv(name, value)
        return SimpleNamespace(**runpy.run_path(str(repository / "consoleapp" / "settings.py")))

    return settings


@pytest.fixture
def start(repository, tmp_path):
    def run(*arguments, **environment):
        surroundings = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=repository,
            env={**surroundings, "CONSOLE_VAR": str(tmp_path / "var"), **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


@pytest.fixture
def manage(start):
    return partial(start, "manage.py")


def test_every_setting_is_in_the_readme(repository):
    read = set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', (repository / "consoleapp/settings.py").read_text()))
    documented = set(re.findall(r"^\| `([A-Z_]+)`", (repository / "README.md").read_text(), re.MULTILINE))

    assert read == documented
    assert len(read) > 30


def test_several_wrong_values_are_told_in_one_sentence_each(manage):
    told = manage("check", **WRONG)

    assert told.returncode == 1
    assert {line.partition(":")[0] for line in told.stderr.splitlines()} == set(WRONG)
    assert "CONSOLE_PORT: must be a whole number.\n" in told.stderr


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"CONSOLE_ALLOWED_HOSTS": "*"}, "* would let in more than one name"),  # C14
        ({"CONSOLE_ALLOWED_HOSTS": ".example.com"}, "would let in more than one name"),
        ({"CONSOLE_SECRET_KEY": "short"}, "too easy to guess"),  # C43
        ({"CONSOLE_SECRET_KEY": "a" * 64}, "too easy to guess"),
        ({"CONSOLE_SECRET_KEY": "please-change-me-" * 4}, "is an example"),
        ({"CONSOLE_ENCRYPTION_KEY": "not a key"}, "32 random bytes in URL-safe Base64"),
        ({"CONSOLE_URL": "console.example.com"}, "must look like https://console.example.com"),
        ({"CONSOLE_URL": "https://example.com/a//b"}, "its path may have letters, digits and -._~ only"),
        ({"CONSOLE_URL": "https://example.com/../b"}, "its path may have letters, digits and -._~ only"),
        ({"CONSOLE_URL": "https://me:secret@example.com"}, "must look like https://console.example.com"),
        (
            {"CONSOLE_URL": "https://console.example.com"},
            "CONSOLE_TRUSTED_PROXIES: is missing, and CONSOLE_URL is https",
        ),
        ({"CONSOLE_URL": "http://a.example", "CONSOLE_ALLOWED_HOSTS": "b.example"}, "lacks a.example, the host of"),
        ({"CONSOLE_DEBUG": "on", "CONSOLE_HOST": "0.0.0.0"}, "only for a loopback address"),  # C62
        ({"CONSOLE_DEBUG": "on", "CONSOLE_URL": "http://console.example.com"}, "only for a loopback address"),
        ({"CONSOLE_DEBUG": "on", "CONSOLE_CLOUD": "alibaba"}, "refused with CONSOLE_CLOUD=alibaba"),
        ({"REDIS_URL": "redis://x", "REDIS_URL_FILE": "/etc/hostname"}, "set only one of them"),
        ({"REDIS_URL_FILE": "/nowhere/at/all"}, "can’t be read (No such file or directory)"),
        ({"REDIS_URL_FILE": "/bin/sh"}, "can’t be read (it is not text in UTF-8)"),
        ({"REDIS_URL_FILE": "/dev/null"}, "is empty; write the value into it"),
        ({"REDIS_URL": "localhost"}, "must look like redis://"),
        ({"DATABASE_URL": "mysql://root@localhost/console"}, "may be postgres:// or sqlite://"),
        ({"CONSOLE_API_QPS": "fast"}, "must read like Describe*=5,*=2"),
        ({"SIMULATOR_ACCESS_KEYS": "only-an-id"}, "must read id:secret"),
        ({"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI"}, "give both or neither"),
        ({"ALIBABA_CLOUD_ECS_ENDPOINT": "http://127.0.0.1:9"}, "give one of the pairs in its SIMULATOR_ACCESS_KEYS"),
        ({"ALIBABA_CLOUD_OOS_ENDPOINT": "http://cloud.example"}, "only this machine may be reached without https"),
        ({"CONSOLE_VAR": "/dev/null/var"}, "CONSOLE_VAR: /dev/null/var/secret_key can’t be read or written"),
    ],
)
def test_a_wrong_value_is_refused_with_a_sentence(read, environment, sentence):
    with pytest.raises(WrongSettings) as refused:
        read(**environment)

    [line] = str(refused.value).splitlines()
    assert sentence in line
    assert line.endswith(".")


def test_a_secret_may_come_from_a_file_without_its_line_end(read, tmp_path):
    file = tmp_path / "key"
    file.write_text(f"{PRODUCTION['CONSOLE_SECRET_KEY']}\n")

    secret_key = read(CONSOLE_SECRET_KEY_FILE=str(file)).SECRET_KEY

    assert f"{secret_key}\n" == file.read_text()


@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "runconsole"],
        ["-m", "celery", "-A", "consoleapp", "worker"],
        ["-m", "gunicorn", "-w", "1", "-b", "127.0.0.1:0", "--log-level", "critical", "consoleapp.wsgi"],
    ],
    ids=lambda command: command[-1],
)
def test_every_door_tells_all_that_is_wrong_and_shuts(start, command):
    told = start(*command, **WRONG)

    assert told.returncode != 0
    assert {line.partition(":")[0] for line in told.stderr.splitlines()} == set(WRONG)
    assert "Traceback" not in told.stderr


def test_config_tells_each_variable_its_origin_and_its_meaning_and_no_secret(manage, tmp_path):
    file = tmp_path / "id-of-the-deployment"
    file.write_text("berlin\n")

    told = manage(
        "config",
        CONSOLE_SECRET_KEY=PRODUCTION["CONSOLE_SECRET_KEY"],
        CONSOLE_BATCH_SIZE="20",
        CONSOLE_DEPLOYMENT_ID_FILE=str(file),
        DATABASE_URL="postgres://console:p4ss-w0rd@db/console?sslpassword=p4ss-w0rd",
        CONSOLE_PROT="80",
    )

    lines = told.stdout.splitlines()
    assert told.returncode == 0
    assert f"CONSOLE_SECRET_KEY = set, {len(PRODUCTION['CONSOLE_SECRET_KEY'])} characters (environment)" in lines
    assert f"CONSOLE_DEPLOYMENT_ID = berlin (from file {file})" in lines
    assert "DATABASE_URL = postgres://console:…@db/console?sslpassword=… (environment)" in lines
    assert "CONSOLE_MAX_TARGETS = 10000 (default)" in lines
    assert lines[lines.index("CONSOLE_BATCH_SIZE = 20 (environment)") + 1] == "    instances in one call, 1 to 100"
    assert told.stderr.startswith("CONSOLE_PROT is set, and nothing reads it")
    assert PRODUCTION["CONSOLE_SECRET_KEY"] not in told.stdout
    assert "p4ss-w0rd" not in told.stdout


def test_config_shows_what_was_read_also_where_it_is_wrong(manage):
    told = manage("config", **WRONG)

    assert told.returncode == 1
    assert "CONSOLE_PORT = eighty (environment)" in told.stdout
    assert "SIMULATOR_FLEET = the default fleet (default)" in told.stdout
    assert {line.partition(":")[0] for line in told.stderr.splitlines()} == set(WRONG)


def test_each_variable_may_come_from_a_file(read, repository, tmp_path):
    """One that can't be read is missed by every one of them."""
    names = re.findall(r"^\| `([A-Z_]+)`", (repository / "README.md").read_text(), re.MULTILINE)

    with pytest.raises(WrongSettings) as refused:
        read(**{f"{name}_FILE": str(tmp_path / "missing") for name in names if name != "CONSOLE_VAR"})

    told = {line.partition(":")[0] for line in str(refused.value).splitlines()}
    assert told >= {*names} - {"CONSOLE_VAR"}


@pytest.mark.parametrize("odd", ["one\ntwo", "one\rtwo", "one\x1b[2Jtwo", "one\u200btwo", "one\u202etwo"])
def test_what_nobody_sees_in_a_value_is_refused_wherever_it_comes_from(read, tmp_path, odd):
    """It would be a wrong password that looks right, or a line of its own in what is printed."""
    file = tmp_path / "password"
    file.write_text(odd)

    with pytest.raises(WrongSettings) as told:
        read(REDIS_URL="redis://x", REDIS_PASSWORD_FILE=str(file), CONSOLE_HOST=odd)

    for name in ("REDIS_PASSWORD", "CONSOLE_HOST"):
        assert f"{name}: holds a line break or another invisible character" in str(told.value)
    assert "one" not in str(told.value).replace("one line", "")


def test_the_mark_that_some_editors_begin_a_file_with_is_no_part_of_a_secret(read, tmp_path):
    file = tmp_path / "password"
    file.write_bytes(b"\xef\xbb\xbfright\r\n")

    assert read(REDIS_URL="redis://x", REDIS_PASSWORD_FILE=str(file)).REDIS_URL == "redis://:right@x"


def test_an_empty_variable_is_an_unset_one(read):
    settings = read(CONSOLE_CLOUD="", CONSOLE_BATCH_SIZE="", CONSOLE_TRUSTED_PROXIES="")

    assert (settings.CLOUD, settings.BATCH_SIZE, settings.TRUSTED_PROXIES) == ("simulated", 50, [])


def test_a_value_is_taken_as_it_stands(read):
    assert read(CONSOLE_DEPLOYMENT_ID="{{HOME}}-$HOME").DEPLOYMENT_ID == "{{HOME}}-$HOME"


def test_C43_keys_are_made_once_and_only_their_owner_reads_them(read, tmp_path):
    first, second = read(), read()

    assert first.SECRET_KEY == second.SECRET_KEY
    assert first.ENCRYPTION_KEYS == second.ENCRYPTION_KEYS
    assert first.DEPLOYMENT_ID == second.DEPLOYMENT_ID
    assert len(first.SECRET_KEY) > 60
    for name in ("secret_key", "encryption_key", "deployment_id"):
        assert (tmp_path / "var" / name).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700


def test_B99_C14_the_default_hosts_are_this_computers_and_the_public_one(read):
    loopback = ["127.0.0.1", "localhost", "[::1]"]

    def hosts(**environment):
        return read(**environment).ALLOWED_HOSTS

    assert hosts() == loopback
    assert hosts(**PRODUCTION) == [*loopback, "console.example.com"]
    assert hosts(CONSOLE_HOST="192.0.2.7") == [*loopback, "192.0.2.7"]
    assert hosts(CONSOLE_ALLOWED_HOSTS="a.example,b.example") == [*loopback, "a.example", "b.example"]


def test_C13_cookies_of_a_public_console_are_bound_to_its_host_and_to_https(read):
    public, loopback = read(**PRODUCTION), read()

    assert (public.SESSION_COOKIE_NAME, public.CSRF_COOKIE_NAME) == ("__Host-session", "__Host-csrf")
    assert public.SESSION_COOKIE_PATH == public.CSRF_COOKIE_PATH == "/"
    assert public.SESSION_COOKIE_SECURE is public.CSRF_COOKIE_SECURE is True
    assert public.SECURE_HSTS_SECONDS == 31536000
    assert re.fullmatch(r"session-[0-9a-f]{8}", loopback.SESSION_COOKIE_NAME)
    assert re.fullmatch(r"csrf-[0-9a-f]{8}", loopback.CSRF_COOKIE_NAME)
    assert loopback.SESSION_COOKIE_SECURE is loopback.CSRF_COOKIE_SECURE is False
    assert loopback.SECURE_HSTS_SECONDS == 0


def test_C13_below_a_sub_path_cookies_are_of_the_sub_path_alone(read):
    settings = read(**PRODUCTION | {"CONSOLE_URL": "https://example.com/ops/console/"})

    assert (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME) == ("__Secure-session", "__Secure-csrf")
    assert settings.SESSION_COOKIE_PATH == settings.CSRF_COOKIE_PATH == settings.LANGUAGE_COOKIE_PATH == "/ops/console"
    assert settings.CSRF_TRUSTED_ORIGINS == ["https://example.com"]


def test_C15_django_has_nothing_to_say_about_a_production_deployment(manage):
    told = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)

    assert told.returncode == 0, told.stderr


def test_odd_characters_in_the_folder_do_not_move_the_database(read, tmp_path):
    settings = read(CONSOLE_VAR=str(tmp_path / "a #1 folder?"))

    assert settings.DATABASES["default"]["NAME"] == f"{tmp_path}/a #1 folder?/console.sqlite3"


def test_no_setting_holds_a_password_or_key_of_its_own(repository):
    """C02, C43"""
    text = (repository / "consoleapp/settings.py").read_text()

    assert not re.search(r"(SECRET|PASSWORD|TOKEN|KEY_ID)\w*\s*=\s*[\"'][^\"']+", text)
