"""Reads a log in again that is older or other than what was signed, and says in the log who did so and what is lost.

Refuses whatever would be a second history: what was signed and is not held comes back whole, or nothing changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from clerestory.ledger.leaf import Leaf, read_leaf
from clerestory.ledger.tree import leaf_hash as hash_of
from clerestory.ledger.tree import root
from clerestory.store import clock
from clerestory.store.evidence import append
from clerestory.store.evidence.payload import put_back as put_back_content
from clerestory.store.evidence.writing import put_back
from clerestory.store.log.cosigned import visits
from clerestory.store.models import Handover, LogEntry, LogState, Payload, SignedCheckpoint, WitnessVisit
from clerestory.store.recovery.source import Kept, Source, sources
from clerestory.store.sequencer.mark import HighWater, read_mark, write_mark
from clerestory.store.sequencer.run import rebuild
from clerestory.store.unit import atomic, step, wait_turn
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Content, Evidence, FactValue, Person, Subject
from clerestory.terms.ids import EntryId, OrganisationId
from clerestory.terms.moment import Period
from clerestory.terms.sentence import gettext as _

MOST_NAMED = 200


class RecoveryRefused(ClerestoryError):
    """What is held does not reach as far as what was signed, or contradicts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """The log before and after; ``entries`` came back, the contents of ``lost`` did not, ``moved`` are placed anew."""

    had: int
    size: int
    root: str
    entries: tuple[str, ...]
    lost: tuple[str, ...]
    moved: int
    disowned: tuple[str, ...]


def recover(
    organisation_id: OrganisationId,
    packs: Sequence[Path],
    *,
    reason: str,
    person: Person,
    now: datetime | None = None,
) -> Recovered:
    """Read the log in again from its publication and from packs, and log that.

    Raises:
        RecoveryRefused: nothing is to be recovered, nothing reaches as far as what was signed, facts of an entry are
            held nowhere, or two things that the log signed contradict each other. Nothing is changed.
        SourceRefused: a pack or the publication is not of this log.
    """
    moment = now or clock.now()
    if not reason.strip():
        raise RecoveryRefused(_("No reason is given."), _("Say what happened; it is written into the log."))
    found = sources(organisation_id, packs)
    with atomic():
        wait_turn(organisation_id, "log")
        newest = _newest(organisation_id, found)
        common = _common(organisation_id, newest)
        had = _size(organisation_id)
        _check_need(newest, common)
        facts, contents = _held(found)
        moved = _take_places(organisation_id, newest, common)
        entries, lost = _put_back(organisation_id, newest, facts, contents, moment)
        state = rebuild(organisation_id)
        if (state.size, state.root) != (newest.checkpoint.size, newest.checkpoint.root.hex()):
            raise RecoveryRefused(_("The root is not the one that was signed."), _("Report this; nothing was changed."))
        disowned = _checkpoints(organisation_id, newest, moment)
        _begin_again(organisation_id, common)
        done = Recovered(
            had=had, size=state.size, root=state.root, entries=entries, lost=lost, moved=moved, disowned=disowned
        )
        _say(organisation_id, done, newest, reason, person, moment)
        # Before the commit: a crash between the two leaves a log that refuses to sign and is recovered once more.
        write_mark(organisation_id, HighWater(newest.checkpoint.size, newest.checkpoint.root.hex()))
        step("recovery.before_commit")
    return done


def _newest(organisation_id: OrganisationId, found: Sequence[Source]) -> Source:
    if not found:
        raise RecoveryRefused(
            _("There is nothing that the log can be read in from."),
            _("Name packs with --pack, set CLERESTORY_PUBLISH, or restore the newest backup."),
        )
    newest = found[0]
    claims = [(source.name, source.checkpoint.size, source.checkpoint.root.hex()) for source in found[1:]]
    mark = read_mark(organisation_id)
    if mark is not None and mark.size and not _is_second(organisation_id, mark, newest):
        claims.append(("high-water mark", mark.size, mark.root))
    for name, size, claimed in claims:
        if size > newest.checkpoint.size:
            raise _short(newest, name, size)
        if newest.root_at(size).hex() != claimed:
            raise RecoveryRefused(
                _("{first} and {second} tell different histories, and the log's key signed both.",
                  first=newest.name, second=name),
                _("Keep both as evidence; one of them was signed over a rewritten log."),
            )  # fmt: skip
    for visit in visits(organisation_id).values():
        if visit.held > newest.checkpoint.size:
            raise _short(newest, visit.witness.partition("+")[0], visit.held)
    return newest


def _is_second(organisation_id: OrganisationId, mark: HighWater, newest: Source) -> bool:
    """Tell whether the mark is of a second history that this database signed: the one that was handed out stays."""
    if mark.size <= newest.checkpoint.size and newest.root_at(mark.size).hex() == mark.root:
        return False
    rows = LogEntry.objects.filter(organisation_id=organisation_id, position__lt=mark.size).order_by("position")
    leaves = [bytes(leaf) for leaf in rows.values_list("leaf", flat=True)]
    return len(leaves) == mark.size and root(hash_of(leaf) for leaf in leaves).hex() == mark.root


def _short(newest: Source, name: str, size: int) -> RecoveryRefused:
    return RecoveryRefused(
        _("{newest} reaches {held} entries, but {name} knows {size}.", newest=newest.name,
          held=newest.checkpoint.size, name=name, size=size),
        _("Name a newer pack, or restore a newer backup: what was signed is not left out."),
    )  # fmt: skip


def _size(organisation_id: OrganisationId) -> int:
    state = LogState.objects.filter(organisation_id=organisation_id).first()
    return state.size if state else 0


def _common(organisation_id: OrganisationId, newest: Source) -> int:
    rows = LogEntry.objects.filter(organisation_id=organisation_id).exclude(position=None).order_by("position")
    common = 0
    for leaf, wanted in zip(rows.values_list("leaf", flat=True).iterator(), newest.leaves, strict=False):
        if bytes(leaf) != wanted:
            break
        common += 1
    return common


def _check_need(newest: Source, common: int) -> None:
    if common >= newest.checkpoint.size:
        raise RecoveryRefused(
            _("The log has all {size} entries that {name} holds.", size=newest.checkpoint.size, name=newest.name),
            _("There is nothing to recover. If it does not sign, run: clerestory ledger status"),
        )


def _held(found: Sequence[Source]) -> tuple[dict[str, bytes], dict[str, Kept]]:
    facts: dict[str, bytes] = {}
    contents: dict[str, Kept] = {}
    for source in found:
        facts.update(source.facts)
        contents.update(source.contents)
    return facts, contents


def _take_places(organisation_id: OrganisationId, newest: Source, common: int) -> int:
    """Take their places from the entries behind the common beginning; those that were signed get them back."""
    rows = LogEntry.objects.filter(organisation_id=organisation_id)
    moved = rows.filter(position__gte=common).update(position=None)
    wanted = {hash_of(leaf).hex(): place for place, leaf in enumerate(newest.leaves[common:], common)}
    for row in rows.filter(position=None):
        if row.leaf_hash in wanted:
            rows.filter(pk=row.pk).update(position=wanted[row.leaf_hash])
            moved -= 1
    return max(moved, 0)


def _put_back(
    organisation_id: OrganisationId, newest: Source, facts: dict[str, bytes], contents: dict[str, Kept], now: datetime
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    rows = LogEntry.objects.filter(organisation_id=organisation_id).exclude(position=None)
    there = set(rows.values_list("position", flat=True))
    missing = [place for place in range(newest.checkpoint.size) if place not in there]
    read = {place: read_leaf(newest.leaves[place]) for place in missing}
    unknown = [place for place in missing if _facts(organisation_id, read[place], facts) is None]
    if unknown:
        raise RecoveryRefused(
            _("The facts of {count} entries are held nowhere; the first is at place {place}.", count=len(unknown),
              place=unknown[0]),
            _("Name packs with --pack that were made after that entry, or restore a newer backup."),
        )  # fmt: skip
    entries, lost = [], []
    for place in missing:
        leaf, body = read[place], _facts(organisation_id, read[place], facts)
        content = _content(organisation_id, leaf, contents.get(leaf.content or ""), now)
        entries.append(put_back(organisation_id, place, newest.leaves[place], body or b"", content))
        if content is not None and content.erased_at is not None:
            lost.append(entries[-1])
    return tuple(entries), tuple(lost)


def _facts(organisation_id: OrganisationId, leaf: Leaf, facts: dict[str, bytes]) -> bytes | None:
    if leaf.facts in facts:
        return facts[leaf.facts]
    held = Payload.objects.filter(organisation_id=organisation_id, commitment=leaf.facts, part="facts").first()
    return None if held is None or held.body is None else bytes(held.body)


def _content(organisation_id: OrganisationId, leaf: Leaf, kept: Kept | None, now: datetime) -> Payload | None:
    if leaf.content is None:
        return None
    kind, _colon, name = leaf.subject[0][0].partition(":")
    personal = kept is not None and kept.salt is not None
    content = None if kept is None else Content(kept.body, kept.media_type, personal=personal)
    return put_back_content(
        organisation_id, leaf.content, content, kept.salt if kept else None, Subject(kind, name), now
    )


def _checkpoints(organisation_id: OrganisationId, newest: Source, now: datetime) -> tuple[str, ...]:
    """Keep the checkpoints of this history; return the size and root of each that was signed over another one."""
    rows = SignedCheckpoint.objects.filter(organisation_id=organisation_id)
    other = [row for row in rows if row.size > newest.checkpoint.size or newest.root_at(row.size).hex() != row.root]
    rows.filter(pk__in=[row.pk for row in other]).delete()
    SignedCheckpoint.objects.get_or_create(
        organisation_id=organisation_id,
        size=newest.checkpoint.size,
        defaults={"root": newest.checkpoint.root.hex(), "note": newest.note, "signed_at": now},
    )
    return tuple(f"{row.size} {row.root}" for row in other)


def _begin_again(organisation_id: OrganisationId, common: int) -> None:
    """Hand what came back to the processes, and ask the witnesses that were told another history."""
    Handover.objects.filter(organisation_id=organisation_id, position__gt=common).update(position=common)
    WitnessVisit.objects.filter(organisation_id=organisation_id).update(tries=0, next_try_at=None)


def _say(
    organisation_id: OrganisationId, done: Recovered, newest: Source, reason: str, person: Person, now: datetime
) -> None:
    subject, entity = Subject("organisation", organisation_id), f"recovery/{done.size}"
    values: dict[str, FactValue] = {
        "reason": reason.strip(),
        "read_from": newest.name,
        "had": done.had,
        "size": done.size,
        "root": f"sha256:{done.root}",
        "back": len(done.entries),
        "moved": done.moved,
        "disowned": done.disowned[:MOST_NAMED],
    }
    evidence = Evidence(
        kind="record.recovery", subject=subject, produced_by=person, observed=Period.at(now), values=values,
        entity=entity,
    )  # fmt: skip
    append(evidence, organisation_id=organisation_id, now=now)
    if done.lost:
        erased = tuple(EntryId(entry) for entry in done.lost)
        gone: dict[str, FactValue] = {"erased": erased, "ground": f"lost, not erased on purpose: {reason.strip()}"}
        erasure = Evidence(
            kind="record.erasure", subject=subject, produced_by=person, observed=Period.at(now), values=gone,
            entity=f"erasure/{entity}",
        )  # fmt: skip
        append(erasure, organisation_id=organisation_id, now=now)
