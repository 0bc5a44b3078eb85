"""What follows from an assessment: people heard, the decision to proceed, findings carried into risks, disclosure."""

from collections.abc import Sequence
from datetime import date, datetime

from clerestory.desk.actor import Actor
from clerestory.desk.day import today_of
from clerestory.desk.people import require_member
from clerestory.desk.permit import permit
from clerestory.desk.version import ChangedMeanwhile
from clerestory.registers.impact.commands.assessment import KIND, url_of
from clerestory.registers.impact.commands.writing import Asking, Recorded, add_version, turn
from clerestory.registers.impact.queries.assessment import Assessed, assessed, assessment_of
from clerestory.registers.impact.queries.known import known_risks
from clerestory.registers.impact.queries.reading import AREA, ImpactUnknown, Made
from clerestory.registers.impact.rules import ImpactRefused
from clerestory.registers.impact.rules.outcome import (
    Carried,
    Condition,
    Consultation,
    Disclosure,
    Proceeding,
    check_carried,
    check_consultation,
    check_disclosure,
    check_proceeding,
)
from clerestory.store import clock, trace
from clerestory.terms.ids import PersonId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

LEADS_TO = "leads to"
"""The relation of an assessment to a risk that one of its findings became."""


def hear_people(*, actor: Actor, system_id: str, said: Consultation, now: datetime | None = None) -> Recorded:
    """Record that affected people or those who speak for them were heard.

    Raises:
        ImpactRefused: it is still to come, or nothing says what they said or what was done.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    check_consultation(said, today_of(actor, moment))
    found = assessed(actor, system_id)
    kept = {
        "group": said.group.strip(), "held_on": said.held_on.isoformat(), "way": str(said.way),
        "people": said.people, "said": said.said.strip(), "done": said.done.strip(),
    }  # fmt: skip
    return add_version(
        actor, "consultation", kept, lambda writer, number: writer.consultation(said, number), about=system_id,
        owner=found.owner, now=moment,
    )  # fmt: skip


def decide(
    *,
    actor: Actor,
    system_id: str,
    said: Proceeding,
    seen: int,
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Recorded:
    """Decide whether to proceed on the version of the assessment that was ``seen``; a second person approves it.

    Raises:
        ImpactRefused: nothing was assessed, the thresholds refuse the use, or a condition lacks owner or day.
        NotAMember: the owner of a condition is no member.
        ChangedMeanwhile: the newest version of the assessment is another, or somebody else decided since.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    with turn(actor, system_id) as found:
        newest = _seen(found, seen)
        depth = found.depth_to_decide
        check_proceeding(said, depth, today_of(actor, moment))
        for condition in said.conditions:
            require_member(actor.organisation_id, condition.owner)
        kept = {
            "outcome": str(said.outcome),
            "reason": said.reason.strip(),
            "conditions": [[c.text.strip(), c.owner, c.due_on.isoformat()] for c in said.conditions],
            "assessment": newest.version,
        }
        return add_version(
            actor, "proceeding", kept,
            lambda writer, version: writer.proceeding(said, str(newest.version), version), about=system_id,
            owner=found.owner, expected=expected_version,
            asking=Asking(f"{found.label}: {said.outcome}", url_of(system_id), depth.approver_role), now=moment,
        )  # fmt: skip


def meet_condition(
    *, actor: Actor, system_id: str, decision: int, place: int, how: str, now: datetime | None = None
) -> Recorded:
    """Record how a condition of the newest decision was met; ``place`` counts from 1.

    ``decision`` is the version of the decision that was seen.

    Raises:
        ImpactUnknown: the newest decision has no such condition.
        ImpactRefused: it was met before, or nothing says how.
        ChangedMeanwhile: it was decided anew since.
    """
    permit(actor, "write", AREA)
    told = plain(how, _("how the condition was met"), longest=4000, lines=True)
    with turn(actor, system_id) as found:
        newest = next(iter(found.acts("proceeding")), None)
        if newest is not None and newest.version != decision:
            raise ChangedMeanwhile(
                _(
                    "The newest decision is version {version}, and this is about version {decision}.",
                    version=newest.version,
                    decision=decision,
                ),
                _("Look at its conditions, then send it again."),
            )
        conditions = () if newest is None else newest.said["conditions"]
        if newest is None or not 1 <= place <= len(conditions):
            raise ImpactUnknown(_("The decision has no condition {place}.", place=place), _("Choose one of its page."))
        if place in met_conditions(found, newest):
            raise ImpactRefused(_("The condition was met before."), _("Nothing more is needed."))
        text, owner, due_on = conditions[place - 1]
        condition = Condition(text=text, owner=PersonId(owner), due_on=date.fromisoformat(due_on))
        return add_version(
            actor, "condition", {"decision": decision, "place": place, "how": told},
            lambda writer, _number: writer.condition_met(condition, place, decision, told), about=system_id,
            owner=found.owner, now=now,
        )  # fmt: skip


# house: allow permit-first: looks at what was read with permission
def met_conditions(found: Assessed, decision: Made) -> dict[int, Made]:
    """Return by place the conditions of a decision that were met."""
    return {made.said["place"]: made for made in found.acts("condition") if made.said["decision"] == decision.version}


def trace_findings(
    *,
    actor: Actor,
    system_id: str,
    rows: Sequence[Carried],
    seen: int,
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Recorded:
    """Record into which risks each finding of the version that was ``seen`` was carried, or why into none.

    Raises:
        ImpactRefused: a finding or risk is unknown, or a finding became neither a risk nor a reason.
        ChangedMeanwhile: the newest version of the assessment is another, or somebody else carried them on since.
    """
    permit(actor, "write", AREA)
    with turn(actor, system_id) as found:
        newest = _seen(found, seen)
        said = assessment_of(newest.said, system_id)
        findings = said.findings(found.in_force.method_of(newest.said["method_version"]))
        check_carried(rows, findings, known_risks(actor, {risk for row in rows for risk in row.risks}))
        carried = [[row.finding, list(row.risks), row.reason.strip()] for row in rows]
        kept = {"rows": carried, "assessment": newest.version}
        for link in trace.links_from(actor.organisation_id, KIND, system_id):
            if link.relation == LEADS_TO:
                trace.unlink(actor.organisation_id, KIND, system_id, LEADS_TO, link.to_kind, link.to_id)
        for risk in sorted({risk for row in rows for risk in row.risks}):
            trace.link(actor.organisation_id, KIND, system_id, LEADS_TO, "risk", risk)
        return add_version(
            actor, "trace", kept, lambda writer, version: writer.trace(rows, version), about=system_id,
            owner=found.owner, expected=expected_version, now=now,
        )  # fmt: skip


def disclose(
    *,
    actor: Actor,
    system_id: str,
    said: Disclosure,
    seen: int,
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Recorded:
    """Decide to whom the results of the version that was ``seen`` are told; a second person approves it.

    Raises:
        ChangedMeanwhile: the newest version of the assessment is another, or somebody else decided since.
    """
    permit(actor, "write", AREA)
    check_disclosure(said)
    with turn(actor, system_id) as found:
        newest = _seen(found, seen)
        kept = {
            "audiences": list(said.audiences), "justification": said.justification.strip(),
            "assessment": newest.version,
        }  # fmt: skip
        return add_version(
            actor, "disclosure", kept, lambda writer, version: writer.disclosure(said, version), about=system_id,
            owner=found.owner, expected=expected_version,
            asking=Asking(f"{found.label}: who is told the results", url_of(system_id)), now=now,
        )  # fmt: skip


def _seen(found: Assessed, version: int) -> Made:
    """Return the newest version of the assessment where it is the one that was seen."""
    newest = found.newest
    if newest is None:
        raise ImpactRefused(_("The assessment was not proposed yet."), _("Answer what is open, and propose it first."))
    if newest.version != version:
        raise ChangedMeanwhile(
            _(
                "The newest version of the assessment is {version}, and this rests on version {seen}.",
                version=newest.version,
                seen=version,
            ),
            _("Look at the newest, then send it again."),
        )
    return newest
