"""Commands about threats: answer the questions about an architecture, decide on mitigations, make risks, review.

Each writes the next version of the one record per system, from the version that was seen.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Max

from clerestory.catalogue.threats.load import load_threats
from clerestory.desk.actor import Actor
from clerestory.desk.day import today_of
from clerestory.desk.people import members
from clerestory.desk.permit import permit
from clerestory.desk.version import expect, first_wins
from clerestory.registers.risk import models
from clerestory.registers.risk.commands.identify import identify_risk, system_row
from clerestory.registers.risk.commands.writing import Written, append, append_and_propose, controls
from clerestory.registers.risk.facts.threat import ModelState, threat_model_evidence, threat_review_evidence
from clerestory.registers.risk.queries.threat_words import risk_words
from clerestory.registers.risk.queries.threats import ThreatModelRecord, open_risks, threat_model, threat_page
from clerestory.registers.risk.rules.risk import Risk, check_reason
from clerestory.registers.risk.rules.threat import (
    Threat,
    ThreatRefused,
    ThreatState,
    by_id,
    check_facts,
    generate,
    in_play,
)
from clerestory.registers.risk.rules.threat_cover import Decided, check_decided
from clerestory.store import clock, directory, trace
from clerestory.store.unit import atomic
from clerestory.terms.ids import PersonId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.sentence import word

URL = "/risk/threats/"


@dataclass(frozen=True, slots=True)
class Raised:
    """The risk that a threat became."""

    risk_id: str
    version: int


def describe_architecture(
    *,
    actor: Actor,
    system_id: str,
    facts: Mapping[str, Iterable[str]],
    expected_version: int,
    now: datetime | None = None,
) -> Written:
    """Say what is known of the architecture of a system; what is left out is unknown. Version 0 begins the model.

    Raises:
        SystemUnknown: there is no such system.
        ThreatRefused: a fact or value does not exist, or values exclude each other.
        ChangedMeanwhile: somebody else changed it since.
    """
    permit(actor, "write", "risk")
    told = check_facts(load_threats(), facts)
    with first_wins(), atomic():
        record = _held(actor, system_id, expected_version)
        return _write(actor, replace(record, facts=told), now)


def decide_mitigation(
    *,
    actor: Actor,
    system_id: str,
    mitigation: str,
    said: Decided,
    expected_version: int,
    now: datetime | None = None,
) -> Written:
    """Decide whether a mitigation is in place, planned or not taken, for all threats of a system that it meets.

    Raises:
        ThreatRefused: no threat of the system asks for it, or a reason, day or control is missing or wrong.
        ChangedMeanwhile: somebody else changed the threat model since.
    """
    permit(actor, "write", "risk")
    decision = check_decided(said, controls(actor), today_of(actor, now))
    with first_wins(), atomic():
        record = _begun(actor, system_id, expected_version)
        if mitigation not in {one for threat in in_play(record.threats) for one in threat.mitigations}:
            raise ThreatRefused(
                _("No threat here asks for the mitigation {mitigation!r}.", mitigation=mitigation),
                _("Choose one of the list."),
            )
        return _write(actor, replace(record, decided={**record.decided, mitigation: decision}), now)


def set_threat_aside(
    *, actor: Actor, system_id: str, threat_id: str, reason: str, expected_version: int, now: datetime | None = None
) -> Written:
    """Say why nothing is done about a threat that applies; without a reason it is taken up again.

    Raises:
        ThreatRefused: it is unassessed or not applicable, or the reason is too short.
        ChangedMeanwhile: somebody else changed the threat model since.
    """
    permit(actor, "write", "risk")
    with first_wins(), atomic():
        record = _begun(actor, system_id, expected_version)
        threat = by_id(record.threats, threat_id)
        aside = {one: why for one, why in record.set_aside.items() if one != threat_id}
        if reason.strip():
            if threat.state is not ThreatState.APPLIES:
                raise ThreatRefused(
                    _("{name} is {state}, and cannot be set aside.", name=threat.name, state=word(threat.state)),
                    _("Answer the open questions about the architecture first."),
                )
            aside[threat_id] = check_reason(reason, _("reason for setting it aside"))
        return _write(actor, replace(record, set_aside=aside), now)


def raise_threat(
    *, actor: Actor, system_id: str, threat_id: str, owner: PersonId | None = None, now: datetime | None = None
) -> Raised:
    """Make a risk of a threat, with its cause, source, consequence and system; the owner of the system owns it.

    Raises:
        ThreatRefused: it is not applicable, or has an open risk already.
        NotAMember: the owner is no member now.
    """
    permit(actor, "write", "risk")
    with first_wins(), atomic():
        record = _begun(actor, system_id, None)
        threat = by_id(record.threats, threat_id)
        if not threat.in_play:
            raise ThreatRefused(
                _("{name} is not applicable.", name=threat.name),
                _("Change the facts of the system where that is wrong."),
            )
        known = open_risks(actor, record.risks).get(threat_id)
        if known is not None:
            raise ThreatRefused(
                _("{name} is the risk {known} already.", name=threat.name, known=known),
                _("Open that risk, or close it first."),
            )
        told = _risk(actor, record, threat, owner)
        made = identify_risk(actor=actor, risk=told, now=now)
        _link(actor, record, threat, made.record_id)
        written = _write(actor, replace(record, risks={**record.risks, threat_id: made.record_id}), now)
    return Raised(made.record_id, written.version)


def review_threats(
    *, actor: Actor, system_id: str, conclusion: str, expected_version: int, now: datetime | None = None
) -> Written:
    """Record that the threats of a system were gone through; it counts once a second person approved it.

    It covers the threats that were judged: by a risk, by a decision about each mitigation, or set aside with a reason.

    Raises:
        ThreatRefused: nobody began the threat model, or nothing is judged yet.
        ChangedMeanwhile: somebody else changed the threat model since.
    """
    permit(actor, "write", "risk")
    moment = now or clock.now()
    said = check_reason(conclusion, _("conclusion"))
    with first_wins(), atomic():
        record = _begun(actor, system_id, expected_version)
        if record.data_version != load_threats().version:
            _write(actor, record, now)
        row = _rows(actor, system_id).get()
        page = threat_page(actor, system_id, moment)
        judged = [one.threat.threat_id for one in page.covered if one.threat.in_play and one.judged]
        if not judged:
            raise ThreatRefused(
                _("No threat is judged yet."), _("Decide on mitigations, or make risks of threats, first.")
            )
        rows = models.ThreatReview.objects.filter(organisation_id=actor.organisation_id, model=row)
        number = (rows.aggregate(newest=Max("number"))["newest"] or 0) + 1
        made = threat_review_evidence(
            system_id, judged, page.unknown, data_version=row.data_version, conclusion=said, by=actor.person(),
            at=moment, version=number,
        )  # fmt: skip
        title = f"{record.system_name}: threat review {number}"
        entry = append_and_propose(actor, made, moment, title=title, url=f"{URL}{system_id}/review/")
        models.ThreatReview.objects.create(
            organisation_id=actor.organisation_id,
            model=row,
            number=number,
            threats={threat.threat_id: str(threat.state) for threat in in_play(record.threats)},
            judged=judged,
            unknown=list(page.unknown),
            data_version=row.data_version,
            conclusion=said,
            by_person=actor.person_id,
            at=moment,
            entry_id=entry.entry_id,
        )
    return Written(system_id, number, entry.entry_id)


def _held(actor: Actor, system_id: str, expected: int | None) -> ThreatModelRecord:
    """Return the threat model as it is now, its row locked until the transaction ends."""
    _rows(actor, system_id).select_for_update().first()
    record = threat_model(actor, system_id)
    expect(record.version, expected)
    return record


def _begun(actor: Actor, system_id: str, expected: int | None) -> ThreatModelRecord:
    record = _held(actor, system_id, expected)
    if not record.begun:
        raise ThreatRefused(_("Nobody described the architecture yet."), _("Answer the questions about it first."))
    return record


def _rows(actor: Actor, system_id: str) -> Any:
    return models.ThreatModel.objects.filter(organisation_id=actor.organisation_id, system__system_id=system_id)


def _write(actor: Actor, record: ThreatModelRecord, now: datetime | None) -> Written:
    """Write the next version of a threat model with its evidence, and let others know it."""
    moment, data = now or clock.now(), load_threats()
    threats, version = generate(data, record.facts), record.version + 1
    state = ModelState(
        system_id=record.system_id,
        facts=record.facts,
        data_version=data.version,
        threats=threats,
        decided=record.decided,
        set_aside=record.set_aside,
        risks=record.risks,
    )
    entry = append(actor, threat_model_evidence(state, by=actor.person(), at=moment, version=version), moment)
    values = {
        "facts": {name: list(told) for name, told in record.facts.items()},
        "decided": {mitigation: _stored(said) for mitigation, said in record.decided.items()},
        "set_aside": dict(record.set_aside),
        "risks": dict(record.risks),
        "data_version": data.version,
        "applying": sum(threat.state is ThreatState.APPLIES for threat in threats),
        "unassessed": sum(threat.state is ThreatState.UNASSESSED for threat in threats),
        "version": version,
        "by_person": actor.person_id,
        "changed_at": moment,
        "entry_id": entry.entry_id,
    }
    if record.begun:
        _rows(actor, record.system_id).filter(version=record.version).update(**values)
    else:
        system = system_row(actor, record.system_id)
        models.ThreatModel.objects.create(organisation_id=actor.organisation_id, system=system, **values)
        trace.link(actor.organisation_id, "threat_model", record.system_id, "concerns", "ai_system", record.system_id)
    label = f"{record.system_name}: threats"
    directory.publish(actor.organisation_id, "threat_model", record.system_id, label, f"{URL}{record.system_id}/")
    return Written(record.system_id, version, entry.entry_id)


def _stored(said: Decided) -> dict[str, Any]:
    due = said.due_on.isoformat() if said.due_on else ""
    return {"measure": str(said.measure), "reason": said.reason, "due_on": due, "controls": list(said.controls)}


def _risk(actor: Actor, record: ThreatModelRecord, threat: Threat, owner: PersonId | None) -> Risk:
    known = directory.known(actor.organisation_id, "ai_system", record.system_id)
    present = {member.person_id for member in members(actor)}
    words = risk_words(threat, record.system_name)
    return Risk(
        event=words.event,
        source=words.source,
        consequence=words.consequence,
        cause=words.cause,
        owner=owner or PersonId(known.owner if known is not None and known.owner in present else actor.person_id),
        system_id=record.system_id,
    )


def _link(actor: Actor, record: ThreatModelRecord, threat: Threat, risk_id: str) -> None:
    """Let the trace say which threat of which system a risk arose from."""
    threat_id = f"{record.system_id}/{threat.threat_id}"
    url = f"{URL}{record.system_id}/{threat.threat_id}/"
    label = f"{threat.threat_id} {threat.name} ({record.system_name})"
    directory.publish(actor.organisation_id, "threat", threat_id, label, url)
    trace.link(actor.organisation_id, "risk", risk_id, "arises from", "threat", threat_id)
