"""Settings are read by a process of its own in each test, as they are in life."""

import os
import re
import subprocess
import sys

import pytest

PRODUCTION = {
    "CONSOLE_URL": "https://console.example.com",
    "CONSOLE_TRUSTED_PROXIES": "10.0.0.0/8",
    "CONSOLE_CLOUD": "alibaba",
    "CONSOLE_SECRET_KEY": "Vq3v8mJ2kX9wZr5tB7yN4cL6hD1gF0sA-pQeUiOaTnMbVcXzLkJh",
}


@pytest.fixture
def manage(repository, tmp_path):
    def run(*arguments, **environment):
        names = ("CONSOLE_", "DATABASE_URL", "REDIS_URL", "ALIBABA_", "SIMULATOR_", "DJANGO_ALLOW")
        surroundings = {name: value for name, value in os.environ.items() if not name.startswith(names)}
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=repository,
            env={**surroundings, "CONSOLE_VAR": str(tmp_path / "var"), **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def show(names):
    return ("shell", "-v0", "-c", f"from django.conf import settings\nfor n in {names!r}: print(getattr(settings, n))")


def test_every_setting_is_in_the_readme(repository):
    read = set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', (repository / "consoleapp/settings.py").read_text()))
    documented = set(re.findall(r"^\| `([A-Z_]+)`", (repository / "README.md").read_text(), re.MULTILINE))

    assert read == documented
    assert len(read) > 30


def test_several_wrong_values_are_told_in_one_sentence_each(manage):
    wrong = {
        "CONSOLE_PORT": "eighty",
        "CONSOLE_CLOUD": "aws",
        "CONSOLE_BATCH_SIZE": "500",
        "DATABASE_URL": "mine",
        "CONSOLE_TRUSTED_PROXIES": "proxy",
        "CONSOLE_LOG_LEVEL": "loud",
    }

    told = manage("check", **wrong)

    assert told.returncode == 1
    assert {line.partition(":")[0] for line in told.stderr.splitlines()} == set(wrong)
    assert "CONSOLE_PORT: not a valid integer.\n" in told.stderr


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
        ({"CONSOLE_URL": "https://console.example.com"}, "name the proxy’s address in CONSOLE_TRUSTED_PROXIES"),
        ({"CONSOLE_DEBUG": "on", "CONSOLE_HOST": "0.0.0.0"}, "only on a loopback address"),  # C62
        ({"CONSOLE_DEBUG": "on", "CONSOLE_URL": "http://console.example.com"}, "only on a loopback address"),
        ({"CONSOLE_DEBUG": "on", "CONSOLE_CLOUD": "alibaba"}, "refused with CONSOLE_CLOUD=alibaba"),
        ({"REDIS_URL": "redis://x", "REDIS_URL_FILE": "/etc/hostname"}, "set only one of them"),
        ({"REDIS_URL_FILE": "/nowhere/at/all"}, "which can’t be read"),
        ({"CONSOLE_VAR": "/dev/null/var"}, "CONSOLE_VAR: /dev/null/var/secret_key can’t be read or written"),
    ],
)
def test_a_wrong_value_is_refused_with_a_sentence(manage, environment, sentence):
    told = manage("check", **environment)

    assert told.returncode == 1
    assert sentence in told.stderr
    assert "Traceback" not in told.stderr
    assert len(told.stderr.splitlines()) == 1


def test_a_secret_may_come_from_a_file_without_its_line_end(manage, tmp_path):
    file = tmp_path / "key"
    file.write_text(f"{PRODUCTION['CONSOLE_SECRET_KEY']}\n")

    told = manage(*show(["SECRET_KEY"]), CONSOLE_SECRET_KEY_FILE=str(file))

    assert told.stdout.strip() == PRODUCTION["CONSOLE_SECRET_KEY"]


def test_an_empty_variable_is_an_unset_one(manage):
    told = manage(
        *show(["CLOUD", "BATCH_SIZE", "TRUSTED_PROXIES"]),
        CONSOLE_CLOUD="",
        CONSOLE_BATCH_SIZE="",
        CONSOLE_TRUSTED_PROXIES="",
    )

    assert told.stdout.split("\n")[:3] == ["simulated", "50", "[]"]


def test_C43_keys_are_made_once_and_only_their_owner_reads_them(manage, tmp_path):
    first, second = (manage(*show(["SECRET_KEY", "ENCRYPTION_KEYS", "DEPLOYMENT_ID"])) for _ in range(2))

    assert first.returncode == 0
    assert first.stdout == second.stdout
    assert len(first.stdout.splitlines()[0]) > 60
    for name in ("secret_key", "encryption_key", "deployment_id"):
        assert (tmp_path / "var" / name).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700


def test_B99_C14_the_default_hosts_are_this_computers_and_the_public_one(manage):
    default = manage(*show(["ALLOWED_HOSTS"]))
    public = manage(*show(["ALLOWED_HOSTS"]), **PRODUCTION)
    network = manage(*show(["ALLOWED_HOSTS"]), CONSOLE_HOST="192.0.2.7")

    assert default.stdout.strip() == "['127.0.0.1', 'localhost', '[::1]']"
    assert public.stdout.strip() == "['127.0.0.1', 'localhost', '[::1]', 'console.example.com']"
    assert network.stdout.strip() == "['127.0.0.1', 'localhost', '[::1]', '192.0.2.7']"


def test_C13_cookies_of_a_public_console_are_bound_to_its_host_and_to_https(manage):
    names = [
        "SESSION_COOKIE_NAME",
        "CSRF_COOKIE_NAME",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SECURE_HSTS_SECONDS",
    ]

    public, loopback = manage(*show(names), **PRODUCTION), manage(*show(names))

    assert public.stdout.split() == ["__Host-session", "__Host-csrf", "True", "True", "31536000"]
    assert re.fullmatch(r"session-[0-9a-f]{8} csrf-[0-9a-f]{8} False False 0", " ".join(loopback.stdout.split()))


def test_C15_django_has_nothing_to_say_about_a_production_deployment(manage):
    told = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)

    assert told.returncode == 0, told.stderr


def test_odd_characters_in_the_folder_do_not_move_the_database(manage, tmp_path):
    told = manage(*show(["DATABASES"]), CONSOLE_VAR=str(tmp_path / "a #1 folder?"))

    assert f"'NAME': '{tmp_path}/a #1 folder?/console.sqlite3'" in told.stdout


def test_no_setting_holds_a_password_or_key_of_its_own(repository):
    """C02, C43"""
    text = (repository / "consoleapp/settings.py").read_text()

    assert not re.search(r"(SECRET|PASSWORD|TOKEN|KEY_ID)\w*\s*=\s*[\"'][^\"']+", text)
