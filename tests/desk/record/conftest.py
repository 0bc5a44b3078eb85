"""A system that several people work on, and a second organisation."""

from collections.abc import Callable

import pytest
from django.test import Client

from clerestory.desk.actor import Actor
from tests.organisation import found, join
from tests.registers.test_pages import fill, filled, signed_in
from tests.standing import as_built, standing

SYSTEM = ("ai_system", "credit-scoring")
PAGE = "/inventory/systems/credit-scoring/"


built = standing(filled)


@pytest.fixture
def owner(built: Actor, db: None) -> Actor:
    """Give the owner of an organisation with one record of each kind, as it was built."""
    return as_built(built)


@pytest.fixture
def sam(owner: Actor) -> Actor:
    """Give an editor called Sam."""
    return join(owner.organisation_id, "editor", (), "sam@example.org")


@pytest.fixture
def reader(owner: Actor) -> Actor:
    """Give a viewer called Reader."""
    return join(owner.organisation_id, "viewer", (), "reader@example.org")


@pytest.fixture
def stranger(owner: Actor) -> Actor:
    """Give the owner of another organisation with the same records."""
    other = found("Other Bank", email="other@example.org")
    fill(other)
    return other


@pytest.fixture
def client(owner: Actor) -> Client:
    """Give a browser in which the owner is signed in."""
    return signed_in("owner@example.org")


@pytest.fixture
def browser() -> Callable[[str], Client]:
    """Give browsers by address of who is signed in."""
    return signed_in
