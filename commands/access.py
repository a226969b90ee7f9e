"""Which saved commands somebody may see."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.access import NotHere
from accounts.models import Person
from commands.models import Command, Superseded
from regions.models import Region


class Moved(Exception):
    """The ID carried an older version of `command`, which has another ID now (commands/middleware.py)."""

    def __init__(self, command: Command) -> None:
        super().__init__(command.cloud_id)
        self.command = command


def get_command_for(person: Person, region_id: str, cloud_id: str) -> Command:
    """The command, if this person may see it and the cloud still has it. Otherwise 404, so that guessing tells nothing.

    Raises Moved for an ID that carried an older version of it. One of another region is named: a link with the wrong
    region in it is a mistake, not a guess.
    """
    visible = Command.objects.visible_to(person).present()
    command = visible.filter(region=region_id, cloud_id=cloud_id).first()
    if command is not None:
        return command
    old = Superseded.objects.filter(region=region_id, cloud_id=cloud_id, command__in=visible)
    if found := old.select_related("command").first():
        raise Moved(found.command)
    raise NotHere(_elsewhere(visible.filter(cloud_id=cloud_id).first(), region_id))


def get_own_command_for(person: Person, region_id: str, cloud_id: str) -> Command:
    """As `get_command_for`, for what can't be done with a public command."""
    command = get_command_for(person, region_id, cloud_id)
    if command.is_public:
        raise NotHere
    return command


def get_edited_command_for(person: Person, region_id: str, cloud_id: str) -> Command:
    """The own command of a form that was sent: also one the cloud no longer has, so that what was typed is not lost."""
    try:
        return get_own_command_for(person, region_id, cloud_id)
    except NotHere:
        gone = Command.objects.visible_to(person).filter(region=region_id, cloud_id=cloud_id, is_public=False).first()
        if gone is None:
            raise
        return gone


def _elsewhere(command: Command | None, region_id: str) -> str:
    if command is None:
        return _("This command no longer exists in %(region)s.") % {"region": _name(region_id)}
    return _("This command is in %(region)s.") % {"region": _name(command.region)}


def _name(region_id: str) -> str:
    region = Region.objects.filter(pk=region_id).first()
    return region.name if region else region_id
