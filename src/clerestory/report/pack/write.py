"""Writes the pack of an organisation: its whole log up to the newest signed checkpoint."""

from datetime import datetime
from pathlib import Path

from clerestory.report.pack.compose import Packing
from clerestory.report.pack.file import write_log
from clerestory.store.log.handover import export
from clerestory.terms.ids import OrganisationId


def write(
    organisation_id: OrganisationId, path: Path, *, at: datetime, now: datetime, scope: str = "without-personal"
) -> None:
    """Write the pack of an organisation's whole log, with the statuses as of ``at``.

    Raises:
        NothingSigned: the log has no signed checkpoint yet.
        LogInconsistent: the log is not what it signed.
        PackNotWritten: the file cannot be written.
    """
    write_log(export(organisation_id), path, Packing(at, now, scope))
