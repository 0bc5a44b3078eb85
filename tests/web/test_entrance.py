"""First start, invitations, sign-in, and proving once more who one is before signing."""

import json
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from clerestory.desk.entrance.links import first_owner_link, invitation_link, reset_link
from clerestory.desk.models import User
from clerestory.desk.people import Member, admit
from clerestory.registers.organisation.queries import organisations
from clerestory.store import clock
from clerestory.store.log import Search, search
from tests.web.conftest import PASSWORD, Place

pytestmark = pytest.mark.django_db(transaction=True)
OWNER = {
    "organisation": "Northlight Bank",
    "name": "Ada Admin",
    "email": "ada@northlight.example",
    "password": PASSWORD,
}


def invited(place: Place) -> Member:
    """Admit somebody who has not chosen a password yet."""
    return admit(
        organisation_id=place.organisation_id,
        email="nora@northlight.example",
        name="Nora New",
        access="viewer",
        roles=(),
        now=clock.now(),
    )


def test_the_link_of_the_first_start_founds_the_organisation_and_signs_its_owner_in() -> None:
    client = Client()
    address = f"/start/{first_owner_link(now=clock.now())}/"
    assert client.get(address).status_code == 200
    assert client.post(address, OWNER).headers["Location"] == "/"
    assert client.get("/").status_code == 200
    assert [name for _id, name in organisations()] == ["Northlight Bank"]


def test_the_link_of_the_first_start_works_once() -> None:
    address = f"/start/{first_owner_link(now=clock.now())}/"
    Client().post(address, OWNER)
    assert Client().get(address).status_code == 410
    assert Client().post(address, OWNER | {"email": "eve@evil.example"}).status_code == 410
    assert len(organisations()) == 1


def test_the_link_of_the_first_start_expires_after_a_day() -> None:
    address = f"/start/{first_owner_link(now=clock.now() - timedelta(days=1, minutes=1))}/"
    assert Client().get(address).status_code == 410


@pytest.mark.parametrize(
    "change",
    [{"password": "short"}, {"password": "password123456"}, {"email": "ada"}, {"organisation": ""}, {"name": " "}],
)
def test_a_first_start_with_an_unusable_answer_founds_nothing_and_says_why(change: dict[str, str]) -> None:
    address = f"/start/{first_owner_link(now=clock.now())}/"
    response = Client().post(address, OWNER | change)
    assert response.status_code == 422
    assert b"field-error" in response.content
    assert not organisations()


def test_where_nobody_is_yet_every_page_leads_to_the_welcome_that_says_how_to_begin() -> None:
    response = Client().get("/requirements/", follow=True)
    assert response.redirect_chain[-1][0] == "/welcome/"
    assert b"clerestory user link" in response.content


def test_the_welcome_leads_to_sign_in_where_somebody_is(place: Place) -> None:
    assert Client().get("/welcome/").headers["Location"] == "/account/login/"


def test_an_invited_person_chooses_a_password_once_and_is_in(place: Place) -> None:
    admin = place.client("admin")
    invited = {"name": "Nora New", "email": "nora@northlight.example", "access": "viewer"}
    response = admin.post("/members/", invited)
    link = response.context["link"]
    newcomer = Client()
    assert newcomer.post(link, {"password": "quite another sentence"}).headers["Location"] == "/"
    assert newcomer.get("/requirements/").status_code == 200
    assert Client().get(link).status_code == 410


def test_an_invitation_that_was_made_anew_ends_the_earlier_one(place: Place) -> None:
    person_id = invited(place).person_id
    first, second = (
        invitation_link(organisation_id=place.organisation_id, person_id=person_id, now=clock.now()) for _ in range(2)
    )
    assert Client().get(f"/invitation/{first}/").status_code == 410
    assert Client().get(f"/invitation/{second}/").status_code == 200


def test_an_administrator_gets_no_link_into_the_account_of_a_member_who_signs_in(place: Place) -> None:
    admin, viewer = place.client("admin"), place.actor("viewer")
    answer = admin.post(f"/members/{viewer.person_id}/change/", {"do": "invite"})
    assert answer.status_code == 422
    assert b"clerestory user reset" in answer.content
    assert admin.get("/members/").content.count(b'value="invite"') == 0
    newcomer = invited(place)
    assert admin.get("/members/").content.count(b'value="invite"') == 1
    assert admin.post(f"/members/{newcomer.person_id}/change/", {"do": "invite"}).context["link"]


def test_an_existing_account_joins_another_organisation_by_accepting_it_signed_in_as_itself(
    place: Place, elsewhere: Place
) -> None:
    offer = {"name": "V", "email": place.people["viewer"], "access": "admin"}
    link = elsewhere.client("admin").post("/members/", offer).context["link"]
    assert Client().get(link).headers["Location"].startswith("/account/login/?next=/invitation/")
    assert Client().post(link, {"password": "the password of a thief"}).headers["Location"].startswith("/account/login")
    thief = elsewhere.client("admin")
    assert thief.get(link).status_code == 403
    viewer = place.client("viewer")
    assert "Southlight Bank" not in viewer.get("/").content.decode()
    assert b"Join Southlight Bank" in viewer.get(link).content
    assert viewer.post(link).headers["Location"] == "/"
    assert "Southlight Bank" in viewer.get("/").content.decode()


def test_a_new_password_by_the_server_asks_for_the_second_factor_too(place: Place) -> None:
    viewer = place.actor("viewer")
    user = User.objects.get(pk=viewer.user_id)
    TOTP.activate(user, generate_totp_secret())
    secret = reset_link(organisation_id=place.organisation_id, person_id=viewer.person_id, now=clock.now())
    client = Client()
    answer = client.post(f"/password/{secret}/", {"password": "quite another sentence"})
    assert answer.headers["Location"].startswith("/account/2fa/authenticate/")
    assert client.get("/requirements/").status_code == 302
    user.refresh_from_db()
    assert user.check_password("quite another sentence")
    assert Client().get(f"/password/{secret}/").status_code == 410


def test_a_lost_password_is_no_matter_of_the_web(place: Place) -> None:
    for address in ("/account/password/reset/", "/account/password/reset/key/1-set-password/"):
        assert b"clerestory user reset" in Client().get(address).content
        assert Client().post(address, {"email": place.people["viewer"]}).status_code == 405


def test_a_wrong_password_does_not_say_whether_the_address_exists(place: Place) -> None:
    answers = {
        Client()
        .post("/account/login/", {"login": login, "password": "wrong wrong wrong"})
        .content.count(b"field-error")
        for login in (place.people["admin"], "nobody@nowhere.example")
    }
    assert len(answers) == 1


def test_nobody_signs_up_alone(place: Place) -> None:
    response = Client().get("/account/signup/")
    assert b"invitation" in response.content
    assert b"<input" not in response.content.replace(b'type="hidden"', b"").split(b"<h1>")[1].split(b"</h1>")[0]


def test_a_member_of_nothing_sees_why_nothing_is_there(place: Place) -> None:
    client = place.client("viewer")
    place.client("admin").post(f"/members/{place.actor('viewer').person_id}/change/", {"do": "end"})
    response = client.get("/requirements/")
    assert response.status_code == 403
    assert b"member of no organisation" in response.content


def test_signing_long_after_sign_in_asks_for_the_password_and_then_goes_on_with_the_same_step(furnished: Place) -> None:
    client = furnished.client("admin")
    session = client.session
    session["account_authentication_methods"] = [
        {**record, "at": record["at"] - 3600} for record in session["account_authentication_methods"]
    ]
    session.save()
    entry = search(furnished.organisation_id, Search(kind="check")).rows[0]
    asked = client.post(f"/evidence/{entry.entry_id}/revoke/", {"reason": "Measured on the wrong data."})
    assert asked.headers["Location"].startswith("/account/reauthenticate/")
    assert search(furnished.organisation_id, Search(kind="record.revocation")).total == 0
    done = client.post(asked.headers["Location"], {"password": PASSWORD}, follow=True)
    assert done.status_code == 200
    assert search(furnished.organisation_id, Search(kind="record.revocation")).total == 1


def long_signed_in(place: Place) -> Client:
    """Return an administrator's browser whose last proof of identity is an hour old."""
    client = place.client("admin")
    session = client.session
    session["account_authentication_methods"] = [
        {**record, "at": record["at"] - 3600} for record in session["account_authentication_methods"]
    ]
    session.save()
    return client


STEP = {"reason": "Words that nobody else may read", "password": "correct horse", "csrfmiddlewaretoken": "x" * 64}


def test_what_waits_for_the_password_is_readable_in_no_database_and_by_no_other_browser(furnished: Place) -> None:
    client = long_signed_in(furnished)
    entry = search(furnished.organisation_id, Search(kind="check")).rows[0]
    asked = client.post(f"/evidence/{entry.entry_id}/revoke/", STEP)
    kept = json.dumps(dict(client.session.items()))
    for secret in ("Words", "correct", "horse", "revoke", client.cookies["sessionid"].value, "HTTP_COOKIE", "PATH"):
        assert secret not in kept
    other = Client()
    other.cookies["sessionid"] = client.cookies["sessionid"].value
    other.post(asked.headers["Location"], {"password": PASSWORD})
    assert search(furnished.organisation_id, Search(kind="record.revocation")).total == 0


def test_a_wrong_password_loses_nothing_that_waits_and_opens_nothing(furnished: Place) -> None:
    client = long_signed_in(furnished)
    entry = search(furnished.organisation_id, Search(kind="check")).rows[0]
    asked = client.post(f"/evidence/{entry.entry_id}/revoke/", STEP)
    client.post(asked.headers["Location"], {"password": "not this one"})
    assert "Words" not in json.dumps(dict(client.session.items()))
    client.post(asked.headers["Location"], {"password": PASSWORD})
    rows = search(furnished.organisation_id, Search(kind="record.revocation")).rows
    assert len(rows) == 1
    assert not client.cookies["suspended"].value


def test_a_form_too_long_to_be_kept_meanwhile_is_sent_once_more(furnished: Place) -> None:
    client = long_signed_in(furnished)
    entry = search(furnished.organisation_id, Search(kind="check")).rows[0]
    asked = client.post(f"/evidence/{entry.entry_id}/revoke/", {"reason": "x" * 300_000})
    assert len(json.dumps(dict(client.session.items()))) < 5_000
    assert b"too long to be kept" in client.get(asked.headers["Location"]).content
    client.post(asked.headers["Location"], {"password": PASSWORD})
    assert search(furnished.organisation_id, Search(kind="record.revocation")).total == 0


def test_a_field_looked_at_while_it_is_typed_leaves_the_step_that_waits_for_the_password_alone(place: Place) -> None:
    client = place.client("admin")
    answered = place.client("admin").post("/risk/add/", {
        "event": "Claims of some people are sorted last", "source": "C.3.4", "consequence_text": "They wait for weeks",
        "system": "-", "owner": place.actor("admin").person_id,
    })  # fmt: skip
    assert answered.status_code == 302
    session = client.session
    session["account_authentication_methods"] = [
        {**record, "at": record["at"] - 3600} for record in session["account_authentication_methods"]
    ]
    session.save()
    looked = client.post("/risk/R-1/accept/", {"reason": "Nobody waited longer", "_field": "reason"})
    assert (looked.status_code, looked.content) == (204, b"")
    asked = client.post("/risk/R-1/accept/", {"reason": "Short", "valid_until": "2026-12-01"})
    client.post("/risk/R-1/accept/", {"reason": "Short", "_field": "reason"})
    resumed = client.post(asked.headers["Location"], {"password": PASSWORD})
    assert resumed.status_code == 422
    assert b'action="/risk/R-1/accept/"' in resumed.content


def test_the_theme_is_kept_without_javascript_too(place: Place) -> None:
    client = place.client("viewer")
    assert client.post("/display/", {"theme": "dark", "next": "/requirements/"}).headers["Location"] == "/requirements/"
    assert b'data-theme="dark"' in client.get("/requirements/").content
    client.post("/display/", {"theme": "", "next": "https://evil.example/"})
    assert b"data-theme=" not in client.get("/requirements/").content.split(b"<head>")[0]


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "no-page", "A\x00B", "['x']"])
def test_a_way_back_that_is_no_address_here_is_not_taken(place: Place, target: str) -> None:
    response = place.client("viewer").post("/display/", {"theme": "dark", "next": target})
    assert response.headers["Location"] == "/"
