"""Reads of concerns. What somebody wrote is shown to the receivers of the procedure in force and to nobody else."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing, standings
from clerestory.desk.day import day_of
from clerestory.desk.duty import Duty
from clerestory.desk.lists import Column
from clerestory.desk.permit import NotPermitted, permit
from clerestory.desk.standing import newest_in_force
from clerestory.registers.incidents import models
from clerestory.registers.incidents.rules import Procedure, code_digest
from clerestory.store.evidence.seal import read_words
from clerestory.store.log import Kept
from clerestory.terms import sentence
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import EntryId, OrganisationId, PersonId

AREA = "incidents"
_receivers: Kept[frozenset[PersonId]] = Kept()


class ConcernUnknown(ClerestoryError):
    """There is no such concern, address or code."""


@dataclass(frozen=True, slots=True)
class ProcedureRecord:
    """One version of the procedure and where it stands."""

    procedure: Procedure
    version: int
    proposed_by: PersonId
    proposed_at: datetime
    entry_id: EntryId
    standing: Standing | None


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """One message about a concern; ``by`` is None where its sender wrote it."""

    text: str
    at: datetime
    by: PersonId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcernRecord:
    """A concern with its messages, and what came of it."""

    number: int
    topic: str
    text: str
    contact: str
    received_at: datetime
    due_on: date
    entry_id: EntryId | None
    trial: int | None
    messages: tuple[MessageRecord, ...] = ()
    outcome: str = ""
    ended_by: PersonId | None = None
    ended_at: datetime | None = None
    erased_at: datetime | None = None
    erased_for: str = ""
    is_readable: bool = True
    """False where the words were erased, and where the key that opens them is not on this server."""

    @property
    def is_open(self) -> bool:
        """Whether it still waits for its outcome."""
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """A trial of the channel; ``reached`` is None while nobody said."""

    number: int
    word: str
    begun_by: PersonId
    begun_at: datetime
    ended_by: PersonId | None
    ended_at: datetime | None
    reached: bool | None
    entry_id: EntryId | None


@dataclass(frozen=True, slots=True)
class ConcernCounts:
    """How many concerns came, wait, are late, and were answered by their day; trials are not among them."""

    all: int
    open: int
    late: int
    in_time: int


def concern_columns(actor: Actor, today: date, names: Mapping[str, str]) -> tuple[Column, ...]:
    """Return the columns of the receivers' list."""
    permit(actor, "read", AREA)
    states = (("open", _("open")), ("late", _("late")), ("answered", _("answered")), ("trial", _("trial")))
    tones = {"open": "open", "late": "bad", "answered": "good", "trial": "old"}

    def state(row: ConcernRecord) -> str:
        if row.trial is not None:
            return "trial"
        return "answered" if not row.is_open else "late" if row.due_on < today else "open"

    return (
        Column(
            name="topic", label=_("Concern"), kind="link", searched=True, value=lambda row: f"{row.number} {row.topic}",
            url=lambda row: reverse("incidents-concern", args=[row.number]),
        ),
        Column(name="state", label=_("Standing"), kind="tag", filtered=True, options=states, value=state,
               tone=lambda row: tones[state(row)]),
        Column(name="received_at", label=_("Came"), kind="moment", value=lambda row: row.received_at),
        Column(name="due_on", label=_("Due"), kind="day", value=lambda row: row.due_on),
        Column(name="ended_by", label=_("Answered by"), value=lambda row: names.get(str(row.ended_by), "")),
    )  # fmt: skip


def procedures(actor: Actor) -> tuple[ProcedureRecord, ...]:
    """Return all versions of the procedure, newest first."""
    permit(actor, "read", AREA)
    rows = list(models.Procedure.objects.filter(organisation_id=actor.organisation_id).order_by("-version"))
    stand = standings(actor, [EntryId(row.entry_id) for row in rows])
    return tuple(
        ProcedureRecord(
            Procedure(
                text=row.text,
                safeguards=tuple(row.safeguards),
                receivers=tuple(PersonId(name) for name in row.receivers),
                answer_days=row.answer_days,
                outside=row.outside,
            ),
            row.version,
            PersonId(row.proposed_by),
            row.proposed_at,
            EntryId(row.entry_id),
            stand.get(EntryId(row.entry_id)),
        )
        for row in rows
    )


def procedure_in_force(actor: Actor, among: Sequence[ProcedureRecord] | None = None) -> ProcedureRecord | None:
    """Return the newest version that was approved, ``among`` those that were read before; none once it was taken back.

    Who was no longer to receive concerns does not become a receiver again because a newer version was taken back.
    """
    permit(actor, "read", AREA)
    found = procedures(actor) if among is None else among
    return newest_in_force((one, one.standing) for one in found)


def is_receiver(actor: Actor, among: Sequence[ProcedureRecord] | None = None) -> bool:
    """Return whether the member receives concerns, signed in as themselves and not by a token."""
    permit(actor, "read", AREA)
    current = procedure_in_force(actor, among)
    return current is not None and actor.scopes is None and actor.person_id in current.procedure.receivers


def channel_address(actor: Actor) -> str | None:
    """Return the address at which people speak up; None before the first procedure."""
    permit(actor, "read", AREA)
    row = models.Channel.objects.filter(organisation_id=actor.organisation_id).first()
    return None if row is None else f"{actor.organisation_id}-{row.secret}"


def is_channel(actor: Actor, secret: str) -> bool:
    """Return whether the secret is that of the organisation's channel. Whoever has it may write; that is its use."""
    permit(actor, "read", AREA)
    return models.Channel.objects.filter(organisation_id=actor.organisation_id, secret=secret).exists()


def organisation_name(actor: Actor) -> str:
    """Return the name of the organisation whose channel it is."""
    permit(actor, "read", AREA)
    channels = models.Channel.objects.filter(organisation_id=actor.organisation_id)
    return str(channels.values_list("organisation__name", flat=True).first() or "")


def concerns(actor: Actor) -> tuple[ConcernRecord, ...]:
    """Return all concerns and messages of trials, newest first and without their words, for a receiver.

    Raises:
        NotPermitted: the member does not receive concerns.
    """
    permit(actor, "read", AREA)
    _require_receiver(actor)
    rows = models.Concern.objects.filter(organisation_id=actor.organisation_id).order_by("-number")
    return tuple(_record(row) for row in rows.select_related("trial"))


def concern(actor: Actor, number: int) -> ConcernRecord:
    """Return one concern with its messages, for a receiver.

    Raises:
        NotPermitted: the member does not receive concerns.
        ConcernUnknown: there is none of that number.
    """
    permit(actor, "read", AREA)
    _require_receiver(actor)
    rows = models.Concern.objects.filter(organisation_id=actor.organisation_id, number=number)
    row = rows.select_related("trial").first()
    if row is None:
        raise ConcernUnknown(
            sentence.gettext("There is no concern {number}.", number=number),
            sentence.gettext("Choose one of the list."),
        )
    return _with_words(_record(row), row)


def concern_by_code(actor: Actor, code: str) -> ConcernRecord:
    """Return the concern that a code opens. Whoever has the code sees it; only its sender was given one.

    Raises:
        ConcernUnknown: it opens none.
    """
    permit(actor, "read", AREA)
    rows = models.Concern.objects.filter(organisation_id=actor.organisation_id, code_digest=code_digest(code))
    row = rows.select_related("trial").first()
    if row is None:
        raise ConcernUnknown(
            sentence.gettext("This code opens nothing."),
            sentence.gettext("Look at it again: 20 letters and digits in four groups."),
        )
    return _with_words(_record(row), row)


def concern_counts(actor: Actor, today: date) -> ConcernCounts:
    """Return how many there are, for everybody: no topic and no word of them."""
    permit(actor, "read", AREA)
    rows = models.Concern.objects.filter(organisation_id=actor.organisation_id, trial=None)
    told = list(rows.values_list("due_on", "ended_at"))
    return ConcernCounts(
        all=len(told),
        open=sum(ended is None for _due, ended in told),
        late=sum(ended is None and due < today for due, ended in told),
        in_time=sum(ended is not None and day_of(actor, ended) <= due for due, ended in told),
    )


def trials(actor: Actor) -> tuple[TrialRecord, ...]:
    """Return all trials of the channel, newest first."""
    permit(actor, "read", AREA)
    rows = models.Trial.objects.filter(organisation_id=actor.organisation_id).order_by("-number")
    return tuple(
        TrialRecord(
            row.number,
            row.word,
            PersonId(row.begun_by),
            row.begun_at,
            PersonId(row.ended_by) if row.ended_by else None,
            row.ended_at,
            row.reached,
            EntryId(row.entry_id) if row.entry_id else None,
        )
        for row in rows
    )


def duties(actor: Actor, on: date) -> tuple[Duty, ...]:
    """Return the concerns that wait for this receiver, each with its day; nothing for everybody else."""
    permit(actor, "read", AREA)
    rows = models.Concern.objects.filter(organisation_id=actor.organisation_id, ended_at=None)
    waiting = list(rows.order_by("due_on", "number").values_list("number", "topic", "due_on", "trial"))
    if not waiting or actor.scopes is not None or actor.person_id not in _receivers_now(actor):
        return ()
    return tuple(
        Duty(
            topic="concern",
            title=f"{number} {topic}",
            url=f"/incidents/concerns/{number}/",
            why=_why(is_trial=trial is not None, is_late=due < on),
            due_on=due,
            told_as=f"concern {number}",
        )
        for number, topic, due, trial in waiting
    )


def _receivers_now(actor: Actor) -> frozenset[PersonId]:
    """Return who receives concerns: versions, approvals and what takes them back are all entries of the log."""

    def read() -> frozenset[PersonId]:
        current = procedure_in_force(actor)
        return frozenset() if current is None else frozenset(current.procedure.receivers)

    return _receivers.get(actor.organisation_id, (), read)


def _why(*, is_trial: bool, is_late: bool) -> Promise:
    if is_trial:
        return _("The channel is being tried: say that the message came.")
    if is_late:
        return _("Somebody spoke up, and the day of the promised answer has passed.")
    return _("Somebody spoke up and waits for an answer.")


def _require_receiver(actor: Actor) -> None:
    if not is_receiver(actor):
        raise NotPermitted(
            sentence.gettext("Concerns are read by those who receive them."),
            sentence.gettext("The procedure in force names them; ask one of them."),
        )


def _with_words(record: ConcernRecord, row: models.Concern) -> ConcernRecord:
    """Open what was written, for those who may read it; what the page shows of one concern, and never a list."""
    messages = list(row.messages.order_by("id"))
    about = Subject("concern", str(row.number))
    sealed = [bytes(row.sealed), *(bytes(one.sealed) for one in messages)]
    held, *said = read_words(OrganisationId(row.organisation_id), about, sealed)
    words = json.loads(held) if held else {"text": "", "contact": ""}
    return replace(
        record,
        text=words["text"],
        contact=words["contact"],
        is_readable=held is not None,
        messages=tuple(
            MessageRecord(text, one.at, PersonId(one.written_by) if one.written_by else None)
            for one, text in zip(messages, said, strict=True)
            if text is not None
        ),
    )


def _record(row: models.Concern) -> ConcernRecord:
    return ConcernRecord(
        number=row.number,
        topic=row.topic,
        text="",
        contact="",
        received_at=row.received_at,
        due_on=row.due_on,
        entry_id=EntryId(row.entry_id) if row.entry_id else None,
        trial=row.trial.number if row.trial else None,
        outcome=row.outcome,
        ended_by=PersonId(row.ended_by) if row.ended_by else None,
        ended_at=row.ended_at,
        erased_at=row.erased_at,
        erased_for=row.erased_for,
    )
