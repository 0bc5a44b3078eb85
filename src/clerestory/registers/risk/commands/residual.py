"""What remains of a risk follows from approved measures whose evidence holds; one that fell raises its risks again.

What was argued counts by the newest decision that was ever approved: taken back, none does, and no older one either.
It was argued about what the risk said then: once that was rewritten, nothing is argued until it is decided anew. What
is rated lower counts once a second person approved it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.approval import standings, when_standing_changes
from clerestory.desk.notice import notify
from clerestory.desk.permit import permit
from clerestory.desk.standing import newest_in_force
from clerestory.registers.risk import models
from clerestory.registers.risk.commands.writing import address, keep, level_changes, locked, next_step, write
from clerestory.registers.risk.queries.criteria import scales_by_version, scales_for
from clerestory.registers.risk.queries.residual import (
    asked_of,
    priced,
    ratings_of,
    read_reductions,
    standing_of,
    stored_reductions,
)
from clerestory.registers.risk.rules.residual import Bearing, Counted, Place, Rated, counted, residual
from clerestory.registers.risk.rules.risk import FIRST_TEXT, Reduction, Status, TreatmentRefused
from clerestory.registers.risk.rules.scale import Criteria, level_at
from clerestory.store import clock, trace
from clerestory.store.unit import atomic
from clerestory.terms import sentence
from clerestory.terms.fact import Fact
from clerestory.terms.ids import EntryId


# house: allow permit-first: a part of a command, which asked
def present(
    actor: Actor,
    row: models.Risk,
    criteria: Criteria,
    reductions: Sequence[Reduction],
    *,
    inherent: Place,
    observed: Place,
) -> dict[str, Any]:
    """Return where a risk is now, at which level and what it may cost, with the measures that hold at this moment."""
    standing = standing_of(actor, row, reductions)
    holding = {name for name, bearing in standing.items() if bearing.holds}
    place = residual(inherent, reductions, holding, observed)
    level = criteria.cell(place.likelihood, place.consequence)
    return priced(actor, row, reductions, holding, criteria.money) | {
        "now_likelihood": place.likelihood,
        "now_consequence": place.consequence,
        "level": level.rank if level else 0,
        "over": criteria.is_over(level),
        "reductions": stored_reductions(reductions, standing),
        "failing": sum(said.measure not in holding for said in reductions),
        "observed_likelihood": observed.likelihood,
        "observed_consequence": observed.consequence,
    }


# house: allow permit-first: a part of a command, which asked
def relies_on(actor: Actor, row: models.Risk, reductions: Sequence[Reduction]) -> None:
    """Note which measures a risk relies on, and no others."""
    rows = models.Relies.objects.filter(organisation_id=actor.organisation_id, risk=row)
    wanted = {said.measure for said in reductions}
    rows.exclude(measure__in=wanted).delete()
    known = set(rows.values_list("measure", flat=True))
    models.Relies.objects.bulk_create(
        models.Relies(organisation_id=actor.organisation_id, risk=row, measure=name) for name in sorted(wanted - known)
    )


# house: allow permit-first: a part of a command, which asked
def check_runs_on(actor: Actor, system_id: str, tests: Iterable[str]) -> None:
    """Refuse a test that runs on another system than that of the risk: its passing says nothing here.

    A risk without a system takes any.
    """
    if not system_id:
        return
    here = ("ai_system", system_id)
    parts = (link for link in trace.links_to(actor.organisation_id, *here) if link.relation == "part of")
    known = {here, *((link.from_kind, link.from_id) for link in parts)}
    for test in tests:
        runs_on = test.partition("|")[2].strip()
        kind, _colon, subject_id = runs_on.partition(":")
        if runs_on and (kind, subject_id) not in known:
            raise TreatmentRefused(
                sentence.gettext("{runs_on} belongs to another system than this risk.", runs_on=runs_on),
                sentence.gettext(
                    "Name a test that runs on {system_id} or on a version of its model or data.", system_id=system_id
                ),
            )


def note_bearings(*, actor: Actor, bearings: Iterable[Bearing], now: datetime | None = None) -> int:
    """Keep how measures stand now, and derive anew what remains of the risks that rely on one that changed.

    It says nothing of its own: the standing comes from whoever judges the log. Doing it twice changes nothing. Owners
    are told; an acceptance of another level no longer counts. Returns how many risks moved.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    with atomic():
        changed = _keep_standing(actor, {bearing.measure: bearing for bearing in bearings}, moment)
        if not changed:
            return 0
        found = models.Relies.objects.filter(organisation_id=actor.organisation_id, measure__in=sorted(changed))
        live = found.exclude(risk__status=Status.CLOSED).order_by("risk__number")
        names = list(dict.fromkeys(live.values_list("risk__risk_id", flat=True)))
        return sum(_follow_measures(actor, locked(actor, risk_id), changed, moment) for risk_id in names)


def _keep_standing(actor: Actor, bearings: Mapping[str, Bearing], now: datetime) -> dict[str, Bearing]:
    """Write what stands otherwise than it did and return it."""
    rows = models.Measure.objects.filter(organisation_id=actor.organisation_id, name__in=sorted(bearings))
    known = {row.name: row for row in rows.select_for_update()}
    changed = {}
    for name, bearing in bearings.items():
        row = known.get(name)
        if row is not None and (row.state, row.reason) == (bearing.state, bearing.reason):
            continue
        since = row.since if row is not None and row.state == bearing.state else bearing.since or now
        models.Measure.objects.update_or_create(
            organisation_id=actor.organisation_id,
            name=name,
            defaults={"state": bearing.state, "reason": bearing.reason, "since": since},
        )
        if row is None or row.state != bearing.state:
            changed[name] = bearing
    return changed


# house: allow permit-first: follows an approval or a revocation, which asked
def note_treatment(actor: Actor, fact: Fact, now: datetime) -> None:
    """Let what a treatment argues count once a second person approved it, and no longer once that was taken back."""
    steps = models.Step.objects.filter(organisation_id=actor.organisation_id, kind="decision")
    found = steps.filter(entry_id=fact.entry_id).select_related("risk").first()
    if found is None:
        return
    row = locked(actor, found.risk.risk_id)
    decisions = [step for step in steps.filter(risk=row).order_by("-number") if is_of_text(step, row)]
    stand = standings(actor, [EntryId(step.entry_id) for step in decisions])
    _ask(actor, row, now)
    newest = newest_in_force((step, stand.get(EntryId(step.entry_id))) for step in decisions)
    approved = newest.said.get("reductions", []) if newest is not None else []
    if approved == row.approved:
        return
    models.Risk.objects.filter(organisation_id=actor.organisation_id, pk=row.pk).update(approved=approved)
    row.approved = approved
    if row.status == Status.CLOSED:
        return
    standing = standing_of(actor, row, read_reductions(row.reductions))
    told = [f"{name}: {bearing.state}" for name, bearing in standing.items()]
    holds = newest is not None and bool(approved)
    note = "The decision that names its measures was approved" if holds else "No decision in force names its measures"
    derive_anew(actor, row, now, note=f"{note}. {'; '.join(told)}", cause="approval", fell=[])


def _ask(actor: Actor, row: models.Risk, now: datetime) -> None:
    """Write which treatment counts, where that is another one since a second person agreed or took that back."""
    values: dict[str, Any] = asked_of(actor, row)
    if all(getattr(row, name) == value for name, value in values.items()):
        return
    if row.status == Status.CLOSED:
        models.Risk.objects.filter(organisation_id=actor.organisation_id, pk=row.pk).update(**values)
        row.refresh_from_db()
    else:
        write(actor, row, now, note=_DECIDED_BY_TWO, **values)


_DECIDED_BY_TWO = "The treatment that counts is another one since a second person agreed or took that back"
when_standing_changes("decision.treatment", note_treatment)


# house: allow permit-first: follows an approval or a revocation, which asked
def note_estimate(actor: Actor, fact: Fact, now: datetime) -> None:
    """Let a lower estimate count once a second person approved it, and no longer once that was taken back."""
    made = models.Estimate.objects.filter(organisation_id=actor.organisation_id, entry_id=fact.entry_id)
    found = made.select_related("risk").first()
    if found is None:
        return
    row = locked(actor, found.risk.risk_id)
    reductions = read_reductions(row.reductions)
    holding = {name for name, bearing in standing_of(actor, row, reductions).items() if bearing.holds}
    values = priced(actor, row, reductions, holding, scales_for(actor, row.criteria_version).criteria.money)
    if row.status != Status.CLOSED and any(getattr(row, name) != value for name, value in values.items()):
        write(actor, row, now, note=_ESTIMATED_BY_TWO, **values)


_ESTIMATED_BY_TWO = "The estimate in money that counts is another one since a second person agreed or took that back"
when_standing_changes("record.loss_estimate", note_estimate)


# house: allow permit-first: a part of a command, which asked
def is_of_text(step: models.Step, row: models.Risk) -> bool:
    """Tell whether a step was taken about the risk as it reads now."""
    return bool(step.said.get("text", FIRST_TEXT) == row.text_version)


# house: allow permit-first: a part of a command, which asked
def what_counts(actor: Actor, row: models.Risk, *also: Rated) -> Counted:
    """Return what counts of the ratings of a risk, with those that are about to be made."""
    read_by = scales_by_version(actor)
    return counted((*ratings_of(actor, row), *also), lambda version: read_by(version).criteria)


# house: allow permit-first: a part of a command, which asked
def untreated(found: Counted, criteria: Criteria) -> dict[str, Any]:
    """Return what a row keeps of where its risk is untreated."""
    cell = criteria.cell(found.inherent.likelihood, found.inherent.consequence)
    return {
        "likelihood": found.inherent.likelihood,
        "consequence": found.inherent.consequence,
        "inherent": cell.rank if cell else 0,
        "criteria_version": found.criteria_version,
    }


# house: allow permit-first: follows an approval or a revocation, which asked
def note_analysis(actor: Actor, fact: Fact, now: datetime) -> None:
    """Let a lower rating count once a second person approved it, and no longer once that was taken back."""
    steps = models.Step.objects.filter(organisation_id=actor.organisation_id, kind="analysis")
    step = steps.filter(entry_id=fact.entry_id).select_related("risk").first()
    if step is None:
        return
    row = locked(actor, step.risk.risk_id)
    found = what_counts(actor, row)
    values = untreated(found, scales_for(actor, found.criteria_version).criteria) | {
        "observed_likelihood": found.observed.likelihood,
        "observed_consequence": found.observed.consequence,
    }
    if all(getattr(row, name) == value for name, value in values.items()):
        return
    models.Risk.objects.filter(organisation_id=actor.organisation_id, pk=row.pk).update(**values)
    for name, value in values.items():
        setattr(row, name, value)
    if row.status != Status.CLOSED:
        derive_anew(actor, row, now, note=_RATED_BY_TWO, cause="rating", fell=[])


_RATED_BY_TWO = "The rating that counts is another one since a second person agreed or took that back"
when_standing_changes("record.risk_analysis", note_analysis)


def _follow_measures(actor: Actor, row: models.Risk, changed: Mapping[str, Bearing], now: datetime) -> int:
    named = [one.measure for one in read_reductions(row.reductions) if one.measure in changed]
    told = "; ".join(f"{name}: {changed[name].state}" for name in named)
    fell = [name for name in named if not changed[name].holds]
    return derive_anew(actor, row, now, note=f"Derived anew. {told}", cause="measure", fell=fell)


# house: allow permit-first: a part of a command, which asked
def derive_anew(actor: Actor, row: models.Risk, now: datetime, *, note: str, cause: str, fell: Sequence[str]) -> int:
    """Write what remains of a risk now with the step that says why, and tell its owner; return 1 where it moved."""
    reductions, criteria = read_reductions(row.reductions), scales_for(actor, row.criteria_version).criteria
    values = present(
        actor,
        row,
        criteria,
        reductions,
        inherent=Place(row.likelihood, row.consequence),
        observed=Place(row.observed_likelihood, row.observed_consequence),
    )
    if all(getattr(row, name) == value for name, value in values.items()):
        return 0
    moved = (row.now_likelihood, row.now_consequence) != (values["now_likelihood"], values["now_consequence"])
    before, number = row.level, next_step(actor, row, "residual")
    written = write(actor, row, now, note=note, moved_by=cause, **values, **level_changes(row, values["level"], now))
    said = {"cause": cause, "place": [values["now_likelihood"], values["now_consequence"]], "fell": list(fell)}
    keep(
        actor, row, "residual", now, written.entry_id, number=number, level=row.level, reason=note, said=said,
        criteria_version=row.criteria_version,
    )  # fmt: skip
    if moved:
        worse = bool(fell) or row.level > before
        text = _TOLD[cause, worse] % {"level": level_at(row.level)}
        _tell(actor, row, text, key=f"residual/{row.risk_id}/{number}", now=now)
    return int(moved)


_TOLD = {
    ("measure", True): _("A measure that lowered this risk no longer holds: it is %(level)s now."),
    ("measure", False): _("A measure of this risk holds again: it is %(level)s now."),
    ("approval", True): _("The approval of its treatment no longer stands: it is %(level)s now."),
    ("approval", False): _("Its treatment was approved: it is %(level)s now."),
    ("rating", True): _("A lower rating no longer stands: it is %(level)s now."),
    ("rating", False): _("Its rating was approved: it is %(level)s now."),
}


def _tell(actor: Actor, row: models.Risk, text: str, *, key: str, now: datetime) -> None:
    notify(
        organisation_id=actor.organisation_id,
        to=[row.owner],
        topic="risk",
        title=f"{row.risk_id} {row.event}",
        url=address(row.risk_id),
        key=key,
        text=text,
        entries=(),
        now=now,
    )
