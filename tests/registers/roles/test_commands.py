"""Members, roles and duties: who may give what, and that nobody accepts or decides for somebody else."""

from dataclasses import replace

import pytest

from clerestory.desk import people
from clerestory.desk.people import LastAdministrator, NotAMember
from clerestory.desk.permit import NotPermitted
from clerestory.registers.roles import commands, queries
from clerestory.registers.roles.queries import RoleUnknown
from clerestory.registers.roles.rules import CONFORMITY_DUTY, Assignment, Role, RoleRefused, SystemDuties
from clerestory.store import log
from clerestory.store.log import Search
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import PersonId
from clerestory.terms.text import TextUnusable
from tests.organisation import NOW, found
from tests.registers.records import LATER, register

OVERSEER = Role(role_id="overseer", name="Overseer", has_ai_duties=True, duties=("oversight",))


def values(actor, entry_id):
    return log.entry(actor.organisation_id, entry_id).fact.values


def assign(actor, holder, role_id="overseer", duty="oversight", now=NOW):
    return commands.assign_role(
        actor=actor, assignment=Assignment(role_id=role_id, duty=duty, holder=holder.person_id), now=now
    )


def test_an_admitted_member_stands_in_the_log_by_pseudonymous_id_alone(actor):
    made = commands.admit_member(
        actor=actor,
        email="Ben@Example.org ",
        name="Ben Second",
        access="editor",
        standing=["designated_management"],
        now=NOW,
    )
    (found_entry,) = log.search(actor.organisation_id, Search(kind="record.membership", text=made.person_id)).rows
    record = log.entry(actor.organisation_id, found_entry.entry_id)
    assert record.fact.values == {
        "member_id": made.person_id,
        "access": "editor",
        "standing": ("designated_management",),
    }
    assert made.email == "ben@example.org"
    assert b"Ben" not in record.facts
    assert b"example" not in record.facts


@pytest.mark.parametrize("email", ["", "ben", "ben@", "ben@host", "a b@example.org"])
def test_what_is_no_address_is_refused(actor, email):
    with pytest.raises(RoleRefused, match="address"):
        commands.admit_member(actor=actor, email=email, name="Ben", access="editor", now=NOW)


def test_changes_of_access_and_the_end_of_a_membership_are_logged(actor, second):
    commands.change_member(actor=actor, person_id=second.person_id, access="viewer", standing=[], now=NOW)
    commands.end_membership(actor=actor, person_id=second.person_id, now=LATER)
    rows = log.search(actor.organisation_id, Search(kind="record.membership", text=second.person_id)).rows
    assert [values(actor, row.entry_id)["access"] for row in rows] == ["none", "viewer"]
    with pytest.raises(NotAMember):
        people.require_member(actor.organisation_id, second.person_id)


def test_nobody_changes_their_own_membership_and_the_last_administrator_stays(actor, member):
    with pytest.raises(RoleRefused, match="own"):
        commands.change_member(actor=actor, person_id=actor.person_id, standing=["top_management"], now=NOW)
    other = member("admin")
    commands.change_member(actor=other, person_id=actor.person_id, access="editor", now=NOW)
    with pytest.raises(LastAdministrator):
        people.change_membership(organisation_id=actor.organisation_id, person_id=other.person_id, access="viewer")


def test_only_administrators_admit_and_change_members(actor, second):
    with pytest.raises(NotPermitted):
        commands.admit_member(actor=second, email="x@example.org", name="X", access="admin", now=NOW)
    with pytest.raises(NotPermitted):
        commands.change_member(actor=second, person_id=actor.person_id, access="viewer", now=NOW)


@pytest.mark.parametrize(
    "changes, word",
    [
        ({"role_id": "Model Owner"}, "id"),
        ({"name": " "}, "name"),
        ({"duties": ()}, "duties"),
        ({"systems": ("x",)}, "x"),
    ],
)
def test_a_role_without_id_name_or_duty_or_for_an_unknown_system_is_refused(actor, changes, word):
    with pytest.raises((RoleRefused, TextUnusable), match=word):
        commands.define_role(actor=actor, role=replace(OVERSEER, **changes), now=NOW)


def test_giving_a_duty_makes_its_holder_a_holder_of_the_role_at_the_same_moment(actor, second):
    commands.define_role(actor=actor, role=OVERSEER, now=NOW)
    made = assign(actor, second, now=LATER)
    record = queries.role(actor, "overseer")
    assert (record.role.holders, record.version) == ((second.person_id,), 2)
    role_fact = log.entry(actor.organisation_id, record.entry_id).fact
    given = log.entry(actor.organisation_id, made.entry_id).fact
    assert role_fact.lists == {"role_holders": (second.person_id,)}
    assert role_fact.observed == given.observed
    assert given.values == {"duty": "oversight", "holder_id": second.person_id}
    assert given.subject == Subject("person_role", "overseer")


def test_a_duty_that_the_role_does_not_have_is_refused(actor, second):
    commands.define_role(actor=actor, role=OVERSEER, now=NOW)
    with pytest.raises(RoleRefused, match="oversight") as refusal:
        assign(actor, second, duty="risk")
    assert "risk" in refusal.value.problem
    with pytest.raises(RoleRefused, match=CONFORMITY_DUTY):
        assign(actor, second, role_id=None, duty="oversight")


def test_only_the_holder_accepts_a_role(actor, second):
    commands.define_role(actor=actor, role=OVERSEER, now=NOW)
    assign(actor, second)
    with pytest.raises(RoleRefused, match="hold"):
        commands.accept_role(actor=actor, role_id="overseer", now=LATER)
    made = commands.accept_role(actor=second, role_id="overseer", now=LATER)
    fact = log.entry(actor.organisation_id, made.entry_id).fact
    assert (fact.covers, fact.produced_by.person_id) == ((second.person_id,), second.person_id)
    assert [a.holder for a in queries.acceptances(actor, "overseer")] == [second.person_id]


def test_a_holder_without_write_access_can_accept_but_a_token_cannot(actor, member):
    reader = member("viewer")
    commands.define_role(actor=actor, role=OVERSEER, now=NOW)
    assign(actor, reader)
    with pytest.raises(NotPermitted):
        commands.accept_role(actor=replace(reader, scopes=frozenset({"read", "write"})), role_id="overseer", now=LATER)
    assert commands.accept_role(actor=reader, role_id="overseer", now=LATER).version == 1


def test_a_released_holder_no_longer_holds(actor, second):
    commands.define_role(actor=actor, role=OVERSEER, now=NOW)
    assign(actor, second)
    commands.release_holder(actor=actor, role_id="overseer", holder=second.person_id, expected_version=2, now=LATER)
    assert queries.role(actor, "overseer").role.holders == ()
    with pytest.raises(RoleRefused, match="does not hold"):
        commands.release_holder(actor=actor, role_id="overseer", holder=second.person_id, expected_version=3, now=LATER)


def test_a_performance_report_names_roles_of_the_catalogue_as_receivers(actor):
    made = commands.report_performance(
        actor=actor, received_by=["top_management"], topics=["open nonconformities"], summary="Two are open.", now=NOW
    )
    assert values(actor, made.entry_id)["received_by"] == ("top_management",)
    assert log.content(actor.organisation_id, made.entry_id) == b"Two are open."
    for receivers, topics, summary in (([], ["x"], "y"), (["the boss"], ["x"], "y"), (["top_management"], [], "y")):
        with pytest.raises(RoleRefused):
            commands.report_performance(actor=actor, received_by=receivers, topics=topics, summary=summary, now=NOW)


def test_duties_around_a_system_cover_those_that_somebody_holds(actor, second):
    register(actor)
    duties = SystemDuties(
        system_id="credit-scoring",
        held={"risk": actor.person_id, "oversight": second.person_id},
        accountable=actor.person_id,
    )
    made = commands.decide_system_duties(actor=actor, duties=duties, now=NOW)
    fact = log.entry(actor.organisation_id, made.entry_id).fact
    assert (fact.covers, fact.values["accountable_id"]) == (("oversight", "risk"), actor.person_id)
    with pytest.raises(RoleRefused, match="cooking"):
        commands.decide_system_duties(actor=actor, duties=replace(duties, held={"cooking": actor.person_id}), now=NOW)
    with pytest.raises(NotAMember):
        commands.decide_system_duties(actor=actor, duties=replace(duties, accountable=PersonId("person-x")), now=NOW)
    with pytest.raises(RoleRefused, match="no AI system"):
        commands.decide_system_duties(actor=actor, duties=replace(duties, system_id="none"), now=NOW)


def test_another_organisation_sees_no_role(actor):
    commands.define_role(actor=actor, role=OVERSEER, now=NOW)
    stranger = found("Other Bank", email="other@example.org")
    assert queries.roles(stranger) == ()
    with pytest.raises(RoleUnknown):
        queries.role(stranger, "overseer")
    with pytest.raises(RoleUnknown):
        commands.accept_role(actor=stranger, role_id="overseer", now=NOW)
