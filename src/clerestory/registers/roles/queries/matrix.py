"""The matrix of who answers for which work, who carries how much, and what people who left still hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clerestory.desk.actor import Actor
from clerestory.desk.lists import Column
from clerestory.desk.people import Member, members
from clerestory.desk.permit import may, permit
from clerestory.registers.roles import models
from clerestory.registers.roles.queries.role import RoleRecord, RoleUnknown, roles, system_duties
from clerestory.registers.roles.rules.raci import GAPS, Line, Load, Work, gaps, loads
from clerestory.store import directory
from clerestory.terms import sentence
from clerestory.terms.ids import PersonId

AREA = "roles"
KIND_WORDS = {"process": _("process"), "duty": _("duty of a role")}


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One piece of work, who has which letters, what is wrong, and whether anybody decided it yet."""

    line: Line
    label: str
    gaps: tuple[str, ...]
    version: int
    is_decided: bool


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody who left and what they still hold: roles, lines of the matrix, systems, and records of any kind."""

    member: Member
    roles: tuple[tuple[str, str], ...]
    lines: tuple[MatrixRow, ...]
    systems: tuple[directory.Record, ...]
    records: tuple[directory.Record, ...]

    @property
    def count(self) -> int:
        """How much it is."""
        return len(self.roles) + len(self.lines) + len(self.systems) + len(self.records)


@dataclass(frozen=True, slots=True)
class Answering:
    """What matrix, loads and leavers follow from, read once: people with those who left, roles, lines and processes."""

    everybody: tuple[Member, ...]
    roles: tuple[RoleRecord, ...]
    lines: tuple[models.MatrixLine, ...]
    processes: tuple[directory.Record, ...]
    left: tuple[directory.Record, ...]
    """What people who left still answer for."""


def answering(actor: Actor) -> Answering:
    """Return what matrix, loads and leavers follow from, in four queries."""
    permit(actor, "read", AREA)
    lines = models.MatrixLine.objects.filter(organisation_id=actor.organisation_id).order_by("version")
    everybody = members(actor, past=True)
    gone = [member.person_id for member in everybody if member.ended_at is not None]
    processes, left = directory.find_with_owned(actor.organisation_id, "process", gone)
    return Answering(
        everybody=everybody,
        roles=roles(actor),
        lines=tuple(lines),
        processes=processes,
        left=left,
    )


def matrix(actor: Actor, known: Answering | None = None) -> tuple[MatrixRow, ...]:
    """Return every process and every duty of a role with who has which letters.

    Until somebody decided a line, the owner of a process is accountable for it, and a duty is done by who holds it.
    """
    permit(actor, "read", AREA)
    return _matrix(known or answering(actor))


def matrix_line(actor: Actor, work: Work) -> MatrixRow:
    """Return one line of the matrix.

    Raises:
        RoleUnknown: there is no such process or duty.
    """
    permit(actor, "read", AREA)
    found = next((row for row in matrix(actor) if row.line.work == work), None)
    if found is None:
        raise RoleUnknown(
            sentence.gettext("There is no {kind} {id!r}.", kind=sentence.word(work.kind), id=work.id),
            sentence.gettext("Choose one of the matrix."),
        )
    return found


def work_of(actor: Actor, person: PersonId) -> tuple[MatrixRow, ...]:
    """Return the lines in which somebody has a letter."""
    permit(actor, "read", AREA)
    return tuple(row for row in matrix(actor) if person in row.line.letters)


def matrix_loads(actor: Actor, rows: Sequence[MatrixRow]) -> tuple[Load, ...]:
    """Return how much each person carries in the matrix and around AI systems, most first."""
    permit(actor, "read", AREA)
    around: list[tuple[PersonId, str]] = []
    for record in system_duties(actor):
        around.append((record.duties.accountable, "A"))
        around += [(person, "R") for person in record.duties.held.values()]
    return loads((row.line for row in rows), around)


def leavers(actor: Actor, known: Answering | None = None) -> tuple[Leaver, ...]:
    """Return who left and still holds something, who holds most first."""
    permit(actor, "read", AREA)
    known = known or answering(actor)
    gone = {member.person_id: member for member in known.everybody if member.ended_at is not None}
    if not gone:
        return ()
    decided = [row for row in _matrix(known) if row.is_decided]
    around = _around(actor, gone)
    named = directory.find(actor.organisation_id, "ai_system", {name for ids in around.values() for name in ids})
    systems = {record.id: record for record in named}
    found = []
    for person, member in gone.items():
        found.append(
            Leaver(
                member,
                tuple((r.role.role_id, r.role.name) for r in known.roles if person in r.role.holders),
                tuple(row for row in decided if person in row.line.letters),
                tuple(systems[name] for name in around[person] if name in systems),
                tuple(record for record in known.left if record.owner == person),
            )
        )
    return tuple(sorted((one for one in found if one.count), key=lambda one: (-one.count, one.member.name)))


def _around(actor: Actor, people: Iterable[PersonId]) -> dict[PersonId, list[str]]:
    """Return the systems around which each of some people holds a duty or is accountable."""
    found: dict[PersonId, list[str]] = {person: [] for person in people}
    for record in system_duties(actor):
        for person in {record.duties.accountable, *record.duties.held.values()} & found.keys():
            found[person].append(record.duties.system_id)
    return found


def matrix_columns(actor: Actor, names: Mapping[str, str], people: Sequence[PersonId]) -> tuple[Column, ...]:
    """Return what the matrix shows: the work, its gaps, and a column for each person who has a letter."""
    permit(actor, "read", AREA)

    def address(row: MatrixRow) -> str:
        return reverse("roles-line", args=[row.line.work.kind, row.line.work.id])

    def letters(person: PersonId) -> Column:
        return Column(
            name=person,
            label=names.get(person, person),
            sortable=False,
            value=lambda row: row.line.letters.get(person, ""),
        )

    return (
        Column(
            name="work",
            label=_("Work"),
            searched=True,
            kind="link" if may(actor, "write", AREA) else "text",
            value=lambda row: row.label,
            url=address,
            note=lambda row: "" if row.is_decided else _("as it follows from owner and holders"),
        ),
        Column(
            name="kind",
            label=_("Kind"),
            filtered=True,
            optional=True,
            options=tuple(KIND_WORDS.items()),
            value=lambda row: row.line.work.kind,
        ),
        Column(
            name="gaps",
            label=_("Gaps"),
            kind="list",
            sortable=False,
            filtered=True,
            options=tuple((gap, GAP_WORDS[gap]) for gap in GAPS),
            keeps=lambda row, gap: gap in row.gaps,
            value=lambda row: row.gaps,
        ),
        *(letters(person) for person in people),
    )


GAP_WORDS = {
    "no accountable": _("nobody accountable"),
    "no responsible": _("nobody responsible"),
    "two accountable": _("more than one accountable"),
    "held by who left": _("held by somebody who left"),
}


def _matrix(known: Answering) -> tuple[MatrixRow, ...]:
    present = {member.person_id for member in known.everybody if member.ended_at is None}
    kept = {Work(row.work_kind, row.work_id): row for row in known.lines}
    work: list[tuple[Work, str, dict[PersonId, str]]] = []
    for record in known.processes:
        owner = {PersonId(record.owner): "A"} if record.owner else {}
        work.append((Work("process", record.id), record.label, owner))
    for defined in known.roles:
        for duty in defined.role.duties:
            does = dict.fromkeys(defined.role.holders, "R")
            work.append((Work("duty", f"{defined.role.role_id}/{duty}"), f"{defined.role.name}: {duty}", does))
    found = []
    for one, label, follows in work:
        row = kept.get(one)
        letters = follows if row is None else {PersonId(p): said for p, said in row.letters.items()}
        line = Line(one, letters)
        found.append(MatrixRow(line, label, gaps(line, present), row.version if row else 0, row is not None))
    return tuple(found)
