"""The door for web servers with processes of their own: `gunicorn consoleapp.wsgi`."""

import os
import sys
from contextlib import suppress

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consoleapp.settings")
GIVE_UP = 4  # gunicorn's APP_LOAD_ERROR: with any other exit code of a worker it would start the next one, for ever

try:
    from consoleapp import serving

    application = serving.application()
    from consoleapp import versions

    with suppress(DatabaseError):  # which may come later; until then pages and /readyz say that there is none
        versions.check_not_newer()
    connection.close()
except ImproperlyConfigured as error:
    print(error, file=sys.stderr, flush=True)
    sys.exit(GIVE_UP)
