"""Approval by a second person and taking evidence back: one implementation for every register.

Refuses to approve what one proposed oneself, without the role that is asked for, or without having signed in anew.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Protocol, TypeVar

from django.db import IntegrityError
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber

from clerestory.catalogue.load import load
from clerestory.catalogue.obligation import obligations, refusals, refuses
from clerestory.desk.actor import NO_ROLE, Actor
from clerestory.desk.models import Approval, Proposal, Revocation
from clerestory.desk.permit import may, permit
from clerestory.desk.standing import ApprovalRefused, Approved, Standing, check_open, read_standing
from clerestory.store import clock, evidence, log
from clerestory.store.evidence import Entry
from clerestory.store.unit import atomic, wait_turns
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Evidence, Person, Subject
from clerestory.terms.fact import Fact
from clerestory.terms.ids import EntryId, LeafHash, OrganisationId, PersonId
from clerestory.terms.moment import Period
from clerestory.terms.order import ORDER_FIELD
from clerestory.terms.sentence import gettext as _
from clerestory.terms.sentence import word
from clerestory.terms.status import UNWELCOME
from clerestory.terms.text import plain

__all__ = [
    "ApprovalRefused",
    "Approved",
    "Entered",
    "ProposalUnknown",
    "Standing",
    "Waiting",
    "approve",
    "approve_all",
    "approved_as_a_whole",
    "asks_for_two",
    "granted_by_proposer",
    "open_proposals",
    "order_of",
    "propose",
    "revocations",
    "revoke",
    "standings",
    "stood",
    "taken_back",
    "waiting_for",
    "when_standing_changes",
    "withdraw",
]


class ProposalUnknown(ClerestoryError):
    """No such version waits for approval in this organisation."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for one member's approval: the oldest of each kind; by kind, how many there are and the newest."""

    oldest: tuple[Standing, ...]
    counts: Mapping[str, int]
    newest: Mapping[str, EntryId]


def propose(entry: Entry, *, actor: Actor, title: str, url: str, approver_role: str = "") -> None:
    """Note, in the transaction of the entry, that it waits for approval; an older open version is replaced by it.

    Where the entry itself says whose approvals it waits for in order, these are asked one after the other.
    """
    fact = entry.fact
    order = order_of(fact)
    rows = Proposal.objects.filter(organisation_id=actor.organisation_id)
    rows.filter(entity=fact.entity, replaced_at=None).update(replaced_at=fact.received_at)
    Proposal.objects.create(
        organisation_id=actor.organisation_id,
        entry_id=entry.entry_id,
        leaf_hash=entry.leaf_hash,
        kind=fact.kind,
        subject_kind=fact.subject.kind,
        subject_id=fact.subject.id,
        entity=fact.entity,
        title=title[:300],
        url=url,
        approver_role=order[0] if order else approver_role,
        approval_order=list(order),
        steps_left=len(order) or None,
        proposed_by=actor.person_id,
        proposed_at=fact.received_at,
    )


def withdraw(entry_id: EntryId, *, actor: Actor, now: datetime) -> None:
    """Note, in the transaction of what makes it moot, that a version waits for approval no longer."""
    rows = Proposal.objects.filter(organisation_id=actor.organisation_id, entry_id=entry_id)
    rows.filter(replaced_at=None).update(replaced_at=now)


def order_of(fact: Fact) -> tuple[str, ...]:
    """Return the roles whose approval a fact says it waits for, in order; none where one approval is enough."""
    order = fact.values.get(ORDER_FIELD)
    return order if isinstance(order, tuple) else ()


_WHOLE: set[str] = set()


def approved_as_a_whole(*kinds: str) -> None:
    """Note that a register approves these kinds itself, together with what belongs to them, and nobody else does."""
    _WHOLE.update(kinds)


_FOLLOWED: dict[str, list[Callable[[Actor, Fact, datetime], None]]] = {}


def when_standing_changes(kind: str, follow: Callable[[Actor, Fact, datetime], None]) -> None:
    """Let a register hear, in the same transaction, that an entry of a kind was approved or taken back, or no longer.

    It asks `standings` and `taken_back` where the entry stands now.
    """
    _FOLLOWED.setdefault(kind, []).append(follow)


def approve(
    *, actor: Actor, entry_id: EntryId, role: str = "", now: datetime | None = None, whole: bool = False
) -> Standing:
    """Approve one exact version of a record, in a role that the actor holds; ``whole`` as its register does.

    Raises:
        NotPermitted: the actor may not approve, or did not sign in anew.
        ProposalUnknown: nothing with that entry waits in the organisation.
        ApprovalRefused: it is the actor's own, the role is missing, or it is no longer open.
    """
    permit(actor, "approve", "proposal")
    return approve_all(actor=actor, entry_ids={entry_id: ""}, role=role, now=now, whole=whole)[entry_id]


def approve_all(
    *, actor: Actor, entry_ids: Mapping[EntryId, str], role: str = "", now: datetime | None = None, whole: bool = False
) -> Mapping[EntryId, Standing]:
    """Approve versions as `approve` does, all or none, in as many statements as one; a refusal says the entry's name.

    Raises:
        NotPermitted: the actor may not approve, or did not sign in anew.
        ProposalUnknown: nothing with one of the entries waits in the organisation.
        ApprovalRefused: one is the actor's own, its role is missing, or it is no longer open.
    """
    permit(actor, "approve", "proposal")
    with atomic():
        about = _about(actor.organisation_id, entry_ids)
        wait_turns(actor.organisation_id, (f"standing of {about[entry_id]}" for entry_id in entry_ids))
        # Who waited for another's approval comes after it, also where the clock was ahead before.
        moment = now or evidence.not_before_the_newest(actor.organisation_id, clock.now())
        waiting, stand, roles = _proposals(actor, entry_ids), standings(actor, entry_ids), dict[EntryId, str]()
        for entry_id, name in entry_ids.items():
            try:
                _check_kind(waiting[entry_id], whole=whole)
                check_open(actor, stand[entry_id], moment)
                roles[entry_id] = _role(actor, waiting[entry_id], role)
            except ApprovalRefused as error:
                said = _("{control}: {problem}", control=name, problem=error.problem) if name else error.problem
                raise ApprovalRefused(said, error.remedy) from error
        _write_approvals(actor, waiting, roles, moment)
        for entry_id in entry_ids:
            _note_steps(actor, waiting[entry_id])
            if about[entry_id] != entry_id or waiting[entry_id].kind in _FOLLOWED:
                _tell_register(actor, about[entry_id], moment)
    return standings(actor, entry_ids)


def _check_kind(proposal: Proposal, *, whole: bool) -> None:
    if proposal.kind in _WHOLE and not whole:
        raise ApprovalRefused(
            _("This is approved together with what belongs to it."),
            _("Approve it on its own page, {url}.", url=proposal.url),
        )


def _write_approvals(
    actor: Actor, waiting: Mapping[EntryId, Proposal], roles: Mapping[EntryId, str], now: datetime
) -> None:
    given = Approval.objects.filter(organisation_id=actor.organisation_id, approver=actor.person_id)
    past = given.filter(proposal__in=waiting.values(), counts=False)
    before = Counter(past.values_list("proposal__entry_id", flat=True))
    granted = {role: _granted_by(actor, role) or "" for role in set(roles.values())}
    made = [_approval_evidence(actor, waiting[one], role, now, before[one] + 1) for one, role in roles.items()]
    entries = evidence.append_all(made, organisation_id=actor.organisation_id, now=now)
    try:
        Approval.objects.bulk_create(
            Approval(
                organisation_id=actor.organisation_id,
                proposal=waiting[entry_id],
                role=role,
                approver=actor.person_id,
                approved_at=now,
                entry_id=entry.entry_id,
                granted_by=granted[role],
                round=before[entry_id] + 1,
            )
            for (entry_id, role), entry in zip(roles.items(), entries, strict=True)
        )
    except IntegrityError as error:
        raise ApprovalRefused(_("You approved this version before."), _("Nothing more is needed from you.")) from error


def revoke(*, actor: Actor, entry_id: EntryId, reason: str, now: datetime | None = None) -> EntryId:
    """Take an entry back, from now on; it stays in the log with the reason.

    Asks for a person who signed in anew. A failed or inconclusive result counts until a second person approves this,
    and so does a record that asks for an answer, such as a nonconformity, a risk or a task, and one that says no where
    a rule asks for yes, such as an effect that was not there.

    Raises:
        NotPermitted: the actor may not, or did not sign in anew.
        EvidenceRefused: there is no such entry, it is a revocation itself, or no reason is given.
        ApprovalRefused: it was taken back before.
    """
    permit(actor, "approve", "revocation")
    if reason.strip():  # an empty one is refused where the entry is looked up
        reason = plain(reason, _("reason"), longest=10_000, lines=True)
    with atomic():
        about = _about(actor.organisation_id, (entry_id,))[entry_id]
        wait_turns(actor.organisation_id, (f"standing of {about}",))
        moment = now or clock.now()
        if Revocation.objects.filter(organisation_id=actor.organisation_id, revoked_entry_id=entry_id).exists():
            raise ApprovalRefused(
                _("Entry {entry_id} was taken back before.", entry_id=entry_id), _("It may wait for an approval.")
            )
        fact = log.entry(actor.organisation_id, entry_id).fact
        entry = evidence.revoke(
            entry_id, reason=reason, person=actor.person(), now=moment, organisation_id=actor.organisation_id
        )
        Revocation.objects.create(
            organisation_id=actor.organisation_id,
            revoked_entry_id=entry_id,
            reason=reason,
            revoked_by=actor.person_id,
            revoked_at=moment,
            entry_id=entry.entry_id,
        )
        if asks_for_two(fact):
            verdict = fact.values.get("verdict")
            what = f"a result: {fact.values.get('check', '')} {verdict}" if verdict else fact.entity
            propose(entry, actor=actor, title=f"Taking back {what}", url=f"/evidence/{entry_id}/")
        given = Approval.objects.filter(organisation_id=actor.organisation_id, entry_id=entry_id)
        for approval in given.select_related("proposal"):
            _note_steps(actor, approval.proposal)
        _tell_register(actor, about, moment)
    return entry.entry_id


def _note_steps(actor: Actor, proposal: Proposal) -> None:
    """Keep, of an approval in order, which role is asked next and whose approvals count."""
    if proposal.steps_left is None:
        return
    (standing,) = _standings(actor.organisation_id, pk=proposal.pk)
    done = standing.done
    proposal.steps_left = len(standing.order) - len(done)
    proposal.approver_role = standing.order[min(len(done), len(standing.order) - 1)]
    proposal.save(update_fields=["steps_left", "approver_role"])
    proposal.approvals.exclude(entry_id__in=[one.entry_id for one in done]).update(counts=False)


def revocations(actor: Actor, entry_ids: Iterable[EntryId]) -> tuple[EntryId, ...]:
    """Return the entries that take these entries back, whether that counts yet or not."""
    permit(actor, "read", "proposal")
    rows = Revocation.objects.filter(organisation_id=actor.organisation_id, revoked_entry_id__in=list(entry_ids))
    return tuple(EntryId(entry_id) for entry_id in rows.order_by("id").values_list("entry_id", flat=True))


def taken_back(actor: Actor, entry_ids: Iterable[EntryId]) -> frozenset[EntryId]:
    """Return which entries were taken back so that they no longer count, by two people where that asks for two."""
    permit(actor, "read", "proposal")
    rows = Revocation.objects.filter(organisation_id=actor.organisation_id, revoked_entry_id__in=list(entry_ids))
    by_entry = {EntryId(row.entry_id): EntryId(row.revoked_entry_id) for row in rows}
    proposed = standings(actor, by_entry)
    return frozenset(
        revoked for entry, revoked in by_entry.items() if entry not in proposed or proposed[entry].is_approved
    )


def _about(organisation_id: OrganisationId, entry_ids: Iterable[EntryId]) -> dict[EntryId, EntryId]:
    """Return the entry of a register that an approval, a revocation or an approved revocation is about, or itself.

    Nobody else approves or takes back the same record, or what was said about it, while its turn is held.
    """
    found = {entry_id: entry_id for entry_id in entry_ids}
    given = Approval.objects.filter(organisation_id=organisation_id)
    ended = Revocation.objects.filter(organisation_id=organisation_id)
    looked = set(found.values())
    while looked:
        approved: dict[str, str] = dict(given.filter(entry_id__in=looked).values_list("entry_id", "proposal__entry_id"))
        asked = {*looked, *approved.values()}
        revoked = dict(ended.filter(entry_id__in=asked).values_list("entry_id", "revoked_entry_id"))
        records = {one: approved.get(one, one) for one in looked}
        about = {one: EntryId(revoked.get(record, record)) for one, record in records.items()}
        looked = {about[one] for one in looked if records[one] in revoked}
        found = {entry_id: about.get(record, record) for entry_id, record in found.items()}
    return found


def _tell_register(actor: Actor, entry_id: EntryId, now: datetime) -> None:
    """Tell the register of the entry that an approval, a revocation or an approved revocation is about."""
    fact = log.entry(actor.organisation_id, entry_id).fact
    for follow in _FOLLOWED.get(fact.kind, ()):
        follow(actor, fact, now)


def asks_for_two(fact: Fact) -> bool:
    """Return whether two people take an entry back: an unwelcome result, or what asks for an answer or says no."""
    if fact.values.get("verdict") in UNWELCOME or fact.kind in obligations(load()):
        return True
    return refuses(refusals(load()), fact.kind, fact.values)


def standings(actor: Actor, entry_ids: Iterable[EntryId]) -> Mapping[EntryId, Standing]:
    """Return where versions stand, by entry, in one query; entries that nobody proposed are left out."""
    permit(actor, "read", "proposal")
    return {standing.entry_id: standing for standing in _standings(actor.organisation_id, entry_id__in=list(entry_ids))}


class Entered(Protocol):
    """Anything that has an entry of its own."""

    @property
    def entry_id(self) -> EntryId:
        """Its entry."""


E = TypeVar("E", bound=Entered)


def stood(actor: Actor, made: Iterable[E]) -> list[tuple[E, Standing | None, bool]]:
    """Return versions with where each stands, and whether the member could approve it, in one query."""
    permit(actor, "read", "proposal")
    versions = list(made)
    stand = standings(actor, [version.entry_id for version in versions])
    found = ((version, stand.get(version.entry_id)) for version in versions)
    return [(version, standing, standing is not None and standing.can_approve(actor)) for version, standing in found]


def open_proposals(actor: Actor) -> tuple[Standing, ...]:
    """Return what still waits for an approval, oldest first."""
    permit(actor, "read", "proposal")
    return tuple(_standings(actor.organisation_id, pk__in=_open(actor).values("pk")))


def waiting_for(actor: Actor, most: int, urls: Iterable[str] | None = None) -> Waiting:
    """Return what this member could approve: how many of each kind, and the oldest ``most`` of each.

    ``urls`` asks for the records at these addresses only. Two queries, however many wait.
    """
    permit(actor, "read", "proposal")
    if not may(actor, "approve", "proposal"):
        return Waiting((), {}, {})
    rows = _open(actor).filter(approver_role__in=["", *actor.roles]).exclude(proposed_by=actor.person_id)
    own = Approval.objects.filter(organisation_id=actor.organisation_id, approver=actor.person_id, counts=True)
    rows = rows.exclude(Exists(own.filter(proposal=OuterRef("pk"))))
    if urls is not None:
        rows = rows.filter(url__in=list(urls))
    place = Window(RowNumber(), partition_by="kind", order_by=("proposed_at", "id"))
    of_kind = Window(Count("pk"), partition_by="kind")
    newest = Window(Max("entry_id"), partition_by="kind")
    first = rows.annotate(place=place, of_kind=of_kind, newest=newest).filter(place__lte=most)
    found = list(first.values_list("pk", "kind", "of_kind", "newest"))
    oldest = _standings(actor.organisation_id, pk__in=[row[0] for row in found]) if found else []
    return Waiting(tuple(oldest), {row[1]: row[2] for row in found}, {row[1]: EntryId(row[3]) for row in found})


def _open(actor: Actor) -> QuerySet[Proposal]:
    """Return versions that were not replaced or taken back and have no approval that stands, in order not the last."""
    rows = Proposal.objects.filter(organisation_id=actor.organisation_id, replaced_at=None)
    ended = Revocation.objects.filter(organisation_id=actor.organisation_id)
    stands = Approval.objects.filter(organisation_id=actor.organisation_id, proposal=OuterRef("pk")).exclude(
        Exists(ended.filter(revoked_entry_id=OuterRef("entry_id")))
    )
    rows = rows.exclude(Exists(ended.filter(revoked_entry_id=OuterRef("entry_id"))))
    return rows.filter(Q(steps_left__gt=0) | (Q(steps_left=None) & ~Exists(stands)))


def granted_by_proposer(actor: Actor, entry_ids: Iterable[EntryId]) -> frozenset[EntryId]:
    """Return the entries approved only by people whose standing their own proposer granted, in one query."""
    permit(actor, "read", "proposal")
    rows = Approval.objects.filter(organisation_id=actor.organisation_id, proposal__entry_id__in=set(entry_ids))
    found: dict[EntryId, bool] = {}
    for entry_id, granted_by, proposed_by in rows.values_list(
        "proposal__entry_id", "granted_by", "proposal__proposed_by"
    ):
        found[EntryId(entry_id)] = found.get(EntryId(entry_id), True) and granted_by == proposed_by
    return frozenset(entry_id for entry_id, alone in found.items() if alone)


def _standings(organisation_id: OrganisationId, **which: object) -> list[Standing]:
    """Return where proposals stand in one query: a row for each approval, or one for a proposal that has none."""
    rows = Proposal.objects.filter(organisation_id=organisation_id, **which).annotate(
        gone_at=_gone(organisation_id, "entry_id", "revoked_at"),
        gone_for=_gone(organisation_id, "entry_id", "reason"),
        approval_gone_at=_gone(organisation_id, "approvals__entry_id", "revoked_at"),
    )
    ordered = rows.order_by("proposed_at", "pk", "approvals__pk").values(*_PROPOSED, *_APPROVED)
    return [read_standing(list(each)) for _pk, each in groupby(ordered, key=itemgetter("pk"))]


_PROPOSED = (
    "pk", "entry_id", "kind", "title", "url", "proposed_by", "proposed_at", "approver_role", "replaced_at",
    "approval_order", "gone_at", "gone_for",
)  # fmt: skip
_APPROVED = (
    "approvals__approver", "approvals__role", "approvals__approved_at", "approvals__entry_id", "approvals__granted_by",
    "approval_gone_at",
)  # fmt: skip


def _gone(organisation_id: OrganisationId, entry: str, field: str) -> Subquery:
    """Return what a revocation says of the entry that a row names, nothing where nobody took it back."""
    ended = Revocation.objects.filter(organisation_id=organisation_id, revoked_entry_id=OuterRef(entry))
    return Subquery(ended.values(field)[:1])


def _proposals(actor: Actor, entry_ids: Iterable[EntryId]) -> dict[EntryId, Proposal]:
    rows = Proposal.objects.select_for_update().filter(organisation_id=actor.organisation_id)
    found = {EntryId(row.entry_id): row for row in rows.filter(entry_id__in=list(entry_ids)).order_by("pk")}
    for entry_id in entry_ids:
        if entry_id not in found:
            raise ProposalUnknown(
                _("No proposal has the entry {entry_id!r}.", entry_id=entry_id),
                _("Choose one of the list of open proposals."),
            )
    return found


def _role(actor: Actor, proposal: Proposal, role: str) -> str:
    wanted = proposal.approver_role or role
    if wanted and wanted not in actor.roles:
        raise ApprovalRefused(
            _("This needs an approval by {wanted}.", wanted=word(wanted.replace("_", " "))),
            _("Ask somebody who holds that role."),
        )
    return wanted or min(actor.roles, default=NO_ROLE)


def _granted_by(actor: Actor, role: str) -> PersonId | None:
    """Return who gave the actor a role that they hold since, or membership where they act in no role."""
    granted: PersonId | None = None
    what = log.Search(kind="record.membership", text=actor.person_id, size=1000)
    for row in log.search(actor.organisation_id, what).rows:
        fact = log.entry(actor.organisation_id, row.entry_id).fact
        if fact.values.get("member_id") != actor.person_id:
            continue
        standing = fact.values.get("standing")
        held = role == NO_ROLE or (isinstance(standing, tuple) and role in standing)
        if fact.values.get("access") == "none" or not held:
            break
        if isinstance(fact.produced_by, Person):
            granted = fact.produced_by.person_id
    return granted


def _approval_evidence(actor: Actor, proposal: Proposal, role: str, now: datetime, number: int) -> Evidence:
    return Evidence(
        kind="approval.document",
        subject=Subject(proposal.subject_kind, proposal.subject_id),
        produced_by=actor.person(None if role == NO_ROLE else role),
        observed=Period.at(now),
        entity=f"approval/{proposal.entry_id}/{actor.person_id}",
        entity_version=number,
        values={
            "approved_leaf": proposal.leaf_hash,
            "approver_id": actor.person_id,
            "authentication_id": actor.authentication_id or "",
        },
        caused_by=(LeafHash(proposal.leaf_hash),),
    )
