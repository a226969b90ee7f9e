"""Which saved commands somebody may see."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.access import NotHere
from accounts.models import Person
from commands.models import Command
from regions.models import Region


def get_command_for(person: Person, region_id: str, cloud_id: str) -> Command:
    """The command, if this person may see it and the cloud still has it. Otherwise 404, so that guessing tells nothing.

    One of another region is named: a link with the wrong region in it is a mistake, not a guess.
    """
    visible = Command.objects.visible_to(person).present()
    command = visible.filter(region=region_id, cloud_id=cloud_id).first()
    if command is None:
        raise NotHere(_elsewhere(visible.filter(cloud_id=cloud_id).first(), region_id))
    return command


def _elsewhere(command: Command | None, region_id: str) -> str:
    if command is None:
        return _("This command no longer exists in %(region)s.") % {"region": _name(region_id)}
    return _("This command is in %(region)s.") % {"region": _name(command.region)}


def _name(region_id: str) -> str:
    region = Region.objects.filter(pk=region_id).first()
    return region.name if region else region_id
