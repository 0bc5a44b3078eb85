"""One version of the Statement of Applicability as a paper."""

from collections.abc import Iterator, Mapping

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing
from clerestory.desk.document import Facts, Head, Mark, Paper, Table, references
from clerestory.registers.applicability.queries import StatementVersion
from clerestory.store import log
from clerestory.terms.ids import EntryId, RequirementId


def statement_paper(
    actor: Actor,
    record: StatementVersion,
    standing: Standing,
    titles: Mapping[RequirementId, str],
    names: Mapping[str, str],
    *,
    organisation: str,
) -> Paper:
    """Return the paper of one version, with the entry of every decision in it."""
    entries = [*_entries(record, standing)]
    leaves = log.leaf_hashes(actor.organisation_id, (entry_id for entry_id, _about in entries))
    return Paper(
        title=_("Statement of Applicability, version {version}").format(version=record.version),
        subtitle=_("ISO/IEC 42001:2023, Annex A"),
        organisation=organisation,
        at=record.issued_at,
        parts=(Facts(tuple(_facts(record, standing, names))), _table(record, titles)),
        evidence=references((entry_id, leaves.get(entry_id, ""), about) for entry_id, about in entries),
        landscape=True,
    )


def _facts(
    record: StatementVersion, standing: Standing, names: Mapping[str, str]
) -> Iterator[tuple[str, str | int | Mark]]:
    yield _("Controls that apply"), record.included
    yield _("Controls excluded"), record.excluded
    yield _("Issued by"), names.get(record.issued_by, record.issued_by)
    if standing.is_approved:
        signed = (names.get(a.approver, a.approver) for a in standing.approvals if a.revoked_at is None)
        yield _("Approved by"), Mark(", ".join(signed), "good")
    else:
        yield _("Approved by"), Mark(_("nobody yet"), "open")


def _table(record: StatementVersion, titles: Mapping[RequirementId, str]) -> Table:
    heads = (
        Head(_("Control"), width=0.24),
        Head(_("Decision"), width=0.1),
        Head(_("Reason"), width=0.42),
        Head(_("Rests on"), width=0.24),
    )
    rows = [
        (
            f"{line.control} {titles[line.control]}",
            Mark(_("applies"), "accent") if line.included else Mark(_("excluded"), "none"),
            line.justification,
            ": ".join(filter(None, (capfirst(_(str(line.ground))), ", ".join(line.risks)))),
        )
        for line in record.lines
    ]
    return Table("", heads, rows)


def _entries(record: StatementVersion, standing: Standing) -> Iterator[tuple[EntryId, str]]:
    yield record.entry_id, _("Statement of Applicability, version {version}").format(version=record.version)
    for approval in standing.approvals:
        yield approval.entry_id, _("Approval")
    for line in record.lines:
        yield line.entry_id, str(line.control)
