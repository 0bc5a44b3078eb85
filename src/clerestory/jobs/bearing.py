"""The round that asks whether the controls that risks rely on still conform, and lets the risks follow.

Results of checks are followed as they come; a control also falls by time, by its population or by another's failure.
"""

from datetime import datetime

from clerestory.catalogue.load import load
from clerestory.desk.people import itself
from clerestory.judgement.own import own_statuses
from clerestory.processes.measure import bearing_of_check
from clerestory.registers.applicability.queries import own_controls
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
    own = [one for one in own_controls(actor) if one.control_id in names and not one.retired and one.control.proved_by]
    with judging(organisation_id) as index:
        named = [(one.control_id, one.control.title, one.control.proved_by) for one in own]
        statuses = {
            **judged(organisation_id, HOME, index, at=now, live=True),
            **{
                RequirementId(name): status for name, status in own_statuses(load(), HOME, index, named, at=now).items()
            },
        }
        for name in names:
            if "|" in name:
                found.append(bearing_of_check(index, name, now))
            elif (status := statuses.get(RequirementId(name))) is not None:
                why = str(status.missing[0]) if status.missing else ""
                found.append(Bearing(measure=name, state=str(status.conformity), reason=why))
    return note_bearings(actor=actor, bearings=found, now=now)
