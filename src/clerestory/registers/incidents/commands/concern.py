"""Concerns: received without signing in, talked about by a code, and answered by a receiver who is not involved."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.approval import taken_back, when_standing_changes
from clerestory.desk.day import day_of
from clerestory.desk.notice import notify
from clerestory.desk.permit import permit
from clerestory.desk.version import first_wins, next_number
from clerestory.registers.incidents import models
from clerestory.registers.incidents.facts import Writer
from clerestory.registers.incidents.queries import (
    AREA,
    ConcernUnknown,
    concern,
    concern_by_code,
    procedure_in_force,
)
from clerestory.registers.incidents.rules import (
    MOST_AN_HOUR,
    Concern,
    ConcernRefused,
    Outcome,
    check_concern,
    check_outcome,
    code_digest,
    new_code,
)
from clerestory.store import clock, evidence
from clerestory.store.evidence.seal import forget_words, seal_words
from clerestory.store.unit import atomic
from clerestory.terms import sentence
from clerestory.terms.evidence import Subject
from clerestory.terms.fact import Fact
from clerestory.terms.ids import EntryId, PersonId
from clerestory.terms.text import plain


@dataclass(frozen=True, slots=True)
class Received:
    """What the sender is told: the code that opens the concern again, once and never more, and when to look."""

    code: str
    due_on: date


def speak_up(*, actor: Actor, said: Concern, once: str = "", now: datetime | None = None) -> Received:
    """Receive a concern. ``actor`` is the product itself: the channel never learns who is signed in.

    A message that holds the words of a running trial is no concern; only its arrival counts. The same form sent twice,
    which its random part ``once`` tells, is received once, and both times its sender is told the same code.

    Raises:
        ConcernRefused: nobody would receive it, it lacks something, or too many came within an hour.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    check_concern(said)
    current = procedure_in_force(actor)
    if current is None:
        raise ConcernRefused(
            sentence.gettext("Nobody receives concerns here now."),
            sentence.gettext("Turn to a place outside of the organisation."),
        )
    rows = models.Concern.objects.filter(organisation_id=actor.organisation_id)
    if rows.filter(received_at__gt=moment - timedelta(hours=1)).count() >= MOST_AN_HOUR:
        raise ConcernRefused(
            sentence.gettext("Too many messages came within an hour."),
            sentence.gettext("Your words are still here: send them later."),
        )
    code, due = new_code(_told_apart(once, said)), day_of(actor, moment + timedelta(days=current.procedure.answer_days))
    with first_wins(), atomic():
        number = next_number(actor.organisation_id, rows)
        before = rows.filter(code_digest=code_digest(code)).first()
        if before is not None:
            return Received(code, before.due_on)
        trial = _trial_of(actor, said.text)
        writer = Writer(actor.organisation_id, actor.maker(), moment)
        entry = None
        if trial is None:
            made = writer.concern(said, due, number)
            entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment)
        rows.create(
            organisation_id=actor.organisation_id,
            number=number,
            topic=said.topic,
            sealed=_sealed(actor, number, _both(said), moment),
            code_digest=code_digest(code),
            trial=trial,
            received_at=moment,
            due_on=due,
            entry_id=entry.entry_id if entry else "",
        )
        _tell(actor, current.procedure.receivers, number, f"concern {number}", moment)
    return Received(code, due)


def write_again(*, actor: Actor, code: str, text: str, now: datetime | None = None) -> None:
    """Add a message of the sender, who has the code.

    Raises:
        ConcernUnknown: the code opens nothing.
    """
    permit(actor, "write", AREA)
    moment, words = now or clock.now(), plain(text, sentence.gettext("message"), longest=20_000, lines=True)
    found = concern_by_code(actor, code)
    current = procedure_in_force(actor)
    with atomic():
        row = _row(actor, found.number)
        recent = row.messages.filter(written_by="", at__gt=moment - timedelta(hours=1)).count()
        if recent >= MOST_AN_HOUR:
            raise ConcernRefused(
                sentence.gettext("Too many messages came within an hour."), sentence.gettext("Send this one later.")
            )
        sealed = _sealed(actor, found.number, words, moment)
        models.Message.objects.create(organisation_id=actor.organisation_id, concern=row, sealed=sealed, at=moment)
        if current is not None:
            key = f"concern {found.number} {row.messages.count()}"
            _tell(actor, current.procedure.receivers, found.number, key, moment)


def answer(*, actor: Actor, number: int, text: str, now: datetime | None = None) -> datetime:
    """Write to the sender, who reads it with the code; return when.

    Raises:
        NotPermitted: the member does not receive concerns.
        ConcernUnknown: there is none of that number.
    """
    permit(actor, "write", AREA)
    moment, words = now or clock.now(), plain(text, sentence.gettext("message"), longest=20_000, lines=True)
    concern(actor, number)
    with atomic():
        models.Message.objects.create(
            organisation_id=actor.organisation_id, concern=_row(actor, number),
            written_by=actor.person_id, sealed=_sealed(actor, number, words, moment), at=moment,
        )  # fmt: skip
    return moment


def decide_outcome(*, actor: Actor, number: int, outcome: Outcome, now: datetime | None = None) -> EntryId:
    """Say what came of a concern and answer its sender; who is involved leaves it to another receiver.

    Raises:
        NotPermitted: the member does not receive concerns.
        ConcernRefused: it was answered before, is the message of a trial, or the member is involved.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    check_outcome(outcome)
    with first_wins(), atomic():
        row = _row(actor, number)  # whoever answers or erases it at the same moment waits for this row
        held = concern(actor, number)
        if held.trial is not None or held.entry_id is None:
            raise ConcernRefused(
                sentence.gettext("This is the message of a trial."), sentence.gettext("Say that it came.")
            )
        if not held.is_open:
            raise ConcernRefused(
                sentence.gettext("This concern was answered before."), sentence.gettext("Write to its sender instead.")
            )
        before = models.Answer.objects.filter(organisation_id=actor.organisation_id, concern=row).count()
        writer = Writer(actor.organisation_id, actor.person(responsible=False), moment)
        made = writer.outcome(outcome, held.entry_id, number, before + 1)
        entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment)
        row.outcome, row.ended_by, row.ended_at = outcome.outcome, actor.person_id, moment
        row.save()
        models.Answer.objects.create(organisation_id=actor.organisation_id, concern=row, entry_id=entry.entry_id)
        models.Message.objects.create(
            organisation_id=actor.organisation_id, concern=row, written_by=actor.person_id,
            sealed=_sealed(actor, number, outcome.answer, moment), at=moment,
        )  # fmt: skip
    return entry.entry_id


def erase_words(*, actor: Actor, number: int, ground: str, now: datetime | None = None) -> datetime:
    """Destroy for good what was written about a concern, and its key; topic, days and outcome stay. Return when.

    Raises:
        NotPermitted: the member does not receive concerns.
        ConcernRefused: it waits for its outcome, or was erased before.
        TextUnusable: no ground is given.
    """
    permit(actor, "write", AREA)
    moment, why = now or clock.now(), plain(ground, sentence.gettext("ground"), longest=500)
    with atomic():
        row = _row(actor, number)
        if concern(actor, number).is_open:
            raise ConcernRefused(
                sentence.gettext("This concern waits for its outcome."),
                sentence.gettext("Answer it first; then its words can go."),
            )
        if row.erased_at is not None:
            raise ConcernRefused(
                sentence.gettext("What was written was erased before."), sentence.gettext("Nothing is left to erase.")
            )
        answers = models.Answer.objects.filter(organisation_id=actor.organisation_id, concern=row).order_by("pk")
        about = [row.entry_id, *answers.values_list("entry_id", flat=True)]
        writer = Writer(actor.organisation_id, actor.person(responsible=False), moment)
        made = writer.erasure(tuple(EntryId(entry_id) for entry_id in about if entry_id), why, number)
        evidence.append(made, organisation_id=actor.organisation_id, now=moment)
        forget_words(actor.organisation_id, _about(number), moment)
        row.messages.update(sealed=b"")
        row.sealed, row.erased_by, row.erased_at, row.erased_for = b"", actor.person_id, moment, why
        row.save()
    return moment


# house: allow permit-first: follows a revocation, which asked
def note_outcome(actor: Actor, fact: Fact, now: datetime) -> None:  # noqa: ARG001
    """Let a concern wait for its outcome again once the one that answered it was taken back."""
    answers = models.Answer.objects.filter(organisation_id=actor.organisation_id, entry_id=fact.entry_id)
    if fact.entry_id in taken_back(actor, (fact.entry_id,)):
        rows = models.Concern.objects.filter(organisation_id=actor.organisation_id, pk__in=answers.values("concern"))
        rows.update(outcome="", ended_by="", ended_at=None)


when_standing_changes("record.concern_outcome", note_outcome)


def _about(number: int) -> Subject:
    return Subject("concern", str(number))


def _both(said: Concern) -> str:
    return json.dumps({"text": said.text, "contact": said.contact.strip()}, ensure_ascii=False)


def _sealed(actor: Actor, number: int, words: str, now: datetime) -> bytes:
    """Seal words with the key of their concern: a copy of the database alone shows none of them."""
    return seal_words(actor.organisation_id, _about(number), words, now)


def _told_apart(once: str, said: Concern) -> str:
    """Return what other words in the same form do not share."""
    return once and f"{once}\n{said.topic}\n{said.text}\n{said.contact}"


def _trial_of(actor: Actor, text: str) -> models.Trial | None:
    running = models.Trial.objects.filter(organisation_id=actor.organisation_id, ended_at=None)
    return next((trial for trial in running if trial.word in text.lower()), None)


def _row(actor: Actor, number: int) -> models.Concern:
    rows = models.Concern.objects.select_for_update().filter(organisation_id=actor.organisation_id, number=number)
    row = rows.first()
    if row is None:
        raise ConcernUnknown(
            sentence.gettext("There is no concern {number}.", number=number),
            sentence.gettext("Choose one of the list."),
        )
    return row


def _tell(actor: Actor, receivers: tuple[PersonId, ...], number: int, key: str, moment: datetime) -> None:
    notify(
        organisation_id=actor.organisation_id,
        to=receivers,
        topic="concern",
        title=_("Somebody spoke up"),
        url=f"/incidents/concerns/{number}/",
        key=key,
        text=_("Only those who receive concerns can read it."),
        now=moment,
    )
