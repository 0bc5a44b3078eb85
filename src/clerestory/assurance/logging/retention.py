"""How long the decision log is kept: never shorter than the floor, never longer than the ceiling, and no day lost."""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from clerestory.assurance.logging.days import EXPECTED, MANIFESTS, expected_by_day, read_day
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DEPLOYMENT, check
from clerestory.assurance.running.window import AS_OF, FROM, TO, with_figures
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Batches, KeptDay, Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import UNJUDGED, Census, counted
from clerestory.assurance.trial.files import FileUnusable
from clerestory.terms.moment import moment_text, read_moment

NAME = "logging.retention"
FLOOR_MONTHS = 6
"""Regulation (EU) 2024/1689, Articles 19(1) and 26(6): at least six months."""
LONGEST_MONTHS = 1200
"""A hundred years; what is longer is a slip."""
_PARAMETERS = (
    MANIFESTS,
    EXPECTED,
    Parameter(
        name="keep_months",
        kind="count",
        default=FLOOR_MONTHS,
        names_slice=True,
        meaning="Calendar months that decisions are kept at least; not fewer than six.",
    ),
    Parameter(
        name="ceiling_months",
        kind="count",
        names_slice=True,
        meaning="Calendar months after which personal data must be gone, but for a hold.",
    ),
    Parameter(
        name="since",
        kind="moment",
        from_data="deployed_at",
        meaning="Since when the deployment works; else its first day.",
    ),
    AS_OF,
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Look at each day that must be there, and at each that is."""
    keep, ceiling = parameters.count("keep_months"), parameters.values.get("ceiling_months")
    if (
        not FLOOR_MONTHS <= keep <= LONGEST_MONTHS
        or (isinstance(ceiling, int) and ceiling > LONGEST_MONTHS)
        or (isinstance(ceiling, int) and ceiling < keep)
    ):
        raise FileUnusable(
            f"Decisions would be kept for {keep} months and be gone after {ceiling or 'no'} months.",
            "Keep them for six months at least (Articles 19 and 26 of the EU AI Act), and not past the ceiling.",
        )
    if "as_of" not in parameters:
        raise FileUnusable("Nobody said at which moment ages are counted.", "Give as_of.")
    now = read_moment(parameters.text("as_of"))
    kept: tuple[KeptDay, ...] = yield Batches(parameters.text("manifests"))
    quiet = (yield from expected_by_day(parameters)) or {}
    census, by_day = Census(), dict[date, list[KeptDay]]()
    for one in kept:
        day = read_day(one.day)
        if day is None or one.problem:
            census.unjudged("day", f"{one.folder}: {one.problem or 'is no folder of a day'}")
        elif day <= now.date():
            by_day.setdefault(day, []).append(one)
    for day, places in sorted(by_day.items()):
        early = after_months(day, keep) > now.date()
        late = isinstance(ceiling, int) and after_months(day, ceiling) < now.date()
        census.judged("day", day.isoformat(), [fault for one in places for fault in _faults(one, early, late)])
    for day in _due(_first(parameters, by_day), now.date(), keep):
        if day not in by_day:
            _missing(day, quiet, census)
    for name, text in _seen(by_day, now).items():
        census.note(name, text)
    return census.tally()


def _faults(kept: KeptDay, early: bool, late: bool) -> list[str]:
    """Return what is wrong with a day that is too young to be disposed of, or too old to be there."""
    live = [batch for batch in kept.batches if not batch.disposed]
    gone = len(kept.batches) - len(live)
    lost = sum(batch.found_rows is None for batch in live)
    faults = [f"{gone} batches were disposed of too early"] if gone and early else []
    faults += [f"{lost} batches are gone without a tombstone"] if lost else []
    faults += ["its folder holds no batch"] if not kept.batches else []
    return faults + (["is kept past the ceiling and not held"] if late and live and not kept.holds else [])


def _first(parameters: Parameters, by_day: Mapping[date, list[KeptDay]]) -> date | None:
    """Return the first day that the deployment worked; None where nothing tells."""
    if "since" in parameters:
        return read_moment(parameters.text("since")).date()
    return min(by_day, default=None)


def _due(first: date | None, today: date, keep: int) -> Iterator[date]:
    """Yield the days before today that must be there: worked on, and too young to be disposed of."""
    oldest = after_months(today, -keep)
    day = today if first is None else max(first, oldest)
    while day < today:
        if after_months(day, keep) > today:
            yield day
        day += timedelta(days=1)


def _missing(day: date, quiet: Mapping[date, int], census: Census) -> None:
    """Judge a day of which there is nothing: a quiet one by the count from elsewhere, another cannot be told."""
    if day not in quiet:
        census.unjudged("day", f"{day}: nothing lies there, and nobody counted that nothing was decided")
    else:
        census.judged("day", day.isoformat(), [f"{quiet[day]} decisions are not there"] if quiet[day] else [])


def _seen(by_day: Mapping[date, list[KeptDay]], now: datetime) -> Mapping[str, str]:
    if not by_day:
        return {}
    ends = (datetime.combine(day, datetime.min.time(), tzinfo=UTC) for day in (min(by_day), max(by_day)))
    first, last = ends
    return {FROM: moment_text(first), TO: moment_text(min(last + timedelta(days=1), now))}


def after_months(day: date, months: int) -> date:
    """Return the same day so many calendar months later; the last of the month where that has fewer days."""
    month = day.year * 12 + day.month - 1 + months
    year, month = month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@check(NAME, subject=DEPLOYMENT, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def retention(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the days of the decision log that were kept too short or too long; ``<= 0`` asks that none was.

    Formula: a day counts when a batch of it was disposed of less than ``keep_months`` calendar months ago, when a batch
    is gone without a tombstone, when it is older than ``ceiling_months`` and neither disposed of nor held, or when
    nothing lies there although decisions were counted elsewhere. A day of which nothing lies there counts as kept where
    ``expected`` says that nothing was decided. Six months at least: Articles 19(1) and 26(6) of the EU AI Act (2024);
    no longer than needed: Article 5(1)(e) of the GDPR (2016). Unit: number of days. The interval is from those counted
    to those plus days of which nothing is known. INCONCLUSIVE where there is no day.
    Misleads where copies lie in backups, and in the first months of a system, which had nothing to keep for long.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    judged = [cell for cell in tally.cells if UNJUDGED not in cell.kind[1:]]
    days, broken = sum(cell.n for cell in judged), sum(cell.hits for cell in judged)
    figures = {"expected": days, "recorded": days - broken, "gaps": broken}
    return with_figures(counted(NAME, "each day against floor and ceiling", tally), tally, figures)
