"""Reads of issues and of their review."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.lists import Column
from clerestory.desk.permit import permit
from clerestory.registers.context import models
from clerestory.registers.context.queries.reading import AREA, ContextUnknown, Made, versions
from clerestory.registers.context.rules.issue import Effect, Issue, topics_covered
from clerestory.store import directory
from clerestory.terms import sentence
from clerestory.terms.ids import EntryId


@dataclass(frozen=True, slots=True)
class IssueRecord:
    """An issue as it stands: its version and entry, and since when and why it ended."""

    issue: Issue
    version: int
    entry_id: EntryId
    changed_at: datetime
    ended_at: datetime | None
    ended_reason: str


@dataclass(frozen=True, slots=True)
class ReviewStanding:
    """The reviews so far, newest first, and what one that is made now would speak of and which topics leave out."""

    reviews: tuple[Made, ...]
    weighed: int
    covered: tuple[str, ...]
    left_out: tuple[str, ...]


EFFECTS = {Effect.HELPS: _("helps"), Effect.HINDERS: _("hinders"), Effect.BOTH: _("both")}
_TONES = {Effect.HELPS: "good", Effect.HINDERS: "bad", Effect.BOTH: "open"}
TOPICS = {
    "outside": _("outside"),
    "inside": _("inside"),
    "climate": _("climate"),
    "AI roles": _("AI roles"),
    "law": _("law"),
}
ISSUE_COLUMNS = (
    Column(
        name="issue",
        label=_("Issue"),
        searched=True,
        kind="link",
        value=lambda row: row.issue.text,
        url=lambda row: reverse("context-issue", args=[row.issue.issue_id]),
        note=lambda row: row.issue.bearing,
    ),
    Column(
        name="topic",
        label=pgettext_lazy("of an issue", "Topic"),
        filtered=True,
        options=tuple(TOPICS.items()),
        value=lambda row: row.issue.topic,
    ),
    Column(
        name="effect",
        label=_("Effect"),
        kind="tag",
        filtered=True,
        options=tuple((str(name), label) for name, label in EFFECTS.items()),
        value=lambda row: str(row.issue.effect),
        tone=lambda row: _TONES[row.issue.effect],
    ),
    Column(
        name="standing",
        label=_("Standing"),
        kind="tag",
        filtered=True,
        options=(("current", _("current")), ("ended", _("ended"))),
        value=lambda row: "ended" if row.ended_at else "current",
        tone=lambda row: "old" if row.ended_at else "good",
        note=lambda row: row.ended_reason,
    ),
    Column(name="changed_at", label=_("Changed"), kind="moment", value=lambda row: row.changed_at),
)


def issues(actor: Actor) -> tuple[IssueRecord, ...]:
    """Return all issues, ended ones last, in one query."""
    permit(actor, "read", AREA)
    rows = models.Issue.objects.filter(organisation_id=actor.organisation_id).order_by("number")
    return tuple(sorted((_record(row) for row in rows), key=lambda record: record.ended_at is not None))


def issue(actor: Actor, issue_id: str) -> IssueRecord:
    """Return one issue.

    Raises:
        ContextUnknown: the organisation has none of that id.
    """
    permit(actor, "read", AREA)
    found = next((record for record in issues(actor) if record.issue.issue_id == issue_id), None)
    if found is None:
        raise ContextUnknown(
            sentence.gettext("There is no issue {issue_id!r}.", issue_id=issue_id),
            sentence.gettext("Choose one of the list."),
        )
    return found


def context_reviews(actor: Actor) -> tuple[Made, ...]:
    """Return all reviews of the issues, newest first."""
    permit(actor, "read", AREA)
    return versions(actor, "context_review")


def review_standing(actor: Actor, noted: Sequence[IssueRecord] | None = None) -> ReviewStanding:
    """Return what a review made now would cover: topics of issues, of decided AI roles and of obligations.

    ``noted``: the issues, where they were read already. Three queries besides.
    """
    permit(actor, "read", AREA)
    current = [record.issue for record in (issues(actor) if noted is None else noted) if record.ended_at is None]
    reviews = versions(actor, "context_review")
    decided = models.Version.objects.filter(organisation_id=actor.organisation_id, kind="ai_role").values("about")
    some, undecided = directory.beyond(actor.organisation_id, "ai_system", decided)
    bound = models.Obligation.objects.filter(organisation_id=actor.organisation_id, ended_at=None).exists()
    covered = topics_covered(current, roles_decided=some and not undecided, has_obligations=bound)
    topics = load().coverages["context_topics"].items
    left_out = tuple(topic for topic in topics if topic not in covered)
    return ReviewStanding(reviews, len(current), covered, left_out)


def _record(row: models.Issue) -> IssueRecord:
    said = Issue(
        issue_id=f"issue-{row.number}", text=row.text, topic=row.topic, effect=Effect(row.effect), bearing=row.bearing
    )
    return IssueRecord(said, row.version, EntryId(row.entry_id), row.changed_at, row.ended_at, row.ended_reason)
