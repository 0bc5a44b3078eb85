"""Who raises a risk early is thanked, hears of it, and is named only by their own choice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clerestory.desk.people import NotAMember
from clerestory.desk.permit import NotPermitted
from clerestory.registers.roles import commands
from clerestory.registers.roles.queries import duties
from clerestory.registers.roles.queries.recognition import recognitions
from clerestory.registers.roles.rules import RoleRefused
from clerestory.store import log
from clerestory.terms.error import ClerestoryError
from tests.organisation import NOW, found

MINUTE = timedelta(minutes=1)


@pytest.fixture
def thanked(actor, second):
    """Give the entry of thanks to the second person."""
    return commands.recognise(actor=actor, person=second.person_id, what="The scores drift.", now=NOW)


def seen(actor):
    return [(one.person, one.is_named) for one in recognitions(actor)]


def test_nobody_else_learns_who_it_was_until_the_person_chooses_to_be_named(actor, second, member, thanked):
    third = member("viewer", (), "third@example.org")
    assert (seen(actor), seen(second), seen(third)) == (
        [(second.person_id, None)], [(second.person_id, None)], [("", None)]
    )  # fmt: skip
    assert "person_id" not in log.entry(actor.organisation_id, thanked.entry_id).fact.values
    assert [duty.url for duty in duties(second, NOW.date())] == ["/roles/recognition/?thanks=1"]
    made = commands.choose_to_be_named(actor=second, number=1, named=True, now=NOW + MINUTE)
    assert seen(third) == [(second.person_id, True)]
    assert log.entry(actor.organisation_id, made.entry_id).fact.values["person_id"] == second.person_id
    assert duties(second, NOW.date()) == ()
    commands.choose_to_be_named(actor=second, number=1, named=False, now=NOW + 2 * MINUTE)
    assert seen(third) == [("", False)]
    assert seen(found("Other Bank", email="other@example.org")) == []


def test_nobody_thanks_themselves_or_a_stranger_or_for_nothing_and_nobody_names_another(actor, second, thanked):
    for person, what, refused in (
        (actor.person_id, "Me.", RoleRefused),
        ("person-x", "Them.", NotAMember),
        (second.person_id, " ", ClerestoryError),
    ):
        with pytest.raises(refused):
            commands.recognise(actor=actor, person=person, what=what, now=NOW)
    with pytest.raises(RoleRefused, match="not about you"):
        commands.choose_to_be_named(actor=actor, number=1, named=True, now=NOW)
    machine = replace(second, scopes=frozenset({"read", "write"}))
    with pytest.raises(NotPermitted):
        commands.choose_to_be_named(actor=machine, number=1, named=True, now=NOW)
    assert seen(second) == [(second.person_id, None)]
