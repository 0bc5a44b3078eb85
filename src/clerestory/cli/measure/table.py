"""A run as a table for people: verdict by shape and word, value with its interval, and what was not judged."""

from typing import TYPE_CHECKING

from clerestory.cli.shell import _

if TYPE_CHECKING:
    from rich.console import Console

    from clerestory.intake.repeat import Repeated
    from clerestory.intake.result import Result, Run

_SHAPE = {"PASS": ("✓", "green"), "FAIL": ("✗", "bold red"), "INCONCLUSIVE": ("?", "yellow"), None: ("–", "yellow")}
_GROUPS, _SLICE = 8, 36


def show(run: "Run", console: "Console") -> None:
    """Print the results of a run, the groups behind what did not pass, and one sentence in sum."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(_("Check"), overflow="fold")
    for title in (_("Verdict"), _("Value and interval"), "n", _("Criterion")):
        table.add_column(title, justify="right" if title == "n" else "left", no_wrap=title != _("Criterion"))
    for result in run.results:
        shape, style = _SHAPE[result.verdict]
        words = [result.name, *(f"  {part}" for part in (_short(result.slice), result.reason) if part)]
        verdict = Text(f"{shape} {result.verdict or _('could not run')}", style)
        table.add_row(Text("\n".join(words)), verdict, *_figures(result), Text(str(result.declared.criterion)))
    system = run.manifest.system
    console.print(Text(f"{system.name} ({system.id})", "bold"))
    console.print(table)
    console.print()
    for result in run.results:
        if result.verdict != "PASS" and result.measurement is not None and result.measurement.by_group:
            _show_groups(result, console)
    console.print(_sum(run))


def show_repeated(repeated: "Repeated", console: "Console") -> None:
    """Print whether the numbers are those of the earlier run, which are not, and what differs in what was run."""
    from rich.text import Text

    console.print()
    for check in repeated.checks:
        if check.outcome != "same":
            console.print(Text(f"{check.outcome}: {check.name}: {check.before or '–'} → {check.now or '–'}"))
    for what, before, now in repeated.origins:
        console.print(Text(f"  {what}: {before or '–'} → {now or '–'}"))
    count = sum(check.outcome == "same" for check in repeated.checks)
    if repeated.is_same:
        console.print(_("The numbers of all {count} checks are the same.").format(count=count))
    else:
        console.print(_("The numbers are not the same; {count} checks agree.").format(count=count))


def _short(text: str) -> str:
    return text if len(text) <= _SLICE else text[: _SLICE - 1] + "…"


def _figures(result: "Result") -> tuple[str, str]:
    found = result.measurement
    if found is None:
        return "", ""
    return _interval(found.value, found.low, found.high), f"{found.n}"


def _interval(value: float | None, low: float | None, high: float | None) -> str:
    return "" if value is None else f"{value:.3g} [{low:.3g}, {high:.3g}]"


def _show_groups(result: "Result", console: "Console") -> None:
    from rich.text import Text

    groups = result.measurement.by_group if result.measurement is not None else ()
    console.print(Text(result.name, "bold"))
    for item in groups[:_GROUPS]:
        value = _interval(item.value, item.low, item.high)
        note = item.note or ("" if item.assessed else _("not judged"))
        console.print(Text(f"  {item.group or _('all')}: {value} n={item.n}" + (f" ({note})" if note else "")))
    if len(groups) > _GROUPS:
        console.print(_("  and {count} more; see --json").format(count=len(groups) - _GROUPS))


def _sum(run: "Run") -> str:
    counts = {word: sum(result.verdict == word for result in run.results) for word in ("PASS", "FAIL", "INCONCLUSIVE")}
    parts = [
        _("{count} passed").format(count=counts["PASS"]),
        _("{count} failed").format(count=counts["FAIL"]),
        _("{count} inconclusive").format(count=counts["INCONCLUSIVE"]),
    ]
    idle = sum(result.verdict is None for result in run.results)
    if idle:
        parts.append(_("{count} could not run").format(count=idle))
    return ", ".join(parts) + "."
