"""Roles, who holds them and who accepted them."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from django.db.models import QuerySet

from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose, when_standing_changes
from clerestory.desk.people import require_member
from clerestory.desk.permit import NotPermitted, permit
from clerestory.desk.record.less import KIND as LESS
from clerestory.desk.record.less import ask_less, follow_less
from clerestory.desk.version import change, first_wins
from clerestory.registers.roles import models
from clerestory.registers.roles.commands.record import URL, Recorded, require_systems
from clerestory.registers.roles.facts import acceptance_evidence, assignment_evidence, role_evidence
from clerestory.registers.roles.queries import RoleUnknown
from clerestory.registers.roles.rules import (
    CONFORMITY_DUTY,
    Assignment,
    Role,
    RoleRefused,
    check_acceptance,
    check_assignment,
    check_role,
    read_role,
    with_holder,
    without_holder,
)
from clerestory.store import clock, directory, evidence
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Subject
from clerestory.terms.fact import Fact
from clerestory.terms.ids import PersonId
from clerestory.terms.sentence import gettext as _


def define_role(*, actor: Actor, role: Role, now: datetime | None = None) -> Recorded:
    """Define a role with its duties; holders come by assignment only.

    Raises:
        RoleRefused: a mandatory part is missing, or the id is taken.
    """
    permit(actor, "write", "roles")
    moment = now or clock.now()
    check_role(role)
    require_systems(actor, role.systems)
    if role.holders:
        raise RoleRefused(_("A role is defined without holders."), _("Give its duties to a holder afterwards."))
    with first_wins(), atomic():
        if _roles(actor).filter(role_id=role.role_id).exists():
            raise RoleRefused(_("There is a role {role_id!r} already.", role_id=role.role_id), _("Choose another id."))
        entry = evidence.append(
            role_evidence(role, by=actor.person(), at=moment, version=1),
            organisation_id=actor.organisation_id,
            now=moment,
        )
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
    """Change name, duties or systems of a role; its holders stay, and have to accept anew.

    That a role no longer bears on how AI performs waits until a second person approved it.
    """
    permit(actor, "write", "roles")
    check_role(role)
    require_systems(actor, role.systems)
    with first_wins(), atomic():
        row, moment = _row(actor, role.role_id), now or clock.now()
        said = {"has_ai_duties": False} if row.has_ai_duties and not role.has_ai_duties else {}
        about, url = Subject("person_role", role.role_id), f"{URL}role/{role.role_id}/"
        less = ask_less(actor, about, said, row.less, title=role.name, url=url, now=moment)
        counts = replace(role, holders=read_role(vars(row)).holders, has_ai_duties=role.has_ai_duties or bool(said))
        return _write_role(actor, counts, expected_version, moment, less=less)


# house: allow permit-first: follows an approval or a revocation, which asked
def note_less(actor: Actor, fact: Fact, now: datetime) -> None:
    """Let less be asked of a role once two agreed, and as much as before once that was taken back."""
    if fact.subject.kind != "person_role":
        return
    row = _row(actor, fact.subject.id)
    values, less = follow_less(actor, fact, row.less, {"has_ai_duties": row.has_ai_duties})
    if values or less != row.less:
        _write_role(actor, replace(read_role(vars(row)), **values), row.version, now, less=less)


when_standing_changes(LESS, note_less)


def assign_role(*, actor: Actor, assignment: Assignment, now: datetime | None = None) -> Recorded:
    """Give a duty to a member, within a role or towards the organisation; it counts once a second person approved it.

    Raises:
        RoleRefused: the role has no such duty.
        NotAMember: the holder is no member.
    """
    permit(actor, "write", "roles")
    moment = now or clock.now()
    require_member(actor.organisation_id, assignment.holder)
    with first_wins(), atomic():
        row = None if assignment.role_id is None else _row(actor, assignment.role_id)
        role = None if row is None else read_role(vars(row))
        check_assignment(assignment, role)
        if row is not None and role is not None and assignment.holder not in role.holders:
            _write_role(actor, with_holder(role, assignment.holder), row.version, moment)
        number = f"assignment-{secrets.token_hex(6)}"
        made = assignment_evidence(assignment, actor.organisation_id, by=actor.person(), at=moment, number=number)
        entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment)
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
    with first_wins(), atomic():
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
        raise NotPermitted(_("A token cannot accept a role."), _("Sign in as the holder."))
    moment = now or clock.now()
    with first_wins(), atomic():
        row = _row(actor, role_id)
        role = read_role(vars(row))
        check_acceptance(role, actor.person_id)
        earlier = models.Acceptance.objects.filter(
            organisation_id=actor.organisation_id, role=row, holder=actor.person_id
        ).count()
        made = acceptance_evidence(role, actor.person_id, by=actor.person(), at=moment, version=earlier + 1)
        entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment)
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


def _roles(actor: Actor) -> QuerySet[models.Role]:
    return models.Role.objects.filter(organisation_id=actor.organisation_id)


def _row(actor: Actor, role_id: str) -> models.Role:
    row = _roles(actor).filter(role_id=role_id).first()
    if row is None:
        raise RoleUnknown(
            _("There is no role {role_id!r}.", role_id=role_id), _("Define it, or choose one of the list.")
        )
    return row


def _stored(actor: Actor, role_id: str) -> Role:
    return read_role(vars(_row(actor, role_id)))


def _write_role(
    actor: Actor, role: Role, expected: int, now: datetime, *, less: Mapping[str, object] | None = None
) -> Recorded:
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
        **({} if less is None else {"less": dict(less)}),
    )
    entry = evidence.append(
        role_evidence(role, by=actor.person(), at=now, version=version), organisation_id=actor.organisation_id, now=now
    )
    rows.update(entry_id=entry.entry_id)
    directory.publish(
        actor.organisation_id, "person_role", role.role_id, label=role.name, url=f"{URL}role/{role.role_id}/"
    )
    return Recorded(role.role_id, version, entry.entry_id)
