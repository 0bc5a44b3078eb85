"""Filtering of hostile feedback before retraining: how much of it the filter holds back, and how much honest one."""

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.poisoning.filtering.feedback import KEPT, Feedback, screened
from clerestory.assurance.poisoning.filtering.hostile import RECIPES
from clerestory.assurance.poisoning.seeded import HELD_BACK, RECALL, recall_of, seeded_cell
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally, value_text
from clerestory.assurance.trial import Sample, Sampled, Table, Talk, trial_of, trial_tally

NAME = "poisoning.chaff-filter"
_ROLES = ("source_column", "item", "feedback")
MINIMUM_ROWS = 200
MINIMUM_SOURCES = 5
METRICS = ("recall", "false_alarms")
_PARAMETERS = (
    Parameter(
        name="source_column",
        kind="column",
        required=True,
        names_slice=True,
        meaning="Column that says who gave the feedback.",
    ),
    Parameter(
        name="item",
        kind="column",
        required=True,
        names_slice=True,
        meaning="Column that says what it is about: a case.",
    ),
    Parameter(name="feedback", kind="column", required=True, names_slice=True, meaning="Column of the label given."),
    Parameter(
        name="expected",
        kind="column",
        names_slice=True,
        meaning="Column of what was decided or verified, where sources seldom speak of the same item.",
    ),
    Parameter(
        name="metric",
        kind="choice",
        options=METRICS,
        default="recall",
        names_slice=True,
        meaning="recall: share of planted hostile rows held back; false_alarms: share of the other rows held back.",
    ),
    Parameter(
        name="recipes",
        kind="texts",
        default=tuple(RECIPES),
        names_slice=True,
        meaning=f"What is planted: {', '.join(RECIPES)}.",
    ),
    Parameter(name="planted", kind="share", default=0.05, meaning="Hostile rows as a share of the rows."),
    Parameter(name="runs", kind="count", default=40, meaning="Times that each recipe is planted anew."),
    Parameter(name="rows", kind="count", default=20_000, meaning="Rows of feedback that are used, at most."),
    Parameter(name="seed", kind="seed", default=0, meaning="Seed of the sample and of what is planted."),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    unknown = [name for name in parameters.texts("recipes") if name not in RECIPES]
    if unknown:
        raise ParameterRefused(f"{NAME} has no recipe {unknown[0]!r}.", f"Choose of: {', '.join(RECIPES)}.")
    return (trial_of(NAME, parameters),)


def _better(parameters: Parameters) -> str:
    return "higher" if parameters.text("metric") == "recall" else "lower"


def perform(parameters: Parameters) -> Talk:
    """Filter the feedback as it is, then add each kind of hostile feedback again and again and filter that."""
    named = {role: parameters.text(role) for role in _ROLES}
    columns = (*named.values(), *([parameters.text("expected")] if "expected" in parameters else ()))
    sampled: Sampled = yield Sample(tuple(dict.fromkeys(columns)), parameters.count("rows"), parameters.count("seed"))
    given = feedback_of(sampled.table, parameters)
    sources = len(np.unique(given.sources))
    notes = {"rows": f"{len(given)} of {sampled.total}", "sources": str(sources)}
    if len(given) < MINIMUM_ROWS or sources < MINIMUM_SOURCES or given.classes < 2:
        return TrialTally(cells=(), unanswered=len(given), notes=tuple(sorted(notes.items())))
    reasons, counts = np.unique(screened(given), return_counts=True)
    notes["feedback as it is"] = ", ".join(f"{reason} {n}" for reason, n in zip(reasons, counts.tolist(), strict=True))
    cells = [cell for name in parameters.texts("recipes") for cell in _tried(given, name, parameters)]
    return TrialTally(cells=tuple(sorted(cells, key=lambda cell: cell.kind)), notes=tuple(sorted(notes.items())))


def feedback_of(table: Table, parameters: Parameters) -> Feedback:
    """Return the rows that name source, item and label."""
    names = [parameters.text(role) for role in _ROLES]
    known = np.all([_there(table[name]) for name in names], axis=0)
    sources, items = (_codes(table[name][known]) for name in names[:2])
    texts = [[value_text(item) for item in table[names[2]][known].tolist()]]
    if "expected" in parameters:
        column = table[parameters.text("expected")][known]
        texts.append([value_text(item) for item in column.tolist()])
    classes = {text: at for at, text in enumerate(sorted(set(texts[0])))}
    labels, *expected = (np.array([classes.get(text, -1) for text in part], dtype=np.int64) for part in texts)
    return Feedback(sources, items, labels, len(classes), expected[0] if expected else None)


def _there(values: NDArray[np.generic]) -> NDArray[np.bool_]:
    return np.array([item is not None and item == item for item in values.tolist()], dtype=bool)


def _codes(values: NDArray[np.generic]) -> NDArray[np.int64]:
    texts = np.array([value_text(item) for item in values.tolist()], dtype=str)
    return np.asarray(np.unique(texts, return_inverse=True)[1], dtype=np.int64)


def _tried(given: Feedback, name: str, parameters: Parameters) -> tuple[TrialCell, TrialCell]:
    rows = max(round(parameters.number("planted") * len(given)), 1)
    recalls, alarms = [], []
    for run in range(parameters.count("runs")):
        draw = np.random.default_rng([parameters.count("seed"), list(RECIPES).index(name), run])
        sent, hostile = RECIPES[name](given, rows, draw)
        held = screened(sent) != KEPT
        recalls.append(float(held[hostile].mean()))
        alarms.append(float(held[~hostile].mean()))
    return seeded_cell(RECALL, name, recalls), seeded_cell(HELD_BACK, name, alarms)


@check(NAME, subject=DATASET_VERSION, wants=_wants, parameters=_PARAMETERS, better=_better, trial=perform)
def chaff_filter(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure how much hostile feedback the filter keeps from retraining; the worst recipe counts.

    Hostile rows are added to a copy of the feedback by a seeded recipe: one source floods, known sources turn, a ring
    of ten accounts agrees on the contrary, one stuffs the ballot with the same rows. The filter
    (`poisoning.filtering.feedback.screened`) holds back sources, and rings of sources on the same items, that
    contradict the majority of the others (or what was expected) beyond chance, rows beyond ten times the usual number,
    and second voices on one item. ``recall``: hostile rows held back, the mean over runs; ``false_alarms``: other rows.
    Unit: share of rows. Interval: what is sent together is found together, so a run is one case: `bounded_mean` over
    runs at 1 - 0.05 / recipes (Bonferroni).
    INCONCLUSIVE below 200 rows, 5 sources or 10 runs.
    Simulated, 2,000 rows of 60 honest sources that are right in 90 % (75 %), 400 items, 5 % planted, 40 runs: recall of
    the flood 100 % (100 %), of known sources that turn 100 % (94 %), of the ring 100 % (100 %), of stuffing 99 %
    (95 %); no honest source is held back as hostile, only second voices are. With 300 sources of 7 rows each those that
    turn are found in 66 %, against an ``expected`` column in 83 %.
    Misleads: a majority defines what is contrary, so a ring on items of which nobody else speaks is not found; sources
    with few rows cannot be told from honest ones that err; a minority with another experience contradicts honestly, so
    people look at what is held back. On majorities and hostile labellers: Dawid and Skene (1979); Vuurens, de Vries and
    Eickhoff (2011).

    Raises:
        ParameterRefused: source, item or feedback is not named, or a recipe is unknown.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    recall = parameters.text("metric") == "recall"
    return recall_of(
        NAME,
        "planted hostile feedback, mean over runs, Agresti and Coull",
        trial_tally(NAME, tallies, parameters),
        measure=RECALL if recall else HELD_BACK,
        better=_better(parameters),
    )
