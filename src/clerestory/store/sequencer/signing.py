"""Signs what was committed, never what is about to be. Refuses when the log is older than what was signed before."""

from clerestory.ledger.checkpoint import Checkpoint, checkpoint_text
from clerestory.ledger.sign import SignatureMismatch, sign_note, verify_note
from clerestory.ledger.tree import range_hash
from clerestory.store import clock
from clerestory.store.keys import origin, own_keys, signers
from clerestory.store.models import LogState, SignedCheckpoint
from clerestory.store.sequencer.mark import HighWater, alone, read_mark, write_mark
from clerestory.store.sequencer.published import CHECKPOINT, PublicationAltered, Published, altered, published
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
    check_against_published(organisation_id, state)
    if state is None or state.size == 0:
        return None
    held = SignedCheckpoint.objects.filter(organisation_id=organisation_id, size=state.size, root=state.root).first()
    if held is not None:
        return held.note
    with alone(organisation_id):
        return _sign(organisation_id, LogState.objects.get(organisation_id=organisation_id))


def _sign(organisation_id: OrganisationId, state: LogState) -> str:
    check_against_mark(organisation_id, state)
    check_against_published(organisation_id, state)
    write_mark(organisation_id, HighWater(state.size, state.root))
    text = checkpoint_text(Checkpoint(origin(organisation_id), state.size, bytes.fromhex(state.root)))
    note = sign_note(text, *signers(organisation_id, state.size)).decode()
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
            _("Restore the newest backup, or run: clerestory ledger recover. Nothing is signed."),
        )
    if state is None or _root_at(organisation_id, mark.size, state) != mark.root:
        raise LogRolledBack(
            _("The first {size} entries are not those that were signed.", size=mark.size),
            _("The log was rewritten: restore the newest backup. Nothing is signed."),
        )


def check_against_published(organisation_id: OrganisationId, state: LogState | None) -> None:
    """Compare the database with what was published, where logs are; a note that it never signed says nothing.

    Raises:
        LogRolledBack: the database is older than what was published or does not begin with it.
    """
    try:
        held = published(organisation_id)
    except PublicationAltered:
        return  # who wrote into the folder does not stop the log by it; publishing itself refuses
    if held is None or held.checkpoint.size == 0 or _is_beginning(organisation_id, held.checkpoint, state):
        return
    if _is_own(organisation_id, held):
        raise LogRolledBack(
            _(
                "The log has {size} entries and does not begin with the {published} that are published in {folder}.",
                size=0 if state is None else state.size,
                published=held.checkpoint.size,
                folder=held.folder,
            ),
            _("Restore the newest backup, or run: clerestory ledger recover. Nothing is signed."),
        )


def check_not_behind(organisation_id: OrganisationId) -> None:
    """Check that what is published is a beginning of this log.

    Raises:
        LogRolledBack: the log is older or another one.
        PublicationAltered: what is published is no checkpoint that this log signed.
    """
    state = LogState.objects.filter(organisation_id=organisation_id).first()
    check_against_mark(organisation_id, state)
    check_against_published(organisation_id, state)
    held = published(organisation_id)
    if held is not None and held.checkpoint.size and not _is_beginning(organisation_id, held.checkpoint, state):
        raise altered(held.folder / CHECKPOINT)


def _is_beginning(organisation_id: OrganisationId, checkpoint: Checkpoint, state: LogState | None) -> bool:
    if state is None or checkpoint.size > state.size or checkpoint.origin != origin(organisation_id):
        return False
    return _root_at(organisation_id, checkpoint.size, state) == checkpoint.root.hex()


def _is_own(organisation_id: OrganisationId, held: Published) -> bool:
    try:
        signed = verify_note(held.note, own_keys(organisation_id))
    except SignatureMismatch:
        return False
    return bool(signed) and held.checkpoint.origin == origin(organisation_id)


def _root_at(organisation_id: OrganisationId, size: int, state: LogState) -> str:
    if size == state.size:
        return state.root
    return range_hash(0, size, stored_nodes(organisation_id, size - 1)).hex()
