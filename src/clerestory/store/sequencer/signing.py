"""Signs what was committed, never what is about to be. Refuses when the log is older than what was signed before."""

from clerestory.ledger.checkpoint import Checkpoint, checkpoint_text
from clerestory.ledger.sign import sign_note
from clerestory.ledger.tree import range_hash
from clerestory.store import clock
from clerestory.store.keys import origin, signing_key
from clerestory.store.models import LogState, SignedCheckpoint
from clerestory.store.sequencer.mark import HighWater, alone, read_mark, write_mark
from clerestory.store.sequencer.tiles import stored_nodes
from clerestory.store.unit import step
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId
from clerestory.terms.sentence import gettext as _


class LogRolledBack(ClerestoryError):
    """The database holds an older or other log than the one that was signed."""


def sign(organisation_id: OrganisationId) -> str | None:
    """Sign the committed size and root, unless that is done; return the note, or None for an empty log.

    Raises:
        LogRolledBack: the database is older than the high-water mark or does not begin with it.
    """
    state = LogState.objects.filter(organisation_id=organisation_id).first()
    check_against_mark(organisation_id, state)
    if state is None or state.size == 0:
        return None
    held = SignedCheckpoint.objects.filter(organisation_id=organisation_id, size=state.size, root=state.root).first()
    if held is not None:
        return held.note
    with alone(organisation_id):
        return _sign(organisation_id, LogState.objects.get(organisation_id=organisation_id))


def _sign(organisation_id: OrganisationId, state: LogState) -> str:
    check_against_mark(organisation_id, state)
    write_mark(organisation_id, HighWater(state.size, state.root))
    text = checkpoint_text(Checkpoint(origin(organisation_id), state.size, bytes.fromhex(state.root)))
    note = sign_note(text, signing_key(organisation_id)).decode()
    step("sequencer.signed")
    SignedCheckpoint.objects.bulk_create(
        [
            SignedCheckpoint(
                organisation_id=organisation_id, size=state.size, root=state.root, note=note, signed_at=clock.now()
            )
        ],
        ignore_conflicts=True,
    )
    step("sequencer.stored")
    return note


def check_against_mark(organisation_id: OrganisationId, state: LogState | None) -> None:
    """Compare the database with the high-water mark.

    Raises:
        LogRolledBack: the database is older than the mark or does not begin with it.
    """
    mark = read_mark(organisation_id)
    if mark is None or mark.size == 0:
        return
    size = 0 if state is None else state.size
    if size < mark.size:
        raise LogRolledBack(
            _("The log has {size} entries, but {mark_size} were signed before.", size=size, mark_size=mark.size),
            _("The database is older than the signed log: restore the newest backup. Nothing is signed."),
        )
    if state is None or _root_at(organisation_id, mark.size, state) != mark.root:
        raise LogRolledBack(
            _("The first {size} entries are not those that were signed.", size=mark.size),
            _("The log was rewritten: restore the newest backup. Nothing is signed."),
        )


def _root_at(organisation_id: OrganisationId, size: int, state: LogState) -> str:
    if size == state.size:
        return state.root
    return range_hash(0, size, stored_nodes(organisation_id, size - 1)).hex()
