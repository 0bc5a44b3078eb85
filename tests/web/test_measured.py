"""The benchmark of pages finds them in the url configuration: none is forgotten."""

import pytest
from benchmarks._addresses import NOT_PAGES, _addresses, pages

from tests.organisation import found
from tests.registers.test_pages import signed_in


@pytest.mark.django_db
def test_every_address_of_the_product_is_measured_or_says_why_not() -> None:
    names = {name for name, _parts in _addresses()}
    assert set(NOT_PAGES) <= names
    shown, without = pages(found(), signed_in("owner@example.org"))
    told = {name.partition(",")[0] for name in shown} | {name.partition(" ")[0] for name in without} | set(NOT_PAGES)
    assert {"risk", "inventory", "context", "roles", "policy", "impact", "classification-law"} <= set(shown)
    assert {"risk-record", "impact-system"} <= told  # nothing is there in an empty organisation, yet they are told
    assert "inventory-graph" in told
