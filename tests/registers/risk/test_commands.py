"""Commands of the risk register: what they refuse, what they mark, and what one step does to another."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clerestory.desk.approval import ApprovalRefused, approve, open_proposals
from clerestory.desk.people import NotAMember, change_membership
from clerestory.desk.permit import NotAuthenticatedAnew, NotPermitted
from clerestory.desk.version import ChangedMeanwhile
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.inventory.rules import Stage
from clerestory.registers.risk import commands, models
from clerestory.registers.risk.queries import duties, risk_counts, risk_record
from clerestory.registers.risk.queries.counts import heat_maps, oddity_counts
from clerestory.registers.risk.queries.lists import oddity_rows, risk_columns
from clerestory.registers.risk.queries.record import RiskUnknown, people, read_risk, risk_rows, steps_of, tasks_of
from clerestory.registers.risk.rules.consistency import Oddity
from clerestory.registers.risk.rules.risk import (
    AcceptanceRefused,
    Done,
    Nature,
    NewTask,
    Reduction,
    RiskRefused,
    Treatment,
    TreatmentRefused,
)
from clerestory.registers.risk.rules.scale import CriteriaRefused, Level, Rating, RatingRefused, shipped_method
from clerestory.store import directory, log, trace
from clerestory.store.trace import Link
from clerestory.terms.text import TextUnusable
from tests.organisation import NOW, found
from tests.registers.records import register, system
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
    method,
    risk,
    version,
)

TODAY = NOW.date()
UNTIL = TODAY + timedelta(days=100)


@pytest.fixture(autouse=True)
def registered(request):
    """Register the credit scoring system."""
    register(request.getfixturevalue("actor"))


@pytest.fixture
def boss(member):
    """Give top and designated management."""
    return member("editor", ("top_management", "designated_management"), "boss@example.org")


def accept(actor, at=NOW, **changes):
    return commands.accept_risk(
        actor=actor,
        risk_id="R-1",
        acceptance=acceptance(UNTIL, **changes),
        expected_version=version(actor),
        now=at,
    )


def test_a_risk_is_identified_analysed_and_known_to_others(actor):
    made = commands.identify_risk(actor=actor, risk=risk(actor), rating=HIGH, reason=REASON, now=NOW)
    record = risk_record(actor, made.record_id)
    assert (record.level, record.over, record.criteria_version) == (Level.HIGH, True, 0)
    known = directory.known(actor.organisation_id, "risk", "R-1")
    assert (known.url, known.owner) == ("/risk/R-1/", actor.person_id)
    assert Link("risk", "R-1", "concerns", "ai_system", "credit-scoring") in trace.links_from(
        actor.organisation_id, "risk", "R-1"
    )
    fact = log.entry(actor.organisation_id, made.entry_id).fact
    assert fact.values["risk_level"] == "high"
    assert "treatment" not in fact.values, "unknown is left out"
    assert fact.lists == {"risks_to_treat": ("R-1",)}


@pytest.mark.parametrize(
    "changes, error",
    [
        ({"event": " "}, TextUnusable),
        ({"event": "x" * 301}, TextUnusable),
        ({"event": "bell\x07"}, TextUnusable),
        ({"source": "C.3.9"}, RiskRefused),
        ({"system_id": "nothing"}, RiskRefused),
        ({"owner": "person-nobody"}, NotAMember),
        ({"consequence": ""}, TextUnusable),
    ],
)
def test_a_risk_without_its_parts_is_refused_and_nothing_is_logged(actor, changes, error):
    before = log.search(actor.organisation_id, log.Search()).total
    with pytest.raises(error):
        commands.identify_risk(actor=actor, risk=risk(actor, **changes), rating=HIGH, reason=REASON, now=NOW)
    assert log.search(actor.organisation_id, log.Search()).total == before


@pytest.mark.parametrize(
    "rating",
    [
        Rating(6, HIGH.consequences),
        Rating(0, HIGH.consequences),
        Rating(3, (("organisation", 2), ("individuals", 9), ("societies", 1))),
        Rating(3, (("organisation", 2), ("individuals", 3))),
        Rating(3, (("organisation", 2), ("individuals", 3), ("animals", 3))),
    ],
)
def test_a_level_outside_the_scale_is_refused(actor, rating):
    with pytest.raises(RatingRefused):
        identified(actor, rating)


def test_right_to_left_text_html_and_formulas_are_kept_as_typed(actor):
    for number, text in enumerate(("مخاطر", "<img src=x onerror=alert(1)>", "=1+1", "@SUM(A1)"), start=1):
        identified(actor, event=text)
        assert risk_record(actor, f"R-{number}").risk.event == text


def test_two_editors_of_one_version_do_not_overwrite_each_other(actor, second):
    identified(actor)
    seen = version(actor)
    commands.update_risk(actor=second, risk_id="R-1", risk=risk(actor, cause="Mine"), expected_version=seen, now=NOW)
    for command, said in (
        (commands.update_risk, {"risk": risk(actor, cause="Yours")}),
        (commands.analyse_risk, {"rating": LOW, "reason": REASON}),
        (commands.close_risk, {"reason": "It is gone by now"}),
    ):
        with pytest.raises(ChangedMeanwhile):
            command(actor=actor, risk_id="R-1", expected_version=seen, now=NOW, **said)
    assert risk_record(actor, "R-1").risk.cause == "Mine"


def test_only_the_owner_accepts_at_the_level_seen_after_a_decision_and_for_at_most_a_year(actor, second):
    identified(actor)
    with pytest.raises(AcceptanceRefused, match="No treatment"):
        accept(actor)
    decided(actor)
    with pytest.raises(AcceptanceRefused, match="not the owner"):
        accept(second)
    with pytest.raises(AcceptanceRefused, match="You saw the level medium"):
        accept(actor, level=Level.MEDIUM)
    for until in (TODAY, TODAY + timedelta(days=367)):
        with pytest.raises(AcceptanceRefused, match="would end"):
            accept(actor, valid_until=until)
    with pytest.raises(NotAuthenticatedAnew):
        accept(replace(actor, authentication_id=None))
    accept(actor)
    approve_all(second, NOW)
    assert risk_record(actor, "R-1").is_accepted(TODAY)


def test_a_back_dated_acceptance_is_refused_before_the_level_and_else_marked_with_both_days(actor):
    identified(actor)
    decided(actor)
    with pytest.raises(AcceptanceRefused, match="older than the level"):
        accept(actor, at=NOW + 5 * DAY, signed_on=TODAY - DAY)
    with pytest.raises(AcceptanceRefused, match="still to come"):
        accept(actor, at=NOW + 5 * DAY, signed_on=TODAY + 6 * DAY)
    made = accept(actor, at=NOW + 5 * DAY, signed_on=TODAY + 2 * DAY)
    fact = log.entry(actor.organisation_id, made.entry_id).fact
    step = next(s for s in steps_of(actor, "R-1") if s.kind == "acceptance")
    assert step.signed_on == TODAY + 2 * DAY
    entry = log.entry(actor.organisation_id, step.entry_id).fact
    assert (entry.observed.end.date(), entry.received_at.date()) == (TODAY + 2 * DAY, TODAY + 5 * DAY)
    assert fact.values["valid_until"] == UNTIL.isoformat()


def test_nobody_approves_their_own_analysis_and_an_acceptance_asks_for_designated_management(actor, member, boss):
    identified(actor)
    decided(actor)
    accept(actor)
    proposals = {p.kind: p for p in open_proposals(actor)}
    plain = member()
    with pytest.raises(ApprovalRefused, match="yourself"):
        approve(actor=actor, entry_id=proposals["record.risk_analysis"].entry_id, now=NOW)
    with pytest.raises(ApprovalRefused, match="designated management"):
        approve(actor=plain, entry_id=proposals["approval.residual_risk"].entry_id, now=NOW)
    assert approve(actor=boss, entry_id=proposals["approval.residual_risk"].entry_id, now=NOW).is_approved


def test_another_level_ends_the_acceptance_and_its_end_brings_the_risk_back(actor, member):
    identified(actor)
    decided(actor)
    accept(actor)
    approve_all(member(roles=("designated_management",)), NOW)
    record = risk_record(actor, "R-1")
    assert (record.state(UNTIL), record.state(UNTIL + DAY)) == ("accepted", "open")
    assert [d.due_on for d in duties(actor, UNTIL - timedelta(days=20))] == [UNTIL]
    commands.analyse_risk(
        actor=actor, risk_id="R-1", rating=VERY_HIGH, reason=REASON, expected_version=record.version, now=NOW + DAY
    )
    again = risk_record(actor, "R-1")
    assert (again.state(TODAY), again.accepted_until, again.next_step(TODAY)) == ("open", None, "decide")


def test_unknown_controls_and_tests_and_a_measure_of_no_kind_are_refused(actor):
    identified(actor)
    for changes in (
        {"controls": ("A.99",)},
        {"treatment": Treatment.MODIFY},
        {"treatment": Treatment.MODIFY, "nature": Nature.TECHNICAL, "tests": ("no.check",)},
        {"tests": ("drift.population-stability-index",)},
    ):
        with pytest.raises(TreatmentRefused):
            decided(actor, **changes)
    with pytest.raises(RiskRefused):
        decided(actor, reason="short")
    identified(actor, None, event="Other")
    with pytest.raises(TreatmentRefused, match="not analysed"):
        decided(actor, risk_id="R-2")


def test_a_decision_links_its_controls_and_the_next_one_takes_them_away(actor):
    identified(actor)
    decided(actor, controls=("A.7.4", "A.6.2.4"))
    decided(actor, controls=("A.7.4",))
    found_links = [
        link.to_id for link in trace.links_from(actor.organisation_id, "risk", "R-1") if link.relation == "calls_for"
    ]
    assert found_links == ["A.7.4"]


def test_a_task_is_shown_by_something_and_judged_by_somebody_else(actor, member):
    worker, judge = member(), member()
    identified(actor)
    decided(actor, treatment=Treatment.AVOID, task=worker)
    for done, error in (
        (Done(done_on=TODAY), TreatmentRefused),
        (Done(done_on=TODAY + DAY, note="soon"), TreatmentRefused),
        (Done(done_on=TODAY, shown_by=("entry-none",)), TreatmentRefused),
    ):
        with pytest.raises(error):
            commands.implement_task(actor=worker, task_id="R-1-T1", done=done, expected_version=1, now=NOW)
    entry = risk_record(actor, "R-1").entry_id
    done = Done(done_on=TODAY, shown_by=(entry,))
    commands.implement_task(actor=worker, task_id="R-1-T1", done=done, expected_version=1, now=NOW)
    said = {"risk_id": "R-1", "effective": True, "judged_by": "Cases of the month", "expected_version": version(actor)}
    for involved in (actor, worker):
        with pytest.raises(TreatmentRefused, match="somebody"):
            commands.confirm_effectiveness(actor=involved, now=NOW, **said)
    commands.confirm_effectiveness(actor=judge, rating=LOW, now=NOW + HOUR, **said)
    record = risk_record(actor, "R-1")
    assert (record.inherent, record.level, record.status, record.over) == (Level.HIGH, Level.HIGH, "treated", True)
    assert (record.observed_likelihood, record.observed_consequence) == (1, 2), "kept, and no measure lowers the risk"


def test_tasks_are_moved_in_bulk_dropped_by_two_signatures_and_late_ones_counted(actor, second, member):
    worker = member()
    identified(actor)
    decided(actor, treatment=Treatment.AVOID, task=worker)
    assert risk_counts(actor, TODAY + timedelta(days=31)).late_treatments == 1
    assert commands.set_due(actor=actor, task_ids=("R-1-T1",), due_on=TODAY + timedelta(days=60), now=NOW) == 1
    assert risk_counts(actor, TODAY + timedelta(days=31)).late_treatments == 0
    assert [d.title for d in duties(worker, TODAY + timedelta(days=50))] == ["Reweigh the training data"]
    with pytest.raises(TreatmentRefused):
        commands.set_due(actor=actor, task_ids=("R-1-T1",), due_on=TODAY - DAY, now=NOW)
    task = tasks_of(actor, "R-1")[0]
    said = {"task_id": "R-1-T1", "reason": "Replaced by another one", "now": NOW}
    commands.drop_task(actor=actor, expected_version=task.version, **said)
    commands.drop_task(actor=second, expected_version=task.version + 1, **said)
    record = risk_record(actor, "R-1")
    assert (record.tasks_total, record.next_due, record.next_step(TODAY)) == (0, None, "task")


def test_a_risk_over_the_criteria_is_closed_by_two_people_and_another_by_one(actor, second):
    identified(actor)
    identified(actor, LOW, event="Small")
    said = {"reason": "The system is switched off", "now": NOW}
    commands.close_risk(actor=actor, risk_id="R-2", expected_version=1, **said)
    assert risk_record(actor, "R-2").status == "closed"
    for _again in range(2):
        commands.close_risk(actor=actor, risk_id="R-1", expected_version=version(actor), **said)
        assert risk_record(actor, "R-1").status == "open"
    commands.close_risk(actor=second, risk_id="R-1", expected_version=version(actor), **said)
    assert risk_record(actor, "R-1").status == "closed"
    with pytest.raises(RiskRefused, match="closed"):
        decided(actor)
    commands.reopen_risk(actor=actor, risk_id="R-1", expected_version=version(actor), **said)
    assert risk_record(actor, "R-1").status == "open"


def test_nobody_rates_a_risk_down_and_closes_it_alone(actor, second):
    identified(actor)
    approve_all(second, NOW)
    said = {"reason": "The system is switched off", "now": NOW + HOUR}
    lower = {"risk_id": "R-1", "rating": LOW, "reason": REASON, "now": NOW + HOUR}
    commands.analyse_risk(actor=actor, expected_version=version(actor), **lower)
    assert risk_record(actor, "R-1").over
    commands.close_risk(actor=actor, risk_id="R-1", expected_version=version(actor), **said)
    assert risk_record(actor, "R-1").status == "open"
    commands.reopen_risk(actor=actor, risk_id="R-1", expected_version=version(actor), **said)
    approve_all(second, NOW + HOUR)
    commands.close_risk(actor=actor, risk_id="R-1", expected_version=version(actor), **said)
    assert risk_record(actor, "R-1").status == "closed"


def test_a_task_that_is_late_stays_late_until_it_is_carried_out_or_dropped(actor, member):
    worker = member()
    identified(actor)
    decided(actor, treatment=Treatment.MODIFY, nature=Nature.TECHNICAL, task=worker)
    later = NOW + timedelta(days=40)
    with pytest.raises(TreatmentRefused, match="a day that has passed is not moved"):
        commands.set_due(actor=actor, task_ids=("R-1-T1",), due_on=later.date() + DAY, now=later)
    assert risk_counts(actor, later.date()).late_treatments == 1


def test_an_acceptance_is_of_the_risk_as_it_read(actor):
    identified(actor)
    decided(actor)
    signed = acceptance(TODAY + timedelta(days=100))
    commands.accept_risk(actor=actor, risk_id="R-1", acceptance=signed, expected_version=version(actor), now=NOW)
    told = risk(actor, cause="Said more exactly")
    commands.update_risk(actor=actor, risk_id="R-1", risk=told, expected_version=version(actor), now=NOW)
    assert risk_record(actor, "R-1").accepted_until == signed.valid_until
    other = risk(actor, cause="Said more exactly", event="A page loads slowly")
    commands.update_risk(actor=actor, risk_id="R-1", risk=other, expected_version=version(actor), now=NOW)
    record = risk_record(actor, "R-1")
    assert (record.accepted_until, record.status) == (None, "open")


def test_to_hand_a_risk_on_makes_nobody_a_judge_of_its_treatment(actor, second, member):
    worker = member()
    identified(actor)
    decided(actor, treatment=Treatment.MODIFY, nature=Nature.TECHNICAL, task=worker)
    commands.assign_owner(actor=actor, risk_ids=("R-1",), owner=second.person_id, now=NOW)
    said = {"risk_id": "R-1", "effective": True, "judged_by": "Selection rates of the month", "now": NOW}
    with pytest.raises(TreatmentRefused, match="owned it when"):
        commands.confirm_effectiveness(actor=actor, expected_version=version(actor), **said)


def test_criteria_count_once_top_management_approved_and_all_levels_are_read_by_them(actor, second, boss):
    identified(actor, MEDIUM)
    made = commands.propose_method(actor=actor, method=method(acceptable=Level.LOW), now=NOW + HOUR)
    assert not risk_record(actor, "R-1").over
    with pytest.raises(ApprovalRefused, match="top management"):
        commands.approve_method(actor=second, version=made.version, now=NOW + HOUR)
    done = commands.approve_method(actor=boss, version=made.version, now=NOW + 2 * HOUR)
    record = risk_record(actor, "R-1")
    assert (done.levels_changed, record.over, record.criteria_version) == (1, True, 0)
    assert Oddity.OLDER_CRITERIA in record.oddities(actor, on=TODAY, in_force=1)
    again = commands.approve_method(actor=boss, version=made.version, now=NOW + 3 * HOUR)
    assert again.levels_changed == 0


def test_a_matrix_that_falls_or_accepts_everything_is_refused(actor):
    matrix = shipped_method().criteria.matrix
    for changes in (
        {"acceptable": Level.VERY_HIGH},
        {"matrix": matrix[:-1]},
        {"matrix": tuple(reversed(matrix))},
        {"likelihood": shipped_method().criteria.likelihood[:2]},
    ):
        with pytest.raises(CriteriaRefused):
            commands.propose_method(actor=actor, method=method(**changes), now=NOW)


def test_every_oddity_is_found_in_the_list_as_on_the_page_of_the_risk(actor, member, boss):
    worker, gone = member(), member("editor", (), "gone@example.org")
    other = system(actor, "old", name="Old", stage=Stage.OPERATION)
    inventory.register_ai_system(actor=actor, system=other, now=NOW)
    identified(actor, None)
    identified(actor, HIGH, event="undecided")
    identified(actor, HIGH, event="retained")
    decided(actor, risk_id="R-3")
    identified(actor, HIGH, event="late", owner=gone.person_id)
    decided(actor, risk_id="R-4", treatment=Treatment.AVOID, task=worker)
    identified(actor, LOW, event="nothing done")
    decided(actor, risk_id="R-5", treatment=Treatment.MODIFY, nature=Nature.TECHNICAL)
    identified(actor, LOW, event="worse")
    decided(actor, risk_id="R-6", treatment=Treatment.SHARE, task=worker)
    commands.analyse_risk(
        actor=actor, risk_id="R-6", rating=HIGH, reason=REASON, after_treatment=True,
        expected_version=version(actor, "R-6"), now=NOW + HOUR,
    )  # fmt: skip
    identified(actor, LOW, event=" NOTHING   done", system_id="old")
    identified(actor, HIGH, event="accepted")
    decided(actor, risk_id="R-8")
    commands.accept_risk(
        actor=actor, risk_id="R-8", acceptance=acceptance(UNTIL), expected_version=version(actor, "R-8"), now=NOW
    )
    inventory.update_ai_system(
        actor=actor, system=replace(other, stage=Stage.RETIREMENT), expected_version=1, now=NOW + HOUR
    )
    change_membership(organisation_id=actor.organisation_id, person_id=gone.person_id, ended_at=NOW)
    identified(actor, HIGH, event="of nobody", system_id="")
    identified(actor, HIGH, event="relies on what nobody judged")
    argued = Reduction(measure="A.7.4", why="Clean data bring it about less often", likelihood=1)
    decided(
        actor, risk_id="R-10", treatment=Treatment.MODIFY, nature=Nature.TECHNICAL, controls=("A.7.4",),
        reductions=(argued,), task=worker,
    )  # fmt: skip
    approve_all(boss, NOW + HOUR)
    identified(actor, HIGH, event="lower for no reason")
    models.Risk.objects.filter(risk_id="R-11").update(now_likelihood=1, level=2, loss_over=True)
    made = commands.propose_method(actor=actor, method=method(), now=NOW + HOUR)
    commands.approve_method(actor=boss, version=made.version, now=NOW + HOUR)
    _names, present = people(actor)
    seen = set()
    for day in (TODAY, UNTIL + DAY, TODAY + timedelta(days=400)):
        for oddity in Oddity:
            rows = risk_rows(actor).filter(oddity_rows(actor, oddity, day, made.version, sorted(present)))
            by_list = {row.risk_id for row in rows}
            by_page = {
                row.risk_id
                for row in risk_rows(actor)
                if oddity
                in replace(read_risk(row), same_text=risk_record(actor, row.risk_id).same_text).oddities(
                    actor, on=day, in_force=made.version, present=present
                )
            }
            assert by_list == by_page, (oddity, day)
            seen |= {oddity} if by_list else set()
    assert seen == set(Oddity)
    assert dict(oddity_counts(actor, TODAY))[Oddity.OWNER_LEFT] == 1


def test_the_heat_map_counts_each_risk_once_before_treatment_and_now(actor, member):
    identified(actor, HIGH)
    identified(actor, HIGH, event="Other")
    identified(actor, None, event="Unrated")
    _in_force, before, now = heat_maps(actor)
    counted = {(c.likelihood, c.consequence): c.count for row in before.rows for c in row if c.count}
    assert (counted, before.rated, before.outside, now.rated) == ({(4, 4): 2}, 2, 1, 2)


def test_owners_change_in_bulk_all_or_none(actor, member):
    identified(actor)
    other = member()
    with pytest.raises(RiskUnknown):
        commands.assign_owner(actor=actor, risk_ids=("R-1", "R-9"), owner=other.person_id, now=NOW)
    assert risk_record(actor, "R-1").risk.owner == actor.person_id
    assert commands.assign_owner(actor=actor, risk_ids=("R-1",), owner=other.person_id, now=NOW) == 1
    left = member()
    change_membership(organisation_id=actor.organisation_id, person_id=left.person_id, ended_at=NOW)
    with pytest.raises(NotAMember):
        commands.assign_owner(actor=actor, risk_ids=("R-1",), owner=left.person_id, now=NOW)


def test_viewers_write_nothing_and_strangers_see_nothing(actor, member):
    identified(actor)
    viewer = member("viewer")
    assert risk_record(viewer, "R-1").level is Level.HIGH
    with pytest.raises(NotPermitted):
        identified(viewer, event="x")
    with pytest.raises(NotPermitted):
        accept(viewer)
    stranger = found("Other Bank", email="other@example.org")
    assert risk_counts(stranger, TODAY).total == 0
    with pytest.raises(RiskUnknown):
        risk_record(stranger, "R-1")
    with pytest.raises(RiskRefused):
        identified(stranger, owner=stranger.person_id)


def test_duties_name_what_is_to_be_rated_decided_and_accepted(actor, member):
    identified(actor, None, event="unrated")
    identified(actor, HIGH, event="undecided")
    identified(actor, HIGH, event="unaccepted")
    decided(actor, risk_id="R-3")
    identified(actor, LOW, event="fine")
    assert {duty.title for duty in duties(actor, TODAY)} == {"unrated", "undecided", "unaccepted"}
    assert {duty.title for duty in duties(actor, TODAY + timedelta(days=400))} == {
        "unrated", "undecided", "unaccepted", "fine",
    }  # fmt: skip
    assert duties(member(), TODAY) == ()


def test_the_list_knows_every_filter_by_an_address_that_can_be_kept(actor):
    columns = {c.name: c for c in risk_columns(actor, TODAY, ())}
    assert {name for name, c in columns.items() if c.filtered} >= {
        "level", "over", "system", "owner", "treatment", "status", "look", "likelihood", "now_consequence",
    }  # fmt: skip


def test_a_task_asks_for_a_day_to_come_and_a_present_owner(actor):
    identified(actor)
    decided(actor, treatment=Treatment.SHARE)
    for due in (TODAY - DAY, TODAY + timedelta(days=2000)):
        with pytest.raises(TreatmentRefused):
            commands.add_task(
                actor=actor,
                risk_id="R-1",
                task=NewTask(action="x", owner=actor.person_id, due_on=due),
                now=NOW,
            )
