"""Every page opens for a member."""

import pytest

from clerestory.store.log import Search, search
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


@pytest.mark.django_db(transaction=True)
def test_a_failed_result_is_taken_back_by_two_people(furnished: Place) -> None:
    admin, editor = furnished.client("admin"), furnished.client("editor")
    entry = search(furnished.organisation_id, Search(kind="check", verdict="FAIL")).rows[0].entry_id
    asked = admin.post(f"/evidence/{entry}/revoke/", {"reason": "Measured on the wrong data."}, follow=True)
    assert b"waits for approval of a second person" in asked.content
    assert b"Taken back" not in asked.content
    assert b"/approve/" not in asked.content
    assert editor.post(f"/evidence/{entry}/revoke/", {"reason": "Twice."}).status_code == 422
    revocation = search(furnished.organisation_id, Search(kind="record.revocation")).rows[0].entry_id
    assert admin.post(f"/evidence/{revocation}/approve/").status_code == 422
    assert f"/evidence/{revocation}/approve/".encode() in editor.get(f"/evidence/{entry}/").content
    assert b"Taken back" in editor.post(f"/evidence/{revocation}/approve/", follow=True).content


@pytest.mark.django_db(transaction=True)
def test_a_passed_result_is_taken_back_at_once(furnished: Place) -> None:
    admin = furnished.client("admin")
    entry = search(furnished.organisation_id, Search(kind="check", verdict="PASS")).rows[0].entry_id
    gone = admin.post(f"/evidence/{entry}/revoke/", {"reason": "Measured on the wrong data."}, follow=True)
    assert b"Taken back" in gone.content
