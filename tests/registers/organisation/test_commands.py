"""The organisation and its processes: every change is a row and an entry together, by people who may."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest

from clerestory.desk.actor import RoleNotHeld
from clerestory.desk.approval import approve, standings
from clerestory.desk.entrance.links import LinkSpent, first_owner_link
from clerestory.desk.lists import ListQuery
from clerestory.desk.models import User
from clerestory.desk.people import NotAMember, members
from clerestory.desk.permit import NotPermitted
from clerestory.desk.version import ChangedMeanwhile
from clerestory.registers.organisation import commands, queries
from clerestory.registers.organisation.rules import (
    MOST_PLANNED_RUNS,
    OrganisationRefused,
    Process,
    Profile,
    Run,
    planned_runs,
)
from clerestory.store import directory, log
from clerestory.store.evidence.shape import EvidenceFromTheFuture, EvidenceRefused
from clerestory.store.models import LogEntry
from clerestory.terms.day import DayUnusable
from clerestory.terms.evidence import Content, Subject
from clerestory.terms.ids import EntryId
from tests.organisation import NOW, PASSWORD, found

PROFILE = Profile(
    name="Northlight",
    units=("Retail credit", " Retail credit ", ""),
    sites=("Head office",),
    jurisdictions=("EU", "CH"),
)
FIRST = date(2026, 9, 1)


@pytest.fixture
def process(actor):
    """Give a registered monthly process of clause 8."""
    made = Process(
        process_id="risk-assessment",
        name="Risk assessment",
        clause_family="8",
        owner=actor.person_id,
        interval="P1M",
        first_run_on=FIRST,
    )
    commands.register_process(actor=actor, process=made, now=NOW)
    return made


def fact(actor, entry_id):
    return log.entry(actor.organisation_id, entry_id).fact


def test_the_founder_administers_an_organisation_whose_first_entry_is_its_profile(actor):
    record = queries.organisation(actor)
    first = fact(actor, record.entry_id)
    assert (first.kind, first.subject) == ("register.organisation", Subject("organisation", actor.organisation_id))
    where = {"units": ("Retail credit",), "sites": ("Head office",), "jurisdictions": ("EU",)}
    assert first.values == where | {"time_zone": "UTC"}
    assert first.lists == {"jurisdictions": ("EU",), "relevant_functions": ("Retail credit",)}
    assert log.content(actor.organisation_id, record.entry_id).decode() == record.profile.name
    assert [(m.email, m.access) for m in members(actor)] == [("owner@example.org", "admin")]
    assert first.produced_by.person_id == actor.person_id
    assert "Ada" not in str(log.entry(actor.organisation_id, record.entry_id).facts)
    rows = LogEntry.objects.filter(organisation_id=actor.organisation_id).order_by("id")
    kinds = rows.values_list("kind", flat=True)
    assert list(kinds) == ["register.organisation", "record.membership"]


@pytest.mark.django_db
def test_a_link_founds_one_organisation():
    link = first_owner_link(now=NOW)
    arguments = {
        "link": link,
        "profile": PROFILE,
        "email": "a@example.org",
        "name": "A",
        "password": PASSWORD,
        "now": NOW,
    }
    assert commands.found_organisation(**arguments).organisation_id.startswith("northlight-")
    with pytest.raises(LinkSpent):
        commands.found_organisation(**arguments)


@pytest.mark.django_db
def test_a_refused_founding_leaves_nothing_and_the_link_unspent():
    link = first_owner_link(now=NOW)
    arguments = {
        "link": link,
        "profile": PROFILE,
        "email": "a@example.org",
        "name": "A",
        "password": PASSWORD,
        "now": NOW,
    }
    with pytest.raises(OrganisationRefused):
        commands.found_organisation(**{**arguments, "profile": Profile(name=" ")})
    assert not User.objects.exists()
    assert commands.found_organisation(**arguments)


@pytest.mark.django_db
def test_a_link_is_no_way_into_the_account_of_somebody_else():
    found(email="ada@example.org", password=PASSWORD)
    arguments = {
        "link": first_owner_link(now=NOW),
        "profile": PROFILE,
        "email": "Ada@example.org",
        "name": "A",
        "now": NOW,
    }
    with pytest.raises(OrganisationRefused, match="its password"):
        commands.found_organisation(**arguments, password="a guess of mine")
    assert commands.found_organisation(**arguments, password=PASSWORD)


def test_a_new_profile_is_a_new_version_seen_by_everybody(actor, organisation):
    changed = commands.change_organisation(actor=actor, profile=PROFILE, expected_version=1, now=NOW)
    record = queries.organisation(actor)
    assert (record.version, changed.version, record.entry_id) == (2, 2, changed.entry_id)
    assert record.profile.units == ("Retail credit",)
    assert fact(actor, changed.entry_id).entity_version == 2
    assert directory.known(organisation, "organisation", organisation).label == "Northlight"
    with pytest.raises(ChangedMeanwhile):
        commands.change_organisation(actor=actor, profile=PROFILE, expected_version=1, now=NOW)


def test_only_an_administrator_changes_the_organisation(actor, second):
    with pytest.raises(NotPermitted):
        commands.change_organisation(actor=second, profile=PROFILE, expected_version=1, now=NOW)
    assert queries.organisation(second).version == 1


def test_a_process_plans_its_runs_and_counts_among_the_processes(actor, process):
    entry = fact(actor, queries.process_of(actor, "risk-assessment").entry_id)
    assert entry.lists["aims_processes"] == ("risk-assessment",)
    assert entry.lists["planned_runs"][:3] == (
        "risk-assessment@2026-09-01",
        "risk-assessment@2026-10-01",
        "risk-assessment@2026-10-31",
    )
    assert entry.lists["planned_runs"][-1] <= "risk-assessment@2027-11-21"
    assert entry.links == (Subject("organisation", actor.organisation_id),)
    assert directory.known(actor.organisation_id, "process", "risk-assessment").owner == actor.person_id


def test_a_daily_process_is_planned_for_the_last_year_and_the_next_however_long_it_runs(process):
    daily = replace(process, interval="P1D", first_run_on=date(2017, 1, 1))
    days = planned_runs(daily, date(2028, 2, 29))
    assert (days[-1], len(days)) == (date(2029, 2, 28), MOST_PLANNED_RUNS)
    assert date(2027, 2, 28) in days and date(2028, 2, 29) in days
    assert planned_runs(replace(process, first_run_on=date(2028, 3, 1)), date(2026, 1, 1)) == ()


@pytest.mark.parametrize("first", [date(1, 1, 1), date(2015, 12, 31), date(2027, 11, 22), date.max])
def test_a_first_run_that_is_a_slip_is_refused(actor, process, first):
    with pytest.raises((OrganisationRefused, DayUnusable)):
        commands.register_process(actor=actor, process=replace(process, process_id="b", first_run_on=first), now=NOW)
    assert directory.known(actor.organisation_id, "process", "b") is None


@pytest.mark.parametrize(
    "change",
    [
        {"process_id": "Risk Assessment"},
        {"process_id": ""},
        {"name": " "},
        {"clause_family": "11"},
        {"interval": "1M"},
        {"interval": "PT1H"},
        {"interval": "P0D"},
        {"process_id": "risk-assessment"},
    ],
)
def test_an_unusable_or_doubled_process_is_refused(actor, process, change):
    with pytest.raises(OrganisationRefused):
        commands.register_process(actor=actor, process=replace(process, **{"process_id": "other", **change}), now=NOW)


def test_the_owner_of_a_process_is_a_member(actor, process):
    with pytest.raises(NotAMember):
        commands.register_process(actor=actor, process=replace(process, process_id="b", owner="person-0"), now=NOW)


def test_missed_runs_cannot_be_planned_away(actor, process):
    with pytest.raises(OrganisationRefused, match="cannot be moved"):
        commands.change_process(
            actor=actor, process=replace(process, first_run_on=date(2026, 11, 1)), expected_version=1, now=NOW
        )
    changed = commands.change_process(actor=actor, process=replace(process, name="Risks"), expected_version=1, now=NOW)
    assert fact(actor, changed.entry_id).lists["planned_runs"][0] == "risk-assessment@2026-09-01"
    with pytest.raises(queries.ProcessUnknown):
        commands.change_process(actor=actor, process=replace(process, process_id="other"), expected_version=1, now=NOW)


def run(**changes):
    plain = Run(
        process_id="risk-assessment",
        planned_for=FIRST,
        outcome="completed",
        criteria_met=True,
        ran_at=NOW - timedelta(days=60),
    )
    return replace(plain, **changes)


def test_a_completed_run_covers_its_day_and_a_missed_one_is_recorded_and_covers_nothing(actor, process):
    report = Content(b"minutes", "text/plain")
    done = fact(actor, commands.record_process_run(actor=actor, run=run(), report=report, now=NOW).entry_id)
    assert (done.covers, done.has_content) == (("risk-assessment@2026-09-01",), True)
    assert done.observed.end == NOW - timedelta(days=60)
    missed = run(planned_for=date(2026, 10, 1), outcome="missed", criteria_met=False)
    assert fact(actor, commands.record_process_run(actor=actor, run=missed, now=NOW).entry_id).covers == ()
    page = queries.runs(actor, "risk-assessment", ListQuery())
    assert [(line.planned_for, line.outcome) for line in page.rows] == [
        (date(2026, 10, 1), "missed"),
        (FIRST, "completed"),
    ]


@pytest.mark.parametrize(
    "what,refusal",
    [
        (run(outcome="green"), OrganisationRefused),
        (run(planned_for=date(2026, 9, 2)), OrganisationRefused),
        (run(outcome="missed"), OrganisationRefused),
        (run(process_id="other"), queries.ProcessUnknown),
        (run(ran_at=NOW + timedelta(days=1)), EvidenceFromTheFuture),
    ],
)
def test_a_run_that_cannot_have_been_is_refused_and_leaves_nothing(actor, process, what, refusal):
    before = LogEntry.objects.count()
    with pytest.raises(refusal):
        commands.record_process_run(actor=actor, run=what, now=NOW)
    assert queries.runs(actor, "risk-assessment", ListQuery()).total == 0
    assert LogEntry.objects.count() == before


def test_the_description_covers_every_process_and_waits_for_a_second_person(actor, second, process):
    text = Content(b"How the processes act together.", "text/markdown")
    written = commands.describe_management_system(actor=actor, version="1.0", description=text, now=NOW)
    record = fact(actor, written.entry_id)
    assert (record.values, record.covers) == ({"version": "1.0", "processes": 1}, ("risk-assessment",))
    assert standings(actor, (written.entry_id,))[written.entry_id].is_open
    approve(actor=second, entry_id=written.entry_id, now=NOW)
    assert standings(actor, (written.entry_id,))[written.entry_id].is_approved


def test_a_description_without_processes_or_text_is_refused(actor):
    with pytest.raises(OrganisationRefused):
        commands.describe_management_system(actor=actor, version="1", description=Content(b"x", "text/plain"), now=NOW)


def test_only_top_management_acts_as_top_management(actor, member):
    head = member("editor", roles=("top_management",))
    written = commands.record_leadership_act(actor=head, duty="means", act="Approved two posts", now=NOW)
    record = fact(actor, written.entry_id)
    assert (record.produced_by.role, record.covers) == ("top_management", ("means",))
    with pytest.raises(RoleNotHeld):
        commands.record_leadership_act(actor=actor, duty="means", act="x", now=NOW)
    with pytest.raises(OrganisationRefused):
        commands.record_leadership_act(actor=head, duty="means", act=" ", now=NOW)


def nothing(actor, **changes):
    arguments = {
        "register": "incident",
        "subject": Subject("organisation", actor.organisation_id),
        "period_from": date(2026, 8, 1),
        "period_to": date(2026, 10, 31),
        "how_known": "alarms, concerns and tickets compared",
    }
    return commands.record_nil_return(actor=actor, now=NOW, **{**arguments, **changes})


def test_a_nil_return_says_how_it_is_known_and_waits_for_a_second_person(actor, second):
    written = nothing(actor)
    assert fact(actor, written.entry_id).values["register"] == "incident"
    approve(actor=second, entry_id=written.entry_id, now=NOW)
    for change, refusal in (
        ({"period_to": date(2026, 7, 1)}, OrganisationRefused),
        ({"period_to": date(2026, 12, 1)}, OrganisationRefused),
        ({"period_from": date(1, 1, 1)}, DayUnusable),
        ({"period_from": date(2015, 12, 31)}, DayUnusable),
        ({"how_known": " "}, OrganisationRefused),
        ({"register": "holiday"}, EvidenceRefused),
        ({"subject": Subject("ai_system", "nowhere")}, OrganisationRefused),
        ({"subject": Subject("organisation", "other-bank")}, OrganisationRefused),
    ):
        with pytest.raises(refusal):
            nothing(actor, **change)


def test_a_change_is_wanted_planned_approved_by_management_and_reviewed(actor, second, member):
    wanted = commands.register_change(
        actor=actor, wanted="A second site joins", plan_by=date(2026, 12, 1), review_by=date(2027, 2, 1), now=NOW
    )
    planned = commands.plan_change(
        actor=actor, change_entry=wanted.entry_id, consequences="More audits", resources_named=True, now=NOW
    )
    assert fact(actor, planned.entry_id).answers == (wanted.entry_id,)
    approve(actor=second, entry_id=planned.entry_id, role="designated_management", now=NOW)
    reviewed = commands.review_change(actor=actor, change_entry=wanted.entry_id, outcome="as intended", now=NOW)
    assert fact(actor, reviewed.entry_id).answers == (wanted.entry_id,)
    assert queries.records(actor, ListQuery(search="second site")).total == 3
    for refused in (
        lambda: commands.plan_change(
            actor=actor, change_entry=EntryId("entry-0"), consequences="x", resources_named=True, now=NOW
        ),
        lambda: commands.review_change(actor=actor, change_entry=wanted.entry_id, outcome="fine", now=NOW),
        *(
            partial(commands.register_change, actor=actor, wanted="x", plan_by=plan, review_by=review, now=NOW)
            for plan, review in (
                (date(2027, 2, 2), date(2027, 2, 1)),
                (date(1, 1, 1), date(2027, 2, 1)),
                (date(2026, 11, 20), date(2027, 2, 1)),
                (date(2026, 12, 1), date.max),
            )
        ),
    ):
        with pytest.raises((OrganisationRefused, DayUnusable)):
            refused()


def test_a_viewer_reads_and_changes_nothing(actor, member, process):
    viewer = member("viewer")
    assert queries.processes(viewer, ListQuery()).total == 1
    for refused in (
        lambda: commands.register_process(actor=viewer, process=process, now=NOW),
        lambda: commands.change_process(actor=viewer, process=process, expected_version=1, now=NOW),
        lambda: commands.record_process_run(actor=viewer, run=run(), now=NOW),
        lambda: commands.record_leadership_act(actor=viewer, duty="means", act="x", now=NOW),
        lambda: commands.describe_management_system(
            actor=viewer, version="1", now=NOW, description=Content(b"x", "text/plain")
        ),
        lambda: nothing(viewer),
        lambda: commands.register_change(actor=viewer, wanted="x", plan_by=FIRST, review_by=FIRST, now=NOW),
        lambda: commands.plan_change(
            actor=viewer, change_entry=EntryId("e"), consequences="x", resources_named=True, now=NOW
        ),
        lambda: commands.review_change(actor=viewer, change_entry=EntryId("e"), outcome="as intended", now=NOW),
    ):
        with pytest.raises(NotPermitted):
            refused()


def test_another_organisation_sees_none_of_it(actor, process):
    commands.record_process_run(actor=actor, run=run(), now=NOW)
    other = found("Southlight", email="south@example.org")
    assert queries.processes(other, ListQuery()).total == queries.records(other, ListQuery()).total == 0
    assert queries.runs(other, "risk-assessment", ListQuery()).total == 0
    with pytest.raises(queries.ProcessUnknown):
        queries.process_of(other, "risk-assessment")


def test_a_list_of_a_hundred_processes_costs_three_queries(actor, process, django_assert_num_queries):
    for number in range(30):
        commands.register_process(actor=actor, process=replace(process, process_id=f"p{number}"), now=NOW)
    with django_assert_num_queries(3):
        assert len(queries.processes(actor, ListQuery(size=100)).rows) == 31
