"""The demo's context and policies: what the bank's people say in the registers, approved by second people.

One conflict between policies stays open, for who tries the demo.
"""

import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from clerestory.demo.people import PROFILE, Staff
from clerestory.registers.context.commands.issue import note_issue, review_context
from clerestory.registers.context.commands.obligation import note_obligation, review_law
from clerestory.registers.context.commands.party import note_party, review_parties, trace_needs
from clerestory.registers.context.commands.scope import place_system, propose_scope
from clerestory.registers.context.rules.issue import ContextReview, Effect, Issue
from clerestory.registers.context.rules.obligation import Obligation, Source
from clerestory.registers.context.rules.party import Decision, Need, Party
from clerestory.registers.context.rules.scope import Exclusion, Placement, Scope
from clerestory.registers.policy.commands.life import (
    Holders,
    compare_policies,
    confirm_policies,
    decide_outcome,
    publish_version,
    review_policies,
)
from clerestory.registers.policy.commands.version import begin_policy
from clerestory.registers.policy.queries import policies, related
from clerestory.registers.policy.rules.policy import MAIN, Alignment, Draft, Outcome, Policy, Publication, Review
from clerestory.registers.policy.rules.template import templates
from clerestory.registers.roles.queries import roles
from clerestory.terms.ids import PersonId

Clock = Callable[[], datetime]
Story = Mapping[str, Any]
YEAR = timedelta(days=365)


def look_around(staff: Staff, clock: Clock) -> None:
    """Note issues, parties, obligations and the scope, place every system, propose policies: nothing approved yet."""
    story = _story()
    for said in story["issue"]:
        note_issue(actor=staff.lead, said=_issue(said), now=clock())
    for said in story["obligation"]:
        note_obligation(actor=staff.lead, said=_obligation(said, staff.lead.person_id), now=clock())
    review_law(actor=staff.lead, jurisdictions=PROFILE.jurisdictions, law_as_of=clock().date(), now=clock())
    for said in story["party"]:
        note_party(actor=staff.lead, said=_party(said), now=clock())
    review_parties(actor=staff.lead, now=clock())
    trace_needs(actor=staff.lead, now=clock())
    propose_scope(actor=staff.lead, scope=_scope(story["scope"]), now=clock())
    for said in story["placement"]:
        roles_played = tuple(said["roles"])
        place_system(
            actor=staff.lead, said=Placement(**(dict(said) | {"roles": roles_played, "included": True})), now=clock()
        )
    _propose_policies(staff, story["policy"], clock)


def agree(staff: Staff, clock: Clock) -> None:
    """Weigh the context once its parts are approved, make the policies known, and compare and review them."""
    story = _story()
    review_context(actor=staff.lead, review=ContextReview(**story["review"]), now=clock())
    policy = story["policy"]
    in_force = [record for record in policies(staff.lead) if record.in_force is not None]
    for record in in_force:
        current = record.in_force
        if current is not None:
            said = Publication(
                policy_id=record.policy.policy_id,
                version=current.version,
                reached=current.draft.audiences,
                how=policy["published"],
            )
            publish_version(actor=staff.lead, said=said, now=clock())
    _confirm(staff, [record.policy.policy_id for record in in_force], clock)
    other, why, days = policy["conflict"]
    due = (clock() + timedelta(days=days)).date()
    compared = Alignment(compared=related(staff.lead), conflicts=((other, why, due),))
    compare_policies(actor=staff.lead, said=compared, now=clock())
    looked = Review(
        inputs=("law", "context", "incidents", "results", "feedback"), recommendation=policy["recommendation"]
    )
    review_policies(actor=staff.lead, said=looked, now=clock())
    decide_outcome(actor=staff.risk, outcome=Outcome.KEPT, next_review_on=(clock() + YEAR).date(), now=clock())


def _story() -> Story:
    return tomllib.loads(files("clerestory.demo").joinpath("data", "surroundings.toml").read_text(encoding="utf-8"))


def _issue(said: Story) -> Issue:
    return Issue(
        issue_id="", text=said["text"], topic=said["topic"], effect=Effect(said["effect"]), bearing=said["bearing"]
    )


def _party(said: Story) -> Party:
    return Party(party_id="", name=said["name"], needs=tuple(_need(need) for need in said["need"]))


def _need(said: Story) -> Need:
    if "declined" in said:
        return Need(text=said["text"], decision=Decision.DECLINED, reason=said["declined"])
    return Need(text=said["text"], decision=Decision.ADOPTED, answered_by=tuple(said["answered_by"]))


def _obligation(said: Story, owner: PersonId) -> Obligation:
    return Obligation(
        obligation_id="",
        title=said["title"],
        citation=said["citation"],
        source=Source(said["source"]),
        jurisdiction=said["jurisdiction"],
        valid_from=said["valid_from"],
        valid_until=None,
        owner=owner,
        what=said["what"],
        systems=tuple(said.get("systems", ())),
    )


def _scope(said: Story) -> Scope:
    parts = ("units", "places", "systems", "stages", "interfaces")
    return Scope(
        inside={part: tuple(said[part]) for part in parts},
        exclusions=tuple(Exclusion(left["what"], left["reason"]) for left in said["exclusion"]),
        none_excluded=False,
        text=said["text"],
    )


def _propose_policies(staff: Staff, said: Story, clock: Clock) -> None:
    """Begin every policy from its template, as the bank words it: unchanged but for what else touches AI."""
    for template in templates():
        draft = Draft(
            policy_id=template.policy_id,
            text=template.text,
            elements=template.elements,
            kinds=template.kinds,
            audiences=template.audiences,
            review_by=(clock() + YEAR).date(),
            related=tuple(said["related"]) if template.policy_id == MAIN else (),
        )
        policy = Policy(policy_id=template.policy_id, title=template.title, owner=staff.lead.person_id)
        begin_policy(actor=staff.lead, said=policy, draft=draft, now=clock())


def _confirm(staff: Staff, policy_ids: list[str], clock: Clock) -> None:
    """Let everybody who holds a role with AI duties confirm for themselves."""
    held = [record.role for record in roles(staff.lead) if record.role.has_ai_duties]
    for actor in (staff.lead, staff.engineer, staff.risk, staff.cards):
        mine = [Holders(role.role_id, role.holders) for role in held if actor.person_id in role.holders]
        confirm_policies(actor=actor, seen=dict.fromkeys(policy_ids, 1), roles=mine, now=clock())
