"""Duties around systems, and reports to management."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose
from clerestory.desk.people import require_member
from clerestory.desk.permit import permit
from clerestory.desk.version import first_wins
from clerestory.registers.roles import models
from clerestory.registers.roles.commands.record import URL, Recorded, require_systems
from clerestory.registers.roles.facts import report_evidence, system_duties_evidence
from clerestory.registers.roles.rules import RoleRefused, SystemDuties, check_system_duties, clean_texts
from clerestory.store import clock, evidence
from clerestory.store.unit import atomic
from clerestory.terms.moment import Period
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain


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

    It counts once somebody of them, top management where it is among them, signed that it reached them.

    Raises:
        RoleRefused: receivers, topics or summary are missing, or a receiver is no role of the catalogue.
    """
    permit(actor, "write", "roles")
    moment = now or clock.now()
    receivers, subjects = _reported(received_by, topics)
    told = plain(summary, _("summary"), longest=100_000, lines=True)
    with first_wins(), atomic():
        number = f"report-{secrets.token_hex(6)}"
        made = report_evidence(
            actor.organisation_id,
            receivers,
            subjects,
            told,
            by=actor.person(),
            period=period or Period.at(moment),
            number=number,
        )
        entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment)
        models.PerformanceReport.objects.create(
            organisation_id=actor.organisation_id,
            report_id=number,
            received_by=list(receivers),
            topics=list(subjects),
            summary=told,
            reported_by=actor.person_id,
            reported_at=moment,
            entry_id=entry.entry_id,
        )
        propose(
            entry,
            actor=actor,
            title=f"Report to management: {', '.join(subjects)}",
            url=f"{URL}conformity/",
            approver_role="top_management" if "top_management" in receivers else receivers[0],
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
    require_systems(actor, (duties.system_id,))
    for person in {duties.accountable, *duties.held.values()}:
        require_member(actor.organisation_id, person)
    with first_wins(), atomic():
        rows = models.SystemDuties.objects.filter(organisation_id=actor.organisation_id, system_id=duties.system_id)
        version = rows.count() + 1
        entry = evidence.append(
            system_duties_evidence(duties, by=actor.person(), at=moment, version=version),
            organisation_id=actor.organisation_id,
            now=moment,
        )
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


def _reported(received_by: Sequence[str], topics: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return receivers and topics of a report; refuse one without, and a receiver that is no role."""
    receivers, subjects = clean_texts(received_by), clean_texts(topics)
    unknown = [role for role in receivers if role not in load().roles]
    if unknown or not receivers:
        problem = (
            _("{name!r} is no role that receives reports.", name=unknown[0])
            if unknown
            else _("The report has no receiver.")
        )
        raise RoleRefused(problem, _("Use: {choices}.", choices=", ".join(sorted(load().roles))))
    if not subjects:
        raise RoleRefused(_("The report has no topics."), _("Name what was reported on."))
    for subject in subjects:
        plain(subject, _("topic"), longest=400)
    return receivers, subjects
