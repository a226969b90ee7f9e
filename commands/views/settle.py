"""What was changed elsewhere: the cloud's version is kept, or ours is put back."""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import address
from accounts.access import admins_only
from accounts.plain_input import visible
from cloud import errors
from commands import refusals, saving, settling
from commands.access import get_own_command_for
from commands.models import Command
from regions.http import RegionRequest

_WAYS = {"cloud": settling.keep_clouds, "ours": settling.put_ours_back}


@require_POST
@admins_only
def settle(request: RegionRequest, region: str, cloud_id: str) -> HttpResponse:
    """`how` is `cloud` or `ours`; `seen` says what of the cloud's the person looked at (`settling.state_of`)."""
    command = get_own_command_for(request.user, region, cloud_id)
    how = request.POST.get("how", "")
    if how not in _WAYS:
        messages.error(request, _("Choose which version to keep."))
        return redirect("commands:detail", region, cloud_id)
    try:
        by = saving.By(person=request.user, address=address.of(request))
        version = _WAYS[how](command, by, seen=request.POST.get("seen", ""), token=_token(command, how))
    except settling.ChangedAgain as error:
        return _look_again(request, error.command)
    except saving.NothingToSave:
        messages.info(request, _("Nothing was left to settle: the cloud has the newest version."))
    except saving.GoneMeanwhile as error:
        messages.error(request, refusals.sentence(error, request.region))
        return redirect("commands:list", region)
    except (saving.NotSaved, errors.CloudError) as error:
        messages.error(request, refusals.sentence(error, request.region))
    else:
        values = {"n": version.number, "name": visible(version.name)}
        messages.success(request, _("Version %(n)s of %(name)s is saved.") % values)
        cloud_id = version.cloud_id
    return redirect("commands:detail", region, cloud_id)


def _look_again(request: RegionRequest, command: Command) -> HttpResponse:
    messages.warning(request, _("It was changed once more meanwhile. Look at the difference, then choose again."))
    return redirect(f"{reverse('commands:versions', args=[command.region, command.cloud_id])}?to=cloud")


def _token(command: Command, how: str) -> UUID:
    """One for each way of settling this change: pressed twice, by one or by two, it is one version."""
    return uuid5(NAMESPACE_URL, f"settle/{command.pk}/{command.version_number}/{how}")
