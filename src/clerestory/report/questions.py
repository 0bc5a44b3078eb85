"""The seven questions: one live figure each, a sentence, how it stood before, and the records behind it.

Refuses to hold a figure: each is counted from the log when it is asked for. Knows no HTML.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings

from clerestory.desk.actor import Actor
from clerestory.desk.day import day_of, today_of
from clerestory.desk.permit import permit
from clerestory.judgement.index import FactIndex
from clerestory.judgement.population import label_of
from clerestory.report.question.answer import QUESTIONS, Line, Question, said
from clerestory.report.question.remedy import Remedy, remedy_of
from clerestory.report.question.tally import Member, Tally, members, tallies
from clerestory.report.question.trend import Then, moments, replayed
from clerestory.store import directory, log
from clerestory.store.facts import judging
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId
from clerestory.terms.sentence import gettext as _

_NOW, _BEFORE = "questions now", "questions before"


class QuestionUnknown(ClerestoryError):
    """There are seven questions, and this is none of them."""


@dataclass(frozen=True, slots=True)
class Point:
    """The figure as of the end of one day."""

    on: date
    have: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One question with its answer as of now. ``points`` run from the oldest to now."""

    key: str
    number: int
    question: str
    known: bool
    tone: str
    have: int
    of: int
    plain: bool
    falling: bool
    unit: str
    sentence: str
    basis: str
    lines: tuple[Line, ...]
    lacking: tuple[str, ...]
    url: str
    remedy: Remedy | None
    show: str
    have_word: str
    of_word: str
    points: tuple[Point, ...]

    @property
    def change(self) -> int:
        """How far the figure moved since the first point of the trend."""
        return self._figure(self.points[-1]) - self._figure(self.points[0]) if len(self.points) > 1 else 0

    def _figure(self, point: Point) -> int:
        return point.of if self.plain else point.have


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """All seven, with what they were counted from."""

    answers: tuple[Answer, ...]
    entries: int
    since: date | None
    at: datetime

    @property
    def known(self) -> int:
        """How many of the seven have evidence."""
        return sum(answer.known for answer in self.answers)


@dataclass(frozen=True, slots=True)
class Shown:
    """One record that a question looked at, as it is called and where it is shown."""

    member: Member
    label: str
    url: str


def answers(actor: Actor, *, now: datetime) -> Answers:
    """Return all seven answers as of now, in one query for what is new in the log."""
    permit(actor, "read", "board")
    with judging(actor.organisation_id) as index:
        current, first = _current(index, now)
        entries = len(index.rows)
    before = _before(actor.organisation_id, now, first)
    found = tuple(
        _answer(actor, number, question, current[question.key], before, now)
        for number, question in enumerate(QUESTIONS, start=1)
    )
    return Answers(answers=found, entries=entries, since=day_of(actor, first) if first else None, at=now)


def behind(actor: Actor, key: str, *, now: datetime) -> tuple[Answer, tuple[Shown, ...]]:
    """Return one answer with every record that it looked at, those that do not hold first.

    The records are gathered once a day, and anew when the organisation's log has grown.

    Raises:
        QuestionUnknown: there is no such question.
    """
    permit(actor, "read", "board")
    answer = next((answer for answer in answers(actor, now=now).answers if answer.key == key), None)
    if answer is None:
        known = ", ".join(question.key for question in QUESTIONS)
        raise QuestionUnknown(_("There is no question {key!r}.", key=key), _("Choose one of: {known}.", known=known))
    with judging(actor.organisation_id) as index:
        version = index.version
    asked = (key, today_of(actor, now), version)
    return answer, _shown.get(actor.organisation_id, asked, lambda: _behind(actor, key, now, falling=answer.falling))


_shown: log.Kept[tuple[Shown, ...]] = log.Kept(most=16)


def _behind(actor: Actor, key: str, now: datetime, *, falling: bool) -> tuple[Shown, ...]:
    with judging(actor.organisation_id) as index:
        found = members(index, key, now)
        labels = {m.subject: label_of(index.nodes[m.subject]) for m in found if m.subject in index.nodes}
    kinds = {member.subject.kind for member in found}
    records = {(r.kind, r.id): r for kind in kinds for r in directory.find(actor.organisation_id, kind)}
    shown = []
    for member in found:
        record = records.get((member.subject.kind, member.subject.id))
        label = record.label if record else labels.get(member.subject, str(member.subject))
        shown.append(Shown(member, label, record.url if record else ""))
    return tuple(sorted(shown, key=lambda one: (one.member.holds != falling, one.label, one.member.detail)))


def _answer(
    actor: Actor, number: int, question: Question, tally: Tally, before: tuple[Then, ...], now: datetime
) -> Answer:
    told = said(question.key, tally)
    points = [Point(then.on, then.tallies[question.key].have, then.tallies[question.key].of) for then in before]
    points.append(Point(today_of(actor, now), tally.have, tally.of))
    register = question.url.split("/")[1]
    there = register not in ("risk", "nonconformity") or register in settings.REGISTERS
    return Answer(
        key=question.key,
        number=number,
        question=str(question.text),
        known=told.known,
        tone=told.tone,
        have=tally.have,
        of=tally.of,
        plain=told.plain,
        falling=told.falling,
        unit=told.unit,
        sentence=told.sentence,
        basis=told.basis,
        lines=told.lines,
        lacking=told.lacking,
        url=question.url if there else "",
        remedy=None if told.known else remedy_of(actor, question.key, tally),
        show=str(question.show),
        have_word=str(question.have),
        of_word=str(question.of),
        points=tuple(points),
    )


def _current(index: FactIndex, now: datetime) -> tuple[Mapping[str, Tally], datetime | None]:
    """Return the tallies as of now and when the first entry came in; counted again only when either is new."""
    # house: allow organisation-day: the judge counts its days in UTC
    key = (index.version, now.date())
    kept = index.cache.get(_NOW)
    if not isinstance(kept, tuple) or kept[0] != key:
        first = min((row.fact.received_at for row in index.rows.values()), default=None)
        kept = index.cache[_NOW] = (key, tallies(index, now), first)
    found: tuple[Mapping[str, Tally], datetime | None] = kept[1:]
    return found


def _before(organisation_id: OrganisationId, now: datetime, first: datetime | None) -> tuple[Then, ...]:
    """Return the tallies of past moments; they are counted once, since what was known then does not change."""
    if first is None:
        return ()
    at = moments(now, first)
    with judging(organisation_id) as index:
        kept = index.cache.get(_BEFORE)
        if isinstance(kept, tuple) and kept[0] == at:
            found: tuple[Then, ...] = kept[1]
            return found
        facts = [row.fact for row in index.rows.values()] if at else []
    found = replayed(index, facts, at)
    index.cache[_BEFORE] = (at, found)
    return found
