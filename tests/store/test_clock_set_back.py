"""A clock that was ahead and is set right again: what is written comes after what was, and people can go on."""

from datetime import timedelta

import pytest

from clerestory.desk.approval import approve
from clerestory.registers.context import commands
from clerestory.registers.context.rules.party import Decision, Need
from clerestory.store import clock
from tests.registers.context.surroundings import party

pytestmark = pytest.mark.django_db


def test_who_approves_after_a_clock_that_was_ahead_was_set_right_is_not_told_to_have_dated_it_back(actor, member):
    second = member("editor", (), "second@example.org")
    ahead = clock.now() + timedelta(hours=6)
    need = Need(text="reasons", decision=Decision.ADOPTED, answered_by=("A.8.2",))
    commands.note_party(actor=actor, said=party(need), now=ahead)
    made = commands.review_parties(actor=actor)
    standing = approve(actor=second, entry_id=made.entry_id)
    assert standing.is_approved
