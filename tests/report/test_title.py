"""Titles that the program made are said in the reader's language; what a person typed stays."""

import re
from pathlib import Path

import pytest
from django.utils.translation import override

from clerestory.report.title import _MADE, title_said

SOURCES = Path(__file__).resolve().parents[2] / "src" / "clerestory"
MADE = (
    "R-2 analysed as very high: The people change",
    "R-2 carried out: Fit the model anew",
    "O-1 judged: Tell customers why",
    "Risk assessment 1 of credit-scoring",
    "Treatment plan 2: 4 risks",
    "Plan for risks and opportunities 1: 3 actions",
    "Process of risk treatment 1",
    "Credit scoring: threat review 1",
    "Cause of NC-1: Logs were not kept",
    "Corrective action for NC-1: Logs were not kept",
    "Credit scoring: high-risk under the EU AI Act",
    "Use of AI: Sort letters of customers",
    "Review of 12 rights of access",
    "Credit scoring: impact assessment",
    "Credit scoring: who is told the results",
    "How impact is assessed",
    "Thresholds for sensitive uses",
    "How long impact assessments are kept",
    "Scope of the management system",
    "Needs of 4 interested parties",
    "Review of 9 issues of the context",
    "Review of the policies",
    "How people speak up",
    "Committee AI council",
    "Minutes: AI council, meeting 2",
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
    "AI policy, version 2",
    "Duties around credit-scoring",
    "Taking back a decision",
)
DATED = {
    "4.1/context-decided loosened until 2026-12-31": "4.1/context-decided loosened until 31 Dec 2026",
    "R-2 accepted at very high until 2026-12-17: Old": "R-2 accepted at very high until 17 Dec 2026: Old",
    "R-2 to modify: It fits no more": "R-2, treatment modify: It fits no more",
    "Chat: tier high until 2026-12-17": "Chat: tier high until 17 Dec 2026",
    "Credit scoring: less is asked of it (stage, autonomy)": "Credit scoring: less is asked of it",
    "Obligations compared with the law as of 2026-07-27": "Obligations compared with the law as of 27 Jul 2026",
}
"""What is said otherwise than it is stored."""


def test_every_title_that_the_program_makes_is_known_and_unchanged_in_english() -> None:
    with override("en"):
        assert [title_said(title) for title in MADE] == list(MADE)
        assert [title_said(title) for title in DATED] == list(DATED.values())
    for title in (*MADE, *DATED):
        assert sum(pattern.fullmatch(title) is not None for pattern, _text in _MADE) == 1, title
    assert len(MADE) + len(DATED) == len(_MADE)


@pytest.mark.parametrize("typed", ["", "100 % of offers failed", "%(id)s", "A.2.2", "Doors failed for us"])
def test_what_a_person_typed_stays_as_it_is(typed: str) -> None:
    assert title_said(typed) == typed


def test_the_fixed_words_of_each_title_stand_in_the_source_that_makes_it() -> None:
    made = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py") if path.parent.name != "report")
    for _pattern, text in _MADE:
        words = max(re.split(r"%\(\w+\)s", str(text)), key=len).strip(" :,")
        assert words in made, words


def test_a_level_of_risk_and_a_day_are_said_in_the_language_of_the_reader() -> None:
    with override("de"):
        assert title_said("R-1 analysed as low: It drifts") == "R-1 eingestuft als gering: It drifts"
        said = title_said("R-1 accepted at very high until 2026-12-17: It drifts")
        assert said == "R-1 bei Höhe sehr hoch akzeptiert bis 17. Dez 2026: It drifts"
