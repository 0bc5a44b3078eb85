"""Who is looked at: filters, derived fields, tiers, linked subjects in use, empty populations."""

from datetime import timedelta

from clerestory.catalogue.rule import Tightening
from clerestory.judgement.status import Counted
from clerestory.terms.evidence import Subject
from clerestory.terms.status import Conformity
from tests.judgement.facts import NOON, days
from tests.judgement.one_rule import DATA, MODEL, START, SYSTEM, book, need, rule, status

LIVE = {"used_by_stage": ("deployment", "operation and monitoring")}
CHECKED = need("check", check="provenance.dataset-lineage", verdict_pass=True)


def test_stage_is_read_from_the_system_that_uses_the_data() -> None:
    made = book()
    asked = rule(CHECKED, for_each="dataset_version", where=LIVE)
    assert status(asked, made.facts).coverage == Counted(0, 1)
    made.write("register.ai_system", SYSTEM, {"stage": "retirement"}, at=NOON, entity="system/1")
    gone = status(asked, made.facts)
    assert gone.conformity is Conformity.NOT_EVIDENCED
    assert gone.missing[0].code == "none_in_population"


def test_data_that_no_system_names_are_looked_at_because_their_stage_is_unknown() -> None:
    made = book()
    made.write("register.ai_system", SYSTEM, {"stage": "retirement"}, at=NOON, entity="system/1")
    made.write("register.dataset_version", Subject("dataset_version", "stray"), at=NOON)
    found = status(rule(CHECKED, for_each="dataset_version", where=LIVE), made.facts)
    assert found.coverage == Counted(0, 1)
    assert found.notes[0].text == "dataset_version:stray: used by stage is not known, so the rule looks at it."


def test_an_unknown_yes_or_no_keeps_a_member_in_and_a_known_no_lets_it_out() -> None:
    made = book()
    asked = rule(CHECKED, for_each="dataset_version", where={"about_people": True}, empty_not_applicable=True)
    made.facts = [f for f in made.facts if f.kind != "register.dataset_version"]
    made.write("register.dataset_version", DATA, {"about_people": ""}, at=START, links=(SYSTEM,), entity="data/1")
    assert status(asked, made.facts).missing[0].code == "no_result"
    made.write("register.dataset_version", DATA, {"about_people": False}, at=NOON, links=(SYSTEM,), entity="data/1")
    found = status(asked, made.facts)
    assert not found.rules[0].applicable
    assert found.conformity is Conformity.NOT_EVIDENCED
    assert found.missing[0].code == "nothing_applies"


def test_a_rule_that_may_be_empty_is_not_while_nobody_is_registered_at_all() -> None:
    asked = rule(need("check", check="security.red-team"), for_each="agent", where={"status": ("active",)},
                 empty_not_applicable=True)  # fmt: skip
    found = status(asked, book().facts)
    assert found.rules[0].applicable
    assert found.missing[0].text == "No agent is registered; enter it in the inventory register."


def test_the_strictest_system_sets_the_tier_and_an_unknown_tier_is_the_strictest() -> None:
    tighter = {"high": {"check": Tightening(max_age=timedelta(days=10))}}
    asked = rule(need("check", check="provenance.dataset-lineage", verdict_pass=True, max_age=timedelta(days=90)),
                 for_each="dataset_version", by_tier=tighter)  # fmt: skip
    made = book()
    made.check("provenance.dataset-lineage", DATA, at=NOON - days(20))
    assert status(asked, made.facts).conformity is Conformity.CONFORMS
    other = Subject("ai_system", "fraud")
    made.write("register.ai_system", other, {"tier": "high"}, at=START)
    made.write("register.dataset_version", DATA, at=NOON, links=(SYSTEM, other), entity="data/1")
    assert status(asked, made.facts).conformity is Conformity.STALE
    stray = Subject("dataset_version", "stray")
    made.facts = [f for f in made.facts if f.subject not in (other, DATA)]
    made.write("register.dataset_version", stray, at=START)
    made.check("provenance.dataset-lineage", stray, at=NOON - days(20))
    found = status(asked, made.facts)
    assert found.conformity is Conformity.STALE
    assert any(note.code == "tier_assumed" for note in found.notes)


def test_a_need_about_a_linked_subject_looks_at_every_one_in_use_and_none_is_missing() -> None:
    asked = rule(need("check", subject="model_version", check="pipeline.policy-gate", verdict_pass=True))
    made = book()
    assert status(asked, [f for f in made.facts if f.subject != MODEL]).missing[0].code == "no_linked"
    made.check("pipeline.policy-gate", MODEL, at=NOON)
    assert status(asked, made.facts).conformity is Conformity.CONFORMS
    second = Subject("model_version", "credit/m2")
    made.write("register.model_version", second, at=NOON, links=(SYSTEM,), entity="model/2")
    found = status(asked, made.facts)
    assert found.conformity is Conformity.NOT_EVIDENCED
    assert "Credit model version (model_version:credit/m2)" in found.missing[0].text
    made.write("register.model_version", second, {"status": "withdrawn"}, at=NOON, links=(SYSTEM,), entity="model/2")
    assert status(asked, made.facts).conformity is Conformity.CONFORMS


def test_large_populations_are_told_by_their_first_members_and_a_count() -> None:
    made = book()
    for number in range(30):
        made.write("register.ai_system", Subject("ai_system", f"system-{number:02}"), at=START)
    found = status(rule(need("record.impact_assessment")), made.facts)
    assert found.coverage == Counted(0, 31)
    assert len(found.rules[0].needs[0].members) == 20
    assert found.missing[-1].text == "And 11 more of 31 ai system."
