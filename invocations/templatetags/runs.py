"""What pages of other rooms tell of runs: `{% load runs %}`. Those rooms know no model of this one."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.db.models import Max

from commands.models import Command
from instances.models import Instance
from invocations.access import runs_visible_to
from invocations.models import Target
from invocations.schedules import phrases

register = template.Library()
register.simple_tag(phrases.in_time)


@register.simple_tag(takes_context=True)
def with_last_command(context: template.Context, instances: Iterable[Instance]) -> list[tuple[Instance, Target | None]]:
    """Each instance of a page with what ran on it last, of the runs this person may see: one query for all.

    `{% with_last_command page as rows %}{% for instance, last in rows %}`
    """
    rows = list(instances)
    last = _last_targets(context, rows)
    return [(instance, last.get(instance.instance_id)) for instance in rows]


@register.simple_tag(takes_context=True)
def run_count(context: template.Context, command: Command) -> int:
    """How many runs of the command, in any version, this person may see: `{% run_count command as runs %}`."""
    return runs_visible_to(context["user"]).filter(command=command).count()


def _last_targets(context: template.Context, instances: list[Instance]) -> dict[str, Target]:
    visible = runs_visible_to(context["user"]).filter(region=context["region"].pk)
    ids = [instance.instance_id for instance in instances]
    newest = Target.objects.filter(instance_id__in=ids, invocation__in=visible).order_by().values("instance_id")
    found = Target.objects.filter(pk__in=newest.annotate(last=Max("pk")).values("last")).select_related("invocation")
    return {target.instance_id: target for target in found.defer("invocation__content", "error_info")}
