"""Time tokens of a log: one over a checkpoint now and then, and how it stands with the authority that gives them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from clerestory.ledger.checkpoint import read_signed_checkpoint
from clerestory.ledger.stamp.token import Stamped
from clerestory.store.log.proof import signed_checkpoint
from clerestory.store.models import StampVisit, TimeToken
from clerestory.store.unit import atomic
from clerestory.terms.ids import OrganisationId
from clerestory.verify.form.layout import MOST_TOKENS


@dataclass(frozen=True, slots=True)
class StampStand:
    """How it stands: the newest size with a token and its bound, or what was wrong when one was asked for."""

    size: int = 0
    at: datetime | None = None
    authority: str = ""
    received_at: datetime | None = None
    problem: str = ""
    tries: int = 0
    next_try_at: datetime | None = None


def stamp_stand(organisation_id: OrganisationId) -> StampStand:
    """Return how it stands with the time tokens of a log."""
    row = TimeToken.objects.filter(organisation_id=organisation_id).order_by("-size").first()
    visit = StampVisit.objects.filter(organisation_id=organisation_id).first()
    stand = StampStand() if row is None else StampStand(row.size, row.at, row.authority, row.received_at)
    if visit is None:
        return stand
    return replace(stand, problem=visit.problem, tries=visit.tries, next_try_at=visit.next_try_at)


def to_stamp(organisation_id: OrganisationId) -> tuple[int, bytes] | None:
    """Return size and text of the newest checkpoint, if there is no token over it: the three lines that are signed.

    Lines of witnesses come later and may change, so they are no part of what a token is over.
    """
    signed = signed_checkpoint(organisation_id)
    if signed is None or TimeToken.objects.filter(organisation_id=organisation_id, size=signed.size).exists():
        return None
    _, note = read_signed_checkpoint(signed.note.encode())
    return signed.size, note.text.encode()


def keep_token(organisation_id: OrganisationId, size: int, response: bytes, said: Stamped, now: datetime) -> None:
    """Keep a response that was checked; of two for one size the first one stays."""
    with atomic():
        TimeToken.objects.get_or_create(
            organisation_id=organisation_id,
            size=size,
            defaults={"response": response, "authority": said.authority, "at": said.not_after, "received_at": now},
        )
        StampVisit.objects.filter(organisation_id=organisation_id).delete()


def note_no_token(organisation_id: OrganisationId, problem: str, tries: int, now: datetime, wait: timedelta) -> None:
    """Note why there is no token, and when the authority is asked again."""
    with atomic():
        StampVisit.objects.update_or_create(
            organisation_id=organisation_id, defaults={"problem": problem, "tries": tries, "next_try_at": now + wait}
        )


def packed_tokens(organisation_id: OrganisationId, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield size and response of the tokens that go into a pack of a size: all, or where they are many evenly fewer."""
    rows = TimeToken.objects.filter(organisation_id=organisation_id, size__lte=size).order_by("size")
    sizes = list(rows.values_list("size", flat=True))
    chosen = sizes[:: -(-len(sizes) // MOST_TOKENS)][: MOST_TOKENS - 1] if len(sizes) > MOST_TOKENS else sizes
    wanted = {*chosen, *sizes[-1:]}
    for found, response in rows.values_list("size", "response").iterator(chunk_size=200):
        if found in wanted:
            yield found, bytes(response)
