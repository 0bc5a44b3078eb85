"""Where a log stands: how long it is, what was signed when, what waits, and since when no witness has looked."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q

from clerestory.ledger.tree import EMPTY_ROOT
from clerestory.store.keys import origin
from clerestory.store.log.cosigned import WitnessStand, cosigned_note, shown_policy, stands, witnessed_size
from clerestory.store.log.reading import RESTORE, LogAltered, log_size
from clerestory.store.models import LogEntry, LogState, SignedCheckpoint
from clerestory.store.sequencer.published import PublicationAltered, folder_of, published
from clerestory.store.sequencer.signing import check_against_mark, check_against_published
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId
from clerestory.terms.sentence import gettext as _


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStatus:
    """One log. ``note`` is its newest signed checkpoint with the lines of its witnesses.

    ``unwitnessed_since`` is when the oldest entry was received that no independent witness has seen.
    ``published_size`` is None where logs are not published, or the published checkpoint cannot be read.
    """

    organisation_id: OrganisationId
    origin: str
    size: int
    root: str
    outbox: int
    signed_size: int
    signed_root: str
    note: str
    signed_at: datetime | None
    unwitnessed_since: datetime | None
    witnessed_size: int
    witnesses: tuple[WitnessStand, ...]
    published_size: int | None
    problem: str
    remedy: str


def status(organisation_id: OrganisationId) -> LogStatus:
    """Return where a log stands, in six queries, and two more where it has witnesses."""
    state = LogState.objects.filter(organisation_id=organisation_id).first()
    signed = SignedCheckpoint.objects.filter(organisation_id=organisation_id).order_by("-size").first()
    entries = LogEntry.objects.filter(organisation_id=organisation_id)
    places = _places(organisation_id)
    policy = shown_policy(organisation_id)
    seen, witnesses = witnessed_size(organisation_id, policy), stands(organisation_id, policy)
    first = entries.filter(position__gte=seen).order_by("position").values_list("received_at", flat=True).first()
    error = _problem(organisation_id, state, places) or _contradiction(witnesses)
    return LogStatus(
        organisation_id=organisation_id,
        origin=origin(organisation_id),
        size=state.size if state else 0,
        root=state.root if state else EMPTY_ROOT.hex(),
        outbox=places.waiting,
        signed_size=signed.size if signed else 0,
        signed_root=signed.root if signed else "",
        note=cosigned_note(organisation_id, signed.size, signed.note) if signed else "",
        signed_at=signed.signed_at if signed else None,
        unwitnessed_since=first,
        witnessed_size=seen,
        witnesses=witnesses,
        published_size=_published_size(organisation_id),
        problem=error.problem if error else "",
        remedy=error.remedy if error else "",
    )


def _published_size(organisation_id: OrganisationId) -> int | None:
    if folder_of(organisation_id) is None:
        return None
    try:
        held = published(organisation_id)
    except PublicationAltered:
        return None
    return held.checkpoint.size if held else 0


class LogContradicted(ClerestoryError):
    """A witness saw another log than this one."""


def _contradiction(witnesses: tuple[WitnessStand, ...]) -> ClerestoryError | None:
    for witness in witnesses:
        if witness.contradicts:
            return LogContradicted(
                _("The witness {name} contradicts: {said}", name=witness.name, said=witness.problem),
                _("Restore the newest backup. If there is none, ask the witness for what it saw and keep both."),
            )
    return None


def check_places(organisation_id: OrganisationId) -> None:
    """Check in few queries that as many entries are there as were placed, and that no place is empty.

    Raises:
        LogAltered: an entry is missing or was moved.
    """
    size = log_size(organisation_id)
    _check(organisation_id, _places(organisation_id), size)


@dataclass(frozen=True, slots=True)
class _Places:
    placed: int
    last: int
    waiting: int


def _places(organisation_id: OrganisationId) -> _Places:
    found = LogEntry.objects.filter(organisation_id=organisation_id).aggregate(
        placed=Count("position"), last=Max("position"), waiting=Count("id", filter=Q(position=None))
    )
    return _Places(found["placed"], -1 if found["last"] is None else found["last"], found["waiting"])


def _check(organisation_id: OrganisationId, places: _Places, before: int) -> None:
    if places.last != places.placed - 1:
        raise LogAltered(
            _(
                "{placed} entries are there, but the last stands at place {last}.",
                placed=places.placed,
                last=places.last,
            ),
            RESTORE,
        )
    # The sequencer may have placed more since the size was read; only a count outside of both sizes is a loss.
    after = before if places.placed == before else log_size(organisation_id)
    if not before <= places.placed <= after:
        raise LogAltered(
            _("The log has {placed} entries, but {after} were placed in it.", placed=places.placed, after=after),
            RESTORE,
        )


def _problem(organisation_id: OrganisationId, state: LogState | None, places: _Places) -> ClerestoryError | None:
    try:
        check_against_mark(organisation_id, state)
        check_against_published(organisation_id, state)
        _check(organisation_id, places, state.size if state else 0)
    except ClerestoryError as error:
        return error
    return None
