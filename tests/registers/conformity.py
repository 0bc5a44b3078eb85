"""The status of requirements as the product derives it: commands, log, sequencer, index, judge."""

from datetime import datetime

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.judgement.evaluate import evaluate
from clerestory.judgement.status import RequirementStatus
from clerestory.store import sequencer
from clerestory.store.facts import fact_index
from clerestory.terms.ids import FrameworkId, RequirementId
from clerestory.terms.status import Conformity

ISO42001 = FrameworkId("iso42001-2023")


def judged(actor: Actor, requirement: str, at: datetime) -> RequirementStatus:
    """Give every entry its place and judge one requirement."""
    sequencer.sequence(actor.organisation_id)
    index = fact_index(actor.organisation_id)
    return evaluate(load(), ISO42001, index, at=at)[RequirementId(requirement)]


def conformity(actor: Actor, requirement: str, at: datetime) -> Conformity:
    """Judge one requirement and return its conformity."""
    return judged(actor, requirement, at).conformity
