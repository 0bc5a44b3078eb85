"""Every page opens for a member."""

import pytest

from clerestory.desk.people import names_of
from clerestory.registers.context.commands import note_issue
from clerestory.store.log import Search, search
from clerestory.web.pages.members import role_choices, signed_by_role
from tests.registers.context.surroundings import issue
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


def test_the_page_of_members_says_what_each_role_signs_as_the_rules_ask_for_it(furnished: Place) -> None:
    said = dict(signed_by_role())
    page = furnished.client("viewer").get("/members/").content.decode()
    assert "What each role signs" in page
    assert set(said) == {word for _role, word in role_choices()}
    assert said["Risk owner"] == ["Residual risk approval"], "6.1.3 asks for it"
    assert {"Scope statement", "Leadership act", "AI policy"} <= set(said["Top management"])
    assert all(f"<dt>{role}</dt>" in page for role in said)


def test_the_log_names_whose_membership_an_entry_is_about_and_no_name_is_in_it(furnished: Place) -> None:
    actor = furnished.actor()
    row = search(actor.organisation_id, Search(kind="record.membership")).rows[0]
    name = names_of(actor.organisation_id, [row.entity.partition("/")[2]])[row.entity.partition("/")[2]]
    page = furnished.client("admin").get("/evidence/?kind=record.membership").content.decode()
    assert name in page and "The organisation" not in page.partition("<tbody")[2]
    one = furnished.client("admin").get(f"/evidence/{row.entry_id}/")
    assert one.context["entry"].about == name
    assert name not in str(one.context["entry"].record.fact)


def test_the_pages_of_context_say_how_law_comes_to_be_covered(furnished: Place) -> None:
    client = furnished.client("admin")
    for address in ("/context/", "/context/review/"):
        page = client.get(address).content.decode()
        assert "Law is covered as soon as one obligation in force is noted" in page
        assert 'href="/context/obligations/"' in page


def test_while_a_review_waits_another_one_is_folded_away(furnished: Place) -> None:
    client = furnished.client("admin")
    note_issue(actor=furnished.actor("admin"), said=issue("A new law applies."))
    fold = "Propose another one in its place"
    assert fold not in client.get("/context/review/").content.decode()
    said = {"climate_relevant": "no", "climate_reason": "Small models.", "conclusion": "We watch the law."}
    client.post("/context/review/", said)
    assert fold in client.get("/context/review/").content.decode()
    refused = client.post("/context/review/", said | {"conclusion": ""}).content.decode()
    assert fold not in refused and "This field is required" in refused
