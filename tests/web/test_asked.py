"""Whoever reads that something waits for an approval reads whose, and what helps where nobody could give it."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.utils.translation import override

from clerestory.catalogue.load import load
from clerestory.desk.document.words import days_said
from clerestory.desk.people import change_membership, members
from clerestory.report.mine import mine
from clerestory.store import clock
from tests.web.conftest import Place, elsewhere, furnished, place, system_of

__all__ = ["elsewhere", "furnished", "place"]
pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
SCOPE = {"text": "Scoring of loans.", "units": "Lending", "none_excluded": "on"}


def proposed(place: Place) -> None:
    answer = place.client().post("/context/scope/propose/", SCOPE)
    assert answer.status_code == 302, answer.content.decode()[:2000]


def shown(place: Place, access: str) -> str:
    return " ".join(place.client(access).get("/context/scope/").content.decode().split())


def give_role(place: Place, access: str) -> None:
    person = next(one for one in members(place.actor()) if one.email == place.people[access])
    change_membership(organisation_id=place.organisation_id, person_id=person.person_id, roles=("top_management",))


def test_what_waits_names_the_people_who_can_approve_it(place: Place) -> None:
    proposed(place)
    give_role(place, "editor")
    assert "Can approve it: Edith Editor" in shown(place, "admin")
    assert "Can approve it" not in shown(place, "editor"), "who is asked has the button instead"


def test_where_nobody_holds_the_role_the_page_says_so_and_leads_to_the_members(place: Place) -> None:
    proposed(place)
    page = shown(place, "admin")
    assert "Nobody else holds this role." in page
    assert 'href="/members/#invite"' in page
    assert "An administrator gives it under Members." in shown(place, "viewer")


def test_who_reads_only_is_not_named_even_with_the_role(place: Place) -> None:
    proposed(place)
    give_role(place, "viewer")
    assert "Nobody else holds this role." in shown(place, "admin")


def test_the_proposer_is_not_named_although_they_hold_the_role(place: Place) -> None:
    give_role(place, "admin")
    proposed(place)
    assert "Nobody else holds this role." in shown(place, "admin")


def test_after_the_first_system_somebody_alone_is_still_asked_to_let_a_second_person_in(place: Place) -> None:
    system_of(place)
    for one in members(place.actor()):
        if one.access != "admin":
            change_membership(organisation_id=place.organisation_id, person_id=one.person_id, ended_at=clock.now())
    assert "/members/#invite" in [action.url for action in mine(place.actor(), now=clock.now()).actions]


def test_a_refused_step_leads_back_to_the_page_on_which_it_stood(place: Place) -> None:
    client = place.client("viewer")
    there = "http://testserver/context/scope/"
    page = client.post("/context/scope/propose/", SCOPE, headers={"referer": there}).content.decode()
    assert 'href="/context/scope/"' in page
    strange = client.post("/context/scope/propose/", SCOPE, headers={"referer": "https://elsewhere.example/x"})
    assert "/x" not in strange.content.decode()


@pytest.mark.parametrize(
    "address, side",
    [
        ("/inventory/systems/credit-scoring/tier/", "/systems/"),
        ("/inventory/systems/credit-scoring/lane/", "/systems/"),
        ("/inventory/systems/credit-scoring/parts/", "/systems/"),
        ("/inventory/uses/", "/inventory/uses/"),
        ("/inventory/", "/inventory/"),
    ],
)
def test_the_side_marks_one_place_and_it_is_the_one_where_people_look(place: Place, address: str, side: str) -> None:
    system_of(place)
    page = place.client().get(address).content.decode()
    links = [part.split(">")[0] for part in page.split('class="side-link" href="')[1:]]
    marked = [link.split('"')[0] for link in links if 'aria-current="page"' in link]
    assert marked == [side]


def test_every_kind_of_entry_has_a_german_name_in_the_log() -> None:
    with (ROOT / "src/clerestory/web/locale/de/LC_MESSAGES/django.po").open("rb") as file:
        catalogue = read_po(file)
    heads = ("record.", "register.", "decision.", "runtime.")
    bare = {name: name.split(".", 1)[1].replace("_", " ") for name in load().kinds if name.startswith(heads)}
    assert [name for name, word in bare.items() if not getattr(catalogue.get(word), "string", "")] == []


def test_a_refusal_names_days_as_the_reader_writes_them() -> None:
    with override("de"):
        assert days_said("It would end on 2027-01-31; see R-2026-11-22 and 2026-13-01.") == (
            "It would end on 31. Jan 2027; see R-2026-11-22 and 2026-13-01."
        )
