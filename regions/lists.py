"""What the lists of a region have in common: filters, order, page and rows a page come from the address, which anybody
can type.

Whatever stands there, the list is shown. What could not be used is said in a notice, and the links of the page are made
from `in_force`, the query of what is shown.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import F, Model, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

SIZES = ("20", "50", "100")
LONGEST_SEARCH = 2000  # characters
DIGITS = 9  # of a page's number; no list has more pages
SHOWN = 64  # characters of a useless value in its notice
_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
_YEAR = 365 * 86_400  # seconds
Row = TypeVar("Row", bound=Model)


@dataclass
class Address:
    """The query of a list's address, being read. `table` names the list where the browser keeps its rows a page."""

    request: HttpRequest
    table: str
    notices: list[str] = field(default_factory=list)
    in_force: QueryDict = field(default_factory=lambda: QueryDict(mutable=True))
    is_too_long: bool = False  # the search: nothing is found, and the answer is 422
    is_watching: bool = field(init=False)  # an open page looks whether the copy under way has ended; it starts none

    def __post_init__(self) -> None:
        self.is_watching = "watch" in self.request.GET

    def text(self, name: str) -> str:
        """A search, without signs that can't be meant, NUL among them. One that is too long finds nothing (B21)."""
        given = self.request.GET.get(name, "")
        typed = self._keep(name, "".join(sign for sign in given if sign.isprintable() or sign.isspace()).strip())
        self.is_too_long = self.is_too_long or len(typed) > LONGEST_SEARCH
        return typed

    def choice(self, name: str, allowed: Collection[str]) -> str:
        """One of the allowed values, or "" for all; the last one, where there are several (B27)."""
        *others, last = [value for value in self.request.GET.getlist(name) if value] or [""]
        chosen = last if last in allowed else ""
        for value in others if chosen == last else [*others, last]:
            self._notice(_("“%(value)s” isn’t a choice of this filter; it is left out."), value)
        return self._keep(name, chosen)

    def ids(self, name: str) -> list[str]:
        """Of instances, repeated or with commas between them, each once; no more than a list's page has."""
        words = [word.strip() for given in self.request.GET.getlist(name) for word in given.split(",")]
        found = list(dict.fromkeys(word for word in words if _ID.fullmatch(word)))[: int(SIZES[-1])]
        self._keep(name, ",".join(found))
        return found

    def sort(self, columns: Mapping[str, str], default: str) -> str:
        """A key of `columns`, or one with `-` before it, which reverses it (B67)."""
        given = self.request.GET.get("sort", default)
        if given.removeprefix("-") in columns or given == default:
            return self._keep("sort", given, default)
        self._notice(_("This list can’t be sorted by “%(value)s”."), given)
        return default

    def page(self, rows: QuerySet[Row]) -> Page[Row]:
        """The page asked for, or the one nearest to it (B65)."""
        paginator = Paginator(rows, self._size())
        given = self.request.GET.get("page", "1")
        wanted = int(given[: DIGITS + 1]) if given.isdecimal() else 1
        page = paginator.page(min(max(wanted, 1), paginator.num_pages))
        if str(page.number) != given:
            self._notice(_("There is no page “%(value)s”; this is page %(number)s."), given, number=page.number)
        self._keep("page", str(page.number), "1")
        return page

    def settle(self) -> None:
        """From here on the request has only what is in force, so that no link repeats what was useless."""
        self.request.GET = self.in_force  # type: ignore[assignment]

    def answer(self, response: HttpResponse) -> HttpResponse:
        """Give the answer its status, the browser its address, and its memory of the rows a page."""
        if self.is_too_long:
            response.status_code = 422
        if self.request.headers.get("HX-Request") and not self.is_watching:
            # Typing changes the entry in the browser's history, Enter and a filter make a new one.
            is_typing = self.request.headers.get("HX-Trigger-Name") == "q"
            response.headers["HX-Replace-Url" if is_typing else "HX-Push-Url"] = self.url
        if size := self.in_force.get("per"):
            response.set_cookie(
                self._cookie,
                str(size),
                max_age=_YEAR,
                path=settings.SESSION_COOKIE_PATH,
                secure=settings.IS_HTTPS,
                httponly=True,
                samesite="Lax",
            )
        patch_vary_headers(response, ["HX-Request"])
        return response

    @property
    def url(self) -> str:
        query = self.in_force.urlencode()
        return f"{self.request.path}?{query}" if query else self.request.path

    @property
    def _cookie(self) -> str:
        return f"rows-{self.table}"

    def _size(self) -> int:
        given = self.request.GET.get("per", "")
        if given in SIZES:
            return int(self._keep("per", given))
        if given:
            self._notice(_("A page can’t have “%(value)s” rows; choose %(sizes)s."), given, sizes=", ".join(SIZES))
        kept = self.request.COOKIES.get(self._cookie, "")
        return int(kept if kept in SIZES else SIZES[0])

    def _keep(self, name: str, value: str, default: str = "") -> str:
        if value != default:
            self.in_force[name] = value
        return value

    def _notice(self, sentence: str, value: str, **parts: object) -> None:
        self.notices.append(sentence % {"value": value[:SHOWN], **parts})


def ordered(rows: QuerySet[Row], sort: str, columns: Mapping[str, str], *then: str) -> QuerySet[Row]:
    """By the column that `sort` names, what is empty last either way; equal ones by `then`, which ends with a key."""
    column = F(columns[sort.removeprefix("-")])
    is_reversed = sort.startswith("-")
    return rows.order_by(column.desc(nulls_last=True) if is_reversed else column.asc(nulls_last=True), *then)
