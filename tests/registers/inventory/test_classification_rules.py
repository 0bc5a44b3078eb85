"""Classes under the EU AI Act: published cases, what is not known, and what a change of the law does."""

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from clerestory.catalogue.law.read import LawUnreadable, load_law, read_law
from clerestory.registers.inventory.rules.classification import (
    Answers,
    LegalClass,
    check_answers,
    known_answers,
    near,
)
from clerestory.registers.inventory.rules.law_change import difference, next_day
from clerestory.registers.inventory.rules.law_walk import asked, classify
from clerestory.registers.inventory.rules.record import InventoryRefused

FILE = Path(__file__).resolve().parents[2] / "vectors" / "eu_ai_act" / "cases.toml"
VECTORS = tomllib.loads(FILE.read_text(encoding="utf-8"))
CASES = {case["id"]: case for case in VECTORS["case"]}
LAW = load_law()
OLD, NEW = "2024/1689", "2026/1744"
ORDER = tuple(LegalClass)


def given(case):
    """Return the answers of a case, with the rest answered as the file says."""
    said = VECTORS["rest"] | case.get("answers", {})
    return {name: tuple(value) for name, value in said.items()}


def answers(case_id, under="", **changed):
    """Return the answers of a case with some changed; None takes one away."""
    said = given(CASES[case_id]) | {k: v for k, v in changed.items() if v is not None}
    return Answers(given={k: v for k, v in said.items() if changed.get(k, ()) is not None}, under=under)


def test_there_are_more_than_25_cases_and_each_names_its_source():
    assert len(CASES) >= 25
    assert all(case["source"] for case in CASES.values())


@pytest.mark.parametrize("case_id", CASES)
def test_published_cases_get_the_class_that_their_source_gives_them(case_id):
    case = CASES[case_id]
    version = case.get("version", NEW)
    check_answers(LAW, LAW.version(version), given(case))
    found = classify(LAW, version, Answers(given=given(case), under=version))
    assert found.klass == case["class"], found.steps
    assert found.applies_from == case.get("from")
    assert "by" not in case or case["by"] in [step.article for step in found.steps]
    articles = [duty.article for duty in found.duties]
    assert "duty" not in case or case["duty"] in articles
    assert case.get("no_duty") not in articles
    assert found.is_complete, found.open


@pytest.mark.parametrize("case_id", [name for name, case in CASES.items() if case["class"] != "outside"])
def test_an_answer_that_is_missing_never_gives_a_lower_class(case_id):
    version = CASES[case_id].get("version", NEW)
    full = classify(LAW, version, answers(case_id, version))
    for question in [question.id for question in LAW.questions if question.decides]:
        less = classify(LAW, version, answers(case_id, version, **{question: None}))
        if less.is_told:
            assert ORDER.index(less.klass) <= ORDER.index(full.klass), (question, less.klass, full.klass)
        if any(step.question == question for step in full.steps):
            assert question in less.open or less.klass is full.klass, question


def test_every_step_names_its_article_the_version_of_the_law_and_a_day():
    for case_id, case in CASES.items():
        version = case.get("version", NEW)
        for step in classify(LAW, version, answers(case_id, version)).steps:
            assert step.article.startswith(("Art.", "Annex"))
            assert step.version == version
            assert step.applies_from is not None


def test_nothing_answered_is_unknown_and_asks_the_first_questions_only():
    found = classify(LAW, NEW, Answers())
    assert found.klass is LegalClass.UNKNOWN
    assert not found.is_complete
    assert asked(LAW, NEW, Answers()) == (
        "system", "reach", "exclusion", "roles", "practices", "product", "areas", "transparency", "model", "market_on",
    )  # fmt: skip


def test_what_is_known_to_be_of_high_risk_stays_so_while_a_prohibition_is_open():
    found = classify(LAW, NEW, answers("recruitment", practices=None))
    assert found.klass is LegalClass.UNKNOWN
    assert found.at_least is LegalClass.HIGH
    assert found.open == ("practices",)


def test_only_what_decides_is_asked():
    assert "safety" in asked(LAW, NEW, Answers(given={"product": ("A.11",)}))
    assert "safety" not in asked(LAW, NEW, Answers(given={"product": ("none",)}))
    assert "assists" not in asked(LAW, OLD, Answers(given={"product": ("A.11",)}))
    outside = asked(LAW, NEW, Answers(given={"system": ("no",)}))
    assert outside == ("system", "model")


def test_a_change_of_the_law_moves_days_asks_anew_and_keeps_what_was_ticked_elsewhere():
    moved = difference(LAW, answers("recruitment", OLD), OLD, NEW)
    assert moved.before.applies_from == date(2026, 8, 2)
    assert moved.after.at_least is LegalClass.HIGH
    assert moved.asked == ("practices",)  # two bans are new, and nobody could say "none of these" to them
    assert {item.before for item in moved.moved} == {date(2026, 8, 2)}
    machine = difference(LAW, answers("machinery-by-the-law-of-2024", OLD), OLD, NEW)
    assert "Art. 9" in [duty.article for duty in machine.before.duties]
    assert "assists" in machine.asked


def test_a_law_that_comes_shows_who_is_affected_before_it_takes_effect():
    coming = replace(
        LAW.version(NEW), id="2028/1", name="A later law", valid_from=date(2028, 1, 1),
        days=dict(LAW.version(NEW).days) | {"transparency": date(2028, 6, 1)},
    )  # fmt: skip
    questions = tuple(
        replace(question, only=(OLD, NEW, "2028/1") if question.id == "assists" else question.only,
                options=tuple(replace(o, only=(*o.only, "2028/1") if NEW in o.only else o.only)
                              for o in question.options))
        for question in LAW.questions
    )  # fmt: skip
    law = replace(LAW, versions=(*LAW.versions, coming), questions=questions)
    assert [version.id for version in law.coming(date(2026, 11, 22))] == ["2028/1"]
    assert law.in_force(date(2026, 11, 22)).id == NEW
    chatbot = difference(law, answers("chatbot", NEW), NEW, "2028/1")
    assert chatbot.is_affected
    assert [item.duty.article for item in chatbot.moved] == ["Art. 50(1)"]
    assert not difference(law, answers("spam-filter", NEW), NEW, "2028/1").is_affected
    assert next_day(chatbot.before, date(2026, 11, 22)) is None
    nudify = classify(LAW, NEW, answers("nudify", NEW))
    assert next_day(nudify, date(2026, 11, 22)) == date(2026, 12, 2)


@pytest.mark.parametrize(
    "said, problem",
    [
        ({"nothing": ("yes",)}, "no question"),
        ({"system": ("perhaps",)}, "no answer"),
        ({"areas": ("III.99",)}, "no point"),
        ({"areas": ("none", "III.5b")}, "none of these"),
        ({"roles": ("none",)}, "no point"),
        ({"market_on": ("soon",)}, "no day"),
        ({"product": ("A.1",)}, "no point"),
    ],
)
def test_answers_that_are_none_are_refused_and_named(said, problem):
    from clerestory.terms.error import ClerestoryError

    with pytest.raises(ClerestoryError) as caught:
        check_answers(LAW, LAW.version(NEW), said)
    assert problem in str(caught.value)
    assert isinstance(caught.value, InventoryRefused) or "question" in problem


def test_data_of_law_that_do_not_fit_together_are_refused():
    data = tomllib.loads((Path(read_law.__code__.co_filename).parent / "eu_ai_act.toml").read_text(encoding="utf-8"))
    for broken in (
        data | {"version": [data["version"][0]]},
        data | {"duty": [data["duty"][0] | {"day": "doomsday"}]},
        data | {"question": [*data["question"], data["question"][0]]},
    ):
        with pytest.raises(LawUnreadable):
            read_law(broken)


def test_the_words_of_a_purpose_only_hint_at_points():
    found = {option.id for option in near(LAW, LAW.version(NEW), "Rank loan applications for an officer's decision")}
    assert found == {"III.5b"}


def test_every_requirement_that_answers_a_duty_exists():
    from clerestory.catalogue.load import load
    from clerestory.terms.ids import FrameworkId

    known = {str(r.id) for r in load().frameworks[FrameworkId("iso42001-2023")].requirements}
    assert {place for duty in LAW.duties for place in duty.here} <= known


def test_what_the_inventory_knows_is_filled_in_and_no_more(actor):
    from clerestory.registers.inventory.rules.record import AIRole
    from tests.registers.records import system

    told = known_answers(system(actor, ai_role=(AIRole.PRODUCER, AIRole.CUSTOMER)))
    assert told == {"system": ("yes",), "roles": ("provider", "deployer")}
