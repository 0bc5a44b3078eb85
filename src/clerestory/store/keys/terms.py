"""Which key of a log may sign at which size: the first one, and those that entries of the log announced or ended."""

from clerestory.ledger import canonical
from clerestory.ledger.exchange.rotation import ANNOUNCED, KIND, Term, Turn, follow, predecessor, turn_of
from clerestory.ledger.sign import SigningKey
from clerestory.ledger.vkey import VerifierKey, vkey_text
from clerestory.store.keys.files import first_key, key_of, key_path, later_keys, missing
from clerestory.store.models import LogEntry, LogState, SignedCheckpoint
from clerestory.terms.fact import read_fact
from clerestory.terms.ids import LeafHash, OrganisationId


def turns(organisation_id: OrganisationId, *, waiting: bool = False) -> tuple[Turn, ...]:
    """Return what the log says of its keys, in its order; with ``waiting`` also what has no place yet."""
    rows = LogEntry.objects.filter(organisation_id=organisation_id, kind=KIND).select_related("facts").order_by("id")
    said = []
    for row in rows if waiting else rows.filter(position__isnull=False).order_by("position"):
        place = LARGEST if row.position is None else row.position
        document = canonical.decode(bytes(row.facts.body or b""))
        turn = turn_of(read_fact(document, leaf_hash=LeafHash(row.leaf_hash), position=place))
        said += [] if turn is None else [turn]
    return tuple(said)


LARGEST = 2**53
"""The place of an entry that has none yet: behind all others."""


def terms(organisation_id: OrganisationId) -> tuple[Term, ...]:
    """Return the keys of a log and the sizes that each may sign, the oldest first."""
    said = turns(organisation_id)
    before = next((predecessor(turn) for turn in said if turn.act == ANNOUNCED), None)
    return follow((Term(before or first_key(organisation_id).key),), said).terms


def keys_at(organisation_id: OrganisationId, size: int) -> tuple[VerifierKey, ...]:
    """Return the keys that may sign the log at a size, the oldest first."""
    return tuple(term.key for term in terms(organisation_id) if term.covers(size))


def own_keys(organisation_id: OrganisationId) -> tuple[VerifierKey, ...]:
    """Return every key of a log: those that it names, and those in the data folder that an older log knows not yet."""
    named = [term.key for term in terms(organisation_id)]
    return tuple(dict.fromkeys([*named, *(held.key for held in later_keys(organisation_id))]))


def signers(organisation_id: OrganisationId, size: int) -> tuple[SigningKey, ...]:
    """Return the keys that sign the log at a size: one, or while they overlap the old one and the new one.

    Raises:
        KeyMissing: one of them is not in the data folder.
    """
    found = tuple(key_of(organisation_id, key) for key in keys_at(organisation_id, size))
    if not found:
        raise missing(key_path(organisation_id))
    return found


def signing_key(organisation_id: OrganisationId) -> SigningKey:
    """Return the newest key that signs the log, made on first use."""
    return signers(organisation_id, _size(organisation_id))[-1]


def verifier_key(organisation_id: OrganisationId, size: int | None = None) -> str:
    """Return the public half of the newest key at a size, or now, as the line that an auditor receives."""
    found = keys_at(organisation_id, _size(organisation_id) if size is None else size)
    if not found:
        raise missing(key_path(organisation_id))
    return vkey_text(found[-1])


def check_key(organisation_id: OrganisationId) -> None:
    """Check that the keys that sign a log are there, can be read by their owner only, and are keys; make none.

    Raises:
        KeyMissing: one is missing.
        SecretExposed: others can read it.
        KeyMalformed: it is no signing key.
    """
    if key_path(organisation_id).exists() or SignedCheckpoint.objects.filter(organisation_id=organisation_id).exists():
        signers(organisation_id, _size(organisation_id))


def _size(organisation_id: OrganisationId) -> int:
    found = LogState.objects.filter(organisation_id=organisation_id).values_list("size", flat=True).first()
    return found or 0
