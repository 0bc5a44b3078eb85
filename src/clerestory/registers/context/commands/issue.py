"""Issues and their review by top management."""

from datetime import datetime

from django.db.models import QuerySet

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.registers.context import models
from clerestory.registers.context.commands.writing import Recorded, Shown, add_version, begin, end, go_on
from clerestory.registers.context.queries.issue import issue, issues, review_standing
from clerestory.registers.context.queries.party import parties
from clerestory.registers.context.queries.reading import AREA
from clerestory.registers.context.rules import ContextRefused, number_of
from clerestory.registers.context.rules.issue import ContextReview, Issue, check_issue, check_review
from clerestory.registers.context.rules.party import Decision
from clerestory.terms.sentence import gettext as _

KIND, PREFIX = "context_issue", "issue"


def note_issue(*, actor: Actor, said: Issue, now: datetime | None = None) -> Recorded:
    """Note an issue that bears on the management system; its id comes from here.

    Raises:
        ContextRefused: it is about no topic of the context.
        TextUnusable: text or bearing is empty or unusable.
    """
    permit(actor, "write", AREA)
    check_issue(said, load().coverages["context_topics"].items)
    return begin(
        actor,
        models.Issue.objects.filter(organisation_id=actor.organisation_id),
        PREFIX,
        lambda record_id: _shown(said, record_id),
        lambda record_id: lambda writer, version: writer.issue(_with_id(said, record_id), version),
        _values(said),
        now=now,
    )


def change_issue(*, actor: Actor, said: Issue, expected_version: int, now: datetime | None = None) -> Recorded:
    """Change an issue from the version that the editor saw; the review of before then no longer counts."""
    permit(actor, "write", AREA)
    check_issue(said, load().coverages["context_topics"].items)
    rows = _rows(actor, said.issue_id)
    return go_on(
        actor, rows, said.issue_id, _shown(said, said.issue_id), lambda writer, version: writer.issue(said, version),
        expected=expected_version, values=_values(said), now=now,
    )  # fmt: skip


def end_issue(
    *, actor: Actor, issue_id: str, reason: str, expected_version: int, now: datetime | None = None
) -> Recorded:
    """End an issue that bears on nothing any more."""
    permit(actor, "write", AREA)
    said = issue(actor, issue_id)
    if said.ended_at is not None:
        raise ContextRefused(_("The issue ended before."), _("Nothing more is needed."))
    return end(
        actor, _rows(actor, issue_id), issue_id, KIND,
        lambda writer, version: writer.issue(said.issue, version, ended=True),
        reason=reason, expected=expected_version, now=now,
    )  # fmt: skip


def review_context(
    *, actor: Actor, review: ContextReview, expected_version: int | None = None, now: datetime | None = None
) -> Recorded:
    """Propose that the issues as they stand now were weighed; it counts once top management approved it.

    Raises:
        ContextRefused: there is no issue, or nothing is said about climate change.
        ChangedMeanwhile: somebody else proposed a review since the version that was expected.
    """
    permit(actor, "write", AREA)
    weighed = tuple(record.issue for record in issues(actor) if record.ended_at is None)
    check_review(review, len(weighed))
    standing = review_standing(actor)
    live = (record.party for record in parties(actor) if record.ended_at is None)
    adopted = tuple(item for party in live for item in party.items(Decision.ADOPTED))
    return add_version(
        actor,
        "context_review",
        {
            "climate_relevant": review.climate_relevant,
            "climate_reason": review.climate_reason.strip(),
            "conclusion": review.conclusion.strip(),
            "issues": [[item.issue_id, item.text, item.topic] for item in weighed],
            "covers": list(standing.covered),
        },
        lambda writer, version: writer.context_review(review, weighed, standing.covered, version, adopted=adopted),
        expected=expected_version,
        title=f"Review of {len(weighed)} issues of the context",
        url="/context/review/",
        approver_role="top_management",
        now=now,
    )


def _rows(actor: Actor, issue_id: str) -> QuerySet[models.Issue]:
    return models.Issue.objects.filter(organisation_id=actor.organisation_id, number=number_of(issue_id, PREFIX))


def _with_id(said: Issue, record_id: str) -> Issue:
    return Issue(issue_id=record_id, text=said.text, topic=said.topic, effect=said.effect, bearing=said.bearing)


def _shown(said: Issue, record_id: str) -> Shown:
    return Shown(KIND, said.text, f"/context/issue/{record_id}/")


def _values(said: Issue) -> dict[str, object]:
    return {
        "text": said.text.strip(), "topic": said.topic, "effect": str(said.effect), "bearing": said.bearing.strip(),
    }  # fmt: skip
