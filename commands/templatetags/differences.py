"""Drawing the lines of a difference: `{% load differences %}`. In Python, for there are thousands of them on a page."""

from __future__ import annotations

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from commands.differences import Line, Piece

register = template.Library()


@register.filter
def drawn(line: Line, tag: str) -> SafeString:
    """`{{ row.old|drawn:"del" }}`: its text, what changed in it marked by that tag, its end where that differs."""
    pieces = format_html_join("", "{}", ((_drawn(piece, tag),) for piece in line.pieces))
    if not line.shows_end:
        return pieces
    return format_html('{}<span class="end">{}</span>', pieces, line.end_name or _("no newline at the end"))


def _drawn(piece: Piece, tag: str) -> SafeString | str:
    text: SafeString | str = piece.text
    if piece.code:
        text = format_html('<span class="odd" data-code="{}">{}</span>', piece.code, text)
    return format_html(f"<{tag}>{{}}</{tag}>", text) if piece.is_changed else text
