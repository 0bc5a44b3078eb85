"""Changes the key of a log: the key in force names the next one, both sign for a while, then the old one ends.

Each step is an entry. The next key is durable before it is named, and a run that was cut off is taken up where it was.
"""

from dataclasses import dataclass
from datetime import datetime

from clerestory.ledger.exchange.rotation import ANNOUNCED, COMPROMISED, ENDED, statement
from clerestory.ledger.vkey import VerifierKey, vkey_text
from clerestory.store import clock, evidence
from clerestory.store.evidence import Entry
from clerestory.store.keys.files import key_of, next_key
from clerestory.store.keys.terms import keys_at, turns
from clerestory.store.unit import atomic, step, wait_turn
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Evidence, Person, Subject
from clerestory.terms.ids import OrganisationId
from clerestory.terms.moment import Period
from clerestory.terms.sentence import gettext as _

ROUTINE = "routine"
_FAR = 2**53 + 1


class RotationRefused(ClerestoryError):
    """The key of a log cannot be changed, or ended, as things stand."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """The keys of a log after a step: which signs from here on, and which signs besides or ended."""

    new: VerifierKey
    old: VerifierKey
    ended: bool


def announce(
    organisation_id: OrganisationId, *, by: Person, compromised: bool = False, now: datetime | None = None
) -> Rotated:
    """Name the next key of the log, by the one in force; both sign from there on, unless the old one is compromised.

    Raises:
        RotationRefused: two keys overlap already.
        KeyMissing: the key in force is not there, and nobody else can name one that verifiers follow.
    """
    moment, why = now or clock.now(), COMPROMISED if compromised else ROUTINE
    with atomic():
        wait_turn(organisation_id, "keys")
        known = _settled(organisation_id)
        if len(known) > 1:
            raise RotationRefused(
                _("Two keys sign the log already: {old} and {new}.", old=_short(known[0]), new=_short(known[-1])),
                _("End the old one first: clerestory ledger rotate --end"),
            )
        old = key_of(organisation_id, known[-1])
        new = next_key(organisation_id, [turn.key for turn in turns(organisation_id, waiting=True)])
        step("rotation.key_made")
        _append(organisation_id, ANNOUNCED, new.key, why, by, moment, statement(old, new))
        if compromised:
            _append(organisation_id, ENDED, old.key, why, by, moment)
    return Rotated(new.key, old.key, compromised)


def end(
    organisation_id: OrganisationId, *, by: Person, compromised: bool = False, now: datetime | None = None
) -> Rotated:
    """End the older of two keys that overlap: no longer checkpoint counts by it.

    Raises:
        RotationRefused: only one key signs the log.
    """
    with atomic():
        wait_turn(organisation_id, "keys")
        known = _settled(organisation_id)
        if len(known) < 2:
            raise RotationRefused(
                _("One key signs the log, so none can end."), _("Name the next one first: clerestory ledger rotate")
            )
        _append(organisation_id, ENDED, known[0], COMPROMISED if compromised else ROUTINE, by, now or clock.now())
    return Rotated(known[-1], known[0], ended=True)


def _settled(organisation_id: OrganisationId) -> tuple[VerifierKey, ...]:
    """Return the keys that will sign once everything has its place; refuse while a change of them has none."""
    placed, all_turns = turns(organisation_id), turns(organisation_id, waiting=True)
    if len(placed) != len(all_turns):
        raise RotationRefused(
            _("A change of the key waits for its place in the log."),
            _("Wait a moment; if it stays so, run: clerestory ledger status"),
        )
    return keys_at(organisation_id, _FAR)


def _append(
    organisation_id: OrganisationId,
    act: str,
    key: VerifierKey,
    why: str,
    by: Person,
    now: datetime,
    said: str = "",
) -> Entry:
    made = Evidence(
        kind="record.key",
        subject=Subject("organisation", organisation_id),
        produced_by=by,
        observed=Period.at(now),
        values={"act": act, "key": vkey_text(key), "why": why, **({"statement": said} if said else {})},
        entity=f"key/{key.key_id.hex()}",
        entity_version=1 if act == ANNOUNCED else 2,
    )
    return evidence.append(made, organisation_id=organisation_id, now=now)


def _short(key: VerifierKey) -> str:
    return key.key_id.hex()
