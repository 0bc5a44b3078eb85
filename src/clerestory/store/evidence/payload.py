"""Payloads by commitment: small ones in rows, large ones in files that are durable before anything refers to them.

Personal content is salted and sealed. Refuses to read back what is not what the leaf commits to.
"""

import errno
import os
import secrets
from datetime import datetime
from pathlib import Path

from django.conf import settings

from clerestory.ledger.leaf import CommitmentMismatch, check_commitment, commit_to, digest_of
from clerestory.store.evidence.seal import live_key, seal, unseal
from clerestory.store.home import sync_folder
from clerestory.store.models import Payload, SubjectKey
from clerestory.store.unit import step
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Content, Subject
from clerestory.terms.ids import OrganisationId
from clerestory.terms.sentence import gettext as _

LARGEST_ROW = 64 * 1024
FACTS_TYPE = "application/json"


class PayloadNotWritten(ClerestoryError):
    """The disk did not take a payload; nothing refers to it."""


class PayloadAltered(ClerestoryError):
    """A stored payload is missing or is not what its leaf commits to."""


def facts_payload(organisation_id: OrganisationId, body: bytes, now: datetime) -> Payload:
    """Return the row that keeps facts; it is saved in the transaction of its entry."""
    return Payload(
        organisation_id=organisation_id,
        commitment=digest_of(body),
        part="facts",
        body=body,
        media_type=FACTS_TYPE,
        size=len(body),
        created_at=now,
    )


def keep_content(organisation_id: OrganisationId, content: Content, subject: Subject, now: datetime) -> Payload:
    """Keep content in a row, or durably in a file when it is large; equal content that is not personal is kept once."""
    if content.personal:
        return _keep_personal(organisation_id, content, subject, now)
    commitment = commit_to(content.body)
    held = Payload.objects.filter(organisation_id=organisation_id, commitment=commitment).first()
    if held is not None and held.erased_at is None:
        return held
    if held is not None:
        _store(held, content.body)
        held.erased_at = None
        held.save(update_fields=["body", "file", "erased_at"])
        return held
    payload = Payload(
        organisation_id=organisation_id,
        commitment=commitment,
        part="content",
        media_type=content.media_type,
        size=len(content.body),
        created_at=now,
    )
    _store(payload, content.body)
    payload.save(force_insert=True)
    return payload


def raw(stored: object) -> bytes:
    """Return the bytes of a column; nothing where it holds none, such as text that somebody wrote into it."""
    return bytes(stored) if isinstance(stored, bytes | bytearray | memoryview) else b""


def body_of(payload: Payload) -> bytes:
    """Return a payload as it was committed to.

    Raises:
        PayloadAltered: it is missing or is another one.
    """
    try:
        stored = raw(payload.body) if payload.body is not None else (_folder() / payload.file).read_bytes()
        body = stored if payload.key is None else unseal(payload.key, stored, payload.commitment)
        check_commitment(payload.commitment, body, bytes(payload.salt) if payload.salt is not None else None)
    except (OSError, ValueError, CommitmentMismatch) as error:
        raise PayloadAltered(
            _("The payload {commitment} is missing or was altered.", commitment=payload.commitment),
            _("Restore it from the backup, then run: clerestory ledger verify"),
        ) from error
    return body


def remove_body(payload: Payload, now: datetime) -> None:
    """Destroy content and salt in the row; the file goes with `remove_file` once the transaction is durable."""
    Payload.objects.filter(pk=payload.pk).update(body=None, salt=None, file="", key=None, erased_at=now)


def reseal(payload: Payload, key: SubjectKey, body: bytes) -> str:
    """Seal a body under another key and return the name of the file that is no longer needed."""
    old = payload.file
    payload.key, payload.body, payload.file = key, None, ""
    _store(payload, seal(key, body, payload.commitment))
    payload.save(update_fields=["key", "body", "file"])
    return old


def remove_file(name: str) -> None:
    """Delete the file of an erased payload."""
    if name:
        (_folder() / name).unlink(missing_ok=True)


def _keep_personal(organisation_id: OrganisationId, content: Content, subject: Subject, now: datetime) -> Payload:
    salt = secrets.token_bytes(32)
    commitment = commit_to(content.body, salt)
    key = live_key(organisation_id, subject, now)
    payload = Payload(
        organisation_id=organisation_id,
        commitment=commitment,
        part="content",
        salt=salt,
        key=key,
        media_type=content.media_type,
        size=len(content.body),
        created_at=now,
    )
    _store(payload, seal(key, content.body, commitment))
    payload.save(force_insert=True)
    return payload


def put_back(
    organisation_id: OrganisationId,
    commitment: str,
    content: Content | None,
    salt: bytes | None,
    subject: Subject,
    now: datetime,
) -> Payload:
    """Keep content again under the commitment that a leaf of the log holds; without content, only that it is gone.

    Raises:
        PayloadAltered: it is not what the commitment is over.
    """
    held = Payload.objects.filter(organisation_id=organisation_id, commitment=commitment).first()
    if held is not None:
        return held
    payload = Payload(
        organisation_id=organisation_id,
        commitment=commitment,
        part="content",
        media_type=content.media_type if content else "",
        size=len(content.body) if content else 0,
        created_at=now,
        erased_at=None if content else now,
    )
    if content is not None:
        _check(commitment, content.body, salt)
        if salt is None:
            _store(payload, content.body)
        else:
            payload.salt, payload.key = salt, live_key(organisation_id, subject, now)
            _store(payload, seal(payload.key, content.body, commitment))
    payload.save(force_insert=True)
    return payload


def _check(commitment: str, body: bytes, salt: bytes | None) -> None:
    try:
        check_commitment(commitment, body, salt)
    except CommitmentMismatch as error:
        raise PayloadAltered(
            _("The payload {commitment} is missing or was altered.", commitment=commitment),
            _("Name another pack of this log."),
        ) from error


def _store(payload: Payload, stored: bytes) -> None:
    if len(stored) <= LARGEST_ROW:
        payload.body = stored
        return
    name = payload.commitment.replace(":", "-")
    folder = f"{payload.organisation_id}/{name[-2:]}"
    name = f"{name}-{secrets.token_hex(4)}"
    payload.file = f"{folder}/{name}"
    _write_durably(_folder() / folder, name, stored)


def _write_durably(folder: Path, name: str, body: bytes) -> None:
    temporary = folder / f".{name}.{secrets.token_hex(6)}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_synced(temporary, body)
        temporary.rename(folder / name)
        step("payload.renamed")
        sync_folder(folder)
        sync_folder(folder.parent)
        step("payload.durable")
    except OSError as error:
        if error.errno == errno.EIO:
            _stop(error)
        raise PayloadNotWritten(
            _("A payload of {count} bytes could not be written: {strerror}.", count=len(body), strerror=error.strerror),
            _("Free space in the data folder or give it write permission; nothing was recorded."),
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def _write_synced(path: Path, body: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(body)
        step("payload.temporary")
        file.flush()
        os.fsync(file.fileno())
        step("payload.synced")


def _stop(error: OSError) -> None:
    os.write(2, f"The disk lost a payload ({error}); stopping, since a retry could not be trusted.\n".encode())
    os._exit(74)


def _folder() -> Path:
    return Path(settings.CLERESTORY_HOME) / "payloads"
