"""The management system as processes that act together, and what it shares with systems that are there already."""

from datetime import date, timedelta

import pytest

from clerestory.desk.approval import approve, revoke
from clerestory.registers.organisation import commands, queries
from clerestory.registers.organisation.rules import (
    CLAUSE_FAMILIES,
    OrganisationRefused,
    Process,
    Run,
    Shared,
    described,
    flows,
    usual_processes,
)
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Content
from clerestory.terms.status import Conformity
from tests.organisation import NOW, found
from tests.registers.conformity import judged

FIRST = date(2026, 11, 1)
HOUR = timedelta(hours=1)
ALL = tuple(usual.process_id for usual in usual_processes())
AUDIT = Shared(
    other="iso27001-2022", requirement="9.2.1", other_clause="9.2", process_id="internal-audit", reused="Audit plan 26"
)


def begun(actor):
    return commands.begin_with_usual_processes(
        actor=actor, process_ids=ALL, owner=actor.person_id, first_run_on=FIRST, now=NOW
    )


def process(process_id, inputs=(), outputs=()):
    return Process(
        process_id=process_id, name=process_id, clause_family="6", owner="person-1", interval="P1Y", first_run_on=FIRST,
        inputs=inputs, outputs=outputs,
    )  # fmt: skip


def test_what_one_gives_and_another_takes_joins_them_whatever_the_case():
    found_flows = flows([process("a", outputs=("Scope",)), process("b", ("scope",)), process("c", ("else",))])
    assert [(flow.source, flow.target, flow.what) for flow in found_flows] == [("a", "b", "Scope")]


def test_the_usual_processes_serve_every_clause_and_none_of_them_stands_alone():
    made = [process(usual.process_id, usual.inputs, usual.outputs) for usual in usual_processes()]
    assert {usual.clause_family for usual in usual_processes()} == set(CLAUSE_FAMILIES)
    joined = {flow.source for flow in flows(made)} | {flow.target for flow in flows(made)}
    assert joined == set(ALL)
    text = described(made, lambda _interval: "every year")
    assert all(f"- 6 {name} (every year)" in text for name in ALL)


def test_usual_processes_run_and_described_conform_and_fall_when_the_description_is_taken_back(actor, second):
    begun(actor)
    for name in ALL:
        run = Run(process_id=name, planned_for=FIRST, outcome="completed", criteria_met=True, ran_at=NOW)
        commands.record_process_run(actor=actor, run=run, now=NOW)
    text = described(queries.every_process(actor), str)
    made = commands.describe_management_system(
        actor=actor, version=queries.next_version(actor), description=Content(text.encode(), "text/markdown"), now=NOW
    )
    assert judged(actor, "4.4", NOW + HOUR).conformity is Conformity.NOT_EVIDENCED
    approve(actor=second, entry_id=made.entry_id, now=NOW)
    status = judged(actor, "4.4", NOW + HOUR)
    assert status.conformity is Conformity.CONFORMS, [str(m) for m in status.missing]
    revoke(actor=second, entry_id=made.entry_id, reason="Audits are bought now", now=NOW + HOUR)
    assert judged(actor, "4.4", NOW + 2 * HOUR).conformity is Conformity.STALE


def test_usual_processes_are_registered_together_or_not_at_all(actor):
    commands.begin_with_usual_processes(
        actor=actor, process_ids=("objectives",), owner=actor.person_id, first_run_on=FIRST, now=NOW
    )
    for chosen, says in ((ALL, "already"), (("none",), "no usual"), ((), "No process")):
        with pytest.raises(OrganisationRefused, match=says):
            commands.begin_with_usual_processes(
                actor=actor, process_ids=chosen, owner=actor.person_id, first_run_on=FIRST, now=NOW
            )
    assert queries.process_ids(actor) == {"objectives"}
    assert {name for name, _word in queries.usual_left(actor)} == set(ALL) - {"objectives"}


def test_the_picture_draws_every_process_in_the_column_of_its_clause(actor):
    begun(actor)
    drawn = queries.picture(actor)
    assert {box.process.process_id for box in drawn.boxes} == set(ALL)
    assert not any(box.is_alone for box in drawn.boxes)
    assert not drawn.empty_clauses
    columns = {box.process.clause_family: box.x for box in drawn.boxes}
    assert sorted(columns.values()) == [columns[clause] for clause in CLAUSE_FAMILIES]
    assert queries.picture(found("Other Bank", email="other@example.org")).boxes == ()


def test_a_part_that_is_shared_stands_at_both_clauses_until_it_is_taken_back(actor):
    begun(actor)
    made = commands.share_part(actor=actor, shared=AUDIT, now=NOW)
    (row,) = [row for row in queries.crossings(actor) if row.parts]
    assert (row.other, row.requirement) == ("ISO/IEC 27001:2022", "9.2.1")
    assert [(part.reused, part.process) for part in row.parts] == [("Audit plan 26", "Audit internally")]
    revoke(actor=actor, entry_id=made.entry_id, reason="No longer one programme", now=NOW + HOUR)
    assert queries.parts(actor) == ()


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"other": "iso14001"}, "no management system"),
        ({"requirement": "A.2.2"}, "no clause"),
        ({"process_id": "unknown"}, "no process"),
        ({"reused": "  "}, "used for both"),
        ({"other_clause": ""}, "other system"),
    ],
)
def test_a_part_that_does_not_fit_is_refused_and_nothing_is_written(actor, changes, says):
    begun(actor)
    said = {name: getattr(AUDIT, name) for name in ("other", "requirement", "other_clause", "process_id", "reused")}
    with pytest.raises(ClerestoryError, match=says):
        commands.share_part(actor=actor, shared=Shared(**{**said, **changes}), now=NOW)
    assert queries.parts(actor) == ()


def test_the_same_part_is_not_recorded_twice(actor):
    begun(actor)
    commands.share_part(actor=actor, shared=AUDIT, now=NOW)
    with pytest.raises(OrganisationRefused, match="already"):
        commands.share_part(actor=actor, shared=AUDIT, now=NOW)
