"""The bar that every page has while sending is paused in a restored or copied database: `{% load restoring %}`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import template
from django.template import Context
from django.utils import timezone

from accounts.models import Person
from invocations import deployment, unfinished
from invocations.models import Deployment

register = template.Library()
TOLD = timedelta(hours=1)  # after it was settled, as long as anything is still looked up


@register.inclusion_tag("partials/restore_banner.html", takes_context=True)
def restore_banner(context: Context) -> dict[str, Any]:
    row = Deployment.objects.first()
    person = context.get("user")
    if row is None or not isinstance(person, Person):
        return {}
    is_recent = row.adopted_at is not None and row.adopted_at > timezone.now() - TOLD
    return {
        "is_paused": row.paused_at is not None,
        "is_kept": row.pause_reason == deployment.KEPT,
        "progress": unfinished.Progress.now(row) if is_recent and unfinished.is_looking() else None,
        "is_admin": person.is_admin,
    }
