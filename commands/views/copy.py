"""Copying a command to other regions: what each of them has, then what became of it in each."""

from __future__ import annotations

import uuid

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts import address
from accounts.access import admins_only
from accounts.plain_input import PlainForm, as_number
from commands import copying, saving
from commands.access import get_own_command_for
from commands.copying import Case, Outcome, Planned
from commands.models import Command
from regions import catalog
from regions.http import RegionRequest
from regions.models import Region

SEARCHED_FROM = 10  # regions from which a list of them has a search box


class CopyForm(PlainForm):
    """`seen-{region}` is the version of the command of this name there that the person was told of."""

    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    regions = forms.ModelMultipleChoiceField(
        Region.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one region."),
            "invalid_choice": _("There is no region “%(value)s” to copy to."),
            "invalid_pk_value": _("There is no region “%(pk)s” to copy to."),
        },
    )

    def __init__(self, command: Command, data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.fields["regions"].queryset = others(command)  # type: ignore[attr-defined]

    @property
    def seen(self) -> dict[str, int]:
        """Region -> version."""
        numbers = {region.pk: as_number(self.data.get(f"seen-{region.pk}")) for region in self.cleaned_data["regions"]}
        return {pk: number for pk, number in numbers.items() if number is not None}


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def copy(request: RegionRequest, region: str, cloud_id: str) -> HttpResponse:
    """With `look` in the address the lists of all regions are copied first, so that it is known what they have."""
    command = get_own_command_for(request.user, region, cloud_id)
    if request.method != "POST":
        if "look" in request.GET:
            copying.look_at(list(others(command)))
        return _asked(request, command, CopyForm(command))
    form = CopyForm(command, request.POST)
    if not form.is_valid():
        return _asked(request, command, form, status=422)
    by = saving.By(person=request.user, address=address.of(request))
    token, chosen = form.cleaned_data["token"], list(form.cleaned_data["regions"])
    copied = copying.copy(command, chosen, by, token=token, seen=form.seen)
    context = {
        "command": command,
        "copied": copied,
        "token": token,
        "failed": [one for one in copied if one.outcome == Outcome.FAILED],
        "made": sum(one.outcome in (Outcome.CREATED, Outcome.UPDATED) for one in copied),
    }
    return render(request, "commands/copied.html", context)


def others(command: Command) -> QuerySet[Region]:
    """The regions it can be copied to."""
    return catalog.listed().exclude(pk=command.region)


def _asked(request: HttpRequest, command: Command, form: CopyForm, status: int = 200) -> HttpResponse:
    planned = copying.plan(command, list(others(command)))
    chosen = set(form.data.getlist("regions")) if isinstance(form.data, QueryDict) else _usual(planned)
    context = {
        "command": command,
        "form": form,
        "planned": [(one, one.region.pk in chosen) for one in planned],
        "has_search": len(planned) >= SEARCHED_FROM,
        "unknown": sum(one.case == Case.UNKNOWN for one in planned),
    }
    return render(request, "commands/copy.html", context, status=status)


def _usual(planned: list[Planned]) -> set[str]:
    """Ticked at first: the only region there is, when it has none."""
    new = [one.region.pk for one in planned if one.case == Case.NEW]
    return set(new) if len(planned) == 1 else set()
