"""Seals personal content, and words that stay out of the log, with one AES-256-GCM key per subject.

Destroying the key makes every copy unreadable.

Keys lie in the database wrapped by a master key in the data folder, so that neither alone opens anything.
"""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from clerestory.store.home import create_secret, read_secret
from clerestory.store.models import SubjectKey
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import OrganisationId

_NONCE = 12


def live_key(organisation_id: OrganisationId, subject: Subject, now: datetime) -> SubjectKey:
    """Return the key in use for a subject, made on first use and again after it was destroyed."""
    return _live(organisation_id, str(subject), now)


def renewed_key(key: SubjectKey, now: datetime) -> SubjectKey:
    """Return the key that follows a destroyed one for the same subject."""
    return _live(OrganisationId(key.organisation_id), key.subject, now)


def _live(organisation_id: OrganisationId, subject: str, now: datetime) -> SubjectKey:
    key, _ = SubjectKey.objects.get_or_create(
        organisation_id=organisation_id,
        subject=subject,
        destroyed_at=None,
        defaults={"sealed_key": encrypted(master_key(), os.urandom(32), subject), "created_at": now},
    )
    return key


def seal(key: SubjectKey, body: bytes, commitment: str) -> bytes:
    """Encrypt a body; the commitment is bound in, so that bodies cannot be exchanged."""
    return encrypted(_opened(key), body, commitment)


def unseal(key: SubjectKey, sealed: bytes, commitment: str) -> bytes:
    """Decrypt a body; raise ValueError where the key is gone or the bytes were changed."""
    return decrypted(_opened(key), sealed, commitment)


def seal_words(organisation_id: OrganisationId, subject: Subject, words: str, now: datetime) -> bytes:
    """Seal words that stay out of the log with the key of what they are about."""
    return seal(live_key(organisation_id, subject, now), words.encode(), f"{organisation_id} {subject}")


def read_words(organisation_id: OrganisationId, subject: Subject, sealed: Sequence[bytes]) -> list[str | None]:
    """Return words as they were sealed, in one query; None where the key was destroyed or is not of this server."""
    rows = SubjectKey.objects.filter(organisation_id=organisation_id, subject=str(subject), destroyed_at=None)
    key = rows.first() if sealed else None
    return [_words(key, bytes(one), f"{organisation_id} {subject}") for one in sealed]


def forget_words(organisation_id: OrganisationId, subject: Subject, now: datetime) -> None:
    """Destroy the key of what words are about, so that no copy of them can be read again."""
    for key in SubjectKey.objects.filter(organisation_id=organisation_id, subject=str(subject), destroyed_at=None):
        destroy(key, now)


def destroy(key: SubjectKey, now: datetime) -> None:
    """Destroy a key for good."""
    SubjectKey.objects.filter(pk=key.pk).update(sealed_key=None, destroyed_at=now)


def _words(key: SubjectKey | None, sealed: bytes, bound: str) -> str | None:
    try:
        return None if key is None else unseal(key, sealed, bound).decode()
    except ValueError:
        return None


def _opened(key: SubjectKey) -> bytes:
    if key.sealed_key is None:
        raise ValueError("the key was destroyed")
    return decrypted(master_key(), bytes(key.sealed_key), key.subject)


def master_key() -> bytes:
    """Return the key in the data folder that opens all others, made on first use."""
    path = Path(settings.CLERESTORY_HOME) / "keys" / "personal.key"
    return read_secret(path) if path.exists() else create_secret(path, os.urandom(32))


def encrypted(key: bytes, body: bytes, bound: str) -> bytes:
    """Encrypt a body so that it opens only where it is bound to."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, body, bound.encode())


def decrypted(key: bytes, sealed: bytes, bound: str) -> bytes:
    """Decrypt a body.

    Raises:
        ValueError: it was changed, or sealed with another key or elsewhere.
    """
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound.encode())
    except InvalidTag as error:
        raise ValueError("the sealed bytes were changed") from error
