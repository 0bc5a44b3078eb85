"""The management system as a picture, and where it meets other management systems."""

import textwrap
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.approval import taken_back
from clerestory.desk.lists import Column
from clerestory.desk.permit import permit
from clerestory.registers.organisation import models
from clerestory.registers.organisation.facts import INTEGRATED_PART
from clerestory.registers.organisation.queries.record import AREA, every_process, process_ids
from clerestory.registers.organisation.rules import CLAUSE_FAMILIES, Flow, Process, flows, usual_processes
from clerestory.registers.organisation.rules.aims import OTHERS
from clerestory.terms.ids import EntryId, FrameworkId

ISO42001 = FrameworkId("iso42001-2023")
BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y, TOP = 132, 64, 44, 22, 26


@dataclass(frozen=True, slots=True)
class Box:
    """One process in the picture: where it stands, its name in short lines, and whether anything joins it."""

    process: Process
    x: int
    y: int
    lines: tuple[tuple[int, str], ...]
    is_alone: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """The picture: boxes in a column for each clause, lines between them, the flows as words, and its size."""

    boxes: tuple[Box, ...]
    paths: tuple[str, ...]
    flows: tuple[tuple[str, str, str], ...]
    heads: tuple[tuple[int, str], ...]
    width: int
    height: int
    empty_clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A document or record of another management system that is used for this one as well."""

    other: str
    requirement: str
    other_clause: str
    process: str
    reused: str
    by: str
    at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class Crossing:
    """A clause of ISO/IEC 42001 and where another system asks for something like it, with what is shared already."""

    framework: str
    other: str
    requirement: str
    title: str
    targets: tuple[str, ...]
    parts: tuple[Part, ...]


def picture(actor: Actor) -> Drawn:
    """Return the processes as a picture: what one gives and another takes is a line between them."""
    permit(actor, "read", AREA)
    found = every_process(actor)
    given = flows(found)
    columns = [[p for p in found if p.clause_family == clause] for clause in CLAUSE_FAMILIES]
    boxes: dict[str, Box] = {}
    for column, processes in enumerate(columns):
        for row, process in enumerate(processes):
            boxes[process.process_id] = _box(process, column, row, given)
    names = {process.process_id: process.name for process in found}
    return Drawn(
        boxes=tuple(boxes.values()),
        paths=tuple(dict.fromkeys(_path(boxes[flow.source], boxes[flow.target]) for flow in given)),
        flows=tuple((names[flow.source], flow.what, names[flow.target]) for flow in given),
        heads=tuple((2 + at * (BOX_WIDTH + GAP_X), clause) for at, clause in enumerate(CLAUSE_FAMILIES)),
        width=len(CLAUSE_FAMILIES) * (BOX_WIDTH + GAP_X) - GAP_X + 4,
        height=TOP + max((len(column) for column in columns), default=1) * (BOX_HEIGHT + GAP_Y) + 4,
        empty_clauses=tuple(c for c, column in zip(CLAUSE_FAMILIES, columns, strict=True) if not column),
    )


def _box(process: Process, column: int, row: int, given: tuple[Flow, ...]) -> Box:
    x, y = 2 + column * (BOX_WIDTH + GAP_X), TOP + row * (BOX_HEIGHT + GAP_Y)
    lines = textwrap.wrap(process.name, 18, max_lines=4, placeholder=" …")
    first = y + BOX_HEIGHT // 2 - 7 * (len(lines) - 1) + 4
    joined = {flow.source for flow in given} | {flow.target for flow in given}
    told = tuple((first + 14 * place, line) for place, line in enumerate(lines))
    return Box(process, x, y, told, process.process_id not in joined)


def _path(source: Box, target: Box) -> str:
    """Draw a line from the right of one box to the left of another; back to an earlier clause it goes below."""
    x1, y1 = source.x + BOX_WIDTH, source.y + BOX_HEIGHT // 2
    x2, y2 = target.x, target.y + BOX_HEIGHT // 2
    if target.x > source.x:
        middle = (x1 + x2) // 2
        return f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2 - 5} {y2}"
    if target.x == source.x:
        side = source.x + BOX_WIDTH + GAP_X // 2
        return f"M{x1} {y1}C{side} {y1} {side} {y2} {x1 + 5} {y2}"
    below = source.y + BOX_HEIGHT
    middle = (source.x + target.x + BOX_WIDTH) // 2
    end = target.y + BOX_HEIGHT
    low = max(below, end) + GAP_Y - 4
    return f"M{source.x + BOX_WIDTH // 2} {below}C{middle} {low} {middle} {low} {target.x + BOX_WIDTH // 2} {end + 5}"


def usual_left(actor: Actor) -> tuple[tuple[str, str], ...]:
    """Return the usual processes that are not registered yet, as id and words."""
    permit(actor, "read", AREA)
    known = process_ids(actor)
    return tuple(
        (u.process_id, f"{u.clause_family} {gettext(u.name)}") for u in usual_processes() if u.process_id not in known
    )


def clauses() -> tuple[tuple[str, str], ...]:  # house: allow permit-first: it reads the catalogue alone
    """Return the clauses of ISO/IEC 42001 for a choice; controls of Annex A are no clauses."""
    found = load().frameworks[ISO42001].requirements
    return tuple((str(one.id), f"{one.id} {gettext(one.title)}") for one in found if str(one.id)[0].isdigit())


def parts(actor: Actor) -> tuple[Part, ...]:
    """Return what is shared with other management systems and was not taken back, newest first."""
    permit(actor, "read", AREA)
    rows = list(
        models.Record.objects.filter(organisation_id=actor.organisation_id, kind=INTEGRATED_PART).order_by("-id")
    )
    gone = taken_back(actor, [EntryId(row.entry_id) for row in rows]) if rows else frozenset()
    names = {process.process_id: process.name for process in every_process(actor)}
    return tuple(
        Part(
            row.values["other_system"], row.values["requirement"], row.values["other_clause"],
            names.get(row.values.get("process_id", ""), ""), row.values["reused"], row.recorded_by, row.recorded_at,
            EntryId(row.entry_id),
        )
        for row in rows
        if EntryId(row.entry_id) not in gone
    )  # fmt: skip


def crossings(actor: Actor) -> tuple[Crossing, ...]:
    """Return, by other system and clause, where both ask for something alike and what is shared there already."""
    permit(actor, "read", AREA)
    shared = parts(actor)
    titles = dict(clauses())
    found: list[Crossing] = []
    for framework, label in OTHERS.items():
        targets: dict[str, list[str]] = {}
        for row in load().crosswalk:
            if row.target_framework == framework and str(row.source) in titles:
                targets.setdefault(str(row.source), []).append(row.target)
        for part in shared:
            if part.other == label:
                targets.setdefault(part.requirement, [])
        for clause in (one for one in titles if one in targets):
            own = tuple(part for part in shared if part.other == label and part.requirement == clause)
            found.append(Crossing(framework, label, clause, titles[clause], tuple(dict.fromkeys(targets[clause])), own))
    return tuple(found)


CROSSING_COLUMNS = (
    Column(
        name="other",
        label=_("Other system"),
        searched=True,
        filtered=True,
        value=lambda row: row.framework,
        options=tuple(OTHERS.items()),
        kind="tag",
        tone=lambda _row: "none",
    ),
    Column(name="requirement", label=_("Clause"), searched=True, sortable=False, value=lambda row: row.title),
    Column(name="targets", label=_("There"), kind="list", sortable=False, value=lambda row: row.targets, searched=True),
    Column(
        name="shared",
        label=_("Used for both"),
        kind="part",
        part="organisation/shared.html",
        sortable=False,
        exported=False,
    ),
    Column(
        name="reused",
        label=_("Used for both"),
        listed=False,
        searched=True,
        value=lambda row: tuple(part.reused for part in row.parts),
    ),
    Column(
        name="has",
        label=_("Shared"),
        filtered=True,
        listed=False,
        options=(("yes", _("something is shared")), ("no", _("nothing is shared"))),
        value=lambda row: "yes" if row.parts else "no",
    ),
)
"""What the list of clauses that another system asks for as well shows."""
