"""Impact ratios as a bias audit publishes them: rates of categories, scoring rates, unknowns, what is left out and why.

Rules of the City of New York, title 6, section 5-301 (Local Law 144 of 2021). The law sets no pass mark.
"""

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from clerestory.assurance import groups
from clerestory.assurance.groups import Counted, Family
from clerestory.assurance.measurement import GroupResult
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.performance import scores
from clerestory.assurance.tally import (
    MISSING,
    ConfusionCell,
    ConfusionTally,
    Event,
    Request,
    ScoreHistogram,
    ScoreTally,
    Tallies,
)

LARGEST_EXCLUDED = 0.02
"""Categories below this share of the data may be left out of impact ratios: section 5-301 (d)."""
FOUR_FIFTHS = 0.8
_LOWEST = -1.7976931348623157e308
RATE = Parameter(
    name="rate",
    kind="choice",
    options=("selection", "scoring"),
    names_slice=True,
    meaning="selection (unless given): favourable of decided; scoring: above the median of all scores, of scored.",
)
SCORE = Parameter(name="score", kind="column", from_data="score", meaning="Column of the score; for the scoring rate.")
EXCLUDED = Parameter(
    name="exclude_below",
    kind="share",
    names_slice=True,
    meaning="Categories with a smaller share of the data, 0.02 at most, are shown and left out of impact ratios.",
)
UNKNOWN = Parameter(
    name="unknown_values",
    kind="texts",
    names_slice=True,
    meaning="Values that stand for an unknown category, such as 'prefer not to say', beside missing ones.",
)
REASON = Parameter(name="exclude_because", kind="text", meaning="Why small categories are left out; it is published.")


def require_usable(check: str, parameters: Parameters) -> None:
    """Refuse what no audit could publish; raise ParameterRefused."""
    share = _share(parameters)
    if share > LARGEST_EXCLUDED:
        raise ParameterRefused(f"{check}: exclude_below is {share:g}.", "Give 0.02 at most (6 RCNY 5-301 (d)).")
    if share and "exclude_because" not in parameters:
        raise ParameterRefused(f"{check} leaves out categories without a reason.", "Give exclude_because.")
    needed = "score" if rate_of(parameters) == "scoring" else "outcome"
    if needed not in parameters:
        raise ParameterRefused(
            f"{check} with rate {parameters.text('rate')} needs {needed}.", f"Give {needed} in [data] or in the check."
        )


def request(parameters: Parameters) -> Request:
    """Return what to count: decisions, or scores, where every number counts as labelled so that none is lost."""
    if rate_of(parameters) == "selection":
        return groups.confusion(parameters)
    score = parameters.text("score")
    by = tuple(sorted(parameters.texts("sensitive_features")))
    return ScoreHistogram(score=score, label=Event(score, at_least=_LOWEST), by=by)


def selected(tallies: Tallies, parameters: Parameters) -> ConfusionTally:
    """Return decisions per cell; of scores whether they lie above the median of all, as if that were the decision."""
    asked = request(parameters)
    if isinstance(asked, ScoreHistogram):
        found = above_median(scores.answer(tallies, asked))
    else:
        found = groups.cells(tallies, parameters)
    unknown = parameters.texts("unknown_values") if "unknown_values" in parameters else ()
    return unknown_together(found, unknown)


def unknown_together(tally: ConfusionTally, unknown: Sequence[str]) -> ConfusionTally:
    """Return the cells with every value that stands for an unknown category put together with the missing ones."""
    if not unknown:
        return tally
    merged: dict[tuple[str, ...], ConfusionCell] = {}
    for cell in tally.cells:
        group = tuple(MISSING if value in unknown else value for value in cell.group)
        before = merged.get(group)
        counts = {
            item.name: getattr(cell, item.name) + (getattr(before, item.name) if before else 0)
            for item in fields(ConfusionCell)
            if item.name != "group"
        }
        merged[group] = ConfusionCell(group=group, **counts)
    return ConfusionTally(tuple(merged[group] for group in sorted(merged)))


def above_median(tally: ScoreTally) -> ConfusionTally:
    """Return per cell how many scores lie above the median of all cells together; ties with the median do not.

    Exact for any number of scores: the median is a border of the bins. With an even number it lies between two scores,
    and above it are those above the lower one.
    """
    counts = [np.array(cell.positive) + np.array(cell.negative) for cell in tally.cells]
    total = np.cumsum(np.sum(counts, axis=0)) if counts else np.zeros(1)
    middle = int(np.searchsorted(total, total[-1] / 2))
    return ConfusionTally(
        tuple(
            ConfusionCell(
                group=cell.group,
                favourable_unlabelled=int(count[middle + 1 :].sum()),
                unfavourable_unlabelled=int(count[: middle + 1].sum()),
                undecided_unlabelled=cell.unlabelled + cell.unscored + cell.infinite,
            )
            for cell, count in zip(tally.cells, counts, strict=True)
        )
    )


def without_small(families: Sequence[Family], parameters: Parameters) -> tuple[Family, ...]:
    """Return the families with the categories excluded that are below the share asked for; none is dropped."""
    share, reason = _share(parameters), parameters.optional("exclude_because")

    def mark(item: Counted, total: int) -> Counted:
        if item.n >= share * total or MISSING in item.key:
            return item
        return replace(item, obstacle=f"excluded, below {100 * share:g} % of the data: {reason}")

    marked = []
    for family in families:
        total = sum(item.n for item in family.groups)
        marked.append(Family(family.name, tuple(mark(item, total) for item in family.groups), family.axes))
    return tuple(marked)


def with_ratios(shown: Sequence[GroupResult], families: Sequence[Family]) -> tuple[GroupResult, ...]:
    """Return the groups with the impact ratio of each category that is known and not excluded in its note."""
    notes = {}
    for family in families:
        published = [item for item in family.groups if item.n and not is_unpublished(item)]
        highest = max((item.events / item.n for item in published), default=0.0)
        for item in published:
            if highest:
                ratio = item.events / item.n / highest
                notes[item.group] = f"impact ratio {ratio:.4f}" + (
                    " (below four fifths)" if ratio < FOUR_FIFTHS else ""
                )
    return tuple(
        replace(item, note="; ".join(part for part in (notes.get(item.group, ""), item.note) if part)) for item in shown
    )


def details(families: Sequence[Family], parameters: Parameters) -> dict[str, str]:
    """Return how many people are in no known category, per feature and intersection."""
    unknown = {
        f"unknown {family.name}": str(sum(item.n for item in family.groups if MISSING in item.key))
        for family in families
    }
    return {"rate": rate_of(parameters)} | unknown


def rate_of(parameters: Parameters) -> str:
    """Return the rate; runs that were recorded before there were two named none."""
    return parameters.optional("rate") or "selection"


def _share(parameters: Parameters) -> float:
    return parameters.number("exclude_below") if "exclude_below" in parameters else 0.0


def is_unpublished(item: Counted) -> bool:
    """Return whether a category has no impact ratio: it is unknown, or excluded for being small."""
    return MISSING in item.key or item.obstacle.startswith("excluded")
