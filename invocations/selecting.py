"""Saved selections as pages: the form they are saved with, the list of them, and what runs were made of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from accounts.models import Person
from accounts.plain_input import PlainForm, as_number, as_uuid
from instances import access, selections
from instances.grammar import LONGEST
from instances.models import TEAM, Kind, Selection, SelectionKind, SelectionUse
from instances.selection_saving import Wording
from invocations import drafts, pasting
from invocations.models import Draft
from invocations.picking import MANAGED, Look, Picker, is_managed
from invocations.results.ansi import marked
from regions.models import Region

ROWS = 20  # a page; each asks how many it matches now
NAMES = 3  # of a list's instances that are shown
NAME_CHARACTERS = 64
ODDITIES = 3  # of a list that are named
MISSING = 100  # ids of a list that are named
GROUPS = {"": gettext_lazy("only me"), TEAM: gettext_lazy("everyone who runs commands")}


class SelectionName(forms.CharField):
    """1 to 64 characters that can be seen, without a slash, which stands between a group and a name."""

    def clean(self, value: Any) -> str:
        name = unicodedata.normalize("NFC", str(value or "")).strip()
        hidden = [piece.title for piece in marked(name) if piece.classes]
        hidden += [f"U+{ord(sign):04X}" for sign in name if sign.isspace() and sign != " "]
        if hidden:
            message = _("The name has a character that can’t be seen: %(sign)s.")
            raise ValidationError(message, code="hidden", params={"sign": hidden[0]})
        if not 0 < len(name) <= NAME_CHARACTERS or "/" in name:
            raise ValidationError(name_refused(), code="name")
        return name


def name_refused() -> str:
    return _("Enter a name of 1 to 64 characters without / that isn’t taken here.")


class SelectionForm(PlainForm):
    """`group` is "" or a group's slug; what the other kind's field holds is kept on the page and not saved."""

    data: QueryDict

    name = SelectionName(
        label=pgettext_lazy("selection", "Name"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    kind = forms.ChoiceField(
        label=pgettext_lazy("selection", "Kind"),
        choices=SelectionKind.choices,
        error_messages={
            "required": gettext_lazy("Choose a search or a list."),
            "invalid_choice": gettext_lazy("Choose a search or a list."),
        },
    )
    q = forms.CharField(
        label=pgettext_lazy("selection", "Search"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}),
    )
    ids = forms.CharField(
        label=gettext_lazy("Instance IDs"),
        required=False,
        help_text=gettext_lazy("Any separators; up to 10,000 IDs."),
        widget=forms.Textarea(attrs={"rows": 7, "spellcheck": "false", "class": "mono"}),
    )
    group = forms.ChoiceField(
        label=pgettext_lazy("selection", "For"),
        choices=list(GROUPS.items()),
        required=False,
        error_messages={
            "required": gettext_lazy("Only its owner can keep it to themselves."),
            "invalid_choice": gettext_lazy("Choose who it is for."),
        },
    )

    def __init__(self, data: QueryDict, person: Person, region: Region, selection: Selection | None = None) -> None:
        super().__init__(data.copy())
        self.person = person
        self.region = region
        self.selection = selection
        if selection and selection.owner_id != person.pk:  # it would be its owner's alone
            self.fields["group"].choices = [(TEAM, GROUPS[TEAM])]  # type: ignore[attr-defined]
            self.fields["group"].required = True
            self.data.setdefault("group", TEAM)

    def quieten(self) -> None:
        """Nobody is told off for what they have not come to yet."""
        self._errors = ErrorDict()

    @property
    def token(self) -> UUID:
        return as_uuid(self.data.get("token")) or uuid4()

    @property
    def base(self) -> int:
        """The version that was changed."""
        given = as_number(self.data.get("base"))
        if given is None:
            return self.selection.version if self.selection else 1
        return given

    @property
    def is_of_ids(self) -> bool:
        return self.data.get("kind") == SelectionKind.LIST

    @cached_property
    def pasted(self) -> pasting.Pasted:
        return pasting.read(self.data.get("ids", ""))

    def clean_q(self) -> str:
        q = "" if self.is_of_ids else str(self.cleaned_data["q"])
        if self.data.get("kind") == SelectionKind.QUERY and (objection := selections.objection_to(q)):
            raise ValidationError(objection, code="search")
        return q

    def clean_ids(self) -> list[str]:
        if not self.is_of_ids:
            return []
        pasted = self.pasted
        if pasted.is_too_long or len(pasted.ids) > settings.MAX_TARGETS:
            most = min(pasting.MOST, settings.MAX_TARGETS)
            raise ValidationError(_("A list can have at most %(max)s instances."), params={"max": f"{most:,}"})
        if pasted.oddities:
            raise ValidationError(self._oddities, code="odd")
        if not pasted.ids:
            raise ValidationError(_("Enter at least one instance ID."), code="none")
        return pasted.ids

    @property
    def _oddities(self) -> str:
        found = self.pasted.oddities
        texts = ", ".join(f"“{''.join(text for text, _is_odd in one.pieces)}”" for one in found[:ODDITIES])
        texts += " …" if len(found) > ODDITIES else ""
        text = ngettext("%(n)s is not an ID: %(texts)s.", "%(n)s are not IDs: %(texts)s.", len(found))
        return text % {"n": f"{len(found):,}", "texts": texts}

    def wording(self) -> Wording:
        """Only for a valid form."""
        typed = self.cleaned_data
        return Wording(
            name=typed["name"],
            kind=SelectionKind(typed["kind"]),
            group=typed["group"],
            q=typed["q"],
            ids=typed["ids"],
        )

    @property
    def search_objection(self) -> str:
        """Why the search of a picker is not offered; that there is none needs no saying."""
        q = self.data.get("q", "")
        return selections.objection_to(q) if q else ""

    @property
    def matches(self) -> Matches:
        """What it would stand for, as far as it has been filled in."""
        return Matches(self)


class Matches:
    """Of a form that may be wrong yet: how many instances it finds now."""

    def __init__(self, form: SelectionForm) -> None:
        self.form = form
        self.is_list = form.is_of_ids
        self.q = form.data.get("q", "").strip()
        self.objection = "" if self.is_list or not self.q else selections.objection_to(self.q)

    @cached_property
    def counts(self) -> dict[str, int]:
        named = selections.of_ids(self.form.pasted.ids) if self.is_list else selections.of_search(self.q)
        return selections.counted(selections.found(self.form.person, self.form.region.pk, named))

    @property
    def n(self) -> int:
        return sum(self.counts.values())

    @property
    def is_told(self) -> bool:
        return bool(self.form.pasted.ids) if self.is_list else bool(self.q) and not self.objection

    @property
    def hints(self) -> list[str]:
        """How a search was understood."""
        query = None if self.is_list or self.objection else selections.of_search(self.q).query
        return list(map(str, query.hints)) if query else []

    @cached_property
    def missing(self) -> list[str]:
        """Ids of a list that are not here, for this person."""
        if not self.is_list:
            return []
        here = selections.found(self.form.person, self.form.region.pk, selections.of_ids(self.form.pasted.ids))
        there = set(here.values_list("instance_id", flat=True))
        return [one for one in self.form.pasted.ids if one not in there]

    @property
    def missing_shown(self) -> list[str]:
        return self.missing[:MISSING]


@dataclass(frozen=True, slots=True)
class Start:
    """What a new selection begins with: a picker's search, and what is chosen in it."""

    q: str = ""
    ids: Sequence[str] = ()
    is_all: bool = False  # that the search finds and that can run is chosen, and nothing else

    @classmethod
    def of(cls, person: Person, region: Region, data: QueryDict, draft: Draft | None, kind: Kind) -> Start:
        """`data` is the address; what it does not say, the draft does."""
        field = f"{MANAGED}q" if kind == Kind.MANAGED else "q"
        source = data if field in data or draft is None else _as_query(draft)
        look = Look.of(source, kind)
        chosen = draft.chosen if draft else drafts.ids_in(data.getlist("carried_ids"))
        ids = [one for one in chosen if is_managed(one) == (kind == Kind.MANAGED)]
        picker = Picker(person, region, _type_of(data, draft), look, ids)
        return cls(look.query_text[: LONGEST + 1], ids, bool(ids) and picker.is_all_chosen)

    @property
    def data(self) -> QueryDict:
        """As the fields of the form. Who has chosen some of what the search finds means those."""
        data = QueryDict(mutable=True)
        can_be_search = bool(self.q) and not selections.objection_to(self.q)
        is_search = not self.ids or (can_be_search and self.is_all)
        kind = SelectionKind.QUERY if is_search else SelectionKind.LIST
        data.update({"q": self.q, "ids": "\n".join(self.ids), "kind": kind.value, "token": str(uuid4())})
        return data


def data_of(selection: Selection) -> QueryDict:
    """As the fields of the form."""
    data = QueryDict(mutable=True)
    for name in ("name", "kind", "q", "group"):
        data[name] = getattr(selection, name)
    data["ids"] = "\n".join(selection.ids)
    data["base"] = str(selection.version)
    return data


def _type_of(data: QueryDict, draft: Draft | None) -> str:
    """Of what is to run, which decides what can; "" while nobody has said."""
    if draft is None:
        return data.get("type", "")
    return draft.command.type if draft.command else str(draft.fields.get("type", ""))


def _as_query(draft: Draft) -> QueryDict:
    data = QueryDict(mutable=True)
    data.update(draft.fields)
    return data


@dataclass(frozen=True, slots=True)
class Row:
    selection: Selection
    counts: dict[str, int]  # what it matches now, by kind
    names: Sequence[str]  # the first ones of a list
    use: SelectionUse | None

    @property
    def n(self) -> int:
        return sum(self.counts.values())

    @property
    def n_managed(self) -> int:
        return self.counts[Kind.MANAGED]

    @property
    def n_ecs(self) -> int:
        return self.counts[Kind.ECS]

    @property
    def more(self) -> int:
        return len(self.selection.ids) - len(self.names)

    @property
    def word(self) -> str:
        return selections.word(self.selection)

    @property
    def group_name(self) -> str:
        return str(GROUPS[self.selection.group])

    @property
    def run_path(self) -> str:
        """Where the command to run on these is chosen."""
        names = {"selection": Kind.ECS, "managed_selection": Kind.MANAGED}
        fields = {name: self.word for name, kind in names.items() if self.counts[kind]} or {"selection": self.word}
        return f"{reverse('commands:list', args=[self.selection.region])}?{urlencode(fields)}"


class Listing:
    """The selections somebody may use in a region, twenty at a time, each with what it matches now."""

    sizes = (ROWS,)

    def __init__(self, person: Person, region: Region, page: str | None) -> None:
        self.person = person
        self.region = region
        found = access.selections_visible_to(person, region.pk).select_related("owner").order_by("key", "group", "pk")
        self.page: Page[Selection] = Paginator(found, ROWS).get_page(page)

    @cached_property
    def rows(self) -> list[Row]:
        shown = list(self.page)
        names, uses = self._names(shown), _last_uses(shown)
        return [
            Row(
                one,
                selections.counted(selections.matching(self.person, one)),
                [names.get(instance_id, instance_id) for instance_id in one.ids[:NAMES]],
                uses.get(one.pk),
            )
            for one in shown
        ]

    def _names(self, shown: Iterable[Selection]) -> dict[str, str]:
        """Of the first instances of each list, as far as this person may see them."""
        first = [instance_id for one in shown for instance_id in one.ids[:NAMES]]
        known = access.visible_to(self.person, self.region.pk).filter(instance_id__in=first)
        return dict(known.values_list("instance_id", "name"))


def _last_uses(shown: Iterable[Selection]) -> dict[int, SelectionUse]:
    uses = SelectionUse.objects.filter(selection__in=shown).defer("matched").select_related("person")
    newest: dict[int, SelectionUse] = {}
    for use in uses.order_by("-pk"):
        newest.setdefault(use.selection_id, use)
    return newest
