"""`{% load hidden %}`: names and other texts of others, with what can't be seen in them made visible (C47)."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from invocations.results.ansi import marked as pieces_of

register = template.Library()


@register.filter
def marked(text: str) -> SafeString:
    """`{{ target.name|marked }}`: text of its own direction; U+202E stands there as that, and turns nothing around."""
    pieces = [
        format_html('<span class="{}" title="{}">{}</span>', piece.classes, piece.title, piece.text)
        if piece.classes
        else piece.text
        for piece in pieces_of(text)
    ]
    return format_html("<bdi>{}</bdi>", format_html_join("", "{}", ((piece,) for piece in pieces)))
