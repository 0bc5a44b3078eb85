"""Writes of the controls that an organisation adds to Annex A: every version is a row, its evidence and a proposal."""

from datetime import datetime

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose
from clerestory.desk.people import require_member
from clerestory.desk.permit import permit
from clerestory.desk.version import expect, first_wins, next_number
from clerestory.judgement.own import check_proofs
from clerestory.registers.applicability import models, queries
from clerestory.registers.applicability.commands.decide import URL, Decided, append, check_behind, link_behind
from clerestory.registers.applicability.facts import own_control_evidence
from clerestory.registers.applicability.queries import FRAMEWORK
from clerestory.registers.applicability.rules import (
    APPROVER_ROLE,
    ApplicabilityRefused,
    OwnControl,
    check_own_control,
    own_id,
    own_number,
)
from clerestory.store import clock, directory
from clerestory.store.unit import atomic
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

KIND = "control"
"""Own controls are known to others as those of Annex A are, so that risks call for them alike."""


def add_own_control(*, actor: Actor, said: OwnControl, now: datetime | None = None) -> Decided:
    """Add a control with the next number; it counts once designated management approved it.

    Raises:
        ApplicabilityRefused: title, purpose or reason are missing, or a record is unknown.
        ProofUnknown: neither a rule nor a check has a name that is given.
        MemberUnknown: the owner is nobody of the organisation.
    """
    permit(actor, "write", "applicability")
    with first_wins(), atomic():
        rows = models.OwnControl.objects.filter(organisation_id=actor.organisation_id)
        number = next_number(actor.organisation_id, rows)
        return _write(actor, number, 1, said, "", now)


def change_own_control(
    *, actor: Actor, control: str, said: OwnControl, expected_version: int, now: datetime | None = None
) -> Decided:
    """Write the next version of an own control from the one that its editor saw.

    Raises:
        ControlUnknown: there is none of that number.
        ChangedMeanwhile: somebody else changed it since.
        ApplicabilityRefused: it was retired, or lacks what it must say.
    """
    permit(actor, "write", "applicability")
    with first_wins(), atomic():
        newest = queries.own_control(actor, control)[0]
        _in_force(newest)
        expect(newest.version, expected_version)
        if said == newest.control:
            raise ApplicabilityRefused(_("Nothing changed."), _("Change something, or leave the control as it is."))
        return _write(actor, own_number(control), newest.version + 1, said, "", now)


def retire_own_control(
    *, actor: Actor, control: str, reason: str, expected_version: int, now: datetime | None = None
) -> Decided:
    """Retire an own control for a reason; its history stays, and the next statement is without it.

    Raises:
        ControlUnknown: there is none of that number.
        ChangedMeanwhile: somebody else changed it since.
        ApplicabilityRefused: it was retired before, or no reason of at least ten letters is given.
    """
    permit(actor, "write", "applicability")
    why = plain(reason, _("reason"), longest=4000, lines=True)
    if len(why) < 10:
        raise ApplicabilityRefused(
            _("That is no reason."), _("Say in a sentence why the control is not wanted any more.")
        )
    with first_wins(), atomic():
        newest = queries.own_control(actor, control)[0]
        _in_force(newest)
        expect(newest.version, expected_version)
        return _write(actor, own_number(control), newest.version + 1, newest.control, why, now)


def _in_force(newest: queries.OwnRecord) -> None:
    if newest.retired:
        raise ApplicabilityRefused(
            _("{control_id} was retired.", control_id=newest.control_id),
            _("Add another control if it is wanted again."),
        )


def _write(actor: Actor, number: int, version: int, said: OwnControl, retired: str, now: datetime | None) -> Decided:
    control, moment = own_id(number), now or clock.now()
    if not retired:
        check_own_control(said)
        check_proofs(load(), FRAMEWORK, said.proved_by)
        require_member(actor.organisation_id, said.owner)
        check_behind(actor, control, said.decision(control).behind)
    made = own_control_evidence(
        control, said, actor.organisation_id, by=actor.person(), at=moment, version=version, retired=retired
    )
    entry = append(actor, made, moment)
    title = said.title.strip()
    models.OwnControl.objects.create(
        organisation_id=actor.organisation_id,
        number=number,
        version=version,
        title=title,
        purpose=said.purpose.strip(),
        owner=said.owner,
        why=said.why.strip(),
        risks=list(said.risks),
        impacts=list(said.impacts),
        obligations=list(said.obligations),
        proved_by=list(said.proved_by),
        retired=retired,
        decided_by=actor.person_id,
        decided_at=moment,
        entry_id=entry.entry_id,
    )
    link_behind(actor, control, () if retired else said.decision(control).behind)
    label, url = f"{control} {title}", f"{URL}{control}/"
    directory.publish(actor.organisation_id, KIND, control, label, url, said.owner)
    if retired:
        directory.end(actor.organisation_id, KIND, control)
    told = f"{label} is retired" if retired else label
    propose(entry, actor=actor, url=url, approver_role=APPROVER_ROLE, title=told)
    return Decided(str(control), version, entry.entry_id)
