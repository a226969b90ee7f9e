"""Names of the OOS secrets that may hold a Windows password: asked only when one can matter, kept for a minute."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.cache import cache

from cloud import account, connection
from cloud.errors import CloudError

KEPT = 60  # seconds
KEPT_WITHOUT_ANSWER = 10


@dataclass(frozen=True, slots=True)
class Names:
    """`names` is None where the cloud did not tell; `trouble` is then what it said instead."""

    names: list[str] | None
    trouble: str = ""

    def lacks(self, name: str) -> bool:
        return self.names is not None and name not in self.names


def of(region: str, *, anew: bool = False) -> Names:
    """Of one region, since the secret must be where the instance is."""
    key = f"password-names:{region}"
    known: Names | None = None if anew else cache.get(key)
    if known is None:
        known = _ask(region)
        cache.set(key, known, KEPT if known.names is not None else KEPT_WITHOUT_ANSWER)
    return known


def _ask(region: str) -> Names:
    try:
        return Names(sorted(account.list_secret_names(connection.current(), region)))
    except CloudError as error:
        return Names(None, str(error))
