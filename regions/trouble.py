"""Why a copy of the cloud is not fresh, in words: what happened, its cause, what to do."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from cloud import errors
from regions.models import Mirror, Region

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Trouble:
    what: str
    cause: str | _StrPromise
    fix: str | _StrPromise
    code: str  # the cloud's, where the sentence does not name it


def of(mirror: Mirror | None, region: Region | None) -> Trouble | None:
    """None where the newest try went well."""
    if mirror is None or not mirror.has_failed:
        return None
    name = region.name if region else _("The cloud")
    kind: type[errors.CloudError] = getattr(errors, mirror.error_kind, errors.CloudError)
    what = _SENTENCES.get(mirror.error_kind, _rejected)(mirror, name)
    is_named = bool(mirror.error_code) and mirror.error_code in what
    return Trouble(what, kind.cause, kind.fix, "" if is_named else mirror.error_code)


def _unreachable(mirror: Mirror, name: str) -> str:
    if mirror.refreshed_at is None:
        return _("%(region)s can’t be reached.") % {"region": name}
    return _("Shown as of %(time)s; the cloud can’t be reached.") % {"time": _clock(mirror.refreshed_at)}


def _throttled(mirror: Mirror, _name: str) -> str:
    left = (mirror.next_try_at - timezone.now()).total_seconds() if mirror.next_try_at else 0
    return _("The cloud is slowing us down. Next try in %(s)s s.") % {"s": max(1, math.ceil(left))}


def _bad_credentials(mirror: Mirror, _name: str) -> str:
    return _(
        "The cloud doesn’t accept the console’s credentials (%(code)s). "
        "Runs wait and go on by themselves once this is mended."
    ) % {"code": mirror.error_code}


def _not_permitted(mirror: Mirror, _name: str) -> str:
    return _("The console’s credentials lack %(action)s.") % {"action": mirror.error_action or mirror.error_code}


def _unavailable(mirror: Mirror, name: str) -> str:
    parts = {"region": name, "message": mirror.error_message, "code": mirror.error_code}
    return _("%(region)s isn’t available to this account: %(message)s (%(code)s).") % parts


def _rejected(mirror: Mirror, _name: str) -> str:
    parts = {"message": mirror.error_message, "code": mirror.error_code or mirror.error_kind}
    return _("The cloud rejected this call: %(message)s (%(code)s).") % parts


_SENTENCES: dict[str, Callable[[Mirror, str], str]] = {
    "Unreachable": _unreachable,
    "OutcomeUnknown": _unreachable,
    "Throttled": _throttled,
    "BadCredentials": _bad_credentials,
    "NotPermitted": _not_permitted,
    "RegionUnavailable": _unavailable,
}


def _clock(moment: datetime) -> str:
    """14:02, with its day when that is not today."""
    local = timezone.localtime(moment)
    is_today = local.date() == timezone.localdate()
    return local.strftime("%H:%M") if is_today else local.strftime("%Y-%m-%d %H:%M")
