"""The language and the time zone of a reader end with their request, and with the test that asked."""

from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation
from django.utils.translation import gettext

from clerestory.catalogue.load import load
from clerestory.judgement.phrase import phrase
from clerestory.web.templatetags.screen import rounded
from clerestory.web.words import lower, said
from tests.web.conftest import Place

WORD, IN_GERMAN = "Password", "Passwort"


@pytest.fixture(scope="module")
def left_in_german() -> None:
    """Leave the thread as a reader in Berlin would: what stands for a module is made before each test's own things."""
    translation.activate("de")
    timezone.activate(ZoneInfo("Asia/Kathmandu"))
    assert gettext(WORD) == IN_GERMAN


def test_a_test_begins_in_the_language_and_zone_of_the_installation(left_in_german: None) -> None:
    assert (translation.get_language(), gettext(WORD)) == ("en", WORD)
    assert timezone.get_current_timezone_name() == "UTC"


@pytest.mark.django_db
def test_what_a_thread_does_after_a_request_is_not_said_in_the_language_of_its_reader(place: Place) -> None:
    client = place.client("viewer")
    for address, status in (("/", 200), ("/nowhere/", 404), ("/account/login/", 302)):
        for language in ("de", "en"):
            answer = client.get(address, headers={"accept-language": language})
            assert (answer.status_code, answer.headers["Content-Language"]) == (status, language), address
            assert (translation.get_language(), gettext(WORD)) == ("en", WORD)
            assert timezone.get_current_timezone_name() == "UTC"
    with translation.override("de"):
        client.get("/", headers={"accept-language": "en"})
        assert gettext(WORD) == IN_GERMAN


def test_what_is_not_covered_is_said_in_the_language_of_the_reader() -> None:
    missing = phrase(
        "uncovered", subject="organisation:x", have="3", need="5", list="context topics", items="AI roles, law"
    )
    assert said(missing).endswith("3 of 5 context topics covered; not covered: AI roles, law.")
    with translation.override("de"):
        assert said(missing).endswith("3 von 5 abgedeckt (Gebiete des Kontexts); nicht abgedeckt: KI-Rollen, Gesetz.")


def test_every_list_that_a_rule_wants_covered_has_a_german_name() -> None:
    rules = [rule for rules in load().rules.values() for rule in rules]
    needs = [need for rule in rules for group in (rule.needs, *rule.any_of) for need in group]
    lists = {need.coverage.of for need in needs if need.coverage}
    assert len(lists) > 90
    with translation.override("de"):
        assert [name for name in sorted(lists) if lower(name) == name.replace("_", " ")] == []


def test_a_figure_is_written_as_the_reader_writes_numbers() -> None:
    assert [rounded("0.25"), rounded("3"), rounded("nothing")] == ["0.25", "3", "nothing"]
    with translation.override("de"):
        assert rounded("0.25") == "0,25"
