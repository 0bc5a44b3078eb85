"""Signing keys of the logs in files that only the owner may read: the first one, and those that followed it.

Refuses to make a new first key for a log that was signed before: that would be a second signer.
"""

import re
from collections.abc import Collection
from pathlib import Path

from django.conf import settings

from clerestory.ledger.sign import SigningKey, generate_key, read_skey, skey_text
from clerestory.ledger.vkey import VerifierKey
from clerestory.store.home import create_secret, read_secret
from clerestory.store.models import SignedCheckpoint
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId
from clerestory.terms.sentence import gettext as _

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


class KeyMissing(ClerestoryError):
    """A log was signed before, but its key is not in the data folder."""


class NameUnsafe(ClerestoryError):
    """An organisation id cannot be the name of a file and of a log."""


def origin(organisation_id: OrganisationId) -> str:
    """Return the name of the log, as it stands in the first line of every checkpoint."""
    return f"clerestory.local/{_safe(organisation_id)}"


def key_path(organisation_id: OrganisationId, key: VerifierKey | None = None) -> Path:
    """Return where the first key of a log lies, or one that followed it."""
    if key is not None:
        folder = Path(settings.CLERESTORY_HOME) / "keys" / "later" / _safe(organisation_id)
        return folder / f"{key.key_id.hex()}.skey"
    return Path(settings.CLERESTORY_HOME) / "keys" / f"{_safe(organisation_id)}.skey"


def first_key(organisation_id: OrganisationId) -> SigningKey:
    """Return the key with which the log began, made on first use.

    Raises:
        KeyMissing: the log was signed before, and the key is not there.
    """
    path = key_path(organisation_id)
    if path.exists():
        return _read(path)
    if SignedCheckpoint.objects.filter(organisation_id=organisation_id).exists():
        raise missing(path)
    return _create(path, generate_key(origin(organisation_id)))


def key_of(organisation_id: OrganisationId, key: VerifierKey) -> SigningKey:
    """Return the private half of a key of the log.

    Raises:
        KeyMissing: it is not in the data folder.
    """
    later = key_path(organisation_id, key)
    path = later if later.exists() else key_path(organisation_id)
    held = _read(path) if path.exists() else None
    if held is None or held.key != key:
        raise missing(later)
    return held


def next_key(organisation_id: OrganisationId, taken: Collection[VerifierKey]) -> SigningKey:
    """Return a key that is durable and that the log has not announced yet: one left over, or else a new one."""
    for held in later_keys(organisation_id):
        if held.key not in taken:
            return held
    made = generate_key(origin(organisation_id))
    return _create(key_path(organisation_id, made.key), made)


def later_keys(organisation_id: OrganisationId) -> tuple[SigningKey, ...]:
    """Return the keys in the data folder that followed the first, or were made to."""
    folder = Path(settings.CLERESTORY_HOME) / "keys" / "later" / _safe(organisation_id)
    return tuple(map(_read, sorted(folder.glob("*.skey"))))


def missing(path: Path) -> KeyMissing:
    """Return the error that says that a key is not where it was."""
    return KeyMissing(
        _("The signing key {path} is missing, but the log was signed before.", path=path),
        _("Restore the keys folder of CLERESTORY_HOME from the backup."),
    )


def _create(path: Path, made: SigningKey) -> SigningKey:
    return read_skey(create_secret(path, (skey_text(made) + "\n").encode()).decode().strip())


def _read(path: Path) -> SigningKey:
    return read_skey(read_secret(path).decode().strip())


def _safe(organisation_id: OrganisationId) -> str:
    if not _SAFE.fullmatch(organisation_id):
        raise NameUnsafe(
            _("The organisation id {organisation_id!r} cannot name a log.", organisation_id=organisation_id),
            _("Use up to 60 letters, digits, dots, hyphens and underscores."),
        )
    return organisation_id
