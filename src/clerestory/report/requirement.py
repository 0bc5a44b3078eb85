"""Why a requirement stands where it stands: its rules, their needs, members and entries, down to the leaf.

Refuses to hide what is missing: what a page leaves out is counted, and a file names it. Knows no HTML.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from clerestory.catalogue.framework import CrosswalkRow, Requirement
from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import granted_by_proposer
from clerestory.desk.permit import permit
from clerestory.judgement.evaluate import expand, explain
from clerestory.judgement.index import FactIndex
from clerestory.judgement.population import label_of
from clerestory.judgement.reuse import Aspect, reuse
from clerestory.judgement.row import Row
from clerestory.judgement.rule.combine import FULL, Limits
from clerestory.judgement.status import RequirementStatus
from clerestory.report.board import (
    HOME,
    FrameworkChoice,
    choices,
    framework_of,
    is_not_provable,
    judged_by,
)
from clerestory.report.which import Which, which_of
from clerestory.store.facts import judged, judging
from clerestory.terms import sentence
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import EntryId, FrameworkId, LeafHash, RequirementId

SHOWN = Limits(members=50, entries=100)
"""So many members of each need, and entries of the whole, a page names; files name all."""


class RequirementUnknown(ClerestoryError):
    """The framework has no such requirement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """One entry as a line: enough to know it and to open it."""

    entry_id: EntryId
    leaf_hash: LeafHash
    position: int | None
    kind: str
    check: str
    verdict: str
    subject: Subject
    observed_at: datetime
    received_at: datetime
    about: str
    which: Which


@dataclass(frozen=True, slots=True)
class Reused:
    """A requirement of ISO/IEC 42001 whose evidence can be shown for another framework's, and where it stands."""

    aspect: Aspect
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """One requirement with everything that its status rests on. ``status`` is None where only re-use is shown."""

    framework: FrameworkChoice
    requirement: Requirement
    status: RequirementStatus | None
    not_provable: bool
    entries: Mapping[EntryId, EntryLine]
    reused: tuple[Reused, ...]
    reused_for: tuple[CrosswalkRow, ...]
    before: RequirementId | None
    after: RequirementId | None
    at: datetime
    granted_by_proposer: frozenset[EntryId] = frozenset()
    """Entries approved only by people whose standing the proposer granted: two accounts may be one person."""


def requirement(
    actor: Actor,
    framework_id: FrameworkId,
    requirement_id: str,
    *,
    at: datetime,
    live: bool = False,
    whole: bool = True,
) -> Why:
    """Return why a requirement stands where it stands at a moment.

    ``live`` says that the moment is now. ``whole`` names every member and entry, else the first, as pages show them.

    Raises:
        FrameworkUnknown: the catalogue has no such framework.
        RequirementUnknown: the framework has no such requirement.
    """
    permit(actor, "read", "board")
    framework = framework_of(framework_id)
    listed = [item for item in framework.requirements if item.assessable]
    place = next((n for n, item in enumerate(listed) if item.id == requirement_id), None)
    if place is None:
        raise RequirementUnknown(
            sentence.gettext(
                "{name} has no requirement {requirement_id!r}.", name=framework.name, requirement_id=requirement_id
            ),
            sentence.gettext("Choose one of the board."),
        )
    with judging(actor.organisation_id) as index:
        has_rules = judged_by(framework_id) == framework_id
        status = None
        if has_rules and live and not whole:
            status = expand(judged(actor.organisation_id, HOME, index, at=at, live=True), listed[place].id, SHOWN)
        elif has_rules:
            limits = FULL if whole else SHOWN
            status = explain(load(), framework_id, index, listed[place].id, at=at, limits=limits)
        aspects = () if has_rules else _aspects(actor, framework_id, listed[place].id, index, at)
        entries = {} if status is None else lines(index, _named(status))
    return Why(
        framework=next(choice for choice in choices(load()) if choice.id == framework_id),
        requirement=listed[place],
        status=status,
        not_provable=status is not None and is_not_provable(status),
        entries=entries,
        reused=aspects,
        reused_for=tuple(row for row in load().crosswalk if status is not None and row.source == requirement_id),
        before=listed[place - 1].id if place else None,
        after=listed[place + 1].id if place + 1 < len(listed) else None,
        at=at,
        granted_by_proposer=granted_by_proposer(actor, entries),
    )


def lines(index: FactIndex, entry_ids: Iterable[EntryId]) -> Mapping[EntryId, EntryLine]:
    """Return the lines of entries that the index holds."""
    return {entry_id: _line(index, index.rows[entry_id]) for entry_id in entry_ids if entry_id in index.rows}


def _line(index: FactIndex, row: Row) -> EntryLine:
    fact = row.fact
    return EntryLine(
        entry_id=fact.entry_id,
        leaf_hash=fact.leaf_hash,
        position=fact.position,
        kind=fact.kind,
        check=str(fact.values.get("check", "")),
        verdict=str(fact.values.get("verdict", "")),
        subject=fact.subject,
        observed_at=fact.observed.end,
        received_at=fact.received_at,
        about=label_of(row.node),
        which=which_of(index, row),
    )


def _named(status: RequirementStatus) -> list[EntryId]:
    members = (
        entry_id
        for rule in status.rules
        for need in rule.needs
        for member in need.members[: SHOWN.members]
        for entry_id in member.because
    )
    phrases = (
        EntryId(value)
        for item in (*status.missing, *status.notes)
        for name, value in item.parameters
        if name in ("entry", "by")
    )
    return list(dict.fromkeys((*status.because[: SHOWN.entries], *members, *phrases)))


def _aspects(
    actor: Actor, framework_id: FrameworkId, requirement_id: RequirementId, index: FactIndex, at: datetime
) -> tuple[Reused, ...]:
    statuses = judged(actor.organisation_id, HOME, index, at=at, live=False)
    found = reuse(load(), framework_id, statuses).get(requirement_id)
    titles = {item.id: gettext(item.title) for item in framework_of(HOME).requirements}
    return tuple(Reused(aspect, titles[aspect.source]) for aspect in (found.aspects if found else ()))
