"""Whose cloud this is. Credentials may be exchanged under a running console, and then nothing it has copied counts."""

from __future__ import annotations

import logging

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from cloud.account import Identity, who_am_i
from cloud.connection import current
from cloud.errors import CloudError
from regions.models import Account, Mirrored

log = logging.getLogger(__name__)

THE_ONE = 1  # its key, so that two who meet no account make one row


def confirm() -> Account | None:
    """The account of the present credentials. Another one than before: every copy is forgotten.

    The cloud is asked once for each access key; while it can't tell, the account stays the one we know.
    """
    try:
        identity = who_am_i(current())
    except CloudError as error:
        log.info("the cloud does not tell whose credentials these are: %s", error)
        return Account.objects.first()
    known = Account.objects.first()
    if known and (known.account_id, known.arn, known.provider) == _columns(identity):
        return known
    return _change(identity)


def _columns(identity: Identity) -> tuple[str, str, str]:
    return identity.account_id, identity.arn, identity.provider


@transaction.atomic
def _change(identity: Identity) -> Account:
    known = Account.objects.select_for_update().first()
    if known and known.account_id not in ("", identity.account_id):
        log.warning("the credentials belong to account %s, not to %s any more", identity.account_id, known.account_id)
        _forget_everything()
    account_id, arn, provider = _columns(identity)
    columns = {"account_id": account_id, "arn": arn, "provider": provider, "checked_at": timezone.now()}
    account, _created = Account.objects.update_or_create(pk=known.pk if known else THE_ONE, defaults=columns)
    return account


def _forget_everything() -> None:
    for model in apps.get_models():
        if issubclass(model, Mirrored):
            model.forget()
