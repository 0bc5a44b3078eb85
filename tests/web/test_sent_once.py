"""A form that is sent twice is taken once: a double click, a page loaded again, back and send again."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from clerestory.desk.entrance.tokens import create_token
from clerestory.desk.models import Comment, Draft, Token
from clerestory.registers.nonconformity.models import Nonconformity
from clerestory.registers.nonconformity.rules import Grade
from clerestory.store import clock
from clerestory.store.models import SentOnce
from clerestory.store.unit import once
from tests.web.conftest import PASSWORD, Place

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "/nonconformity/new/"
CARRIED = re.compile(r'<form class="form[^>]*method="post".*?name="_once" value="([\w-]+)"', re.DOTALL)


def opened(client: Client, address: str = NEW) -> str:
    """Open the page of a form; return the random part that it carries."""
    return CARRIED.findall(client.get(address).content.decode())[-1]


def said(place: Place, own: str, **changes: str) -> dict[str, str]:
    """Return what the form of a nonconformity says."""
    today = clock.now().date()
    return {
        "title": "Logs were not kept",
        "statement": "The logs of May are gone.",
        "requirement": "A.6.2.8",
        "grade": Grade.MINOR.value,
        "found_by": "audit",
        "found_on": today.isoformat(),
        "owner": place.actor("admin").person_id,
        "_once": own,
    } | changes


def test_the_same_form_sent_again_makes_no_second_record_and_leads_to_the_first(place: Place) -> None:
    client = place.client()
    own = opened(client)
    first = client.post(NEW, said(place, own))
    assert (first.status_code, first.headers["Location"]) == (302, "/nonconformity/NC-1/")
    again = client.post(NEW, said(place, own), follow=True)
    assert again.redirect_chain == [("/nonconformity/NC-1/", 302)]
    assert "This was saved already" in again.content.decode()
    assert Nonconformity.objects.count() == 1


def test_two_truly_at_once_make_one_record_and_both_see_it(place: Place, at_once) -> None:
    client = place.client()
    own = opened(client)
    answers = at_once(*(lambda: client.post(NEW, said(place, own)).headers.get("Location"),) * 2)
    assert answers == ["/nonconformity/NC-1/"] * 2
    assert Nonconformity.objects.count() == 1


def test_other_words_in_the_same_form_and_the_same_words_in_another_form_are_records_of_their_own(place: Place) -> None:
    client = place.client()
    own, other = opened(client), opened(client)
    assert own != other
    for sent in (said(place, own), said(place, own, title="Logs of June too"), said(place, other), said(place, "")):
        assert client.post(NEW, sent).status_code == 302
    assert Nonconformity.objects.count() == 4


def test_what_was_refused_drafted_or_looked_at_field_by_field_can_still_be_sent(place: Place) -> None:
    client = place.client()
    own = opened(client)
    full = said(place, own)
    assert client.post(NEW, full | {"title": ""}).status_code == 422
    assert client.post("/drafts/nonconformity/new/", full).status_code == 200
    assert client.post(NEW, full | {"_field": "title"}).status_code == 200
    assert Draft.objects.count() == 1
    assert client.post(NEW, full).headers["Location"] == "/nonconformity/NC-1/"


def test_a_comment_that_comes_twice_is_said_once(place: Place) -> None:
    client = place.client()
    client.post(NEW, said(place, ""))
    page = "/nonconformity/NC-1/?tab=comments"
    own = opened(client, page)
    address = "/records/nonconformity/NC-1/comment/"
    places = {client.post(address, {"text": "Seen.", "_once": own}).headers["Location"] for _ in range(2)}
    assert Comment.objects.count() == 1
    assert len(places) == 1


def test_what_is_shown_only_once_is_made_once_and_the_second_answer_says_so_calmly(place: Place) -> None:
    client = place.client()
    own = opened(client, "/members/")
    sent = {"name": "laptop", "scopes": ["read"], "days": "30", "_once": own}
    assert "clr_" in client.post("/members/tokens/", sent).content.decode()
    again = client.post("/members/tokens/", sent, headers={"referer": "http://testserver/members/"})
    assert again.status_code == 200
    assert "taken once" in again.content.decode()
    assert 'href="/members/"' in again.content.decode()
    assert Token.objects.count() == 1


def test_a_signature_that_waited_for_a_proof_of_identity_is_taken_once(place: Place) -> None:
    client = place.client()
    own = opened(client)
    client.post(NEW, said(place, ""))
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": 1.0}]
    session.save()
    entry = Nonconformity.objects.get().entry_id
    step = {"reason": "It was entered by mistake.", "_once": own}
    asked = client.post(f"/evidence/{entry}/revoke/", step)
    assert asked.headers["Location"].startswith("/account/reauthenticate/")
    proof = {"password": PASSWORD, "_once": opened(client, asked.headers["Location"])}
    done = client.post(asked.headers["Location"], proof)
    assert done.status_code == 302, done.content.decode()[:500]
    again = client.post(f"/evidence/{entry}/revoke/", step)
    assert again.headers["Location"] == done.headers["Location"]


def test_a_program_says_with_a_key_that_it_means_the_same(place: Place) -> None:
    secret, _token = create_token(actor=place.actor(), name="ci", scopes=["read", "write"], now=clock.now())
    client, address = Client(), "/api/v1/nonconformity/nonconformities"

    def send(key: str, **changes: str) -> int:
        headers = {"authorization": f"Bearer {secret}", "idempotency-key": key}
        body = said(place, "") | changes
        body.pop("_once")
        return client.post(address, body, content_type="application/json", headers=headers).status_code

    assert send("a", title="") == 422
    assert [send("a"), send("a"), send("b")] == [201, 409, 201]
    assert Nonconformity.objects.count() == 2


def test_marks_of_forms_are_digests_and_go_after_a_week(place: Place) -> None:
    client = place.client()
    own = opened(client)
    client.post(NEW, said(place, own))
    row = SentOnce.objects.get()
    assert re.fullmatch("[0-9a-f]{64}", row.mark)
    assert once.sweep(clock.now()) == 0
    assert once.sweep(clock.now() + timedelta(days=8)) == 1
