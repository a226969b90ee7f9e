"""The same form, sent by two requests at the same time (B92)."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from invocations.models import Invocation
from tests.factories import CommandFactory, InstanceFactory
from tests.invocations.panels import fresh_region, panel_url, run_form

pytestmark = pytest.mark.django_db


@contextmanager
def after_the_first_look_for(column, act) -> Iterator[None]:
    """Lets `act` happen between the first time that a request asks for rows by this column, and what it asks next."""
    looked, acted = [], []

    def watch(execute, sql, parameters, many, context):
        if looked and not acted:
            acted.append(sql)
            act()
        elif sql.startswith("SELECT") and f'"{column}" = ' in sql:
            looked.append(sql)
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(watch):
        yield
    assert acted


def test_B92_the_second_click_lands_on_the_run_that_the_first_made_meanwhile(operator) -> None:
    fresh_region()
    command = CommandFactory()
    form = run_form(command, InstanceFactory())
    answers = []

    with after_the_first_look_for("form_token", lambda: answers.append(operator.post(panel_url(command), form))):
        answers.append(operator.post(panel_url(command), form))

    assert [answer.status_code for answer in answers] == [303, 303]
    assert {answer["Location"] for answer in answers} == {Invocation.objects.get().get_absolute_url()}
