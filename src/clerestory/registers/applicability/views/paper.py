"""One version of the Statement of Applicability, and the difference of two, as papers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing
from clerestory.desk.document import Facts, Head, Mark, Paper, Paragraph, Table, references
from clerestory.desk.document.paper import Cell
from clerestory.desk.lists.words import TONES, word
from clerestory.registers.applicability.queries import (
    Implementation,
    KnownRecord,
    RowDifference,
    StatementDifference,
    StatementVersion,
)
from clerestory.registers.applicability.rules import Line
from clerestory.store import log
from clerestory.store.directory import labelled
from clerestory.terms.ids import EntryId


@dataclass(frozen=True, slots=True)
class Shown:
    """What a version is shown with: titles, people and records by name, and the status of each control at a moment."""

    at: datetime
    titles: Mapping[str, str]
    names: Mapping[str, str]
    known: Mapping[tuple[str, str], KnownRecord]
    status: Mapping[str, Implementation]


def statement_paper(
    actor: Actor, record: StatementVersion, standing: Standing, shown: Shown, *, organisation: str
) -> Paper:
    """Return the paper of one version, with the entry of every decision in it."""
    entries = [*_entries(record, standing)]
    leaves = log.leaf_hashes(actor.organisation_id, (entry_id for entry_id, _about in entries))
    return Paper(
        title=_("Statement of Applicability, version {version}").format(version=record.version),
        subtitle=_("ISO/IEC 42001:2023, Annex A"),
        organisation=organisation,
        at=shown.at,
        parts=(Facts(tuple(_facts(record, standing, shown))), *statement_tables(record, shown)),
        evidence=references((entry_id, leaves.get(entry_id, ""), about) for entry_id, about in entries),
        landscape=True,
    )


def _facts(
    record: StatementVersion, standing: Standing, shown: Shown
) -> Iterator[tuple[str, str | int | datetime | Mark]]:
    yield _("Controls that apply"), record.included
    yield _("Controls excluded"), record.excluded
    yield _("Issued by"), shown.names.get(record.issued_by, record.issued_by)
    yield _("Issued"), record.issued_at
    if standing.is_approved:
        signed = (shown.names.get(a.approver, a.approver) for a in standing.approvals if a.revoked_at is None)
        yield _("Approved by"), Mark(", ".join(signed), "good")
    else:
        yield _("Approved by"), Mark(_("nobody yet"), "open")


def statement_tables(record: StatementVersion, shown: Shown) -> Iterator[Table]:
    """Yield the tables of one version: the controls of Annex A, then own controls where it has some."""
    heads = (
        Head(_("Control"), width=0.19),
        Head(_("Decision"), width=0.1),
        Head(_("Reason"), width=0.31),
        Head(_("Rests on"), width=0.2),
        Head(_("Status"), width=0.13),
        Head(_("Covered"), width=0.07),
    )
    own = [line for line in record.lines if line.own_title]
    annex = [line for line in record.lines if not line.own_title]
    yield Table(_("Annex A") if own else "", heads, [_row(line, shown) for line in annex])
    if own:
        yield Table(_("Own controls"), heads, [_row(line, shown) for line in own])


def _row(line: Line, shown: Shown) -> tuple[Cell, ...]:
    status = shown.status.get(line.control)
    records = [record.label for record in labelled(shown.known, line.behind)]
    return (
        f"{line.control} {line.own_title or shown.titles[line.control]}",
        _decision(line),
        line.justification,
        [capfirst(_(str(line.ground))), *records],
        status_mark(status),
        _covered(status),
    )


def status_mark(status: Implementation | None) -> Mark:
    """Return the derived status of a control as a paper shows it; without evidence to judge it is unknown."""
    name = Implementation.word(status)
    return Mark(word(name), TONES.get(name, "none"))


def _covered(status: Implementation | None) -> str:
    if status is None or not status.need:
        return "–"
    return _("%(have)s of %(need)s") % {"have": status.have, "need": status.need}


def _decision(line: Line | None) -> Mark | str:
    if line is None:
        return "–"
    return Mark(_("applies"), "accent") if line.included else Mark(_("excluded"), "none")


def _entries(record: StatementVersion, standing: Standing) -> Iterator[tuple[EntryId, str]]:
    yield record.entry_id, _("Statement of Applicability, version {version}").format(version=record.version)
    for approval in standing.approvals:
        yield approval.entry_id, _("Approval")
    for line in record.lines:
        yield line.entry_id, str(line.control)


def difference_paper(
    made: StatementDifference, known: Mapping[tuple[str, str], KnownRecord], *, organisation: str
) -> Paper:
    """Return the difference of two versions as a paper: the rows that say something else or stand otherwise."""
    heads = (
        Head(_("Control"), width=0.2),
        Head(_("Decision"), width=0.14),
        Head(_("Reason before"), width=0.22),
        Head(_("Reason after"), width=0.22),
        Head(_("Status then"), width=0.11),
        Head(_("Status now"), width=0.11),
    )
    rows = [_difference_row(row, known) for row in made.rows if row.is_decided_anew or row.has_moved]
    title = _("Statement of Applicability, versions {before} and {after}")
    return Paper(
        title=title.format(before=made.before.version, after=made.after.version),
        subtitle=_("ISO/IEC 42001:2023, Annex A"),
        organisation=organisation,
        at=made.now_at,
        parts=(
            Paragraph(
                _(
                    "Only controls that were decided anew or whose evidence stands otherwise. Then means the moment "
                    "at which the older version was issued."
                )
            ),
            Table("", heads, rows, empty=_("Both say the same, and the evidence stands as it did.")),
        ),
        landscape=True,
    )


def _difference_row(row: RowDifference, known: Mapping[tuple[str, str], KnownRecord]) -> tuple[Cell, ...]:
    one, other = _decision(row.before), _decision(row.after)
    same = row.before is not None and row.after is not None and row.before.included == row.after.included
    words = [each.text if isinstance(each, Mark) else each for each in (one, other)]
    came = [f"+ {record.label}" for record in labelled(known, row.added)]
    went = [f"\u2212 {record.label}" for record in labelled(known, row.removed)]
    return (
        f"{row.control} {row.title}",
        other if same else " → ".join(words),
        "\n".join([row.before.justification if row.before else "–", *went]),
        "\n".join([row.after.justification if row.after else "–", *came]),
        status_mark(row.then),
        status_mark(row.now),
    )
