"""Counts over all risks, the heat map, oddities by kind, and what one member has to do; tallies of the database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import NamedTuple

from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.day import day_of, start_of
from clerestory.desk.duty import Duty, until_the_log_grows
from clerestory.desk.people import members
from clerestory.desk.permit import permit
from clerestory.registers.risk import models
from clerestory.registers.risk.queries.criteria import InForce, criteria_in_force
from clerestory.registers.risk.queries.lists import ENDING, SOON, accepted_rows, oddity_rows
from clerestory.registers.risk.queries.plan import planning_duties
from clerestory.registers.risk.queries.record import RiskRecord, read_risk, risk_rows
from clerestory.registers.risk.rules.consistency import Oddity
from clerestory.registers.risk.rules.risk import REVIEW_AFTER, Status, Treatment
from clerestory.registers.risk.rules.scale import LEVELS, Level, level_at
from clerestory.store.log import Kept
from clerestory.terms.ids import OrganisationId

MOST_DUTIES = 20
MOST_MOVES = 2000


@dataclass(frozen=True, slots=True)
class RiskCounts:
    """How many risks there are, and what of them waits for somebody. Closed ones are in ``total`` alone."""

    total: int
    open: int
    over_criteria: int
    unaccepted: int
    late_treatments: int
    ending_acceptances: int
    by_level: tuple[tuple[str, int], ...]
    not_analysed: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the heat map: how many risks are there, and how many of them wait for an acceptance."""

    likelihood: int
    consequence: int
    level: Level
    over: bool
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Counts by likelihood, from the highest, and consequence; ``outside`` are rated by other scales or not at all."""

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    outside: int
    rated: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A risk that is elsewhere than it was; without a place before it is new. ``by`` says what moved it last."""

    risk_id: str
    event: str
    owner: str
    from_likelihood: int
    from_consequence: int
    before: Level | None
    likelihood: int
    consequence: int
    level: Level | None
    by: str
    note: str
    at: datetime

    @property
    def worse(self) -> bool | None:
        """Whether it is at a higher level than before; None where it is new or at the same."""
        if self.before is None or self.level is None or self.before is self.level:
            return None
        return self.level.rank > self.before.rank


_counted: Kept[RiskCounts] = Kept()
_placed: Kept[dict[tuple[int, int], int]] = Kept()
_prompts: Kept[dict[tuple[str, str], int]] = Kept(most=64)
_objectives: Kept[dict[str, int]] = Kept(most=64)
_odd: Kept[tuple[tuple[Oddity, int], ...]] = Kept()
_gravest: Kept[tuple[RiskRecord, ...]] = Kept(most=64)
_moves: Kept[tuple[tuple[Moved, ...], bool]] = Kept(most=8)


def risk_counts(actor: Actor, on: date) -> RiskCounts:
    """Return the counts of a day, in two queries at most."""
    permit(actor, "read", "risk")
    return _counted.get(actor.organisation_id, on, partial(_count, actor.organisation_id, on))


def _count(organisation_id: OrganisationId, on: date) -> RiskCounts:
    live = ~Q(status=Status.CLOSED)
    accepted = accepted_rows(on)
    found = models.Risk.objects.filter(organisation_id=organisation_id).aggregate(
        total=Count("pk"),
        open=Count("pk", filter=live),
        over_criteria=Count("pk", filter=live & Q(over=True)),
        unaccepted=Count("pk", filter=live & Q(over=True) & ~accepted),
        late_treatments=Count("pk", filter=live & Q(next_due__lt=on)),
        ending_acceptances=Count("pk", filter=live & accepted & Q(accepted_until__lte=on + SOON)),
        not_analysed=Count("pk", filter=live & Q(level=0)),
        **{f"level_{level.rank}": Count("pk", filter=live & Q(level=level.rank)) for level in LEVELS},
    )
    by_level = tuple((str(level), found.pop(f"level_{level.rank}")) for level in LEVELS)
    return RiskCounts(by_level=by_level, **found)


def heat_maps(actor: Actor) -> tuple[InForce, HeatMap, HeatMap]:
    """Return the map before treatment and the one now, by the criteria in force; three queries."""
    permit(actor, "read", "risk")
    in_force = criteria_in_force(actor)
    return (
        in_force,
        _heat_map(actor, in_force, "before", "likelihood", "consequence"),
        _heat_map(actor, in_force, "now", "now_likelihood", "now_consequence"),
    )


def movement(actor: Actor, since: date) -> tuple[tuple[Moved, ...], bool]:
    """Return which open risks moved since the beginning of a day, those that rose most first; one query.

    The second value says whether there are more moves than were looked at.
    """
    permit(actor, "read", "risk")
    start = start_of(actor, since)
    return _moves.get(actor.organisation_id, start, partial(_movement, actor.organisation_id, start))


def _movement(organisation_id: OrganisationId, start: datetime) -> tuple[tuple[Moved, ...], bool]:
    rows = models.Move.objects.filter(organisation_id=organisation_id, at__gte=start)
    rows = rows.exclude(risk__status=Status.CLOSED).order_by("-at", "-id")
    found = [_Move(*row) for row in rows.values_list(*_Move._fields)[: MOST_MOVES + 1]]
    first: dict[int, _Move] = {}
    last: dict[int, _Move] = {}
    for row in found[:MOST_MOVES]:
        last.setdefault(row.risk, row)
        first[row.risk] = row
    moved = [_moved(first[key], newest) for key, newest in last.items()]
    moved = [
        one
        for one in moved
        if (one.from_likelihood, one.from_consequence, one.before) != (one.likelihood, one.consequence, one.level)
    ]
    return tuple(sorted(moved, key=_fallen)), len(found) > MOST_MOVES


def _fallen(one: Moved) -> tuple[int, int]:
    """Return by how many levels a risk fell; those that rose come first, new ones between."""
    before, now = (level.rank if level else 0 for level in (one.before, one.level))
    return (before or now) - now, -now


class _Move(NamedTuple):
    """What is read of a move and of its risk; the fields are those of the query."""

    risk: int
    risk__risk_id: str
    risk__event: str
    risk__owner: str
    from_likelihood: int
    from_consequence: int
    from_level: int
    likelihood: int
    consequence: int
    level: int
    cause: str
    note: str
    at: datetime


def _moved(first: _Move, last: _Move) -> Moved:
    return Moved(
        last.risk__risk_id, last.risk__event, last.risk__owner, first.from_likelihood, first.from_consequence,
        level_at(first.from_level), last.likelihood, last.consequence, level_at(last.level), last.cause, last.note,
        last.at,
    )  # fmt: skip


def top_risks(actor: Actor, most: int = 10) -> tuple[RiskRecord, ...]:
    """Return the gravest open risks: by level, consequence, likelihood, then by what they may cost; one query."""
    permit(actor, "read", "risk")
    return _gravest.get(actor.organisation_id, most, partial(_top, actor, most))


def _top(actor: Actor, most: int) -> tuple[RiskRecord, ...]:
    rows = risk_rows(actor).exclude(status=Status.CLOSED).filter(level__gt=0)
    order = ("-level", "-now_consequence", "-now_likelihood", F("expected_loss").desc(nulls_last=True), "number")
    return tuple(read_risk(row) for row in rows.order_by(*order)[:most])


def prompts_asked(actor: Actor, system_id: str = "") -> dict[tuple[str, str], int]:
    """Return how many open risks there are by source and stage, of one system or all; one query."""
    permit(actor, "read", "risk")
    return _prompts.get(actor.organisation_id, system_id, partial(_prompts_asked, actor, system_id))


def _prompts_asked(actor: Actor, system_id: str) -> dict[tuple[str, str], int]:
    rows = models.Risk.objects.filter(organisation_id=actor.organisation_id).exclude(status=Status.CLOSED)
    if system_id:
        rows = rows.filter(system__system_id=system_id)
    found = rows.order_by().values_list("source", "stage").annotate(n=Count("pk"))
    return {(source, stage): n for source, stage, n in found}


def objectives_asked(actor: Actor, system_id: str = "", most: int = 5000) -> dict[str, int]:
    """Return how many open risks stand in the way of each objective, of one system or all; one query."""
    permit(actor, "read", "risk")
    return _objectives.get(actor.organisation_id, system_id, partial(_objectives_asked, actor, system_id, most))


def _objectives_asked(actor: Actor, system_id: str, most: int) -> dict[str, int]:
    rows = models.Risk.objects.filter(organisation_id=actor.organisation_id).exclude(status=Status.CLOSED)
    if system_id:
        rows = rows.filter(system__system_id=system_id)
    found: dict[str, int] = {}
    for objectives in rows.exclude(objectives=[]).order_by("-level").values_list("objectives", flat=True)[:most]:
        for objective in objectives:
            found[objective] = found.get(objective, 0) + 1
    return found


def oddity_counts(actor: Actor, on: date) -> tuple[tuple[Oddity, int], ...]:
    """Return how many risks have each oddity, those with none left out; four queries."""
    permit(actor, "read", "risk")
    present = tuple(member.person_id for member in members(actor))
    in_force = criteria_in_force(actor).version
    count = partial(_oddities, actor, on, in_force, present)
    return _odd.get(actor.organisation_id, (on, in_force, present), count)


def _oddities(actor: Actor, on: date, in_force: int, present: tuple[str, ...]) -> tuple[tuple[Oddity, int], ...]:
    rows = models.Risk.objects.filter(organisation_id=actor.organisation_id)
    counted = {
        _name(oddity): Count("pk", filter=oddity_rows(actor, oddity, on, in_force, present))
        for oddity in Oddity
        if oddity is not Oddity.SAME_TEXT
    }
    found = rows.aggregate(**counted)
    found["same_text"] = (
        rows.exclude(status=Status.CLOSED).values("event_key").annotate(n=Count("pk")).filter(n__gt=1).count()
    )
    return tuple((oddity, found[_name(oddity)]) for oddity in Oddity if found[_name(oddity)])


def duties(actor: Actor, on: date) -> tuple[Duty, ...]:
    """Return what this member has to rate, decide, carry out and accept, in two queries; most are risks they own."""
    permit(actor, "read", "risk")
    return (*_of_risks(actor, on), *planning_duties(actor, on))


@until_the_log_grows
def _of_risks(actor: Actor, on: date) -> tuple[Duty, ...]:
    own = models.Risk.objects.filter(organisation_id=actor.organisation_id, owner=actor.person_id)
    own = own.exclude(status=Status.CLOSED)
    old = start_of(actor, on - REVIEW_AFTER)
    undecided = Q(over=True) & (Q(treatment="") | ~Q(decided_level=F("level")))
    unaccepted = Q(over=True) & ~Q(accepted_until__gt=on + SOON)
    asked = own.filter(Q(level=0) | Q(analysed_at__lt=old) | undecided | unaccepted).order_by("-level", "number")
    return tuple(duty for row in asked[:MOST_DUTIES] if (duty := _duty(actor, row, on, old)) is not None)


def _duty(actor: Actor, row: models.Risk, on: date, old: datetime) -> Duty | None:
    url = reverse("risk-record", args=[row.risk_id])
    if row.level == 0:
        return Duty(topic="risk", title=row.event, url=url, why=_("The risk is not analysed yet."))
    if row.over and (not row.treatment or row.decided_level != row.level):
        return Duty(topic="risk", title=row.event, url=url, why=_("It is over the criteria: decide how it is treated."))
    done = row.treatment == Treatment.RETAIN or not row.tasks_open
    if row.over and done and (row.accepted_until is None or row.accepted_until <= on + SOON):
        why = _("You own it: accept what remains, or decide on more treatment.")
        if row.accepted_until is not None:
            why = _("Your acceptance ends or has ended: renew it, or decide on more treatment.")
        return Duty(topic="risk", title=row.event, url=url, why=why, due_on=row.accepted_until)
    if row.analysed_at is not None and row.analysed_at < old:
        due = day_of(actor, row.analysed_at) + REVIEW_AFTER
        return Duty(topic="risk", title=row.event, url=url, why=_("The analysis is older than a year."), due_on=due)
    return None


def _heat_map(actor: Actor, in_force: InForce, name: str, likelihood: str, consequence: str) -> HeatMap:
    counts = _placed.get(actor.organisation_id, name, partial(_place, actor.organisation_id, likelihood, consequence))
    matrix, address = in_force.criteria.matrix, reverse("risk")
    cells = tuple(
        tuple(
            Cell(
                up,
                right,
                level,
                in_force.criteria.is_over(level),
                counts.get((up, right), 0),
                f"{address}?{likelihood}={up}&{consequence}={right}",
            )
            for right, level in enumerate(matrix[up - 1], start=1)
        )
        for up in range(len(matrix), 0, -1)
    )
    rated = sum(cell.count for row in cells for cell in row)
    return HeatMap(name, cells, sum(counts.values()) - rated, rated)


def _place(organisation_id: OrganisationId, likelihood: str, consequence: str) -> dict[tuple[int, int], int]:
    rows = models.Risk.objects.filter(organisation_id=organisation_id).exclude(status=Status.CLOSED)
    found = rows.order_by().values_list(likelihood, consequence).annotate(n=Count("pk"))
    return {(up, right): n for up, right, n in found}


def _name(oddity: Oddity) -> str:
    return oddity.value.replace("-", "_")


# house: allow permit-first: turns counts into addresses
def looks(counted: Iterable[tuple[Oddity, int]]) -> tuple[tuple[str, int, str], ...]:
    """Return oddities with the address of the list that they are found in."""
    return tuple((str(oddity), count, f"{reverse('risk')}?look={oddity}") for oddity, count in counted)


__all__ = ["ENDING", "Cell", "HeatMap", "RiskCounts", "duties", "heat_maps", "looks", "oddity_counts", "risk_counts"]
