"""Emptying the database after a test that committed.

Django's own way, `flush`, empties every table, whether or not something is in it, and writes every permission anew.
"""

from functools import cache

from django.db import connection, transaction
from django.test import TransactionTestCase

KEPT = {"django_content_type", "auth_permission"}  # made with the tables; no test writes them


def empty_what_was_written(test: TransactionTestCase) -> None:
    """Takes the place of `TransactionTestCase._fixture_teardown`."""
    quote = connection.ops.quote_name
    with (
        transaction.atomic(),
        connection.cursor() as cursor,
    ):  # foreign keys are looked at when it ends: any order will do
        asked = (f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {quote(table)})" for table in _tables())
        cursor.execute(" UNION ALL ".join(asked))
        for (table,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {quote(table)}")


@cache
def _tables() -> tuple[str, ...]:
    return tuple(set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT)
