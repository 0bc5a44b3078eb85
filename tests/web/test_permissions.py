"""Every address: strangers sign in, other organisations find nothing, access that does not suffice is refused."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from clerestory.desk.lists import ListQuery
from clerestory.registers.context.commands import note_issue, note_obligation, note_party
from clerestory.registers.context.rules.obligation import Source
from clerestory.registers.context.rules.party import Need
from clerestory.registers.impact.commands import judge_effect
from clerestory.registers.inventory.commands import open_access_review, register_part
from clerestory.registers.inventory.queries import dataset_versions
from clerestory.registers.lifecycle.commands import request_change
from clerestory.registers.organisation.commands import register_process
from clerestory.registers.policy.commands import begin_policy
from clerestory.registers.risk.commands import describe_architecture, identify_risk, propose_method
from clerestory.registers.risk.rules.risk import Risk
from clerestory.registers.risk.rules.scale import shipped_method
from clerestory.registers.roles.commands import constitute, define_role
from clerestory.registers.roles.rules import Role
from clerestory.store import clock
from clerestory.store.log import Search, search
from clerestory.store.models import LogEntry
from tests.registers.context.surroundings import bound, issue, party
from tests.registers.impact.surroundings import HARM
from tests.registers.inventory.surroundings import agent
from tests.registers.lifecycle.surroundings import process, wanted
from tests.registers.policy.surroundings import DRAFT, policy
from tests.registers.risk.architectures import SCORING
from tests.registers.roles.council import said as council_said
from tests.web.conftest import Place

pytestmark = pytest.mark.django_db(transaction=True)
OPEN = {
    "first-start",
    "invitation",
    "new-password",
    "welcome",
    "display",
    "set_language",
    "speak-up",
    "speak-up-answer",
}
"""Addresses that strangers need; everything of allauth and the API keeps its own door."""
OWN_DOOR = ("account/", "api/")
GAP = re.compile(r"<(?:(\w+):)?(\w+)>")
REFUSED = {403, 404, 405, 422}
OWN = {"place", "notices", "notices-read", "notices-choices", "draft", "draft-discard"}
"""Addresses by which members change what is theirs alone: where they look, what they are told, what they began."""


def addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, str]]:
    """Yield name and address of every page, with its gaps."""
    for pattern in patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, address)
        else:
            yield str(pattern.name), "/" + address


def pages(things: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    """Return the pages that only members may open; gaps are filled with known things, or else with nothing known."""
    found = addresses(get_resolver().url_patterns)
    return [
        (name, GAP.sub(lambda gap: (things or {}).get(gap[2], "1" if gap[1] == "int" else "x"), address))
        for name, address in found
        if name not in OPEN and not address[1:].startswith(OWN_DOOR)
    ]


def things_of(place: Place) -> dict[str, str]:
    """Return what stands in the gaps of addresses: records of the organisation that are really there."""
    actor = place.actor("editor")
    method = shipped_method()
    risk = Risk(event="Data are too old", source="C.3.4", consequence="Wrong scores", owner=actor.person_id)
    risk_id = identify_risk(actor=actor, risk=risk).record_id
    describe_architecture(actor=actor, system_id="credit-scoring", facts=SCORING, expected_version=0)
    propose_method(actor=actor, method=method)
    role = Role(role_id="model-owner", name="Model owner", has_ai_duties=True, duties=("answer for the model",))
    define_role(actor=actor, role=role)
    noted = note_issue(actor=actor, said=issue("Law comes in steps"))
    party_id = note_party(actor=actor, said=party(Need(text="reasons for a refusal"))).record_id
    duty = note_obligation(actor=actor, said=bound(actor, source=Source.CONTRACT, jurisdiction=""))
    begin_policy(actor=actor, said=policy(actor), draft=DRAFT)
    constitute(actor=actor, said=council_said(actor, place.actor("admin"), place.actor("viewer")))
    register_part(actor=actor, said=agent())
    judge_effect(actor=actor, system_id="credit-scoring", effect=HARM)
    open_access_review(actor=place.actor("admin"), due_on=clock.now().date())
    data = dataset_versions(actor, ListQuery()).rows[0]
    change_id = request_change(actor=actor, said=wanted(decide_by=clock.now().date() + timedelta(days=9))).record_id
    register_process(actor=actor, process=process(actor))
    return {
        "change_id": change_id, "process_id": "retraining",
        "framework_id": "iso42001-2023", "requirement_id": "A.7.4", "control_id": "A.7.4", "kind": "ai_system",
        "record_id": "credit-scoring", "system_id": "credit-scoring", "risk_id": risk_id, "role_id": "model-owner",
        "threat_id": "AML.T0015", "mitigation_id": "AML.M0003",
        "entry_id": search(place.organisation_id, Search(kind="check")).rows[0].entry_id,
        "person_id": actor.person_id, "holder": actor.person_id, "version": "1", "number": "1", "token_id": "1",
        "version_id": data.dataset.version_id, "key": "reliable",
        "issue_id": noted.record_id, "party_id": party_id, "obligation_id": duty.record_id, "policy_id": "ai-policy",
        "part": "data", "effect_id": "E1", "place": "1", "view": "fria",
        "committee_id": "ai-council", "work_kind": "duty", "work_id": "model-owner/answer for the model",
        "part_kind": "agent", "part_id": "credit-scoring/helper", "node_kind": "ai_system", "node_id": "credit-scoring",
    }  # fmt: skip


def written(place: Place) -> int:
    """Return how many entries were written, placed in the tree or not yet."""
    return LogEntry.objects.filter(organisation_id=place.organisation_id).count()


def sent(client: Client, address: str) -> int:
    """Send a form that says a little of everything; return the status."""
    said = {"reason": "because I say so", "text": "a word", "name": "N", "title": "T", "do": "end", "action": "gone"}
    return client.post(address, said).status_code


@pytest.mark.parametrize("access", ["viewer", "auditor"])
def test_every_address_refuses_what_reading_access_sends_and_writes_nothing(furnished: Place, access: str) -> None:
    things = things_of(furnished)
    before = written(furnished)
    client = furnished.client(access)
    told = {name: sent(client, address) for name, address in pages(things) if name not in OWN}
    assert {name: status for name, status in told.items() if status not in REFUSED} == {}
    assert {sent(client, address) for name, address in pages(things) if name in OWN} <= {200, 204, 302, *REFUSED}
    assert written(furnished) == before


def test_every_address_refuses_what_another_organisation_sends_and_writes_nothing(
    furnished: Place, elsewhere: Place
) -> None:
    things = things_of(furnished)
    before = written(furnished)
    client, unfilled = elsewhere.client("admin"), pages()
    told = {
        name: sent(client, address)
        for (name, address), (_name, blank) in zip(pages(things), unfilled, strict=True)
        if name not in OWN and address != blank
    }
    assert len(told) > 40
    assert {name: status for name, status in told.items() if status not in REFUSED} == {}
    assert written(furnished) == before


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
    assert stranger.get(f"/evidence/{entry}/proof/").status_code == 404
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
