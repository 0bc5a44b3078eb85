"""What the commands of the context take, refuse and write: nothing half, nothing twice, nothing of others."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from clerestory.desk.permit import NotPermitted
from clerestory.desk.version import ChangedMeanwhile
from clerestory.registers.context import commands, queries
from clerestory.registers.context.queries import ContextUnknown
from clerestory.registers.context.rules import ContextRefused
from clerestory.registers.context.rules.party import Decision, Need
from clerestory.registers.context.rules.scope import Exclusion
from clerestory.store import log
from clerestory.store.directory import find
from clerestory.terms.day import DayUnusable
from clerestory.terms.text import TextUnusable
from tests.organisation import NOW, found
from tests.registers.context.surroundings import PLACE, REVIEW, SCOPE, bound, issue, party
from tests.registers.records import register


def entries(actor):
    return log.search(actor.organisation_id, log.Search()).total


def test_numbers_go_on_and_a_record_is_changed_from_the_version_that_was_seen(actor):
    first = commands.note_issue(actor=actor, said=issue("One"), now=NOW)
    second = commands.note_issue(actor=actor, said=issue("Two"), now=NOW)
    assert (first.record_id, second.record_id) == ("issue-1", "issue-2")
    said = replace(issue("One, and more"), issue_id="issue-1")
    assert commands.change_issue(actor=actor, said=said, expected_version=1, now=NOW).version == 2
    with pytest.raises(ChangedMeanwhile):
        commands.change_issue(actor=actor, said=said, expected_version=1, now=NOW)
    assert queries.issue(actor, "issue-1").issue.text == "One, and more"


def test_what_ended_is_shown_as_ended_leaves_the_directory_and_is_changed_no_more(actor):
    commands.note_issue(actor=actor, said=issue("One"), now=NOW)
    commands.end_issue(actor=actor, issue_id="issue-1", reason="It is over", expected_version=1, now=NOW)
    record = queries.issue(actor, "issue-1")
    assert (record.ended_reason, record.version) == ("It is over", 2)
    assert find(actor.organisation_id, "context_issue") == ()
    before = entries(actor)
    with pytest.raises(ContextRefused):
        commands.end_issue(actor=actor, issue_id="issue-1", reason="Again", expected_version=2, now=NOW)
    with pytest.raises(ChangedMeanwhile):
        commands.change_issue(actor=actor, said=record.issue, expected_version=2, now=NOW)
    assert entries(actor) == before


@pytest.mark.parametrize(
    "write, word",
    [
        (lambda a: commands.note_issue(actor=a, said=issue("x", "weather")), "weather"),
        (lambda a: commands.note_issue(actor=a, said=issue(" ")), "empty"),
        (lambda a: commands.note_issue(actor=a, said=issue("a\x00b")), r"U\+0000"),
        (lambda a: commands.review_context(actor=a, review=REVIEW), "no issue to weigh"),
        (lambda a: commands.note_party(actor=a, said=party()), "no need"),
        (lambda a: commands.note_party(actor=a, said=party(Need(text="x"), Need(text="x"))), "twice"),
        (lambda a: commands.note_party(actor=a, said=party(Need(text="x", decision=Decision.DECLINED))), "why"),
        (
            lambda a: commands.note_party(
                actor=a, said=party(Need(text="x", decision=Decision.ADOPTED, answered_by=("A.99",)))
            ),
            "A.99",
        ),
        (lambda a: commands.note_party(actor=a, said=party(Need(text="x", answered_by=("A.8.2",)))), "not taken on"),
        (lambda a: commands.review_parties(actor=a), "Nothing was decided"),
        (lambda a: commands.trace_needs(actor=a), "answered"),
        (lambda a: commands.note_obligation(actor=a, said=bound(a, jurisdiction="Mars")), "Mars"),
        (lambda a: commands.note_obligation(actor=a, said=bound(a, jurisdiction="")), "names the jurisdiction"),
        (lambda a: commands.note_obligation(actor=a, said=bound(a, systems=("none",))), "none"),
        (lambda a: commands.note_obligation(actor=a, said=bound(a, valid_until=date(2020, 1, 1))), "ends before"),
        (lambda a: commands.review_law(actor=a, jurisdictions=(), law_as_of=NOW.date(), now=NOW), "No jurisdiction"),
        (
            lambda a: commands.review_law(
                actor=a, jurisdictions=("EU",), law_as_of=NOW.date() + timedelta(days=1), now=NOW
            ),
            "not known yet",
        ),
        (
            lambda a: commands.propose_scope(actor=a, scope=replace(SCOPE, exclusions=(Exclusion("Chat", ""),))),
            "why 'Chat'",
        ),
        (lambda a: commands.propose_scope(actor=a, scope=replace(SCOPE, none_excluded=True)), "Nothing is left out"),
        (lambda a: commands.propose_scope(actor=a, scope=replace(SCOPE, inside={"moon": ("x",)})), "moon"),
        (lambda a: commands.place_system(actor=a, said=replace(PLACE, roles=())), "no AI role"),
        (lambda a: commands.place_system(actor=a, said=replace(PLACE, roles=("owner",))), "owner"),
    ],
)
def test_what_stays_undecided_or_contradicts_itself_is_refused_and_nothing_is_written(actor, write, word):
    register(actor)
    before = entries(actor)
    with pytest.raises((ContextRefused, TextUnusable), match=word):
        write(actor)
    assert entries(actor) == before


def test_one_party_stands_once_whatever_the_case_of_its_name(actor):
    commands.note_party(actor=actor, said=party(Need(text="x")), now=NOW)
    with pytest.raises(ContextRefused, match="already"):
        commands.note_party(actor=actor, said=party(Need(text="y"), name="APPLICANTS"), now=NOW)


def test_a_system_that_nobody_registered_is_not_placed_and_the_same_decision_is_not_written_twice(actor):
    with pytest.raises(ContextUnknown):
        commands.place_system(actor=actor, said=PLACE, now=NOW)
    register(actor)
    commands.place_system(actor=actor, said=PLACE, now=NOW)
    again = commands.place_system(actor=actor, said=replace(PLACE, justification="It ranks people."), now=NOW)
    assert (again.membership.version, again.ai_role) == (2, None)
    with pytest.raises(ContextRefused, match="as they were"):
        commands.place_system(actor=actor, said=replace(PLACE, justification="It ranks people."), now=NOW)


def test_a_scope_is_proposed_from_the_version_that_was_seen_and_not_twice_alike(actor):
    commands.propose_scope(actor=actor, scope=SCOPE, expected_version=0, now=NOW)
    with pytest.raises(ContextRefused, match="as it was"):
        commands.propose_scope(actor=actor, scope=SCOPE, now=NOW)
    with pytest.raises(ChangedMeanwhile):
        commands.propose_scope(actor=actor, scope=replace(SCOPE, text="Other."), expected_version=0, now=NOW)


def test_an_at_sign_in_a_need_makes_it_wait_for_no_day(actor):
    said = party(Need(text="pay back@2999-01-01"))
    made = commands.note_party(actor=actor, said=said, now=NOW)
    fact = log.entry(actor.organisation_id, made.entry_id).fact
    assert fact.lists["interested_party_needs"] == ("Applicants: pay back at 2999-01-01",)


def test_readers_write_nothing_and_strangers_see_nothing(actor, member):
    register(actor)
    commands.note_issue(actor=actor, said=issue("One"), now=NOW)
    commands.note_party(actor=actor, said=party(Need(text="x")), now=NOW)
    commands.note_obligation(actor=actor, said=bound(actor), now=NOW)
    viewer = member("viewer")
    assert len(queries.issues(viewer)) == len(queries.parties(viewer)) == len(queries.obligations(viewer)) == 1
    for write in (
        lambda: commands.note_issue(actor=viewer, said=issue("x")),
        lambda: commands.note_party(actor=viewer, said=party(Need(text="y"), name="B")),
        lambda: commands.place_system(actor=viewer, said=PLACE),
        lambda: commands.propose_scope(actor=viewer, scope=SCOPE),
    ):
        with pytest.raises(NotPermitted):
            write()
    stranger = found("Other Bank", email="other@example.org")
    assert queries.issues(stranger) == queries.parties(stranger) == queries.obligations(stranger) == ()
    with pytest.raises(ContextUnknown):
        queries.party(stranger, "party-1")


def test_who_watches_an_obligation_is_told_before_it_comes_into_force_and_once_it_ran_out(actor):
    day = NOW.date()
    commands.note_obligation(actor=actor, said=bound(actor, title="Soon", valid_from=day + timedelta(days=20)), now=NOW)
    commands.note_obligation(actor=actor, said=bound(actor, title="Far", valid_from=day + timedelta(days=90)), now=NOW)
    commands.note_obligation(actor=actor, said=bound(actor, title="Over", valid_until=day - timedelta(days=1)), now=NOW)
    told = queries.duties(actor, day)
    assert [duty.title for duty in told] == ["Over", "Soon"]
    assert told[0].is_late(day)


@pytest.mark.parametrize(
    "write, word",
    [
        (
            lambda a: commands.review_law(actor=a, jurisdictions=("EU",), law_as_of=date(1, 1, 1), now=NOW),
            "whose law was looked at is 0001-01-01",
        ),
        (
            lambda a: commands.note_obligation(actor=a, said=bound(a, valid_from=date(2100, 1, 1)), now=NOW),
            "obligation binds is 2100-01-01",
        ),
        (
            lambda a: commands.note_obligation(actor=a, said=bound(a, valid_from=date(1, 1, 1)), now=NOW),
            "obligation binds is 0001-01-01",
        ),
    ],
)
def test_a_day_that_nobody_can_mean_is_refused_by_name(actor, write, word):
    profiled = log.search(actor.organisation_id, log.Search()).total
    with pytest.raises(DayUnusable, match=word):
        write(actor)
    assert log.search(actor.organisation_id, log.Search()).total == profiled
