"""The exact request a batch stands for: written before any call, never changed, compared by digest before it leaves."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from uuid import UUID

from django.conf import settings

from cloud.invocations import FrozenRequest, FrozenRun, Invocation, read_frozen
from invocations import secrets
from invocations.models import Batch

Frozen = FrozenRequest | FrozenRun  # a saved command's call, or a script's of its own


def tags(invocation_id: int, batch_id: UUID) -> tuple[tuple[str, str], ...]:
    """What a look-up finds the call by. A tag filter yields at most 1,000, so the batch has one of its own."""
    return (
        ("console-batch", str(batch_id)),
        ("console-run", str(invocation_id)),
        ("console-id", settings.DEPLOYMENT_ID),
    )


def parameters_text(values: Mapping[str, str]) -> str:
    """The JSON that is sent; the SDK passes the same bytes on when it is given the parsed text."""
    return json.dumps(dict(values), ensure_ascii=False, separators=(",", ":"))


def freeze(batch: Batch, request: Frozen) -> None:
    """Set `request` and its digest. `request` has placeholders for secrets, the digest is of what is really sent."""
    batch.request = request.to_json()
    batch.request_sha256 = filled(request, secrets.unseal(batch.secrets)).sha256()


def read(batch: Batch) -> Frozen:
    """As it is stored: placeholders for secrets."""
    return read_frozen(batch.request)


def is_readable(batch: Batch) -> bool:
    """Not where the row was edited by hand (A41): that batch waits for a person, alone."""
    try:
        read(batch)
    except ValueError:
        return False
    return True


def thaw(batch: Batch) -> Frozen:
    """What is to be sent, secrets filled in."""
    return filled(read(batch), secrets.unseal(batch.secrets))


def describes(request: Frozen, invocation: Invocation) -> bool:
    """Whether what the cloud lists can be this call.

    The cloud gives a script of its own an ID only with the answer, so its type is all there is to compare.
    """
    if isinstance(request, FrozenRun):
        return invocation.command_type == request.type
    return invocation.command_id == request.command_id


def filled(request: Frozen, values: Mapping[str, str]) -> Frozen:
    """With the values of its secret parameters in place of their placeholders."""
    if not values:
        return request
    parameters = json.loads(request.parameters)
    return dataclasses.replace(request, parameters=parameters_text({**parameters, **values}))
