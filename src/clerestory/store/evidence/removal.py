"""Takes back what was logged, by logging it: revocation ends what entries count for, erasure destroys their content."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import transaction

from clerestory.store import clock
from clerestory.store.evidence.payload import body_of, remove_body, remove_file, reseal
from clerestory.store.evidence.seal import destroy, renewed_key
from clerestory.store.evidence.shape import EvidenceRefused
from clerestory.store.evidence.writing import Entry, append
from clerestory.store.models import LogEntry, Payload
from clerestory.terms.evidence import Evidence, Person, Subject
from clerestory.terms.ids import EntryId, OrganisationId
from clerestory.terms.moment import Period
from clerestory.terms.sentence import gettext as _


def revoke(
    entry_id: EntryId, *, reason: str, person: Person, organisation_id: OrganisationId, now: datetime | None = None
) -> Entry:
    """Log that an entry no longer counts, from now on.

    Raises:
        EvidenceRefused: the entry is not in the log, is a revocation itself, or no reason is given.
    """
    moment = now or clock.now()
    (row,) = _rows(organisation_id, (entry_id,))
    if row.kind in ("record.revocation", "record.erasure"):
        raise EvidenceRefused(
            _("A revocation or erasure cannot be revoked."), _("Bring the evidence in again instead.")
        )
    if not reason.strip():
        raise EvidenceRefused(_("A revocation has no reason."), _("Say why the evidence no longer counts."))
    return append(
        _about(row, "record.revocation", {"revokes": (entry_id,), "reason": reason}, person, moment),
        organisation_id=organisation_id,
        now=moment,
    )


def erase(
    entry_ids: Sequence[EntryId],
    *,
    ground: str,
    person: Person,
    organisation_id: OrganisationId,
    now: datetime | None = None,
) -> Entry:
    """Destroy the content of entries and log it; facts stay. Entries with the same content lose it together.

    Raises:
        EvidenceRefused: an entry is not in the log or has no content, or no legal ground is given.
    """
    moment = now or clock.now()
    if not ground.strip():
        raise EvidenceRefused(_("An erasure has no legal ground."), _("Name the law or request that asks for it."))
    rows = _rows(organisation_id, entry_ids)
    bare = [row.entry_id for row in rows if row.content is None or row.content.erased_at is not None]
    if bare:
        raise EvidenceRefused(_("Entry {bare} has no content to erase.", bare=bare[0]), _("Leave it out."))
    sharing = LogEntry.objects.filter(organisation_id=organisation_id, content__in=[row.content_id for row in rows])
    erased = tuple(sharing.order_by("id").values_list("entry_id", flat=True))
    entry = append(
        _about(rows[0], "record.erasure", {"erased": erased, "ground": ground}, person, moment),
        organisation_id=organisation_id,
        now=moment,
    )
    for payload in {row.content_id: row.content for row in rows}.values():
        if payload is not None:
            _destroy(payload, moment)
    return entry


def _destroy(payload: Payload, now: datetime) -> None:
    files = [payload.file]
    key = payload.key
    remove_body(payload, now)
    if key is not None:
        rows = Payload.objects.filter(organisation_id=payload.organisation_id, key=key).select_related("key")
        others = [(other, body_of(other)) for other in rows]
        destroy(key, now)
        files += [reseal(other, renewed_key(key, now), body) for other, body in others]
    for name in files:
        transaction.on_commit(partial(remove_file, name))


def _rows(organisation_id: OrganisationId, entry_ids: Sequence[EntryId]) -> list[LogEntry]:
    rows = list(
        LogEntry.objects.select_related("content__key")
        .filter(organisation_id=organisation_id, entry_id__in=entry_ids)
        .order_by("id")
    )
    missing = set(entry_ids) - {row.entry_id for row in rows}
    if missing or not rows:
        raise EvidenceRefused(
            _("The log has no entry {missing!r}.", missing=min(missing, default="")), _("Name an entry of this log.")
        )
    return rows


def _about(
    row: LogEntry, kind: str, values: dict[str, str | tuple[str, ...]], person: Person, now: datetime
) -> Evidence:
    return Evidence(
        kind=kind,
        subject=Subject(row.subject_kind, row.subject_id),
        produced_by=person,
        observed=Period.at(now),
        values=values,
        entity=f"{kind.partition('.')[2]}/{row.entry_id}",
    )
