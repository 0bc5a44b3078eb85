"""What stands for a whole module: built once in a transaction, in which each test has a savepoint that is taken back.

Building an organisation with a record of each kind takes longer than most tests that read it. What a test changes is
gone after it, as in any test; and what the process remembers of the organisation is forgotten before each.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction

from clerestory.store.facts import forget


def standing(build: Callable[[], Any]) -> Any:
    """Return a fixture of a module that gives what ``build`` returns; ask for it by ``as_built`` in each test."""

    @pytest.fixture(scope="module")
    def built(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
        _stand_alone(request)
        outer = transaction.atomic()
        with django_db_blocker.unblock():
            outer.__enter__()
            made = build()
        yield made
        with django_db_blocker.unblock():
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)

    return built


def as_built(made: Any) -> Any:
    """Return what stands, with nothing of it remembered from the test before; the database has taken that back."""
    forget()
    return made


def _stand_alone(request: pytest.FixtureRequest) -> None:
    """Refuse a test beside it that founds its own, which would find another there, or that empties the database."""
    ours = [item for item in request.session.items if item.path == request.path]
    asked = {item.nodeid: set(getattr(item, "fixturenames", ())) for item in ours}
    alien = [node for node, names in asked.items() if "db" in names and request.fixturename not in names]
    flushed = [node for node, names in asked.items() if names & {"transactional_db", "live_server"}]
    if alien or flushed:
        raise pytest.UsageError(f"these tests cannot share {request.fixturename}: {', '.join([*alien, *flushed][:5])}")
