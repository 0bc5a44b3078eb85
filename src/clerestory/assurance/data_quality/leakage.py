"""Leakage: test data that were trained on, features that give the label away, and tests that lie before training."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance import groups
from clerestory.assurance.data_quality.overlap import giveaway, row_digest
from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.statistics.area import roc_area
from clerestory.assurance.statistics.interval import Interval, critical
from clerestory.assurance.statistics.rate import newcombe, wilson
from clerestory.assurance.tally import InconsistentTally, Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.tally.request import REFERENCE
from clerestory.assurance.trial import Sample, Sampled, Table, Talk, trial_of, trial_tally
from clerestory.terms.error import ClerestoryError

NAME = "data_quality.leakage"
MINIMUM_ROWS = 30
MINIMUM_EVENTS = 5
MOST_CHANCE = 0.2
"""A column is left out for near rows only where without it at most this share of training rows has a twin."""
_PARAMETERS = (
    groups.LABEL_NEEDED,
    groups.POSITIVE,
    Parameter(
        name="features",
        kind="columns",
        all_of="any",
        from_data="features",
        default="all",
        meaning='Columns that may not give the label away; "all" but label, outcome, score, keys and time.',
    ),
    Parameter(
        name="columns",
        kind="columns",
        all_of="any",
        default="all",
        meaning='Columns in which a row is the same row; "all" but outcome, score, keys and time.',
    ),
    Parameter(name="same_case", kind="columns", meaning="Columns that together name a case, such as an application."),
    Parameter(
        name="later", kind="column", meaning="Moment, date or number by which test rows must come after training rows."
    ),
    Parameter(name="outcome", kind="column", from_data="outcome", meaning="Column of the decision: no feature."),
    Parameter(name="score", kind="column", from_data="score", meaning="Column of the score: no feature."),
    Parameter(
        name="max_overlap",
        kind="share",
        default=0.01,
        meaning="Largest share of test rows, and of cases, that may be in the training data.",
    ),
    Parameter(
        name="max_near_overlap",
        kind="share",
        default=0.01,
        meaning="Largest share of test rows that may differ from a training row in one column, beyond chance.",
    ),
    Parameter(
        name="max_single_feature",
        kind="share",
        default=0.95,
        meaning="Largest area under the ROC curve that one feature alone may reach.",
    ),
    Parameter(name="rows", kind="count", default=200_000, meaning="Rows of either table that are looked at, at most."),
    Parameter(name="seed", kind="seed", default=0, meaning="Seed of the samples and of the halves."),
)


class MomentsIncomparable(ClerestoryError):
    """The column of moments holds things that have no order."""


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Compare rows of both tables, and try each feature of the training data alone on its label."""
    label, features = parameters.text("label"), _features(parameters)
    columns = tuple(name for name in parameters.texts("columns") if name not in _said(parameters))
    case, later = parameters.texts("same_case"), parameters.optional("later")
    wanted = tuple(dict.fromkeys((*columns, *features, *case, *([later] if later else ()), label)))
    count, seed = parameters.count("rows"), parameters.count("seed")
    training: Sampled = yield Sample(wanted, count, seed, REFERENCE)
    test: Sampled = yield Sample(wanted, count, seed)
    cells = [*_seen("training", training), *_seen("test", test)]
    known, rows = (row_digest.value_digests(part.table, columns) for part in (training, test))
    cells += [_hits("same row", row_digest.shared(rows, known)), _hits("by chance", row_digest.twins(known))]
    if spare := row_digest.telling(known, MOST_CHANCE):
        near, among = row_digest.nearly_shared(rows, known, spare), row_digest.near_twins(known, spare)
        cells += [_hits("near row", near), _hits("near by chance", among)]
    if case:
        ids, before = (row_digest.value_digests(part.table, case) for part in (test, training))
        cells.append(_hits("same case", row_digest.shared(ids, before)))
    if later:
        cells.append(_hits("not later", not_later(test.table[later], training.table[later])))
    cells += _giveaways(training.table, label, features, parameters)
    meaning = giveaway.positives(training.table[label], parameters.optional("positive"))[2]
    notes = {"columns compared": ", ".join(columns), "label counts as positive": meaning}
    notes["near rows may differ in"] = (
        ", ".join(columns[at] for at in spare) or "none: the rest does not tell rows apart"
    )
    return TrialTally(cells=tuple(sorted(cells, key=lambda cell: cell.kind)), notes=tuple(sorted(notes.items())))


def not_later(rows: NDArray[np.generic], known: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Return which rows do not come after the last of the known ones; a row without moment does not.

    Raises:
        MomentsIncomparable: two of the moments have no order.
    """
    before = [item for item in known.tolist() if item is not None and item == item]
    try:
        last = max(before, default=None)
        found = [last is not None and (item is None or item != item or not item > last) for item in rows.tolist()]
    except TypeError as error:
        raise MomentsIncomparable("The moments cannot be compared.", "Give one type of moment in both.") from error
    return np.array(found, dtype=bool)


def _said(parameters: Parameters) -> set[str | None]:
    return {parameters.optional("outcome"), parameters.optional("score"), parameters.optional("later")}


def _features(parameters: Parameters) -> tuple[str, ...]:
    apart = _said(parameters) | {parameters.text("label"), *parameters.texts("same_case")}
    return tuple(name for name in parameters.texts("features") if name not in apart)


def _seen(name: str, sampled: Sampled) -> Iterator[TrialCell]:
    yield TrialCell(kind=("rows", name), n=sampled.total, hits=len(next(iter(sampled.table.values()), ())))


def _hits(name: str, mask: NDArray[np.bool_]) -> TrialCell:
    return TrialCell(kind=(name,), n=len(mask), hits=int(np.count_nonzero(mask)))


def _giveaways(table: Table, label: str, features: tuple[str, ...], parameters: Parameters) -> Iterator[TrialCell]:
    labelled, positive, _ = giveaway.positives(table[label], parameters.optional("positive"))
    learned = labelled & (np.random.default_rng(parameters.count("seed")).random(len(labelled)) < 0.5)
    tried = labelled & ~learned
    for feature in features:
        ranks = giveaway.order_of(table[feature], positive, learned)[tried]
        for at, (n, hits) in enumerate(zip(*giveaway.counted(ranks, positive[tried]), strict=True)):
            yield TrialCell(kind=("feature", feature, f"{at:03}"), n=n, hits=hits)


def _most(parameters: Parameters) -> int:
    return 4 + len(_features(parameters))


@check(
    NAME,
    subject=DATASET_VERSION,
    wants=_wants,
    needs=("label", "reference"),
    parameters=_PARAMETERS,
    highest=_most,
    trial=perform,
)
def leakage(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the ways in which test data or label have leaked into training; ``<= 0`` asks that there is none.

    The reference is the training data. Each of these is held against its limit: test rows that equal a training row in
    all ``columns`` (digests of rows) and cases that are in both, against ``max_overlap``; test rows that equal one in
    all columns but at most one (of those without which at most 20 % of training rows have a twin), less the share of
    training rows that have such a twin among themselves, which is what chance would give, against
    ``max_near_overlap``; test rows that do not come after the last training row, none of
    which is allowed, where ``later`` names the moment; and per feature the area under the ROC curve of its values
    alone, in an order learned on one half of the training rows and tried on the other, against ``max_single_feature``
    (Kaufman et al. 2012 on leakage; areas by DeLong et al. 1988). Unit: number of leaks. Interval: from the leaks that
    are proven (the whole 95 % interval beyond the limit) to those not excluded: shares of tables that were looked at
    whole are exact; of samples Wilson (1927); beyond chance Newcombe (1998); areas at 1 - 0.05 / features. If not all
    training rows were looked at, overlap can be proven and not excluded. INCONCLUSIVE below 30 rows.
    Simulated, six columns, 2,000 training and 1,000 test rows: without a leak none of 200 runs FAILs (29 % PASS; near
    rows stay open in the others); with 3 % of the test rows copied from training 100 of 100 FAIL; with one value of
    each copy changed 72 of 100 at 3 % and all at 5 %; a feature with a true area of 0.95 FAILs in none of 200, one of
    0.98 in 94 of 100.
    Misleads: with few columns rows are equal by chance (in the note: the share of training rows that have a twin); a
    column that predicts honestly well is no leak, and a leak of two columns together is not seen; paraphrased text and
    resized pictures are other rows.

    Raises:
        ParameterRefused: there is no label or no reference, or it does not have a column.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    cells = {cell.kind: cell for cell in tally.cells}
    found = [*_overlaps(cells, parameters), *_features_judged(tally, parameters)]
    proven, open_ones = (float(sum(item.state == state for item in found)) for state in ("leak", "open"))
    tested, trained = _cell(cells, "rows", "test"), _cell(cells, "rows", "training")
    enough = min(tested.hits, trained.hits) >= MINIMUM_ROWS
    return Measurement(
        check=NAME,
        method="digests of rows, order of values learned and tried apart",
        method_version="1",
        value=proven if enough else None,
        low=proven if enough else None,
        high=proven + open_ones if enough else None,
        n=tested.hits,
        by_group=tuple(item.shown() for item in found),
        reason=None if enough else Reason.INSUFFICIENT_DATA,
        details=dict(tally.notes)
        | {"test rows": f"{tested.hits} of {tested.n}", "training rows": f"{trained.hits} of {trained.n}"},
    )


@dataclass(frozen=True, slots=True)
class Held:
    """One way to leak, held against its limit: ``leak``, ``kept`` or ``open``."""

    name: str
    found: Interval | None
    n: int
    state: str
    note: str

    def shown(self) -> GroupResult:
        """Return it as a line of the measurement."""
        ends = (None, None, None) if self.found is None else (self.found.value, self.found.low, self.found.high)
        word = {"leak": "leak", "kept": "no leak", "open": "not excluded"}[self.state]
        return GroupResult(
            group=self.name,
            value=ends[0],
            low=ends[1],
            high=ends[2],
            n=self.n,
            assessed=self.found is not None,
            note=f"{word}: {self.note}",
        )


def _state(found: Interval, limit: float, *, whole: bool = True) -> str:
    if found.low > limit:
        return "leak"
    return "kept" if found.high <= limit and whole else "open"


Cells = dict[tuple[str, ...], TrialCell]


def _cell(cells: Cells, *kind: str) -> TrialCell:
    if kind not in cells:
        raise InconsistentTally(f"The trial of {NAME} did not count {', '.join(kind)}.", "Run the check again.")
    return cells[kind]


def _overlaps(cells: Cells, parameters: Parameters) -> Iterator[Held]:
    rows, known = _cell(cells, "rows", "test"), _cell(cells, "rows", "training")
    whole = known.hits == known.n
    limits = {"same row": "max_overlap", "same case": "max_overlap", "not later": None}
    for name, limit in limits.items():
        cell = cells.get((name,))
        if cell is None or not cell.n:
            continue
        share = cell.hits / cell.n
        exact = rows.hits == rows.n or (limit is None and cell.hits > 0)
        found = Interval(share, share, share) if exact else wilson(cell.hits, cell.n)
        allowed = 0.0 if limit is None else parameters.number(limit)
        note = f"{cell.hits} of {cell.n}, allowed share {allowed:g}"
        if name == "same row":
            chance = _cell(cells, "by chance")
            note += f"; {chance.hits} of {chance.n} training rows have a twin"
        yield Held(name, found, cell.n, _state(found, allowed, whole=whole), note)
    near, among = cells.get(("near row",)), cells.get(("near by chance",))
    if near is not None and among is not None and near.n and among.n:
        found = newcombe(near.hits, near.n, among.hits, among.n)
        allowed = parameters.number("max_near_overlap")
        note = f"{near.hits} of {near.n}, among training rows {among.hits} of {among.n}, allowed beyond {allowed:g}"
        yield Held("near row beyond chance", found, near.n, _state(found, allowed, whole=whole), note)


def _features_judged(tally: TrialTally, parameters: Parameters) -> Iterator[Held]:
    features, limit = _features(parameters), parameters.number("max_single_feature")
    z = critical(family=len(features))
    for feature in features:
        bins = [cell for cell in tally.cells if cell.kind[:2] == ("feature", feature)]
        up, n = sum(cell.hits for cell in bins), sum(cell.n for cell in bins)
        if min(up, n - up) < MINIMUM_EVENTS or n < MINIMUM_ROWS:
            yield Held(f"feature: {feature}", None, n, "open", f"{up} positive labels of {n} are too few")
            continue
        found = roc_area([cell.hits for cell in bins], [cell.n - cell.hits for cell in bins], z=z)
        yield Held(f"feature: {feature}", found, n, _state(found, limit), f"area {found.value:.3f}, allowed {limit:g}")
