"""Reads of classes under the EU AI Act: the list of systems, one class with its reasoning, and what a law changes."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clerestory.catalogue.law.read import Law, Option, load_law
from clerestory.desk.actor import Actor
from clerestory.desk.lists import Column, ListQuery, Page, paginate
from clerestory.desk.people import names_of
from clerestory.desk.permit import permit
from clerestory.registers.inventory import models
from clerestory.registers.inventory.queries.law_words import CLASSES, TONES
from clerestory.registers.inventory.queries.records import SystemRecord, ai_system
from clerestory.registers.inventory.rules.classification import (
    NONE,
    Answers,
    Classification,
    LegalClass,
    known_answers,
    near,
)
from clerestory.registers.inventory.rules.law_walk import classify
from clerestory.registers.inventory.rules.record import AISystem, Stage
from clerestory.terms.ids import EntryId

UNSAID = "unclassified"


@dataclass(frozen=True, slots=True)
class ClassBefore:
    """The class that two agreed to before other answers were given."""

    answers: Answers
    found: Classification
    entry_id: EntryId
    counts: bool
    """Whether it goes on counting, since less follows from the answers given after it."""


@dataclass(frozen=True, slots=True)
class ClassRecord:
    """The class of one system as it was last answered: its answers, version, entry, and what follows.

    ``said`` is the class that followed when they were given, and from when; its entry says so.
    """

    answers: Answers
    found: Classification
    version: int
    entry_id: EntryId
    made_by: str
    made_at: datetime
    approved: bool
    counts: LegalClass
    said: LegalClass
    said_from: date | None
    is_corrected: bool
    """Whether something else follows today, by the same version of the law: what is known of it was corrected."""
    before: ClassBefore | None = None
    """What was approved before these answers, while they wait."""

    @property
    def is_taken_back(self) -> bool:
        """Whether these answers were approved once, which was taken back: they go on counting until others are."""
        return not self.approved and self.before is not None and self.before.entry_id == self.entry_id

    @property
    def waits(self) -> bool:
        """Whether less follows from these answers than from those approved before, which count until two agree."""
        return self.before is not None and self.before.counts


@dataclass(frozen=True, slots=True)
class ClassifiedSystem:
    """A system with its class; None where nobody answered anything."""

    system: AISystem
    owner_name: str
    record: ClassRecord | None
    near: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A system and its class in a list."""

    system_id: str
    name: str
    owner: str
    klass: str
    counts: str
    at_least: str
    law_version: str
    applies_from: date | None
    open_questions: int
    approved: bool
    made_at: datetime | None

    @property
    def state(self) -> str:
        """Where the class stands, in one word."""
        if not self.law_version:
            return "missing"
        return "open" if self.open_questions or self.klass == "unknown" else "approved" if self.approved else "waiting"


STATES = {
    "missing": _("nobody answered yet"),
    "open": _("questions are open"),
    "waiting": _("waits for approval"),
    "approved": _("approved"),
}
_STATE_TONES = {"missing": "bad", "open": "open", "waiting": "open", "approved": "good"}


def _narrow_state(wanted: str) -> Q:
    missing = Q(classification=None)
    is_open = Q(classification__open_questions__gt=0) | Q(classification__klass="unknown")
    return {
        "missing": missing,
        "open": is_open,
        "waiting": ~missing & ~is_open & Q(classification__approved=False),
        "approved": ~is_open & Q(classification__approved=True),
    }.get(wanted, Q(pk=None))


def _word(row: ClassRow) -> str:
    return row.counts or UNSAID


def _at_least(row: ClassRow) -> object:
    if row.counts != row.klass:
        return _("said, and waits: %(word)s") % {"word": CLASSES[LegalClass(row.klass)]}
    if row.klass != LegalClass.UNKNOWN or row.at_least in (LegalClass.MINIMAL, LegalClass.OUTSIDE, ""):
        return ""
    return _("at least: %(word)s") % {"word": CLASSES[LegalClass(row.at_least)]}


CLASS_COLUMNS = (
    Column(
        name="name",
        label=_("AI system"),
        searched=True,
        kind="link",
        value=lambda row: row.name,
        url=lambda row: reverse("classification-system", args=[row.system_id]),
    ),
    Column(
        name="klass",
        label=_("Class"),
        field="classification__counts",
        kind="tag",
        filtered=True,
        options=(*((str(name), word) for name, word in CLASSES.items()), (UNSAID, _("not classified"))),
        narrow=lambda wanted: Q(classification=None) if wanted == UNSAID else Q(classification__counts=wanted),
        value=_word,
        tone=lambda row: TONES[LegalClass(row.counts)] if row.counts else "bad",
        note=_at_least,
    ),
    Column(
        name="applies_from",
        label=_("Duties from"),
        field="classification__applies_from",
        kind="day",
        value=lambda row: row.applies_from,
    ),
    Column(
        name="state",
        label=_("Standing"),
        kind="tag",
        filtered=True,
        sortable=False,
        options=tuple(STATES.items()),
        narrow=_narrow_state,
        value=lambda row: row.state,
        tone=lambda row: _STATE_TONES[row.state],
    ),
    Column(
        name="law_version",
        label=_("Version of the law"),
        field="classification__law_version",
        value=lambda row: row.law_version,
    ),
    Column(name="owner", label=_("Owner"), kind="person", sortable=False, value=lambda row: row.owner),
)


def classifications(actor: Actor, query: ListQuery) -> Page[ClassRow]:
    """Return one page of the systems that are not retired, with their classes, in three queries."""
    permit(actor, "read", "inventory")
    rows = models.AISystem.objects.filter(organisation_id=actor.organisation_id).select_related("classification")
    rows = rows.exclude(stage=str(Stage.RETIREMENT)).order_by("name", "system_id")
    page = paginate(rows, query, CLASS_COLUMNS, _row)
    names = names_of(actor.organisation_id, (row.owner for row in page.rows))
    return replace(page, rows=tuple(replace(row, owner=names.get(row.owner, row.owner)) for row in page.rows))


def legal_class(actor: Actor, system_id: str, registered: SystemRecord | None = None) -> ClassifiedSystem:
    """Return the class of one system with its reasoning, under the version of the law that it was answered under.

    ``registered`` is the system, where it was read already.

    Raises:
        InventoryUnknown: there is no system of that id.
    """
    permit(actor, "read", "inventory")
    shown = registered or ai_system(actor, system_id)
    rows = models.Classification.objects.filter(organisation_id=actor.organisation_id, system__system_id=system_id)
    row, law = rows.first(), load_law()
    system = shown.system
    hints = near(law, law.versions[-1], system.name, system.purpose, system.deployment_context)
    if row is None:
        return ClassifiedSystem(system, shown.owner_name, None, hints)
    answers = answers_of(row.answers, row.law_version)
    found = classify(law, row.law_version, answers)
    record = ClassRecord(
        answers=answers,
        found=found,
        version=row.version,
        entry_id=EntryId(row.entry_id),
        made_by=row.made_by,
        made_at=row.made_at,
        approved=row.approved,
        counts=LegalClass(row.counts),
        said=LegalClass(row.klass),
        said_from=None if _is_held(row) else row.applies_from,
        is_corrected=is_corrected(row, found),
        before=None if row.approved else _before(law, row.before),
    )
    return ClassifiedSystem(system, shown.owner_name, record, hints)


# house: allow permit-first: looks at what was read with permission
def is_corrected(row: models.Classification, found: Classification) -> bool:
    """Return whether something else follows from answers than when they were given, by the same version of the law."""
    said = (row.klass, row.at_least, row.open_questions)
    day = found.applies_from if _is_held(row) else row.applies_from
    return (*said, day) != (str(found.klass), str(found.at_least), len(found.open), found.applies_from)


def _is_held(row: models.Classification) -> bool:
    """Return whether what was approved before counts, and its day stands in the row."""
    return not row.approved and bool(row.before.get("counts"))


def _before(law: Law, kept: dict[str, Any]) -> ClassBefore | None:
    if not kept:
        return None
    answers = answers_of(kept["answers"], kept["law_version"])
    found = classify(law, kept["law_version"], answers)
    return ClassBefore(answers, found, EntryId(kept["entry_id"]), counts=bool(kept.get("counts")))


# house: allow permit-first: asks the law or its caller, reads no record
def first_answers(system: AISystem, near: Iterable[Option] = ()) -> Answers:
    """Return what a questionnaire begins with: what the inventory knows; never "none" where a point comes near."""
    ids = {option.id for option in near}
    close = {question.id for question in load_law().questions if ids & {option.id for option in question.options}}
    known = known_answers(system)
    return Answers(given={name: said for name, said in known.items() if said != (NONE,) or name not in close})


# house: allow permit-first: asks the law or its caller, reads no record
def answers_of(stored: dict[str, Any], under: str) -> Answers:
    """Return stored answers as the rules take them."""
    return Answers(given={question: tuple(said) for question, said in stored.items()}, under=under)


# house: allow permit-first: asks the law or its caller, reads no record
def law_now(on: date) -> tuple[Law, str]:
    """Return the law, and the id of the version that is in force on a day."""
    law = load_law()
    return law, law.in_force(on).id


def _row(row: models.AISystem) -> ClassRow:
    made = getattr(row, "classification", None)  # a system without a class has no row beside it
    if made is None:
        return ClassRow(row.system_id, row.name, row.owner, "", "", "", "", None, 0, False, None)
    return ClassRow(
        row.system_id, row.name, row.owner, made.klass, made.counts, made.at_least, made.law_version, made.applies_from,
        made.open_questions, made.approved, made.made_at,
    )  # fmt: skip
