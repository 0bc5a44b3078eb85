"""Agreement between people who label."""

from dataclasses import dataclass
from itertools import combinations
from math import sqrt

import numpy as np
import numpy.typing as npt

from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.statistics.family import worst
from clerestory.assurance.statistics.interval import Interval, critical
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import MISSING, GroupCounts, GroupTally, Request, Tallies, Tally

NAME = "data_quality.annotator-agreement"
MINIMUM_ROWS = 30
Floats = npt.NDArray[np.float64]
_ANNOTATORS = Parameter(
    name="annotators",
    kind="columns",
    required=True,
    names_slice=True,
    meaning='Columns with the labels that each person gave, such as ["label_by_1", "label_by_2"].',
)


@dataclass(frozen=True, slots=True)
class _Pair:
    name: str
    kappa: Interval | None
    n: int
    note: str


def _pairs(parameters: Parameters) -> tuple[GroupCounts, ...]:
    annotators = parameters.texts("annotators")
    if len(annotators) < 2:
        raise ParameterRefused(f"{NAME} needs two annotators.", "Name a column for each of them.")
    return tuple(GroupCounts(pair) for pair in combinations(sorted(annotators), 2))


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return _pairs(parameters)


@check(NAME, subject=DATASET_VERSION, wants=_wants, parameters=(_ANNOTATORS,), better="higher", lowest=-1.0)
def annotator_agreement(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure Cohen's kappa of every pair of annotators; the lowest counts.

    Formula: (p_o - p_e) / (1 - p_e), p_o the share of rows labelled alike, p_e the share expected of the two margins
    (Cohen 1960). Unit: kappa, -1 to 1; 1 is full agreement, 0 is that of chance. Interval: large-sample normal (Fleiss,
    Cohen and Everitt 1969), no narrower than what Wilson's interval of p_o gives, so that full agreement on few rows is
    not certain; each pair at 1 - 0.05 / pairs. Rows that not both labelled are left out. INCONCLUSIVE below 30 rows of
    a pair, and where both used a single label: then agreement has no meaning.

    Raises:
        ParameterRefused: fewer than two annotators are named.
        TallyMissing: through `Check.measure`, when the counts of a pair are missing.
    """
    asked = _pairs(parameters)
    z = critical(family=len(asked))
    found = [_pair(request, tallies[request], z) for request in asked]
    parts = [pair.kappa for pair in found if pair.kappa]
    overall = worst(parts, better="higher") if parts else None
    return Measurement(
        check=NAME,
        method="Cohen's kappa, Fleiss-Cohen-Everitt with Wilson floor",
        method_version="1",
        value=overall.value if overall else None,
        low=overall.low if overall else None,
        high=overall.high if overall else None,
        n=sum(pair.n for pair in found),
        by_group=tuple(_shown(pair) for pair in found),
        reason=None if all(pair.kappa and not pair.note for pair in found) else Reason.INSUFFICIENT_DATA,
    )


def _pair(request: GroupCounts, tally: Tally, z: float) -> _Pair:
    if not isinstance(tally, GroupTally):
        raise TypeError(f"a {type(tally).__name__} answers a request for pairs of labels")
    name = " and ".join(request.by)
    both = [cell for cell in tally.cells if MISSING not in cell.group]
    n = sum(cell.n for cell in both)
    if tally.other:
        return _Pair(name, None, n, "more than 1,000 pairs of labels")
    classes = {label: at for at, label in enumerate(sorted({label for cell in both for label in cell.group}))}
    if len(classes) < 2:
        return _Pair(name, None, n, "a single label")
    table = np.zeros((len(classes), len(classes)))
    for cell in both:
        table[classes[cell.group[0]], classes[cell.group[1]]] = cell.n
    note = f"fewer than {MINIMUM_ROWS} rows" if n < MINIMUM_ROWS else ""
    return _Pair(name, cohen_kappa(table, z=z), n, note)


def cohen_kappa(table: Floats, *, z: float | None = None) -> Interval | None:
    """Return Cohen's kappa of a square table of counts with its interval; None when chance agreement is certain.

    Args:
        table: rows by label of the first and of the second annotator, k x k.
        z: critical value; 1.96 (95 %) unless given.
    """
    z = critical() if z is None else z
    n = float(table.sum())
    shares = table / n
    first, second = shares.sum(axis=1), shares.sum(axis=0)
    alike, chance = float(np.trace(shares)), float(first @ second)
    if chance >= 1:
        return None
    value = (alike - chance) / (1 - chance)
    weights = second[:, None] + first[None, :]
    diagonal = np.diag(shares) * (1 - np.diag(weights) * (1 - value)) ** 2
    rest = (1 - value) ** 2 * float(((shares - np.diag(np.diag(shares))) * weights**2).sum())
    spread = float(diagonal.sum()) + rest - (value - chance * (1 - value)) ** 2
    half = z * sqrt(max(spread, 0.0) / n) / (1 - chance)
    share = wilson(round(alike * n), round(n), z=z)
    floor, ceiling = ((end - chance) / (1 - chance) for end in (share.low, share.high))
    return Interval.around(value, max(min(value - half, floor), -1.0), min(max(value + half, ceiling), 1.0))


def _shown(pair: _Pair) -> GroupResult:
    kappa = pair.kappa
    return GroupResult(
        group=pair.name,
        value=kappa.value if kappa else None,
        low=kappa.low if kappa else None,
        high=kappa.high if kappa else None,
        n=pair.n,
        assessed=kappa is not None and not pair.note,
        note=pair.note,
    )
