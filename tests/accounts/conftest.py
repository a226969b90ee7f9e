import pytest
from django.test import Client


@pytest.fixture
def browser(db) -> Client:
    """Nobody yet, with CSRF checked as for a real browser."""
    return Client(enforce_csrf_checks=False)
