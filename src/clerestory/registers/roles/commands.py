"""The only writes of roles and duties: each writes a row and its evidence in one transaction."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import QuerySet

from clerestory.catalogue.load import load
from clerestory.desk import people
from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose
from clerestory.desk.people import Member, require_member
from clerestory.desk.permit import NotPermitted, permit
from clerestory.desk.version import change
from clerestory.registers.roles import models
from clerestory.registers.roles.facts import (
    acceptance_evidence,
    assignment_evidence,
    membership_evidence,
    report_evidence,
    role_evidence,
    system_duties_evidence,
)
from clerestory.registers.roles.queries import RoleUnknown
from clerestory.registers.roles.rules import (
    CONFORMITY_DUTY,
    NO_ACCESS,
    Assignment,
    Role,
    RoleRefused,
    SystemDuties,
    check_acceptance,
    check_assignment,
    check_email,
    check_role,
    check_system_duties,
    clean_texts,
    read_role,
    with_holder,
    without_holder,
)
from clerestory.store import clock, directory, evidence, log
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Evidence
from clerestory.terms.ids import EntryId, PersonId
from clerestory.terms.moment import Period

URL = "/roles/"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a command wrote: the record's id and version and its entry."""

    record_id: str
    version: int
    entry_id: EntryId


def admit_member(
    *, actor: Actor, email: str, name: str, access: str, standing: Sequence[str] = (), now: datetime | None = None
) -> Member:
    """Admit a person to the organisation; evidence carries the pseudonymous id, access and standing alone.

    Raises:
        RoleRefused: the address or name is unusable.
        MemberAlready, AccessRefused: see `desk.people.admit`.
    """
    permit(actor, "administer", "members")
    moment = now or clock.now()
    address = check_email(email)
    if not name.strip():
        raise RoleRefused("The person has no name.", "Give the name that colleagues know.")
    with atomic():
        admitted = people.admit(
            organisation_id=actor.organisation_id,
            email=address,
            name=name,
            access=access,
            roles=clean_texts(standing),
            now=moment,
        )
        _append_membership(actor, admitted, admitted.access, moment)
    return admitted


def change_member(
    *,
    actor: Actor,
    person_id: PersonId,
    access: str | None = None,
    standing: Sequence[str] | None = None,
    now: datetime | None = None,
) -> Member:
    """Change what a member may do and the roles in which the member approves or acts; nobody changes their own.

    Raises:
        RoleRefused: it is the actor's own membership.
        NotAMember, AccessRefused, LastAdministrator: see `desk.people.change_membership`.
    """
    permit(actor, "administer", "members")
    moment = now or clock.now()
    _refuse_own(actor, person_id)
    with atomic():
        changed = people.change_membership(
            organisation_id=actor.organisation_id,
            person_id=person_id,
            access=access,
            roles=None if standing is None else clean_texts(standing),
        )
        _append_membership(actor, changed, changed.access, moment)
    return changed


def end_membership(*, actor: Actor, person_id: PersonId, now: datetime | None = None) -> Member:
    """End a membership; the person can no longer sign in to the organisation and their tokens stop working.

    Raises:
        RoleRefused: it is the actor's own membership.
        NotAMember, LastAdministrator: see `desk.people.change_membership`.
    """
    permit(actor, "administer", "members")
    moment = now or clock.now()
    _refuse_own(actor, person_id)
    with atomic():
        ended = people.change_membership(organisation_id=actor.organisation_id, person_id=person_id, ended_at=moment)
        _append_membership(actor, ended, NO_ACCESS, moment)
    return ended


def define_role(*, actor: Actor, role: Role, now: datetime | None = None) -> Recorded:
    """Define a role with its duties; holders come by assignment only.

    Raises:
        RoleRefused: a mandatory part is missing, or the id is taken.
    """
    permit(actor, "write", "roles")
    moment = now or clock.now()
    check_role(role)
    _require_systems(actor, role.systems)
    if role.holders:
        raise RoleRefused("A role is defined without holders.", "Give its duties to a holder afterwards.")
    with atomic():
        if _roles(actor).filter(role_id=role.role_id).exists():
            raise RoleRefused(f"There is a role {role.role_id!r} already.", "Choose another id.")
        entry = _append(actor, role_evidence(role, by=actor.person(), at=moment, version=1), moment)
        models.Role.objects.create(
            organisation_id=actor.organisation_id,
            role_id=role.role_id,
            name=role.name,
            duties=list(role.duties),
            has_ai_duties=role.has_ai_duties,
            systems=list(role.systems),
            entry_id=entry.entry_id,
            changed_at=moment,
        )
        directory.publish(
            actor.organisation_id, "person_role", role.role_id, label=role.name, url=f"{URL}role/{role.role_id}/"
        )
    return Recorded(role.role_id, 1, entry.entry_id)


def change_duties(*, actor: Actor, role: Role, expected_version: int, now: datetime | None = None) -> Recorded:
    """Change name, duties or systems of a role; its holders stay, and have to accept anew."""
    permit(actor, "write", "roles")
    check_role(role)
    _require_systems(actor, role.systems)
    with atomic():
        before = _stored(actor, role.role_id)
        return _write_role(actor, replace(role, holders=before.holders), expected_version, now or clock.now())


def assign_role(*, actor: Actor, assignment: Assignment, now: datetime | None = None) -> Recorded:
    """Give a duty to a member, within a role or towards the organisation; it counts once a second person approved it.

    Raises:
        RoleRefused: the role has no such duty.
        NotAMember: the holder is no member.
    """
    permit(actor, "write", "roles")
    moment = now or clock.now()
    require_member(actor.organisation_id, assignment.holder)
    with atomic():
        row = None if assignment.role_id is None else _row(actor, assignment.role_id)
        role = None if row is None else read_role(vars(row))
        check_assignment(assignment, role)
        if row is not None and role is not None and assignment.holder not in role.holders:
            _write_role(actor, with_holder(role, assignment.holder), row.version, moment)
        number = f"assignment-{secrets.token_hex(6)}"
        entry = _append(
            actor,
            assignment_evidence(assignment, actor.organisation_id, by=actor.person(), at=moment, number=number),
            moment,
        )
        models.Assignment.objects.create(
            organisation_id=actor.organisation_id,
            assignment_id=number,
            role=row,
            duty=assignment.duty,
            holder=assignment.holder,
            assigned_by=actor.person_id,
            assigned_at=moment,
            entry_id=entry.entry_id,
        )
        propose(
            entry,
            actor=actor,
            title=f"{assignment.duty}: {assignment.holder}",
            url=f"{URL}role/{assignment.role_id}/" if assignment.role_id else f"{URL}conformity/",
            approver_role="top_management" if assignment.duty == CONFORMITY_DUTY else "",
        )
    return Recorded(number, 1, entry.entry_id)


def release_holder(
    *, actor: Actor, role_id: str, holder: PersonId, expected_version: int, now: datetime | None = None
) -> Recorded:
    """End that a person holds a role."""
    permit(actor, "write", "roles")
    with atomic():
        role = without_holder(_stored(actor, role_id), holder)
        return _write_role(actor, role, expected_version, now or clock.now())


def accept_role(*, actor: Actor, role_id: str, now: datetime | None = None) -> Recorded:
    """Accept a role that one holds, with its present duties; nobody does it for another, and no machine does.

    Raises:
        NotPermitted: the actor is a machine.
        RoleRefused: the actor does not hold it.
    """
    permit(actor, "read", "roles")
    if actor.scopes is not None:
        raise NotPermitted("A token cannot accept a role.", "Sign in as the holder.")
    moment = now or clock.now()
    with atomic():
        row = _row(actor, role_id)
        role = read_role(vars(row))
        check_acceptance(role, actor.person_id)
        earlier = models.Acceptance.objects.filter(
            organisation_id=actor.organisation_id, role=row, holder=actor.person_id
        ).count()
        made = acceptance_evidence(role, actor.person_id, by=actor.person(), at=moment, version=earlier + 1)
        entry = _append(actor, made, moment)
        models.Acceptance.objects.create(
            organisation_id=actor.organisation_id,
            role=row,
            holder=actor.person_id,
            number=earlier + 1,
            role_version=row.version,
            accepted_at=moment,
            entry_id=entry.entry_id,
        )
    return Recorded(role_id, earlier + 1, entry.entry_id)


def report_performance(
    *,
    actor: Actor,
    received_by: Sequence[str],
    topics: Sequence[str],
    summary: str,
    period: Period | None = None,
    now: datetime | None = None,
) -> Recorded:
    """Record that the performance of the management system was reported to those roles.

    Raises:
        RoleRefused: receivers, topics or summary are missing, or a receiver is no role of the catalogue.
    """
    permit(actor, "write", "roles")
    moment = now or clock.now()
    receivers, subjects = clean_texts(received_by), clean_texts(topics)
    unknown = [role for role in receivers if role not in load().roles]
    if unknown or not receivers:
        problem = f"{unknown[0]!r} is no role that receives reports." if unknown else "The report has no receiver."
        raise RoleRefused(problem, f"Use: {', '.join(sorted(load().roles))}.")
    if not subjects or not summary.strip():
        raise RoleRefused("The report has no topics or no summary.", "Say what was reported.")
    with atomic():
        number = f"report-{secrets.token_hex(6)}"
        made = report_evidence(
            actor.organisation_id,
            receivers,
            subjects,
            summary.strip(),
            by=actor.person(),
            period=period or Period.at(moment),
            number=number,
        )
        entry = _append(actor, made, moment)
        models.PerformanceReport.objects.create(
            organisation_id=actor.organisation_id,
            report_id=number,
            received_by=list(receivers),
            topics=list(subjects),
            summary=summary.strip(),
            reported_by=actor.person_id,
            reported_at=moment,
            entry_id=entry.entry_id,
        )
    return Recorded(number, 1, entry.entry_id)


def decide_system_duties(*, actor: Actor, duties: SystemDuties, now: datetime | None = None) -> Recorded:
    """Decide who holds each AI duty around a system; it counts once a second person approved it.

    Raises:
        RoleRefused: a duty is unknown or none is held, or there is no such system.
        NotAMember: somebody named is no member.
    """
    permit(actor, "write", "roles")
    moment = now or clock.now()
    check_system_duties(duties, load().coverages["ai_duties"].items)
    _require_systems(actor, (duties.system_id,))
    for person in {duties.accountable, *duties.held.values()}:
        require_member(actor.organisation_id, person)
    with atomic():
        rows = models.SystemDuties.objects.filter(organisation_id=actor.organisation_id, system_id=duties.system_id)
        version = rows.count() + 1
        entry = _append(actor, system_duties_evidence(duties, by=actor.person(), at=moment, version=version), moment)
        models.SystemDuties.objects.create(
            organisation_id=actor.organisation_id,
            system_id=duties.system_id,
            version=version,
            held=dict(duties.held),
            accountable=duties.accountable,
            decided_by=actor.person_id,
            decided_at=moment,
            entry_id=entry.entry_id,
        )
        propose(entry, actor=actor, title=f"Duties around {duties.system_id}", url=f"{URL}systems/{duties.system_id}/")
    return Recorded(duties.system_id, version, entry.entry_id)


def _append_membership(actor: Actor, member: Member, access: str, now: datetime) -> None:
    earlier = log.search(actor.organisation_id, log.Search(kind="record.membership", text=member.person_id)).total
    made = membership_evidence(
        actor.organisation_id, member.person_id, access, member.roles, by=actor.person(), at=now, version=earlier + 1
    )
    _append(actor, made, now)


def _refuse_own(actor: Actor, person_id: PersonId) -> None:
    if actor.person_id == person_id:
        raise RoleRefused("This is your own membership.", "Ask another administrator.")


def _append(actor: Actor, made: Evidence, now: datetime) -> evidence.Entry:
    return evidence.append(made, organisation_id=actor.organisation_id, now=now)


def _roles(actor: Actor) -> QuerySet[models.Role]:
    return models.Role.objects.filter(organisation_id=actor.organisation_id)


def _row(actor: Actor, role_id: str) -> models.Role:
    row = _roles(actor).filter(role_id=role_id).first()
    if row is None:
        raise RoleUnknown(f"There is no role {role_id!r}.", "Define it, or choose one of the list.")
    return row


def _stored(actor: Actor, role_id: str) -> Role:
    return read_role(vars(_row(actor, role_id)))


def _write_role(actor: Actor, role: Role, expected: int, now: datetime) -> Recorded:
    rows = _roles(actor).filter(role_id=role.role_id)
    version = change(
        rows,
        expected=expected,
        name=role.name,
        has_ai_duties=role.has_ai_duties,
        changed_at=now,
        duties=list(role.duties),
        holders=list(role.holders),
        systems=list(role.systems),
    )
    entry = _append(actor, role_evidence(role, by=actor.person(), at=now, version=version), now)
    rows.update(entry_id=entry.entry_id)
    directory.publish(
        actor.organisation_id, "person_role", role.role_id, label=role.name, url=f"{URL}role/{role.role_id}/"
    )
    return Recorded(role.role_id, version, entry.entry_id)


def _require_systems(actor: Actor, systems: Sequence[str]) -> None:
    known = {record.id for record in directory.find(actor.organisation_id, "ai_system", systems)}
    missing = [system for system in systems if system not in known]
    if missing:
        raise RoleRefused(f"There is no AI system {missing[0]!r}.", "Register the system first.")
