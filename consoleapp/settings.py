"""Every setting of the console. Each variable read here stands in the README's table (a test compares the two).

Any variable may also be given as NAME_FILE: the file's content is taken, without the white space around it.
"""

import logging
import re
import secrets
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit
from uuid import uuid4
from zlib import crc32

from cryptography.fernet import Fernet
from csp.constants import NONCE, NONE, SELF
from environs import validate

from accounts.address import is_loopback
from cloud.connection import Service
from consoleapp import metrics_folder, variables
from consoleapp.keys import CannotKeep, kept

BASE_DIR = Path(__file__).resolve().parent.parent
env = variables.Environment()

# Where it runs

VAR = env.path("CONSOLE_VAR", default=BASE_DIR / "var").absolute()
HOST = env.str("CONSOLE_HOST", default="127.0.0.1")
PORT = env.int("CONSOLE_PORT", default=None, validate=validate.Range(min=1, max=65535))
PUBLIC_URL = (env.str("CONSOLE_URL", default="", validate=variables.is_address) or "").rstrip("/")
DEBUG = env.bool("CONSOLE_DEBUG", default=False)
LOG_LEVEL = env.log_level("CONSOLE_LOG_LEVEL", default=logging.WARNING)
DATABASES = {"default": env.dj_db_url("DATABASE_URL", default=f"sqlite:///{quote(str(VAR))}/console.sqlite3")}
_given_database_password = env.str("DATABASE_PASSWORD", default="")
_given_redis_url = env.str("REDIS_URL", default="", validate=variables.is_redis_address)
_given_redis_password = env.str("REDIS_PASSWORD", default="")
LOG_FORMAT = env.str(
    "CONSOLE_LOG_FORMAT", default="json" if _given_redis_url else "text", validate=validate.OneOf(["json", "text"])
)
METRICS_TOKEN = env.str("CONSOLE_METRICS_TOKEN", default="", validate=validate.Length(min=20))
METRICS_FOLDER = env.path("PROMETHEUS_MULTIPROC_DIR", default=None)

# Who may come in

_given_secret_key = env.str("CONSOLE_SECRET_KEY", default="", validate=variables.is_secret)
SECRET_KEY_FALLBACKS: list[str] = env.list("CONSOLE_SECRET_KEY_FALLBACKS", default=[])
_given_encryption_keys: list[str] = env.list(
    "CONSOLE_ENCRYPTION_KEY", default=[], validate=variables.is_encryption_key_list
)
_given_deployment_id = env.str("CONSOLE_DEPLOYMENT_ID", default="", validate=validate.Length(max=64))
_given_hosts: list[str] = env.list("CONSOLE_ALLOWED_HOSTS", default=[], validate=variables.is_host_list)
TRUSTED_PROXIES: list[str] = env.list("CONSOLE_TRUSTED_PROXIES", default=[], validate=variables.is_network_list)
SESSION_LIFE = env.int("CONSOLE_SESSION_LIFE", default=8 * 3600, validate=validate.Range(min=60))  # seconds
SESSION_IDLE = env.int("CONSOLE_SESSION_IDLE", default=30 * 60, validate=validate.Range(min=60))  # of a team admin's

# The cloud

CLOUD = env.str("CONSOLE_CLOUD", default="simulated", validate=validate.OneOf(["simulated", "alibaba"]))
ECS_ENDPOINT = env.str("ALIBABA_CLOUD_ECS_ENDPOINT", default="", validate=variables.is_endpoint_of(Service.ECS))
OOS_ENDPOINT = env.str("ALIBABA_CLOUD_OOS_ENDPOINT", default="", validate=variables.is_endpoint_of(Service.OOS))
STS_ENDPOINT = env.str("ALIBABA_CLOUD_STS_ENDPOINT", default="", validate=variables.is_endpoint_of(Service.STS))
CLOUD_ACCESS_KEY_ID = env.str("ALIBABA_CLOUD_ACCESS_KEY_ID", default="")
CLOUD_ACCESS_KEY_SECRET = env.str("ALIBABA_CLOUD_ACCESS_KEY_SECRET", default="")

BATCH_SIZE = env.int("CONSOLE_BATCH_SIZE", default=50, validate=validate.Range(min=1, max=100))
API_QPS = env.str("CONSOLE_API_QPS", default="Describe*=5,*=2", validate=variables.is_rate_list)
TOKEN_WINDOW = env.int("CONSOLE_TOKEN_WINDOW", default=1800, validate=validate.Range(min=0))
REQUEST_LIFE = env.int("CONSOLE_REQUEST_LIFE", default=960, validate=validate.Range(min=1))
LOOKUP_SETTLE = env.int("CONSOLE_LOOKUP_SETTLE", default=60, validate=validate.Range(min=0))
LEASE = env.int("CONSOLE_LEASE", default=120, validate=validate.Range(min=1))
SEND_DEADLINE = env.int("CONSOLE_SEND_DEADLINE", default=86400, validate=validate.Range(min=1))
CONTENT_LIMIT = env.int("CONSOLE_CONTENT_LIMIT", default=24576, validate=validate.Range(min=1))
MAX_TIMEOUT = env.int("CONSOLE_MAX_TIMEOUT", default=86400, validate=validate.Range(min=10))
MAX_TARGETS = env.int("CONSOLE_MAX_TARGETS", default=10000, validate=validate.Range(min=1))
MAX_WAVES = env.int("CONSOLE_MAX_WAVES", default=200, validate=validate.Range(min=2))
CONFIRM_ABOVE = env.int("CONSOLE_CONFIRM_ABOVE", default=500, validate=validate.Range(min=1))

# The simulated cloud, started by `manage.py runconsole` where no endpoint is given

SIMULATOR_PORT = env.int("SIMULATOR_PORT", default=0, validate=validate.Range(min=0, max=65535))
SIMULATOR_ACCESS_KEYS = env.str("SIMULATOR_ACCESS_KEYS", default="", validate=variables.is_key_pair_list)
SIMULATOR_CONTROL_TOKEN = env.str("SIMULATOR_CONTROL_TOKEN", default="")
SIMULATOR_FLEET = env.int("SIMULATOR_FLEET", default=None, validate=validate.Range(min=1, max=10000))

# What no variable alone shows

_PUBLIC = urlsplit(PUBLIC_URL)
IS_HTTPS = _PUBLIC.scheme == "https"
if DEBUG and not (is_loopback(HOST) and is_loopback(_PUBLIC.hostname or "localhost")):
    env.refuse(
        "CONSOLE_DEBUG", "shows settings to whoever finds an error, so it is only for a loopback address; unset it"
    )
if DEBUG and CLOUD == "alibaba":
    env.refuse("CONSOLE_DEBUG", "is refused with CONSOLE_CLOUD=alibaba; unset it")
if IS_HTTPS and TRUSTED_PROXIES == []:
    env.refuse(
        "CONSOLE_TRUSTED_PROXIES",
        "is missing, and CONSOLE_URL is https, which a proxy in front of the console must end; name its address",
    )
if _given_hosts and _PUBLIC.hostname and _PUBLIC.hostname not in _given_hosts:
    env.refuse("CONSOLE_ALLOWED_HOSTS", f"lacks {_PUBLIC.hostname}, the host of CONSOLE_URL; add it")
if bool(CLOUD_ACCESS_KEY_ID) != bool(CLOUD_ACCESS_KEY_SECRET):
    env.refuse(
        "ALIBABA_CLOUD_ACCESS_KEY_ID", "and ALIBABA_CLOUD_ACCESS_KEY_SECRET belong together; give both or neither"
    )
if CLOUD == "simulated" and ECS_ENDPOINT and not CLOUD_ACCESS_KEY_ID:
    env.refuse(
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "and its secret are needed for the simulated cloud at ALIBABA_CLOUD_ECS_ENDPOINT; give one of the pairs in its"
        " SIMULATOR_ACCESS_KEYS",
    )
if _given_redis_password and urlsplit(_given_redis_url or "").password:
    env.refuse("REDIS_PASSWORD", "is set, and REDIS_URL has one, too; leave out one of them")
if _given_database_password and DATABASES["default"] and DATABASES["default"].get("PASSWORD"):
    env.refuse("DATABASE_PASSWORD", "is set, and DATABASE_URL has one, too; leave out one of them")
if DATABASES["default"] and DATABASES["default"]["ENGINE"].rpartition(".")[2] not in ("sqlite3", "postgresql"):
    env.refuse("DATABASE_URL", "names a database the console doesn’t work with; it may be postgres:// or sqlite://")
try:
    SECRET_KEY = _given_secret_key or kept(VAR / "secret_key", lambda: secrets.token_urlsafe(64))
    ENCRYPTION_KEYS = _given_encryption_keys or [kept(VAR / "encryption_key", lambda: Fernet.generate_key().decode())]
    DEPLOYMENT_ID = _given_deployment_id or kept(VAR / "deployment_id", lambda: uuid4().hex)
except CannotKeep as error:
    env.refuse("CONSOLE_VAR", str(error))

env.seal()

if _given_database_password:
    DATABASES["default"]["PASSWORD"] = _given_database_password
REDIS_URL = variables.with_password(_given_redis_url, _given_redis_password)
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *(_given_hosts or variables.own_names(HOST, _PUBLIC.hostname))]

if METRICS_FOLDER:
    metrics_folder.join(METRICS_FOLDER)  # before anything is counted

# Django

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "axes",
    "csp",
    "accounts",
    "regions",
    "instances",
    "commands",
    "invocations",
    "consoleapp",
]
MIDDLEWARE = [
    "consoleapp.middleware.RequestMiddleware",
    "accounts.middleware.ProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.middleware.HeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "consoleapp.middleware.SentenceMiddleware",
    "consoleapp.middleware.VersionMiddleware",
    "accounts.middleware.OddRequestsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.SessionRulesMiddleware",
    "accounts.middleware.PreferencesMiddleware",
    "accounts.middleware.SigninRequiredMiddleware",
    "accounts.middleware.RatesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "regions.middleware.CurrentRegionMiddleware",
    "commands.middleware.MovedMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "consoleapp.urls"
WSGI_APPLICATION = "consoleapp.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "regions.context.shell",
                "consoleapp.context.look",
            ],
        },
    }
]

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a deferred transaction that reads and then writes fails at once, whatever the time-out.
    # FULL: a committed claim survives a power cut.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
        " PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=27103364; PRAGMA cache_size=2000",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# Of one process only: pages must work, and a sign-out must count at once, while Redis is away.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

CELERY_BROKER_URL = REDIS_URL or "memory://localhost/"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"socket_timeout": 5, "socket_connect_timeout": 1} if REDIS_URL else {"polling_interval": 0.05}
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_CONCURRENCY = 8  # threads that mostly wait for the cloud, however many cores there are
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_TIMEZONE = "UTC"

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "accounts:signin"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:signin"
# C04: slowed down by account and address together, so that nobody can lock somebody else out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "accounts.views.locked_out"
AXES_CLIENT_IP_CALLABLE = "accounts.address.of"
AXES_SENSITIVE_PARAMETERS = ["kept"]
AXES_DISABLE_ACCESS_LOG = True
SIGNIN_FAILURES_PER_ADDRESS = "30/15minutes"
RATES = {  # of one person; a page that searches while one types asks three times a second
    ("POST", "invocations:panel"): "120/minute",
    ("POST", "invocations:unsaved"): "240/minute",
    ("POST", "commands:new"): "240/minute",
    ("POST", "commands:edit"): "240/minute",
    ("GET", "invocations:panel"): "600/minute",
    ("GET", "invocations:picker"): "600/minute",
    ("GET", "invocations:suggestions"): "600/minute",
    ("GET", "invocations:history"): "600/minute",
    ("GET", "invocations:output"): "600/minute",
    ("GET", "instances:list"): "600/minute",
    ("GET", "commands:list"): "600/minute",
}
TYPED_FIELDS = "consoleapp.errors.typed"  # of a form that could not be taken, what may be sent again
START_PAGE = "consoleapp.views.start_page"  # where a person is taken after signing in

# Sessions live in the database; accounts/sessions.py says when they end.
SESSION_COOKIE_AGE = SESSION_LIFE
_OURS = f"{crc32(DEPLOYMENT_ID.encode()):08x}"  # cookies ignore ports: two consoles on one computer need two names
# Below a sub-path they are not shown to what else is served there; a __Host- name would send them everywhere (C13).
_SAFE = "__Secure-" if _PUBLIC.path else "__Host-"
SESSION_COOKIE_NAME = f"{_SAFE}session" if IS_HTTPS else f"session-{_OURS}"
CSRF_COOKIE_NAME = f"{_SAFE}csrf" if IS_HTTPS else f"csrf-{_OURS}"
LANGUAGE_COOKIE_NAME = "language"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = _PUBLIC.path or "/"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_FAILURE_VIEW = "consoleapp.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = [f"{_PUBLIC.scheme}://{_PUBLIC.netloc}"] if PUBLIC_URL else []
FORCE_SCRIPT_NAME = _PUBLIC.path  # "" too: what a server or a header says of it counts for nothing
SECURE_SSL_REDIRECT = IS_HTTPS
_WITHIN = "healthz|readyz|metrics"  # asked from this machine or network, past the proxy
SECURE_REDIRECT_EXEMPT = [rf"^{re.escape(_PUBLIC.path[1:])}/?({_WITHIN})$"]
SECURE_HSTS_SECONDS = 31536000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
# Written by ProxyMiddleware alone: no client can send a header of this name.
SECURE_PROXY_SSL_HEADER = ("CONSOLE_FORWARDED_PROTO", "https")
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
FILE_UPLOAD_HANDLERS = ["consoleapp.uploads.InMemoryUpload"]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "中文")]
LOCALE_PATHS = [BASE_DIR / "consoleapp" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = f"{_PUBLIC.path}/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "consoleapp.logs.JSONFormatter"},
        "text": {"()": "consoleapp.logs.TextFormatter"},
    },
    "handlers": {"stderr": {"class": "consoleapp.logs.PatientHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "waitress.queue": {"level": "ERROR"},
        "axes": {"level": "ERROR"},
        "django.request": {"level": "ERROR"},  # a form with a mistake in it is no event
    },
}
