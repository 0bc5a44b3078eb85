"""Decides who answers for which work, and hands over what somebody who left still holds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from clerestory.desk.actor import Actor
from clerestory.desk.people import members, require_member
from clerestory.desk.permit import permit
from clerestory.desk.version import expect, first_wins
from clerestory.registers.roles import models
from clerestory.registers.roles.commands.duty import decide_system_duties
from clerestory.registers.roles.commands.record import Recorded
from clerestory.registers.roles.commands.role import assign_role, release_holder
from clerestory.registers.roles.facts import line_evidence
from clerestory.registers.roles.queries import assignments, leavers, matrix_line, role, system_duties
from clerestory.registers.roles.rules import Assignment, RoleRefused, Work, check_letters
from clerestory.store import clock, evidence
from clerestory.store.unit import atomic
from clerestory.terms.ids import PersonId
from clerestory.terms.sentence import gettext as _


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What was handed over, by number; records of other registers stay with their own pages."""

    roles: int
    lines: int
    systems: int


def decide_line(
    *, actor: Actor, work: Work, letters: Mapping[str, str], expected_version: int, now: datetime | None = None
) -> Recorded:
    """Decide who is accountable, responsible, consulted and informed for a piece of work.

    Raises:
        RoleUnknown: there is no such process or duty.
        RoleRefused: a letter is unknown, or nobody has one.
        NotAMember: somebody named is no member.
        ChangedMeanwhile: somebody else decided it since.
    """
    permit(actor, "write", "roles")
    moment = now or clock.now()
    kept = check_letters(letters)
    for person in kept:
        require_member(actor.organisation_id, person)
    with first_wins(), atomic():
        before = matrix_line(actor, work)
        expect(before.version, expected_version)
        version = before.version + 1
        made = line_evidence(actor.organisation_id, work, kept, by=actor.person(), at=moment, version=version)
        entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment)
        models.MatrixLine.objects.create(
            organisation_id=actor.organisation_id,
            work_kind=work.kind,
            work_id=work.id,
            version=version,
            letters=kept,
            decided_by=actor.person_id,
            decided_at=moment,
            entry_id=entry.entry_id,
        )
    return Recorded(work.id, version, entry.entry_id)


def hand_over(*, actor: Actor, leaver: PersonId, successor: PersonId, now: datetime | None = None) -> HandedOver:
    """Give everything in this register that somebody who left still holds to a member, all of it or nothing.

    What is given counts as it always does: a role once approved and accepted, duties around a system once approved.

    Raises:
        RoleRefused: the person did not leave, or holds nothing any more.
        NotAMember: the successor is no member.
    """
    permit(actor, "write", "roles")
    moment = now or clock.now()
    require_member(actor.organisation_id, successor)
    if leaver in {member.person_id for member in members(actor)}:
        raise RoleRefused(_("This person did not leave."), _("Change what they hold on the page of each role."))
    with first_wins(), atomic():
        found = next((one for one in leavers(actor) if one.member.person_id == leaver), None)
        if found is None or not (found.roles or found.lines or found.systems):
            raise RoleRefused(_("This person holds nothing here any more."), _("Nothing more is needed."))
        for role_id, _name in found.roles:
            _pass_role(actor, role_id, leaver, successor, moment)
        for row in found.lines:
            letters: dict[str, str] = {person: said for person, said in row.line.letters.items() if person != leaver}
            letters[successor] = letters.get(successor, "") + row.line.letters[leaver]
            decide_line(actor=actor, work=row.line.work, letters=letters, expected_version=row.version, now=moment)
        for system in found.systems:
            (record,) = system_duties(actor, system.id)
            held = {duty: successor if who == leaver else who for duty, who in record.duties.held.items()}
            answers = successor if record.duties.accountable == leaver else record.duties.accountable
            decide_system_duties(actor=actor, duties=replace(record.duties, held=held, accountable=answers), now=moment)
    return HandedOver(len(found.roles), len(found.lines), len(found.systems))


def _pass_role(actor: Actor, role_id: str, leaver: PersonId, successor: PersonId, moment: datetime) -> None:
    present = role(actor, role_id).role
    given = {one.duty for one in assignments(actor, role_id) if one.holder == leaver}
    for duty in [duty for duty in present.duties if duty in given] or present.duties:
        assign_role(actor=actor, assignment=Assignment(role_id=role_id, duty=duty, holder=successor), now=moment)
    release_holder(
        actor=actor, role_id=role_id, holder=leaver, expected_version=role(actor, role_id).version, now=moment
    )
