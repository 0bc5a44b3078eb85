"""One organisation for all tests of a module; what a test does to it is taken back."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from clerestory.store.facts import forget
from tests.processes.conformity.arrangement import House, everything, taken_back


@pytest.fixture(scope="module")
def furnished(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """Do everything once, and take it back after the module."""
    with django_db_blocker.unblock():
        forget()
        with transaction.atomic():
            yield everything(tmp_path_factory.mktemp("model"))
            transaction.set_rollback(True)


@pytest.fixture
def house(furnished: House, db: None) -> Iterator[House]:
    """Give the organisation as it was arranged."""
    with taken_back(furnished):
        yield furnished
