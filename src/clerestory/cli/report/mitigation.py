"""Mitigation as a page that opens from disk and as a table for people: before and after side by side, and the price."""

from html import escape
from typing import TYPE_CHECKING

from clerestory.cli.report import plot
from clerestory.cli.report.markup import figure, table, whole_page
from clerestory.intake.mitigation.result import chance_text

if TYPE_CHECKING:
    from rich.console import Console

    from clerestory.assurance.fairness.mitigation.comparison import Change
    from clerestory.assurance.statistics.interval import Interval
    from clerestory.intake.mitigation.result import Attempt, Mitigation

HEADS = ("Value", "Before", "After", "Change, paired", "p", "n")


def mitigation_page(tried: "Mitigation") -> str:
    """Return the page; it holds no row of the data, loads nothing and runs nothing."""
    system = tried.manifest.system
    head = (
        f"<header><p>Mitigation tried and measured, {tried.started_at:%Y-%m-%d %H:%M} UTC</p>"
        f"<h1>{escape(system.name)}</h1><p>{escape(system.purpose)}</p></header>"
    )
    body = "".join(_attempt(item) for item in tried.attempts)
    return whole_page(f"{system.name}: mitigation", f"{head}{_about(tried)}{body}{_origin(tried)}")


def rows(item: "Attempt") -> list[tuple[str, ...]]:
    """Return the values of one way as text: before, after, change, p and n."""
    return [
        (
            value.name,
            interval(value.before),
            interval(value.after),
            interval(value.change, signed=True),
            chance_text(value.p).removeprefix("p ").removeprefix("= "),
            f"{value.n:,}",
        )
        for value in item.changes
    ]


def interval(found: "Interval | None", *, signed: bool = False) -> str:
    """Return a value with its interval; nothing where there is none."""
    if found is None:
        return ""
    form = "+.3f" if signed else ".3f"
    return f"{found.value:{form}} [{found.low:{form}}, {found.high:{form}}]"


def show(tried: "Mitigation", console: "Console") -> None:
    """Print each way with its table, its caution and its sentence."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    for line in _said(tried):
        console.print(Text(line))
    for item in tried.attempts:
        console.print()
        console.print(Text(f"{item.method}: {item.before} → {item.after}", "bold"))
        drawn = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
        for title in HEADS:
            drawn.add_column(title, overflow="fold")
        for row in rows(item):
            drawn.add_row(*(Text(cell) for cell in row))
        console.print(drawn)
        console.print(Text(item.caution, "yellow"))
        if item.declared:
            console.print(Text(f"Declared reason: {item.declared}"))
        console.print(Text(item.sentence, "bold"))


def _said(tried: "Mitigation") -> tuple[str, ...]:
    between = (
        f"Between {tried.feature} = {tried.high} and {tried.low}, which were furthest apart in the training rows; "
    )
    learned = (
        f"Learned from {tried.trained_on:,} rows with {tried.model}; measured on {tried.held_out:,} others. "
        f"{tried.left_out:,} rows without label, group or score were left out."
    )
    return f"{between}a gap is the rate of the first less that of the second.", learned


def _about(tried: "Mitigation") -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in _said(tried))
    answers = "".join(f"<li>{escape(item.sentence)}</li>" for item in tried.attempts)
    return f"<section><h2>What was found</h2>{lines}<ul>{answers}</ul></section>"


def _attempt(item: "Attempt") -> str:
    values = [tuple(escape(cell) for cell in row) for row in rows(item)]
    parts = [
        f"<section><h2>{escape(item.method)}</h2><p>{escape(item.before)} → {escape(item.after)}</p>",
        f"<p><strong>{escape(item.caution)}</strong></p>",
        f"<p>Declared reason: {escape(item.declared)}</p>" if item.declared else "",
        table(f"{item.method}: before and after on held-out rows", HEADS, values),
        figure(_drawn(item.changes, item.method), "Upper mark of a pair: before; lower: after; 95 % intervals."),
        table(f"{item.method}: groups", _GROUP_HEADS, _groups(item)),
        table(
            f"{item.method}: what it is made of", ("Part", "Value"), [(escape(k), escape(v)) for k, v in _parts(item)]
        ),
        "</section>",
    ]
    return "".join(parts)


_GROUP_HEADS = ("Group", "n", "Rate", "Before", "After")


def _parts(item: "Attempt") -> list[tuple[str, str]]:
    return list(item.parts.items())


def _groups(item: "Attempt") -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for group in item.groups:
        name = escape(group.group) + ("" if group.judged else " (too few to judge)")
        found += [
            (name, f"{group.n:,}", key, interval(before), interval(after))
            for key, (before, after) in group.rates.items()
        ]
    return found


def _drawn(changes: "tuple[Change, ...]", method: str) -> str:
    bars = [
        plot.Bar(f"{value.name}, {when}", found.value, found.low, found.high, value.n)
        for value in changes
        for when, found in (("before", value.before), ("after", value.after))
        if found is not None
    ]
    return plot.intervals(bars, [0.0], f"{method}: before and after")


def _origin(tried: "Mitigation") -> str:
    cells: list[tuple[str, str, str]] = [("Manifest", tried.manifest.file.name, tried.manifest.digest)]
    cells += [(f"Data, {use}", item.location, item.digest) for use, item in tried.data.items()]
    cells += [("Clerestory", tried.tool, "")]
    listed = table("Origin", ("", "Name or version", "SHA-256"), [tuple(escape(part) for part in row) for row in cells])
    method = (
        "Selected: a score of at least the threshold. "
        "Weights: P(group) P(label) / P(group and label), Kamiran and Calders 2012. Thresholds per group: after Hardt, "
        "Price and Srebro 2016, without a lot. Rates: Wilson; gaps: Newcombe; changes: paired Newcombe, put together "
        "after Zou and Donner; p: exact, under the hypothesis that before and after can be exchanged for each person; "
        "accuracy: McNemar mid-p. Each interval is at 95 % of its own. Held-out rows stand for people like those in "
        "the data, and for no others; a label that is biased itself makes a gap look earned."
    )
    return f"<section><h2>How it is computed</h2><p>{escape(method)}</p>{listed}</section>"
