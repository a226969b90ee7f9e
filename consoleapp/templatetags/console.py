"""Tags and filters of every template: `{% load console %}`.

icon · marked · marked_text · state_badge · state_pill · shown_badge · instance_status · agent_status · ago · at ·
copy_button · pager · duration · short_duration · thousands · milliseconds · percent · absolute · initials · newest ·
trouble_what · trouble_why · shell_nav · cloud_badge · words_for_scripts
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import template
from django.core.paginator import Page
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join, json_script
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from consoleapp import shell, states, times, wording
from invocations.results import ansi

if TYPE_CHECKING:
    from instances.models import Instance
    from regions.models import Mirror

register = template.Library()
MISSING = "–"


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """A symbol of static/icons.svg, decorative: `{% icon "search" %}`, `{% icon "run" "i-s spin" %}`."""
    return format_html(
        '<svg class="i {}" aria-hidden="true"><use href="{}#{}"/></svg>', classes, static("icons.svg"), name
    )


@register.filter
def marked(text: str) -> SafeString:
    """`{{ target.name|marked }}`: of its own direction; U+202E stands there as that, and turns nothing (C47)."""
    pieces = [
        format_html('<span class="{}" title="{}">{}</span>', piece.classes, piece.title, piece.text)
        if piece.classes
        else piece.text
        for piece in ansi.marked(text)
    ]
    return format_html("<bdi>{}</bdi>", format_html_join("", "{}", ((piece,) for piece in pieces)))


@register.filter
def marked_text(text: str) -> str:
    """The same where no markup can stand: a title, a label."""
    return "".join(piece.text for piece in ansi.marked(text))


def _badge(shown: states.Shown) -> SafeString:
    mark = icon(shown.icon, "spin" if shown.is_turning else "")
    return format_html('<span class="st {}">{}{}</span>', shown.family, mark, shown.word)


@register.simple_tag
def state_badge(state: str, word: str = "") -> SafeString:
    """Icon and word of a run's, batch's or target's state; `word` may take the place of its own: "3 failed"."""
    shown = states.of(state)
    return _badge(shown._replace(word=word) if word else shown)


@register.simple_tag
def state_pill(state: str) -> SafeString:
    """The same on a tint, to stand beside a heading."""
    shown = states.of(state)
    mark = icon(shown.icon, "i-s spin" if shown.is_turning else "i-s")
    return format_html('<span class="badge b-{}">{}{}</span>', shown.family, mark, shown.word)


@register.simple_tag
def shown_badge(shown: states.Shown) -> SafeString:
    """For a word that has no table of its own."""
    return _badge(shown)


@register.simple_tag
def instance_status(instance: Instance) -> SafeString:
    return _badge(states.of_instance(instance))


@register.simple_tag
def agent_status(agent: str) -> SafeString:
    """`{% agent_status instance.agent %}`"""
    return _badge(states.of_agent(agent))


@register.simple_tag
def ago(moment: datetime | None) -> SafeString | str:
    """A moment as `<time>`, kept up to date by static/js/times.js; a dash where there is none."""
    if moment is None:
        return MISSING
    return format_html(
        '<time datetime="{}" title="{}" data-ago>{}</time>',
        moment.isoformat(timespec="seconds"),
        times.absolute(moment),
        times.relative(moment),
    )


@register.filter
def absolute(moment: datetime | None) -> str:
    """2026-11-12 14:02:31 CST"""
    return times.absolute(moment) if moment else MISSING


@register.simple_tag
def at(moment: datetime | None) -> SafeString | str:
    """The same as `<time>`, which static/js/times.js puts into the browser's zone; a dash where there is none."""
    if moment is None:
        return MISSING
    return format_html('<time datetime="{}" data-at>{}</time>', moment.isoformat(), times.absolute(moment))


@register.filter
def duration(seconds: float | None) -> str:
    """3.2 s, 1 min 4 s, 2 h 10 min"""
    return MISSING if seconds is None else times.duration(seconds)


@register.filter
def short_duration(seconds: float | None) -> str:
    """For table cells: 3.2 s, 1:04"""
    return MISSING if seconds is None else times.clock(seconds)


@register.filter
def thousands(number: int) -> str:
    """1,234 in both languages"""
    return f"{number:,}"


@register.filter
def milliseconds(seconds: float | None) -> str:
    """180 ms"""
    return MISSING if seconds is None else f"{seconds * 1000:.0f} ms"


@register.filter
def percent(share: float) -> str:
    """12 % for 0.12"""
    return f"{share * 100:.0f} %"


@register.filter
def mirror_name(mirror: Mirror) -> str:
    return str(wording.MIRRORS[mirror.kind])


@register.filter
def trouble_what(status: int) -> str:
    """The sentence of an error page."""
    return str(wording.trouble(status).what)


@register.filter
def trouble_why(status: int) -> str:
    return str(wording.trouble(status).why)


@register.filter
def initials(name: str) -> str:
    """LW for li.wei, for the round beside a name."""
    words = [word for word in name.replace(".", " ").replace("-", " ").split() if word]
    return "".join(word[0] for word in words[:2]).upper()


@register.filter
def newest(messages: Iterable[Any], count: int) -> list[Any]:
    return list(messages)[: -count - 1 : -1]


@register.inclusion_tag("partials/copy_button.html")
def copy_button(text: str, name: str = "") -> dict[str, str]:
    """`{% copy_button command.cloud_id copy_id %}`; the name is the whole one, "Copy ID" when none is given."""
    return {"text": text, "name": name or _("Copy ID")}


@register.inclusion_tag("partials/pager.html", takes_context=True)
def pager(context: template.Context, page: Page[Any], sizes: tuple[int, ...] = (20, 50, 100)) -> dict[str, Any]:
    """The foot of a table: range, rows per page, numbered pages. Keeps the rest of the query (`page`, `per`)."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return {"request": context["request"], "page": page, "sizes": sizes, "numbers": numbers}


@register.inclusion_tag("partials/nav.html", takes_context=True)
def shell_nav(context: template.Context) -> dict[str, Any]:
    """The left navigation: what this person may open, in the current region."""
    return {"groups": shell.groups(context.get("region"), context["request"].path)}


@register.inclusion_tag("partials/cloud_badge.html", takes_context=True)
def cloud_badge(context: template.Context, with_details: bool = True) -> dict[str, Any]:
    """Which cloud this is; amber or red when its last answer was none. Without details it makes no query."""
    details = shell.cloud_details(context.get("region")) if with_details else None
    return {
        "kind": context.get("cloud_kind"),
        "account": context.get("cloud_account"),
        "details": details,
    }


@register.simple_tag
def words_for_scripts() -> SafeString:
    """What the scripts say by themselves, translated, as a JSON block the CSP need not allow."""
    return json_script({key: str(word) for key, word in wording.FOR_SCRIPTS.items()}, "words")
