"""Entries are handed to processes in the order of the log, at least once; a crash or a bad entry does no harm."""

from datetime import timedelta

import pytest

from clerestory.jobs.dispatch import dispatch, waits
from clerestory.processes.process import Process
from clerestory.processes.registry import PROCESSES
from clerestory.registers.inventory import commands as inventory
from clerestory.store import clock, handover, sequencer
from clerestory.store.unit import observers
from clerestory.terms.error import ClerestoryError
from tests.organisation import NOW, found
from tests.registers.records import system

MINUTE = timedelta(minutes=1)


class Listener:
    """A process that remembers what it was handed, and fails where it is told to."""

    def __init__(self, name="listener", *, fails_with=frozenset()):
        self.seen, self.failing = [], set(fails_with)
        self.process = Process(name=name, wants=lambda head: head.kind == "register.ai_system", follow=self.follow)

    def follow(self, actor, fact, now):
        if fact.subject.id in self.failing:
            raise ClerestoryError("The entry cannot be read.", "Look at it.")
        self.seen.append(fact.subject.id)


@pytest.fixture
def systems(actor):
    """Register systems by name: ``systems("a", "b")``."""

    def register(*names, now=NOW):
        for name in names:
            inventory.register_ai_system(actor=actor, system=system(actor, name), now=now)
        sequencer.sequence(actor.organisation_id)

    return register


def test_entries_come_in_the_order_of_the_log_and_only_once_where_nothing_goes_wrong(actor, systems):
    listener = Listener()
    systems("a", "b")
    assert dispatch(actor.organisation_id, processes=[listener.process], now=NOW) == 2
    systems("c")
    assert dispatch(actor.organisation_id, processes=[listener.process], now=NOW) == 1
    assert dispatch(actor.organisation_id, processes=[listener.process], now=NOW) == 0
    assert listener.seen == ["a", "b", "c"]


def test_each_process_has_its_own_place(actor, systems):
    first, second = Listener("first"), Listener("second")
    systems("a")
    dispatch(actor.organisation_id, processes=[first.process], now=NOW)
    systems("b")
    dispatch(actor.organisation_id, processes=[first.process, second.process], now=NOW)
    assert first.seen == second.seen == ["a", "b"]


def test_a_bad_entry_holds_up_no_other_is_tried_again_and_found_by_doctor(actor, systems):
    listener = Listener(fails_with={"a"})
    systems("a", "b")
    dispatch(actor.organisation_id, processes=[listener.process], now=NOW)
    assert listener.seen == ["b"]
    (trouble,) = handover.troubles()
    assert (trouble.process, trouble.tries) == ("listener", 1)
    assert "cannot be read" in trouble.problem
    dispatch(actor.organisation_id, processes=[listener.process], now=NOW + MINUTE)
    assert handover.troubles()[0].tries == 1, "it waits before it is tried again"
    dispatch(actor.organisation_id, processes=[listener.process], now=NOW + 2 * MINUTE)
    assert handover.troubles()[0].tries == 2
    listener.failing.clear()
    dispatch(actor.organisation_id, processes=[listener.process], now=NOW + timedelta(days=1))
    assert handover.troubles() == ()
    assert listener.seen == ["b", "a"]


def test_a_crash_between_the_work_and_its_note_hands_the_entry_on_again(actor, systems):
    listener = Listener()
    systems("a", "b")

    def die(name):
        if name == "handover.followed" and len(listener.seen) == 1:
            raise KeyboardInterrupt

    observers.append(die)
    try:
        with pytest.raises(KeyboardInterrupt):
            dispatch(actor.organisation_id, processes=[listener.process], now=NOW)
    finally:
        observers.remove(die)
    assert dispatch(actor.organisation_id, processes=[listener.process], now=NOW) == 2
    assert listener.seen == ["a", "a", "b"]


def test_one_organisations_entries_are_not_handed_on_for_another(actor, systems):
    other = found("Southlight Bank", email="other@example.org")
    systems("a")
    listener = Listener()
    sequencer.sequence(other.organisation_id)
    assert dispatch(other.organisation_id, processes=[listener.process], now=NOW) == 0


def test_what_waits_is_known_without_handing_anything_on(actor, systems):
    systems("a")
    assert waits(actor.organisation_id)
    dispatch(actor.organisation_id, now=clock.now())
    assert not waits(actor.organisation_id)
    names = {"failed check", "watched", "re-check", "risk review", "placement", "measures of risks"}
    assert {process.name for process in PROCESSES} == names
