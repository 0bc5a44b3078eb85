"""A nonconformity of a system asks for its risks to be looked at again; a new analysis answers, and nothing else."""

import pytest

from clerestory.desk.models import Notice
from clerestory.registers.nonconformity.queries import duties, nonconformity
from clerestory.registers.nonconformity.rules import NonconformityRefused
from clerestory.store import directory, sequencer, trace
from clerestory.store.evidence import append
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Evidence, Subject
from clerestory.terms.moment import Period
from tests.organisation import NOW
from tests.processes.conftest import HOUR, followed
from tests.registers.nonconformity.walk import acted, analysed, confirmed, corrected, opened
from tests.registers.records import register


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
    from clerestory.store.models import Handover

    Handover.objects.filter(organisation_id=actor.organisation_id).update(position=0)
    followed(actor, at=NOW + HOUR)
    assert nonconformity(actor, "NC-1").risks_waiting
