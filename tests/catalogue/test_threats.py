"""The data about threats hold together, and their rules never take the unknown for an answer."""

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.catalogue.load import load
from clerestory.catalogue.table import CatalogueUnreadable
from clerestory.catalogue.threats.fact import NONE, UNKNOWN, Answer, Condition, together
from clerestory.catalogue.threats.load import load_threats, read_threats

DATA = load_threats()
PLACE = files("clerestory.catalogue").joinpath("threats")


def document(name):
    return tomllib.loads(PLACE.joinpath(f"{name}.toml").read_text(encoding="utf-8"))


@st.composite
def facts(draw, unknown=True):
    """Draw an architecture: every fact with values that go together."""
    found = {}
    for fact in DATA.facts.values():
        plain = [value for value in fact.values if value != NONE]
        alone = [(value,) for value in fact.values] + ([(UNKNOWN,)] if unknown else [])
        one = st.sampled_from(alone)
        several = st.lists(st.sampled_from([*plain, *([UNKNOWN] if unknown else [])]), min_size=1, unique=True)
        found[fact.id] = draw(one | several.map(tuple) if fact.many else one)
    return found


@st.composite
def known_and_less(draw):
    """Draw an architecture that is wholly known, and the same with some of it unknown."""
    whole = draw(facts(unknown=False))
    less = dict(whole)
    for name in draw(st.lists(st.sampled_from(sorted(whole)), unique=True)):
        kept = draw(st.lists(st.sampled_from(whole[name]), unique=True)) if DATA.facts[name].many else []
        kept = [value for value in kept if value != NONE]
        less[name] = (*kept, UNKNOWN)
    return whole, less


@settings(deadline=None)
@given(known_and_less())
def test_what_is_answered_stays_answered_when_more_becomes_known(pair):
    whole, less = pair
    for rule in DATA.rules:
        before = rule.answer(less)
        assert before is Answer.OPEN or before is rule.answer(whole), rule.id


@settings(deadline=None)
@given(facts())
def test_a_rule_is_out_only_where_a_known_fact_says_so(told):
    for rule in DATA.rules:
        if rule.answer(told) is Answer.NO:
            refusing = [c for c in rule.when if c.answer(told) is Answer.NO]
            assert refusing
            assert all(told[c.fact] != (UNKNOWN,) for c in refusing)


@settings(deadline=None)
@given(facts(unknown=False))
def test_a_system_that_is_wholly_known_leaves_nothing_open(told):
    assert Answer.OPEN not in {rule.answer(told) for rule in DATA.rules}


@settings(deadline=None)
@given(st.lists(st.sampled_from(Answer)))
def test_conditions_together_are_those_of_three_valued_logic(answers):
    worth = {Answer.NO: 0, Answer.OPEN: 1, Answer.YES: 2}
    assert worth[together(answers)] == min((worth[answer] for answer in answers), default=2)


def test_nothing_known_leaves_every_rule_open():
    assert {rule.answer({}) for rule in DATA.rules} == {Answer.OPEN}


def test_a_tool_that_is_known_is_no_longer_none_even_where_there_may_be_more():
    condition = Condition("tools", frozenset({NONE}), none=True)
    assert condition.answer({"tools": ("search", UNKNOWN)}) is Answer.YES
    assert condition.answer({"tools": (UNKNOWN,)}) is Answer.OPEN
    assert condition.answer({"tools": (NONE,)}) is Answer.NO


def test_the_techniques_and_mitigations_are_those_of_the_release_that_is_named():
    assert document("atlas")["version"] == "5.6.0"
    techniques = [t for t in DATA.techniques.values() if t.id.startswith("AML.")]
    # counted in the release itself: 101 techniques and 69 below them, 35 mitigations, 16 tactics
    assert (len(techniques), len(DATA.mitigations), len(DATA.tactics)) == (170, 35, 16)
    maturity = [t.maturity for t in techniques]
    counted = {word: maturity.count(word) for word in ("demonstrated", "realized", "feasible")}
    assert counted == {"demonstrated": 89, "realized": 64, "feasible": 17}
    assert DATA.techniques["AML.T0051"].name == "LLM Prompt Injection"
    assert DATA.techniques["AML.T0015"].mitigations == {f"AML.M00{n}" for n in ("03", "06", "09", "10", "15", "34")}


def test_links_that_stand_among_the_stages_of_the_source_are_links():
    assert {"AML.M0018", "AML.M0034"} <= DATA.techniques["AML.T0052.001"].mitigations


def test_the_licence_of_the_data_ships_beside_them():
    text = PLACE.joinpath("ATLAS.LICENSE").read_text(encoding="utf-8")
    assert "Apache License, Version 2.0" in text
    assert "MITRE" in text
    assert {source.licence for source in DATA.sources if source.name == "MITRE ATLAS"} == {"Apache-2.0"}
    assert all(source.version and source.valid_from and source.licence for source in DATA.sources)


def test_every_check_named_is_one_of_the_catalogue_and_every_fact_is_asked_by_a_rule():
    named = {name for rule in DATA.rules for brought in rule.threats for name in brought.checks}
    assert named <= set(load().checks)
    assert len(named) >= 40
    assert {condition.fact for rule in DATA.rules for condition in rule.when} == set(DATA.facts)


def test_a_threat_is_met_by_what_atlas_links_to_it_and_else_by_what_its_rule_names():
    rule = {rule.id: rule for rule in DATA.rules}["R04"]
    assert DATA.mitigations_of(rule, "AML.T0010") == ("AML.M0014", "AML.M0023")
    assert DATA.mitigations_of(rule, "AML.T0109") == rule.mitigations


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"threats": [{"id": "AML.T9999"}]}, "AML.T9999 does not exist"),
        ({"threats": [{"id": "AML.T0015", "checks": ["robustness.magic"]}]}, "robustness.magic does not exist"),
        ({"mitigations": ["AML.M9999"]}, "AML.M9999 does not exist"),
        ({"when": [{"fact": "model_type", "any_of": ["abacus"]}]}, "model_type is no fact with these values"),
        ({"when": [{"fact": "colour", "any_of": ["blue"]}]}, "colour is no fact"),
        ({"when": [{"fact": "model_type"}]}, "any_of or none_of is needed"),
        ({"flow": "telepathy"}, "its flow is unknown"),
        ({"mood": "grim"}, "unknown key mood"),
    ],
)
def test_a_rule_that_names_what_does_not_exist_is_refused(wrong, said):
    rules = document("rules")
    rules["rule"][0] |= wrong
    with pytest.raises(CatalogueUnreadable, match=said):
        read_threats(document("atlas"), document("owasp"), rules, load().checks)


def test_the_files_are_plain_toml_without_doubles():
    ids = [technique["id"] for technique in document("atlas")["techniques"]]
    assert len(ids) == len(set(ids))
