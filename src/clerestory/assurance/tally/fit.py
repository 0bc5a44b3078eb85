"""Whether a tally answers its request, and whether the tallies of one run speak of the same tables."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields

from clerestory.assurance.tally import request as requests
from clerestory.assurance.tally import value as values
from clerestory.assurance.tally.request import CURRENT, REFERENCE, Request
from clerestory.assurance.tally.value import Group, InconsistentTally, Tallies, Tally

_REMEDY = "Run `clerestory check` again and push its file unchanged."
_ANSWERS: Mapping[type, tuple[type, ...]] = {
    requests.Confusion: (values.ConfusionTally,),
    requests.ScoreHistogram: (values.ScoreTally,),
    requests.ScorePair: (values.ScorePairTally,),
    requests.GroupCounts: (values.GroupTally,),
    requests.CategoryCounts: (values.CategoryTally,),
    requests.NullCounts: (values.NullTally,),
    requests.RangeCounts: (values.RangeTally,),
    requests.Moments: (values.MomentsTally,),
    requests.SchemaColumns: (values.SchemaTally,),
    requests.DuplicateCounts: (values.DuplicateTally,),
    requests.DistinctRows: (values.DuplicateTally,),
    requests.RuleCounts: (values.RuleTally,),
    requests.Freshness: (values.FreshnessTally,),
    requests.TwoSample: (values.TwoSampleTally, values.TwoCategoryTally),
    requests.ConfidentJoint: (values.ConfidentJointTally,),
    requests.Trial: (values.TrialTally,),
}
_GROUPING = requests.Confusion | requests.ScoreHistogram | requests.GroupCounts
Grouped = values.ConfusionTally | values.ScoreTally | values.GroupTally


def require_answer(request: Request, tally: Tally) -> None:
    """Refuse a tally of another type or shape than its request asks for.

    Raises:
        InconsistentTally: it is of another type, or its groups or categories are not those asked for.
    """
    name = type(request).__name__
    if not isinstance(tally, _ANSWERS[type(request)]):
        raise InconsistentTally(f"A {type(tally).__name__} answers a request for {name}.", _REMEDY)
    fits = True
    if isinstance(tally, Grouped) and isinstance(request, _GROUPING):
        fits = all(len(cell.group) == len(request.by) for cell in tally.cells)
    elif isinstance(tally, values.CategoryTally) and isinstance(request, requests.CategoryCounts):
        fits = len(tally.counts) == len(request.allowed)
    if not fits:
        raise InconsistentTally(f"The groups of a tally are not those that its request {name} asks for.", _REMEDY)


def require_one_table(tallies: Tallies) -> None:
    """Refuse tallies that give one table two numbers of rows, or the same groups two sizes.

    Raises:
        InconsistentTally: naming both requests.
    """
    rows: dict[str, tuple[int, str]] = {}
    sizes: dict[tuple[str, tuple[str, ...]], tuple[Mapping[Group, int], str]] = {}
    for request, tally in tallies.items():
        name = f"{type(request).__name__} {getattr(request, 'column', '')}".rstrip()
        for table, count in _rows(request, tally):
            before, other = rows.setdefault(table, (count, name))
            if before != count:
                raise InconsistentTally(
                    f"The {table} data has {before} rows in the tally {other} and {count} in the tally {name}.", _REMEDY
                )
        grouped = _sizes(tally)
        if grouped is not None and isinstance(request, _GROUPING):
            held, other = sizes.setdefault((request.data, request.by), (grouped, name))
            if held != grouped:
                raise InconsistentTally(
                    f"The groups of {', '.join(request.by)} have other sizes in the tally {other} than in {name}.",
                    _REMEDY,
                )


def _rows(request: Request, tally: Tally) -> Iterator[tuple[str, int]]:
    """How many rows which table has, as the tally tells it."""
    if isinstance(tally, values.TwoSampleTally):
        for table, spread in ((CURRENT, tally.current), (REFERENCE, tally.reference)):
            yield table, sum(spread.at) + sum(spread.between) + spread.missing + spread.infinite
    elif isinstance(tally, values.TwoCategoryTally):
        yield CURRENT, sum(tally.current) + tally.current_missing + tally.current_other
        yield REFERENCE, sum(tally.reference) + tally.reference_missing + tally.reference_other
    elif not isinstance(request, requests.TwoSample | requests.Trial):
        yield request.data, _rows_of_one(tally)


def _rows_of_one(tally: Tally) -> int:
    if isinstance(tally, values.ConfusionTally):
        return sum(_confused(cell) for cell in tally.cells)
    if isinstance(tally, values.ScoreTally):
        return sum(_scored(cell) for cell in tally.cells)
    if isinstance(tally, values.ScorePairTally):
        return tally.positive + tally.negative + tally.unlabelled + tally.unscored
    if isinstance(tally, values.GroupTally):
        return sum(cell.n for cell in tally.cells) + tally.other
    if isinstance(tally, values.CategoryTally):
        return sum(tally.counts) + tally.other + tally.missing
    if isinstance(tally, values.ConfidentJointTally):
        return sum(tally.labelled) + tally.unlabelled + tally.left_out
    if isinstance(tally, values.TwoSampleTally | values.TwoCategoryTally | values.TrialTally):
        raise TypeError("tallies of two tables or of none are counted apart")
    return tally.rows


def _sizes(tally: Tally) -> Mapping[Group, int] | None:
    """Rows by group, without empty ones; None where the tally does not tell all of them."""
    found: list[tuple[Group, int]] = []
    if isinstance(tally, values.ConfusionTally):
        found = [(cell.group, _confused(cell)) for cell in tally.cells]
    elif isinstance(tally, values.ScoreTally):
        found = [(cell.group, _scored(cell)) for cell in tally.cells]
    elif isinstance(tally, values.GroupTally) and not tally.other:
        found = [(cell.group, cell.n) for cell in tally.cells]
    else:
        return None
    return Counter({group: n for group, n in found if n})


def _confused(cell: values.ConfusionCell) -> int:
    return sum(getattr(cell, part.name) for part in fields(cell) if part.name != "group")


def _scored(cell: values.ScoreCell) -> int:
    return sum(cell.positive) + sum(cell.negative) + cell.unlabelled + cell.unscored + cell.infinite
