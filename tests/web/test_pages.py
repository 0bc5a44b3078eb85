"""Every page opens for a member."""

import pytest

from tests.web.conftest import Place

PAGES = (
    "/",
    "/requirements/",
    "/requirements/?framework=iso27001-2022",
    "/requirements/iso42001-2023/A.7.4/",
    "/requirements/eu-ai-act/Art.9/",
    "/systems/",
    "/systems/credit-scoring/",
    "/evidence/",
    "/evidence/log/",
    "/members/",
    "/account/password/change/",
    "/account/2fa/",
    "/api/v1/docs/",
)


@pytest.mark.parametrize("address", PAGES)
def test_a_page_opens_for_an_administrator(furnished: Place, address: str) -> None:
    response = furnished.client("admin").get(address)
    assert response.status_code == 200, response.content.decode()[:3000]


def test_an_address_that_only_takes_a_step_still_shows_a_page_with_a_way_on(furnished: Place) -> None:
    response = furnished.client("admin").get("/members/tokens/")
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    assert b'href="/"' in response.content
