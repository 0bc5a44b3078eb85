"""Who answers for what: lines follow from owners and holders until decided; gaps, loads and leavers are shown."""

from datetime import date, timedelta

import pytest

from clerestory.desk.people import NotAMember
from clerestory.desk.version import ChangedMeanwhile
from clerestory.registers.organisation.commands import register_process
from clerestory.registers.organisation.rules import Process
from clerestory.registers.roles import commands, queries
from clerestory.registers.roles.rules import (
    Assignment,
    Line,
    Role,
    RoleRefused,
    SystemDuties,
    Work,
    gaps,
    loads,
    overloaded_from,
)
from tests.organisation import NOW, found
from tests.registers.records import register

MINUTE = timedelta(minutes=1)
AUDIT, DUTY = Work("process", "internal-audit"), Work("duty", "overseer/oversight")
OVERSEER = Role(role_id="overseer", name="Overseer", has_ai_duties=True, duties=("oversight",))


@pytest.fixture
def work(actor, second):
    """Register a process that the owner answers for, and a role that the second person holds."""
    process = Process(
        process_id="internal-audit", name="Internal audit", clause_family="9", owner=actor.person_id, interval="P1Y",
        first_run_on=date(2026, 11, 1),
    )  # fmt: skip
    register_process(actor=actor, process=process, now=NOW)
    commands.define_role(actor=actor, role=OVERSEER, now=NOW)
    given = Assignment(role_id="overseer", duty="oversight", holder=second.person_id)
    commands.assign_role(actor=actor, assignment=given, now=NOW)


def decide(actor, work, version=0, **letters):
    who = {person: said for said, person in letters.items()}
    return commands.decide_line(actor=actor, work=work, letters=who, expected_version=version, now=NOW)


def lines(actor):
    return {row.line.work: (dict(row.line.letters), row.gaps) for row in queries.matrix(actor)}


def test_lines_follow_from_owner_and_holders_and_show_what_is_missing(actor, second, work):
    assert lines(actor) == {
        AUDIT: ({actor.person_id: "A"}, ("no responsible",)),
        DUTY: ({second.person_id: "R"}, ("no accountable",)),
    }


def test_a_decided_line_has_no_gap_until_a_second_one_is_accountable(actor, second, work):
    decide(actor, AUDIT, A=actor.person_id, R=second.person_id)
    assert lines(actor)[AUDIT] == ({actor.person_id: "A", second.person_id: "R"}, ())
    commands.decide_line(
        actor=actor, work=AUDIT, letters={actor.person_id: "RA", second.person_id: "A"}, expected_version=1, now=NOW
    )
    assert lines(actor)[AUDIT] == ({actor.person_id: "AR", second.person_id: "A"}, ("two accountable",))


def test_the_second_of_two_who_decide_sees_the_conflict(actor, second, work):
    decide(actor, AUDIT, A=actor.person_id)
    with pytest.raises(ChangedMeanwhile):
        decide(second, AUDIT, A=second.person_id)
    assert lines(actor)[AUDIT][0] == {actor.person_id: "A"}


@pytest.mark.parametrize("letters, says", [({"person-x": "Z"}, "no letter"), ({}, "Nobody has"), ({"p": ""}, "Nobody")])
def test_letters_that_cannot_be_are_refused_and_nothing_is_written(actor, work, letters, says):
    with pytest.raises(RoleRefused, match=says):
        commands.decide_line(actor=actor, work=AUDIT, letters=letters, expected_version=0, now=NOW)
    with pytest.raises(NotAMember):
        decide(actor, AUDIT, A="person-unknown")
    with pytest.raises(queries.RoleUnknown):
        decide(actor, Work("process", "unknown"), A=actor.person_id)
    assert queries.matrix_line(actor, AUDIT).version == 0


def test_gaps_count_who_left_as_nobody():
    line = Line(AUDIT, {"a": "A", "b": "R"})
    assert gaps(line, {"a", "b"}) == ()
    assert gaps(line, {"b"}) == ("no accountable", "held by who left")
    assert gaps(Line(AUDIT, {"a": "AI", "b": "AC"}), {"a", "b"}) == ("no responsible", "two accountable")


def test_overloaded_is_over_twice_the_median_and_over_five():
    assert overloaded_from([]) == 6
    assert overloaded_from([1, 2, 2, 12]) == 6
    assert overloaded_from([4, 4, 4, 9]) == 9
    many = [Line(Work("process", str(n)), {"busy": "AR"}) for n in range(9)]
    few = [Line(Work("process", f"x{n}"), {"calm": "R", "told": "I"}) for n in range(4)]
    found_loads = {load.person: (load.work, load.accountable, load.is_overloaded) for load in loads([*many, *few])}
    assert found_loads == {"busy": (9, 9, False), "calm": (4, 0, False)}
    more = loads([*many, *few], [("calm", "A"), ("busy", "R"), ("third", "R"), ("fourth", "R"), ("fifth", "R")])
    assert {load.person for load in more if load.is_overloaded} == {"busy"}


@pytest.fixture
def left(actor, second, work):
    """Let the second person hold a role, a line and duties around a system, and leave."""
    register(actor)
    duties = SystemDuties(system_id="credit-scoring", held={"risk": second.person_id}, accountable=second.person_id)
    commands.decide_system_duties(actor=actor, duties=duties, now=NOW)
    decide(actor, AUDIT, A=second.person_id, R=actor.person_id)
    commands.end_membership(actor=actor, person_id=second.person_id, now=NOW + MINUTE)


def test_who_left_is_named_with_what_they_hold_and_a_successor_takes_it_over(actor, second, left, member):
    (one,) = queries.leavers(actor)
    assert (one.member.person_id, one.member.name) == (second.person_id, "Second")
    assert [name for _id, name in one.roles] == ["Overseer"]
    assert [row.label for row in one.lines] == ["Internal audit"]
    assert [record.id for record in one.systems] == ["credit-scoring"]
    assert lines(actor)[AUDIT][1] == ("no accountable", "held by who left")
    heir = member("editor", (), "heir@example.org")
    made = commands.hand_over(actor=actor, leaver=second.person_id, successor=heir.person_id, now=NOW + 2 * MINUTE)
    assert (made.roles, made.lines, made.systems) == (1, 1, 1)
    assert queries.leavers(actor) == ()
    assert queries.role(actor, "overseer").role.holders == (heir.person_id,)
    assert lines(actor)[AUDIT] == ({heir.person_id: "A", actor.person_id: "R"}, ())
    (duties,) = queries.system_duties(actor, "credit-scoring")
    assert (duties.duties.accountable, dict(duties.duties.held)) == (heir.person_id, {"risk": heir.person_id})


def test_nothing_is_handed_over_from_who_is_here_or_holds_nothing_or_to_who_is_no_member(actor, second, left, member):
    with pytest.raises(RoleRefused, match="did not leave"):
        commands.hand_over(actor=actor, leaver=actor.person_id, successor=actor.person_id, now=NOW + 2 * MINUTE)
    with pytest.raises(NotAMember):
        commands.hand_over(actor=actor, leaver=second.person_id, successor=second.person_id, now=NOW + 2 * MINUTE)
    with pytest.raises(RoleRefused, match="holds nothing"):
        commands.hand_over(actor=actor, leaver="person-none", successor=actor.person_id, now=NOW + 2 * MINUTE)
    assert queries.leavers(found("Other Bank", email="other@example.org")) == ()
