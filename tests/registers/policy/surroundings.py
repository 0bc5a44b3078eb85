"""Policies as tests need them."""

from dataclasses import replace
from datetime import date

from clerestory.desk.actor import Actor
from clerestory.registers.policy.rules import MAIN, Draft, Policy

DRAFT = Draft(
    policy_id=MAIN,
    text="We answer for what our AI does.\nPeople keep control.",
    elements=("purpose", "frame for objectives", "requirements", "improvement"),
    kinds=("built", "about people"),
    audiences=("staff", "public"),
    review_by=date(2027, 11, 1),
    related=("Information security policy",),
)


def policy(owner: Actor, policy_id: str = MAIN) -> Policy:
    """Return a policy that the actor looks after."""
    return Policy(policy_id=policy_id, title=policy_id.replace("-", " ").capitalize(), owner=owner.person_id)


def draft(**changes: object) -> Draft:
    """Return a version of the AI policy with some changes."""
    return replace(DRAFT, **changes)  # type: ignore[arg-type]
