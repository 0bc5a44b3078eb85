"""Concerns come in without a name, are read by their receivers alone, and leave no word of theirs in the evidence."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clerestory.desk.approval import approve
from clerestory.desk.models import Notice
from clerestory.desk.people import itself
from clerestory.desk.permit import NotPermitted
from clerestory.desk.version import ChangedMeanwhile
from clerestory.registers.incidents import commands, models, queries
from clerestory.registers.incidents.rules import MOST_AN_HOUR, Concern, ConcernRefused, Outcome, code_digest, new_code
from clerestory.registers.roles.commands import end_membership
from clerestory.store import log, sequencer
from clerestory.store.models import LogEntry
from clerestory.terms.evidence import Machine
from tests.organisation import NOW
from tests.registers.incidents.surroundings import SAID, in_force, procedure, spoken

DAY = timedelta(days=1)
DONE = Outcome(outcome="Explained and corrected", answer="You were right.", not_involved=True)


@pytest.fixture
def third(member):
    """Give a member who receives nothing."""
    return member("admin", ("designated_management",), "third@example.org")


def test_what_is_written_is_read_by_receivers_and_by_the_code_and_by_nobody_else(actor, second, third):
    in_force(actor, second)
    received = spoken(actor)
    assert queries.concern(actor, 1).text == queries.concern(second, 1).text == SAID.text
    assert queries.concern_by_code(itself(actor.organisation_id), received.code.upper()).text == SAID.text
    assert received.due_on == (NOW + 30 * DAY).date()
    for read in (lambda: queries.concerns(third), lambda: queries.concern(third, 1)):
        with pytest.raises(NotPermitted):
            read()
    with pytest.raises(NotPermitted):
        queries.concerns(replace(actor, scopes=frozenset({"read"})))
    with pytest.raises(queries.ConcernUnknown):
        queries.concern_by_code(itself(actor.organisation_id), new_code())
    assert queries.concern_counts(third, NOW.date()) == queries.ConcernCounts(all=1, open=1, late=0, in_time=0)


def test_the_evidence_names_the_topic_and_no_word_and_no_person_and_the_code_is_kept_as_a_digest(actor, second):
    in_force(actor, second)
    received = spoken(actor)
    sequencer.sequence(actor.organisation_id)
    fact = next(fact for fact in log.facts(actor.organisation_id) if fact.kind == "register.concern")
    assert isinstance(fact.produced_by, Machine)
    assert dict(fact.values) == {"topic": "unfair treatment", "anonymous": True, "due_on": "2026-12-21"}
    assert log.content(actor.organisation_id, fact.entry_id) is None
    row = models.Concern.objects.get()
    assert row.code_digest == code_digest(received.code) != received.code
    assert queries.concern(actor, 1).contact == ""
    told = Notice.objects.filter(topic="concern")
    assert {notice.person_id if hasattr(notice, "person_id") else notice.person for notice in told} == {
        actor.person_id, second.person_id,
    }  # fmt: skip
    assert not any(SAID.text[:20] in f"{notice.title} {notice.text}" for notice in told)


def test_sender_and_receiver_write_to_each_other_and_an_outcome_answers_the_concern(actor, second):
    in_force(actor, second)
    received = spoken(actor)
    sender = itself(actor.organisation_id)
    commands.answer(actor=second, number=1, text="Which branch?", now=NOW + DAY)
    commands.write_again(actor=sender, code=received.code, text="The one in Kassel.", now=NOW + 2 * DAY)
    entry_id = commands.decide_outcome(actor=actor, number=1, outcome=DONE, now=NOW + 3 * DAY)
    seen = queries.concern_by_code(sender, received.code)
    assert [(one.text, one.by) for one in seen.messages] == [
        ("Which branch?", second.person_id), ("The one in Kassel.", None), ("You were right.", actor.person_id),
    ]  # fmt: skip
    assert seen.outcome == "Explained and corrected"
    fact = log.entry(actor.organisation_id, entry_id).fact
    assert fact.answers == (queries.concern(actor, 1).entry_id,)
    assert fact.produced_by.responsible is False
    with pytest.raises(ConcernRefused, match="answered before"):
        commands.decide_outcome(actor=second, number=1, outcome=DONE, now=NOW + 3 * DAY)
    assert queries.concern_counts(actor, NOW.date()).in_time == 1


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"receivers": ()}, "Nobody receives"),
        ({"answer_days": 91}, "within 91 days"),
        ({"text": " "}, "procedure"),
        ({"outside": ""}, "place outside"),
        ({"safeguards": ("luck",)}, "no protection"),
    ],
)
def test_a_procedure_that_lacks_something_is_refused_and_nothing_is_written(actor, changes, said):
    before = LogEntry.objects.count()
    with pytest.raises(Exception, match=said):
        commands.propose_procedure(actor=actor, procedure=procedure(actor, **changes), now=NOW)
    assert LogEntry.objects.count() == before
    assert not models.Procedure.objects.exists()


@pytest.mark.parametrize(
    "said, why", [(Concern(topic="lunch", text="Cold"), "no topic"), (replace(SAID, text=" \n"), "what happened")]
)
def test_a_concern_without_words_or_topic_is_refused(actor, second, said, why):
    in_force(actor, second)
    with pytest.raises(Exception, match=why):
        spoken(actor, said)
    assert not models.Concern.objects.exists()


def test_nothing_is_taken_in_while_nobody_receives_it_or_too_much_comes(actor, second):
    with pytest.raises(ConcernRefused, match="Nobody receives"):
        spoken(actor)
    in_force(actor, second)
    for _ in range(MOST_AN_HOUR):
        spoken(actor)
    with pytest.raises(ConcernRefused, match="within an hour"):
        spoken(actor)
    spoken(actor, now=NOW + DAY)


def test_who_is_involved_leaves_the_outcome_to_somebody_else_and_two_proposals_do_not_overlap(actor, second):
    in_force(actor, second)
    spoken(actor)
    with pytest.raises(ConcernRefused, match="not involved"):
        commands.decide_outcome(actor=actor, number=1, outcome=replace(DONE, not_involved=False), now=NOW)
    assert queries.concern(actor, 1).is_open
    with pytest.raises(ChangedMeanwhile):
        commands.propose_procedure(actor=actor, procedure=procedure(actor), expected_version=0, now=NOW)


def test_a_trial_is_found_by_its_words_confirmed_by_another_receiver_and_is_no_concern(actor, second):
    with pytest.raises(ConcernRefused, match="No procedure"):
        commands.begin_trial(actor=actor, now=NOW)
    in_force(actor, second)
    trial = commands.begin_trial(actor=actor, now=NOW)
    with pytest.raises(ConcernRefused, match="runs already"):
        commands.begin_trial(actor=second, now=NOW)
    spoken(actor, replace(SAID, text=f"Only a trial: {trial.word.upper()}."))
    spoken(actor)
    assert queries.concern(second, 1).trial == trial.number
    assert queries.concern_counts(actor, NOW.date()).all == 1
    for who, came_as, why in ((actor, 1, "yourself"), (second, 2, "not of this trial"), (second, None, "still come")):
        with pytest.raises(ConcernRefused, match=why):
            commands.end_trial(actor=who, number=trial.number, came_as=came_as, now=NOW + DAY)
    entry_id = commands.end_trial(actor=second, number=trial.number, came_as=1, now=NOW + DAY)
    assert dict(log.entry(actor.organisation_id, entry_id).fact.values) == {
        "channel": "concern", "reached_receiver": True, "anonymous": True,
    }  # fmt: skip
    with pytest.raises(queries.ConcernUnknown):
        commands.end_trial(actor=second, number=trial.number, came_as=1, now=NOW + DAY)
    assert [duty.url for duty in queries.duties(actor, NOW.date())] == ["/incidents/concerns/2/"]


def test_the_last_receiver_cannot_leave_until_another_is_named(actor, second, third):
    made = commands.propose_procedure(actor=actor, procedure=procedure(second), now=NOW)
    approve(actor=second, entry_id=made, now=NOW)
    with pytest.raises(ConcernRefused, match="Nobody else would receive") as refused:
        end_membership(actor=actor, person_id=second.person_id, now=NOW + DAY)
    assert "Name another receiver" in refused.value.remedy
    end_membership(actor=actor, person_id=third.person_id, now=NOW + DAY)
    again = commands.propose_procedure(actor=actor, procedure=procedure(actor, second), now=NOW + DAY)
    approve(actor=second, entry_id=again, now=NOW + DAY)
    end_membership(actor=actor, person_id=second.person_id, now=NOW + 2 * DAY)
