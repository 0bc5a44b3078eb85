"""Pages ask the database a fixed number of times, however much there is; sign-in and frame included."""

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.web.conftest import Place, result, system_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "address, most",
    [
        ("/requirements/", 10),
        ("/requirements/?at=2026-01-01", 10),
        ("/requirements/?framework=eu-ai-act", 10),
        ("/requirements/?export=csv", 10),
        ("/requirements/iso42001-2023/A.7.4/", 10),
        ("/evidence/", 10),
        ("/systems/", 10),
        ("/systems/credit-scoring/", 10),
        ("/impact/", 10),
        ("/impact/systems/credit-scoring/", 10),
        ("/impact/systems/credit-scoring/law/fria/", 10),
        ("/impact/method/", 10),
        ("/", 22),
    ],
)
def test_a_page_asks_no_more_often_when_there_is_more(
    furnished: Place, django_assert_max_num_queries: DjangoAssertNumQueries, address: str, most: int
) -> None:
    client = furnished.client("viewer")
    client.get(address)
    with django_assert_max_num_queries(most) as first:
        assert client.get(address).status_code == 200
    for number in range(4):
        system_of(furnished, f"system-{number}")
        result(
            furnished,
            "performance.task-metric",
            ">= 0.7",
            "PASS",
            0.9,
            0.01,
            days_ago=number,
            system_id=f"system-{number}",
        )
    client.get(address)
    with django_assert_max_num_queries(most) as second:
        assert client.get(address).status_code == 200
    assert len(second.captured_queries) <= len(first.captured_queries) + (1 if address == "/" else 0)
