"""``clerestory status --since DATE``: what changed from one moment to another, and what caused it."""

from typing import TYPE_CHECKING

from clerestory.cli.shell import _, output, print_document

if TYPE_CHECKING:
    from clerestory.judgement.evaluate import Judgement
    from clerestory.judgement.index import FactIndex
    from clerestory.report.difference import Change, Difference
    from clerestory.terms.fact import Document


def show_since(index: "FactIndex", before: "Judgement", after: "Judgement", *, as_json: bool) -> None:
    """Print the difference of two judgements, as text or as one JSON document."""
    from clerestory.report.difference import compare
    from clerestory.store import clock

    found = compare(index, before, after, now=clock.now())
    print_document(document(found)) if as_json else _show(found)


def document(found: "Difference") -> "Document":
    """Return a difference as a JSON object: the same fields as the API's."""
    from clerestory.terms.moment import moment_text

    return {
        "framework": found.framework.id,
        "since": moment_text(found.since),
        "until": moment_text(found.until),
        "forecast": found.forecast,
        "entries": found.entries,
        "unchanged": found.unchanged,
        "changes": [_change(change) for change in found.changes],
    }


def _change(change: "Change") -> "Document":
    return {
        "id": change.id,
        "before": str(change.before),
        "after": str(change.after),
        "coverage_before": {"have": change.have_before, "need": change.need_before},
        "coverage_after": {"have": change.have_after, "need": change.need_after},
        "caused_by": [line.entry_id for line in change.causes],
        "by_time": change.time,
        "missing": [phrase.text for phrase in change.reasons],
    }


def _show(found: "Difference") -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in (_("Id"), _("Requirement"), _("Before"), _("After"), _("Have"), _("Caused by")):
        table.add_column(title, no_wrap=title in (_("Id"), _("Before"), _("After")), overflow="fold")
    for change in found.changes:
        table.add_row(
            change.id,
            change.title,
            change.before.value if change.moved else "",
            change.after.value,
            f"{change.have_before}/{change.need_before} → {change.have_after}/{change.need_after}",
            _("time alone") if change.time else "\n".join(f"{c.check or c.kind} {c.entry_id}" for c in change.causes),
        )
    if found.changes:
        output().print(table, markup=False)
    said = _("{moved} with another status, {covered} with another coverage, {same} as before · {since} to {until}")
    output().print(
        said.format(
            moved=len(found.moved),
            covered=len(found.covered),
            same=found.unchanged,
            since=found.since.isoformat(timespec="seconds"),
            until=found.until.isoformat(timespec="seconds"),
        )
        + (" · " + _("forecast, if nothing new arrives until then") if found.forecast else ""),
        markup=False,
    )
