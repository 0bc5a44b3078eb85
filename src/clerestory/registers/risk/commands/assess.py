"""Assess the risks of a system as a whole, and lay down the treatment plan."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Count, Max, Q

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.desk.version import first_wins
from clerestory.registers.risk import models
from clerestory.registers.risk.commands.identify import system_row
from clerestory.registers.risk.commands.writing import URL, Written, append_and_propose
from clerestory.registers.risk.facts.risk import AssessmentState, assessment_evidence, plan_evidence
from clerestory.registers.risk.queries.plan import plan_lines
from clerestory.registers.risk.rules.risk import (
    APPROVES_PLAN,
    RiskRefused,
    Status,
    TreatmentRefused,
    Trigger,
    check_reason,
)
from clerestory.store import clock
from clerestory.store.unit import atomic
from clerestory.terms.sentence import gettext as _
from clerestory.terms.sentence import word


def assess_system(
    *,
    actor: Actor,
    system_id: str,
    trigger: Trigger,
    summary: str,
    statements: Mapping[str, str],
    now: datetime | None = None,
) -> Written:
    """Look at the risks of a system as a whole, source by source; ``statements`` say why a source brings no risk.

    A source with neither a risk nor a statement stays visibly uncovered. It counts once a second person approved it.

    Raises:
        RiskRefused: the system or a source is unknown, or the summary is missing.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    sources = load().coverages["risk_sources"].items
    said = _statements(statements)
    if unknown := sorted(set(said) - set(sources)):
        remedy = _("Choose from: {choices}.", choices=", ".join(sources))
        raise RiskRefused(_("{unknown!r} is no source of risk.", unknown=unknown[0]), remedy)
    told = check_reason(summary, _("summary"))
    with first_wins(), atomic():
        system = system_row(actor, system_id)
        live = models.Risk.objects.filter(organisation_id=actor.organisation_id, system=system)
        live = live.exclude(status=Status.CLOSED)
        counted = live.aggregate(risks=Count("pk"), over=Count("pk", filter=Q(over=True)))
        covered = {*said, *live.order_by().values_list("source", flat=True).distinct()}
        involved = {getattr(system, "owner", ""), *live.order_by().values_list("owner", flat=True).distinct()}
        state = AssessmentState(
            system_id=system_id,
            trigger=trigger,
            covered=tuple(sorted(covered)),
            statements=said,
            summary=told,
            **counted,
        )
        earlier = models.Assessment.objects.filter(organisation_id=actor.organisation_id, system=system)
        number = (earlier.aggregate(newest=Max("number"))["newest"] or 0) + 1
        by = actor.person(responsible=actor.person_id in involved)
        made = assessment_evidence(state, by=by, at=moment, version=number)
        title = f"Risk assessment {number} of {system_id}"
        entry = append_and_propose(actor, made, moment, title=title, url=f"{URL}systems/{system_id}/")
        models.Assessment.objects.create(
            organisation_id=actor.organisation_id,
            system=system,
            number=number,
            trigger=trigger,
            risks_count=state.risks,
            over_count=state.over,
            covered=list(state.covered),
            statements=said,
            summary=told,
            by_person=actor.person_id,
            at=moment,
            entry_id=entry.entry_id,
        )
    return Written(system_id, number, entry.entry_id)


def _statements(statements: Mapping[str, str]) -> dict[str, str]:
    return {
        source: check_reason(text, _("statement on {source}", source=word(source)))
        for source, text in statements.items()
        if text.strip()
    }


def propose_plan(*, actor: Actor, note: str = "", now: datetime | None = None) -> Written:
    """Lay down who treats which risk how by when, from what was decided; designated management approves it.

    Raises:
        TreatmentRefused: nothing was decided that a plan could hold.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    lines = plan_lines(actor)
    if not lines:
        raise TreatmentRefused(_("No risk that is to be treated has a decision."), _("Decide on treatments first."))
    body = "\n".join(line.text() for line in lines)
    if note.strip():
        body = f"{check_reason(note, _('note'))}\n\n{body}"
    with first_wins(), atomic():
        rows = models.Plan.objects.filter(organisation_id=actor.organisation_id)
        version = (rows.aggregate(newest=Max("version"))["newest"] or 0) + 1
        risks = [line.risk_id for line in lines]
        tests = [test for line in lines for test in line.tests]
        made = plan_evidence(risks, tests, body, actor.organisation_id, by=actor.person(), at=moment, version=version)
        title = f"Treatment plan {version}: {len(risks)} risks"
        entry = append_and_propose(actor, made, moment, title=title, url=f"{URL}plan/", approver_role=APPROVES_PLAN)
        models.Plan.objects.create(
            organisation_id=actor.organisation_id,
            version=version,
            risks=risks,
            body=body,
            by_person=actor.person_id,
            at=moment,
            entry_id=entry.entry_id,
        )
    return Written("treatment_plan", version, entry.entry_id)
