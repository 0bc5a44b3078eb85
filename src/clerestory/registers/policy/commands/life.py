"""What happens to policies in force: publication, confirmation, comparison with others, review and its outcome."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import Max

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.day import today_of
from clerestory.desk.permit import NotPermitted, permit
from clerestory.desk.version import expect, first_wins
from clerestory.registers.policy import models
from clerestory.registers.policy.commands.writing import Recorded, act
from clerestory.registers.policy.facts import Writer, named
from clerestory.registers.policy.queries import (
    AREA,
    PolicyRecord,
    PolicyUnknown,
    VersionRecord,
    acts,
    confirmations,
    policies,
    related,
)
from clerestory.registers.policy.rules import (
    Alignment,
    Outcome,
    PolicyRefused,
    Publication,
    Review,
    check_alignment,
    check_publication,
    check_review,
)
from clerestory.store import clock, evidence
from clerestory.store.unit import atomic, wait_turn
from clerestory.terms.day import not_after, years_ahead
from clerestory.terms.ids import EntryId, PersonId
from clerestory.terms.sentence import gettext as _

MEMBERS = "members"
"""The role in whose name all members confirm; further roles are given by who knows them."""


@dataclass(frozen=True, slots=True)
class Holders:
    """A role and who holds it, as the register of roles says."""

    role_id: str
    holders: tuple[PersonId, ...]


def publish_version(*, actor: Actor, said: Publication, now: datetime | None = None) -> Recorded:
    """Record that the version in force was made available to audiences.

    Raises:
        PolicyRefused: that version is not in force, or an audience is not one of its.
    """
    permit(actor, "write", AREA)
    with atomic():
        wait_turn(actor.organisation_id, "publication")
        current = _current(actor, said.policy_id)
        if current is None or current.version != said.version:
            raise PolicyRefused(_("Only the version in force is published."), _("Have it approved first."))
        check_publication(said, current.draft.audiences)
        return act(
            actor,
            "publication",
            {"version": said.version, "reached": list(said.reached), "how": said.how.strip()},
            lambda writer, number: replace(writer.publication(said, number), supersedes=_published(actor, said)),
            about=said.policy_id,
            now=now,
        )


def confirm_policies(
    *, actor: Actor, seen: Mapping[str, int], roles: Iterable[Holders], now: datetime | None = None
) -> int:
    """Confirm that one read policies in force and keeps them; return how many were not confirmed before.

    ``seen`` are by policy the versions that the member had before them: nobody confirms what they did not see.
    ``roles`` are those that the member holds with all their holders: for each it is recorded which of them have
    confirmed everything in force. Nobody confirms for another, and no machine does.

    Raises:
        NotPermitted: the actor is a machine.
        PolicyRefused: nothing is left to confirm, or a policy is not in force.
        ChangedMeanwhile: another version came into force since.
    """
    permit(actor, "read", AREA)
    if actor.scopes is not None:
        raise NotPermitted(_("A token cannot confirm a policy."), _("Sign in as the person."))
    moment = now or clock.now()
    with first_wins(), atomic():
        wait_turn(actor.organisation_id, "confirmation")  # each entry names everybody who confirmed until then
        found = policies(actor)
        open_ones = confirmations(actor, found)
        fresh = [name for name in seen if name in open_ones and actor.person_id in open_ones[name].missing]
        if not fresh:
            raise PolicyRefused(_("Nothing is left to confirm."), _("Nothing more is needed from you."))
        for policy_id in fresh:
            version = next(r.in_force for r in found if r.policy.policy_id == policy_id)
            expect(version.version if version else 0, seen[policy_id])
            models.Confirmation.objects.create(
                organisation_id=actor.organisation_id,
                version=models.Version.objects.get(
                    policy__organisation_id=actor.organisation_id,
                    policy__policy_id=policy_id,
                    version=version.version if version else 0,
                ),
                person=actor.person_id,
                confirmed_at=moment,
            )
        _record(actor, found, [Holders(MEMBERS, ()), *roles], moment)
    return len(fresh)


def compare_policies(*, actor: Actor, said: Alignment, now: datetime | None = None) -> Recorded:
    """Record that others were compared with the AI policy, and each conflict; a second person approves it.

    Raises:
        PolicyRefused: nothing was compared, a policy is unknown, or a conflict is due in the past.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    check_alignment(said, today_of(actor, moment))
    unknown = [name for name in said.compared if name not in related(actor)]
    if unknown:
        raise PolicyRefused(
            _("{unknown!r} is no policy that touches AI.", unknown=unknown[0]), _("Name it in the AI policy first.")
        )
    with atomic():
        made = act(
            actor,
            "alignment",
            {"compared": list(said.compared), "conflicts": len(said.conflicts)},
            lambda writer, number: writer.alignment(said, number),
            title=f"AI policy compared with {len(said.compared)} others",
            url="/policy/alignment/",
            now=moment,
        )
        for other, conflict, due_on in said.conflicts:
            _note_conflict(actor, other, conflict, due_on, moment)
    return made


def amend(*, actor: Actor, number: int, amended: str, now: datetime | None = None) -> Recorded:
    """Record that a policy was amended so that a conflict is gone; a second person approves it.

    Raises:
        PolicyUnknown: there is no such conflict.
        PolicyRefused: nothing says which version holds the amendment.
    """
    permit(actor, "write", AREA)
    conflict = next((one for one in acts(actor, "conflict") if one.number == number), None)
    if conflict is None:
        raise PolicyUnknown(_("There is no conflict {number}.", number=number), _("Choose one of the list."))
    if not amended.strip():
        raise PolicyRefused(_("Nothing says what was amended."), _("Name the policy and its new version."))
    return act(
        actor,
        "amendment",
        {"conflict": number, "amended": amended.strip()},
        lambda writer, made: writer.amendment(conflict.said["other"], amended.strip(), conflict.entry_id, made),
        about=str(number),
        title=f"Amended: {conflict.said['other']}",
        url="/policy/alignment/",
        now=now,
    )


def review_policies(*, actor: Actor, said: Review, now: datetime | None = None) -> Recorded:
    """Record a review of the policies; a second person approves it, and top management decides what follows."""
    permit(actor, "write", AREA)
    check_review(said, load().coverages["policy_review_inputs"].items)
    return act(
        actor,
        "review",
        {"inputs": list(said.inputs), "recommendation": said.recommendation.strip()},
        lambda writer, number: writer.review(said, number),
        title="Review of the policies",
        url="/policy/review/",
        now=now,
    )


def decide_outcome(*, actor: Actor, outcome: Outcome, next_review_on: date, now: datetime | None = None) -> Recorded:
    """Decide, as top management, what follows from the newest review.

    Raises:
        RoleNotHeld: the actor does not hold the role of top management.
        PolicyRefused: there is no review since the last decision, or the next one is not to come.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    reviews, decided = acts(actor, "review"), acts(actor, "outcome")
    if not reviews or (decided and decided[0].said["review"] == reviews[0].number):
        raise PolicyRefused(_("There is no review that waits for a decision."), _("Record a review first."))
    if next_review_on <= today_of(actor, moment):
        raise PolicyRefused(
            _("{next_review_on} is not to come.", next_review_on=next_review_on), _("Choose a day in the future.")
        )
    not_after(next_review_on, _("day of the next review"), years_ahead(today_of(actor, moment)))
    return act(
        actor,
        "outcome",
        {"review": reviews[0].number, "outcome": str(outcome), "next_review_on": next_review_on.isoformat()},
        lambda writer, number: writer.outcome(outcome, next_review_on, number),
        role="top_management",
        now=moment,
    )


def _note_conflict(actor: Actor, other: str, conflict: str, due_on: date, moment: datetime) -> Recorded:
    return act(
        actor,
        "conflict",
        {"other": other, "conflict": conflict.strip(), "due_on": due_on.isoformat()},
        lambda writer, number: writer.conflict(other, conflict.strip(), due_on, number),
        now=moment,
    )


def _record(actor: Actor, found: Sequence[PolicyRecord], roles: Iterable[Holders], moment: datetime) -> None:
    """Write for each role which of its holders have now confirmed everything in force."""
    after = confirmations(actor, found)
    lacking = {person for one in after.values() for person in one.missing}
    given = models.Confirmation.objects.filter(organisation_id=actor.organisation_id)
    everybody = tuple(sorted({*given.values_list("person", flat=True)}))
    versions = [
        named(r.policy.policy_id, r.in_force.version) for r in found if r.policy.policy_id in after and r.in_force
    ]
    for role in roles:
        asked = everybody if role.role_id == MEMBERS else role.holders
        have = tuple(person for person in asked if person not in lacking and person in everybody)
        rows = models.Act.objects.filter(organisation_id=actor.organisation_id, kind="confirmation")
        number = (rows.aggregate(newest=Max("number"))["newest"] or 0) + 1
        made = Writer(actor.organisation_id, actor.person(), moment).acknowledgement(
            role.role_id, have, versions, number
        )
        entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment)
        rows.create(
            organisation_id=actor.organisation_id,
            kind="confirmation",
            number=number,
            about=role.role_id,
            said={"holders": list(have), "versions": versions},
            by=actor.person_id,
            at=moment,
            entry_id=entry.entry_id,
        )


def _published(actor: Actor, said: Publication) -> tuple[EntryId, ...]:
    """Return the publications of other versions of the policy: they show nothing about this one."""
    made = (one for one in acts(actor, "publication") if one.about == said.policy_id)
    return tuple(one.entry_id for one in made if one.said["version"] != said.version)


def _current(actor: Actor, policy_id: str) -> VersionRecord | None:
    return next((record.in_force for record in policies(actor) if record.policy.policy_id == policy_id), None)
