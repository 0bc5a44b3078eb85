"""Files kept with a record. Each is an entry of the log that commits to its bytes, so that a pack can prove it.

Refuses what `upload` refuses. Taking a file away is a revocation with a reason: the entry stays, and says so.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import revoke
from clerestory.desk.models import Attachment, Revocation
from clerestory.desk.people import name_beside
from clerestory.desk.permit import may, permit
from clerestory.desk.record.known import known
from clerestory.desk.record.upload import clean_name, media_type_of
from clerestory.ledger.leaf import digest_of
from clerestory.store import clock, evidence, log
from clerestory.store.models import LogEntry
from clerestory.store.unit import atomic
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Content, Evidence, FactValue, Subject
from clerestory.terms.ids import EntryId, OrganisationId
from clerestory.terms.moment import Period
from clerestory.terms.sentence import gettext as _

AREA = "attachments"


class AttachmentUnknown(ClerestoryError):
    """The record has no such file, or its content was erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file as pages show it. One that was taken away stays in the list with the reason."""

    entry_id: EntryId
    name: str
    media_type: str
    size: int
    digest: str
    personal: bool
    who: str
    attached_at: datetime
    removed_at: datetime | None
    removed_by: str
    reason: str
    erased: bool


def attach(
    *,
    actor: Actor,
    kind: str,
    record_id: str,
    name: str,
    body: bytes,
    personal: bool = False,
    now: datetime | None = None,
) -> EntryId:
    """Keep a file with a record, and log it: its bytes lie behind the entry, sealed where they are personal.

    Raises:
        RecordUnknown: there is no such record.
        AttachmentRefused: it is empty, too large, of a type that is not kept, or not what its name says.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    media_type, shown = media_type_of(name, body), clean_name(name)
    digest = digest_of(body)
    with atomic():
        known(actor, kind, record_id)
        values: dict[str, FactValue] = {
            "record": f"{kind}/{record_id}",
            "media_type": media_type,
            "size": len(body),
            "personal": personal,
        }
        # Facts stay for ever and are open: they name neither a personal file nor the digest that would betray it.
        values |= {} if personal else {"name": shown, "digest": digest}
        entry = evidence.append(
            Evidence(
                kind="record.attachment",
                subject=subject_of(actor.organisation_id, kind, record_id),
                produced_by=actor.person(),
                observed=Period.at(moment),
                values=values,
                entity=f"attachment/{secrets.token_hex(8)}",
                content=Content(body, media_type, personal=personal),
            ),
            organisation_id=actor.organisation_id,
            now=moment,
        )
        Attachment.objects.create(
            organisation_id=actor.organisation_id,
            kind=kind,
            record_id=record_id,
            entry_id=entry.entry_id,
            name=shown,
            media_type=media_type,
            size=len(body),
            digest="" if personal else digest,
            personal=personal,
            attached_by=actor.person_id,
            attached_at=moment,
        )
    return entry.entry_id


def detach(*, actor: Actor, entry_id: EntryId, reason: str, now: datetime | None = None) -> tuple[str, str]:
    """Take a file away from its record: a revocation with a reason. Returns kind and id of the record.

    Raises:
        NotPermitted: the actor may not, or did not sign in anew.
        AttachmentUnknown: there is no such file.
        EvidenceRefused: no reason is given.
        ApprovalRefused: it was taken away before.
    """
    permit(actor, "approve", AREA)
    with atomic():
        row = _row(actor, entry_id)
        revoke(actor=actor, entry_id=entry_id, reason=reason.strip(), now=now)
    return row.kind, row.record_id


def attachments(
    actor: Actor,
    kind: str,
    record_id: str,
    names: Mapping[str, str] | None = None,
    *,
    page: int = 1,
    size: int | None = None,
) -> tuple[KeptFile, ...]:
    """Return the files of a record, newest first, in one query; with a size, one page of so many.

    ``names`` say what people are called instead of their memberships; whom it leaves out keeps their pseudonym.
    """
    permit(actor, "read", AREA)
    own = actor.organisation_id
    gone = Revocation.objects.filter(organisation_id=own, revoked_entry_id=OuterRef("entry_id"))
    entries = LogEntry.objects.filter(organisation_id=own, entry_id=OuterRef("entry_id"))
    found = (
        _rows(own)
        .filter(kind=kind, record_id=record_id)
        .annotate(
            who=name_beside(own, "attached_by"),
            gone_at=Subquery(gone.values("revoked_at")[:1]),
            gone_for=Subquery(gone.values("reason")[:1]),
            gone_by=Subquery(gone.values("revoked_by")[:1]),
            erased=Exists(entries.filter(content__erased_at__isnull=False)),
        )
        .annotate(gone_by_name=name_beside(own, "gone_by"))
        .order_by("-id")
    )
    rows = found if size is None else found[(page - 1) * size : page * size]
    return tuple(_kept(row.__dict__, names) for row in rows)


def file_of(actor: Actor, kind: str, record_id: str, entry_id: str) -> tuple[str, str, bytes]:
    """Return name, media type and bytes of a file.

    Raises:
        AttachmentUnknown: the record has no such file, or its content was erased.
    """
    permit(actor, "read", AREA)
    row = _row(actor, EntryId(entry_id))
    body = (
        log.content(actor.organisation_id, EntryId(entry_id))
        if (row.kind, row.record_id) == (kind, record_id)
        else None
    )
    if body is None:
        raise AttachmentUnknown(
            _("There is no such file, or its content was erased."), _("Open the record and look there.")
        )
    return row.name, row.media_type, body


def may_detach(actor: Actor) -> bool:
    """Return whether the actor is offered to take files away."""
    return may(actor, "approve", AREA)


def subject_of(organisation_id: OrganisationId, kind: str, record_id: str) -> Subject:
    """Return what an entry about a record is about: the record where rules know its kind, else the organisation."""
    if kind in load().subjects:
        return Subject(kind, record_id)
    return Subject("organisation", organisation_id)


def _kept(row: Mapping[str, Any], names: Mapping[str, str] | None) -> KeptFile:
    who, gone_by = (
        (row["who"], row["gone_by_name"])
        if names is None
        else (names.get(row["attached_by"]), names.get(row["gone_by"] or ""))
    )
    return KeptFile(
        entry_id=EntryId(row["entry_id"]),
        name=row["name"],
        media_type=row["media_type"],
        size=row["size"],
        digest=row["digest"],
        personal=row["personal"],
        who=who or row["attached_by"],
        attached_at=row["attached_at"],
        removed_at=row["gone_at"],
        removed_by=gone_by or row["gone_by"] or "",
        reason=row["gone_for"] or "",
        erased=row["erased"],
    )


def _row(actor: Actor, entry_id: EntryId) -> Attachment:
    row = _rows(actor.organisation_id).filter(entry_id=entry_id).first()
    if row is None:
        raise AttachmentUnknown(_("There is no such file."), _("Open the record and look there."))
    return row


def _rows(organisation_id: OrganisationId) -> QuerySet[Attachment]:
    return Attachment.objects.filter(organisation_id=organisation_id)
