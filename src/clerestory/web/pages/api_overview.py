"""What concerns several registers over the API: questions, my page, two moments compared, the search, meetings."""

from datetime import date

from ninja import Field, Router, Schema, Status

from clerestory.desk.permit import permit
from clerestory.desk.request import MemberRequest
from clerestory.registers.roles.commands import call_meeting
from clerestory.registers.roles.rules.committee import Item
from clerestory.report import questions as reports
from clerestory.report.agenda import agenda
from clerestory.report.board import HOME
from clerestory.report.difference import Change, difference
from clerestory.report.mine import mine
from clerestory.report.questions import Answer
from clerestory.report.search import search as search_everything
from clerestory.store import clock
from clerestory.terms.ids import FrameworkId
from clerestory.terms.moment import moment_text, read_at
from clerestory.web.pages.api import Coverage

router = Router()


class PastFigureOut(Schema):
    """A figure as of the end of one day."""

    on: str
    have: int
    of: int


class BesideOut(Schema):
    """A count beside the figure."""

    count: int
    label: str


class AnswerOut(Schema):
    """One of the seven questions: so many of so many, what that says, and what nobody can say yet."""

    key: str
    question: str
    known: bool = Field(description="Whether any evidence bears on it; the figure means nothing otherwise")
    have: int
    of: int
    unit: str
    sentence: str
    basis: str
    beside: list[BesideOut]
    lacking: list[str]
    trend: list[PastFigureOut]


class AnswersOut(Schema):
    """All seven, with what they were counted from."""

    at: str
    entries: int
    answers: list[AnswerOut]


class BehindOut(Schema):
    """One record that a figure was counted from."""

    kind: str
    id: str
    label: str
    holds: bool
    state: str
    detail: str


class ActionOut(Schema):
    """One thing to do."""

    topic: str
    title: str
    why: str
    url: str
    due_on: str = Field(description="Empty where no day is set")
    late: bool
    more: int = Field(description="How many others of its sort wait")


class ExpiringOut(Schema):
    """A requirement that conforms and ages on a day."""

    requirement: str
    on: str


class MineOut(Schema):
    """What waits for the member, what changed and what expires within 90 days."""

    due: int
    actions: list[ActionOut]
    since: str = Field(description="The end of the last visit to the page, empty before the second")
    new_entries: int
    expires: list[ExpiringOut]


class ChangeOut(Schema):
    """One requirement that stands otherwise; ``caused_by`` names entries, at most three of them."""

    id: str
    before: str
    after: str
    coverage_before: Coverage
    coverage_after: Coverage
    caused_by: list[str]
    by_time: bool
    missing: list[str]


class DifferenceOut(Schema):
    """What changed in a framework between two moments."""

    framework: str
    since: str
    until: str
    forecast: bool
    entries: int
    unchanged: int
    changes: list[ChangeOut]


class HitOut(Schema):
    """One thing that was found."""

    what: str = Field(description="record, requirement, person or evidence")
    kind: str
    id: str
    label: str
    detail: str
    url: str


class HitsOut(Schema):
    """What a text finds, at most twenty of each sort."""

    text: str
    hits: list[HitOut]


@router.get("/questions", response=AnswersOut, tags=["overview"], summary="The seven questions with their answers")
def questions(request: MemberRequest) -> AnswersOut:
    """Return one live figure for each question with its n, how it stood before, and what nobody can say yet."""
    found = reports.answers(request.actor, now=clock.now())
    return AnswersOut(at=moment_text(found.at), entries=found.entries, answers=[_answer(one) for one in found.answers])


@router.get("/questions/{key}", response=list[BehindOut], tags=["overview"], summary="The records behind a figure")
def behind(request: MemberRequest, key: str) -> list[BehindOut]:
    """Return every record that the figure of a question was counted from, those that need attention first."""
    _found, shown = reports.behind(request.actor, key, now=clock.now())
    return [
        BehindOut(
            kind=one.member.subject.kind,
            id=one.member.subject.id,
            label=one.label,
            holds=one.member.holds,
            state=one.member.state,
            detail=one.member.detail,
        )
        for one in shown
    ]


@router.get("/mine", response=MineOut, tags=["overview"], summary="What waits for me")
def my_page(request: MemberRequest) -> MineOut:
    """Return at most five actions, the pressing first, what came in since the last visit, and what expires."""
    page = mine(request.actor, now=clock.now())
    actions = [
        ActionOut(
            topic=one.topic,
            title=one.title,
            why=one.phrase.text if one.phrase else str(one.why),
            url=one.url,
            due_on=one.due_on.isoformat() if one.due_on else "",
            late=one.late,
            more=one.more,
        )
        for one in page.actions
    ]
    return MineOut(
        due=page.due,
        actions=actions,
        since=moment_text(page.changed.since) if page.changed.since else "",
        new_entries=page.changed.entries,
        expires=[ExpiringOut(requirement=one.row.id, on=one.on.isoformat()) for one in (*page.soon, *page.later)],
    )


@router.get("/difference", response=DifferenceOut, tags=["status"], summary="What changed between two moments")
def changed(request: MemberRequest, since: str, until: str = "", framework: str = HOME) -> DifferenceOut:
    """Return each requirement that stands otherwise, and the entries that caused it; ``until`` is now if left out."""
    now = clock.now()
    end = read_at(until) if until else now
    found = difference(request.actor, FrameworkId(framework), since=read_at(since), until=end, now=now)
    return DifferenceOut(
        framework=found.framework.id,
        since=moment_text(found.since),
        until=moment_text(found.until),
        forecast=found.forecast,
        entries=found.entries,
        unchanged=found.unchanged,
        changes=[_change(change) for change in found.changes],
    )


@router.get("/search", response=HitsOut, tags=["overview"], summary="Search everything")
def search(request: MemberRequest, q: str) -> HitsOut:
    """Return records, requirements, people and evidence in which every word of a text begins a word."""
    found = search_everything(request.actor, q, most=20)
    hits = [
        HitOut(what=hit.what, kind=hit.kind, id=hit.id, label=hit.label, detail=hit.detail, url=hit.url)
        for group in found.groups
        for hit in group.hits
    ]
    return HitsOut(text=found.text, hits=hits)


def _answer(answer: Answer) -> AnswerOut:
    return AnswerOut(
        key=answer.key,
        question=answer.question,
        known=answer.known,
        have=answer.have,
        of=answer.of,
        unit=answer.unit,
        sentence=answer.sentence,
        basis=answer.basis,
        beside=[BesideOut(count=line.count, label=line.label) for line in answer.lines],
        lacking=list(answer.lacking),
        trend=[PastFigureOut(on=point.on.isoformat(), have=point.have, of=point.of) for point in answer.points],
    )


def _change(change: Change) -> ChangeOut:
    return ChangeOut(
        id=change.id,
        before=str(change.before),
        after=str(change.after),
        coverage_before=Coverage(have=change.have_before, need=change.need_before),
        coverage_after=Coverage(have=change.have_after, need=change.need_after),
        caused_by=[line.entry_id for line in change.causes],
        by_time=change.time,
        missing=[phrase.text for phrase in change.reasons],
    )


class MeetingIn(Schema):
    """For which day a meeting is called."""

    planned_for: date


class MeetingOut(Schema):
    """The meeting that was called, by its number."""

    committee_id: str
    number: int


@router.post("/committee/{committee_id}/call", response={201: MeetingOut}, tags=["roles"], summary="Call a meeting")
def call(request: MemberRequest, committee_id: str, wanted: MeetingIn) -> Status[MeetingOut]:
    """Call a meeting of a committee with an agenda of what waits; its members are told."""
    actor, now = request.actor, clock.now()
    permit(actor, "write", "roles")
    number = call_meeting(
        actor=actor,
        committee_id=committee_id,
        planned_for=wanted.planned_for,
        agenda=[Item(one.title, one.why, one.url, one.kind, one.id) for one in agenda(actor, now=now)],
        now=now,
    )
    return Status(201, MeetingOut(committee_id=committee_id, number=number))
