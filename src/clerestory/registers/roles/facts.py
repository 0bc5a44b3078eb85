"""Evidence of roles and duties. People appear by pseudonymous id; names and addresses never do."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from clerestory.registers.roles.rules import Assignment, Line, Role, SystemDuties, Work
from clerestory.registers.roles.rules.committee import Committee, Minutes
from clerestory.terms.evidence import Author, Content, Evidence, Machine, Person, Subject
from clerestory.terms.ids import OrganisationId, PersonId
from clerestory.terms.moment import Period


def membership_evidence(
    organisation_id: OrganisationId,
    member: PersonId,
    access: str,
    standing: Sequence[str],
    unit: str = "",
    *,
    by: Machine | Person,
    at: datetime,
    version: int,
    text: str = "",
) -> Evidence:
    """Return the evidence that a person was given access, or that it was changed or ended, with what else happened."""
    return Evidence(
        kind="record.membership",
        subject=Subject("organisation", organisation_id),
        produced_by=by,
        observed=Period.at(at),
        entity=f"membership/{member}",
        entity_version=version,
        values={
            "member_id": member,
            "access": access,
            "standing": tuple(standing),
            **({"unit": unit} if unit else {}),
        },
        content=Content(text.encode(), "text/plain; charset=utf-8") if text else None,
    )


def role_evidence(role: Role, *, by: Person, at: datetime, version: int) -> Evidence:
    """Return the evidence that one version of a role is; its holders are the list that acceptances are counted by."""
    return Evidence(
        kind="register.person_role",
        subject=Subject("person_role", role.role_id),
        produced_by=by,
        observed=Period.at(at),
        entity=f"person_role/{role.role_id}",
        entity_version=version,
        values={"has_ai_duties": role.has_ai_duties, "duties": role.duties, "holders": role.holders},
        lists={"role_holders": role.holders},
        links=tuple(Subject("ai_system", system_id) for system_id in role.systems),
    )


def assignment_evidence(
    assignment: Assignment, organisation_id: OrganisationId, *, by: Person, at: datetime, number: str
) -> Evidence:
    """Return the evidence that a duty was given to a holder; it counts once approved."""
    subject = (
        Subject("organisation", organisation_id)
        if assignment.role_id is None
        else Subject("person_role", assignment.role_id)
    )
    return Evidence(
        kind="decision.role_assignment",
        subject=subject,
        produced_by=by,
        observed=Period.at(at),
        entity=f"role_assignment/{number}",
        values={"duty": assignment.duty, "holder_id": assignment.holder},
    )


def acceptance_evidence(role: Role, holder: PersonId, *, by: Person, at: datetime, version: int) -> Evidence:
    """Return the evidence that a holder accepted the role with its present duties."""
    return Evidence(
        kind="record.role_acceptance",
        subject=Subject("person_role", role.role_id),
        produced_by=by,
        observed=Period.at(at),
        entity=f"role_acceptance/{role.role_id}/{holder}",
        entity_version=version,
        values={"holder_id": holder, "duties": role.duties},
        covers=(holder,),
    )


def report_evidence(
    organisation_id: OrganisationId,
    received_by: Sequence[str],
    topics: Sequence[str],
    summary: str,
    *,
    by: Person,
    period: Period,
    number: str,
) -> Evidence:
    """Return the evidence that performance was reported upwards; the summary is its content."""
    return Evidence(
        kind="record.performance_report",
        subject=Subject("organisation", organisation_id),
        produced_by=by,
        observed=period,
        entity=f"performance_report/{number}",
        values={"received_by": tuple(received_by), "topics": tuple(topics)},
        content=Content(summary.encode(), "text/plain; charset=utf-8"),
    )


def system_duties_evidence(duties: SystemDuties, *, by: Person, at: datetime, version: int) -> Evidence:
    """Return the evidence of who holds each AI duty around a system; it covers the duties that somebody holds."""
    return Evidence(
        kind="decision.system_duties",
        subject=Subject("ai_system", duties.system_id),
        produced_by=by,
        observed=Period.at(at),
        entity=f"system_duties/{duties.system_id}",
        entity_version=version,
        values={"duties_held": dict(duties.held), "accountable_id": duties.accountable},
        covers=tuple(sorted(duties.held)),
    )


def line_evidence(
    organisation_id: OrganisationId,
    work: Work,
    letters: Mapping[PersonId, str],
    *,
    by: Person,
    at: datetime,
    version: int,
) -> Evidence:
    """Return the evidence of who is accountable, responsible, consulted and informed for a piece of work."""
    line = Line(work, letters)
    return Author(Subject("organisation", organisation_id), by, at).evidence(
        "decision.responsibility_line",
        f"responsibility_line/{work.kind}/{work.id}",
        version,
        {
            "work": f"{work.kind} {work.id}",
            "accountable_ids": line.having("A"),
            "responsible_ids": line.having("R"),
            "consulted_ids": line.having("C"),
            "informed_ids": line.having("I"),
        },
    )


def committee_evidence(
    organisation_id: OrganisationId, committee: Committee, *, by: Person, at: datetime, version: int
) -> Evidence:
    """Return the evidence of one version of a committee; its charter is the content."""
    return Author(Subject("organisation", organisation_id), by, at).evidence(
        "record.committee",
        f"committee/{committee.committee_id}",
        version,
        {
            "member_ids": tuple(seat.person for seat in committee.seats),
            "functions": tuple(sorted({seat.function for seat in committee.seats})),
            "quorum": committee.quorum,
        },
        text=f"{committee.name}\n\n{committee.charter}",
    )


def minutes_evidence(
    organisation_id: OrganisationId,
    committee: Committee,
    number: int,
    minutes: Minutes,
    quorate: bool,
    *,
    by: Person,
    at: datetime,
    version: int,
) -> Evidence:
    """Return the evidence of the minutes of a meeting; what was said and decided is the content."""
    decided = "\n".join(f"{decision.place + 1}. {decision.text}" for decision in minutes.decisions)
    return Author(Subject("organisation", organisation_id), by, at).evidence(
        "record.committee_minutes",
        f"meeting/{committee.committee_id}/{number}",
        version,
        {
            "committee": committee.committee_id,
            "held_on": minutes.held_on.isoformat(),
            "present_ids": minutes.present,
            "quorate": quorate,
            "decisions": len(minutes.decisions),
        },
        text=f"{minutes.text}\n\n{decided}".strip(),
    )


def recognition_evidence(
    organisation_id: OrganisationId,
    number: int,
    *,
    what: str,
    person: PersonId | None,
    by: Person,
    at: datetime,
    version: int,
) -> Evidence:
    """Return the evidence that somebody was thanked; it says whom only where they chose to be named."""
    return Author(Subject("organisation", organisation_id), by, at).evidence(
        "record.recognition",
        f"recognition/{number}",
        version,
        {"named": person is not None, **({"person_id": person} if person else {})},
        text=what,
    )
