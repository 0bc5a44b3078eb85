"""Issues of the context (4.1): what bears on the management system, from outside or inside, climate included."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from clerestory.registers.context.rules import ContextRefused
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

CLIMATE, AI_ROLES, LAW = "climate", "AI roles", "law"
"""Topics of a review that are answered besides by issues: in the review itself, by decided roles, by obligations."""


class Effect(StrEnum):
    """Which way an issue works on what the organisation wants with AI."""

    HELPS = "helps"
    HINDERS = "hinders"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A factor that bears on the management system; ``bearing`` says how."""

    issue_id: str
    text: str
    topic: str
    effect: Effect
    bearing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextReview:
    """A decision of top management that the issues were weighed, and whether climate change is one that matters."""

    climate_relevant: bool
    climate_reason: str
    conclusion: str


def check_issue(issue: Issue, topics: Sequence[str]) -> None:
    """Refuse an issue without text or bearing, or about no topic of the context."""
    plain(issue.text, _("issue"), longest=500)
    plain(issue.bearing, _("bearing"), longest=2000, lines=True)
    if issue.topic not in topics:
        raise ContextRefused(
            _("{topic!r} is no topic of the context.", topic=issue.topic),
            _("Use one of: {choices}.", choices=", ".join(topics)),
        )


def check_review(review: ContextReview, weighed: int) -> None:
    """Refuse a review without issues, or one that does not say why climate change matters or does not."""
    if weighed == 0:
        raise ContextRefused(
            _("There is no issue to weigh."), _("Note at least one issue from outside and one from inside.")
        )
    plain(review.climate_reason, _("reason about climate change"), longest=2000, lines=True)
    plain(review.conclusion, _("conclusion"), longest=5000, lines=True)


def topics_covered(issues: Iterable[Issue], *, roles_decided: bool, has_obligations: bool) -> tuple[str, ...]:
    """Return the topics that a review of these issues speaks of; it always answers the one about climate change."""
    covered = {issue.topic for issue in issues} | {CLIMATE}
    covered |= {AI_ROLES} if roles_decided else set()
    covered |= {LAW} if has_obligations else set()
    return tuple(sorted(covered))
