"""How much planted poison the filter finds within its budget, and whom it suspects in the data as they are."""

import numpy as np

from clerestory.assurance import groups
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.poisoning.filtering.labelled import Labelled, labelled
from clerestory.assurance.poisoning.filtering.planted import RECIPES
from clerestory.assurance.poisoning.filtering.suspicion import suspects
from clerestory.assurance.poisoning.seeded import HELD_BACK, RECALL, recall_of, seeded_cell
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.trial import Sample, Sampled, Talk, Tried, trial_of, trial_tally
from clerestory.assurance.trial.by_group import People, cells_of, groups_of, worst_rate

NAME = "poisoning.seeded-recall"
MINIMUM_ROWS = 200
METRICS = ("recall", "suspected")
_PARAMETERS = (
    groups.LABEL_NEEDED,
    Parameter(
        name="features",
        kind="columns",
        all_of="any",
        from_data="features",
        required=True,
        names_slice=True,
        meaning='Columns that the model learns from, without free text; "all" but label, keys and time.',
    ),
    Parameter(name="texts", kind="columns", names_slice=True, meaning="Columns of free text that it learns from."),
    Parameter(
        name="metric",
        kind="choice",
        options=METRICS,
        default="recall",
        names_slice=True,
        meaning="recall: share of planted rows found; suspected: share of the rows as they are that is held back.",
    ),
    Parameter(
        name="recipes",
        kind="texts",
        default=tuple(RECIPES),
        names_slice=True,
        meaning=f"What is planted: {', '.join(RECIPES)}; those that the data allow.",
    ),
    Parameter(name="planted", kind="share", default=0.03, meaning="Share of the rows that are poisoned, 0.01 to 0.05."),
    Parameter(name="budget", kind="share", default=0.1, meaning="Share of the rows that people can look at."),
    Parameter(name="runs", kind="count", default=20, meaning="Times that each recipe is planted anew."),
    Parameter(name="rows", kind="count", default=2_000, meaning="Rows that are used, at most."),
    groups.PEOPLE,
    groups.INTERSECTIONS,
    groups.MINIMUM,
    groups.UNJUDGED,
    Parameter(name="seed", kind="seed", default=0, meaning="Seed of the sample and of what is planted."),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    unknown = [name for name in parameters.texts("recipes") if name not in RECIPES]
    if unknown:
        raise ParameterRefused(f"{NAME} has no recipe {unknown[0]!r}.", f"Choose of: {', '.join(RECIPES)}.")
    if not 0.01 <= parameters.number("planted") <= 0.05:
        raise ParameterRefused(f"{NAME} plants 1 to 5 % of the rows.", "Give planted from 0.01 to 0.05.")
    return (trial_of(NAME, parameters),)


def _better(parameters: Parameters) -> str:
    return "higher" if parameters.text("metric") == "recall" else "lower"


def perform(parameters: Parameters) -> Talk:
    """Filter the rows as they are, then plant each recipe again and again and count what the filter finds."""
    label, people, texts = parameters.text("label"), parameters.texts("sensitive_features"), parameters.texts("texts")
    features = tuple(name for name in parameters.texts("features") if name not in (label, *texts))
    seed = parameters.count("seed")
    wanted = tuple(dict.fromkeys((*features, *texts, label, *people)))
    sampled: Sampled = yield Sample(wanted, parameters.count("rows"), seed)
    data, kept = labelled(sampled.table, features, texts, label)
    notes = {"rows": f"{len(data)} of {sampled.total}", "planted": f"{round(parameters.number('planted') * len(data))}"}
    if len(data) < MINIMUM_ROWS or len(data.classes) < 2:
        return TrialTally(cells=(), unanswered=len(data), notes=tuple(sorted(notes.items())))
    budget = int(parameters.number("budget") * len(data))
    found = suspects(data, budget=budget)
    notes |= {"budget": f"{budget} rows", "suspects in the data as they are": _by_reason(found.reasons)}
    groups_kept = groups_of({name: sampled.table[name][kept] for name in (*people, label)}, people)
    cells = [*cells_of("suspected", found.mask(len(data)), groups_kept)]
    left_out = []
    for name in parameters.texts("recipes") if parameters.text("metric") == "recall" else ():
        tried = _tried(data, name, budget, parameters)
        cells += tried
        left_out += [] if tried else [name]
    notes |= {"recipes that the data do not allow": ", ".join(left_out)} if left_out else {}
    return TrialTally(cells=tuple(sorted(cells, key=lambda cell: cell.kind)), notes=tuple(sorted(notes.items())))


def _tried(data: Labelled, name: str, budget: int, parameters: Parameters) -> list[TrialCell]:
    """Runs of one recipe: the recall of each, and the share of clean rows held back."""
    rows = max(round(parameters.number("planted") * len(data)), 1)
    recalls, alarms = [], []
    for run in range(parameters.count("runs")):
        draw = np.random.default_rng([parameters.count("seed"), list(RECIPES).index(name), run])
        made = RECIPES[name](data, rows, draw)
        if made is not None:
            poisoned, planted = made
            held = suspects(poisoned, budget=budget).mask(len(data))
            recalls.append(float(held[planted].mean()))
            alarms.append(float(held[~planted].mean()))
    return [seeded_cell(RECALL, name, recalls), seeded_cell(HELD_BACK, name, alarms)] if recalls else []


def _by_reason(reasons: tuple[str, ...]) -> str:
    counts = {reason: reasons.count(reason) for reason in sorted(set(reasons))}
    return ", ".join(f"{reason} {count}" for reason, count in counts.items()) or "none"


@check(
    NAME, subject=DATASET_VERSION, wants=_wants, needs=("label",), parameters=_PARAMETERS, better=_better, trial=perform
)
def seeded_recall(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure how much planted poison the filter finds within its budget; the worst recipe counts.

    Poison is planted into a copy of the rows by a seeded recipe (labels flipped, Biggio et al. 2011; a rare value or a
    rare pair of values with one label, Gu et al. 2017; one row again and again with a wrong label; a trigger word,
    Kurita et al. 2020), and the filter (`poisoning.filtering.suspicion.suspects`) names as many suspects as the budget
    allows: duplicate bursts, trigger search over values, pairs and words, disagreement with the nearest rows (Paudice
    et al. 2018), spectral signatures (Tran et al. 2018). ``recall``: planted rows among the suspects of planted rows,
    the mean over runs. ``suspected``: the share of the rows as they are that the filter holds back, the worst group,
    for filters remove minorities. Unit: share of rows. Interval: rows of one run are found or missed together, so a run
    is one case: its mean with the interval of `bounded_mean` over runs at 1 - 0.05 / recipes (Bonferroni), wide by
    intent: 20 runs of four recipes that all find everything prove a recall of 0.72. ``suspected``: Wilson (1927),
    Bonferroni over groups. INCONCLUSIVE below 200 labelled rows or 10 runs of a recipe.
    Measured with the defaults, 3 % planted: German credit (1,000 rows) 43 % of flipped labels found, 53 % of pair
    triggers, 79 % of value triggers, 100 % of bursts; Adult (2,000 rows) 58 %, 100 %, 100 % and 100 %; 7 to 9 % of
    clean rows are held back with them. As they are, 13 % of the men and 5 % of the women of Adult are suspect.
    Report the recall, never "clean": an attacker who knows the filter plants what it does not look for; a label that is
    flipped where classes overlap looks like any hard case.

    Raises:
        ParameterRefused: there is no label, an unknown recipe, or a share outside 1 to 5 %.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    if parameters.text("metric") == "recall":
        return recall_of(NAME, "planted poison, mean over runs, Agresti and Coull", tally)
    how = Tried(
        check=NAME,
        method="rows held back, Wilson, Bonferroni over groups",
        max_unjudged_share=parameters.number("max_unjudged_share"),
    )
    people = People(
        features=parameters.texts("sensitive_features"),
        intersections=parameters.flag("intersections"),
        minimum=parameters.count("min_group_size"),
    )
    return worst_rate(how, tally, "suspected", people)
