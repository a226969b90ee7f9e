"""Who may do what. A view that is not for everybody says so with one of these decorators.

What a person may not do does not exist for them: the answer is 404, never 403, whatever stands in the address, so that
asking tells nothing of what there is. It names the role, for the link may come from a colleague who has it.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.models import Person, Role

View = TypeVar("View", bound=Callable[..., HttpResponse])


class NotHere(Http404):
    """A 404 that its reader may be told the reason of: its text is a sentence for them."""


def operators_only(view: View) -> View:
    """For those who run commands: operators and team admins."""
    return _only(Role.OPERATOR, lambda person: person.is_operator, view)


def admins_only(view: View) -> View:
    """For team admins."""
    return _only(Role.ADMIN, lambda person: person.is_admin, view)


def _only(role: Role, may: Callable[[Person], bool], view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        person = request.user
        if not (isinstance(person, Person) and may(person)):
            raise NotHere(_("This needs the role “%(role)s”. Ask a team admin.") % {"role": role.label})
        return view(request, *args, **kwargs)

    return cast(View, guarded)
