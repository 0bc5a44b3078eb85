"""Reports are read from the same furnished organisation as the pages."""

from tests.web.conftest import elsewhere, furnished, place

__all__ = ["elsewhere", "furnished", "place"]
