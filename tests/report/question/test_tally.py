"""What the seven questions count: small histories of which everybody can say the figure by hand."""

import pytest

from clerestory.catalogue.load import load
from clerestory.judgement.index import FactIndex
from clerestory.report.question.answer import QUESTIONS, said
from clerestory.report.question.tally import KEYS, Tally, members, tallies
from clerestory.terms.evidence import Subject
from clerestory.terms.status import Verdict
from tests.judgement.facts import NOON, SECOND, Book, days, person

SYSTEM, OTHER = Subject("ai_system", "credit"), Subject("ai_system", "chat")
MODEL, ORGANISATION = Subject("model_version", "credit/1"), Subject("organisation", "northlight")


def book() -> Book:
    return Book(load())


def counted(made: Book, key: str, at: object = NOON) -> Tally:
    return tallies(FactIndex.of(load(), made.facts), at)[key]  # type: ignore[arg-type]


def systems(made: Book) -> None:
    made.write("register.ai_system", SYSTEM, {"stage": "operation and monitoring", "tier": "high"}, at=NOON - days(90))
    made.write("register.ai_system", OTHER, {"stage": "inception", "tier": ""}, at=NOON - days(60))
    made.write("register.model_version", MODEL, {"status": "released"}, at=NOON - days(80), links=(SYSTEM,))


def test_an_empty_log_answers_nothing_and_says_so_seven_times() -> None:
    empty = tallies(FactIndex.of(load(), ()), NOON)
    assert [question.key for question in QUESTIONS] == list(KEYS)
    for key in KEYS:
        assert (empty[key].have, empty[key].of) == (0, 0)
        told = said(key, empty[key])
        assert not told.known
        assert "obody" in told.sentence
        assert "%" not in told.sentence + told.unit + told.basis


def test_systems_in_operation_are_counted_of_those_not_retired() -> None:
    made = book()
    systems(made)
    made.write("register.ai_system", Subject("ai_system", "old"), {"stage": "retirement"}, at=NOON - days(5))
    found = counted(made, "where")
    assert (found.have, found.of, found.part("retired"), found.part("no_tier")) == (1, 2, 1, 1)


def test_duties_count_only_once_a_second_person_approved_them_and_everybody_is_still_there() -> None:
    made = book()
    systems(made)
    duties = {"duties_held": {"risk": "person-9"}, "accountable_id": "person-9"}
    made.write("decision.system_duties", SYSTEM, duties, at=NOON - days(50), approved_by=SECOND)
    made.write("decision.system_duties", OTHER, duties, at=NOON - days(50))
    found = counted(made, "who")
    assert (found.have, found.of, found.part("unapproved")) == (1, 2, 1)
    left = {"member_id": "person-9", "access": "none"}
    made.write("record.membership", ORGANISATION, left, at=NOON - days(1))
    found = counted(made, "who")
    assert (found.have, found.part("accountable_left")) == (0, 1)


def test_only_the_newest_result_of_each_check_counts_and_untested_systems_are_named() -> None:
    made = book()
    systems(made)
    for verdict, ago in (("PASS", 40), ("FAIL", 10)):
        made.check("fairness.demographic-parity", MODEL, at=NOON - days(ago), verdict=verdict, links=(SYSTEM,))
    made.check("performance.task-metric", MODEL, at=NOON - days(20), links=(SYSTEM,))
    made.check("data_quality.schema", MODEL, at=NOON - days(20), links=(SYSTEM,))
    found = counted(made, "reliable")
    assert (found.have, found.of, found.part(Verdict.FAIL)) == (1, 2, 1)
    assert (found.part("untested"), found.part("systems")) == (1, 2)


def test_a_result_that_was_taken_back_no_longer_counts() -> None:
    made = book()
    systems(made)
    first = made.check("performance.task-metric", MODEL, at=NOON - days(20), links=(SYSTEM,))
    made.write("record.revocation", ORGANISATION, {"revokes": (first.entry_id,)}, at=NOON - days(1))
    assert counted(made, "reliable").of == 0


@pytest.mark.parametrize(
    "status, level, until, approver, state",
    [
        ("accepted", "high", "2026-12-31", SECOND, "accepted"),
        ("accepted", "high", "2026-11-20", SECOND, "ended"),
        ("accepted", "medium", "2026-12-31", SECOND, "ended"),
        ("accepted", "high", "2026-12-31", None, "unsigned"),
        ("open", "high", "2026-12-31", SECOND, "over"),
    ],
)
def test_a_risk_over_the_criteria_counts_unless_an_approved_acceptance_of_its_level_stands(
    status: str, level: str, until: str, approver: str | None, state: str
) -> None:
    made, risk = book(), Subject("risk", "risk-1")
    over = {"above_criteria": True, "risk_level": "high"}
    made.write("register.risk", risk, {**over, "status": status}, at=NOON - days(30))
    made.write("register.risk", Subject("risk", "risk-2"), {**over, "status": "closed"}, at=NOON - days(30))
    signed = {"valid_until": until, "risk_level": level}
    made.write("approval.residual_risk", risk, signed, at=NOON - days(2), approved_by=approver)
    found = counted(made, "risks")
    assert (found.have, found.of, found.part(state)) == (int(state != "accepted"), 1, 1)


def test_a_treatment_is_late_by_its_newest_day_until_it_is_carried_out() -> None:
    made, risk = book(), Subject("risk", "risk-1")
    made.write("register.risk", risk, {"above_criteria": True, "status": "open"}, at=NOON - days(60))
    for entity, due in (("t/1", "2026-11-01"), ("t/1", "2026-12-01"), ("t/2", "2026-11-01"), ("t/3", "2026-11-02")):
        task = made.write("register.treatment_task", risk, {"due_on": due}, at=NOON - days(50), entity=entity)
    assert counted(made, "risks").part("late_tasks") == 2
    made.write("record.treatment_implementation", risk, at=NOON - days(1), answers=(task.entry_id,))
    assert counted(made, "risks").part("late_tasks") == 1


def test_a_system_that_affects_nobody_needs_no_explanation() -> None:
    made = book()
    made.write("register.ai_system", SYSTEM, {"affects_people": True}, at=NOON - days(90))
    made.write("register.ai_system", OTHER, {"affects_people": False}, at=NOON - days(60))
    assert (counted(made, "explained").have, counted(made, "explained").of) == (0, 1)
    assert not said("explained", counted(made, "explained")).known
    made.check("explainability.faithfulness", SYSTEM, at=NOON - days(2))
    assert counted(made, "explained").have == 1
    assert said("explained", counted(made, "explained")).known


def test_an_acceptance_of_other_duties_than_todays_does_not_count() -> None:
    made, role = book(), Subject("person_role", "owner")
    held = {"has_ai_duties": True, "duties": ("watch", "stop"), "holders": ("person-1", "person-2", "person-3")}
    made.write("register.person_role", role, held, at=NOON - days(30))
    for who, duties in (("person-1", ("watch", "stop")), ("person-2", ("watch",))):
        made.write("record.role_acceptance", role, {"holder_id": who, "duties": duties}, at=NOON - days(20))
    found = counted(made, "people")
    assert (found.have, found.of, found.part("changed"), found.part("waiting")) == (1, 3, 1, 1)


def test_uses_asked_for_concerns_and_confirmations_of_the_policy_are_counted_beside_the_people() -> None:
    made, role, house = book(), Subject("person_role", "owner"), Subject("organisation", "org-1")
    made.write("register.person_role", role, {"has_ai_duties": True, "holders": ("person-1",)}, at=NOON - days(30))
    for version, confirmed in (("1.0", 4), ("2.0", 3)):
        made.write(
            "record.policy_acknowledgement", role, {"version": version, "holders_confirmed": confirmed},
            at=NOON - days(20 if version == "1.0" else 10),
        )  # fmt: skip
    for number in (1, 2):
        made.write("record.use_request", house, {"answer": "allowed"}, at=NOON - days(9), entity=f"use/use-{number}")
    made.write("record.use_request", house, {"answer": "allowed"}, at=NOON - days(8), entity="use/use-2")
    made.write("register.concern", house, {"topic": "refusals"}, at=NOON - days(7), entity="concern/1")
    found = counted(made, "people")
    assert (found.part("confirmed"), found.part("uses"), found.part("concerns")) == (3, 2, 1)
    assert [line.count for line in said("people", found).lines if line.url] == [1, 3, 2, 1]


def test_a_nonconformity_is_open_until_somebody_independent_confirms_the_effect() -> None:
    made = book()
    made.write("register.ai_system", SYSTEM, at=NOON - days(90))
    raised = [
        made.write(
            "register.nonconformity", SYSTEM, {"confirm_by": day}, at=NOON - days(30), entity=f"nonconformity/{day}"
        )
        for day in ("2026-11-01", "2026-12-24", "2026-12-25")
    ]
    for fact, responsible in ((raised[1], False), (raised[2], True)):
        made.write(
            "record.corrective_action_effectiveness", SYSTEM, {"effective": True}, at=NOON - days(1),
            answers=(fact.entry_id,), by=person(responsible=responsible),
        )  # fmt: skip
    found = counted(made, "incidents")
    assert (found.have, found.of, found.part("late"), found.part("effective")) == (2, 3, 1, 1)


@pytest.mark.parametrize("key", KEYS)
def test_the_records_behind_a_figure_are_those_that_it_counts(key: str) -> None:
    made = book()
    systems(made)
    made.check("fairness.demographic-parity", MODEL, at=NOON - days(10), verdict="FAIL", links=(SYSTEM,))
    made.write("register.risk", Subject("risk", "risk-1"), {"above_criteria": True, "status": "open"}, at=NOON)
    index = FactIndex.of(load(), made.facts)
    found = members(index, key, NOON)
    tally = tallies(index, NOON)[key]
    assert (sum(member.holds for member in found), len(found)) == (tally.have, tally.of)


def test_no_sentence_gives_a_share_without_its_n() -> None:
    for key in KEYS:
        told = said(key, Tally(3, 7, {"FAIL": 2, "untested": 1, "systems": 4, "open": 3}))
        assert told.known
        assert "3" in told.sentence
        assert "7" in told.sentence
        assert told.basis
