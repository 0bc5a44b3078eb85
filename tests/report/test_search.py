"""One search: beginnings of words in any case, the exact first, nothing of another organisation."""

import pytest

from clerestory.desk.permit import NotPermitted
from clerestory.report.search import Hit, search
from clerestory.store import directory
from clerestory.store.directory import normalised
from tests.report.test_mine import person
from tests.web.conftest import Place

pytestmark = pytest.mark.django_db(transaction=True)


def found(place: Place, text: str, what: str = "", access: str = "viewer") -> list[Hit]:
    groups = search(place.actor(access), text).groups
    return [hit for group in groups for hit in group.hits if not what or hit.what == what]


@pytest.mark.parametrize(
    "text, words",
    [
        ("Credit-Scoring", " credit scoring"),
        ("Ünïcode  STRASSE/Straße", " unicode strasse strasse"),
        ("A.7.4", " a 7 4"),
        ("نظام ١", " نظام ١".replace("١", "١")),
        ("%_'\"<>", ""),
        ("", ""),
    ],
)
def test_text_is_sought_without_case_accents_and_signs(text: str, words: str) -> None:
    assert normalised(text) == words


@pytest.mark.parametrize("text", ["credit", "CRED", "scor", "credit scor", "credit-scoring", "scoring credit"])
def test_a_record_is_found_by_the_beginnings_of_its_words(furnished: Place, text: str) -> None:
    assert "credit-scoring" in [hit.id for hit in found(furnished, text, "record")]


@pytest.mark.parametrize("text", ["redit", "coring", "credit xyz", "%", "_", "   ", "", "\x00"])
def test_the_middle_of_a_word_and_signs_find_nothing(furnished: Place, text: str) -> None:
    assert found(furnished, text, "record") == []


def test_the_exact_id_and_names_that_begin_so_come_first(place: Place) -> None:
    for number, label in enumerate(("Old scoring", "Scoring of loans", "A scoring")):
        directory.publish(place.organisation_id, "ai_system", f"s-{number}", label, f"/systems/s-{number}/")
    directory.publish(place.organisation_id, "ai_system", "scoring", "Zebra", "/systems/scoring/")
    labels = [hit.label for hit in found(place, "scoring", "record")]
    assert labels == ["Zebra", "Scoring of loans", "A scoring", "Old scoring"]


def test_each_sort_shows_its_first_hits_and_says_that_there_are_more(place: Place) -> None:
    for number in range(9):
        directory.publish(place.organisation_id, "risk", f"risk-{number}", f"Credit risk {number}", "/risk/")
    directory.publish(place.organisation_id, "ai_system", "credit", "Credit", "/systems/credit/")
    groups = {group.kind: group for group in search(place.actor("viewer"), "credit").groups if group.what == "record"}
    assert (len(groups["risk"].hits), groups["risk"].more) == (6, True)
    assert (len(groups["ai_system"].hits), groups["ai_system"].more) == (1, False)


def test_a_requirement_is_found_by_number_and_by_word(place: Place) -> None:
    assert found(place, "A.7.4", "requirement")[0].id == "A.7.4"
    assert "A.7.4" in [hit.id for hit in found(place, "quality of data", "requirement")]


def test_evidence_and_people_are_found_too(furnished: Place) -> None:
    checks = found(furnished, "fairness", "evidence")
    assert checks[0].label == "fairness.selection-rate-ratio"
    assert checks[0].url.startswith("/evidence/")
    assert [hit.label for hit in found(furnished, "edith", "person")] == ["Edith Editor"]


def test_nothing_of_another_organisation_is_found(furnished: Place, elsewhere: Place) -> None:
    assert found(elsewhere, "credit") == [hit for hit in found(elsewhere, "credit") if hit.what == "requirement"]
    assert found(elsewhere, "northlight", "person") == []
    assert found(elsewhere, "fairness", "evidence") == []
    with pytest.raises(NotPermitted):
        search(person("none"), "credit")


def test_a_search_asks_the_database_at_most_six_times(furnished: Place, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    actor = furnished.actor("viewer")
    search(actor, "credit")
    with django_assert_max_num_queries(6):
        search(actor, "credit")
