"""Signing keys of the logs, one per organisation, in files that only the owner may read.

Refuses to make a new key for a log that was signed before: that would be a second signer.
"""

import re
from pathlib import Path

from django.conf import settings

from clerestory.ledger.sign import SigningKey, generate_key, read_skey, skey_text
from clerestory.ledger.vkey import vkey_text
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


def signing_key(organisation_id: OrganisationId) -> SigningKey:
    """Return the key that signs the log, made on first use."""
    path = key_path(organisation_id)
    if path.exists():
        return read_skey(read_secret(path).decode().strip())
    if SignedCheckpoint.objects.filter(organisation_id=organisation_id).exists():
        raise KeyMissing(
            _("The signing key {path} is missing, but the log was signed before.", path=path),
            _("Restore the keys folder of CLERESTORY_HOME from the backup."),
        )
    made = generate_key(origin(organisation_id))
    return read_skey(create_secret(path, (skey_text(made) + "\n").encode()).decode().strip())


def check_key(organisation_id: OrganisationId) -> None:
    """Check that the key of a log that was signed is there, can be read by its owner only, and is one; make none.

    Raises:
        KeyMissing: it is missing.
        SecretExposed: others can read it.
        KeyMalformed: it is no signing key.
    """
    if key_path(organisation_id).exists() or SignedCheckpoint.objects.filter(organisation_id=organisation_id).exists():
        signing_key(organisation_id)


def verifier_key(organisation_id: OrganisationId) -> str:
    """Return the public half as the line that an auditor receives."""
    return vkey_text(signing_key(organisation_id).key)


def key_path(organisation_id: OrganisationId) -> Path:
    """Return where the key of a log lies."""
    return Path(settings.CLERESTORY_HOME) / "keys" / f"{_safe(organisation_id)}.skey"


def _safe(organisation_id: OrganisationId) -> str:
    if not _SAFE.fullmatch(organisation_id):
        raise NameUnsafe(
            _("The organisation id {organisation_id!r} cannot name a log.", organisation_id=organisation_id),
            _("Use up to 60 letters, digits, dots, hyphens and underscores."),
        )
    return organisation_id
