"""6.1.4, 8.4 and A.5.2 to A.5.5 reach what the register of impact alone can bring, and fall again."""

from datetime import timedelta

import pytest

from clerestory.desk.approval import approve, revoke
from clerestory.judgement.status import State
from clerestory.registers.impact import commands, queries
from clerestory.registers.impact.rules.outcome import Carried, Disclosure
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.inventory.rules import NO_AREA
from clerestory.terms.status import Conformity
from tests.organisation import NOW
from tests.registers.conformity import conformity, judged
from tests.registers.impact.surroundings import MINUTE, SYSTEM, proposed
from tests.registers.records import register, system
from tests.registers.risk.risks import identified

AT = NOW + timedelta(hours=2)
LIMITED = {"use_areas": (NO_AREA,), "affects_people": True, "autonomy_level": 2}
"""Facts from which the limited tier follows."""


@pytest.fixture
def second(member):
    """Give a second person who signs for top management."""
    return member("editor", ("designated_management", "top_management"), "second@example.org")


@pytest.fixture
def limited(actor):
    """Register the credit scoring system in the limited tier, inside the scope."""
    register(actor, in_scope=True, **LIMITED)


def approved(actor, second):
    """Propose an assessment and have it approved."""
    made = proposed(actor, second)
    return approve(actor=second, entry_id=made.entry_id, now=NOW + 4 * MINUTE)


def carried(actor, second):
    """Carry the findings into a risk and decide who is told."""
    known = identified(actor, at=NOW + 4 * MINUTE)
    (finding,) = queries.assessed(actor, SYSTEM).assessment.findings(queries.in_force(actor).method)
    commands.trace_findings(
        actor=actor, system_id=SYSTEM, rows=[Carried(finding=finding, risks=(known,))], seen=1, now=NOW + 5 * MINUTE
    )
    told = Disclosure(audiences=("applicants",), justification="They are whom it is about.")
    made = commands.disclose(actor=actor, system_id=SYSTEM, said=told, seen=1, now=NOW + 5 * MINUTE)
    return approve(actor=second, entry_id=made.entry_id, now=NOW + 6 * MINUTE)


def test_a_method_an_assessment_carried_into_risks_and_disclosed_conforms_until_the_disclosure_is_taken_back(
    actor, second, limited
):
    assert conformity(actor, "6.1.4", AT) is Conformity.NOT_EVIDENCED
    approved(actor, second)
    standing = carried(actor, second)
    status = judged(actor, "6.1.4", AT)
    assert status.conformity is Conformity.CONFORMS, [str(m) for m in status.missing]
    assert standing.entry_id in status.because
    revoke(actor=second, entry_id=standing.entry_id, reason="The list was wrong", now=AT)
    assert conformity(actor, "6.1.4", AT + MINUTE) is Conformity.STALE


def test_an_assessment_brings_8_4_to_conforms_and_a_new_model_version_makes_it_old(actor, second, limited):
    approved(actor, second)
    status = judged(actor, "8.4", AT)
    assert status.conformity is Conformity.CONFORMS, [str(m) for m in status.missing]
    assert not queries.assessed(actor, SYSTEM).reasons(AT.date())
    inventory.update_ai_system(
        actor=actor, system=system(actor, in_scope=True, deployment_context="Also on the web", **LIMITED),
        expected_version=1, now=AT,
    )  # fmt: skip
    assert conformity(actor, "8.4", AT + MINUTE) is Conformity.STALE
    after = queries.assessed(actor, SYSTEM)
    (reason,) = after.reasons(AT.date())
    assert (reason.kind, reason.now) == ("deployment_context", "Also on the web")


def test_a_high_tier_asks_for_somebody_who_does_not_answer_for_the_system(actor, second):
    register(actor, in_scope=True, use_areas=("credit",))
    made = proposed(actor, second)
    approve(actor=second, entry_id=made.entry_id, now=NOW + 4 * MINUTE)
    assert conformity(actor, "8.4", AT) is Conformity.NOT_EVIDENCED
    commands.answer(actor=second, system_id=SYSTEM, answers={"remaining": "Nearly none."}, now=AT)
    other = commands.propose_assessment(actor=second, system_id=SYSTEM, now=AT)
    approve(actor=actor, entry_id=other.entry_id, now=AT + MINUTE)
    status = judged(actor, "8.4", AT + 2 * MINUTE)
    assert status.conformity is Conformity.CONFORMS, [str(m) for m in status.missing]


def test_rules_on_effects_reports_and_method_hold_and_fall_while_measurement_and_release_wait_for_others(
    actor, second, limited
):
    assert not holds(actor, "A.5.4", "people-judged", AT)
    standing = approved(actor, second)
    for requirement, rule in OWN_RULES:
        assert holds(actor, requirement, rule, AT), (requirement, rule)
    assert not holds(actor, "A.5.4", "effects-measured", AT)
    assert not holds(actor, "A.5.5", "society-measured", AT)
    revoke(actor=second, entry_id=standing.entry_id, reason="It was about another system", now=AT)
    for requirement, rule in OWN_RULES[1:]:
        assert not holds(actor, requirement, rule, AT + MINUTE), (requirement, rule)
    assert holds(actor, *OWN_RULES[0], AT + MINUTE)


def test_how_long_reports_are_kept_is_half_of_a_5_3_and_the_check_of_the_store_the_other(actor, second, limited):
    approved(actor, second)
    made = commands.keep_reports(actor=actor, years=10, citation="Commercial code, section 257", now=NOW + 5 * MINUTE)
    approve(actor=second, entry_id=made.entry_id, now=NOW + 6 * MINUTE)
    status = judged(actor, "A.5.3", AT)
    assert made.entry_id in status.because
    assert {str(missing) for missing in status.missing if "records.retention" not in str(missing)} == set()


OWN_RULES = (
    ("A.5.2", "process-repeatable"), ("A.5.3", "reports-kept"), ("A.5.4", "people-judged"), ("A.5.5", "society-judged"),
)  # fmt: skip


def holds(actor, requirement, rule, at):
    """Tell whether one rule of a requirement holds."""
    return next(part for part in judged(actor, requirement, at).rules if part.rule.endswith(rule)).state is State.HOLDS
