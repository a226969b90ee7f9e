"""Writing the trail of who did what."""

from typing import Any

from django.db.models.functions import Now

from accounts.models import AuditEntry, Person


def record(
    person: Person | None, action: str, *, region: str = "", object: str = "", address: str = "", **detail: Any
) -> None:
    """Append an entry, at the database's time. Call it in the transaction of what it tells: both stand or fall.

    `person` is None for the console's own doing and for what somebody unknown tried. `action` reads `run.submitted`,
    `object` `run 1042` or `c-hz…`; `detail` holds digests, counts and names that JSON can carry, never a secret.
    """
    AuditEntry.objects.create(
        at=Now(),
        person=person,
        actor=person.username if person else "console",
        address=address,
        action=action,
        region=region,
        object=object[:128],
        detail=detail,
    )
