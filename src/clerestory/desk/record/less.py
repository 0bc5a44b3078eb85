"""What asks for less of a record waits beside what counts until a second person approved it; a register keeps it.

A row keeps it as a document: what is ``said``, the entry that waits, its number, and what it ``gave_up`` once it was
applied. Refuses nothing: what asks for more is not told to it and counts at once.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose, standings, withdraw
from clerestory.store import evidence
from clerestory.terms.evidence import Author, Subject
from clerestory.terms.fact import Fact
from clerestory.terms.ids import EntryId

KIND = "decision.less_asked"
_WORDS = {True: "yes", False: "no"}


def ask_less(
    actor: Actor,
    about: Subject,
    said: Mapping[str, Any],
    kept: Mapping[str, Any],
    *,
    title: str,
    url: str,
    now: datetime,
) -> dict[str, Any]:
    """Return what a row keeps once ``said`` waits; the same again renews nothing, nothing withdraws what waited."""
    waits = bool(kept) and "gave_up" not in kept
    if (waits and said == kept["said"]) or (not said and not waits):
        return dict(kept)
    if waits:
        withdraw(EntryId(kept["entry_id"]), actor=actor, now=now)
    number = int(kept.get("number", 0))
    if not said:
        return {}
    told = tuple(f"{name}: {_WORDS.get(value, value)}" for name, value in sorted(said.items()))
    entity = f"less_asked/{about.kind}/{about.id}"
    made = Author(about, actor.person(), now).evidence(KIND, entity, number + 1, {"said": told})
    entry = evidence.append(made, organisation_id=actor.organisation_id, now=now)
    propose(entry, actor=actor, title=f"{title}: {'; '.join(told)}", url=url)
    return {"said": dict(said), "entry_id": entry.entry_id, "number": number + 1}


def follow_less(
    actor: Actor, fact: Fact, kept: Mapping[str, Any], counts: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is to be written of a record, and what its row keeps, after the entry was approved or taken back.

    ``counts`` is what counts now of the fields that were said; once it is taken back what counted before counts again.
    """
    if kept.get("entry_id") != fact.entry_id:
        return {}, dict(kept)
    standing = standings(actor, (fact.entry_id,)).get(fact.entry_id)
    is_approved = standing is not None and standing.is_approved
    if is_approved and "gave_up" not in kept:
        return dict(kept["said"]), {**kept, "gave_up": {name: counts[name] for name in kept["said"]}}
    if not is_approved and "gave_up" in kept:
        withdraw(fact.entry_id, actor=actor, now=fact.received_at)
        return dict(kept["gave_up"]), {}
    if standing is not None and standing.revoked_at is not None:
        return {}, {}
    return {}, dict(kept)


def said_less(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was said of a record to ask less of it and waits; nothing where nothing does."""
    return dict(kept["said"]) if kept and "gave_up" not in kept else {}
