"""The only writes of the life cycle: each writes a row, its evidence and its proposal in one transaction."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db.models import Max

from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose, standings, when_standing_changes
from clerestory.desk.day import day_of, today_of
from clerestory.desk.permit import permit
from clerestory.desk.version import change as change_row
from clerestory.desk.version import expect, first_wins, next_number
from clerestory.registers.lifecycle import models
from clerestory.registers.lifecycle.facts import (
    DECISION,
    change_evidence,
    criteria_evidence,
    decision_evidence,
    made_evidence,
    release_evidence,
)
from clerestory.registers.lifecycle.queries.change import AREA, ChangeRecord, LifecycleUnknown, VersionUnknown, change
from clerestory.registers.lifecycle.queries.seen import unapproved_changes
from clerestory.registers.lifecycle.queries.version import valid_on
from clerestory.registers.lifecycle.rules import (
    Assessment,
    Change,
    LifecycleRefused,
    Outcome,
    Release,
    State,
    check_assessment,
    check_change,
    check_criteria,
    check_made,
    check_release,
)
from clerestory.store import clock, directory, evidence, trace
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Evidence
from clerestory.terms.fact import Fact
from clerestory.terms.ids import EntryId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.sentence import word
from clerestory.terms.text import plain

KIND = "system_change"
Make = Callable[[int], Evidence]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a command wrote: the record's id and version and its entry."""

    record_id: str
    version: int
    entry_id: EntryId


def request_change(*, actor: Actor, said: Change, now: datetime | None = None) -> Recorded:
    """Ask for a change of a system, or note one that happened; its id comes from here.

    Raises:
        LifecycleUnknown: the inventory has no such system.
        LifecycleRefused: it says nothing of what changes, its day does not fit, or the inventory shows no such change.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    check_change(said, today_of(actor, moment))
    known = _system(actor, said.system_id)
    _require_seen(actor, said, moment)
    happened = not said.planned
    with first_wins(), atomic():
        rows = models.Change.objects.filter(organisation_id=actor.organisation_id)
        number = next_number(actor.organisation_id, rows)
        change_id = f"change-{number}"
        entry = _append(actor, change_evidence(change_id, said, by=actor.person(), at=moment), moment)
        rows.create(
            organisation_id=actor.organisation_id,
            number=number,
            system=said.system_id,
            title=said.title.strip(),
            aspects=[str(aspect) for aspect in said.aspects],
            why=said.why.strip(),
            planned=said.planned,
            emergency=said.emergency,
            decide_by=said.decide_by,
            seen=list(said.seen),
            state=State.UNREVIEWED if happened else State.ASKED,
            made_on=today_of(actor, moment) if happened else None,
            made_at=moment if happened else None,
            asked_by=actor.person_id,
            asked_at=moment,
            entry_id=entry.entry_id,
        )
        label, place = f"{known.label}: {said.title.strip()}", actor.organisation_id
        directory.publish(place, KIND, change_id, label=label, url=_url(change_id), owner=actor.person_id)
        trace.link(place, KIND, change_id, "changes", "ai_system", said.system_id)
    return Recorded(change_id, 1, entry.entry_id)


def assess_change(
    *, actor: Actor, change_id: str, said: Assessment, expected_version: int, now: datetime | None = None
) -> Recorded:
    """Say what a change does and propose it; a second person approves it before it is made, or reviews it after.

    Raises:
        LifecycleRefused: the assessment is incomplete, or the change was decided.
        ChangedMeanwhile: somebody else changed it since the version that was expected.
    """
    permit(actor, "write", AREA)
    check_assessment(said)
    record = _open(actor, change_id)
    outcome = Outcome.REVIEWED if record.made_on is not None else Outcome.APPROVED
    stored = asdict(said) | {"renew": [str(name) for name in said.renew]}
    return _decide(actor, record, outcome, said, {"assessment": stored}, expected_version, now)


def refuse_change(
    *, actor: Actor, change_id: str, reason: str, expected_version: int, now: datetime | None = None
) -> Recorded:
    """Refuse a change that was not made; a second person confirms that.

    Raises:
        LifecycleRefused: it was made or decided before.
        ChangedMeanwhile: somebody else changed it since the version that was expected.
    """
    permit(actor, "write", AREA)
    why, record = plain(reason, _("reason"), longest=2000, lines=True), _open(actor, change_id)
    if record.made_on is not None:
        raise LifecycleRefused(_("The change was made."), _("Review it: say what it does and how it is taken back."))
    return _decide(actor, record, Outcome.REFUSED, why, {}, expected_version, now)


def note_made(
    *, actor: Actor, change_id: str, made_on: date, expected_version: int, now: datetime | None = None
) -> Recorded:
    """Note that a change was made: after its approval, or at once where it is an emergency to be reviewed.

    Raises:
        LifecycleRefused: it is not approved and no emergency, or was made on a day to come or before it was asked for.
        ChangedMeanwhile: somebody else changed it since the version that was expected.
    """
    permit(actor, "write", AREA)
    moment, record = now or clock.now(), change(actor, change_id)
    check_made(
        record.state,
        emergency=record.change.emergency,
        asked_on=day_of(actor, record.asked_at),
        approved_on=day_of(actor, record.approved_at) if record.approved_at else None,
        made_on=made_on,
        today=today_of(actor, moment),
    )
    before = record.state is State.APPROVED
    state = State.MADE if before else State.UNREVIEWED
    with first_wins(), atomic():
        version = _write(actor, record, expected_version, state=state, made_on=made_on, made_at=moment)
        made = made_evidence(change_id, record.change.system_id, made_on, before=before, by=actor.person(), at=moment)
        entry = _append(actor, made, moment)
    return Recorded(change_id, version, entry.entry_id)


def release(
    *, actor: Actor, said: Release, expected_version: int | None = None, now: datetime | None = None
) -> Recorded:
    """Release a version to work; a second person approves it. Without a valid impact assessment it says why.

    Whether one is valid is read from the evidence on that day; nobody types it in.

    Raises:
        LifecycleUnknown: the inventory has no such system, or no such version of it.
        LifecycleRefused: no impact assessment is valid and no reason is given.
    """
    permit(actor, "write", AREA)
    moment, known = now or clock.now(), _system(actor, said.system_id)
    _require_version(actor, said)
    assessed = valid_on(actor, said.system_id, moment).is_valid
    check_release(said, assessed=assessed)
    marked = "" if assessed else ", without a valid impact assessment"
    return _next(
        actor,
        "release",
        said.system_id,
        {
            "model_version": said.model_version,
            "assessed": assessed,
            "conditions": list(said.conditions),
            "despite": "" if assessed else said.despite.strip(),
        },
        lambda version: release_evidence(said, assessed=assessed, by=actor.person(), at=moment, version=version),
        title=f"{known.label}: release of {said.model_version}{marked}",
        url="/lifecycle/releases/",
        expected=expected_version,
        moment=moment,
    )


def set_criteria(
    *,
    actor: Actor,
    process_id: str,
    criteria: Iterable[str],
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Recorded:
    """Set the criteria by which a process runs; they count once a second person approved them.

    Raises:
        LifecycleUnknown: the organisation has no such process.
        LifecycleRefused: there is no criterion.
    """
    permit(actor, "write", AREA)
    moment, found = now or clock.now(), check_criteria(criteria)
    known = directory.known(actor.organisation_id, "process", process_id)
    if known is None:
        raise LifecycleUnknown(
            _("There is no process {process_id!r}.", process_id=process_id),
            _("Describe it among those of the organisation."),
        )
    return _next(
        actor,
        "criteria",
        process_id,
        {"criteria": list(found)},
        lambda version: criteria_evidence(process_id, found, by=actor.person(), at=moment, version=version),
        title=f"{known.label}: criteria",
        url="/lifecycle/criteria/",
        expected=expected_version,
        moment=moment,
    )


# house: allow permit-first: follows an approval or a revocation, which asked
def note_decision(actor: Actor, fact: Fact, now: datetime) -> None:
    """Keep with a change whether its newest decision counts: approved by somebody else, and not taken back."""
    row = models.Change.objects.filter(organisation_id=actor.organisation_id, decision_id=fact.entry_id).first()
    if row is None:
        return
    standing = standings(actor, (fact.entry_id,)).get(fact.entry_id)
    counts = standing is not None and standing.is_approved
    decided = {
        Outcome.APPROVED: State.MADE if row.made_on else State.APPROVED,
        Outcome.REFUSED: State.REFUSED,
        Outcome.REVIEWED: State.REVIEWED,
    }
    taken_back = standing is not None and standing.revoked_at is not None
    waiting = State.UNREVIEWED if row.made_on else State.ASKED if taken_back else State.WAITING
    state = decided[Outcome(row.outcome)] if counts else waiting
    rows = models.Change.objects.filter(organisation_id=actor.organisation_id, pk=row.pk)
    rows.update(state=state, approved_at=now if counts else None, version=row.version + 1)


when_standing_changes(DECISION, note_decision)


def _decide(
    actor: Actor,
    record: ChangeRecord,
    outcome: Outcome,
    said: Assessment | str,
    values: dict[str, object],
    expected: int,
    now: datetime | None,
) -> Recorded:
    moment, change_id = now or clock.now(), record.change_id
    with first_wins(), atomic():
        row = models.Change.objects.get(organisation_id=actor.organisation_id, number=int(change_id[7:]))
        made = decision_evidence(
            change_id, row.system, outcome, said, answers=EntryId(row.entry_id), by=actor.person(), at=moment,
            version=row.decisions + 1,
        )  # fmt: skip
        entry = _append(actor, made, moment)
        state = State.UNREVIEWED if row.made_on else State.WAITING
        version = _write(
            actor, record, expected, state=state, outcome=outcome, decision_id=entry.entry_id,
            decisions=row.decisions + 1, approved_at=None, **values,
        )  # fmt: skip
        title = f"{record.system_name}: {record.change.title} ({outcome})"
        propose(entry, actor=actor, title=title, url=_url(change_id))
    return Recorded(change_id, version, entry.entry_id)


def _next(
    actor: Actor,
    kind: str,
    about: str,
    said: dict[str, object],
    make: Make,
    *,
    title: str,
    url: str,
    expected: int | None,
    moment: datetime,
) -> Recorded:
    with first_wins(), atomic():
        rows = models.Version.objects.filter(organisation_id=actor.organisation_id, kind=kind, about=about)
        newest = rows.aggregate(newest=Max("version"))["newest"] or 0
        expect(newest, expected)
        entry = _append(actor, make(newest + 1), moment)
        rows.create(
            organisation_id=actor.organisation_id,
            kind=kind,
            about=about,
            version=newest + 1,
            said=said,
            made_by=actor.person_id,
            made_at=moment,
            entry_id=entry.entry_id,
        )
        propose(entry, actor=actor, title=title, url=url)
    return Recorded(about, newest + 1, entry.entry_id)


def _open(actor: Actor, change_id: str) -> ChangeRecord:
    record = change(actor, change_id)
    if record.state in (State.APPROVED, State.REFUSED, State.MADE, State.REVIEWED):
        raise LifecycleRefused(
            _("The change is decided: {state}.", state=word(record.state)), _("Ask for another change.")
        )
    return record


def _write(actor: Actor, record: ChangeRecord, expected: int, **values: object) -> int:
    rows = models.Change.objects.filter(organisation_id=actor.organisation_id, number=int(record.change_id[7:]))
    return change_row(rows, expected=expected, **values)


def _system(actor: Actor, system_id: str) -> directory.Record:
    known = directory.known(actor.organisation_id, "ai_system", system_id)
    if known is None:
        raise LifecycleUnknown(
            _("There is no AI system {system_id!r}.", system_id=system_id), _("Register it in the inventory.")
        )
    return known


def _require_seen(actor: Actor, said: Change, moment: datetime) -> None:
    """Refuse to review what the inventory does not show of that system, or shows as covered."""
    if not said.seen:
        return
    shown = {one.seen.entry_id for one in unapproved_changes(actor, moment, said.system_id)}
    if said.planned or not shown.issuperset(said.seen):
        raise LifecycleRefused(
            _(
                "The inventory shows no change of {system_id} by such an entry that nobody asked for.",
                system_id=said.system_id,
            ),
            _("Choose one of the list of unapproved changes."),
        )


def _require_version(actor: Actor, said: Release) -> None:
    """Refuse a version that the inventory does not hold, or holds as one of another system."""
    of_system = directory.leading_to(actor.organisation_id, "model_version", "part of", ("ai_system", said.system_id))
    if said.model_version not in {record.id for record in of_system}:
        raise VersionUnknown(
            _(
                "{system_id} has no version {model_version!r}.",
                system_id=said.system_id,
                model_version=said.model_version[:80],
            ),
            _("Register it in the inventory first, or name one that stands there."),
        )


def _append(actor: Actor, made: Evidence, moment: datetime) -> evidence.Entry:
    return evidence.append(made, organisation_id=actor.organisation_id, now=moment)


def _url(change_id: str) -> str:
    return f"/lifecycle/change/{change_id}/"
