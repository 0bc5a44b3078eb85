"""A run as one HTML page that opens from disk: every check with its sentence, plot, table, settings and method."""

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from clerestory.assurance.tally import ScoreTally, TwoCategoryTally, TwoSample, TwoSampleTally
from clerestory.cli.report import plot
from clerestory.cli.report.markup import figure, small, table, whole_page
from clerestory.cli.report.model_use import model_use
from clerestory.cli.report.sentence import sentence
from clerestory.terms.status import Verdict

if TYPE_CHECKING:
    from clerestory.assurance.explainability.overview import Overview
    from clerestory.intake.result import Result, Run

_SHAPES = {Verdict.PASS: "✓", Verdict.FAIL: "✗", Verdict.INCONCLUSIVE: "?"}
_BINS, _CURVE = 20, 10


def page(run: "Run", run_id: str, uses: "Overview | None" = None) -> str:
    """Return the page of a run; it holds no row of the data, loads nothing and runs nothing.

    ``uses``: what the model uses, where it could be asked.
    """
    system = run.manifest.system
    body = "".join(_check(run, result, at) for at, result in enumerate(run.results))
    used = "" if uses is None else model_use(run, uses)
    head = f"<header><p>Run {escape(run_id)}</p><h1>{escape(system.name)}</h1><p>{escape(system.purpose)}</p></header>"
    return whole_page(f"{system.name}: checks", f"{head}{_summary(run)}{body}{used}{origin(run)}")


def _summary(run: "Run") -> str:
    rows = [
        (
            f'<a href="#check-{at}">{escape(result.name)}</a>{small(result.slice)}',
            verdict_mark(result),
            _value(result),
            f'<span class="whole">{escape(str(result.declared.criterion))}</span>',
        )
        for at, result in enumerate(run.results)
    ]
    return table("Results", ("Check", "Verdict", "Value [95 % interval]", "Criterion"), rows)


def _check(run: "Run", result: "Result", at: int) -> str:
    found, declared = result.measurement, result.declared
    parts = [
        f'<section id="check-{at}"><h2>{escape(result.name)} {verdict_mark(result)}</h2>',
        f"<p>{escape(sentence(result))}</p>",
        *(figure(drawn, caption) for drawn, caption in plots(run, result)),
    ]
    if found is not None and found.by_group:
        rows = [
            (
                escape(item.group or "all"),
                "" if item.value is None else f"{item.value:.6g}",
                "" if item.low is None else f"[{item.low:.6g}, {item.high:.6g}]",
                f"{item.n:,}",
                escape(item.note or ("" if item.assessed else "not judged")),
            )
            for item in found.by_group
        ]
        parts.append(table("Groups", ("Group", "Value", "95 % interval", "n", "Note"), rows))
    if found is not None:
        parts.append(
            table("Further figures", ("Figure", "Value"), [(escape(k), escape(v)) for k, v in found.details.items()])
        )
    settings = declared.check.parameters_document(declared.parameters)
    listed = table("Settings", ("Parameter", "Value"), [(escape(k), escape(str(v))) for k, v in settings.items()])
    about = f"<p>{escape(declared.check.about)}</p>"
    parts.append(f"<details><summary>How it is computed</summary>{about}{listed}</details></section>")
    return "".join(parts)


def plots(run: "Run", result: "Result") -> Iterator[tuple[str, str]]:
    """Yield the plots of a check with their captions: groups, calibration, and distributions that are compared."""
    found, criterion = result.measurement, result.declared.criterion
    if found is None:
        return
    limits = [limit for limit in (criterion.lower, criterion.upper) if limit is not None]
    bars = [
        plot.Bar(item.group or "all", item.value, item.low, item.high, item.n, item.assessed)
        for item in found.by_group
        if item.value is not None and item.low is not None and item.high is not None
    ]
    if bars:
        caption = "Values with their intervals; hollow points were not judged."
        if found.value is not None and found.low is not None and found.high is not None:
            whole = plot.Bar("the check", found.value, found.low, found.high, found.n)
            yield plot.intervals([whole], limits, f"{result.name} against its limit"), "Dashed: the limit."
        yield plot.intervals(bars, [], f"{result.name} by group"), caption
    for request in result.declared.requests:
        tally = run.tallies.get(request)
        if isinstance(tally, ScoreTally):
            yield from _calibration(tally)
        elif isinstance(tally, TwoSampleTally | TwoCategoryTally) and isinstance(request, TwoSample):
            yield _distributions(tally, request.column), f"{request.column}: reference and current data."


def _calibration(tally: ScoreTally) -> Iterator[tuple[str, str]]:
    sums = [0.0] * _CURVE
    rows, events = [0] * _CURVE, [0] * _CURVE
    for cell in tally.cells:
        for at, (yes, no) in enumerate(zip(cell.positive, cell.negative, strict=True)):
            score = _score_at(tally, at)
            if not yes + no or not 0 <= score <= 1:
                continue
            place = min(int(score * _CURVE), _CURVE - 1)
            rows[place] += yes + no
            events[place] += yes
            sums[place] += score * (yes + no)
    points = [(sums[at] / rows[at], events[at] / rows[at], rows[at]) for at in range(_CURVE) if rows[at]]
    if points:
        drawn = plot.curve(points, "Calibration", "predicted", "happened")
        yield drawn, "Calibration: what was predicted against what happened, in ten equal bins. Dashed: perfect."


def _score_at(tally: ScoreTally, at: int) -> float:
    """Return the score of a point; of a bin the middle of its cuts."""
    if tally.exact:
        return tally.points[at]
    low = tally.points[at - 1] if at else tally.points[0]
    high = tally.points[at] if at < len(tally.points) else tally.points[-1]
    return (low + high) / 2


def _distributions(tally: TwoSampleTally | TwoCategoryTally, column: str) -> str:
    if isinstance(tally, TwoCategoryTally):
        order = sorted(range(len(tally.categories)), key=lambda at: -tally.reference[at])[:14]
        names = [tally.categories[at] for at in order]
        old, new = [tally.reference[at] for at in order], [tally.current[at] for at in order]
        totals = (sum(tally.reference) + tally.reference_other, sum(tally.current) + tally.current_other)
    else:
        old, new = (_binned(spread.at, spread.between) for spread in (tally.reference, tally.current))
        names = [""] * len(old)
        totals = (sum(old), sum(new))
    shares = [[count / max(total, 1) for count in counts] for counts, total in zip((old, new), totals, strict=True)]
    return plot.two_shares(names, shares[0], shares[1], f"Distribution of {column}")


def _binned(at: tuple[int, ...], between: tuple[int, ...]) -> list[int]:
    """Sum counts at and between points into at most twenty bins of as many points."""
    counts = [low + here for low, here in zip(between, (*at, 0), strict=True)]
    size = -(-len(counts) // _BINS)
    return [sum(counts[start : start + size]) for start in range(0, len(counts), size)]


def origin(run: "Run") -> str:
    """Return what was run, by name, version and digest."""
    rows: list[tuple[str, str, str]] = [("Manifest", run.manifest.file.name, run.manifest.digest)]
    rows += [(f"Data, {use}", dataset.location, dataset.digest) for use, dataset in run.data.items()]
    if run.model is not None:
        rows.append(("Model", run.model.name, run.model.digest))
    rows += [("Engine", run.engine, ""), ("Clerestory", run.tool, "")]
    rows += [(name, version, "") for name, version in run.environment.items()]
    seconds = (run.ended_at - run.started_at).total_seconds()
    rows.append(("Run", f"{run.started_at:%Y-%m-%d %H:%M:%S} UTC, {seconds:.1f} s", ""))
    cells = [tuple(escape(part) for part in row) for row in rows]
    return f"<section><h2>What was run</h2>{table('Origin', ('', 'Name or version', 'SHA-256'), cells)}</section>"


def verdict_mark(result: "Result") -> str:
    """Return the verdict of a result by shape and word."""
    word = "could not run" if result.verdict is None else str(result.verdict)
    shape = "–" if result.verdict is None else _SHAPES[Verdict(str(result.verdict))]
    return f'<span class="verdict {word.lower().replace(" ", "-")}">{shape} {word}</span>'


def _value(result: "Result") -> str:
    found = result.measurement
    if found is None or found.value is None:
        return escape(result.reason)
    return f"{found.value:.4g} [{found.low:.4g}, {found.high:.4g}]{small(f'n = {found.n:,}')}"
