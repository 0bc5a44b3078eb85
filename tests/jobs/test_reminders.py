"""The daily round tells each member once of what is theirs to do, and administrators of what will go stale."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clerestory.desk.actor import Actor
from clerestory.desk.lists import ListQuery
from clerestory.desk.models import User
from clerestory.desk.notice.inbox import NoticeRow, notices
from clerestory.desk.notice.notify import said_in
from clerestory.jobs.queue import Interrupted, stopping
from clerestory.jobs.reminders import ages, remind
from clerestory.registers.applicability.commands import decide_many
from clerestory.registers.applicability.queries import statement
from clerestory.registers.applicability.rules import Decision, Ground
from clerestory.registers.data.commands import propose_procedure
from clerestory.registers.data.rules import Procedure
from clerestory.registers.inventory.commands import register_in_four_fields
from clerestory.registers.inventory.rules.tier import UNKNOWN, FourFields


def told(actor: Actor) -> tuple[NoticeRow, ...]:
    return notices(actor, ListQuery(size=100)).rows


@pytest.fixture
def proposal(actor: Actor) -> None:
    """Let a version wait for a second person."""
    propose_procedure(
        actor=actor, procedure=Procedure(parts=("collection",), steps=("Look at each row.",), text="As follows.")
    )


def test_who_could_approve_hears_of_it_once_and_the_proposer_does_not(actor, second, proposal):
    remind()
    remind()
    waiting = [row for row in told(second) if row.topic == "approval"]
    assert len(waiting) == 1
    assert waiting[0].url == "/data/procedure/"
    assert [row for row in told(actor) if row.topic == "approval"] == []


def test_the_decisions_on_all_controls_are_one_notice_and_not_thirty_eight(actor, second):
    reason = "We train a model on rows about people."
    decide_many(
        actor=actor,
        decisions=[
            Decision(control=row.control, included=True, justification=reason, ground=Ground.LAW)
            for row in statement(actor)
        ],
    )
    remind()
    remind()
    (waiting,) = [row for row in told(second) if row.topic == "approval"]
    assert waiting.title.endswith("and 37 more like it")
    assert waiting.url == "/"


def test_it_is_said_in_the_language_of_the_reader(second, proposal):
    User.objects.filter(pk=second.user_id).update(language="de")
    remind()
    assert any("Waits for your approval" in row.title or "Freigabe" in row.title for row in told(second))


def test_what_is_to_be_decided_is_told_once_to_who_may_decide_and_not_to_who_only_reads(actor, member):
    reader = member("viewer")
    remind()
    before = told(actor)
    assert any("undecided" in row.title for row in before)
    remind()
    assert told(actor) == before
    assert [row for row in told(reader) if row.topic == "reminder"] == []


def test_a_round_is_left_at_once_when_the_worker_is_asked_to_end_and_loses_nothing(actor):
    stopping.set()
    try:
        with pytest.raises(Interrupted):
            remind()
    finally:
        stopping.clear()
    assert told(actor) == ()
    remind()
    assert len(told(actor)) > 0


def test_a_round_that_has_nothing_new_to_say_asks_as_little_of_many_duties_as_of_few(actor):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            remind()
        return len(queries)

    first, few, before = asked(), asked(), len(told(actor))
    for number in range(12):
        said = FourFields(f"Desk {number}", "Ranks letters", actor.person_id, UNKNOWN)
        register_in_four_fields(actor=actor, said=said)
    told_many, many = asked(), asked()
    assert (len(told(actor)) > before + 10, many) == (True, few)
    assert told_many <= first + 2  # a savepoint more where e-mails go out


@pytest.mark.parametrize(
    "language, title", [("en", "9.2 goes stale on 29 Nov 2026"), ("de", "9.2 veraltet am 29. Nov 2026")]
)
def test_the_day_on_which_a_requirement_ages_is_written_as_the_reader_writes_days(language, title):
    assert said_in(language, ages("9.2", date(2026, 11, 29))) == title
