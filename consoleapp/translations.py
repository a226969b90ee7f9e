"""Compiled catalogues, made from the `.po` files without gettext's own tools, which a bare machine lacks.

Whoever adds a sentence has those tools (Debian: gettext), runs
`manage.py makemessages -l zh_Hans --no-obsolete --no-wrap --add-location file -i tests -i simulator -i ".venv"`
and translates what is empty or fuzzy in consoleapp/locale/. tests/front/test_translations.py names what is missing.
"""

import os
import tempfile
from pathlib import Path

import polib
from django.conf import settings


def compile_catalogues() -> list[Path]:
    """Write every `.mo` that is missing or older than its `.po`; the ones written are returned.

    A reader never sees half a file: it appears whole. Several processes may do this at once.
    """
    catalogues = [po for folder in settings.LOCALE_PATHS for po in Path(folder).glob("*/LC_MESSAGES/django.po")]
    stale = [po for po in catalogues if _is_stale(po)]
    return [_compile(po) for po in stale]


def _is_stale(po: Path) -> bool:
    mo = po.with_suffix(".mo")
    return not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime


def _compile(po: Path) -> Path:
    mo = po.with_suffix(".mo")
    handle, draft = tempfile.mkstemp(dir=mo.parent, prefix=".django.", suffix=".mo")
    os.fchmod(handle, 0o644)  # made by whoever builds an image, read by whoever runs it
    os.close(handle)
    polib.pofile(str(po)).save_as_mofile(draft)
    Path(draft).replace(mo)
    return mo
