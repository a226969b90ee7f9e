"""Nobody is led to another site, whatever the page they came from was called (B20)."""

import pytest
from django.urls import reverse

from tests.factories import HANGZHOU
from tests.invocations.panels import fresh_region

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["instances:refresh", "commands:sync"])
@pytest.mark.parametrize("path", ["//evil.example/", "//evil.example/r/", "/\\evil.example/", "///evil.example"])
def test_B20_the_way_back_from_a_misleading_address_stays_here(operator, name, path) -> None:
    fresh_region()
    response = operator.post(reverse(name, args=[HANGZHOU]), headers={"Referer": f"http://testserver{path}"})

    assert response.status_code == 302
    assert response["Location"].startswith(f"/r/{HANGZHOU}/")
