"""The round that asks whether the controls that risks rely on still conform, and lets the risks follow.

Results of checks are followed as they come; a control also falls by time, by its population or by another's failure.
"""

from datetime import datetime

from clerestory.desk.actor import itself
from clerestory.processes.measure import bearing_of_check
from clerestory.registers.organisation.queries import organisations
from clerestory.registers.risk.commands import note_bearings
from clerestory.registers.risk.queries.residual import measures_relied_on
from clerestory.registers.risk.rules.residual import Bearing
from clerestory.report.board import HOME
from clerestory.store import clock
from clerestory.store.facts import judged, judging
from clerestory.terms.ids import OrganisationId, RequirementId


def judge_measures() -> None:
    """Look at the measures of every organisation that has risks relying on some."""
    for organisation_id, _name in organisations():
        look_at(organisation_id, clock.now())


def look_at(organisation_id: OrganisationId, now: datetime) -> int:
    """Judge the measures of one organisation, by the same judgement as the board; return how many risks moved."""
    actor = itself(organisation_id)
    names = measures_relied_on(actor)
    if not names:
        return 0
    found = []
    with judging(organisation_id) as index:
        statuses = judged(organisation_id, HOME, index, at=now, live=True)
        for name in names:
            if "|" in name:
                found.append(bearing_of_check(index, name, now))
            elif (status := statuses.get(RequirementId(name))) is not None:
                why = str(status.missing[0]) if status.missing else ""
                found.append(Bearing(measure=name, state=str(status.conformity), reason=why))
    return note_bearings(actor=actor, bearings=found, now=now)
