"""What was typed into a form whose session had ended, kept until its person has signed in again (B94).

It travels with the sign-in page, encrypted: nothing of it is stored here, and the page shows it to nobody else.
"""

import json
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

LIFETIME = 3600  # seconds
LARGEST = 256 * 1024  # bytes; more than that is not carried around


@dataclass(frozen=True, slots=True)
class Kept:
    path: str
    fields: list[tuple[str, str]]


def keep(request: HttpRequest) -> str:
    """The posted form as a text that only this console can read; "" where there is nothing to fill in again.

    What may be sent again, secrets not among it, and so that it runs nothing, is told by settings.TYPED_FIELDS.
    """
    fields = list(import_string(settings.TYPED_FIELDS)(request))
    form = json.dumps({"path": request.get_full_path(), "fields": fields}).encode()
    return _box().encrypt(form).decode() if fields and len(form) <= LARGEST else ""


def unfold(text: str) -> Kept | None:
    """None for what is not ours, or too old."""
    try:
        form = json.loads(_box().decrypt(text.encode(), ttl=LIFETIME))
    except InvalidToken:
        return None
    return Kept(form["path"], [(name, value) for name, value in form["fields"]])


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])
