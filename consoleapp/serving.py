"""The console as a WSGI application, below the sub-path of CONSOLE_URL if that has one."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def application() -> Application:
    """The proxy passes paths on as they came.

    Without the sub-path the same pages answer: a supervisor on this machine asks for /healthz, whatever the public
    address is.
    """
    django, prefix = get_wsgi_application(), settings.FORCE_SCRIPT_NAME

    def below(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == prefix or path.startswith(f"{prefix}/"):
            environ["PATH_INFO"] = path[len(prefix) :]
        return django(environ, start_response)

    return below
