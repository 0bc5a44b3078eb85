"""What counts once a second person agreed: an acceptance, a dropped task, and what shows that a task was done."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from clerestory.desk.approval import approve, open_proposals, revocations, revoke
from clerestory.desk.models import Notice
from clerestory.desk.people import members
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.risk import commands
from clerestory.registers.risk.models import Move
from clerestory.registers.risk.queries import risk_counts, risk_record
from clerestory.registers.risk.queries.lists import oddity_rows, risk_columns
from clerestory.registers.risk.queries.record import risk_rows, tasks_of
from clerestory.registers.risk.rules.consistency import Oddity
from clerestory.registers.risk.rules.money import Estimate
from clerestory.registers.risk.rules.risk import Done, Nature, RiskRefused, Treatment, TreatmentRefused
from clerestory.registers.risk.rules.scale import Level, Rating
from clerestory.store import log
from tests.organisation import NOW
from tests.registers.records import dataset, model, register, system
from tests.registers.risk.risks import (
    DAY,
    HIGH,
    HOUR,
    LOW,
    MEDIUM,
    REASON,
    VERY_HIGH,
    acceptance,
    approve_all,
    decided,
    identified,
    version,
)
from tests.registers.risk.test_residual import CHECK, CONTROL, TREATED, bearings
from tests.registers.test_pages import signed_in

TODAY = NOW.date()


@pytest.fixture(autouse=True)
def registered(request):
    """Register the credit scoring system."""
    register(request.getfixturevalue("actor"))


def test_an_acceptance_counts_once_approved_and_no_longer_when_its_approval_is_taken_back(actor, member):
    boss = member(roles=("designated_management",))
    identified(actor)
    decided(actor)

    def shown():
        counts = risk_counts(actor, TODAY)
        looked = {
            name: risk_rows(actor).filter(oddity_rows(actor, name, TODAY, 0, [actor.person_id])).count()
            for name in ("not-accepted", Oddity.UNACCEPTED, "acceptance-ends")
        }
        record, columns = risk_record(actor, "R-1"), {c.name: c for c in risk_columns(actor, TODAY, members(actor))}
        narrow = columns["status"].narrow
        listed = [name for name in ("open", "accepted") if risk_rows(actor).filter(narrow(name)).exists()]
        assert listed == [record.state(TODAY)]
        assert looked["not-accepted"] == looked[Oddity.UNACCEPTED] == counts.unaccepted
        assert (Oddity.UNACCEPTED in record.oddities(actor, on=TODAY, in_force=0)) == bool(counts.unaccepted)
        assert looked["acceptance-ends"] == counts.ending_acceptances
        return counts.unaccepted, counts.ending_acceptances, record.state(TODAY)

    signed = acceptance(TODAY + timedelta(days=20))
    made = commands.accept_risk(actor=actor, risk_id="R-1", acceptance=signed, expected_version=version(actor), now=NOW)
    assert shown() == (1, 0, "open")
    given = approve(actor=boss, entry_id=made.entry_id, now=NOW + HOUR).approvals[0]
    assert shown() == (0, 1, "accepted")
    revoke(actor=boss, entry_id=given.entry_id, reason="Approved the wrong one", now=NOW + 2 * HOUR)
    assert shown() == (1, 0, "open")
    again = commands.accept_risk(
        actor=actor, risk_id="R-1", acceptance=signed, expected_version=version(actor), now=NOW + 3 * HOUR
    )
    approve(actor=boss, entry_id=again.entry_id, now=NOW + 3 * HOUR)
    assert shown() == (0, 1, "accepted")
    revoke(actor=actor, entry_id=made.entry_id, reason="An older one, of no use", now=NOW + 4 * HOUR)
    assert shown() == (0, 1, "accepted")
    revoke(actor=actor, entry_id=again.entry_id, reason="I no longer accept it", now=NOW + 5 * HOUR)
    assert shown() == (1, 0, "open")
    assert risk_record(actor, "R-1").next_step(TODAY) == "accept"


def test_a_task_is_dropped_once_a_second_person_agrees_and_is_late_until_then(actor, second, member):
    identified(actor)
    decided(actor, treatment=Treatment.AVOID, task=member())
    later = NOW + timedelta(days=40)
    said = {"task_id": "R-1-T1", "reason": "Replaced by another one", "now": later}
    commands.drop_task(actor=actor, expected_version=1, **said)

    def shown():
        record, task = risk_record(actor, "R-1"), tasks_of(actor, "R-1")[0]
        late = risk_counts(actor, later.date()).late_treatments
        return task.state, task.is_late(later.date()), record.tasks_open, late

    assert shown() == ("open", True, 1, 1)
    with pytest.raises(TreatmentRefused, match="before"):
        commands.drop_task(actor=actor, expected_version=2, **said)
    with pytest.raises(TreatmentRefused, match="asked to drop"):
        commands.set_due(actor=actor, task_ids=("R-1-T1",), due_on=later.date() + DAY, now=later)
    closing = {"reason": "Nothing is left of it", "expected_version": version(actor), "now": later}
    with pytest.raises(RiskRefused, match="open"):
        commands.close_risk(actor=actor, risk_id="R-1", **closing)
    commands.drop_task(actor=second, expected_version=2, **said)
    assert shown() == ("dropped", False, 0, 0)


def test_a_task_of_several_versions_is_dropped_when_the_last_of_them_is_taken_back_for_good(actor, second):
    identified(actor)
    decided(actor, treatment=Treatment.AVOID, task=actor)
    commands.set_due(actor=actor, task_ids=("R-1-T1",), due_on=TODAY + timedelta(days=60), now=NOW)
    said = {"task_id": "R-1-T1", "reason": "Replaced by another one", "now": NOW + HOUR}
    commands.drop_task(actor=actor, expected_version=2, **said)
    waiting = [each for each in open_proposals(second) if each.kind == "record.revocation"]
    states = []
    for each in waiting:
        approve(actor=second, entry_id=each.entry_id, now=NOW + 2 * HOUR)
        states.append((tasks_of(actor, "R-1")[0].state, risk_record(actor, "R-1").tasks_open))
    assert states == [("open", 1), ("dropped", 0)]


def test_a_task_is_not_done_before_it_was_planned_nor_shown_by_what_is_about_something_else(actor, member):
    worker = member()
    identified(actor)
    inventory.register_ai_system(actor=actor, system=system(actor, "other"), now=NOW)
    before = inventory.register_model_version(actor=actor, model=model("before"), now=NOW)
    later = NOW + timedelta(minutes=1)
    decided(actor, at=later, treatment=Treatment.AVOID, task=worker)
    mine = inventory.register_model_version(actor=actor, model=model(), now=later)
    other = inventory.register_model_version(actor=actor, model=model("else", system_id="other"), now=later)
    gone = inventory.register_dataset_version(actor=actor, dataset=dataset(), now=later)
    revoke(actor=actor, entry_id=gone.entry_id, reason="It was the wrong file", now=later)
    (taken,) = revocations(actor, [gone.entry_id])
    approve(actor=worker, entry_id=taken, now=later)
    plan = tasks_of(actor, "R-1")[0].entry_id
    identified(actor, event="It is asked for too much", system_id="other")
    another = risk_record(actor, "R-2").entry_id

    def done(on=TODAY, *, by=mine.entry_id):
        said = Done(done_on=on, shown_by=(by,))
        commands.implement_task(actor=worker, task_id="R-1-T1", done=said, expected_version=1, now=NOW + HOUR)

    with pytest.raises(TreatmentRefused, match="before the task was planned"):
        done(TODAY - DAY)
    with pytest.raises(TreatmentRefused, match="older than the task"):
        done(by=before.entry_id)
    for entry_id in (other.entry_id, plan, another, taken, gone.entry_id):
        with pytest.raises(TreatmentRefused, match="does not show"):
            done(by=entry_id)
    done()
    assert tasks_of(actor, "R-1")[0].shown_by == (mine.entry_id,)


def test_a_risk_that_nobody_rated_is_not_closed_by_one_person(actor, second):
    identified(actor, None)
    closing = {"risk_id": "R-1", "reason": "Nothing is left of it", "now": NOW}
    commands.close_risk(actor=actor, expected_version=1, **closing)
    assert risk_record(actor, "R-1").status == "open"
    commands.close_risk(actor=second, expected_version=2, **closing)
    assert risk_record(actor, "R-1").status == "closed"


def test_an_acceptance_ends_with_the_ownership_of_who_gave_it(actor, second, member):
    identified(actor)
    decided(actor)
    signed = acceptance((NOW + timedelta(days=100)).date())
    commands.accept_risk(actor=actor, risk_id="R-1", acceptance=signed, expected_version=version(actor), now=NOW)
    other = member("editor", (), "other@example.org")
    assert risk_record(actor, "R-1").status == "accepted"
    commands.assign_owner(actor=actor, risk_ids=("R-1",), owner=other.person_id, now=NOW + HOUR)
    commands.assign_owner(actor=actor, risk_ids=("R-1",), owner=actor.person_id, now=NOW + 2 * HOUR)
    record = risk_record(actor, "R-1")
    assert (record.status, record.accepted_until) == ("open", None)


def test_what_its_owner_alone_signed_is_not_shown_as_accepted(actor, member):
    boss = member(roles=("designated_management",))
    identified(actor, at=NOW)
    decided(actor, at=NOW)
    signed = acceptance(NOW.date() + timedelta(days=100))
    commands.accept_risk(actor=actor, risk_id="R-1", acceptance=signed, expected_version=version(actor), now=NOW)
    client = signed_in("owner@example.org")
    for tab in ("", "?tab=history"):
        page = client.get(reverse("risk-record", args=["R-1"]) + tab).content.decode()
        assert ">Accepted<" not in page
    assert "Waits for approval" in client.get(reverse("risk-record", args=["R-1"])).content.decode()
    approve_all(boss, NOW)
    assert ">Accepted<" in client.get(reverse("risk-record", args=["R-1"])).content.decode()


def test_a_measure_lowers_a_risk_once_its_treatment_is_approved_and_no_longer_when_that_is_taken_back(actor, member):
    boss = member("editor", ("top_management", "designated_management"), "boss@example.org")
    identified(actor)
    made = decided(actor, **TREATED)
    commands.note_bearings(actor=actor, bearings=bearings("CONFORMS"), now=NOW)
    record = risk_record(actor, "R-1")
    assert (record.level, record.failing) == (Level.HIGH, 2), "one person alone argued it"
    assert {barrier.bearing.state for barrier in record.barriers} == {"UNAPPROVED"}

    given = approve(actor=boss, entry_id=made, now=NOW + HOUR).approvals[0]
    record = risk_record(actor, "R-1")
    assert (record.level, record.failing, record.over) == (Level.MEDIUM, 0, False)
    revoke(actor=boss, entry_id=given.entry_id, reason="Approved the wrong one", now=NOW + 2 * HOUR)
    record = risk_record(actor, "R-1")
    assert (record.level, record.failing, record.over) == (Level.HIGH, 2, True)
    moves = Move.objects.filter(organisation_id=actor.organisation_id).order_by("pk")
    assert [(one.cause, one.from_level, one.level) for one in moves] == [
        ("identified", 0, 3), ("approval", 3, 2), ("approval", 2, 3),
    ]  # fmt: skip
    told = Notice.objects.filter(person_id=actor.person_id, topic="risk", url="/risk/R-1/").order_by("pk")
    assert ["was approved" in notice.text for notice in told] == [True, False]


def test_a_newer_plan_that_waits_lowers_only_what_the_approved_one_let_it(actor, member):
    boss = member("editor", ("top_management", "designated_management"), "boss@example.org")
    identified(actor)
    commands.note_bearings(actor=actor, bearings=bearings("CONFORMS"), now=NOW)
    first = decided(actor, **TREATED)
    approve(actor=boss, entry_id=first, now=NOW + HOUR)
    assert risk_record(actor, "R-1").level is Level.MEDIUM

    decided(actor, at=NOW + 2 * HOUR, **TREATED)
    assert risk_record(actor, "R-1").level is Level.MEDIUM, "the same was approved before"
    more = replace(CONTROL, likelihood=3)
    waits = decided(actor, at=NOW + 3 * HOUR, **TREATED | {"reductions": (more, CHECK)})
    record = risk_record(actor, "R-1")
    assert (record.now_likelihood, record.now_consequence, record.level) == (4, 3, Level.HIGH)
    assert [barrier.bearing.state for barrier in record.barriers] == ["UNAPPROVED", "PASS"]
    revoke(actor=actor, entry_id=first, reason="It was never carried out", now=NOW + 4 * HOUR)
    assert risk_record(actor, "R-1").failing == 2, "nothing is in force"
    approve(actor=boss, entry_id=waits, now=NOW + 5 * HOUR)
    record = risk_record(actor, "R-1")
    assert (record.now_likelihood, record.failing) == (1, 0)
    revoke(actor=boss, entry_id=waits, reason="It was never carried out either", now=NOW + 6 * HOUR)
    assert risk_record(actor, "R-1").failing == 2, "no older one comes to life"


def test_what_one_person_argues_costs_as_much_as_before(actor, member):
    boss = member("editor", ("top_management", "designated_management"), "boss@example.org")
    identified(actor)
    made = decided(actor, **TREATED)
    commands.note_bearings(actor=actor, bearings=bearings("CONFORMS"), now=NOW)
    said = Estimate(often_low=1, often_high=4, loss_low=1000, loss_high=5000)
    commands.estimate_loss(
        actor=actor, risk_id="R-1", said=said, reason="Refunds of last year", expected_version=version(actor), now=NOW
    )
    before = risk_record(actor, "R-1").expected_loss
    approve(actor=boss, entry_id=made, now=NOW + HOUR)
    after = risk_record(actor, "R-1").expected_loss
    assert before is not None and after == pytest.approx(before * 0.5 * 0.4, rel=0.2)


def test_a_risk_that_is_opened_again_is_as_high_as_its_measures_stand_then(actor, member):
    boss = member("editor", ("top_management", "designated_management"), "boss@example.org")
    identified(actor)
    commands.note_bearings(actor=actor, bearings=bearings("CONFORMS"), now=NOW)
    made = decided(actor, **TREATED)
    approve(actor=boss, entry_id=made, now=NOW + HOUR)
    said = {"risk_id": "R-1", "reason": "It is no longer offered", "now": NOW + HOUR}
    for who in (actor, boss):
        commands.close_risk(actor=who, expected_version=version(actor), **said)
    revoke(actor=boss, entry_id=made, reason="It was never carried out", now=NOW + 2 * HOUR)
    commands.note_bearings(actor=actor, bearings=bearings("STALE"), now=NOW + 2 * HOUR)
    commands.reopen_risk(actor=actor, expected_version=version(actor), **said)
    record = risk_record(actor, "R-1")
    assert (record.level, record.over, record.failing) == (Level.HIGH, True, 2)


def test_the_page_says_that_a_measure_waits_for_the_approval_of_its_treatment(actor):
    identified(actor)
    decided(actor, **TREATED)
    client = signed_in("owner@example.org")
    page = client.get(reverse("risk-record", args=["R-1"])).content.decode()
    assert page.count("once a second person approved the treatment") == 2


def rated(actor, rating, at, **more):
    """Rate the risk as one person says, and return the entry that waits for another."""
    said = {"risk_id": "R-1", "rating": rating, "reason": REASON, "expected_version": version(actor), "now": at}
    return commands.analyse_risk(actor=actor, **said, **more).entry_id


def untreated(actor):
    record = risk_record(actor, "R-1")
    return record.likelihood, record.consequence, record.level


def test_a_lower_rating_counts_once_a_second_person_approved_it_and_a_higher_one_at_once(actor, second):
    identified(actor, MEDIUM)
    approve_all(second, NOW)
    rated(actor, VERY_HIGH, NOW + HOUR)
    assert untreated(actor) == (5, 5, Level.VERY_HIGH), "more counts at once"
    made = rated(actor, LOW, NOW + 2 * HOUR)
    assert untreated(actor) == (5, 5, Level.VERY_HIGH)
    client = signed_in("owner@example.org")
    page = client.get(reverse("risk-record", args=["R-1"])).content.decode()
    assert "Said, and not counted yet: rated lower, 1 × 2" in page and "stands at 5 × 5" in page

    given = approve(actor=second, entry_id=made, now=NOW + 3 * HOUR).approvals[0]
    assert untreated(actor) == (1, 2, Level.LOW)
    assert "Said, and not counted yet" not in client.get(reverse("risk-record", args=["R-1"])).content.decode()
    revoke(actor=second, entry_id=given.entry_id, reason="It was the wrong risk", now=NOW + 4 * HOUR)
    assert untreated(actor) == (5, 5, Level.VERY_HIGH)
    moves = Move.objects.filter(organisation_id=actor.organisation_id).order_by("pk")
    assert [(one.cause, one.from_level, one.level) for one in moves] == [
        ("identified", 0, 2), ("analysis", 2, 4), ("rating", 4, 1), ("rating", 1, 4),
    ]  # fmt: skip


def test_of_what_one_person_rates_each_step_that_is_higher_counts(actor, second):
    identified(actor, Rating(4, (("organisation", 1), ("individuals", 2), ("societies", 1))))
    approve_all(second, NOW)
    rated(actor, Rating(2, (("organisation", 1), ("individuals", 4), ("societies", 1))), NOW + HOUR)
    assert untreated(actor)[:2] == (4, 4)
    approve_all(second, NOW + 2 * HOUR)
    assert untreated(actor)[:2] == (2, 4)


def test_what_was_observed_is_not_taken_back_by_one_person(actor, second):
    identified(actor, HIGH)
    approve_all(second, NOW)
    decided(actor)
    rated(actor, VERY_HIGH, NOW + HOUR, after_treatment=True)
    rated(actor, HIGH, NOW + 2 * HOUR)
    better = rated(actor, LOW, NOW + 3 * HOUR, after_treatment=True)
    assert risk_record(actor, "R-1").level is Level.VERY_HIGH
    approve(actor=second, entry_id=better, now=NOW + 4 * HOUR)
    assert risk_record(actor, "R-1").level is Level.HIGH


def test_a_closed_risk_that_is_opened_again_has_the_rating_that_two_agreed_to_meanwhile(actor, second):
    identified(actor, HIGH)
    approve_all(second, NOW)
    made = rated(actor, LOW, NOW + HOUR)
    said = {"risk_id": "R-1", "reason": "It is no longer offered", "now": NOW + HOUR}
    for who in (actor, second):
        commands.close_risk(actor=who, expected_version=version(actor), **said)
    held = version(actor)
    approve(actor=second, entry_id=made, now=NOW + 2 * HOUR)
    assert version(actor) == held
    commands.reopen_risk(actor=actor, expected_version=held, **said)
    assert untreated(actor) == (1, 2, Level.LOW)


def test_measures_approved_for_what_a_risk_said_take_nothing_away_of_what_it_says_now(actor, member):
    boss = member("editor", ("top_management", "designated_management"), "boss@example.org")
    identified(actor)
    commands.note_bearings(actor=actor, bearings=bearings("CONFORMS"), now=NOW)
    first = decided(actor, **TREATED)
    given = approve(actor=boss, entry_id=first, now=NOW + HOUR).approvals[0]
    assert risk_record(actor, "R-1").level is Level.MEDIUM

    held = risk_record(actor, "R-1").risk
    other = replace(held, event="Somebody reads the applications of others")
    commands.update_risk(actor=actor, risk_id="R-1", risk=other, expected_version=version(actor), now=NOW + 2 * HOUR)
    record = risk_record(actor, "R-1")
    assert (record.level, record.failing, record.over) == (Level.HIGH, 2, True)
    page = signed_in("owner@example.org").get(reverse("risk-record", args=["R-1"])).content.decode()
    assert "something else than when its treatment was decided" in page
    commands.update_risk(actor=actor, risk_id="R-1", risk=held, expected_version=version(actor), now=NOW + 3 * HOUR)
    revoke(actor=boss, entry_id=given.entry_id, reason="Approved the wrong one", now=NOW + 3 * HOUR)
    assert risk_record(actor, "R-1").failing == 2, "what two agreed to is not said to be the old text again by one"
    again = decided(actor, at=NOW + 4 * HOUR, **TREATED)
    assert risk_record(actor, "R-1").failing == 2
    approve(actor=boss, entry_id=again, now=NOW + 5 * HOUR)
    record = risk_record(actor, "R-1")
    assert (record.level, record.failing) == (Level.MEDIUM, 0)


def estimated(actor, at, most, loss=1000):
    """Estimate the risk at up to so many events a year, and return the entry."""
    said = Estimate(often_low=1, often_high=most, loss_low=loss, loss_high=5 * loss)
    return commands.estimate_loss(
        actor=actor, risk_id="R-1", said=said, reason="Refunds of last year", expected_version=version(actor), now=at
    ).entry_id


def test_an_estimate_that_says_less_counts_once_a_second_person_approved_it_and_one_that_says_more_at_once(
    actor, second
):
    identified(actor, HIGH)
    estimated(actor, NOW, 4)
    first = risk_record(actor, "R-1").expected_loss
    estimated(actor, NOW + HOUR, 8)
    more = risk_record(actor, "R-1").expected_loss
    assert more > first, "more counts at once"
    less = estimated(actor, NOW + 2 * HOUR, 2, 10)
    assert risk_record(actor, "R-1").expected_loss == more
    client = signed_in("owner@example.org")
    assert "Said, and not counted yet" in client.get(reverse("risk-money", args=["R-1"])).content.decode()
    shown = client.get("/api/v1/risk/risks/R-1/money").json()
    assert (shown["counts"], shown["before"]["mean"]) == (2, more)

    given = approve(actor=second, entry_id=less, now=NOW + 3 * HOUR).approvals[0]
    assert risk_record(actor, "R-1").expected_loss < first
    assert "Said, and not counted yet" not in client.get(reverse("risk-money", args=["R-1"])).content.decode()
    revoke(actor=second, entry_id=given.entry_id, reason="It was the wrong risk", now=NOW + 4 * HOUR)
    assert risk_record(actor, "R-1").expected_loss == more


def test_no_other_seed_makes_a_risk_cheaper(actor):
    identified(actor, HIGH)
    said = Estimate(often_low=1, often_high=4, loss_low=1000, loss_high=5000)
    costs = []
    for seed in range(6):
        commands.estimate_loss(
            actor=actor, risk_id="R-1", said=said, reason=REASON, expected_version=version(actor), seed=seed, now=NOW
        )
        costs.append(risk_record(actor, "R-1").expected_loss)
    assert costs == sorted(costs)


def in_the_log(actor):
    """Return what the newest version of the risk says about its treatment, and if it is listed as to be treated."""
    fact = log.entry(actor.organisation_id, risk_record(actor, "R-1").entry_id).fact
    return fact.values.get("treatment"), fact.values.get("treatment_nature"), fact.lists["risks_to_treat"]


def test_a_risk_that_is_to_be_treated_is_retained_once_a_second_person_approved_that(actor, member):
    boss = member("editor", ("top_management", "designated_management"), "boss@example.org")
    identified(actor, MEDIUM)
    approve(actor=boss, entry_id=decided(actor, treatment=Treatment.SHARE), now=NOW + HOUR)
    asked = in_the_log(actor)
    assert asked[0] == "share" and asked[2] == ("R-1",)
    waits = decided(actor, at=NOW + 2 * HOUR, treatment=Treatment.RETAIN)
    assert risk_record(actor, "R-1").treatment is Treatment.RETAIN
    assert in_the_log(actor) == asked
    page = signed_in("owner@example.org").get(reverse("risk-record", args=["R-1"])).content.decode()
    assert "asks for less than before" in page
    given = approve(actor=boss, entry_id=waits, now=NOW + 3 * HOUR).approvals[0]
    assert in_the_log(actor)[0] == "retain" and in_the_log(actor)[2] == ()
    revoke(actor=boss, entry_id=given.entry_id, reason="It was the wrong risk", now=NOW + 4 * HOUR)
    assert in_the_log(actor) == asked


def test_a_technical_measure_becomes_an_organisational_one_by_two_and_the_other_way_round_by_one(actor, member):
    boss = member("editor", ("top_management", "designated_management"), "boss@example.org")
    identified(actor)
    decided(actor, treatment=Treatment.MODIFY, nature=Nature.ORGANISATIONAL)
    decided(actor, at=NOW + HOUR, **TREATED)
    assert in_the_log(actor)[:2] == ("modify", "technical")
    for what in ({"treatment": Treatment.MODIFY, "nature": Nature.ORGANISATIONAL}, {"treatment": Treatment.AVOID}):
        waits = decided(actor, at=NOW + 2 * HOUR, **what)
        assert in_the_log(actor)[:2] == ("modify", "technical")
    revoke(actor=actor, entry_id=waits, reason="Another one is meant", now=NOW + 3 * HOUR)
    assert in_the_log(actor)[:2] == ("modify", "technical")
    again = decided(actor, at=NOW + 4 * HOUR, treatment=Treatment.AVOID)
    approve(actor=boss, entry_id=again, now=NOW + 5 * HOUR)
    assert in_the_log(actor)[0] == "avoid"


def test_a_first_decision_to_retain_a_risk_asks_for_nothing_less_than_before(actor):
    identified(actor, LOW)
    decided(actor, treatment=Treatment.RETAIN)
    assert in_the_log(actor)[0] == "retain"
