"""Why a command could not be saved, copied or deleted: what happened and what to do, in one or two sentences."""

from __future__ import annotations

from functools import singledispatch

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cloud import errors
from cloud.explain import explain_error
from commands import saving
from regions.models import Region


@singledispatch
def sentence(error: Exception, region: Region) -> str:
    """For everything that `saving`, `settling` and `deleting` raise."""
    raise error


@sentence.register
def _nothing(error: saving.NothingToSave, region: Region) -> str:
    return _("Nothing to save: it is as it was saved last.")


@sentence.register
def _meanwhile(error: saving.SavedMeanwhile, region: Region) -> str:
    values = {"user": error.version.person.shown_name if error.version.person else "–", "n": error.version.number}
    return _("%(user)s saved version %(n)s meanwhile.") % values


@sentence.register
def _elsewhere(error: saving.ChangedElsewhere, region: Region) -> str:
    return _("%(name)s was changed outside this console. Settle that first.") % {"name": error.command.name}


@sentence.register
def _gone(error: saving.GoneMeanwhile, region: Region) -> str:
    return _("The command was deleted in the cloud meanwhile.")


@sentence.register
def _full(error: saving.QuotaUsedUp, region: Region) -> str:
    quota = error.quota
    if quota.most is None:
        full = _("%(region)s keeps as many commands as it may.") % {"region": region.name}
    else:
        values = {"region": region.name, "n": f"{quota.used:,}", "max": f"{quota.most:,}"}
        full = _("%(region)s keeps %(n)s of %(max)s commands.") % values
    ours = ""
    if quota.superseded:
        text = ngettext(
            "%(n)s of them carries an older version and is deleted once no run needs it.",
            "%(n)s of them carry older versions and are deleted once no run needs them.",
            quota.superseded,
        )
        ours = text % {"n": f"{quota.superseded:,}"}
    fix = _("Delete a command that is not needed, or ask for more in Quota Center.")
    return " ".join(part for part in (full, ours, fix) if part)


@sentence.register
def _unknown(error: errors.OutcomeUnknown, region: Region) -> str:
    return _("The cloud didn’t say whether it took this. Press the button again: however often, it is done once.")


@sentence.register
def _unreachable(error: errors.Unreachable, region: Region) -> str:
    return _("%(region)s can’t be reached; nothing was changed. Try again.") % {"region": region.name}


@sentence.register
def _throttled(error: errors.Throttled, region: Region) -> str:
    return _("The cloud is slowing us down; nothing was changed. Try again in a moment.")


@sentence.register
def _not_permitted(error: errors.NotPermitted, region: Region) -> str:
    text = _("The console’s credentials lack %(action)s; nothing was changed. Ask the account’s administrator for it.")
    return text % {"action": error.action or error.code}


@sentence.register
def _refused(error: errors.Refused, region: Region) -> str:
    known = explain_error(error)
    said = _("The cloud refused this (%(code)s); nothing was changed.") % {"code": error.code}
    return " ".join(str(part) for part in (said, known.meaning, known.cause, known.fix) if part)
