import pytest
from factory.django import DjangoModelFactory

from tests import factories

FACTORIES = [
    made for made in vars(factories).values() if isinstance(made, type) and issubclass(made, DjangoModelFactory)
]


@pytest.mark.django_db
@pytest.mark.parametrize("factory", [made for made in FACTORIES if made is not DjangoModelFactory])
def test_a_factory_makes_a_row_that_the_database_takes(factory):
    assert factory._meta.model.objects.get(pk=factory().pk)
