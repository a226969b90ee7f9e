"""What the note about a change made elsewhere needs: `{% load drift %}`."""

from __future__ import annotations

from django import template

from commands import settling
from commands.models import Command

register = template.Library()


@register.filter
def cloud_state(command: Command) -> str:
    """`{{ command|cloud_state }}`: what of the cloud's somebody looks at (settling.state_of)."""
    return settling.state_of(command)
