"""What can be asked of an engine: one frozen type per kind of count. Equal requests are counted once and shared.

``data`` is ``current`` or ``reference``: the table to count in. Columns are named as in the table. A row counts once.
Null and NaN are missing; infinities are counted apart and never binned.
"""

from dataclasses import dataclass

CURRENT = "current"
REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Event:
    """A yes-or-no reading of a column: decision granted, label true, score over a threshold.

    Yes when ``value_text(value) == equals``; with ``at_least`` when the number is >= it; with neither when the value is
    true or 1. With neither, an engine refuses a column that holds anything but true/false or 0/1. Missing (null or NaN)
    stays missing.
    """

    column: str
    equals: str | None = None
    at_least: float | None = None


@dataclass(frozen=True, slots=True)
class Confusion:
    """Per cell of the ``by`` columns: the decision against the label, missing values of either counted apart.

    Answer: `ConfusionTally`. ``outcome`` None: every row counts as undecided. ``label`` None: as unlabelled.
    ``by`` empty: one cell with the empty group.
    """

    by: tuple[str, ...] = ()
    outcome: Event | None = None
    label: Event | None = None
    data: str = CURRENT


@dataclass(frozen=True, slots=True)
class ScoreHistogram:
    """Per cell of ``by``: how scores fall among positives and negatives.

    Answer: `ScoreTally`, exact at every distinct finite score while there are at most ``exact_up_to`` of them (over all
    cells together); otherwise in right-closed bins cut at the distinct ones of: quantiles k/``bins`` of the finite
    scores (k = 1 .. bins - 1), and ``cuts``; with sums.
    """

    score: str
    label: Event
    by: tuple[str, ...] = ()
    cuts: tuple[float, ...] = ()
    exact_up_to: int = 10_000
    bins: int = 1_000
    data: str = CURRENT


@dataclass(frozen=True, slots=True)
class ScorePair:
    """Two scores of the same rows against one label: ``score`` of the version at hand, ``other`` of the one compared.

    Answer: `ScorePairTally`. From arrays to the tally: `clerestory.assurance.performance.score_pair.count_score_pair`.
    """

    score: str
    other: str
    label: Event
    data: str = CURRENT


@dataclass(frozen=True, slots=True)
class GroupCounts:
    """Rows per combination of values of the ``by`` columns. Answer: `GroupTally`.

    The ``limit`` largest cells are kept (ties by text); what the rest holds is ``other``. Two columns make the table of
    agreement of two annotators.
    """

    by: tuple[str, ...]
    limit: int = 1_000
    data: str = CURRENT


@dataclass(frozen=True, slots=True)
class CategoryCounts:
    """Rows per allowed category of a text, boolean or integer column; values outside are only counted, never named.

    Answer: `CategoryTally`.
    """

    column: str
    allowed: tuple[str, ...]
    data: str = CURRENT


@dataclass(frozen=True, slots=True)
class NullCounts:
    """Missing (null), not-a-number and infinite values of a column. Answer: `NullTally`."""

    column: str
    data: str = CURRENT


@dataclass(frozen=True, slots=True)
class RangeCounts:
    """Values of a numeric column below ``minimum`` or above ``maximum``, both allowed. Answer: `RangeTally`."""

    column: str
    minimum: float | None = None
    maximum: float | None = None
    data: str = CURRENT


@dataclass(frozen=True, slots=True)
class Moments:
    """Count, sum, sum of squares and extremes of the finite values of a numeric column. Answer: `MomentsTally`."""

    column: str
    data: str = CURRENT


@dataclass(frozen=True, slots=True)
class SchemaColumns:
    """Names and types of the columns. Answer: `SchemaTally`."""

    data: str = CURRENT


@dataclass(frozen=True, slots=True)
class DuplicateCounts:
    """Rows, distinct keys, and rows with a missing part of the key. Answer: `DuplicateTally`."""

    key: tuple[str, ...]
    data: str = CURRENT


@dataclass(frozen=True, slots=True)
class DistinctRows:
    """Rows, and how many of them are distinct in some columns; a gap is equal to a gap, whether null or NaN.

    Answer: `DuplicateTally` without incomplete rows.
    """

    columns: tuple[str, ...]
    data: str = CURRENT


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """Rows that a rule between columns can judge, and those that break it. Answer: `RuleTally`.

    ``rule``: as `clerestory.assurance.data_quality.consistency.read` reads it. A row is judged where its condition
    holds and no value that it compares is missing. Numbers are equal within 1e-9 of the size of either; an infinity is
    equal to itself alone. Texts are ordered by their bytes, times by their moment, a day being its first.
    """

    rule: str
    data: str = CURRENT


@dataclass(frozen=True, slots=True)
class Freshness:
    """Earliest and latest moment of a date or time column; rows after ``as_of``; rows before ``not_before``.

    Both limits are UTC moments as `terms.moment.moment_text` writes them. A column without time zone is read as UTC.
    Answer: `FreshnessTally`.
    """

    column: str
    as_of: str
    not_before: str | None = None
    data: str = CURRENT


@dataclass(frozen=True, slots=True)
class TwoSample:
    """One column in reference and current, counted at and between points of the reference.

    Numeric and time columns answer with `TwoSampleTally`: the points are all distinct finite reference values while
    these are at most ``points``, otherwise the distinct ones of the reference's own values at the ranks
    ceil(n * k / ``points``), k = 1 .. points - 1 (rank 1 is the smallest of n). Times count as seconds since 1970.
    Text, boolean and category columns answer with `TwoCategoryTally`.
    """

    column: str
    points: int


@dataclass(frozen=True, slots=True)
class ConfidentJoint:
    """Given labels against confidently predicted ones (Northcutt et al. 2021). Answer: `ConfidentJointTally`.

    ``probabilities``: pairs of class and the column that holds its out-of-sample probability; for two classes one pair
    is enough. Without any, ``features`` train a model in ``folds`` folds with ``seed`` on at most ``max_rows`` rows:
    `clerestory.assurance.poisoning.cross_validation.out_of_sample_probabilities`. From arrays to the tally:
    `clerestory.assurance.poisoning.confident_joint.count_confident_joint`.
    """

    label: str
    probabilities: tuple[tuple[str, str], ...] = ()
    features: tuple[str, ...] = ()
    folds: int = 5
    seed: int = 0
    max_rows: int = 20_000
    data: str = CURRENT


@dataclass(frozen=True, slots=True)
class Trial:
    """What the trial of a check counts (`clerestory.assurance.trial`), with all its settings. Answer: `TrialTally`.

    ``settings``: the check's complete parameters as pairs of name and JSON text, by name.
    """

    check: str
    settings: tuple[tuple[str, str], ...] = ()


Request = (
    Confusion
    | ScoreHistogram
    | ScorePair
    | GroupCounts
    | CategoryCounts
    | NullCounts
    | RangeCounts
    | Moments
    | SchemaColumns
    | DuplicateCounts
    | DistinctRows
    | RuleCounts
    | Freshness
    | TwoSample
    | ConfidentJoint
    | Trial
)
