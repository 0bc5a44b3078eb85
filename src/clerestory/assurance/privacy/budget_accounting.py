"""How much of a differential-privacy budget is spent."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from math import inf, isfinite

from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.privacy.budget_ledger import read_ledger
from clerestory.assurance.privacy.privacy_loss import MECHANISMS, Loss, Release, enclosed, merged
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.tally import Group, InconsistentTally, Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.trial import Read, Sample, Sampled, Talk, trial_of, trial_tally
from clerestory.terms.evidence import number_text

NAME = "privacy.budget-accounting"
PEOPLE: Group = ("(people)",)
RELEASE_PARTS = 8
"""Parts of a cell's kind that say what was released: data set, unit, mechanism, its numbers; day and words follow."""
_PARAMETERS = (
    Parameter(
        name="ledger",
        kind="text",
        default="privacy_budget.toml",
        names_slice=True,
        meaning="File beside the manifest with every release and training run: TOML, JSON or CSV.",
    ),
    Parameter(
        name="dataset",
        kind="text",
        names_slice=True,
        meaning="Data set of the ledger to account for; without it all add up, as if every person were in each.",
    ),
    Parameter(name="delta", kind="number", default=1e-6, meaning="Chance that the bound fails; less than 1 / people."),
    Parameter(name="unit", kind="text", default="person", meaning="Unit of privacy that the budget is for."),
    Parameter(name="people", kind="count", meaning="Units of privacy in the data; at least the rows of current."),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Read the ledger and count the people; equal releases of a day make one cell with how often they happened."""
    path = parameters.text("ledger")
    entries = read_ledger(path, (yield Read(path)))
    chosen = parameters.optional("dataset")
    times: Counter[Group] = Counter()
    for entry in entries:
        if chosen is None or entry.dataset == chosen:
            said = (entry.day, entry.what)
            times[(entry.dataset, entry.unit, *_written(entry.release), *said)] += entry.release.times
    sampled: Sampled = yield Sample((), 1)
    # A smaller number would allow a larger delta: whoever declares fewer people than rows is not believed.
    people = max(parameters.count("people") if "people" in parameters else 0, sampled.total)
    cells = [TrialCell(kind=kind, n=n) for kind, n in times.items()] + [TrialCell(kind=PEOPLE, n=people)]
    shuffled = sum(entry.shuffled for entry in entries)
    said_people = str(parameters.count("people")) if "people" in parameters else "not declared"
    notes = {
        "people declared": said_people,
        "entries of the ledger": str(len(entries)),
        "entries shuffled, not sampled": str(shuffled),
    }
    return TrialTally(cells=tuple(sorted(cells, key=lambda cell: cell.kind)), notes=tuple(sorted(notes.items())))


def _written(release: Release) -> Group:
    numbers = (release.noise, release.epsilon, release.delta, release.rho, release.sampling_rate)
    return (release.mechanism, *(number_text(number) for number in numbers))


def _release(cell: TrialCell) -> Release:
    """Read a release out of a tally, as strictly as the ledger was read: a push may bring any."""
    try:
        mechanism, (noise, epsilon, delta, rho, rate) = cell.kind[2], map(float, cell.kind[3:RELEASE_PARTS])
        day = cell.kind[RELEASE_PARTS] if len(cell.kind) > RELEASE_PARTS else ""
        fine = day == "" or date.fromisoformat(day).isoformat() == day
    except (IndexError, ValueError) as error:
        raise InconsistentTally("A release of the ledger lacks a part.", "Count the ledger again.") from error
    sizes = (noise, epsilon, delta, rho)
    if not fine or mechanism not in MECHANISMS or not 0 < rate <= 1 or not all(0 <= size < inf for size in sizes):
        raise InconsistentTally("A release of the ledger cannot be of that size.", "Count the ledger again.")
    return Release(
        mechanism=mechanism, noise=noise, epsilon=epsilon, delta=delta, rho=rho, sampling_rate=rate, times=cell.n
    )


@check(
    NAME, subject=DATASET_VERSION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform
)  # what is spent has no upper bound
def budget_accounting(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Account for the privacy loss of all releases and training runs on the data, held against the budget.

    Formula: the smallest epsilon at ``delta`` that one of these proves: the sum of pure epsilons (Dwork et al. 2006);
    for normal noise on all data the exact trade-off (Balle and Wang 2018); the Renyi divergences of Laplace and normal
    noise (Mironov 2017), of normal noise on a Poisson sample at whole orders (Mironov, Talwar and Zhang 2019) and of
    zCDP (Bun and Steinke 2016), converted (Canonne, Kamath and Steinke 2020); the distribution of the loss on a grid,
    summed by Fourier transform and rounded up (Koskela, Jaelkoe and Honkela 2020). Unit: epsilon (natural logarithm)
    per unit of privacy. Interval: computed, not sampled: from the same distribution rounded down, which no proof can go
    below, to what is proven, which is the value; the value alone where that is exact or no distribution is to be had.
    Its width is 0.5 %, or 2 % after 10,000 steps; the figures of dp-accounting 0.6.0 lie inside in eight cases of
    eight. The Renyi divergence alone is 6 to 41 % above them.
    INCONCLUSIVE, as assumption broken, when an entry is declared only, of another unit of privacy, or delta is not
    below 1 / people (the declared number, and no fewer than the rows of current); as insufficient data when the ledger
    has no entry. Batches that are shuffled count once per pass without amplification, for amplification is proven for
    Poisson samples only.
    Misleads where a release or a search for settings is not in the ledger, where the unit is a record and a person has
    many, and where the code does not do what the entry says (clipping, floating point: Mironov 2012). The budget is the
    organisation's; NIST SP 800-226 tells how to judge a claim and sets no epsilon.

    Raises:
        LedgerUnusable: in the trial, when the ledger is missing or an entry is wrong.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    people = next((cell.n for cell in tally.cells if cell.kind == PEOPLE), 0)
    cells = [cell for cell in tally.cells if cell.kind != PEOPLE]
    delta, unit = parameters.number("delta"), parameters.text("unit").strip().lower()
    spent = enclosed(merged(_release(cell) for cell in cells), delta) if cells else None
    value = spent.epsilon if spent is not None and isfinite(spent.epsilon) else None
    broken = _broken(cells, unit, delta, people, value)
    return Measurement(
        check=NAME,
        method="composition by exact trade-off, Renyi divergence and distribution of the loss",
        method_version="1",
        value=value,
        low=None if value is None or spent is None else min(spent.least, value),
        high=value,
        n=sum(cell.n for cell in cells),
        by_group=_by_dataset(cells, delta),
        reason=Reason.INSUFFICIENT_DATA if not cells else Reason.ASSUMPTION_BROKEN if broken else None,
        details={
            **dict(tally.notes),
            "delta": number_text(delta),
            "people": str(people),
            "by": "" if spent is None else spent.by,
            **({"not accounted for": "; ".join(broken)} if broken else {}),
        },
    )


def _broken(cells: Sequence[TrialCell], unit: str, delta: float, people: int, value: float | None) -> list[str]:
    found = []
    declared = sum(cell.n for cell in cells if cell.kind[2] == "declared")
    others = sorted({cell.kind[1] for cell in cells} - {unit})
    if declared:
        found.append(f"{declared} releases are declared only, without their mechanism")
    if others:
        found.append(f"the loss is per {', '.join(others)} and the budget per {unit}")
    if people < 1 or not 0 <= delta < 1 / people:
        found.append(f"delta {number_text(delta)} is not below 1 / {people}")
    if cells and value is None:
        found.append(f"nothing bounds the loss at delta {number_text(delta)}")
    return found


def _by_dataset(cells: Sequence[TrialCell], delta: float) -> tuple[GroupResult, ...]:
    found = []
    for name in sorted({cell.kind[0] for cell in cells}):
        own = [cell for cell in cells if cell.kind[0] == name]
        loss: Loss = enclosed(merged(_release(cell) for cell in own), delta)
        value = loss.epsilon if isfinite(loss.epsilon) else None
        mechanisms = ", ".join(sorted({cell.kind[2] for cell in own}))
        found.append(
            GroupResult(
                group=f"dataset={name}",
                value=value,
                low=None if value is None else min(loss.least, value),
                high=value,
                n=sum(cell.n for cell in own),
                assessed=value is not None,
                note=f"{mechanisms}: {loss.by}",
            )
        )
    return tuple(found)
