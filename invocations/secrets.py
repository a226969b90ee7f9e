"""Secret parameter values: encrypted in one column while a batch may still be sent, masked wherever they could show."""

import json
from collections.abc import Iterable, Mapping
from functools import cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings

from invocations.results.decoding import GB18030, UTF8, decode

MASK = "••••••"
SHORTEST_MASKED = 6  # characters; shorter values would blank out half of an output


@cache
def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])


def seal(values: Mapping[str, str]) -> bytes | None:
    return _fernet().encrypt(json.dumps(dict(values)).encode()) if values else None


def unseal(sealed: bytes | memoryview | None) -> dict[str, str]:
    """Raises `cryptography.fernet.InvalidToken` when no configured key opens it."""
    values: dict[str, str] = json.loads(_fernet().decrypt(bytes(sealed))) if sealed else {}
    return values


def mask(output: bytes, values: Iterable[str]) -> bytes:
    """The output with every known secret value hidden, in whichever encoding; best effort: it may come in pieces."""
    decoded = decode(output)
    own = decoded.encoding if decoded else UTF8
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= SHORTEST_MASKED:
            for encoding in (own, UTF8, GB18030, "UTF-16-LE"):
                output = output.replace(value.encode(encoding), MASK.encode(encoding))
    return output
