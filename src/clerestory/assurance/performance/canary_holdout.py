"""Quality on cases that no training has seen, with proof that it has not, beside the quality on the others."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from clerestory.assurance import groups
from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.performance.truth import read_truth
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.statistics.interval import Interval
from clerestory.assurance.statistics.rate import newcombe, wilson
from clerestory.assurance.tally import MISSING, Request, Tallies, TrialCell, TrialTally, value_text
from clerestory.assurance.tally.request import REFERENCE
from clerestory.assurance.trial import Sample, Sampled, Table, Talk, trial_of, trial_tally
from clerestory.terms.error import ClerestoryError

NAME = "performance.canary-holdout"
CANARY, OTHERS, SEEN, UNREAD, LEFT_OUT = "canary cases", "other cases", "seen in training", "not read", "left out"
MINIMUM_CASES = 30
Flags = npt.NDArray[np.bool_]
_PARAMETERS = (
    Parameter(
        name="measure",
        kind="choice",
        default="quality",
        options=("quality", "loss"),
        names_slice=True,
        meaning="quality: accuracy on canary cases; loss: how much lower it is than on the cases of the reference.",
    ),
    Parameter(
        name="match",
        kind="columns",
        default="all",
        all_of="any",
        names_slice=True,
        meaning='Columns by which a case is known again in the training data, or "all" but what is decided.',
    ),
    Parameter(
        name="keys",
        kind="texts",
        from_data="keys",
        meaning="Columns that name a case; where both tables have them, the same name is the same case too.",
    ),
    groups.OUTCOME,
    groups.FAVOURABLE,
    groups.FAVOURABLE_FROM,
    groups.LABEL_NEEDED,
    groups.POSITIVE,
    Parameter(name="score", kind="text", from_data="score", meaning="Column of the score; no case is known by it."),
    Parameter(
        name="max_seen_share",
        kind="share",
        default=0.0,
        meaning="Share of canary cases with an equal in the training data with which it can still pass.",
    ),
    groups.UNLABELLED,
    Parameter(name="rows", kind="count", default=500_000, meaning="Rows of each table that are read at most."),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    if not _matched(parameters):
        raise ParameterRefused(f"{NAME} has nothing to know a case by.", "Name columns in match that are no decision.")
    return (trial_of(NAME, parameters),)


def _matched(parameters: Parameters) -> tuple[str, ...]:
    decided = {parameters.text("outcome"), parameters.optional("score")}
    return tuple(sorted(name for name in parameters.texts("match") if name not in decided))


def perform(parameters: Parameters) -> Talk:
    """Look each canary case up in the training data by digest, and count right decisions about canaries and others."""
    match, keys, most = _matched(parameters), parameters.texts("keys"), parameters.count("rows")
    columns = tuple(dict.fromkeys((*match, parameters.text("outcome"), parameters.text("label"))))
    notes = {"known again by": ", ".join(match)}
    try:
        canary: Sampled = yield Sample(tuple(dict.fromkeys((*columns, *keys))), most)
        training: Sampled = yield Sample(tuple(dict.fromkeys((*columns, *keys))), most, 0, REFERENCE)
        notes |= {"or by": ", ".join(keys)} if keys else {}
    except ClerestoryError:
        if not keys:
            raise
        notes["not known by"] = f"{', '.join(keys)}: one of the tables does not have it"
        keys = ()
        canary = yield Sample(columns, most)
        training = yield Sample(columns, most, 0, REFERENCE)
    seen = _known_again(canary.table, training.table, match)
    if keys:
        named = np.array([_named(row) for row in zip(*(canary.table[key].tolist() for key in keys), strict=True)], bool)
        seen |= _known_again(canary.table, training.table, keys) & named
    right, usable = _right(canary.table, parameters)
    others, known = _right(training.table, parameters)
    read = (len(right) + len(others), canary.total + training.total)
    cells = (
        TrialCell(kind=(CANARY,), n=int(usable.sum()), hits=int((right & usable & ~seen).sum())),
        TrialCell(kind=(LEFT_OUT,), n=len(usable), hits=int((~usable).sum())),
        TrialCell(kind=(OTHERS,), n=int(known.sum()), hits=int((others & known).sum())),
        TrialCell(kind=(SEEN,), n=len(seen), hits=int(seen.sum())),
        TrialCell(kind=(UNREAD,), n=read[1], hits=read[1] - read[0]),
    )
    return TrialTally(cells=tuple(sorted(cells, key=lambda cell: cell.kind)), notes=tuple(sorted(notes.items())))


def _known_again(table: Table, other: Table, columns: Sequence[str]) -> Flags:
    there = set(digests(other, columns))
    return np.array([digest in there for digest in digests(table, columns)], dtype=np.bool_)


def _named(key: tuple[object, ...]) -> bool:
    """Whether a key is whole: two cases that lack it are not the same."""
    return all(value_text(part) != MISSING for part in key)


def digests(table: Table, columns: Sequence[str]) -> list[bytes]:
    """Return a digest of each row's values; equal values as text, missing ones too, give equal digests."""
    parts = [[value_text(value) for value in table[name].tolist()] for name in columns]
    lines = ("".join(f"{len(text)}:{text}" for text in row) for row in zip(*parts, strict=True))
    return [blake2b(line.encode(), digest_size=16).digest() for line in lines]


def _right(table: Table, parameters: Parameters) -> tuple[Flags, Flags]:
    """Whether the decision is the label, and whether both are there."""
    label = read_truth(NAME, table[parameters.text("label")], parameters.optional("positive"))
    outcome = table[parameters.text("outcome")]
    if "favourable_from" in parameters:
        numbers = np.asarray(outcome, dtype=np.float64)
        decided, yes = ~np.isnan(numbers), numbers >= parameters.number("favourable_from")
    else:
        read = read_truth(NAME, outcome, parameters.optional("favourable"), called="outcome")
        decided, yes = read.known, read.yes
    return yes == label.yes, label.known & decided


def _better(parameters: Parameters) -> str:
    return "higher" if parameters.text("measure") == "quality" else "lower"


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=_wants,
    parameters=_PARAMETERS,
    needs=("outcome", "label", "reference"),
    better=_better,
    lowest=-1.0,
    trial=perform,
)
def canary_holdout(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure accuracy on canary cases, which no training has seen, or how much lower it is there than on the others.

    Current data are the canary cases, the reference is what the model was trained on, with its decisions.
    quality: canary cases decided as the label says / canary cases with both; higher is better. loss: the same share of
    the reference less that of the canary cases: what the model learned by heart; lower is better. A canary case that
    is known again in the training data, by the digest of its columns or by its key, proves nothing, so it counts as not
    decided right; above ``max_seen_share`` of them nothing can pass, and it fails as soon as they break the limit.
    So retraining on canary cases cannot look like quality (held-out data that leak: Kaufman et al. 2012). Unit: share,
    0 to 1, and difference of shares. Interval: Wilson (1927); for loss Newcombe (1998, method 10).
    Misleads where cases are alike without being the same person: few coarse columns make equals, so name a key or
    columns that tell people apart, or allow their share; and a changed digit hides a case. INCONCLUSIVE below 30 cases
    of either side, where labels or decisions are missing, and where tables are larger than what is read.

    Raises:
        ParameterRefused: there is no column to know a case by; in the trial, values that are neither yes nor no.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    cells = {cell.kind[0]: cell for cell in tally.cells}
    canary, others, seen = cells[CANARY], cells[OTHERS], cells[SEEN]
    value = _value(canary, others, parameters)
    return Measurement(
        check=NAME,
        method=f"{parameters.text('measure')}: seen cases count as wrong",
        method_version="1",
        value=value.value if value else None,
        low=value.low if value else None,
        high=value.high if value else None,
        n=canary.n,
        by_group=tuple(_shown(cell) for cell in (canary, others)),
        share_unassessable=seen.hits / seen.n if seen.n else 1.0,
        max_unjudged_share=parameters.number("max_seen_share"),
        reason=_reason(cells, parameters),
        details={"canary cases seen in training": f"{seen.hits} of {seen.n}", **dict(tally.notes)},
    )


def _value(canary: TrialCell, others: TrialCell, parameters: Parameters) -> Interval | None:
    if not canary.n:
        return None
    if parameters.text("measure") == "quality":
        return wilson(canary.hits, canary.n)
    return newcombe(others.hits, others.n, canary.hits, canary.n) if others.n else None


def _reason(cells: dict[str, TrialCell], parameters: Parameters) -> Reason | None:
    if cells[UNREAD].hits:
        return Reason.PARTIAL_RUN
    if cells[LEFT_OUT].hits > parameters.number("max_unlabelled_share") * cells[LEFT_OUT].n:
        return Reason.LABELS_MISSING
    compared = (CANARY, OTHERS) if parameters.text("measure") == "loss" else (CANARY,)
    few = any(cells[name].n < MINIMUM_CASES for name in compared)
    return Reason.INSUFFICIENT_DATA if few else None


def _shown(cell: TrialCell) -> GroupResult:
    name = cell.kind[0]
    if not cell.n:
        return GroupResult(group=name, value=None, low=None, high=None, n=0, assessed=False, note="no case")
    found = wilson(cell.hits, cell.n)
    return GroupResult(
        group=name, value=found.value, low=found.low, high=found.high, n=cell.n, note=f"{cell.hits} of {cell.n} right"
    )
