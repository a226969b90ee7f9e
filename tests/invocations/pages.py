"""Reading pages by their data attributes and their text, as the contract of the screens names them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.http import HttpResponse

VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "path", "rect", "source", "use"}


@dataclass
class Element:
    tag: str
    attrs: dict[str, str]
    children: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)  # in document order, those of descendants too

    def __getitem__(self, name: str) -> str:
        return self.attrs[name]

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())

    def all(self, tag: str = "", **attrs: str) -> list[Element]:
        """Descendants with this tag and these attributes; `data_run=""` asks only for the attribute."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attrs.items()}
        found = []
        for child in self.children:
            has_all = all(name in child.attrs and value in ("", child.attrs[name]) for name, value in wanted.items())
            if tag in ("", child.tag) and has_all:
                found.append(child)
            found += child.all(tag, **attrs)
        return found

    def one(self, tag: str = "", **attrs: str) -> Element:
        (found,) = self.all(tag, **attrs)
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        while len(self.open) > 1 and self.open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.texts.append(data)


def read(response: HttpResponse) -> Element:
    reader = _Reader()
    reader.feed(response.content.decode())
    return reader.root


def rows(page: Element) -> list[Element]:
    """The instances of a run page."""
    return page.all("tr", data_instance_id="")


def progress(page: Element) -> dict[str, str]:
    """The data attributes of the progress card, without their prefix."""
    card = page.one(data_testid="run-progress")
    return {name.removeprefix("data-"): value for name, value in card.attrs.items() if name.startswith("data-")}


def query(link: Element) -> str:
    """What a link asks for, without the address it is relative to."""
    return link["href"].partition("?")[2].replace("&amp;", "&")
