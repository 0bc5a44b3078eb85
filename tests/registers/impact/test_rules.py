"""What an assessment, its method and thresholds must say; when it is old; and what laws ask for. No database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from clerestory.catalogue.load import load
from clerestory.registers.impact.rules import ImpactRefused
from clerestory.registers.impact.rules.assessment import (
    NO_HARM,
    Assessment,
    Effect,
    Nature,
    check_answers,
    check_effect,
)
from clerestory.registers.impact.rules.change import Event, Reason, Result, Snapshot, linked, reasons, trigger_of
from clerestory.registers.impact.rules.law import answers_of, views
from clerestory.registers.impact.rules.method import PARTS, WRITTEN, Method, check_method
from clerestory.registers.impact.rules.question import INDIVIDUAL, SOCIETAL, TOPICS
from clerestory.registers.impact.rules.threshold import Thresholds, Weight, check_thresholds, depth_of
from tests.registers.impact.surroundings import ANSWERS, BENEFIT, HARM

METHOD = Method(
    triggers=("a new purpose",),
    texts=dict.fromkeys(WRITTEN, "So it is done."),
    scales={"severity": tuple("abcde"), "likelihood": tuple("abcde"), "reversibility": tuple("abc")},
)
NONE = tuple(
    Effect(effect_id=f"E{n}", topic=topic, nature=Nature.NONE, reason="Nothing hangs on it.")
    for n, topic in enumerate(TOPICS, start=3)
    if topic != "fairness"
)
WHOLE = Assessment(
    system_id="credit-scoring",
    answers=ANSWERS,
    effects=(replace(HARM, effect_id="E1"), replace(BENEFIT, effect_id="E2"), *NONE),
    marks_reason="None of these.",
)
AT = datetime(2026, 11, 21, 9, tzinfo=UTC)


def test_topics_and_parts_are_those_of_the_catalogue():
    lists = load().coverages
    assert lists["individual_and_group_effects"].items == INDIVIDUAL
    assert lists["societal_effects"].items == SOCIETAL
    assert lists["impact_method_parts"].items == PARTS


def test_a_whole_assessment_covers_all_four_lists_and_leaves_nothing_open():
    covered = set(WHOLE.covers(approved_method=True))
    for name in ("individual_and_group_effects", "societal_effects", "impact_questions", "impact_report_parts"):
        assert set(load().coverages[name].items) <= covered
    assert WHOLE.open_points(deep=True, people_heard=True) == ()


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_that_nobody_judged_is_open_and_not_covered(topic):
    said = replace(WHOLE, effects=tuple(e for e in WHOLE.effects if e.topic != topic or e.nature is Nature.BENEFIT))
    assert f"effect:{topic}" in said.open_points(deep=False, people_heard=True)
    assert topic not in said.covers(approved_method=True)


@pytest.mark.parametrize(
    "name, item",
    [("purpose", "purpose"), ("unintended_uses", "misuse"), ("data_used", "data"), ("model_kind", "model"),
     ("deployment_context", "deployment"), ("affected_groups", "groups"), ("failures", "failure"),
     ("measures", "measures"), ("remaining", "remaining effects")],
)  # fmt: skip
def test_an_answer_that_is_missing_is_open_and_what_it_covers_is_not_covered(name, item):
    said = replace(WHOLE, answers={**ANSWERS, name: " "})
    assert name in said.open_points(deep=False, people_heard=True)
    assert item not in said.covers(approved_method=True)


def test_a_light_assessment_asks_for_less_than_a_deep_one_which_hears_people():
    light = {name: text for name, text in ANSWERS.items() if name not in ("necessity", "oversight", "response")}
    said = replace(WHOLE, answers=light)
    assert said.open_points(deep=False, people_heard=False) == ()
    assert set(said.open_points(deep=True, people_heard=False)) == {"necessity", "oversight", "response", "not_heard"}


def test_harms_that_are_grave_likely_or_final_are_findings_and_no_harm_is_one_too():
    assert [e.effect_id for e in WHOLE.to_treat(METHOD)] == ["E1"]
    mild = replace(WHOLE, effects=(replace(HARM, effect_id="E1", severity=1, likelihood=2),))
    assert mild.findings(METHOD) == (NO_HARM,)
    final = replace(WHOLE, effects=(replace(HARM, effect_id="E1", severity=1, likelihood=1, reversibility=3),))
    assert len(final.to_treat(METHOD)) == 1
    assert "@" not in replace(HARM, what="mail to a@b on 2026-01-01").item


@pytest.mark.parametrize(
    "changes, word",
    [
        ({"topic": "weather"}, "weather"), ({"who": " "}, "group"), ({"what": ""}, "effect"),
        ({"reason": ""}, "reason"),
        ({"severity": 0}, "severity"), ({"severity": 6}, "severity"), ({"likelihood": 9}, "likelihood"),
        ({"reversibility": 0}, "reversibility"), ({"measure": ""}, "no measure"),
        ({"remaining_likelihood": 0}, "likelihood"),
        ({"remaining_severity": 5, "remaining_likelihood": 5}, "More remains"), ({"rests_on": ("entry-x",)}, "entry-x"),
        ({"nature": Nature.NONE}, "No effect is expected"),
    ],
)  # fmt: skip
def test_a_line_that_lacks_or_contradicts_something_is_refused_by_name(changes, word):
    with pytest.raises(Exception, match=word):
        check_effect(replace(HARM, **changes), METHOD, ())


def test_answers_to_what_is_not_asked_are_refused_and_long_or_odd_texts_too():
    with pytest.raises(ImpactRefused, match="colour"):
        check_answers({"colour": "red"})
    for text in ("a\x00b", "x" * 10_001):
        with pytest.raises(Exception, match=r"U\+0000|10001"):
            check_answers({"purpose": text})
    check_answers({"purpose": "=1+1 <b>عربى</b>\nund mehr"})


@pytest.mark.parametrize("part", PARTS)
def test_a_method_without_one_of_its_parts_is_refused(part):
    changes = {
        "triggers": {"triggers": ()},
        "scales": {"scales": {**METHOD.scales, "severity": ("only",)}},
    }.get(part, {"texts": {**METHOD.texts, part: " "}})
    with pytest.raises(ImpactRefused):
        check_method(replace(METHOD, **changes))
    check_method(METHOD)


@pytest.mark.parametrize(
    "changes", [{"every_months": 13}, {"treat_from": 26}, {"scales": {}}, {"texts": {"mood": "x"}}]
)
def test_a_method_with_impossible_figures_is_refused(changes):
    with pytest.raises(ImpactRefused):
        check_method(replace(METHOD, **changes))


def depth(said=WHOLE, tier="limited", autonomy=1, **changes):
    thresholds = replace(Thresholds(reason="So."), **changes)
    return depth_of(said, thresholds, tier=tier, autonomy=autonomy, irreversible_from=3)


def test_the_weightiest_criterion_decides_how_deep_it_goes_and_who_approves():
    quiet = replace(WHOLE, effects=NONE)
    assert depth(quiet).weight is Weight.ORDINARY
    assert not depth(quiet).deep
    assert depth(quiet, tier=None).weight is Weight.SENSITIVE
    assert depth(quiet, autonomy=4).met[0].name == "high autonomy"
    assert [m.name for m in depth().met] == ["severe harm"]
    marked = replace(quiet, marks=("children", "emotion recognition"), marks_reason="A game reads faces.")
    found = depth(marked)
    assert (found.weight, found.approver_role, len(found.met)) == (Weight.RESTRICTED, "top_management", 2)
    assert depth(replace(quiet, marks=("social scoring",))).weight is Weight.REFUSED
    own = depth(replace(quiet, marks=("dating",)), own=(("dating", Weight.REFUSED),))
    assert own.met[0].name == "dating"


@pytest.mark.parametrize(
    "changes, word",
    [({"weights": {"weather": Weight.REFUSED}}, "weather"), ({"own": (("children", Weight.REFUSED),)}, "twice"),
     ({"reason": " "}, "empty"), ({"severity_from": 0}, "outside"), ({"roles": {Weight.SENSITIVE: "king"}}, "king")],
)  # fmt: skip
def test_thresholds_that_name_nothing_known_are_refused(changes, word):
    with pytest.raises(Exception, match=word):
        check_thresholds(replace(Thresholds(reason="So."), **changes), frozenset({"top_management"}))


def result(entry="entry-1", key="k", **changes):
    plain = Result(
        key=key, entry_id=entry, check="fairness.selection-rate-ratio", subject="m", criterion=">= 0.8", value="0.9",
        verdict="PASS", observed_at=AT, topic="fairness",
    )  # fmt: skip
    return replace(plain, **changes)


THEN = Snapshot(entry_id="e", purpose="Rank", affected_groups=("applicants",), models=("m",), results=(result(),))


def why(now=THEN, **more):
    said = {"made_at": AT, "made_on": AT.date(), "today": AT.date(), "every_days": 365, **more}
    return [reason.kind for reason in reasons(THEN, now, **said)]


@pytest.mark.parametrize(
    "name, value",
    [("purpose", "Rank tenants"), ("affected_groups", ("applicants", "tenants")), ("deployment_context", "web"),
     ("autonomy_level", 3), ("models", ("n",)), ("sources", ("bureau",)), ("tier", "high")],
)  # fmt: skip
def test_each_change_of_the_system_asks_for_another_assessment_and_says_what_changed(name, value):
    assert why() == []
    assert why(replace(THEN, **{name: value})) == [name]
    (told,) = reasons(
        THEN, replace(THEN, purpose="Sort"), made_at=AT, made_on=AT.date(), today=AT.date(), every_days=365
    )
    assert told == Reason("purpose", "Rank", "Sort")


def test_newer_and_withdrawn_results_law_incidents_method_and_time_ask_for_another_assessment():
    assert why(replace(THEN, results=(result("entry-2", verdict="FAIL"),))) == ["measured"]
    assert why(replace(THEN, results=())) == ["measured"]
    assert why(replace(THEN, results=(result(), result("entry-3", key="other")))) == []
    later = AT + timedelta(minutes=1)
    assert why(events=[Event("law", "Art. 27", later), Event("law", "before", AT)]) == ["law"]
    assert why(events=[Event("serious incident", "wrong refusals", later)]) == ["serious incident"]
    assert why(newer_method=True) == ["method"]
    assert why(today=AT.date() + timedelta(days=365)) == []
    assert why(today=AT.date() + timedelta(days=366)) == ["time"]


def test_a_result_stays_linked_to_its_entry_and_knows_the_newer_one():
    (link,) = linked(THEN.results, (result("entry-2"),))
    assert (link.result.entry_id, link.newer.entry_id, link.stale) == ("entry-1", "entry-2", True)
    (same,) = linked(THEN.results, THEN.results)
    assert not same.stale


def test_the_word_for_why_it_is_made_follows_from_the_reasons():
    assert trigger_of([], is_first=True) == "first"
    assert trigger_of([Reason("purpose")], is_first=False) == "change"
    assert trigger_of([Reason("purpose"), Reason("serious incident")], is_first=False) == "incident"
    assert trigger_of([Reason("time")], is_first=False) == "interval"


def test_laws_read_the_same_answers_and_name_what_stays_unanswered():
    fria, dpia = views()["fria"], views()["dpia"]
    assert [point.place for point in fria.points] == [f"27(1)({letter})" for letter in "abcdef"]
    assert [point.place for point in dpia.points] == [*(f"35(7)({letter})" for letter in "abcd"), "35(9)"]
    assert dpia.applies[0][1] == date(2018, 5, 25)
    assert all(one.is_answered for view in (fria, dpia) for one in answers_of(WHOLE, view, people_heard=True))
    said = replace(WHOLE, answers={**ANSWERS, "oversight": "", "deployment_period": ""}, effects=WHOLE.effects[1:])
    lacking = {one.point.place: one.lacking for one in answers_of(said, fria, people_heard=False) if one.lacking}
    assert lacking == {
        "27(1)(b)": ("deployment_period",), "27(1)(d)": ("effect:fairness",), "27(1)(e)": ("oversight",),
    }  # fmt: skip
    (views_of_people,) = [one for one in answers_of(said, dpia, people_heard=False) if one.point.heard]
    assert views_of_people.lacking == ("not_heard",)
