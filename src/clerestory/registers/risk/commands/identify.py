"""Identify, analyse, change, close and reopen risks."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import standings
from clerestory.desk.people import require_member
from clerestory.desk.permit import permit
from clerestory.desk.version import first_wins, next_number
from clerestory.registers.risk import models
from clerestory.registers.risk.commands.residual import check_runs_on, present, untreated, what_counts
from clerestory.registers.risk.commands.writing import (
    Written,
    address,
    append,
    append_and_propose,
    keep,
    level_changes,
    link_system,
    locked,
    next_step,
    note_move,
    person,
    publish,
    state_of,
    unaccepted,
    write,
)
from clerestory.registers.risk.facts.risk import analysis_evidence, risk_evidence
from clerestory.registers.risk.queries.criteria import InForce, criteria_made_with, scales_for
from clerestory.registers.risk.queries.residual import read_reductions
from clerestory.registers.risk.rules.residual import Place, Rated
from clerestory.registers.risk.rules.risk import Risk, RiskRefused, Status, check_reason, check_risk, event_key
from clerestory.registers.risk.rules.scale import Rating, level_at, level_of
from clerestory.store import clock, directory
from clerestory.store.unit import atomic
from clerestory.terms.ids import EntryId, PersonId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.sentence import ngettext


class SystemUnknown(RiskRefused):
    """The inventory of the organisation has no such AI system."""


def identify_risk(
    *,
    actor: Actor,
    risk: Risk,
    rating: Rating | None = None,
    reason: str = "",
    made_with: int | None = None,
    now: datetime | None = None,
) -> Written:
    """Register a risk with its owner; with a rating it is analysed at once, which a second person then approves.

    ``made_with`` is the version of the criteria that the assessor saw; the rating keeps it where others came meanwhile.

    Raises:
        RiskRefused: a mandatory part is missing, or the source or system is unknown.
        RatingRefused: a step is not on its scale.
        NotAMember: the owner is no member now.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    said = check_risk(risk, load().coverages["risk_sources"].items)
    with first_wins(), atomic():
        require_member(actor.organisation_id, said.owner)
        rows = models.Risk.objects.filter(organisation_id=actor.organisation_id)
        number = next_number(actor.organisation_id, rows)
        row = models.Risk.objects.create(
            organisation_id=actor.organisation_id,
            risk_id=f"R-{number}",
            number=number,
            status=Status.OPEN,
            identified_at=moment,
            changed_at=moment,
            **_columns(actor, said),
        )
        if rating is not None:
            in_force = criteria_made_with(actor, made_with, moment)
            values = _rated(actor, row, rating, in_force, moment)
            models.Risk.objects.filter(organisation_id=actor.organisation_id, pk=row.pk).update(**values)
            row.refresh_from_db()
            _analysed(actor, row, rating, in_force, reason, moment, after_treatment=False)
        entry = append(actor, risk_evidence(state_of(row), by=person(actor, row), at=moment, version=1), moment)
        rows.filter(pk=row.pk).update(entry_id=entry.entry_id)
        row.entry_id = entry.entry_id
        note_move(actor, row, (0, 0, 0), moment, cause="identified")
        publish(actor, row)
        link_system(actor, row.risk_id, "", said.system_id)
    return Written(row.risk_id, 1, entry.entry_id)


def update_risk(
    *, actor: Actor, risk_id: str, risk: Risk, expected_version: int, now: datetime | None = None
) -> Written:
    """Write what a risk is anew, from the version that the editor saw. What the owner accepted was the risk as it read.

    What its treatment argued was about that, too: its measures take nothing away until a decision about the risk as it
    reads now is approved.

    Raises:
        RiskRefused: a mandatory part is missing, it is closed, or the source or system is unknown.
        TreatmentRefused: it is lowered by a test that does not run on the system it is moved to.
        ChangedMeanwhile: somebody else changed it since.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    said = check_risk(risk, load().coverages["risk_sources"].items)
    with first_wins(), atomic():
        row = locked(actor, risk_id, expected_version)
        _check_open(row)
        if row.owner != said.owner:
            require_member(actor.organisation_id, said.owner)
        before, columns = row.system.system_id if row.system else "", _columns(actor, said)
        if said.system_id != before:
            check_runs_on(actor, said.system_id, [one.measure for one in read_reductions(row.reductions)])
        if any(getattr(row, name) != columns[name] for name in _SIGNED_FOR):
            columns |= _no_longer_accepted(row)
        if any(getattr(row, name) != columns[name] for name in _READS):
            columns |= _no_longer_argued(actor, row, moment)
        written = write(actor, row, moment, **columns)
        link_system(actor, risk_id, before, said.system_id)
    return written


def assign_owner(
    *,
    actor: Actor,
    risk_ids: tuple[str, ...],
    owner: PersonId,
    expected: Mapping[str, int] = MappingProxyType({}),
    now: datetime | None = None,
) -> int:
    """Give risks to another owner, all or none, and return how many changed hands; ``expected`` are versions seen.

    What the owner before accepted, the new one did not.

    Raises:
        NotAMember: the owner is no member now.
        ChangedMeanwhile: somebody else changed one of them since.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    changed = 0
    with atomic():
        require_member(actor.organisation_id, owner)
        for risk_id in risk_ids:
            row = locked(actor, risk_id, expected.get(risk_id))
            if row.owner != owner and row.status != Status.CLOSED:
                write(actor, row, moment, owner=owner, **_no_longer_accepted(row))
                changed += 1
    return changed


def analyse_risk(
    *,
    actor: Actor,
    risk_id: str,
    rating: Rating,
    reason: str,
    expected_version: int,
    after_treatment: bool = False,
    made_with: int | None = None,
    now: datetime | None = None,
) -> Written:
    """Rate a risk as it would be untreated; what remains of it then follows from the measures that hold.

    After treatment somebody says what they observe: it counts where it is worse than what follows, never where it is
    better. What is rated lower than before counts once a second person approved that. ``made_with`` is the version of
    the criteria that the assessor saw; the rating keeps it where others came into force meanwhile. A level that changed
    ends the acceptance of the old one. The analysis counts once a second person approved it.

    Raises:
        RiskRefused: it is closed, was not treated yet, or the reason is missing.
        RatingRefused: a step is not on its scale.
        ChangedMeanwhile: somebody else changed it since.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    with first_wins(), atomic():
        row = locked(actor, risk_id, expected_version)
        _check_open(row)
        if after_treatment and not (row.treatment and row.inherent):
            raise RiskRefused(_("Nothing was decided about this risk yet."), _("Decide on its treatment first."))
        in_force = criteria_made_with(actor, made_with, moment)
        values = _rated(actor, row, rating, in_force, moment, after_treatment=after_treatment)
        values |= level_changes(row, values["level"], moment)
        write(actor, row, moment, moved_by="observed" if after_treatment else "analysis", **values)
        return _analysed(actor, row, rating, in_force, reason, moment, after_treatment=after_treatment)


def close_risk(
    *, actor: Actor, risk_id: str, reason: str, expected_version: int, now: datetime | None = None
) -> Written:
    """Close a risk that is no longer there; one that is over the criteria or not rated only by two people.

    One that was over the criteria stays so until a second person approved the analysis that says otherwise.

    Raises:
        RiskRefused: it is closed, tasks are open, or the reason is missing.
        ChangedMeanwhile: somebody else changed it since.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    why = check_reason(reason, _("reason of closing"))
    with first_wins(), atomic():
        row = locked(actor, risk_id, expected_version)
        _check_open(row)
        if row.tasks_open:
            raise RiskRefused(
                ngettext("{n} task is open.", "{n} tasks are open.", n=row.tasks_open),
                _("Carry them out or drop them first."),
            )
        first = row.closing_by in ("", actor.person_id) and (row.over or not row.level or _lowered_alone(actor, row))
        values: dict[str, Any] = {"closing_by": actor.person_id} if first else {"status": Status.CLOSED}
        note = f"{'Closing asked for' if first else 'Closed'}: {why}"
        written = write(actor, row, moment, note=note, **values)
        number = next_step(actor, row, "closing")
        keep(actor, row, "closing", moment, written.entry_id, number=number, reason=why, said={"closed": not first})
    return written


def reopen_risk(
    *, actor: Actor, risk_id: str, reason: str, expected_version: int, now: datetime | None = None
) -> Written:
    """Open a closed risk again, or withdraw that its closing was asked for; its acceptance and effect are void.

    What remains of it is derived anew: its measures may have fallen meanwhile.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    why = check_reason(reason, _("reason of opening it again"))
    with first_wins(), atomic():
        row = locked(actor, risk_id, expected_version)
        if row.status != Status.CLOSED and not row.closing_by:
            raise RiskRefused(_("The risk is not closed."), _("Change it as it is."))
        values: dict[str, Any] = {"closing_by": ""}
        if row.status == Status.CLOSED:
            values |= {
                "status": Status.OPEN,
                "accepted_until": None,
                "accepted_criteria": 0,
                "accepted_by_two": False,
                "effective": None,
            }
            values |= _remaining(actor, row, moment)
        written = write(actor, row, moment, note=f"Opened again: {why}", **values)
        number = next_step(actor, row, "reopening")
        keep(actor, row, "reopening", moment, written.entry_id, number=number, reason=why)
    return written


_READS = ("event", "source", "consequence_text", "system")
"""What of a risk was rated, and what its measures were argued to lower."""
_SIGNED_FOR = (*_READS, "owner")
"""What of a risk an acceptance was given for and by; with another one it no longer counts here."""


def _no_longer_accepted(row: models.Risk) -> dict[str, Any]:
    """Return what ends the acceptance of a risk that is no longer what was signed for; nothing where there is none."""
    if row.accepted_until is None:
        return {}
    values: dict[str, Any] = {"accepted_until": None, "accepted_criteria": 0, "accepted_by_two": False}
    return values | ({"status": unaccepted(row)} if row.status == Status.ACCEPTED else {})


def _no_longer_argued(actor: Actor, row: models.Risk, now: datetime) -> dict[str, Any]:
    """Return what is left of a risk that says something else: nobody argued yet that its measures lower that."""
    row.approved = []
    values: dict[str, Any] = {"text_version": row.text_version + 1, "approved": []}
    if not row.level:
        return values
    remaining = _remaining(actor, row, now)
    return values | remaining | level_changes(row, remaining["level"], now)


def _remaining(actor: Actor, row: models.Risk, now: datetime) -> dict[str, Any]:
    """Return what remains of a risk as it was rated, by its measures as they stand now."""
    reductions, criteria = read_reductions(row.reductions), scales_for(actor, row.criteria_version).criteria
    inherent = Place(row.likelihood, row.consequence)
    observed = Place(row.observed_likelihood, row.observed_consequence)
    values = present(actor, row, criteria, reductions, inherent=inherent, observed=observed)
    return values | ({"level_since": now} if values["level"] != row.level else {})


def _rated(
    actor: Actor, row: models.Risk, rating: Rating, by: InForce, now: datetime, *, after_treatment: bool = False
) -> dict[str, Any]:
    """Return where a risk is once it is rated: what is higher counts at once, what is lower once two agreed."""
    level_of(by.criteria, rating)
    if after_treatment and not by.criteria.same_scales(scales_for(actor, row.criteria_version).criteria):
        raise RiskRefused(
            _("Its rating was made with other scales."), _("Rate it anew as it would be untreated first.")
        )
    said = Rated(Place(rating.likelihood, rating.consequence), by.version, after_treatment, is_approved=False)
    found = what_counts(actor, row, said)
    criteria = (
        by.criteria if found.criteria_version == by.version else scales_for(actor, found.criteria_version).criteria
    )
    reductions = read_reductions(row.reductions)
    values = present(actor, row, criteria, reductions, inherent=found.inherent, observed=found.observed)
    values |= untreated(found, criteria) | {"analysed_at": now}
    return values if after_treatment else values | {"level_since": now, "effective": None}


def _analysed(
    actor: Actor,
    row: models.Risk,
    rating: Rating,
    in_force: InForce,
    reason: str,
    now: datetime,
    *,
    after_treatment: bool,
) -> Written:
    why = check_reason(reason, _("reason of the rating"))
    number, level = next_step(actor, row, "analysis"), level_of(in_force.criteria, rating)
    level = (level_at(row.level) or level) if after_treatment else level
    made = analysis_evidence(
        row.risk_id,
        rating,
        in_force.criteria,
        level=level,
        owner=PersonId(row.owner),
        criteria_version=in_force.version,
        reason=why,
        by=person(actor, row),
        at=now,
        version=number,
    )
    title = f"{row.risk_id} analysed as {level}: {row.event}"
    entry = append_and_propose(actor, made, now, title=title, url=address(row.risk_id))
    said = {
        "likelihood": rating.likelihood,
        "consequences": dict(rating.consequences),
        "after_treatment": after_treatment,
        "text": row.text_version,
    }
    keep(
        actor,
        row,
        "analysis",
        now,
        entry.entry_id,
        number=number,
        level=level.rank,
        criteria_version=in_force.version,
        reason=why,
        said=said,
    )
    return Written(row.risk_id, row.version, entry.entry_id)


def _columns(actor: Actor, risk: Risk) -> dict[str, Any]:
    return {
        "system": system_row(actor, risk.system_id) if risk.system_id else None,
        "event": risk.event,
        "event_key": event_key(risk.event),
        "source": risk.source,
        "cause": risk.cause,
        "consequence_text": risk.consequence,
        "affected": list(risk.affected),
        "stage": risk.stage,
        "objectives": list(risk.objectives),
        "wide": risk.wide,
        "owner": risk.owner,
    }


# house: allow permit-first: a part of a command, which asked
def system_row(actor: Actor, system_id: str) -> Any:
    """Return the row of a system for a foreign key; the inventory alone reads more of it.

    Raises:
        SystemUnknown: there is no such system in the organisation.
    """
    found = None
    if directory.known(actor.organisation_id, "ai_system", system_id) is not None:
        systems: Any = models.Risk.system.field.related_model
        found = systems.objects.filter(organisation_id=actor.organisation_id, system_id=system_id).first()
    if found is None:
        raise SystemUnknown(
            _("There is no AI system {system_id!r}.", system_id=system_id), _("Register it, or choose one of the list.")
        )
    return found


def _lowered_alone(actor: Actor, row: models.Risk) -> bool:
    """Tell whether a risk was over the criteria when a second person last approved its analysis, or has been since."""
    rows = models.Step.objects.filter(organisation_id=actor.organisation_id, risk=row, kind="analysis")
    analyses = list(rows.order_by("-number").values_list("entry_id", "level"))
    stand = standings(actor, [EntryId(entry_id) for entry_id, _level in analyses])
    acceptable = scales_for(actor, row.criteria_version).criteria.acceptable.rank
    for entry_id, level in analyses:
        if level > acceptable:
            return True
        if (standing := stand.get(EntryId(entry_id))) is not None and standing.is_approved:
            return False
    return False


def _check_open(row: models.Risk) -> None:
    if row.status == Status.CLOSED:
        raise RiskRefused(_("The risk is closed."), _("Open it again first."))
