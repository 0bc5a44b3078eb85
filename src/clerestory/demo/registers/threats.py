"""Threats of the demo's assistant: from facts about how it is built, one of them a risk, some still open."""

from clerestory.demo.people import Staff
from clerestory.demo.told import Clock, day, story
from clerestory.registers.risk.commands import (
    analyse_risk,
    decide_mitigation,
    describe_architecture,
    raise_threat,
    review_threats,
    set_threat_aside,
)
from clerestory.registers.risk.queries.record import risk_record
from clerestory.registers.risk.rules.scale import DIMENSIONS, Rating
from clerestory.registers.risk.rules.threat_cover import Decided, Measure


def model_threats(staff: Staff, clock: Clock) -> str:
    """Describe the architecture, decide on mitigations, make a risk of a threat; return the risk's id."""
    told = story("threats")
    system_id = told["system"]
    version = describe_architecture(
        actor=staff.engineer, system_id=system_id, facts=told["facts"], expected_version=0, now=clock()
    ).version
    for said in told["mitigation"]:
        decided = Decided(
            measure=Measure(said["measure"]),
            reason=said["reason"],
            due_on=day(clock, said["due_in_days"]) if "due_in_days" in said else None,
        )
        version = decide_mitigation(
            actor=staff.engineer,
            system_id=system_id,
            mitigation=said["id"],
            said=decided,
            expected_version=version,
            now=clock(),
        ).version
    aside = told["aside"]
    set_threat_aside(
        actor=staff.engineer,
        system_id=system_id,
        threat_id=aside["threat"],
        reason=aside["reason"],
        expected_version=version,
        now=clock(),
    )
    raised = told["raised"]
    made = raise_threat(actor=staff.engineer, system_id=system_id, threat_id=raised["threat"], now=clock())
    likelihood, *steps = raised["rating"]
    analyse_risk(
        actor=staff.lead,
        risk_id=made.risk_id,
        rating=Rating(likelihood, tuple(zip(DIMENSIONS, steps, strict=True))),
        reason=raised["because"],
        expected_version=risk_record(staff.lead, made.risk_id).version,
        now=clock(),
    )
    review_threats(
        actor=staff.engineer,
        system_id=system_id,
        conclusion=told["review"]["conclusion"],
        expected_version=made.version,
        now=clock(),
    )
    return made.risk_id
