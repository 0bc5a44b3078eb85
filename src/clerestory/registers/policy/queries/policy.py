"""Reads of policies: frozen values of one organisation, never rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing, standings
from clerestory.desk.duty import Duty, until_the_log_grows
from clerestory.desk.lists import Column, standing_column
from clerestory.desk.people import Member, members, members_of
from clerestory.desk.permit import permit
from clerestory.desk.standing import newest_in_force
from clerestory.registers.policy import models
from clerestory.registers.policy.rules import MAIN, TOP, Draft, Policy
from clerestory.store.log import Kept
from clerestory.terms import sentence
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, PersonId

AREA = "policy"
STAFF = "staff"
"""The audience that the members are asked to confirm a policy as."""


class PolicyUnknown(ClerestoryError):
    """The organisation has no such policy, version or conflict."""


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """One version of a policy, who proposed it, and where it stands."""

    draft: Draft
    version: int
    proposed_by: PersonId
    proposed_at: datetime
    entry_id: EntryId
    standing: Standing | None


@dataclass(frozen=True, slots=True)
class PolicyRecord:
    """A policy with its versions, newest first."""

    policy: Policy
    versions: tuple[VersionRecord, ...]
    withdrawn_at: datetime | None

    @property
    def in_force(self) -> VersionRecord | None:
        """The newest version that was approved; none once it was taken back or the policy was withdrawn."""
        return None if self.withdrawn_at else newest_in_force((one, one.standing) for one in self.versions)

    @property
    def newest(self) -> VersionRecord:
        """The newest version, approved or not."""
        return self.versions[0]


@dataclass(frozen=True, slots=True)
class ActRecord:
    """Something done about policies."""

    kind: str
    number: int
    about: str
    said: Mapping[str, Any]
    by: PersonId
    at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class Confirmed:
    """How many of those who are asked confirmed the version in force of a policy, and who did not yet."""

    have: int
    asked: int
    missing: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A policy for a list."""

    record: PolicyRecord
    confirmed: Confirmed | None


def policy_columns(actor: Actor, names: Mapping[str, str], on: date) -> tuple[Column, ...]:
    """Return what the list of policies shows."""
    permit(actor, "read", AREA)

    def due(row: PolicyRow) -> date | None:
        current = row.record.in_force
        return None if current is None else current.draft.review_by

    return (
        Column(
            name="title",
            label=_("Policy"),
            searched=True,
            kind="link",
            value=lambda row: row.record.policy.title,
            url=lambda row: reverse("policy-policy", args=[row.record.policy.policy_id]),
        ),
        Column(
            name="in_force",
            label=_("In force"),
            kind="tag",
            filtered=True,
            options=(("yes", _("in force")), ("no", _("not in force")), ("withdrawn", _("withdrawn"))),
            value=_force,
            tone=lambda row: {"yes": "good", "no": "bad", "withdrawn": "old"}[_force(row)],
            note=lambda row: row.record.in_force and f"{row.record.in_force.version}",
        ),
        standing_column("newest", _("Newest version"), lambda row: row.record.newest.standing, names=names),
        Column(
            name="confirmed",
            label=_("Confirmed"),
            kind="share",
            value=lambda row: (row.confirmed.have, row.confirmed.asked) if row.confirmed else (0, 0),
        ),
        Column(
            name="review_by",
            label=_("Review by"),
            kind="day",
            value=due,
            tone=lambda row: "bad" if (day := due(row)) is not None and day < on else "",
        ),
        Column(
            name="owner",
            label=_("Looked after by"),
            kind="person",
            searched=True,
            value=lambda row: names.get(row.record.policy.owner, row.record.policy.owner),
        ),
    )


_kept: Kept[tuple[PolicyRecord, ...]] = Kept(most=16)


def policies(actor: Actor) -> tuple[PolicyRecord, ...]:
    """Return all policies, the AI policy first, with their versions; read anew once the log has grown."""
    permit(actor, "read", AREA)
    if connection.in_atomic_block:  # what is being written is seen as far as it is written
        return _policies(actor)
    return _kept.get(actor.organisation_id, (), lambda: _policies(actor))


def _policies(actor: Actor) -> tuple[PolicyRecord, ...]:
    rows = list(
        models.Version.objects.filter(organisation_id=actor.organisation_id)
        .select_related("policy")
        .order_by("policy__title", "-version")
    )
    stand = standings(actor, [EntryId(row.entry_id) for row in rows]) if rows else {}
    by_policy: dict[int, list[models.Version]] = {}
    for row in rows:
        by_policy.setdefault(row.policy_id, []).append(row)
    found = [_record(versions, stand) for versions in by_policy.values()]
    return tuple(sorted(found, key=lambda record: record.policy.policy_id != MAIN))


def policy(actor: Actor, policy_id: str) -> PolicyRecord:
    """Return one policy.

    Raises:
        PolicyUnknown: the organisation has none of that id.
    """
    permit(actor, "read", AREA)
    found = next((record for record in policies(actor) if record.policy.policy_id == policy_id), None)
    if found is None:
        raise PolicyUnknown(
            sentence.gettext("There is no policy {policy_id!r}.", policy_id=policy_id),
            sentence.gettext("Choose one of the list."),
        )
    return found


@dataclass(frozen=True, slots=True)
class Asked:
    """All policies, the members who are asked, and who confirmed what: read once for a page."""

    policies: tuple[PolicyRecord, ...]
    people: tuple[Member, ...]
    confirmed: Mapping[str, Confirmed]


def asked(actor: Actor, people: Iterable[Member] | None = None) -> Asked:
    """Return all policies with who is asked and who confirmed, in four queries; ``people`` where they are known."""
    permit(actor, "read", AREA)
    found = policies(actor)
    everybody = members(actor) if people is None else people
    present = tuple(member for member in everybody if member.ended_at is None)
    return Asked(found, present, confirmations(actor, found, present))


def rows(actor: Actor, known: Asked | None = None) -> tuple[PolicyRow, ...]:
    """Return all policies with how many confirmed what is in force."""
    permit(actor, "read", AREA)
    known = known or asked(actor)
    return tuple(PolicyRow(record, known.confirmed.get(record.policy.policy_id)) for record in known.policies)


def confirmations(
    actor: Actor, found: Iterable[PolicyRecord], people: Iterable[Member] | None = None
) -> Mapping[str, Confirmed]:
    """Return, by policy in force that is for staff, which members confirmed it, in two queries.

    ``people`` are the members, where they are known already.
    """
    permit(actor, "read", AREA)
    current = {r.policy.policy_id: r.in_force for r in found}
    if not any(current.values()):
        return {}
    present = members(actor) if people is None else people
    asked = [member.person_id for member in present if member.ended_at is None]
    given: dict[tuple[str, int], set[str]] = {}
    kept = models.Confirmation.objects.filter(organisation_id=actor.organisation_id)
    for policy_id, version, person in kept.values_list("version__policy__policy_id", "version__version", "person"):
        given.setdefault((policy_id, version), set()).add(person)
    told = {}
    for policy_id, force in current.items():
        if force is None or STAFF not in force.draft.audiences:
            continue
        who = given.get((policy_id, force.version), set())
        missing = tuple(person for person in asked if person not in who)
        told[policy_id] = Confirmed(len(asked) - len(missing), len(asked), missing)
    return told


def to_confirm(actor: Actor, known: Asked | None = None) -> tuple[PolicyRecord, ...]:
    """Return the policies in force for staff that the member has not confirmed yet."""
    permit(actor, "read", AREA)
    return tuple(
        row.record
        for row in rows(actor, known)
        if row.confirmed is not None and actor.person_id in row.confirmed.missing
    )


def role_holders(actor: Actor) -> Mapping[str, frozenset[PersonId]]:
    """Return who else holds each role in which members approve, in one query: those who could be asked."""
    permit(actor, "read", AREA)
    found: dict[str, set[PersonId]] = {}
    for member in members_of(actor.organisation_id):
        if member.ended_at is None and member.person_id != actor.person_id:
            for role in member.roles:
                found.setdefault(role, set()).add(member.person_id)
    return {role: frozenset(people) for role, people in found.items()}


def unheld(actor: Actor, record: PolicyRecord, people: Iterable[Member]) -> tuple[str, ...]:
    """Return the roles that the newest version still waits for and that nobody but its proposer holds."""
    permit(actor, "read", AREA)
    standing = record.newest.standing
    if standing is None or not standing.is_open:
        return ()
    asked = [step.role for step in standing.steps if step.approval is None] or [standing.approver_role]
    others = (member for member in people if member.ended_at is None and member.person_id != standing.proposed_by)
    held = {role for member in others for role in member.roles}
    return tuple(role for role in asked if role and role not in held)


def acts(actor: Actor, kind: str, about: str | None = None) -> tuple[ActRecord, ...]:
    """Return what was done of one kind, newest first."""
    permit(actor, "read", AREA)
    return acts_of(actor, (kind,), about)[kind]


def acts_of(actor: Actor, kinds: Iterable[str], about: str | None = None) -> dict[str, tuple[ActRecord, ...]]:
    """Return what was done of some kinds by kind, newest first, in one query."""
    permit(actor, "read", AREA)
    rows = _acts(actor).filter(kind__in=set(kinds)).order_by("-number")
    if about is not None:
        rows = rows.filter(about=about)
    found: dict[str, list[ActRecord]] = {kind: [] for kind in kinds}
    for row in rows:
        act = ActRecord(row.kind, row.number, row.about, row.said, PersonId(row.by), row.at, EntryId(row.entry_id))
        found[row.kind].append(act)
    return {kind: tuple(acts) for kind, acts in found.items()}


def related(actor: Actor) -> tuple[str, ...]:
    """Return the policies that touch AI besides the AI policy: those below it, and others that it names.

    What its version in force names stays named beside a draft, until another version is approved.
    """
    permit(actor, "read", AREA)
    found = policies(actor)
    own = [record.policy.title for record in found if record.policy.policy_id != MAIN and not record.withdrawn_at]
    main = next((record for record in found if record.policy.policy_id == MAIN), None)
    said = (main.in_force, main.newest) if main is not None else ()
    return tuple(dict.fromkeys((*own, *(name for version in said if version for name in version.draft.related))))


@until_the_log_grows
def duties(actor: Actor, on: date) -> tuple[Duty, ...]:
    """Return the policies that the member has to confirm, and those of theirs whose review is due, in three queries."""
    permit(actor, "read", AREA)
    own = models.Confirmation.objects.filter(organisation_id=actor.organisation_id, person=actor.person_id)
    confirmed = set(own.values_list("version__policy__policy_id", "version__version"))
    told = []
    for record in policies(actor):
        version, policy_id = record.in_force, record.policy.policy_id
        if version is None:
            continue
        if STAFF in version.draft.audiences and (policy_id, version.version) not in confirmed:
            why = _("It is in force and asks you to confirm that you read it and keep it.")
            told.append(Duty(topic="policy", title=record.policy.title, url=f"/policy/{policy_id}/", why=why))
        if record.policy.owner == actor.person_id and version.draft.review_by <= on:
            why = _("The day of its review has come.")
            url = "/policy/review/"
            told.append(
                Duty(topic="policy", title=record.policy.title, url=url, why=why, due_on=version.draft.review_by)
            )
    return tuple(told)


def _force(row: PolicyRow) -> str:
    if row.record.withdrawn_at:
        return "withdrawn"
    return "yes" if row.record.in_force else "no"


def _acts(actor: Actor) -> QuerySet[models.Act]:
    return models.Act.objects.filter(organisation_id=actor.organisation_id)


def _record(versions: list[models.Version], stand: Mapping[EntryId, Standing]) -> PolicyRecord:
    kept = versions[0].policy
    said = Policy(policy_id=kept.policy_id, title=kept.title, owner=PersonId(kept.owner))
    return PolicyRecord(
        said,
        tuple(
            VersionRecord(
                Draft(
                    policy_id=kept.policy_id,
                    text=row.text,
                    elements=tuple(row.elements),
                    kinds=tuple(row.kinds),
                    audiences=tuple(row.audiences),
                    review_by=row.review_by,
                    related=tuple(row.related),
                    approvers=tuple(row.approvers) or (TOP,),
                ),
                row.version,
                PersonId(row.proposed_by),
                row.proposed_at,
                EntryId(row.entry_id),
                stand.get(EntryId(row.entry_id)),
            )
            for row in versions
        ),
        kept.withdrawn_at,
    )
