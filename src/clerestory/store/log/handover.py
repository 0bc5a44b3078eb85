"""Everything that a pack takes from the log, up to one signed checkpoint."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from clerestory.store.evidence.payload import body_of, raw
from clerestory.store.keys import origin, verifier_key
from clerestory.store.log.cosigned import cosigned_note
from clerestory.store.log.reading import CHUNK
from clerestory.store.log.stamped import packed_tokens
from clerestory.store.models import LogEntry, Payload, SignedCheckpoint
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId
from clerestory.terms.sentence import gettext as _


class NothingSigned(ClerestoryError):
    """The log has no signed checkpoint yet."""


@dataclass(frozen=True, slots=True)
class HandedContent:
    """Content of one place: the bytes, the salt where the commitment is salted, and the media type."""

    body: bytes
    salt: bytes | None
    media_type: str


@dataclass(frozen=True, slots=True)
class Handover:
    """One log up to ``size``: ``note`` is the checkpoint with its signatures, places count from 0."""

    organisation_id: OrganisationId
    origin: str
    size: int
    note: str
    verifier_key: str

    def leaves(self) -> Iterator[bytes]:
        """Yield the leaf bytes in order."""
        for leaf in self._rows().values_list("leaf", flat=True).iterator(chunk_size=CHUNK):
            yield raw(leaf)

    def facts(self) -> Iterator[bytes]:
        """Yield the facts of each leaf in order."""
        for body in self._rows().values_list("facts__body", flat=True).iterator(chunk_size=CHUNK):
            yield raw(body)

    def tokens(self) -> Iterator[tuple[int, bytes]]:
        """Yield the time tokens by the size of the checkpoint that each is over, the smallest first."""
        return packed_tokens(self.organisation_id, self.size)

    def content(self, position: int) -> HandedContent | None:
        """Return the content at a place, or None where there is none or it was erased."""
        payload = self._content(position)
        if payload is None or payload.erased_at is not None:
            return None
        salt = None if payload.salt is None else bytes(payload.salt)
        return HandedContent(body_of(payload), salt, payload.media_type)

    def content_state(self, position: int) -> str:
        """Return ``none``, ``held`` or ``erased``."""
        return _state(self._content(position))

    def content_states(self) -> Iterator[str]:
        """Yield the state of the content of each leaf in order, in one query."""
        for row in self._rows().select_related("content").only("content__erased_at").iterator(chunk_size=CHUNK):
            yield _state(row.content)

    def _rows(self) -> QuerySet[LogEntry]:
        return LogEntry.objects.filter(organisation_id=self.organisation_id, position__lt=self.size).order_by(
            "position"
        )

    def _content(self, position: int) -> Payload | None:
        row = LogEntry.objects.select_related("content__key").get(
            organisation_id=self.organisation_id, position=position
        )
        return row.content


def _state(payload: Payload | None) -> str:
    if payload is None:
        return "none"
    return "held" if payload.erased_at is None else "erased"


def export(organisation_id: OrganisationId, *, size: int | None = None) -> Handover:
    """Return the log up to the newest signed checkpoint, or up to the signed checkpoint of an earlier size.

    Raises:
        NothingSigned: there is no such checkpoint.
    """
    signed = SignedCheckpoint.objects.filter(organisation_id=organisation_id).order_by("-size")
    row = signed.first() if size is None else signed.filter(size=size).first()
    if row is None:
        raise NothingSigned(_("The log has no signed checkpoint yet."), _("Bring in evidence first."))
    note = cosigned_note(organisation_id, row.size, row.note)
    key = verifier_key(organisation_id, row.size)
    return Handover(organisation_id, origin(organisation_id), row.size, note, key)
