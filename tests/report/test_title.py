"""Titles that the program made are said in the reader's language; what a person typed stays."""

import re
from pathlib import Path

import pytest
from django.utils.translation import override

from clerestory.report.title import _MADE, title_said

SOURCES = Path(__file__).resolve().parents[2] / "src" / "clerestory"
MADE = (
    "R-2 analysed as very high: The people change",
    "fairness.demographic-parity failed for Card limit offers",
    "NC-1 fairness.demographic-parity failed for Card limit offers",
    "Risk criteria 1",
    "Method of risk assessment 2",
    "Description of the management system 1.0",
    "Quality criteria 1 for credit-scoring/test/b3a82ad8f458",
    "Datasheet 1 of credit-scoring/test/b3a82ad8f458",
    "Data management procedure 1",
    "A.2.2 applies",
    "A.10.3 is excluded",
    "Statement of Applicability, version 3",
    "4.1/context-decided loosened until 2026-12-31",
    "Duties around credit-scoring",
    "Taking back a decision",
)


def test_every_title_that_the_program_makes_is_known_and_unchanged_in_english() -> None:
    with override("en"):
        assert [title_said(title) for title in MADE] == list(MADE)
    for title in MADE:
        assert sum(pattern.fullmatch(title) is not None for pattern, _text in _MADE) == 1, title
    assert len(MADE) == len(_MADE)


@pytest.mark.parametrize("typed", ["", "100 % of offers failed", "%(id)s", "A.2.2", "Doors failed for us"])
def test_what_a_person_typed_stays_as_it_is(typed: str) -> None:
    assert title_said(typed) == typed


def test_the_fixed_words_of_each_title_stand_in_the_source_that_makes_it() -> None:
    made = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py") if path.parent.name != "report")
    for _pattern, text in _MADE:
        words = max(re.split(r"%\(\w+\)s", str(text)), key=len).strip(" :,")
        assert words in made, words
