"""Writing an assessment: begin it from what is known, answer part by part, judge effects, propose a version."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime

from django.utils.translation import gettext as _

from clerestory.desk.actor import Actor
from clerestory.desk.day import today_of
from clerestory.desk.permit import permit
from clerestory.desk.version import ChangedMeanwhile, change, first_wins
from clerestory.registers.impact import models
from clerestory.registers.impact.commands.writing import Asking, Recorded, add_version, append, turn
from clerestory.registers.impact.queries.assessment import Assessed, assessed
from clerestory.registers.impact.queries.reading import AREA, ImpactUnknown
from clerestory.registers.impact.rules import ImpactRefused
from clerestory.registers.impact.rules.assessment import (
    MOST_EFFECTS,
    Assessment,
    Effect,
    Nature,
    check_answers,
    check_effect,
)
from clerestory.registers.impact.rules.change import Snapshot, trigger_of
from clerestory.registers.impact.rules.question import BY_NAME
from clerestory.registers.impact.rules.threshold import check_marks
from clerestory.store import clock, directory
from clerestory.store.unit import atomic
from clerestory.terms import sentence

KIND = "impact_assessment"


# house: allow permit-first: an address
def url_of(system_id: str) -> str:
    """Return the address of the page of a system's assessment."""
    return f"/impact/systems/{system_id}/"


def answer(
    *,
    actor: Actor,
    system_id: str,
    answers: Mapping[str, str],
    part: str = "",
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Recorded:
    """Write answers into the assessment of a system; what is not named stays as it is.

    Raises:
        ImpactUnknown: there is no such system.
        ImpactRefused: something that is not asked was answered.
        ChangedMeanwhile: somebody else wrote since the version that was expected.
    """
    permit(actor, "write", AREA)
    check_answers(answers)
    now_known = assessed(actor, system_id)
    before = _begun(now_known)
    told = {**before.answers, **{name: text.strip() for name, text in answers.items()}}
    return _write(actor, now_known, replace(before, answers=told), part or "answers", expected_version, now)


def mark_use(
    *,
    actor: Actor,
    system_id: str,
    marks: tuple[str, ...],
    reason: str,
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Recorded:
    """Name the characteristics of a use that thresholds ask for, with the reason, also where there is none."""
    permit(actor, "write", AREA)
    now_known = assessed(actor, system_id)
    check_marks(marks, reason, now_known.in_force.thresholds)
    said = replace(_begun(now_known), marks=tuple(dict.fromkeys(marks)), marks_reason=reason.strip())
    return _write(actor, now_known, said, "use", expected_version, now)


def answer_in_short(
    *,
    actor: Actor,
    system_id: str,
    marks: tuple[str, ...],
    reason: str,
    answers: Mapping[str, str],
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Recorded:
    """Say at once what the use touches and all that an ordinary use is asked."""
    permit(actor, "write", AREA)
    now_known = assessed(actor, system_id)
    check_marks(marks, reason, now_known.in_force.thresholds)
    check_answers(answers)
    before = _begun(now_known)
    told = {**before.answers, **{name: text.strip() for name, text in answers.items()}}
    said = replace(before, answers=told, marks=tuple(dict.fromkeys(marks)), marks_reason=reason.strip())
    return _write(actor, now_known, said, "use and answers", expected_version, now)


def judge_effect(
    *, actor: Actor, system_id: str, effect: Effect, expected_version: int | None = None, now: datetime | None = None
) -> Recorded:
    """Judge one effect; without an id it is a new line, with one it takes the place of that line.

    Raises:
        ImpactRefused: the line lacks who, what, a step of a scale or its reason, or there is no such line.
    """
    permit(actor, "write", AREA)
    now_known = assessed(actor, system_id)
    check_effect(effect, now_known.method, _entries(now_known))
    before = _begun(now_known)
    if not effect.effect_id:
        effects = _added(before, [effect])
    else:
        _line(before, effect.effect_id)
        effects = tuple(effect if e.effect_id == effect.effect_id else e for e in before.effects)
    return _write(actor, now_known, replace(before, effects=effects), f"effect {effect.topic}", expected_version, now)


def rule_out_effects(
    *,
    actor: Actor,
    system_id: str,
    reasons: Mapping[str, str],
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Recorded:
    """Judge for several topics at once that there is no effect, each with its own reason.

    Raises:
        ImpactRefused: no topic is named, or one has a line already that says otherwise.
    """
    permit(actor, "write", AREA)
    now_known = assessed(actor, system_id)
    before = _begun(now_known)
    lines = [Effect(effect_id="", topic=topic, nature=Nature.NONE, reason=text) for topic, text in reasons.items()]
    if not lines:
        raise ImpactRefused(
            sentence.gettext("No topic has a reason."),
            sentence.gettext("Write why there is no effect, for at least one topic."),
        )
    for line in lines:
        check_effect(line, now_known.method, ())
        if line.topic in before.judged:
            raise ImpactRefused(
                sentence.gettext("{topic} is judged already.", topic=line.topic),
                sentence.gettext("Change that line instead."),
            )
    said = replace(before, effects=_added(before, lines))
    return _write(actor, now_known, said, "effects ruled out", expected_version, now)


def drop_effect(
    *, actor: Actor, system_id: str, effect_id: str, expected_version: int | None = None, now: datetime | None = None
) -> Recorded:
    """Take a line out again; versions that were proposed with it keep it."""
    permit(actor, "write", AREA)
    now_known = assessed(actor, system_id)
    before = _begun(now_known)
    gone = _line(before, effect_id)
    said = replace(before, effects=tuple(e for e in before.effects if e.effect_id != effect_id))
    return _write(actor, now_known, said, f"effect {gone.topic}", expected_version, now)


def propose_assessment(
    *, actor: Actor, system_id: str, expected_version: int | None = None, now: datetime | None = None
) -> Recorded:
    """Propose what is written as a version, with the facts that it rests on; a second person approves it.

    Raises:
        ImpactRefused: no method was approved, something is not said yet, or nothing changed.
        ChangedMeanwhile: somebody else wrote since the version that was expected.
    """
    permit(actor, "write", AREA)
    moment = now or clock.now()
    with turn(actor, system_id) as found:
        draft = found.draft
        if draft is None:
            raise ImpactRefused(sentence.gettext("Nothing is written yet."), sentence.gettext("Answer the first part."))
        if expected_version is not None and expected_version != draft.version:
            raise ChangedMeanwhile(
                sentence.gettext(
                    "The assessment is no longer at version {expected_version}.", expected_version=expected_version
                ),
                sentence.gettext("Look at it again."),
            )
        why = found.reasons(today_of(actor, moment))
        if not found.is_changed and not why:
            raise ImpactRefused(
                sentence.gettext("It is as it was proposed."),
                sentence.gettext("Change something, or have it approved."),
            )
        _check_complete(found)
        in_force = found.in_force
        # Begun with the shipped method: assessed with the one that is in force now, whose steps mean the same.
        method_version = draft.method_version or in_force.method_version
        trigger = trigger_of(why, is_first=found.newest is None)
        said, method, depth = found.assessment, in_force.method_of(method_version), found.depth
        kept = {
            "answers": dict(said.answers),
            "effects": [asdict(effect) for effect in said.effects],
            "marks": list(said.marks),
            "marks_reason": said.marks_reason,
            "draft_version": draft.version,
            "method_version": method_version,
            "thresholds_version": found.in_force.thresholds_version,
            "weight": str(depth.weight),
            "people_heard": found.people_heard,
            "trigger": trigger,
            "known": _kept(found.known),
        }
        return add_version(
            actor, "assessment", kept,
            lambda writer, version: writer.assessment(
                said, method, depth, people_heard=found.people_heard, trigger=trigger, version=version
            ),
            about=system_id, owner=found.owner,
            asking=Asking(f"{found.label}: impact assessment", url_of(system_id), depth.approver_role), now=moment,
        )  # fmt: skip


def _check_complete(found: Assessed) -> None:
    if not found.known.entry_id:
        raise ImpactRefused(
            sentence.gettext("The record of the system has no place in the log yet."),
            sentence.gettext("Try again in a moment."),
        )
    if not found.in_force.method_version:
        raise ImpactRefused(
            sentence.gettext("No method is approved."),
            sentence.gettext("Have the method approved first, under Method."),
        )
    if found.draft is not None and not found.draft.method_version and not found.in_force.reads(0):
        raise ImpactRefused(
            sentence.gettext("A method with other scales was approved since this was begun."),
            sentence.gettext("Judge the effects by it: save one, and all ask for their steps."),
        )
    lacking = found.open_points
    if lacking:
        told = sentence.enumeration(name.removeprefix("effect:").replace("_", " ") for name in lacking[:6])
        more = sentence.gettext(" and {count} more", count=len(lacking) - 6) if len(lacking) > 6 else ""
        raise ImpactRefused(
            sentence.gettext("Not said yet: {told}{more}.", told=told, more=more),
            sentence.gettext("Answer these, then propose it again."),
        )
    for effect in found.assessment.effects:
        check_effect(effect, found.method, effect.rests_on)


def _begun(found: Assessed) -> Assessment:
    """Return what is written, or what the inventory knows where nothing is."""
    return found.assessment if found.draft is not None else replace(found.assessment, answers=known_answers(found))


# house: allow permit-first: looks at what was read with permission
def known_answers(found: Assessed) -> dict[str, str]:
    """Return the answers that the inventory gives by itself."""
    known = found.known
    told = {
        "purpose": known.purpose,
        "deployment_context": known.deployment_context,
        "affected_groups": "\n".join(known.affected_groups) or (_("Those who talk with it") if known.interacts else ""),
        "data_used": "\n".join((*known.datasets, *known.sources)),
        "model_kind": "\n".join(known.models),
        "model_evaluation": "\n".join(f"{r.check}: {r.verdict} {r.value}".strip() for r in known.results),
    }
    return {name: text for name, text in told.items() if text}


def _write(
    actor: Actor, found: Assessed, said: Assessment, part: str, expected: int | None, now: datetime | None
) -> Recorded:
    moment = now or clock.now()
    if len(said.effects) > MOST_EFFECTS:
        raise ImpactRefused(
            sentence.gettext("There are {count} effects.", count=len(said.effects)),
            sentence.gettext("Put them into at most {most_effects}.", most_effects=MOST_EFFECTS),
        )
    before, in_force = found.draft, found.in_force
    if expected is not None and expected != (before.version if before else 0):
        raise ChangedMeanwhile(
            sentence.gettext("The assessment is no longer at version {expected}.", expected=expected),
            sentence.gettext("Look at it again."),
        )
    # a new round begins with the method in force, and so does what was begun before any was
    begins = before is None or (found.newest is not None and not found.is_changed)
    begins = begins or (before is not None and not before.method_version and bool(in_force.method_version))
    if begins and before is not None and not in_force.reads(before.method_version):
        said = said.without_steps()
    values: dict[str, object] = {
        "answers": {name: said.said(name) for name in BY_NAME if said.said(name)},
        "effects": [asdict(effect) for effect in said.effects],
        "marks": list(said.marks),
        "marks_reason": said.marks_reason,
        "changed_by": actor.person_id,
        "changed_at": moment,
    }
    if begins:
        values["method_version"] = in_force.method_version
    rows = models.Assessment.objects.filter(organisation_id=actor.organisation_id, system_id=found.system_id)
    with first_wins(), atomic():
        version = 1 if before is None else change(rows, expected=before.version, **values)
        entry = append(
            actor, lambda writer, number: writer.answers(said, part, number), version, moment,
            about=found.system_id, owner=found.owner,
        )  # fmt: skip
        if before is None:
            rows.create(
                organisation_id=actor.organisation_id, system_id=found.system_id, entry_id=entry.entry_id, **values
            )
        else:
            rows.update(entry_id=entry.entry_id)
        directory.publish(
            actor.organisation_id, KIND, found.system_id, label=f"{found.label}: impact",
            url=url_of(found.system_id), owner=found.owner,
        )  # fmt: skip
    return Recorded(found.system_id, version, entry.entry_id)


def _added(said: Assessment, lines: list[Effect]) -> tuple[Effect, ...]:
    highest = max((int(e.effect_id.removeprefix("E")) for e in said.effects), default=0)
    return (*said.effects, *(replace(e, effect_id=f"E{highest + n}") for n, e in enumerate(lines, start=1)))


def _line(said: Assessment, effect_id: str) -> Effect:
    found = next((effect for effect in said.effects if effect.effect_id == effect_id), None)
    if found is None:
        raise ImpactUnknown(
            sentence.gettext("There is no effect {effect_id!r}.", effect_id=effect_id),
            sentence.gettext("Choose one of the assessment."),
        )
    return found


def _entries(found: Assessed) -> tuple[str, ...]:
    then = [link.result.entry_id for link in found.results]
    return (*(result.entry_id for result in found.known.results), *then)


def _kept(known: Snapshot) -> dict[str, object]:
    results = [{**asdict(r), "observed_at": r.observed_at.isoformat()} for r in known.results]
    return {**asdict(known), "results": results}
