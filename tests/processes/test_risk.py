"""A nonconformity of a system asks for its risks to be looked at again; a new analysis answers, and nothing else."""

import pytest

from clerestory.desk.models import Notice
from clerestory.jobs.reminders import remind
from clerestory.registers.nonconformity.queries import duties, nonconformity
from clerestory.registers.nonconformity.rules import NonconformityRefused
from clerestory.registers.risk.commands import analyse_risk, close_risk
from clerestory.store import directory, sequencer, trace
from clerestory.store.evidence import append
from clerestory.store.models import Handover
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Evidence, Subject
from clerestory.terms.moment import Period
from tests.organisation import NOW
from tests.processes.conftest import HOUR, followed
from tests.registers.nonconformity.walk import acted, analysed, confirmed, corrected, opened
from tests.registers.records import register
from tests.registers.risk.risks import HIGH, REASON, identified


@pytest.fixture
def third(member):
    """Give somebody who confirms effects."""
    return member("editor", (), "third@example.org")


@pytest.fixture
def risk(actor, second):
    """Make a risk of the system known, owned by the second person, as its register does."""
    register(actor)
    directory.publish(actor.organisation_id, "risk", "R-1", "R-1 Unfair refusals", "/risk/R-1/", second.person_id)
    trace.link(actor.organisation_id, "risk", "R-1", "concerns", "ai_system", "credit-scoring")
    sequencer.sequence(actor.organisation_id)


def analyse(actor, *, at):
    """Append an analysis of the risk."""
    made = Evidence(
        kind="record.risk_analysis",
        subject=Subject("risk", "R-1"),
        produced_by=actor.person(),
        observed=Period.at(at),
        entity="risk_analysis/R-1",
        values=values_of_analysis(),
    )
    with atomic():
        append(made, organisation_id=actor.organisation_id, now=at)
    sequencer.sequence(actor.organisation_id)
    followed(actor, at=at)


def values_of_analysis():
    """Return the fields that the catalogue asks of an analysis, by its own example."""
    from clerestory.catalogue.load import load

    kind = load().kinds["record.risk_analysis"]
    return {name: tuple(v) if isinstance(v, list) else v for name, v in kind.example.items()}


def test_the_owner_of_a_risk_is_asked_once_and_the_effect_waits_for_it(actor, second, third, risk):
    opened(actor, system_id="credit-scoring")
    sequencer.sequence(actor.organisation_id)
    followed(actor, at=NOW)
    assert [record.id for record in nonconformity(actor, "NC-1").risks_waiting] == ["R-1"]
    assert Notice.objects.filter(person_id=second.person_id, topic="risk").count() == 1
    assert [duty.url for duty in duties(second, NOW.date())] == ["/risk/R-1/"]
    corrected(actor)
    analysed(actor, second)
    acted(actor, second, third)
    with pytest.raises(NonconformityRefused, match="Unfair refusals"):
        confirmed(third)
    analyse(second, at=NOW + HOUR)
    detail = nonconformity(actor, "NC-1")
    assert [record.id for record in detail.risks_reviewed] == ["R-1"] and not detail.risks_waiting
    assert duties(second, NOW.date()) == ()
    confirmed(third, now=NOW + 2 * HOUR)


def test_an_analysis_from_before_does_not_answer(actor, second, risk):
    analyse(second, at=NOW)
    opened(actor, system_id="credit-scoring", now=NOW + HOUR)
    sequencer.sequence(actor.organisation_id)
    followed(actor, at=NOW + HOUR)
    assert nonconformity(actor, "NC-1").risks_waiting
    Handover.objects.filter(organisation_id=actor.organisation_id).update(position=0)
    followed(actor, at=NOW + HOUR)
    assert nonconformity(actor, "NC-1").risks_waiting


def test_two_that_ask_for_one_risk_are_one_notice_and_one_duty_until_it_was_looked_at(actor, second, risk):
    def handed_on(at):
        sequencer.sequence(actor.organisation_id)
        followed(actor, at=at)
        remind()
        return Notice.objects.filter(person_id=second.person_id, url="/risk/R-1/").count()

    opened(actor, system_id="credit-scoring")
    opened(actor, system_id="credit-scoring", title="Texts were lost")
    assert handed_on(NOW) == handed_on(NOW) == 1
    assert [duty.url for duty in duties(second, NOW.date())] == ["/risk/R-1/"]
    analyse(second, at=NOW + HOUR)
    assert duties(second, NOW.date()) == ()
    opened(actor, system_id="credit-scoring", title="It happened again", now=NOW + 2 * HOUR)
    assert handed_on(NOW + 2 * HOUR) == handed_on(NOW + 2 * HOUR) == 2


def test_a_risk_identified_while_a_nonconformity_is_open_is_asked_for_unless_it_was_analysed_at_once(actor, second):
    register(actor)
    opened(actor, system_id="credit-scoring")
    opened(actor, title="Of no system")
    sequencer.sequence(actor.organisation_id)
    followed(actor, at=NOW)
    identified(second, None, at=NOW + HOUR)
    identified(second, HIGH, at=NOW + HOUR, event="It is asked for too much")
    identified(second, None, at=NOW + HOUR, event="Of the organisation", system_id="")
    for _again in range(2):
        sequencer.sequence(actor.organisation_id)
        followed(actor, at=NOW + HOUR)
        Handover.objects.filter(organisation_id=actor.organisation_id).update(position=0)
    detail = nonconformity(actor, "NC-1")
    assert [record.id for record in detail.risks_waiting] == ["R-1"]
    assert [record.id for record in detail.risks_reviewed] == ["R-2"]
    assert nonconformity(actor, "NC-2").risks_waiting == ()
    assert list(Notice.objects.filter(topic="risk").values_list("person_id", "url")) == [
        (second.person_id, "/risk/R-1/")
    ]
    said = {"rating": HIGH, "reason": REASON, "expected_version": 1, "now": NOW + 2 * HOUR}
    analyse_risk(actor=second, risk_id="R-1", **said)
    sequencer.sequence(actor.organisation_id)
    followed(actor, at=NOW + 2 * HOUR)
    assert nonconformity(actor, "NC-1").risks_waiting == ()


def test_a_closed_risk_is_not_asked_for_and_to_close_one_answers(actor, second):
    register(actor)
    identified(second, None, at=NOW)
    identified(second, None, at=NOW, event="It is asked for too much")
    for version, who in ((1, second), (2, actor)):
        close_risk(actor=who, risk_id="R-1", reason=REASON, expected_version=version, now=NOW)
    opened(actor, system_id="credit-scoring", now=NOW + HOUR)
    sequencer.sequence(actor.organisation_id)
    followed(actor, at=NOW + HOUR)
    assert [record.id for record in nonconformity(actor, "NC-1").risks_waiting] == ["R-2"]
    for version, who in ((1, second), (2, actor)):
        close_risk(actor=who, risk_id="R-2", reason=REASON, expected_version=version, now=NOW + 2 * HOUR)
    sequencer.sequence(actor.organisation_id)
    followed(actor, at=NOW + 2 * HOUR)
    detail = nonconformity(actor, "NC-1")
    assert detail.risks_waiting == ()
    assert [record.id for record in detail.risks_reviewed] == ["R-2"]
