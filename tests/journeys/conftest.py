"""Journeys start from the same furnished organisation as the tests of the pages."""

from tests.web.conftest import elsewhere, furnished, place

__all__ = ["elsewhere", "furnished", "place"]
