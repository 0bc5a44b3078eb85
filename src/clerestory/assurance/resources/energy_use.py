"""Energy, emissions or time of computing, as metered, against the budget."""

from collections.abc import Sequence
from math import sqrt

from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.statistics.interval import ALPHA, Interval
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.trial import Talk, trial_of, trial_tally
from clerestory.assurance.trial.files import matching, needed, rows_of

NAME = "resources.energy-use"
QUANTITIES = {
    "energy": ("energy_consumed", "kWh"),
    "emissions": ("emissions", "kg CO2e"),
    "duration": ("duration", "s"),
}
_LEAST_RUNS = 3
_PARAMETERS = (
    Parameter(
        name="meter",
        kind="texts",
        default=("**/emissions*.csv",),
        names_slice=True,
        meaning="Patterns of the metered runs: CSV as CodeCarbon writes it, one row a run.",
    ),
    Parameter(
        name="quantity",
        kind="choice",
        options=tuple(QUANTITIES),
        default="energy",
        names_slice=True,
        meaning="What the budget is for: energy in kWh, emissions in kg of CO2 equivalent, duration in seconds.",
    ),
    Parameter(
        name="of",
        kind="choice",
        options=("run", "total"),
        default="run",
        names_slice=True,
        meaning="The mean of a run, for what is done again and again; or the total of all runs.",
    ),
    Parameter(name="projects", kind="texts", names_slice=True, meaning="Names of projects that count; all."),
    Parameter(
        name="meter_error",
        kind="share",
        default=0.0,
        meaning="How far the meter may be off, as a share of what it shows; from a comparison with a power meter.",
    ),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Add up the metered runs of each project."""
    column, _ = QUANTITIES[parameters.text("quantity")]
    projects, sums, unread = parameters.texts("projects"), dict[str, list[float]](), 0
    seen, moments = set[str](), list[str]()
    for path in (yield from matching(parameters.texts("meter"))):
        for row in rows_of(path, (yield from needed(path)), (column,)):
            project, run = row.get("project_name") or "(no project)", row.get("run_id", "")
            if (projects and project not in projects) or (run and f"{run} {row.get('timestamp')}" in seen):
                continue
            seen.add(f"{run} {row.get('timestamp')}")
            value = _number(row[column])
            if value is None:
                unread += 1
                continue
            moments.append(row.get("timestamp", ""))
            sums.setdefault(project, []).append(value)
    for project in projects:
        sums.setdefault(project, [])
    cells = [
        TrialCell(kind=(project,), n=len(values), total=sum(values), squares=sum(value * value for value in values))
        for project, values in sorted(sums.items())
    ]
    notes = [("first run", min(moments)), ("last run", max(moments))] if any(moments) else []
    return TrialTally(cells=tuple(cells), unanswered=unread, notes=tuple(notes))


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


@check(NAME, subject=MODEL_VERSION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def energy_use(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure the energy, emissions or time of computing against the budget that the criterion states.

    Formula: of = run: the mean over runs; of = total: their sum. Read are the columns energy_consumed, emissions and
    duration of CodeCarbon (Schmidt et al. 2021), or of a meter that writes the same. Unit: kWh, kg of CO2 equivalent,
    or s. Interval of the mean: Student (1908) with n - 1 degrees of freedom, at least three runs, lower end not below
    0; of the total: the total itself. Both ends are then widened by ``meter_error``, which does not average out.
    Projects are shown each with its own. INCONCLUSIVE with fewer runs, or when more than 5 % of the rows hold no
    figure. The budget is the organisation's: no standard gives one (ISO/IEC TR 20226:2025 names the measures).
    Simulated coverage of the mean (20,000 draws): 95.0 % for 3 to 30 normal runs, 92 to 93 % for log-normal ones with a
    spread of 0.5, 82 to 88 % with a spread of 1: where a few runs are far longer than the rest, take the total.
    Misleads where the meter sees a part only: an estimate from the processor's counters leaves out cooling and the
    rest of the machine, and cloud figures are shares. State ``meter_error`` from a comparison with a power meter.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally, total, error = (
        trial_tally(NAME, tallies, parameters),
        parameters.text("of") == "total",
        parameters.number("meter_error"),
    )
    found = _interval(tally.cells, total, error)
    runs = sum(cell.n for cell in tally.cells)
    return Measurement(
        check=NAME,
        method="total of runs" if total else "mean of runs, Student",
        method_version="1",
        value=None if found is None else found.value,
        low=None if found is None else found.low,
        high=None if found is None else found.high,
        n=runs,
        by_group=tuple(_shown(cell, total, error) for cell in tally.cells),
        share_unassessable=tally.unanswered / (runs + tally.unanswered) if runs + tally.unanswered else 1.0,
        max_unjudged_share=0.05,
        reason=Reason.INSUFFICIENT_DATA if found is None else None,
        details={**dict(tally.notes), "unit": QUANTITIES[parameters.text("quantity")][1], "meter error": f"{error:g}"},
    )


def _interval(cells: Sequence[TrialCell], total: bool, error: float) -> Interval | None:
    n = sum(cell.n for cell in cells)
    amount, squares = sum(cell.total for cell in cells), sum(cell.squares for cell in cells)
    if not all(cell.n for cell in cells) or not n or (not total and n < _LEAST_RUNS):
        return None
    if total:
        return Interval.around(amount, amount * (1 - error), amount * (1 + error))
    mean = amount / n
    half = _student(n - 1) * sqrt(max(squares - amount * mean, 0.0) / (n - 1) / n)
    return Interval.around(mean, max(mean - half, 0.0) * (1 - error), (mean + half) * (1 + error))


def _student(freedom: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 1 - ALPHA / 2))


def _shown(cell: TrialCell, total: bool, error: float) -> GroupResult:
    found = _interval([cell], total, error)
    if found is None:
        note = f"{cell.n} runs: too few to judge"
        return GroupResult(group=cell.kind[0], value=None, low=None, high=None, n=cell.n, assessed=False, note=note)
    return GroupResult(group=cell.kind[0], value=found.value, low=found.low, high=found.high, n=cell.n)
