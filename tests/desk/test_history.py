"""The history of a record says in words what each version changed, by whom, with the entry that proves it."""

from dataclasses import replace

from clerestory.desk.approval import approve
from clerestory.desk.history import about, changes, events
from clerestory.desk.permit import NotPermitted
from clerestory.desk.record.attachment import attach
from clerestory.registers.applicability.commands import decide_applicability
from clerestory.registers.applicability.rules import Decision, Ground
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.inventory.rules import Stage
from clerestory.store import log
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import RequirementId
from tests.organisation import NOW, join
from tests.registers.records import LATER, register, system

SUBJECT = Subject("ai_system", "credit-scoring")


def of_system(actor):
    return about(actor, "ai_system", "credit-scoring", SUBJECT, "ai_system/credit-scoring")


def change(actor, version, **said):
    inventory.update_ai_system(actor=actor, system=system(actor, **said), expected_version=version, now=LATER)


def told(event):
    return {c.name: (c.added, c.removed) if c.is_list else (c.before, c.after) for c in event.changes}


def test_each_version_says_what_it_changed_and_nothing_else(actor):
    register(actor, affected_groups=("applicants", "staff"))
    change(actor, 1, stage=Stage.DEPLOYMENT, affected_groups=("applicants", "guarantors"), suppliers=("Bureau",))
    newest, first = events(actor, of_system(actor))
    assert told(newest) == {
        "stage": ("verification and validation", "deployment"),
        "affected_groups": (("guarantors",), ("staff",)),
        "suppliers": (("Bureau",), ()),
    }
    assert (newest.is_first, newest.version, newest.who) == (False, 2, "Ada Owner")
    assert first.is_first
    assert told(first)["name"] == (None, "Credit scoring")
    assert log.entry(actor.organisation_id, newest.entry.entry_id).leaf_hash == newest.entry.leaf_hash


def test_people_are_named_in_what_changed(actor, member):
    register(actor)
    other = member("editor", (), "vera@example.org")
    inventory.change_owner(
        actor=actor, system_id="credit-scoring", owner=other.person_id, expected_version=1, now=LATER
    )
    assert told(events(actor, of_system(actor))[0]) == {"owner": ("Ada Owner", "Vera")}


def test_a_version_on_the_next_page_is_still_compared_with_the_one_before(actor, django_assert_num_queries):
    register(actor)
    for number in range(1, 6):
        change(actor, number, purpose=f"Purpose {number}")
    with django_assert_num_queries(3):
        page = events(actor, of_system(actor), page=1, size=2)
    assert [told(event)["purpose"] for event in page] == [("Purpose 4", "Purpose 5"), ("Purpose 3", "Purpose 4")]
    (last, first) = events(actor, of_system(actor), page=3, size=2)
    assert told(last)["purpose"][1] == "Purpose 1"
    assert first.is_first
    assert events(actor, of_system(actor), page=4, size=2) == ()


def test_a_record_without_subject_has_its_versions_approvals_and_files_alone(actor, second):
    def decide(control):
        decision = Decision(
            control=RequirementId(control), included=True, justification="We rest on data.", ground=Ground.LAW
        )
        return decide_applicability(actor=actor, decision=decision, now=NOW)

    made = decide("A.7.4")
    decide("A.7.5")
    approve(actor=second, entry_id=made.entry_id)
    attach(actor=actor, kind="control", record_id="A.7.4", name="a.txt", body=b"x")
    found = events(actor, about(actor, "control", "A.7.4", None, "applicability/A.7.4"))
    assert [event.entry.kind for event in found] == [
        "record.attachment", "approval.document", "decision.applicability"
    ]  # fmt: skip


def test_a_value_that_becomes_another_sort_of_value_is_told_whole(actor):
    register(actor)
    (event,) = events(actor, of_system(actor))
    fact = log.entry(actor.organisation_id, event.entry.entry_id).fact
    other = replace(fact, values={**fact.values, "suppliers": "Acme", "in_scope": True})
    assert {c.name: (c.before, c.after) for c in changes(fact, other)} == {
        "suppliers": ((), "Acme"), "in_scope": (None, True)
    }  # fmt: skip


def test_another_organisation_has_no_such_history(actor):
    from tests.organisation import found

    register(actor)
    other = found("Other Bank", email="other@example.org")
    assert events(other, of_system(other)) == ()


def test_who_may_not_read_sees_no_history(actor):
    register(actor)
    nobody = replace(join(actor.organisation_id, "viewer", (), "v@example.org"), access="none")
    try:
        of_system(nobody)
    except NotPermitted:
        return
    raise AssertionError
