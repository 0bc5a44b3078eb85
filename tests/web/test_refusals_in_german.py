"""What is refused is said in the language of the reader: on a page, beside a form, to a program that asks for it."""

import json

import pytest
from django.test import Client

from tests.web.conftest import Place

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def german(place: Place) -> Client:
    client = place.client("admin")
    client.post("/language/", {"language": "de"})
    return client


def obligation(place: Place) -> dict[str, str]:
    return {
        "title": "Aufzeichnungen", "source": "contract", "citation": "Art. 12", "what": "Aufbewahren.",
        "valid_from": "2026-03-01", "valid_until": "2026-02-01", "owner": str(place.actor().person_id),
    }  # fmt: skip


def test_a_form_that_is_refused_says_so_in_german(place: Place, german: Client) -> None:
    said = german.post("/context/obligations/add/", obligation(place))
    assert said.status_code == 422
    page = said.content.decode()
    assert "Die Pflicht endet, bevor sie beginnt. Berichtigen Sie einen der beiden Tage." in page
    assert "The obligation ends" not in page


def test_the_name_of_a_field_and_a_day_within_a_refusal_are_german_too(place: Place, german: Client) -> None:
    wrong = obligation(place) | {"valid_from": "1066-10-14", "valid_until": ""}
    page = german.post("/context/obligations/add/", wrong).content.decode()
    assert "Das Feld „Tag, von dem an die Pflicht bindet“ nennt den 14. Okt 1066." in page


def test_a_page_that_is_refused_says_so_in_german(german: Client) -> None:
    page = german.get("/context/obligation/obligation-9/").content.decode()
    assert "Es gibt keine Pflicht „obligation-9“." in page and "Wählen Sie aus der Liste." in page


def test_who_may_not_do_something_reads_so_in_german(place: Place) -> None:
    viewer = place.client("viewer")
    viewer.post("/language/", {"language": "de"})
    said = viewer.post("/context/obligations/add/", {})
    assert said.status_code == 403
    assert "Sie dürfen hier nichts schreiben (Bereich: Kontext)." in said.content.decode()


def test_others_read_english_and_programs_do_unless_they_ask_for_german(place: Place) -> None:
    client = place.client("admin")
    english = client.get("/context/obligation/obligation-9/").content.decode()
    assert "There is no obligation &#x27;obligation-9&#x27;." in english
    asked = "/api/v1/inventory/systems/nothing"
    plain, german = client.get(asked), client.get(asked, headers={"accept-language": "de"})
    assert json.loads(plain.content)["problem"] == "There is no AI system 'nothing'."
    assert json.loads(german.content)["problem"] == "Es gibt kein KI-System „nothing“."
