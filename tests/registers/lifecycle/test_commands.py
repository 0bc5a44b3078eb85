"""Changes as commands write them: decided by two before they are made, refused, made at once, seen unasked."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clerestory.desk.approval import ApprovalRefused, approve, revoke
from clerestory.desk.lists import ListQuery
from clerestory.desk.permit import NotPermitted
from clerestory.desk.version import ChangedMeanwhile
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.inventory.rules import DataRole, Stage
from clerestory.registers.lifecycle import commands, queries
from clerestory.registers.lifecycle.queries import LifecycleUnknown
from clerestory.registers.lifecycle.rules import Aspect, LifecycleRefused, Release, State
from clerestory.store import log, trace
from clerestory.terms.ids import EntryId
from tests.organisation import NOW, found
from tests.registers.inventory.surroundings import prompt
from tests.registers.lifecycle.surroundings import ASSESSED, MINUTE, SYSTEM, wanted
from tests.registers.records import dataset, model, register, system

RELEASE = Release(system_id=SYSTEM, model_version=model().version_id, conditions=("all release checks pass",))


@pytest.fixture
def running(actor):
    """Register the credit scoring system, at work."""
    register(actor, stage=Stage.OPERATION, in_scope=True)


def asked(actor, **changes):
    """Ask for a change."""
    return commands.request_change(actor=actor, said=wanted(**changes), now=NOW)


def assessed(actor, version=1, at=NOW + MINUTE):
    """Assess the first change."""
    return commands.assess_change(actor=actor, change_id="change-1", said=ASSESSED, expected_version=version, now=at)


def state(actor):
    """Return how far the first change has come."""
    return queries.change(actor, "change-1").state


def test_a_change_is_asked_for_assessed_approved_by_another_and_made(actor, second, running):
    made = asked(actor)
    assert made.record_id == "change-1"
    assert state(actor) is State.ASKED
    decision = assessed(actor)
    assert state(actor) is State.WAITING
    with pytest.raises(LifecycleRefused, match="not approved"):
        commands.note_made(actor=actor, change_id="change-1", made_on=NOW.date(), expected_version=2, now=NOW + MINUTE)
    with pytest.raises(ApprovalRefused):
        approve(actor=actor, entry_id=decision.entry_id, now=NOW + 2 * MINUTE)
    approve(actor=second, entry_id=decision.entry_id, now=NOW + 2 * MINUTE)
    record = queries.change(actor, "change-1")
    assert record.state is State.APPROVED
    done = commands.note_made(
        actor=actor, change_id="change-1", made_on=NOW.date(), expected_version=record.version, now=NOW + 3 * MINUTE
    )
    assert state(actor) is State.MADE
    fact = log.entry(actor.organisation_id, done.entry_id).fact
    assert fact.values == {"made_on": "2026-11-21", "approved_before": True}
    answer = log.entry(actor.organisation_id, decision.entry_id).fact
    assert answer.answers == (made.entry_id,)
    assert answer.values["outcome"] == "approved"
    (link,) = trace.links_from(actor.organisation_id, "system_change", "change-1")
    assert (link.relation, link.to_id) == ("changes", SYSTEM)


@pytest.mark.parametrize(
    "days, said", [(1, "approved on"), (4, "asked for on"), (739_000, "asked for on"), (-1, "come")]
)
def test_a_change_is_not_noted_as_made_before_its_turn(actor, second, running, days, said):
    asked(actor)
    decision = assessed(actor, at=NOW + timedelta(days=3))
    approve(actor=second, entry_id=decision.entry_id, now=NOW + timedelta(days=3))
    today, version = NOW + timedelta(days=3), queries.change(actor, "change-1").version
    with pytest.raises(LifecycleRefused, match=said):
        commands.note_made(
            actor=actor, change_id="change-1", made_on=today.date() - timedelta(days=days), expected_version=version,
            now=today,
        )  # fmt: skip
    assert state(actor) is State.APPROVED


def test_only_what_the_inventory_shows_of_that_system_is_reviewed_as_seen(actor, second, running, place):
    changed_unasked(actor, place)
    (one,) = queries.unapproved_changes(actor, NOW + 2 * MINUTE)
    stranger = found("Other Bank", email="other@example.org")
    register(stranger, stage=Stage.OPERATION, in_scope=True)
    theirs = log.search(stranger.organisation_id, log.Search()).rows[0].entry_id
    before = log.search(actor.organisation_id, log.Search()).total
    for wrong in (
        {"planned": False, "seen": (theirs,)},
        {"planned": False, "seen": (one.seen.entry_id, EntryId("entry-none"))},
        {"planned": True, "seen": (one.seen.entry_id,)},
    ):
        with pytest.raises(LifecycleRefused, match="shows no change"):
            asked(actor, **wrong)
    assert log.search(actor.organisation_id, log.Search()).total == before
    assert queries.unapproved_changes(actor, NOW + 2 * MINUTE) == (one,)


def test_an_approval_that_is_taken_back_ends_the_permission(actor, second, running):
    asked(actor)
    decision = assessed(actor)
    approve(actor=second, entry_id=decision.entry_id, now=NOW + 2 * MINUTE)
    revoke(actor=second, entry_id=decision.entry_id, reason="The tests were old", now=NOW + 3 * MINUTE)
    assert state(actor) is State.ASKED


def test_a_change_is_refused_and_a_second_person_confirms_that(actor, second, running):
    asked(actor)
    made = commands.refuse_change(
        actor=actor, change_id="change-1", reason="It helps nobody.", expected_version=1, now=NOW + MINUTE
    )
    approve(actor=second, entry_id=made.entry_id, now=NOW + 2 * MINUTE)
    assert state(actor) is State.REFUSED
    with pytest.raises(LifecycleRefused, match="decided"):
        assessed(actor, queries.change(actor, "change-1").version)


def test_an_emergency_is_made_at_once_and_reviewed_afterwards(actor, second, running):
    made = asked(actor, emergency=True)
    assert log.entry(actor.organisation_id, made.entry_id).fact.values["planned"] is False
    done = commands.note_made(
        actor=actor, change_id="change-1", made_on=NOW.date(), expected_version=1, now=NOW + MINUTE
    )
    assert log.entry(actor.organisation_id, done.entry_id).fact.values["approved_before"] is False
    assert state(actor) is State.UNREVIEWED
    decision = assessed(actor, 2, NOW + 2 * MINUTE)
    assert log.entry(actor.organisation_id, decision.entry_id).fact.values["outcome"] == "reviewed afterwards"
    assert state(actor) is State.UNREVIEWED
    approve(actor=second, entry_id=decision.entry_id, now=NOW + 3 * MINUTE)
    assert state(actor) is State.REVIEWED


def changed_unasked(actor, place):
    """Change the purpose of the running system without asking."""
    inventory.update_ai_system(
        actor=actor, system=system(actor, stage=Stage.OPERATION, in_scope=True, purpose="Rank tenants"),
        expected_version=1, now=NOW + MINUTE,
    )  # fmt: skip
    place()


def test_a_change_that_the_inventory_shows_and_nobody_asked_for_is_unapproved_until_it_is_reviewed(
    actor, second, running, place
):
    changed_unasked(actor, place)
    (one,) = queries.unapproved_changes(actor, NOW + 2 * MINUTE)
    assert (one.seen.aspect, one.seen.what, one.system_name) == (Aspect.PURPOSE, "Rank tenants", "Credit scoring")
    asked(actor, planned=False, aspects=(Aspect.PURPOSE,), seen=(one.seen.entry_id,))
    assert queries.unapproved_changes(actor, NOW + 2 * MINUTE) == ()
    assert state(actor) is State.UNREVIEWED
    decision = assessed(actor)
    approve(actor=second, entry_id=decision.entry_id, now=NOW + 3 * MINUTE)
    assert state(actor) is State.REVIEWED


def test_a_change_that_was_approved_before_is_not_shown_as_unapproved(actor, second, running, place):
    commands.request_change(actor=actor, said=wanted(aspects=(Aspect.PURPOSE,)), now=NOW - timedelta(hours=1))
    decision = assessed(actor, at=NOW - timedelta(minutes=30))
    approve(actor=second, entry_id=decision.entry_id, now=NOW)
    changed_unasked(actor, place)
    assert queries.unapproved_changes(actor, NOW + 2 * MINUTE) == ()


def test_a_new_model_version_of_a_running_system_is_seen_and_one_before_it_ran_is_not(actor, place):
    register(actor)
    inventory.register_model_version(actor=actor, model=model("first"), now=NOW)
    inventory.change_stage(actor=actor, system_id=SYSTEM, stage=Stage.OPERATION, expected_version=1, now=NOW + MINUTE)
    inventory.register_model_version(actor=actor, model=model("second"), now=NOW + 2 * MINUTE)
    place()
    (one,) = queries.unapproved_changes(actor, NOW + 3 * MINUTE)
    assert one.seen.aspect is Aspect.MODEL
    assert one.seen.what == model("second").version_id


def test_what_is_registered_first_of_a_system_at_work_is_no_change_and_what_follows_is(actor, running, place):
    inventory.register_model_version(actor=actor, model=model("first"), now=NOW)
    for content, role in (("rows", DataRole.TEST), ("others", DataRole.TRAINING)):
        inventory.register_dataset_version(actor=actor, dataset=dataset(content, role), now=NOW)
    inventory.register_part(actor=actor, said=prompt(), now=NOW)
    place()
    assert queries.unapproved_changes(actor, NOW + MINUTE) == ()
    inventory.register_dataset_version(actor=actor, dataset=dataset("newer", DataRole.TRAINING), now=NOW + MINUTE)
    place()
    (one,) = queries.unapproved_changes(actor, NOW + 2 * MINUTE)
    assert (one.seen.aspect, one.seen.what) == (Aspect.DATA, dataset("newer", DataRole.TRAINING).version_id)


def test_bad_input_is_refused_and_nothing_is_written(actor, running, member):
    asked(actor)
    inventory.register_model_version(actor=actor, model=model(), now=NOW)
    before = log.search(actor.organisation_id, log.Search()).total
    with pytest.raises(LifecycleUnknown):
        commands.request_change(actor=actor, said=wanted(system_id="nowhere"), now=NOW)
    with pytest.raises(NotPermitted):
        asked(member("viewer"))
    with pytest.raises(LifecycleUnknown):
        commands.assess_change(actor=actor, change_id="change-x", said=ASSESSED, expected_version=1, now=NOW)
    with pytest.raises(ChangedMeanwhile):
        assessed(actor, version=7)
    with pytest.raises(LifecycleRefused):
        commands.release(actor=actor, said=RELEASE, now=NOW)
    with pytest.raises(LifecycleUnknown):
        commands.set_criteria(actor=actor, process_id="nothing", criteria=["x"], now=NOW)
    assert log.search(actor.organisation_id, log.Search()).total == before


def test_only_a_version_of_that_system_is_released(actor, running):
    inventory.register_ai_system(actor=actor, system=system(actor, system_id="minutes", name="Minutes"), now=NOW)
    theirs = model("theirs", system_id="minutes")
    inventory.register_model_version(actor=actor, model=theirs, now=NOW)
    stranger = found("Other Bank", email="other@example.org")
    register(stranger, stage=Stage.OPERATION)
    inventory.register_model_version(actor=stranger, model=model(), now=NOW)
    before = log.search(actor.organisation_id, log.Search()).total
    for version in ("foreign-system", SYSTEM, theirs.version_id, model().version_id):
        wrong = replace(RELEASE, model_version=version, despite="It must.")
        with pytest.raises(LifecycleUnknown, match="has no version"):
            commands.release(actor=actor, said=wrong, now=NOW)
    assert log.search(actor.organisation_id, log.Search()).total == before
    assert queries.releases(actor) == ()


def test_a_release_without_a_valid_impact_assessment_is_marked_for_good(actor, second, running, place):
    inventory.register_model_version(actor=actor, model=model(), now=NOW)
    place()
    made = commands.release(actor=actor, said=replace(RELEASE, despite="The old version fails."), now=NOW)
    (record,) = queries.releases(actor)
    assert not record.assessed
    assert record.despite == "The old version fails."
    assert log.entry(actor.organisation_id, made.entry_id).fact.values["impact_assessment_valid"] is False
    standing = approve(actor=second, entry_id=made.entry_id, now=NOW + MINUTE)
    assert "without a valid impact assessment" in standing.title


def test_another_organisation_finds_nothing(actor, running):
    asked(actor)
    other = found("Other Bank", email="other@example.org")
    assert queries.changes(other, ListQuery()).total == 0
    with pytest.raises(LifecycleUnknown):
        queries.change(other, "change-1")
    assert queries.unapproved_changes(other, NOW) == ()
    assert queries.seen_change(other, EntryId("e-1"), NOW) is None
