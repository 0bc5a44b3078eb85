"""Every address: strangers sign in, other organisations find nothing, access that does not suffice is refused."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from clerestory.store.log import Search, search
from tests.web.conftest import Place

pytestmark = pytest.mark.django_db(transaction=True)
OPEN = {"first-start", "invitation", "new-password", "welcome", "display", "set_language"}
"""Addresses that strangers need; everything of allauth and the API keeps its own door."""
OWN_DOOR = ("account/", "api/")


def addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, str]]:
    """Yield name and address of every page, with something harmless in each gap."""
    for pattern in patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, address)
        else:
            for gap in ("str:framework_id", "path:requirement_id", "str:secret", "str:person_id"):
                address = address.replace(f"<{gap}>", "x")
            yield str(pattern.name), "/" + address.replace("<int:token_id>", "1")


def pages() -> list[tuple[str, str]]:
    """Return the pages that only members may open."""
    found = addresses(get_resolver().url_patterns)
    return [(name, address) for name, address in found if name not in OPEN and not address[1:].startswith(OWN_DOOR)]


def test_a_stranger_is_led_to_sign_in_from_every_page(place: Place) -> None:
    assert len(pages()) > 15
    for name, address in pages():
        for response in (Client().get(address), Client().post(address)):
            assert response.status_code == 302, name
            assert response.headers["Location"].startswith("/account/login/?next="), name


def test_a_stranger_who_fetches_a_part_of_a_page_is_led_to_sign_in_as_a_whole(place: Place) -> None:
    response = Client().get("/requirements/", headers={"HX-Request": "true"})
    assert response.headers["HX-Redirect"] == "/account/login/"


def test_the_entries_of_one_organisation_are_not_there_for_another(furnished: Place, elsewhere: Place) -> None:
    entry = search(furnished.organisation_id, Search(kind="check")).rows[0].entry_id
    stranger = elsewhere.client("admin")
    assert stranger.get(f"/evidence/{entry}/").status_code == 404
    assert stranger.get(f"/evidence/{entry}/content/").status_code == 404
    assert stranger.post(f"/evidence/{entry}/revoke/", {"reason": "x"}).status_code in (404, 422)
    assert search(furnished.organisation_id, Search(kind="record.revocation")).total == 0
    assert stranger.get("/systems/credit-scoring/").status_code == 404
    assert entry.encode() not in stranger.get("/evidence/").content
    person = furnished.actor("viewer").person_id
    assert stranger.post(f"/members/{person}/change/", {"do": "end"}).status_code in (404, 422)
    assert furnished.client("viewer").get("/").status_code == 200


@pytest.mark.parametrize("access", ["viewer", "auditor"])
def test_reading_access_changes_nothing(furnished: Place, access: str) -> None:
    client = furnished.client(access)
    entry = search(furnished.organisation_id, Search(kind="check")).rows[0].entry_id
    person = furnished.actor("editor").person_id
    for address, body in (
        (f"/evidence/{entry}/revoke/", {"reason": "x"}),
        ("/members/", {"name": "N", "email": "n@n.example", "access": "admin"}),
        (f"/members/{person}/change/", {"do": "end"}),
    ):
        assert client.post(address, body).status_code == 403, address
    assert b"Take back" not in client.get(f"/evidence/{entry}/").content
    assert b"Invite somebody" not in client.get("/members/").content


def test_an_administrator_changes_in_which_roles_a_member_signs(place: Place) -> None:
    admin, person = place.client("admin"), place.actor("editor").person_id

    def roles() -> tuple[str, ...]:
        return next(tuple(m.roles) for m in admin.get("/members/").context["page"].rows if m.person_id == person)

    before = roles()
    admin.post(f"/members/{person}/change/", {"do": "access", "access": "editor"})
    assert roles() == before
    chosen = {"do": "access", "access": "editor", "with_roles": "yes", "roles": ["risk_owner", "no such role"]}
    admin.post(f"/members/{person}/change/", chosen)
    offered = admin.get("/members/").context["roles"]
    assert set(roles()) == {"risk_owner"} | {role for role in before if role not in offered}


def test_an_editor_does_not_administer(place: Place) -> None:
    client = place.client("editor")
    assert client.post("/members/", {"name": "N", "email": "n@n.example", "access": "admin"}).status_code == 403


def test_a_token_never_allows_more_than_its_member(place: Place) -> None:
    client = place.client("viewer")
    response = client.post("/members/tokens/", {"name": "ci", "scopes": ["push"], "days": "30"})
    assert response.status_code == 422
    assert "secret" not in response.context


def test_what_changes_something_is_never_done_by_following_a_link(furnished: Place) -> None:
    client = furnished.client("admin")
    entry = search(furnished.organisation_id, Search(kind="check")).rows[0].entry_id
    for address in (f"/evidence/{entry}/revoke/", "/members/tokens/", "/members/x/change/", "/display/", "/place/"):
        assert client.get(address).status_code == 405, address


def test_a_form_from_another_place_is_refused(place: Place) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = place.client("admin").cookies
    response = client.post("/members/", {"name": "N", "email": "n@n.example", "access": "admin"})
    assert response.status_code == 403
    assert b"too old" in response.content
