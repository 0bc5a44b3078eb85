"""Sentences are English text that another language can be made of."""

import copy
import json
import pickle

import pytest

from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import Sentence, enumeration, gettext, ngettext, translated, word

GERMAN = {
    "The {what} is empty.": "Das Feld „{what}“ ist leer.",
    "name of the system": "Name des Systems",
    "{control}: {problem}": "{control}: {problem}",
    "Levels: {levels}.": "Stufen: {levels}.",
    "very high": "sehr hoch",
    " and ": " und ",
    "You do not hold the role {role!r}.": "Sie haben die Rolle „{role}“ nicht inne.",
}
PLURALS = {"{n} task is open.": ("{n} Aufgabe ist offen.", "{n} Aufgaben sind offen.")}


def in_german(text: str) -> object:
    return translated(
        text,
        lambda one: GERMAN.get(one, one),
        lambda one, many, n: PLURALS.get(one, (one, many))[n != 1],
    )


def test_a_sentence_is_english_text_to_whoever_does_not_ask_for_another_language() -> None:
    said = gettext("You do not hold the role {role!r}.", role="risk_owner")
    assert said == "You do not hold the role 'risk_owner'."
    assert f"{said} x" == "You do not hold the role 'risk_owner'. x"
    assert json.dumps({"problem": said}) == '{"problem": "You do not hold the role \'risk_owner\'."}'


@pytest.mark.parametrize(
    "said, german",
    [
        (gettext("You do not hold the role {role!r}.", role="owner"), "Sie haben die Rolle „owner“ nicht inne."),
        (gettext("The {what} is empty.", what=gettext("name of the system")), "Das Feld „Name des Systems“ ist leer."),
        (ngettext("{n} task is open.", "{n} tasks are open.", n=1), "1 Aufgabe ist offen."),
        (ngettext("{n} task is open.", "{n} tasks are open.", n=3), "3 Aufgaben sind offen."),
        (gettext("Levels: {levels}.", levels=enumeration(["very_high", "low"])), "Stufen: sehr hoch, low."),
        (enumeration(["very_high", "low"], gettext(" and ")), "sehr hoch und low"),
        (word("very_high"), "sehr hoch"),
        (gettext("Nobody translated {this}.", this="x"), "Nobody translated x."),
        ("plain text", "plain text"),
        (gettext(""), ""),
    ],
)
def test_it_is_said_in_another_language_with_every_word_in_it(said: str, german: str) -> None:
    assert in_german(said) == german


def test_words_and_lists_are_english_as_machines_write_them() -> None:
    assert word("very_high") == "very_high"
    assert enumeration(["very_high", "low"]) == "very_high, low"
    assert ngettext("{n} task is open.", "{n} tasks are open.", n=2) == "2 tasks are open."


def test_what_people_typed_is_never_taken_for_a_template() -> None:
    said = gettext("The {what} is empty.", what="{secret} of %(name)s")
    assert said == "The {secret} of %(name)s is empty."
    assert in_german(said) == "Das Feld „{secret} of %(name)s“ ist leer."


def test_an_error_that_passes_on_what_another_said_is_said_whole() -> None:
    inner = ClerestoryError(gettext("The {what} is empty.", what=gettext("name of the system")), gettext("Give it."))
    outer = ClerestoryError(gettext("{control}: {problem}", control="A.2.2", problem=inner.problem), inner.remedy)
    assert str(outer) == "A.2.2: The name of the system is empty. Give it."
    assert in_german(outer.problem) == "A.2.2: Das Feld „Name des Systems“ ist leer."


def test_a_copy_says_the_same() -> None:
    said = gettext("The {what} is empty.", what=gettext("name of the system"))
    for copied in (copy.deepcopy(said), pickle.loads(pickle.dumps(said))):
        assert isinstance(copied, Sentence)
        assert in_german(copied) == "Das Feld „Name des Systems“ ist leer."
