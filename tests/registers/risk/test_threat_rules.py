"""Threats follow from facts: each architecture has its own, the unknown stays unassessed, evidence carries measures."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.catalogue.threats.fact import UNKNOWN, Answer
from clerestory.catalogue.threats.load import load_threats
from clerestory.registers.risk.queries import threat_words as words
from clerestory.registers.risk.rules.threat import ThreatRefused, ThreatState, check_facts, generate, open_facts
from clerestory.registers.risk.rules.threat_cover import (
    FLOWS,
    CheckState,
    Decided,
    Measure,
    Standing,
    check_decided,
    cover,
    crossings,
    figures,
    since,
)
from clerestory.registers.risk.rules.threat_known import Inventory, contradictions, first_facts, known_facts
from clerestory.registers.risk.views.threat_picture import picture_of
from tests.catalogue.test_threats import facts
from tests.registers.risk.architectures import AGENT, DOORMAN, SCORING

DATA = load_threats()


def states(told):
    return {threat.threat_id: threat.state for threat in generate(DATA, told)}


def applying(told):
    return {threat for threat, state in states(told).items() if state is ThreatState.APPLIES}


def test_the_list_differs_between_systems():
    # by hand from the rules: R01, R07, R21, R22
    assert applying(SCORING) == {
        "AML.T0015", "AML.T0043", "AML.T0024", "AML.T0063", "AML.T0013", "OWASP-ASI-2026:ASI09", "AML.T0100",
        "AML.T0067",
    }  # fmt: skip
    agent, doorman = applying(AGENT), applying(DOORMAN)
    assert {"AML.T0051", "AML.T0053", "AML.T0080", "AML.T0110", "AML.T0034", "OWASP-ASI-2026:ASI10"} <= agent
    assert not {"AML.T0015", "AML.T0011", "AML.T0088"} & agent
    assert {"AML.T0011", "AML.T0020", "AML.T0088", "AML.T0058", "AML.T0015"} <= doorman
    assert not {"AML.T0051", "AML.T0053"} & doorman
    assert len({frozenset(found) for found in (applying(SCORING), agent, doorman)}) == 3


def test_nothing_is_left_open_where_everything_is_known():
    for told in (SCORING, AGENT, DOORMAN):
        assert ThreatState.UNASSESSED not in states(told).values()


def test_an_unknown_fact_makes_its_threats_unassessed_and_names_itself():
    found = {t.threat_id: t for t in generate(DATA, {**SCORING, "tools": (UNKNOWN,)})}
    tool = found["AML.T0053"]
    assert tool.state is ThreatState.UNASSESSED
    assert [(told.fact, told.values) for told in tool.facts] == [("tools", (UNKNOWN,))]
    assert found["AML.T0070"].state is ThreatState.NOT_APPLICABLE


def test_what_is_not_applicable_says_which_known_fact_says_so():
    found = {t.threat_id: t for t in generate(DATA, SCORING)}
    refused = found["AML.T0029"]
    assert refused.state is ThreatState.NOT_APPLICABLE
    assert ("exposure", ("internal",)) in [(told.fact, told.values) for told in refused.facts]
    assert all(why.answer is Answer.NO and why.facts for why in refused.whys)


def test_nothing_known_leaves_every_threat_unassessed():
    told = check_facts(DATA, {})
    assert set(states(told).values()) == {ThreatState.UNASSESSED}
    assert open_facts(DATA, told) == tuple(DATA.facts)


@settings(deadline=None)
@given(facts())
def test_whatever_is_not_applicable_was_ruled_out_by_known_facts_alone(told):
    for threat in generate(DATA, told):
        if threat.state is ThreatState.NOT_APPLICABLE:
            assert threat.facts
            assert all(fact.values != (UNKNOWN,) for fact in threat.facts)


@settings(deadline=None)
@given(facts(), st.sampled_from(sorted(DATA.facts)))
def test_forgetting_a_fact_never_takes_a_threat_away(told, name):
    def out(facts):
        return {threat for threat, state in states(facts).items() if state is ThreatState.NOT_APPLICABLE}

    assert out({**told, name: (UNKNOWN,)}) <= out(told)


def test_each_threat_carries_ids_class_and_what_would_show_that_it_is_met():
    threat = {t.threat_id: t for t in generate(DATA, AGENT)}["AML.T0051"]
    assert threat.name == "LLM Prompt Injection"
    assert threat.owasp == ("OWASP-LLM-2025:LLM01",)
    assert set(threat.nist) == {"direct prompting", "misuse", "indirect prompt injection"}
    assert threat.flows == ("input", "retrieval")
    assert set(threat.checks) == {"language_models.prompt-injection", "language_models.indirect-injection"}
    assert "AML.M0033" in threat.mitigations
    assert "AML.M0025" not in threat.mitigations


@pytest.mark.parametrize(
    "told, said",
    [
        ({"colour": ["blue"]}, "is no fact"),
        ({"exposure": ["moon"]}, "exposure cannot be 'moon'"),
        ({"exposure": ["internal", "offline"]}, "has one value"),
        ({"tools": ["none", "mcp"]}, "none and something else"),
        ({"retrieval_sources": ["none", UNKNOWN]}, "none and something else"),
        ({"tools": ["none"], "tool_side_effects": ["pay"]}, "There are no tools"),
    ],
)
def test_facts_that_exclude_each_other_are_refused(told, said):
    with pytest.raises(ThreatRefused, match=said):
        check_facts(DATA, told)


def test_the_inventory_fills_in_what_it_knows_and_leaves_room_where_it_does_not():
    inventory = Inventory(
        architecture={"exposure": "internal", "modality": "text, voice", "mood": "grim", "output_sink": "moon"},
        autonomy=3,
        model_origins=frozenset({"supplier", None}),
        training_origins=frozenset({"own", "scraped"}),
        about_people=True,
        agent_tools=("mcp:files", "web search"),
    )
    first = first_facts(DATA, known_facts(DATA, inventory))
    assert first["exposure"] == ("internal",)
    assert first["modality"] == ("text", "voice")
    assert first["model_origin"] == ("third_party", UNKNOWN)
    assert first["training_data_origin"] == ("own", "scraped")
    assert (first["personal_data"], first["autonomy_level"]) == (("yes",), ("3",))
    assert first["tools"] == ("search", "mcp")
    assert first["output_sink"] == (UNKNOWN,)


def test_contradictions_with_the_inventory_are_named_and_unknown_contradicts_nothing():
    inventory = Inventory(
        autonomy=4, model_origins=frozenset({"supplier"}), generative=frozenset({True}), has_retrieval=True
    )
    known = known_facts(DATA, inventory)
    found = {(one.fact, one.where) for one in contradictions(SCORING, inventory, known)}
    assert found == {
        ("autonomy_level", "autonomy"), ("model_origin", "models"), ("model_type", "generative-yes"),
        ("retrieval_sources", "retrieval-data"),
    }  # fmt: skip
    assert contradictions(check_facts(DATA, {}), inventory, known) == ()


IN_PLACE = Decided(measure=Measure.IN_PLACE)


def standing(check=None, decided=IN_PLACE, controls=()):
    threat = next(t for t in generate(DATA, SCORING) if t.threat_id == "AML.T0015")
    told = {"robustness.evasion": check} if check else {}
    (one,) = cover([threat], {"AML.M0003": decided} if decided else {}, told, dict(controls), {}, {})
    return dict(one.mitigations)["AML.M0003"]


def test_a_mitigation_in_place_stands_on_evidence_and_falls_with_it():
    assert standing(CheckState.PASS) is Standing.SHOWN
    assert standing(CheckState.FAIL) is Standing.FALLEN
    for silent in (None, CheckState.OLD, CheckState.UNCLEAR):
        assert standing(silent) is Standing.UNSHOWN
    carried = Decided(measure=Measure.IN_PLACE, controls=("A.6.2.4",))
    assert standing(None, carried, {"A.6.2.4": True}) is Standing.SHOWN
    assert standing(CheckState.PASS, carried, {"A.6.2.4": False}) is Standing.FALLEN
    assert standing(None, carried, {}) is Standing.UNSHOWN
    assert standing(CheckState.PASS, None) is Standing.UNDECIDED
    assert standing(CheckState.PASS, Decided(measure=Measure.PLANNED)) is Standing.PLANNED


def test_figures_count_what_threats_share_once():
    threats = generate(DATA, SCORING)
    mitigations = {one for t in threats if t.in_play for one in t.mitigations}
    decided = dict.fromkeys(mitigations, IN_PLACE)
    counted = figures(cover(threats, decided, {"robustness.evasion": CheckState.PASS}, {}, {}, {}))
    assert (counted.threats, counted.judged, counted.shown) == (8, 8, 2)
    assert (counted.mitigations, counted.decided) == (len(mitigations), len(mitigations))
    assert (counted.checks, counted.passing, counted.failing, counted.missing) == (7, 1, 0, 6)
    none = figures(cover(threats, {}, {}, {}, {"AML.T0015": "R-1"}, {"AML.T0100": "Nobody browses here."}))
    assert (none.judged, none.shown, none.decided) == (2, 0, 0)


def test_what_is_unassessed_cannot_be_set_aside():
    threats = generate(DATA, check_facts(DATA, {}))
    assert figures(cover(threats, {}, {}, {}, {}, {"AML.T0015": "We think not."})).judged == 0


def test_what_came_and_went_since_a_review_is_told():
    before = {t.threat_id: str(t.state) for t in generate(DATA, SCORING) if t.in_play}
    came, gone = since(before, generate(DATA, {**SCORING, "human_review": ("no",), "weights_released": ("yes",)}))
    assert came == ("AML.T0018", "AML.T0044", "AML.T0054")
    assert gone == ("AML.T0067", "AML.T0100", "OWASP-ASI-2026:ASI09")


TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    "said, problem",
    [
        (Decided(measure=Measure.NOT), "why the mitigation is not taken"),
        (Decided(measure=Measure.PLANNED), "no day to come"),
        (Decided(measure=Measure.PLANNED, due_on=date(2026, 11, 21)), "no day to come"),
        (Decided(measure=Measure.IN_PLACE, controls=("A.99",)), "no control 'A.99'"),
    ],
)
def test_a_decision_that_says_too_little_is_refused(said, problem):
    with pytest.raises(ThreatRefused, match=problem):
        check_decided(said, ("A.7.4",), TODAY)


def test_flows_cross_a_boundary_where_a_fact_says_so_and_are_open_where_none_does():
    agent = {one.flow.id: one for one in crossings(AGENT, generate(DATA, AGENT))}
    assert (agent["tools"].there, agent["tools"].crosses) == (Answer.YES, Answer.YES)
    assert "AML.T0053" in agent["tools"].applies
    assert agent["feedback"].there is Answer.NO
    scoring = {one.flow.id: one for one in crossings(SCORING, generate(DATA, SCORING))}
    assert (scoring["tools"].there, scoring["input"].crosses) == (Answer.NO, Answer.NO)
    nobody = {one.flow.id: one for one in crossings({}, generate(DATA, {}))}
    assert nobody["tools"].there is Answer.OPEN
    assert {rule.flow for rule in DATA.rules} == {flow.id for flow in FLOWS}


def test_the_picture_puts_a_place_outside_exactly_where_its_own_flow_crosses():
    told = {
        "exposure": ("internal",),
        "model_origin": ("own",),
        "training_data_origin": ("public",),
        "tools": ("none",),
        "retrains_on_production_data": ("no",),
    }
    flows = crossings(told, generate(DATA, told))
    looks = {box.name: box.look for box in picture_of(flows).boxes}
    assert [looks[name] for name in ("model", "users", "developers", "suppliers", "outputs")] == ["inside"] * 5
    assert (looks["data"], looks["tools"], looks["retrieval"]) == ("outside", "absent", "maybe")
    abroad = {
        **told,
        "exposure": ("public_product",),
        "model_origin": ("hub_download",),
        "training_data_origin": ("own",),
    }
    there = {box.name: box.look for box in picture_of(crossings(abroad, generate(DATA, abroad))).boxes}
    assert (there["users"], there["suppliers"], there["data"]) == ("outside", "outside", "inside")


def test_people_have_words_for_everything():
    assert set(words.FACTS) == set(DATA.facts)
    assert {value for fact in DATA.facts.values() for value in fact.values} | {UNKNOWN} == set(words.VALUES)
    assert set(words.SENTENCES) == {brought.threat for rule in DATA.rules for brought in rule.threats}
    assert set(words.FLOWS) == {flow.id for flow in FLOWS}
    assert set(words.PLACES) == {place for flow in FLOWS for place in (flow.start, flow.end)}
    assert set(words.CONSEQUENCES) == set(words.NIST) == {name for rule in DATA.rules for name in rule.nist}
    assert set(words.GROUPS) == {fact.group for fact in DATA.facts.values()}
