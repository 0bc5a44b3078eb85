"""Policies and their versions."""

from dataclasses import replace
from datetime import date, datetime

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose
from clerestory.desk.day import today_of
from clerestory.desk.people import require_member
from clerestory.desk.permit import permit
from clerestory.desk.version import expect, first_wins
from clerestory.registers.policy import models
from clerestory.registers.policy.commands.writing import Recorded
from clerestory.registers.policy.facts import Writer
from clerestory.registers.policy.queries import AREA, PolicyUnknown, role_holders
from clerestory.registers.policy.rules import (
    MAIN,
    TOP,
    Draft,
    Policy,
    PolicyRefused,
    asked_by_default,
    check_draft,
    check_order,
    check_policy,
)
from clerestory.store import clock, directory, evidence
from clerestory.store.unit import atomic
from clerestory.terms.sentence import gettext as _


def begin_policy(*, actor: Actor, said: Policy, draft: Draft, now: datetime | None = None) -> Recorded:
    """Begin a policy with its first version, which counts once all who are asked approved it, top management last.

    Raises:
        PolicyRefused: there is one of that id, or the version lacks something.
        NotAMember: its owner is no member.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    check_policy(said)
    draft = _asked(actor, draft, ())
    _check(draft, today_of(actor, moment))
    require_member(actor.organisation_id, said.owner)
    with first_wins(), atomic():
        if models.Policy.objects.filter(organisation_id=actor.organisation_id, policy_id=said.policy_id).exists():
            raise PolicyRefused(
                _("There is a policy {policy_id!r} already.", policy_id=said.policy_id),
                _("Propose a new version of it."),
            )
        row = models.Policy.objects.create(
            organisation_id=actor.organisation_id, policy_id=said.policy_id, title=said.title.strip(), owner=said.owner
        )
        directory.publish(
            actor.organisation_id, "policy", said.policy_id, label=said.title.strip(),
            url=f"/policy/{said.policy_id}/", owner=said.owner,
        )  # fmt: skip
        return _write(actor, row, draft, 1, moment)


def propose_version(*, actor: Actor, draft: Draft, expected_version: int, now: datetime | None = None) -> Recorded:
    """Propose the next version of a policy from the one that the editor saw.

    Raises:
        PolicyUnknown: there is no such policy.
        PolicyRefused: the version lacks something, or the policy was withdrawn.
        ChangedMeanwhile: somebody else proposed one since.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    with first_wins(), atomic():
        row = models.Policy.objects.filter(organisation_id=actor.organisation_id, policy_id=draft.policy_id).first()
        if row is None:
            raise PolicyUnknown(_("There is no policy {policy_id!r}.", policy_id=draft.policy_id), _("Begin it first."))
        if row.withdrawn_at is not None:
            raise PolicyRefused(_("The policy was withdrawn."), _("Begin another one."))
        versions = models.Version.objects.filter(organisation_id=actor.organisation_id, policy=row)
        newest = versions.order_by("-version")[0]
        draft = _asked(actor, draft, tuple(newest.approvers) or (TOP,))
        _check(draft, today_of(actor, moment))
        expect(newest.version, expected_version)
        return _write(actor, row, draft, newest.version + 1, moment)


def _check(draft: Draft, today: date) -> None:
    check_draft(draft, load().coverages["policy_elements"].items, today)
    check_order(draft.approvers, load().roles)


def _asked(actor: Actor, draft: Draft, before: tuple[str, ...]) -> Draft:
    """Return the version with whose approval it waits for where it does not say: as before, else by its kind."""
    if draft.approvers:
        return draft
    return replace(draft, approvers=before or asked_by_default(draft.policy_id, role_holders(actor)))


def _write(actor: Actor, row: models.Policy, draft: Draft, version: int, moment: datetime) -> Recorded:
    said = Policy(policy_id=row.policy_id, title=row.title, owner=actor.person_id)
    related = draft.related if row.policy_id == MAIN else (row.title,)
    made = Writer(actor.organisation_id, actor.person(), moment).policy(said, draft, version, related)
    entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment)
    models.Version.objects.create(
        organisation_id=actor.organisation_id,
        policy=row,
        version=version,
        text=draft.text.strip(),
        elements=list(draft.elements),
        kinds=list(draft.kinds),
        audiences=list(draft.audiences),
        related=list(draft.related),
        approvers=list(draft.approvers),
        review_by=draft.review_by,
        proposed_by=actor.person_id,
        proposed_at=moment,
        entry_id=entry.entry_id,
    )
    propose(
        entry,
        actor=actor,
        title=f"{row.title}, version {version}",
        url=f"/policy/{row.policy_id}/",
        approver_role=TOP,
    )
    return Recorded(row.policy_id, version, entry.entry_id)
