import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpResponse
from django.test import RequestFactory

from accounts.access import admins_only, operators_only
from accounts.models import Role
from tests.factories import HANGZHOU, CommandFactory, PersonFactory, RegionFactory


def view(request):
    return HttpResponse("done")


@pytest.mark.parametrize(
    ("guard", "allowed"), [(operators_only, {Role.OPERATOR, Role.ADMIN}), (admins_only, {Role.ADMIN})]
)
@pytest.mark.parametrize("role", Role)
def test_a_guarded_view_does_not_exist_for_those_who_may_not_use_it(rf: RequestFactory, guard, allowed, role):
    request = rf.get("/")
    request.user = PersonFactory.build(role=role)

    if role in allowed:
        assert guard(view)(request).status_code == 200
    else:
        with pytest.raises(Http404):
            guard(view)(request)


def test_a_guarded_view_does_not_exist_for_nobody(rf: RequestFactory):
    request = rf.get("/")
    request.user = AnonymousUser()

    with pytest.raises(Http404):
        operators_only(view)(request)


@pytest.mark.django_db
@pytest.mark.parametrize("cloud_id", ["c-there", "c-nowhere"])
def test_who_follows_a_colleagues_link_is_told_which_role_it_needs(viewer, cloud_id):
    CommandFactory(cloud_id="c-there", region=RegionFactory().pk)

    answer = viewer.get(f"/r/{HANGZHOU}/commands/{cloud_id}/run/")

    assert answer.status_code == 404
    assert "This needs the role “Operator”. Ask a team admin." in answer.content.decode()
