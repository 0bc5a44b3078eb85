"""Policies: the AI policy and those below it, each in numbered versions that top management approves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from clerestory.terms.day import not_after, years_ahead
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import PersonId
from clerestory.terms.sentence import enumeration
from clerestory.terms.sentence import gettext as _
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
            _("{policy_id!r} is no id of a policy.", policy_id=policy.policy_id),
            _("Use small letters, digits and hyphens, like acceptable-use."),
        )
    plain(policy.title, _("title"), longest=200)


def check_draft(draft: Draft, elements: Sequence[str], today: date) -> None:
    """Refuse a version without text, audience or a review to come, or that claims to hold what nobody knows."""
    plain(draft.text, _("policy"), longest=100_000, lines=True)
    for what, named, known in ((_("element"), draft.elements, elements), (_("kind of system"), draft.kinds, KINDS)):
        unknown = [name for name in named if name not in known]
        if unknown:
            raise PolicyRefused(
                _("{unknown!r} is no {what}.", unknown=unknown[0], what=what),
                _("Use: {choices}.", choices=", ".join(known)),
            )
    if not draft.audiences:
        raise PolicyRefused(_("The policy is for nobody."), _("Name the audiences that it is made available to."))
    for what, named in ((_("audience"), draft.audiences), (_("other policy"), draft.related)):
        for name in named:
            plain(name, what, longest=200)
    if draft.related and draft.policy_id != MAIN:
        raise PolicyRefused(_("Only the AI policy names others that touch AI."), _("Name them there."))
    if draft.review_by <= today:
        raise PolicyRefused(
            _("The review of {review_by} is not to come.", review_by=draft.review_by), _("Choose a day in the future.")
        )
    not_after(draft.review_by, _("day of the next review"), years_ahead(today))


def check_publication(publication: Publication, audiences: Sequence[str]) -> None:
    """Refuse a publication to nobody, or to an audience that the version does not name."""
    plain(publication.how, _("way of publication"), longest=2000, lines=True)
    if not publication.reached:
        raise PolicyRefused(_("The policy reached nobody."), _("Tick the audiences that have it now."))
    unknown = [name for name in publication.reached if name not in audiences]
    if unknown:
        raise PolicyRefused(
            _("{unknown!r} is no audience of this version.", unknown=unknown[0]),
            _("Use: {choices}.", choices=", ".join(audiences)),
        )


def check_alignment(alignment: Alignment, today: date) -> None:
    """Refuse a comparison with nothing, and conflicts without words, with others, or due in the past."""
    if not alignment.compared:
        raise PolicyRefused(_("No policy was compared."), _("Tick those that you compared with the AI policy."))
    for other, conflict, due_on in alignment.conflicts:
        plain(conflict, _("conflict"), longest=2000, lines=True)
        if other not in alignment.compared:
            raise PolicyRefused(_("{other!r} was not compared.", other=other), _("Tick it, or name another policy."))
        if due_on < today:
            raise PolicyRefused(
                _("The conflict with {other} was due on {due_on}.", other=other, due_on=due_on),
                _("Choose a day that is to come."),
            )
        not_after(due_on, _("day on which the conflict is resolved"), years_ahead(today))


def check_review(review: Review, inputs: Sequence[str]) -> None:
    """Refuse a review without a recommendation or of unknown inputs."""
    plain(review.recommendation, _("recommendation"), longest=5000, lines=True)
    if not review.inputs:
        raise PolicyRefused(
            _("Nothing was looked at."), _("Tick what the review looked at: {inputs}.", inputs=enumeration(inputs))
        )
    unknown = [name for name in review.inputs if name not in inputs]
    if unknown:
        raise PolicyRefused(
            _("{unknown!r} is no input of a review.", unknown=unknown[0]),
            _("Use: {choices}.", choices=", ".join(inputs)),
        )
