"""The only writes of nonconformities: each writes a row, its evidence and the proposal in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from types import MappingProxyType

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose
from clerestory.desk.day import today_of
from clerestory.desk.people import require_member
from clerestory.desk.permit import permit
from clerestory.desk.version import change, expect, first_wins, next_number
from clerestory.registers.nonconformity import models
from clerestory.registers.nonconformity.facts import (
    Answered,
    Stated,
    action_evidence,
    cause_evidence,
    correction_evidence,
    effect_evidence,
    nonconformity_evidence,
)
from clerestory.registers.nonconformity.queries import FRAMEWORK, Detail, NonconformityUnknown, nonconformity
from clerestory.registers.nonconformity.rules import (
    Action,
    Cause,
    Correction,
    Days,
    Effect,
    FoundBy,
    Grade,
    NonconformityRefused,
    Opening,
    Origin,
    Step,
    check_action,
    check_cause,
    check_correction,
    check_days,
    check_effect,
    check_independent,
    check_next,
    check_opening,
    default_days,
    similar_cases,
)
from clerestory.store import clock, directory, evidence, trace
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Evidence
from clerestory.terms.ids import EntryId, LeafHash, PersonId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

AREA = "nonconformity"
URL = "/nonconformity/"


@dataclass(frozen=True, slots=True)
class Written:
    """What a command wrote: which nonconformity, which version of it or of its step, and the entry.

    ``was_there``: one was open already; ``again``: the same result opened it before.
    """

    record_id: str
    version: int
    entry_id: EntryId
    was_there: bool = False
    again: bool = False


def open_nonconformity(
    *, actor: Actor, opening: Opening, origin: Origin | None = None, now: datetime | None = None
) -> Written:
    """Open a nonconformity. For a failed result whose check has an open one already, that one is returned.

    A check that fails again after its action was confirmed as effective opens a new one, linked to the earlier.

    Raises:
        NonconformityRefused: requirement, days or texts cannot be used.
        NotAMember: the owner is no member.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    with first_wins(), atomic():
        before = None if origin is None else _of_check(actor, origin)
        if before is not None:
            again = before.origin_entry_id == _origin_entry(origin)
            if again or nonconformity(actor, before.nonconformity_id).row.is_open:
                entry_id = EntryId(before.entry_id)
                return Written(before.nonconformity_id, before.version, entry_id, was_there=True, again=again)
        check_opening(opening, [r.id for r in load().frameworks[FRAMEWORK].requirements], today_of(actor, moment))
        _require_known(actor, opening)
        return _open(actor, opening, origin, before, moment)


def change_nonconformity(
    *,
    actor: Actor,
    nonconformity_id: str,
    grade: Grade,
    owner: PersonId,
    days: Days,
    reason: str,
    expected_version: int,
    now: datetime | None = None,
) -> Written:
    """Give an open nonconformity another grade, owner or days, with a reason that stands in the log.

    Raises:
        NonconformityRefused: a major one would become less, the days cannot be kept, or nothing changed.
        ChangedMeanwhile: somebody else changed it since.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    said = plain(reason, _("reason"), longest=2000, lines=True)
    with first_wins(), atomic():
        detail = nonconformity(actor, nonconformity_id)
        row, before = detail.row, detail.days
        check_next(row.step, row.step)
        if row.grade is Grade.MAJOR and grade is not Grade.MAJOR:
            raise NonconformityRefused(
                _("A major nonconformity is not made less of."), _("Follow its steps; its effect closes it.")
            )
        if (grade, owner, days) == (row.grade, row.owner, before):
            raise NonconformityRefused(_("Nothing was changed."), _("Change the grade, the owner or a day."))
        check_days(days, today_of(actor, moment), before=before)
        if owner != row.owner:
            require_member(actor.organisation_id, owner)
        changed = {"grade": grade.value, "owner": owner, **asdict(days)}
        if row.step in (Step.CORRECTION, Step.CAUSE):
            changed["similar"] = list(similar_cases(nonconformity_id, days))
        entry, version = _new_version(actor, detail, changed, expected_version, said, moment)
    return Written(nonconformity_id, version, entry.entry_id)


def name_owner(
    *,
    actor: Actor,
    ids: Sequence[str],
    owner: PersonId,
    expected: Mapping[str, int] = MappingProxyType({}),
    now: datetime | None = None,
) -> int:
    """Give open nonconformities to one owner, all or none; return how many changed hands. ``expected``: versions seen.

    Raises:
        StepRefused: one of them is not open any more.
        NotAMember: the owner is no member.
        ChangedMeanwhile: somebody else changed one of them since.
    """
    permit(actor, "write", AREA)
    with atomic():
        found = [nonconformity(actor, nonconformity_id) for nonconformity_id in ids]
        for detail in found:
            expect(detail.row.version, expected.get(detail.row.nonconformity_id))
        others = [detail for detail in found if detail.row.owner != owner]
        for detail in others:
            change_nonconformity(
                actor=actor,
                nonconformity_id=detail.row.nonconformity_id,
                grade=detail.row.grade,
                owner=owner,
                days=detail.days,
                reason="Given to another owner.",
                expected_version=detail.row.version,
                now=now,
            )
    return len(others)


def record_correction(
    *, actor: Actor, nonconformity_id: str, correction: Correction, now: datetime | None = None
) -> Written:
    """Record what was done at once to bring a nonconformity under control.

    Raises:
        StepRefused: it was corrected before, or is closed.
        NonconformityRefused: the day cannot be.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    with first_wins(), atomic():
        detail = nonconformity(actor, nonconformity_id)
        check_next(Step.CORRECTION, detail.row.step)
        check_correction(correction, found_on=detail.row.found_on, today=today_of(actor, moment))
        to = _answered(actor, detail, Step.CORRECTION)
        entry = _append(actor, correction_evidence(correction, to, by=actor.person(), at=moment), moment)
        said = {"action": correction.action.strip(), "done_on": correction.done_on.isoformat()}
        _take(actor, detail, Step.CORRECTION, to, said, entry, moment)
    return Written(nonconformity_id, to.version, entry.entry_id)


def analyse_cause(*, actor: Actor, nonconformity_id: str, cause: Cause, now: datetime | None = None) -> Written:
    """Propose the cause of a nonconformity and what was found where like cases were looked for.

    Raises:
        StepRefused: it was not corrected yet, or the cause was approved before.
        NonconformityRefused: cause, method or places cannot be used.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    check_cause(cause)
    with first_wins(), atomic():
        detail = nonconformity(actor, nonconformity_id)
        check_next(Step.CAUSE, detail.row.step, waits=detail.row.waits)
        to = _answered(actor, detail, Step.CAUSE)
        made = cause_evidence(cause, detail.similar, to, by=actor.person(), at=moment)
        entry = _append(actor, made, moment)
        said = {"cause": cause.cause.strip(), "method": cause.method, "similar": [list(pair) for pair in cause.similar]}
        _take(actor, detail, Step.CAUSE, to, said, entry, moment)
        _propose(actor, detail, entry, f"Cause of {nonconformity_id}: {detail.row.title}")
    return Written(nonconformity_id, to.version, entry.entry_id)


def take_action(*, actor: Actor, nonconformity_id: str, action: Action, now: datetime | None = None) -> Written:
    """Propose the corrective action that was taken, and name who looks at its effect.

    Raises:
        StepRefused: the cause was not approved yet, or the action was approved before.
        NotIndependent: who is to look at the effect answers for the action.
        NotAMember: somebody who is named is no member.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    with first_wins(), atomic():
        detail = nonconformity(actor, nonconformity_id)
        check_next(Step.ACTION, detail.row.step, waits=detail.row.waits)
        check_action(action, owner=detail.row.owner, found_on=detail.row.found_on, today=today_of(actor, moment))
        for person in (action.responsible, action.confirmer):
            require_member(actor.organisation_id, person)
        to = _answered(actor, detail, Step.ACTION)
        entry = _append(actor, action_evidence(action, to, by=actor.person(), at=moment), moment)
        said = {
            "action": action.action.strip(),
            "done_on": action.done_on.isoformat(),
            "responsible": action.responsible,
            "confirmer": action.confirmer,
            "owner": detail.row.owner,
        }
        _take(actor, detail, Step.ACTION, to, said, entry, moment)
        _propose(actor, detail, entry, f"Corrective action for {nonconformity_id}: {detail.row.title}")
    return Written(nonconformity_id, to.version, entry.entry_id)


def confirm_effect(*, actor: Actor, nonconformity_id: str, effect: Effect, now: datetime | None = None) -> Written:
    """Say whether the action worked. Not effective: the search for the cause begins again, with new days.

    Asks for a person who signed in anew and does not answer for the action. Nothing else closes a nonconformity.

    Raises:
        NotIndependent: the actor owns it, or took or answers for the action.
        StepRefused: the action was not approved yet.
        RecheckMissing: a check found it and was not passed since.
        NonconformityRefused: the risks were not looked at again.
    """
    permit(actor, "approve", AREA)
    moment = now or clock.now()
    with first_wins(), atomic():
        detail = nonconformity(actor, nonconformity_id)
        check_next(Step.EFFECT, detail.row.step, waits=detail.row.waits)
        check_independent(actor.person_id, detail.answering)
        check_effect(
            effect,
            from_check=detail.row.found_by is FoundBy.CHECK,
            since=detail.acted_on,
            results=detail.later_results,
            unreviewed=[risk.label for risk in detail.risks_waiting],
        )
        to = _answered(actor, detail, Step.EFFECT)
        made = effect_evidence(effect, to, by=actor.person(responsible=False), at=moment)
        entry = _append(actor, made, moment)
        said = {**asdict(effect), "recheck": list(effect.recheck)}
        _take(actor, detail, Step.EFFECT, to, said, entry, moment, effective=effect.effective)
        if not effect.effective:
            _begin_again(actor, detail, entry.leaf_hash, moment)
    return Written(nonconformity_id, to.version, entry.entry_id)


def note_result(*, actor: Actor, nonconformity_id: str, entry_id: EntryId) -> None:
    """Link a later result of the check to the nonconformity that it found."""
    permit(actor, "write", AREA)
    with atomic():
        trace.link(actor.organisation_id, "entry", entry_id, "re-checks", "nonconformity", nonconformity_id)


def ask_for_review(*, actor: Actor, nonconformity_id: str, risk_id: str) -> None:
    """Ask that a risk be looked at again because of a nonconformity."""
    permit(actor, "write", AREA)
    with atomic():
        done = trace.Link("nonconformity", nonconformity_id, "had reviewed", "risk", risk_id)
        if done not in trace.links_from(actor.organisation_id, "nonconformity", nonconformity_id):
            trace.link(actor.organisation_id, "nonconformity", nonconformity_id, "asks to review", "risk", risk_id)


def note_review(*, actor: Actor, nonconformity_id: str, risk_id: str) -> None:
    """Note that a risk was looked at again after a nonconformity asked for it."""
    permit(actor, "write", AREA)
    with atomic():
        trace.unlink(actor.organisation_id, "nonconformity", nonconformity_id, "asks to review", "risk", risk_id)
        trace.link(actor.organisation_id, "nonconformity", nonconformity_id, "had reviewed", "risk", risk_id)


def _open(
    actor: Actor, opening: Opening, origin: Origin | None, before: models.Nonconformity | None, now: datetime
) -> Written:
    rows = models.Nonconformity.objects.filter(organisation_id=actor.organisation_id)
    number = next_number(actor.organisation_id, rows)
    nonconformity_id = f"NC-{number}"
    similar = similar_cases(nonconformity_id, opening.days)
    stated = Stated(
        nonconformity_id=nonconformity_id,
        version=1,
        grade=opening.grade,
        requirement=opening.requirement,
        found_by=opening.found_by,
        owner=opening.owner,
        days=opening.days,
        similar=similar,
        system_id=opening.system_id,
        words=f"{opening.title.strip()}\n\n{opening.statement.strip()}",
        caused_by=() if origin is None else (origin.leaf_hash,),
    )
    entry = _append(actor, nonconformity_evidence(stated, actor.organisation_id, by=actor.maker(), at=now), now)
    models.Nonconformity.objects.create(
        organisation_id=actor.organisation_id,
        nonconformity_id=nonconformity_id,
        number=number,
        title=opening.title.strip(),
        statement=opening.statement.strip(),
        requirement=opening.requirement,
        bears_on=list(opening.bears_on),
        grade=opening.grade.value,
        found_by=opening.found_by.value,
        found_on=opening.found_on,
        system_id=opening.system_id,
        owner=opening.owner,
        similar=list(similar),
        check_key="" if origin is None else origin.key,
        occurrence=1 if before is None else before.occurrence + 1,
        origin_entry_id=_origin_entry(origin),
        earlier_id="" if before is None else before.nonconformity_id,
        opened_by=actor.person_id,
        opened_at=now,
        entry_id=entry.entry_id,
        **asdict(opening.days),
    )
    _publish(actor, nonconformity_id, opening.title.strip(), opening.owner)
    _link(actor, nonconformity_id, opening, origin, before)
    return Written(nonconformity_id, 1, entry.entry_id)


def _link(
    actor: Actor,
    nonconformity_id: str,
    opening: Opening,
    origin: Origin | None,
    before: models.Nonconformity | None,
) -> None:
    controls = [item for item in (opening.requirement, *opening.bears_on) if item.startswith("A.")]
    ends = [("is about", "control", control) for control in controls]
    if opening.system_id:
        ends.append(("concerns", "ai_system", opening.system_id))
    if origin is not None:
        ends.append(("opened by", "entry", origin.entry_id))
    if before is not None:
        ends.append(("came back after", "nonconformity", before.nonconformity_id))
    for relation, kind, record_id in dict.fromkeys(ends):
        trace.link(actor.organisation_id, "nonconformity", nonconformity_id, relation, kind, record_id)


def _new_version(
    actor: Actor,
    detail: Detail,
    changed: dict[str, object],
    expected: int,
    reason: str,
    now: datetime,
    caused_by: Sequence[LeafHash] = (),
) -> tuple[evidence.Entry, int]:
    rows = models.Nonconformity.objects.filter(
        organisation_id=actor.organisation_id, nonconformity_id=detail.row.nonconformity_id
    )
    version = change(rows, expected=expected, **changed)
    row = rows.get()
    stated = Stated(
        nonconformity_id=row.nonconformity_id,
        version=version,
        grade=Grade(row.grade),
        requirement=row.requirement,
        found_by=FoundBy(row.found_by),
        owner=row.owner,
        days=Days(correct_by=row.correct_by, cause_by=row.cause_by, act_by=row.act_by, confirm_by=row.confirm_by),
        similar=tuple(row.similar),
        system_id=row.system_id,
        words=f"{row.title}\n\n{row.statement}\n\n{reason}",
        caused_by=tuple(caused_by),
    )
    entry = _append(actor, nonconformity_evidence(stated, actor.organisation_id, by=actor.maker(), at=now), now)
    rows.update(entry_id=entry.entry_id)
    _publish(actor, row.nonconformity_id, row.title, row.owner)
    return entry, version


def _begin_again(actor: Actor, detail: Detail, leaf: LeafHash, now: datetime) -> None:
    fresh = default_days(detail.row.grade, today_of(actor, now))
    days = Days(
        correct_by=detail.days.correct_by, cause_by=fresh.cause_by, act_by=fresh.act_by, confirm_by=fresh.confirm_by
    )
    changed = {
        **asdict(days),
        "cycle": detail.row.cycle + 1,
        "similar": list(similar_cases(detail.row.nonconformity_id, days)),
    }
    reason = "The action was not effective: the search for the cause begins again."
    _new_version(actor, detail, changed, detail.row.version, reason, now, (leaf,))


def _take(
    actor: Actor,
    detail: Detail,
    step: Step,
    to: Answered,
    said: Mapping[str, object],
    entry: evidence.Entry,
    now: datetime,
    *,
    effective: bool | None = None,
) -> None:
    row = models.Nonconformity.objects.get(
        organisation_id=actor.organisation_id, nonconformity_id=detail.row.nonconformity_id
    )
    models.StepTaken.objects.create(
        organisation_id=actor.organisation_id,
        nonconformity=row,
        kind=step.value,
        version=to.version,
        cycle=detail.row.cycle,
        said=said,
        effective=effective,
        taken_by=actor.person_id,
        taken_at=now,
        entry_id=entry.entry_id,
    )


def _answered(actor: Actor, detail: Detail, step: Step) -> Answered:
    """Return what a step answers: the newest version; causes and actions of a round before are replaced."""
    taken = detail.taken(step)
    replaced = tuple(made.entry_id for made in taken if made.cycle < detail.row.cycle or made.waits)
    return Answered(
        organisation_id=actor.organisation_id,
        nonconformity_id=detail.row.nonconformity_id,
        answers=detail.row.entry_id,
        version=len(taken) + 1,
        supersedes=replaced if step in (Step.CAUSE, Step.ACTION) else (),
    )


def _propose(actor: Actor, detail: Detail, entry: evidence.Entry, title: str) -> None:
    propose(entry, actor=actor, title=title, url=f"{URL}{detail.row.nonconformity_id}/")


def _append(actor: Actor, made: Evidence, now: datetime) -> evidence.Entry:
    return evidence.append(made, organisation_id=actor.organisation_id, now=now)


def _publish(actor: Actor, nonconformity_id: str, title: str, owner: str) -> None:
    directory.publish(
        actor.organisation_id,
        "nonconformity",
        nonconformity_id,
        f"{nonconformity_id} {title}",
        f"{URL}{nonconformity_id}/",
        owner,
    )


def _of_check(actor: Actor, origin: Origin) -> models.Nonconformity | None:
    rows = models.Nonconformity.objects.filter(organisation_id=actor.organisation_id, check_key=origin.key)
    again = rows.filter(origin_entry_id=origin.entry_id).first()
    return again or rows.order_by("-occurrence").first()


def _origin_entry(origin: Origin | None) -> str:
    return "" if origin is None else origin.entry_id


def _require_known(actor: Actor, opening: Opening) -> None:
    if opening.owner:
        require_member(actor.organisation_id, opening.owner)
    elif actor.machine is None:
        raise NonconformityRefused(_("It has no owner."), _("Name who takes the steps."))
    if opening.system_id and directory.known(actor.organisation_id, "ai_system", opening.system_id) is None:
        raise NonconformityUnknown(
            _("There is no AI system {system_id!r}.", system_id=opening.system_id),
            _("Choose one of the inventory, or none."),
        )
