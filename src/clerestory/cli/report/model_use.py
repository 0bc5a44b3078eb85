"""What the model uses, in a run's page: importance beside its stability and faithfulness, and partial dependence."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from clerestory.assurance.explainability.importance import Dependence, DependencePoint
from clerestory.cli.report import plot
from clerestory.cli.report.markup import figure, table
from clerestory.cli.report.sentence import sentence

if TYPE_CHECKING:
    from clerestory.assurance.explainability.overview import Overview
    from clerestory.intake.result import Run

_CHECKS = ("explainability.stability", "explainability.faithfulness")
_UNSTABLE, _UNFAITHFUL = 0.8, 0.2


def model_use(run: "Run", found: "Overview") -> str:
    """Return the section; each plot has its table, and the bars never stand without what they are worth."""
    bars = [
        plot.Bar(item.feature, item.rise.value, item.rise.low, item.rise.high, item.n, item.rise.low > 0)
        for item in found.importances
    ]
    rows = [
        (escape(item.feature), f"{item.rise.value:.4g}", f"[{item.rise.low:.4g}, {item.rise.high:.4g}]", f"{item.n:,}")
        for item in found.importances
    ]
    said = "".join(f"<p>{escape(sentence(result))}</p>" for result in run.results if result.name in _CHECKS)
    parts = [
        "<section><h2>What the model uses</h2>",
        f"<p><strong>{escape(_worth(found))}</strong></p>{said}",
        table(
            "How far the order can be relied on", ("Measured on these rows", "Value", "What it means"), _reliance(found)
        ),
        figure(
            plot.intervals(bars, [0.0], "Permutation importance"),
            f"Permutation importance: by how much {found.loss} rises when an input is shuffled, with its 95 % "
            "interval; hollow: not surely above 0.",
        ),
        table("Permutation importance", ("Input", "Rise", "95 % interval", "n"), rows),
        *(_dependence(item) for item in found.dependences if item.points),
        f"<details><summary>How it is computed</summary><p>{escape(_METHOD)}</p></details></section>",
    ]
    return "".join(parts)


_METHOD = (
    "Importance: mean rise of the squared error over shuffles of an input (Breiman 2001; Fisher, Rudin and Dominici "
    "2019), t interval over rows. Stability: rank correlation of the importances of two halves of the rows, five "
    "times. Faithfulness: the area between the curves of the loss as inputs are shuffled in this order and in the "
    "reverse, from -1 to 1. Partial dependence: the mean score as an input takes its values in every row (Friedman "
    "2001), with the interval of that mean and the middle 80 % of the rows' own curves (Goldstein et al. 2015). Inputs "
    "that hang together share their importance, and shuffling makes rows that cannot occur."
)


def _worth(found: "Overview") -> str:
    """Say before the bars whether their order means anything."""
    doubts = []
    if found.stability is None or found.stability < _UNSTABLE:
        doubts.append("another sample of rows gives another order")
    if found.faithfulness is None or found.faithfulness < _UNFAITHFUL:
        doubts.append("the model does not rest on what stands on top more than on the rest")
    if not doubts:
        return "The order of the inputs is stable over samples of rows, and the model rests on what stands on top."
    return f"The order of the inputs says little: {', and '.join(doubts)}."


def _reliance(found: "Overview") -> list[tuple[str, ...]]:
    def text(value: float | None) -> str:
        return "not measurable" if value is None else f"{value:.2f}"

    return [
        ("Stability", text(found.stability), "rank correlation of two halves of the rows; 1 is the same order"),
        ("Stability, least of five", text(found.least_stable), "the worst pair of halves"),
        ("Faithfulness", text(found.faithfulness), "1: the first inputs carry the loss; 0: no more than chance"),
        ("Rows", f"{found.rows:,}", "drawn from the current data"),
    ]


def _dependence(item: Dependence) -> str:
    numeric = all(isinstance(point.value, float) for point in item.points)
    title = f"Partial dependence on {item.feature}"
    drawn = _curve(item.points, title) if numeric else _values(item.points, title)
    rows = [
        (
            escape(_named(point)),
            f"{point.score.value:.4g}",
            f"[{point.score.low:.4g}, {point.score.high:.4g}]",
            f"{point.most[0]:.4g} to {point.most[1]:.4g}",
        )
        for point in item.points
    ]
    look = "line: mean score with its 95 % interval; dashed: the middle 80 % of individual curves"
    caption = f"{title}; {look if numeric else 'mean score with its 95 % interval'}."
    return figure(drawn, caption) + table(title, ("Value", "Mean score", "95 % interval", "Middle 80 % of rows"), rows)


def _named(point: DependencePoint) -> str:
    return f"{point.value:.6g}" if isinstance(point.value, float) else str(point.value)


def _values(points: Sequence[DependencePoint], title: str) -> str:
    bars = [plot.Bar(_named(point), point.score.value, point.score.low, point.score.high, 0) for point in points]
    return plot.intervals(bars, [], title)


def _curve(points: Sequence[DependencePoint], title: str) -> str:
    return plot.lines(
        [float(point.value) for point in points],
        {
            "line": [point.score.value for point in points],
            "frame": [point.score.low for point in points],
            "frame upper": [point.score.high for point in points],
            "limit": [point.most[0] for point in points],
            "limit upper": [point.most[1] for point in points],
        },
        title,
    )
