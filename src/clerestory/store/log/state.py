"""Where a log stands: how long it is, what was signed when, what waits, and since when no witness has looked."""

from dataclasses import dataclass
from datetime import datetime

from clerestory.ledger.tree import EMPTY_ROOT
from clerestory.store.keys import origin
from clerestory.store.models import LogEntry, LogState, SignedCheckpoint
from clerestory.store.sequencer.signing import check_against_mark
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStatus:
    """One log. ``unwitnessed_since`` is when the oldest entry was received that no independent witness has seen."""

    organisation_id: OrganisationId
    origin: str
    size: int
    root: str
    outbox: int
    signed_size: int
    signed_at: datetime | None
    unwitnessed_since: datetime | None
    problem: str
    remedy: str


def status(organisation_id: OrganisationId) -> LogStatus:
    """Return where a log stands, in five queries. No witness is asked yet, so everything counts as unwitnessed."""
    state = LogState.objects.filter(organisation_id=organisation_id).first()
    signed = SignedCheckpoint.objects.filter(organisation_id=organisation_id).order_by("-size").first()
    entries = LogEntry.objects.filter(organisation_id=organisation_id)
    first = entries.filter(position=0).values_list("received_at", flat=True).first()
    error = _problem(organisation_id, state)
    return LogStatus(
        organisation_id=organisation_id,
        origin=origin(organisation_id),
        size=state.size if state else 0,
        root=state.root if state else EMPTY_ROOT.hex(),
        outbox=entries.filter(position=None).count(),
        signed_size=signed.size if signed else 0,
        signed_at=signed.signed_at if signed else None,
        unwitnessed_since=first,
        problem=error.problem if error else "",
        remedy=error.remedy if error else "",
    )


def _problem(organisation_id: OrganisationId, state: LogState | None) -> ClerestoryError | None:
    try:
        check_against_mark(organisation_id, state)
    except ClerestoryError as error:
        return error
    return None
