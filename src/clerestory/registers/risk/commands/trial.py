"""Try the method (6.1.2): two people rate the same cases apart; how far they agree is measured once both are done."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose
from clerestory.desk.people import require_member
from clerestory.desk.permit import permit
from clerestory.desk.version import first_wins, next_number
from clerestory.registers.risk import models
from clerestory.registers.risk.commands.writing import URL, Written, append
from clerestory.registers.risk.facts.planning import Planner
from clerestory.registers.risk.queries.criteria import criteria_in_force
from clerestory.registers.risk.queries.plan import read_rating, read_trial, trial_row
from clerestory.registers.risk.rules.agreement import FEWEST_CASES, MOST_CASES, TOLERANCE, TrialRefused, agreement
from clerestory.registers.risk.rules.scale import DIMENSIONS, LEVELS, Rating, check_rating, level_of, stored_criteria
from clerestory.store import clock, directory
from clerestory.store.unit import atomic
from clerestory.terms.ids import EntryId, PersonId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

KIND = "comparability_trial"


def begin_trial(
    *,
    actor: Actor,
    cases: Sequence[str],
    first: PersonId,
    second: PersonId,
    tolerance: float = TOLERANCE,
    now: datetime | None = None,
) -> Written:
    """Ask two people to rate the same cases apart, by the criteria that are in force now; the trial keeps them.

    Raises:
        TrialRefused: one person twice, too few, too many or equal cases, or a tolerance that any chance would meet.
        NotAMember: an assessor is no member now.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    told = tuple(plain(case, _("case"), longest=1000) for case in cases if case.strip())
    if len({case.casefold() for case in told}) != len(told):
        raise TrialRefused(_("Two cases are the same."), _("Let each case be another one."))
    if not FEWEST_CASES <= len(told) <= MOST_CASES:
        raise TrialRefused(
            _("There are {count} cases.", count=len(told)),
            _(
                "Use from {fewest_cases} to {most_cases}, one per line.",
                fewest_cases=FEWEST_CASES,
                most_cases=MOST_CASES,
            ),
        )
    if first == second:
        raise TrialRefused(_("One person would rate the cases twice."), _("Choose two people."))
    if not 0.2 <= tolerance <= 1:
        raise TrialRefused(
            _("An agreement of {tolerance:g} would be enough.", tolerance=tolerance), _("Choose from 0.2 to 1.")
        )
    in_force = criteria_in_force(actor)
    with first_wins(), atomic():
        for person in (first, second):
            require_member(actor.organisation_id, person)
        rows = models.Trial.objects.filter(organisation_id=actor.organisation_id)
        number = next_number(actor.organisation_id, rows)
        models.Trial.objects.create(
            organisation_id=actor.organisation_id,
            number=number,
            cases=list(told),
            criteria=stored_criteria(in_force.criteria),
            criteria_version=in_force.version,
            tolerance=tolerance,
            first=first,
            second=second,
            begun_by=actor.person_id,
            begun_at=moment,
        )
        trial_id = f"CT-{number}"
        directory.publish(actor.organisation_id, KIND, trial_id, trial_id, _url(trial_id))
    return Written(trial_id, 1, EntryId(""))


def rate_cases(*, actor: Actor, trial_id: str, ratings: Sequence[Rating], now: datetime | None = None) -> Written:
    """Give an assessor's ratings of all cases, once; with the second one the agreement is measured and kept.

    Raises:
        TrialRefused: the actor is no assessor, rated before, or leaves a case out.
        RatingRefused: a step is not on its scale.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    with first_wins(), atomic():
        row = models.Trial.objects.select_for_update().get(
            organisation_id=actor.organisation_id, pk=trial_row(actor, trial_id).pk
        )
        record = read_trial(row, actor)
        if actor.person_id not in record.assessors:
            raise TrialRefused(
                _("You are not one of the two assessors."), _("Let the two who were asked rate the cases.")
            )
        if actor.person_id in row.ratings:
            raise TrialRefused(_("You rated the cases already."), _("Begin another trial to rate again."))
        if len(ratings) != len(record.cases):
            raise TrialRefused(
                _("{count} of {all} cases are rated.", count=len(ratings), all=len(record.cases)),
                _("Rate every case."),
            )
        for rating in ratings:
            check_rating(record.scales.criteria, rating)
        said = [[one.likelihood, *(one.of(name) for name in DIMENSIONS)] for one in ratings]
        values: dict[str, Any] = {"ratings": {**row.ratings, actor.person_id: said}}
        entry_id = EntryId("")
        if len(values["ratings"]) == 2:
            values, entry_id = _conclude(actor, row, values, moment)
        models.Trial.objects.filter(organisation_id=actor.organisation_id, pk=row.pk).update(
            version=row.version + 1, **values
        )
    return Written(trial_id, row.version + 1, entry_id)


def _conclude(actor: Actor, row: models.Trial, values: dict[str, Any], now: datetime) -> tuple[dict[str, Any], EntryId]:
    record = read_trial(row, actor)
    criteria = record.scales.criteria
    ranks = {
        who: [level_of(criteria, read_rating(one)).rank for one in told] for who, told in values["ratings"].items()
    }
    found = agreement(ranks[record.first], ranks[record.second], len(LEVELS))
    said = "cannot be said" if found.value is None else f"{found.value:g} [{found.low:g}, {found.high:g}]"
    text = f"Weighted kappa of the level of {found.cases} cases: {said}; tolerance {record.tolerance:g}\n" + "\n".join(
        f"{case}: {LEVELS[a - 1]} | {LEVELS[b - 1]}"
        for case, a, b in zip(record.cases, ranks[record.first], ranks[record.second], strict=True)
    )
    planner = Planner(actor.organisation_id, actor.person(responsible=False), now)
    made = planner.trial(record.trial_id, record.assessors, found, tolerance=record.tolerance, text=text)
    entry = append(actor, made, now)
    title = f"Trial {record.trial_id} of the method: {said}"
    propose(entry, actor=actor, title=title, url=_url(record.trial_id))
    result = {
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "same": found.same,
        "within": found.is_within(record.tolerance),
    }
    return values | {"done_at": now, "result": result, "entry_id": entry.entry_id}, entry.entry_id


def _url(trial_id: str) -> str:
    return f"{URL}trials/{trial_id}/"
