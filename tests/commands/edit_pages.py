"""The form of the editor as a browser sends it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from commands.editing import MOST_ROWS
from commands.models import Command
from commands.parameters import names_in
from tests.factories import HANGZHOU

NEW = f"/r/{HANGZHOU}/commands/new/"


def edit_url(command: Command) -> str:
    return reverse("commands:edit", args=[command.region, command.cloud_id])


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.fields: dict[str, str] = {}
        self.textarea = ""
        self.is_in_form = False
        self.templates = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        name = known.get("name")
        if tag == "template":
            self.templates += 1
        if tag == "form":
            self.is_in_form = known.get("id") == "edit-form"
        if not self.is_in_form or self.templates or not name or "disabled" in known:
            return
        if tag == "textarea":
            self.textarea, self.fields[name] = name, ""
        elif tag == "input" and (known.get("type") not in ("checkbox", "radio") or "checked" in known):
            self.fields[name] = known.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.fields[self.textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self.templates -= 1
        if tag == "textarea":
            self.textarea = ""
        if tag == "form":
            self.is_in_form = False


def fields_of(response: HttpResponse) -> dict[str, str]:
    """What a browser without script would send of the page, untouched: each line break of a textarea as CRLF."""
    parser = _Fields()
    parser.feed(response.content.decode())
    sent = dict(parser.fields)
    for name in ("content", "description"):
        text = sent[name].removeprefix("\r\n").removeprefix("\n")  # a page's first line break in a textarea is none
        sent[name] = re.sub("\r\n|\r|\n", "\r\n", text.replace("\0", "\ufffd"))
    return sent


def typed(client: Any, url: str, **changed: str | None) -> dict[str, str]:
    """The page's form with this typed into it, and Save pressed; None takes a field away. `_` in a name is `-`
    where the form has it so: `param_word_default`. Each name in braces has its row, as the page's script shows it.
    """
    sent = {**fields_of(client.get(url)), "action": "save"}
    for name, value in changed.items():
        key = name.replace("_", "-") if name.startswith(("param_", "tag_")) else name
        sent.pop(key, None)
        if value is not None:
            sent[key] = value
    return rows_of(sent.get("content", "")) | sent


def rows_of(content: str) -> dict[str, str]:
    """The blank fields that the page's script adds for the parameters of a script."""
    return {
        f"param-{name}-{what}": ""
        for name in names_in(content)[:MOST_ROWS]
        for what in ("description", "default", "allowed")
    }
