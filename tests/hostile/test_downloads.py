"""What is downloaded is never a page of ours, whatever stands in it and whatever it is called (C49)."""

import pytest
from django.urls import reverse

from tests.factories import HANGZHOU, CommandFactory, OutputFactory
from tests.invocations.panels import fresh_region

pytestmark = pytest.mark.django_db

PAGE = "<!doctype html><script>alert(document.domain)</script>"


def content_url() -> str:
    command = CommandFactory(name="<img src=x>\u202egpj.\r\nX: y/../\"'", content=PAGE)
    return reverse("commands:content", args=[HANGZHOU, command.cloud_id])


def output_url() -> str:
    target = OutputFactory(content=PAGE.encode()).target
    return reverse("invocations:output", args=[target.invocation.region, target.invocation_id, target.instance_id])


@pytest.mark.parametrize("url_of", [content_url, output_url])
def test_C49_a_download_is_text_in_a_sandbox_under_a_plain_name(viewer, url_of) -> None:
    fresh_region()
    response = viewer.get(url_of())

    assert response.content == PAGE.encode()
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Content-Disposition"].startswith("attachment; filename")
    assert not set(response["Content-Disposition"]) & set("<>\r\n\\/\u202e")
