"""Writes of classes under the EU AI Act: answers in, the derived class with its reasoning out. Not legal advice."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import translation

from clerestory.catalogue.law.read import load_law
from clerestory.desk.actor import Actor
from clerestory.desk.approval import propose, standings, when_standing_changes
from clerestory.desk.day import today_of
from clerestory.desk.people import members
from clerestory.desk.permit import permit
from clerestory.desk.version import change, expect, first_wins
from clerestory.registers.inventory import models
from clerestory.registers.inventory.commands.record import Registered
from clerestory.registers.inventory.facts.classification import KIND, class_evidence
from clerestory.registers.inventory.queries.classification import answers_of, is_corrected
from clerestory.registers.inventory.queries.law_words import reasoning
from clerestory.registers.inventory.queries.records import InventoryUnknown
from clerestory.registers.inventory.rules.classification import (
    Answers,
    Classification,
    LegalClass,
    asks_less,
    check_answers,
    lower,
    stricter,
)
from clerestory.registers.inventory.rules.law_walk import asked, classify
from clerestory.registers.inventory.rules.record import InventoryRefused
from clerestory.store import clock, directory, evidence
from clerestory.store.unit import atomic
from clerestory.terms.fact import Fact
from clerestory.terms.sentence import gettext as _

COUNSEL = "legal_counsel"
DIRECTORY = "legal_class"
"""Kind under which an approved class is known to others: its id is the system's, its label the class."""


def classify_system(
    *,
    actor: Actor,
    system_id: str,
    given: Mapping[str, tuple[str, ...]],
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Registered:
    """Write what was answered about a system; the class follows by the law in force today.

    Once nothing is open it waits for a second person: legal counsel, where the organisation has somebody else as such.
    A class that was approved before stays in force until then, unless more follows from the new answers: that counts at
    once. Answers that no longer decide are dropped.

    Raises:
        InventoryUnknown: there is no such system.
        InventoryRefused: an answer is none, or nothing was answered, or everything is as it was.
        ChangedMeanwhile: somebody else answered since the version that was expected.
    """
    permit(actor, "write", "inventory")
    moment, law = now or clock.now(), load_law()
    version = law.in_force(today_of(actor, moment))
    said = {question: tuple(points) for question, points in given.items() if points}
    check_answers(law, version, said)
    if not said:
        raise InventoryRefused(_("Nothing was answered."), _("Answer at least one question; the others can stay open."))
    decides = asked(law, version.id, Answers(given=said, under=version.id))
    answers = Answers(given={q: points for q, points in said.items() if q in decides}, under=version.id)
    found = classify(law, version.id, answers)
    with first_wins(), atomic():
        system = models.AISystem.objects.filter(organisation_id=actor.organisation_id, system_id=system_id).first()
        if system is None:
            raise InventoryUnknown(
                _("There is no AI system {system_id!r}.", system_id=system_id),
                _("Register it, or choose one of the list."),
            )
        number = _next(actor, system, answers, expected_version)
        with translation.override("en"):
            lines = tuple(reasoning(law, found))
        made = class_evidence(system_id, found, lines, law=law.id, by=actor.person(), at=moment, version=number)
        entry = evidence.append(made, organisation_id=actor.organisation_id, now=moment)
        _keep(actor, system, answers, found, number, entry.entry_id, moment)
        _settle(actor, system)
        if found.is_complete:
            title, url = f"{system.name}: {found.klass} under the {law.name}", f"/inventory/classification/{system_id}/"
            propose(entry, actor=actor, title=title, url=url, approver_role=_counsel(actor))
    return Registered(system_id, number, entry.entry_id, was_there=number > 1)


# house: allow permit-first: follows an approval or a revocation, which asked
def note_class(actor: Actor, fact: Fact, now: datetime) -> None:  # noqa: ARG001
    """Keep with the system which class counts: the newest once it was approved, until then what was approved before.

    What was approved once and taken back goes on counting, until other answers are approved: one person who takes it
    back lowers nothing.
    """
    rows = models.Classification.objects.filter(organisation_id=actor.organisation_id)
    row = rows.filter(Q(entry_id=fact.entry_id) | Q(before__entry_id=fact.entry_id)).select_related("system").first()
    if row is None:
        return
    standing = standings(actor, (fact.entry_id,)).get(fact.entry_id)
    approved = standing is not None and standing.is_approved
    if row.entry_id == fact.entry_id:
        goes_on = not approved and standing is not None and standing.was_approved
        rows.filter(pk=row.pk).update(approved=approved, **({"before": _goes_on(row)} if goes_on else {}))
    _settle(actor, row.system)


def _goes_on(row: models.Classification) -> dict[str, Any]:
    """Return what goes on counting of answers whose approval was taken back, and of those approved before them."""
    own = _as_approved(row)
    return dict(row.before) if row.before and asks_less(_found(own), _found(row.before)) else own


def _as_approved(row: models.Classification) -> dict[str, Any]:
    """Return the answers of a row with what followed from them when two agreed to it."""
    own = {"answers": row.answers, "law_version": row.law_version, "entry_id": row.entry_id, "klass": row.klass}
    return own | {"applies_from": row.applies_from and row.applies_from.isoformat()}


def _found(kept: Mapping[str, Any]) -> Classification:
    under = kept["law_version"]
    return classify(load_law(), under, answers_of(kept["answers"], under))


def _settle(actor: Actor, system: models.AISystem) -> None:
    """Keep which class of a system counts, and let others know it where two agreed to it or to a freer one.

    What was said counts as it followed then: where the product knows the law better since, nothing changes by itself.
    """
    rows = models.Classification.objects.filter(organisation_id=actor.organisation_id, system=system)
    row = rows.get()
    found = _found(vars(row))
    begins = found.applies_from if row.before.get("counts") else row.applies_from  # that of before stands in the row
    known, counts = row.approved, LegalClass(row.klass)
    if row.before:
        row.before["counts"] = False
    if not row.approved and row.before:
        held = _found(row.before)
        agreed = LegalClass(row.before.get("klass", held.klass))
        known, counts = True, stricter(counts, LegalClass(row.at_least))
        row.before["counts"] = asks_less(found, held) or lower(counts, agreed)
        if row.before["counts"]:
            counts, begins = agreed, row.before.get("applies_from", held.applies_from)
    rows.update(counts=str(counts), applies_from=begins, before=row.before)
    if known:
        url = f"/inventory/classification/{system.system_id}/"
        directory.publish(
            actor.organisation_id, DIRECTORY, system.system_id, label=str(counts), url=url, owner=system.owner
        )
    else:
        directory.withdraw(actor.organisation_id, DIRECTORY, system.system_id)


when_standing_changes(KIND, note_class)


def _next(actor: Actor, system: models.AISystem, answers: Answers, expected: int | None) -> int:
    row = models.Classification.objects.filter(organisation_id=actor.organisation_id, system=system).first()
    expect(row.version if row else 0, expected)
    if row is None:
        return 1
    same = {question: list(points) for question, points in answers.given.items()} == row.answers
    corrected = same and is_corrected(row, classify(load_law(), answers.under, answers))
    if same and row.law_version == answers.under and not corrected:
        raise InventoryRefused(_("The answers are as they were."), _("Change one, or leave them."))
    return row.version + 1


def _keep(
    actor: Actor,
    system: models.AISystem,
    answers: Answers,
    found: Classification,
    number: int,
    entry_id: str,
    moment: datetime,
) -> None:
    rows = models.Classification.objects.filter(organisation_id=actor.organisation_id, system=system)
    values = {
        "before": _approved_before(rows.first()),
        "answers": {question: list(points) for question, points in answers.given.items()},
        "law_version": answers.under,
        "klass": str(found.klass),
        "at_least": str(found.at_least),
        "applies_from": found.applies_from,
        "open_questions": len(found.open),
        "approved": False,
        "entry_id": entry_id,
        "made_by": actor.person_id,
        "made_at": moment,
    }
    if number == 1:
        rows.create(organisation_id=actor.organisation_id, system=system, version=1, **values)
    else:
        change(rows, expected=number - 1, **values)


def _approved_before(row: models.Classification | None) -> dict[str, Any]:
    """Return the answers that are approved as other ones are about to be given, or that were before those that wait."""
    if row is None or not row.approved:
        return {} if row is None else dict(row.before)
    return _as_approved(row)


def _counsel(actor: Actor) -> str:
    """Return the role that approves: legal counsel where somebody else holds it, else any second person."""
    others = (member for member in members(actor) if member.person_id != actor.person_id)
    return COUNSEL if any(COUNSEL in member.roles for member in others) else ""
