"""The language and the time zone of a reader end with their request, and with the test that asked."""

from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation
from django.utils.translation import gettext

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
