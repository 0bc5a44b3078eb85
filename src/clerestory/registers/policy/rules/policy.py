"""Policies: the AI policy and those below it, each in numbered versions that top management approves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from clerestory.terms.day import not_after, years_ahead
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import PersonId
from clerestory.terms.text import plain

MAIN = "ai-policy"
"""The id of the AI policy itself; every other policy stands below it."""
KINDS = ("built", "used", "about people", "generative", "agents")
"""Kinds of system that rules can be about; the inventory says which of the first three the organisation has."""
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class PolicyRefused(ClerestoryError):
    """A record about a policy lacks something or contradicts itself."""


class Outcome(StrEnum):
    """What top management decided after a review."""

    KEPT = "kept"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy as a place for its versions: what it is called and who looks after it."""

    policy_id: str
    title: str
    owner: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One version of a policy: text, what it holds, for which kinds of system, for whom, and when it is reviewed."""

    policy_id: str
    text: str
    elements: tuple[str, ...]
    kinds: tuple[str, ...]
    audiences: tuple[str, ...]
    review_by: date
    related: tuple[str, ...] = ()
    """Other policies of the organisation that touch AI and stand elsewhere; the AI policy names them."""
    approvers: tuple[str, ...] = ()
    """Roles whose approval it waits for, in order; none says: as the version before, or as is usual for its kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """That one version was made available: to which audiences, and how."""

    policy_id: str
    version: int
    reached: tuple[str, ...]
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """That other policies were compared with the AI policy; each conflict with the day by which it is to be gone."""

    compared: tuple[str, ...]
    conflicts: tuple[tuple[str, str, date], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A review of the policies: what was looked at, and what is recommended."""

    inputs: tuple[str, ...]
    recommendation: str


def check_policy(policy: Policy) -> None:
    """Refuse unusable ids and empty titles."""
    if not _SLUG.fullmatch(policy.policy_id) or len(policy.policy_id) > 60:
        raise PolicyRefused(
            f"{policy.policy_id!r} is no id of a policy.", "Use small letters, digits and hyphens, like acceptable-use."
        )
    plain(policy.title, "title", longest=200)


def check_draft(draft: Draft, elements: Sequence[str], today: date) -> None:
    """Refuse a version without text, audience or a review to come, or that claims to hold what nobody knows."""
    plain(draft.text, "policy", longest=100_000, lines=True)
    for what, named, known in (("element", draft.elements, elements), ("kind of system", draft.kinds, KINDS)):
        unknown = [name for name in named if name not in known]
        if unknown:
            raise PolicyRefused(f"{unknown[0]!r} is no {what}.", f"Use: {', '.join(known)}.")
    if not draft.audiences:
        raise PolicyRefused("The policy is for nobody.", "Name the audiences that it is made available to.")
    for what, named in (("audience", draft.audiences), ("other policy", draft.related)):
        for name in named:
            plain(name, what, longest=200)
    if draft.related and draft.policy_id != MAIN:
        raise PolicyRefused("Only the AI policy names others that touch AI.", "Name them there.")
    if draft.review_by <= today:
        raise PolicyRefused(f"The review of {draft.review_by} is not to come.", "Choose a day in the future.")
    not_after(draft.review_by, "day of the next review", years_ahead(today))


def check_publication(publication: Publication, audiences: Sequence[str]) -> None:
    """Refuse a publication to nobody, or to an audience that the version does not name."""
    plain(publication.how, "way of publication", longest=2000, lines=True)
    if not publication.reached:
        raise PolicyRefused("The policy reached nobody.", "Tick the audiences that have it now.")
    unknown = [name for name in publication.reached if name not in audiences]
    if unknown:
        raise PolicyRefused(f"{unknown[0]!r} is no audience of this version.", f"Use: {', '.join(audiences)}.")


def check_alignment(alignment: Alignment, today: date) -> None:
    """Refuse a comparison with nothing, and conflicts without words, with others, or due in the past."""
    if not alignment.compared:
        raise PolicyRefused("No policy was compared.", "Tick those that you compared with the AI policy.")
    for other, conflict, due_on in alignment.conflicts:
        plain(conflict, "conflict", longest=2000, lines=True)
        if other not in alignment.compared:
            raise PolicyRefused(f"{other!r} was not compared.", "Tick it, or name another policy.")
        if due_on < today:
            raise PolicyRefused(f"The conflict with {other} was due on {due_on}.", "Choose a day that is to come.")
        not_after(due_on, "day on which the conflict is resolved", years_ahead(today))


def check_review(review: Review, inputs: Sequence[str]) -> None:
    """Refuse a review without a recommendation or of unknown inputs."""
    plain(review.recommendation, "recommendation", longest=5000, lines=True)
    if not review.inputs:
        raise PolicyRefused("Nothing was looked at.", f"Tick what the review looked at: {', '.join(inputs)}.")
    unknown = [name for name in review.inputs if name not in inputs]
    if unknown:
        raise PolicyRefused(f"{unknown[0]!r} is no input of a review.", f"Use: {', '.join(inputs)}.")
