"""Inputs refused by the filter that stands before inference: how many, of which group, and whether rightly."""

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

import numpy as np

from clerestory.assurance import groups
from clerestory.assurance.data_quality.inputs import planted_fault
from clerestory.assurance.data_quality.inputs.input_filter import NUMBER, TEXT, VALUE, Clause, InputContract, learn
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.tally.request import REFERENCE
from clerestory.assurance.trial import Sample, Sampled, Table, Talk, Tried, trial_of, trial_tally, worst_cell
from clerestory.assurance.trial.by_group import People, cells_of, groups_of, widest_gap, worst_rate

NAME = "data_quality.input-validation"
METRICS = ("rejected", "rejected_gap", "caught", "false_rejections")
HELD_OUT = 0.3
"""Share of the reference rows that the contract is not learned from, to count false rejections on."""
_SHOWN = 20
_PARAMETERS = (
    Parameter(
        name="metric",
        kind="choice",
        options=METRICS,
        default="rejected",
        names_slice=True,
        meaning="rejected: share refused; rejected_gap: its difference between groups; caught: share of planted "
        "mistakes refused; false_rejections: share of good rows refused.",
    ),
    Parameter(
        name="learn",
        kind="columns",
        all_of="any",
        names_slice=True,
        meaning='Columns whose form and range are learned from the reference; "all" of them.',
    ),
    Parameter(
        name="range",
        kind="table of range",
        names_slice=True,
        meaning="Per numeric column the allowed range, such as age = [18, 120].",
    ),
    Parameter(
        name="categories",
        kind="table of texts",
        names_slice=True,
        meaning='Per column the allowed values, such as sex = ["female", "male"].',
    ),
    Parameter(
        name="longest",
        kind="table of count",
        names_slice=True,
        meaning="Per column of free text the most characters that it may have.",
    ),
    Parameter(name="present", kind="columns", names_slice=True, meaning="Columns that may not be missing."),
    Parameter(
        name="margin",
        kind="share",
        default=0.1,
        meaning="Room beyond the learned range on either side, as a share of its width.",
    ),
    groups.PEOPLE,
    groups.INTERSECTIONS,
    groups.MINIMUM,
    groups.UNJUDGED,
    groups.JUDGE_GROUPS,
    Parameter(name="rows", kind="count", default=100_000, meaning="Rows that are looked at, at most."),
    Parameter(name="planted", kind="count", default=1_000, meaning="Rows that get a mistake of each kind, at most."),
    Parameter(name="seed", kind="seed", default=0, meaning="Seed of the samples and of the planted mistakes."),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    if not any(name in parameters for name in ("learn", "range", "categories", "longest", "present")):
        raise ParameterRefused(
            f"{NAME} has no contract on inputs.",
            "Declare range, categories, longest or present, or learn them from a reference.",
        )
    if parameters.text("metric") == "false_rejections" and "learn" not in parameters:
        raise ParameterRefused(
            f"{NAME}: false rejections are counted on reference rows that were not learned from.",
            'Give learn = "all" and a reference in [data].',
        )
    if parameters.text("metric") == "rejected_gap" and not parameters.texts("sensitive_features"):
        raise ParameterRefused(f"{NAME}: a gap needs groups.", "Give sensitive_features in [data].")
    return (trial_of(NAME, parameters),)


def _better(parameters: Parameters) -> str:
    return "higher" if parameters.text("metric") == "caught" else "lower"


def perform(parameters: Parameters) -> Talk:
    """Learn the contract, screen the current rows, the held-out ones, and rows with planted mistakes."""
    features, rows, seed = parameters.texts("sensitive_features"), parameters.count("rows"), parameters.count("seed")
    learned = InputContract({})
    cells: list[TrialCell] = []
    held: Table = {}
    if "learn" in parameters:
        wanted = tuple(dict.fromkeys((*_declared_columns(parameters), *parameters.texts("learn"), *features)))
        reference: Sampled = yield Sample(wanted, rows, seed, REFERENCE)
        known, held = _split(reference.table, np.random.default_rng(seed))
        learned = learn(known, parameters.texts("learn"), margin=parameters.number("margin"))
    contract = declared_contract(parameters, learned)
    columns = tuple(dict.fromkeys((*contract.clauses, *features)))
    current: Sampled = yield Sample(columns, rows, seed)
    screened = contract.screen(current.table)
    cells += cells_of("rejected", ~screened.accepted, groups_of(current.table, features))
    if held:
        cells += cells_of("false_rejections", ~contract.screen(held).accepted, groups_of(held, features))
    if parameters.text("metric") == "caught":
        cells += _caught(current.table, np.flatnonzero(screened.accepted), contract, parameters)
    counts = {f"{column}: {fault}": str(int(where.sum())) for (column, fault), where in screened.faults.items()}
    most = sorted(counts, key=lambda name: (-int(counts[name]), name))[:_SHOWN]
    notes = {name: counts[name] for name in most} | {
        "rows": f"{len(screened.accepted)} of {current.total}",
        "columns under contract": str(len(contract.clauses)),
    }
    return TrialTally(cells=tuple(sorted(cells, key=lambda cell: cell.kind)), notes=tuple(sorted(notes.items())))


def declared_contract(parameters: Parameters, learned: InputContract) -> InputContract:
    """Return what was learned with everything that is declared in its place."""
    clauses = dict(learned.clauses)
    present = parameters.texts("present")
    for column, ends in parameters.table("range").items():
        both = cast("dict[str, float]", ends)
        before = clauses.get(column, Clause(form=NUMBER, optional=True))
        clauses[column] = Clause(
            form=NUMBER, optional=before.optional, minimum=both.get("min"), maximum=both.get("max"), whole=before.whole
        )
    for column, allowed in parameters.table("categories").items():
        optional = clauses[column].optional if column in clauses else True
        clauses[column] = Clause(form=VALUE, optional=optional, allowed=frozenset(cast("Iterable[str]", allowed)))
    for column, longest in parameters.table("longest").items():
        optional = clauses[column].optional if column in clauses else True
        clauses[column] = Clause(form=TEXT, optional=optional, longest=int(str(longest)))
    for column in present:
        clauses[column] = replace(clauses.get(column, Clause(form=TEXT)), optional=False)
    return InputContract(clauses)


def _declared_columns(parameters: Parameters) -> tuple[str, ...]:
    tables = (parameters.table(name) for name in ("range", "categories", "longest"))
    return (*(column for table in tables for column in table), *parameters.texts("present"))


def _split(table: Table, draw: np.random.Generator) -> tuple[Table, Table]:
    """Rows to learn from and rows held out."""
    rows = len(next(iter(table.values()), ()))
    apart = np.zeros(rows, dtype=bool)
    apart[draw.permutation(rows)[: round(HELD_OUT * rows)]] = True
    return ({name: values[~apart] for name, values in table.items()},
            {name: values[apart] for name, values in table.items()})  # fmt: skip


def _caught(table: Table, good: np.ndarray, contract: InputContract, parameters: Parameters) -> list[TrialCell]:
    """Plant one mistake of each kind into each of some accepted rows, and count what is refused."""
    draw = np.random.default_rng(parameters.count("seed"))
    chosen = good if len(good) <= parameters.count("planted") else draw.choice(good, parameters.count("planted"), False)
    columns = {name: table[name].tolist() for name in contract.clauses}
    cells = []
    for recipe in (*planted_fault.RECIPES, planted_fault.EXCHANGED):
        made = (planted_fault.plant({c: v[at] for c, v in columns.items()}, recipe, contract, draw) for at in chosen)
        answers = [bool(contract.refuse(row)) for row in made if row is not None]
        cells.append(TrialCell(kind=("caught", recipe), n=len(answers), hits=sum(answers)))
    return cells


@check(NAME, subject=DATASET_VERSION, wants=_wants, parameters=_PARAMETERS, better=_better, trial=perform)
def input_validation(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure how many inputs the filter before inference refuses, of whom, and whether it does so rightly.

    The filter (`data_quality.inputs.input_filter.InputContract`) accepts a row whose columns are all present, of the
    declared form, and inside the declared or learned range or values. ``rejected``: rows refused of rows looked at, the
    worst of everybody and each group; ``rejected_gap``: its largest difference between two groups, for a filter that
    refuses one group more often treats it worse; ``false_rejections``: the same on reference rows that the contract
    was not learned from; ``caught``: of rows with one planted mistake those refused, the worst kind of mistake (a gap,
    an infinity, a word for a number, a thousandfold, a lost sign, a misspelling, another case, two columns exchanged).
    Unit: share of rows. Interval: Wilson (1927) at 1 - 0.05 / rates compared (Bonferroni); for the gap simultaneous
    over all pairs (Newcombe 1998). Groups below the declared size are shown and counted; INCONCLUSIVE below 30 rows.
    To show a rate of 1 % or less in a group takes some 500 of its people: set ``min_group_size`` accordingly.
    A range learned with margin 0 from n rows refuses 2 / (n + 1) of good new values per column whatever their
    distribution (Wilks 1941); simulated for n = 200, 400 ranges: 0.96 % against 0.995 %, standard error 0.035.
    Misleads: a value in range may be wrong, so ``caught`` is below 1 for columns exchanged; values that only a small
    group has are refused most.

    Raises:
        ParameterRefused: nothing is declared or learned, or the metric needs groups or a reference that is not there.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally, metric = trial_tally(NAME, tallies, parameters), parameters.text("metric")
    how = Tried(
        check=NAME,
        method=f"input contract, {metric}, Wilson, Bonferroni",
        better=_better(parameters),
        max_unjudged_share=parameters.number("max_unjudged_share"),
    )
    if metric == "caught":
        cells = tuple(cell for cell in tally.cells if cell.kind[0] == "caught")
        return worst_cell(how, TrialTally(cells=cells, notes=tally.notes))
    people = People(
        features=parameters.texts("sensitive_features"),
        intersections=parameters.flag("intersections"),
        minimum=parameters.count("min_group_size"),
        judged=parameters.flag("judge_groups"),
    )
    return (
        widest_gap(how, tally, "rejected", people)
        if metric == "rejected_gap"
        else worst_rate(how, tally, metric, people)
    )
