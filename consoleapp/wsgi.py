"""The door for web servers: `gunicorn consoleapp.wsgi`, and the embedded one."""

import os
import sys
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

GIVE_UP = 4  # gunicorn's APP_LOAD_ERROR: with any other exit code of a worker it would start the next one, for ever

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consoleapp.settings")
try:
    _django = get_wsgi_application()
except ImproperlyConfigured as error:
    print(error, file=sys.stderr, flush=True)
    sys.exit(GIVE_UP)


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Serves what stands below the sub-path of CONSOLE_URL.

    The proxy passes paths on as they came. Without the sub-path the same pages answer: a supervisor on this machine
    asks for /healthz, whatever the public address is.
    """
    prefix, path = settings.FORCE_SCRIPT_NAME, environ["PATH_INFO"]
    if path == prefix or path.startswith(f"{prefix}/"):
        environ["PATH_INFO"] = path[len(prefix) :]
    return _django(environ, start_response)
