"""The fast lane: who took it, and what it proposes from systems that are like one: place and class, with the reason."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clerestory.catalogue.law.read import Option
from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.registers.inventory import models
from clerestory.registers.inventory.queries.classification import law_now
from clerestory.registers.inventory.queries.records import SystemRecord
from clerestory.registers.inventory.rules.classification import (
    STRICT,
    Answers,
    LegalClass,
    known_answers,
    low_risk_answers,
    near,
    stricter,
)
from clerestory.registers.inventory.rules.imported import Known, compare, normal
from clerestory.registers.inventory.rules.law_walk import asked, classify
from clerestory.registers.inventory.rules.record import NO_AREA, AISystem, Stage
from clerestory.store import directory, trace
from clerestory.terms.ids import EntryId, PersonId

_MOST_NEAR, _MOST_WORDS, _MOST_ALIKE = 50, 8, 3
_TELLING = re.compile(r"\w{5,}")
_WEIGHT = {"same model": 5, "same name": 4, "like name": 3, "like purpose": 2, "same supplier": 1}
LIKE_WORDS = {
    "same model": gettext_lazy("same model"),
    "same name": gettext_lazy("same name"),
    "like name": gettext_lazy("like name"),
    "like purpose": gettext_lazy("like purpose"),
    "same supplier": gettext_lazy("same supplier"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRecord:
    """One time that a system took the fast lane; ``ended_by`` says why it dropped out."""

    number: int
    policy: str
    taken_by: PersonId
    taken_at: datetime
    entry_id: EntryId
    ended_at: datetime | None
    ended_by: str


def lanes_of(actor: Actor, system_id: str) -> tuple[LaneRecord, ...]:
    """Return the times that a system took the fast lane, newest first, in one query."""
    permit(actor, "read", "inventory")
    rows = models.FastLane.objects.filter(organisation_id=actor.organisation_id, system__system_id=system_id)
    return tuple(
        LaneRecord(
            number=row.number, policy=row.policy, taken_by=PersonId(row.taken_by), taken_at=row.taken_at,
            entry_id=EntryId(row.entry_id), ended_at=row.ended_at, ended_by=row.ended_by,
        )
        for row in rows.order_by("-number")
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Alike:
    """A registered system that another is like, with what is alike, where it is used, and its class.

    ``answers`` are those of an approved class alone; ``klass`` is also one that nobody approved: it may be stricter.
    """

    system_id: str
    name: str
    reasons: tuple[str, ...]
    place: str
    klass: str
    answers: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Around:
    """The systems that one is most like, the likest first, and whether its own questions of the law were answered."""

    like: tuple[Alike, ...]
    is_classified: bool


def alike(actor: Actor, system: AISystem) -> Around:
    """Return the systems in use that are most like one, in one query.

    Alike is what has a model, a supplier, or words of name and purpose in common; those nearest are compared.
    """
    permit(actor, "read", "inventory")
    versions_of = models.ModelVersion.objects.filter(organisation_id=actor.organisation_id)
    own = versions_of.filter(system__system_id=system.system_id).values("artefact_digest")
    by = trace.leading_to(actor.organisation_id, "ai_system", "supplier", (one[:250] for one in system.suppliers))
    words = set(_TELLING.findall(directory.normalised(f"{system.name} {system.purpose}")))
    told = [(Q(sought__contains=word), 1) for word in sorted(words, key=lambda word: (-len(word), word))[:_MOST_WORDS]]
    points = [(Q(in_model=True), _MOST_WORDS + 2), (Q(system_id__in=by), 1), *told]
    score = sum((Case(When(said, then=n), default=0) for said, n in points), start=Value(0, IntegerField()))
    same = versions_of.filter(system_id=OuterRef("pk"), artefact_digest__in=own)
    rows = models.AISystem.objects.filter(organisation_id=actor.organisation_id).annotate(in_model=Exists(same))
    itself = Q(system_id=system.system_id)
    near = rows.filter(itself | ~Q(stage=str(Stage.RETIREMENT)))
    near = near.order_by(Case(When(itself, then=0), default=1), score.desc(), "system_id")
    found, is_classified = [], False
    for row in rows.filter(pk__in=near.values("pk")[:_MOST_NEAR]).select_related("classification"):
        if row.system_id == system.system_id:
            is_classified = hasattr(row, "classification")
        elif why := _like(system, row, in_model=row.in_model):
            found.append((-max(_WEIGHT[one] for one in why), row.system_id, _alike(row, why)))
    return Around(tuple(one for _weight, _id, one in sorted(found)[:_MOST_ALIKE]), is_classified)


def _like(system: AISystem, row: models.AISystem, *, in_model: bool) -> tuple[str, ...]:
    """Return what is alike about two systems; the same supplier is enough here, for it only proposes."""
    model = ("the same",) if in_model else ()
    one = Known(system.system_id, system.name, system.purpose, system.suppliers, model)
    other = Known(row.system_id, row.name, row.purpose, tuple(row.suppliers), model)
    found = compare(one, other)
    shared = {normal(name) for name in one.suppliers} & {normal(name) for name in other.suppliers}
    return tuple(dict.fromkeys((*(found.reasons if found else ()), *(("same supplier",) if shared else ()))))


def _alike(row: models.AISystem, reasons: tuple[str, ...]) -> Alike:
    made = getattr(row, "classification", None)
    approved = {} if made is None else made.answers if made.approved else made.before.get("answers", {})
    answers = {name: tuple(said) for name, said in approved.items()}
    klass = "" if made is None else str(stricter(LegalClass(made.at_least), LegalClass(made.counts)))
    return Alike(row.system_id, row.name, reasons, row.deployment_context, klass, answers)


def proposed_place(actor: Actor, system: AISystem, around: Around, units: Mapping[str, str]) -> tuple[str, str]:
    """Return where a system is likely used, and why that is proposed; what the record says comes first.

    ``units`` are those of the members, by person.
    """
    permit(actor, "read", "inventory")
    if system.deployment_context:
        return system.deployment_context, _("From the record.")
    for one in around.like:
        if one.place:
            because = ", ".join(str(LIKE_WORDS[reason]) for reason in one.reasons)
            return one.place, _("Proposed, as for %(name)s: %(why)s.") % {"name": one.name, "why": because}
    if mine := units.get(actor.person_id, ""):
        return mine, _("Proposed: your unit.")
    return units.get(system.owner, ""), _("Proposed: the unit of who answers for it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassProposal:
    """A class that a person may confirm, and why: the answers that it follows from, or what speaks against asking."""

    klass: LegalClass
    answers: Mapping[str, tuple[str, ...]]
    why: str
    beside: tuple[Option, ...] = ()
    is_bought: bool = False
    """Whether that we deploy it is taken from nothing but the supplier that its record names."""

    @property
    def key(self) -> str:
        """Tell these answers from others: what was confirmed is what was shown."""
        return sha256(repr(sorted(self.answers.items())).encode()).hexdigest()[:16]


def proposed_class(actor: Actor, record: SystemRecord, around: Around, today: date) -> ClassProposal | None:
    """Return the class that follows for a system of low risk where nothing applies; None where it was answered already.

    The roles come from the record, else from a system that is like it, else from a supplier that the record names.
    Where words come near a point of the law, or a system like it is or may be in a stricter class, approved or not,
    nothing is to be confirmed.
    """
    permit(actor, "read", "inventory")
    if around.is_classified:
        return None
    law, version_id = law_now(today)
    version, system, like = law.version(version_id), record.system, around.like
    if beside := near(law, version, system.name, system.purpose, system.deployment_context):
        return ClassProposal(klass=LegalClass.UNKNOWN, answers={}, why="words", beside=beside)
    strict = next((one for one in like if one.klass in STRICT[:4]), None)
    if strict is not None:
        return ClassProposal(klass=LegalClass(strict.klass), answers={}, why=strict.name)
    known = known_answers(replace(system, use_areas=(NO_AREA,), interacts=False))
    by_alike = next((one for one in like if one.answers.get("roles")), None)
    is_bought = "roles" not in known and by_alike is None and bool(system.suppliers) and not system.ai_role
    if "roles" not in known and by_alike is not None:
        known["roles"] = by_alike.answers["roles"]
    elif is_bought:
        known["roles"] = ("deployer",)
    given = low_risk_answers(law, version, known)
    asks = asked(law, version_id, Answers(given=given, under=version_id))
    given = {name: said for name, said in given.items() if name in asks}
    found = classify(law, version_id, Answers(given=given, under=version_id))
    if not found.is_complete:
        return ClassProposal(klass=LegalClass.UNKNOWN, answers={}, why="open")
    return ClassProposal(klass=found.klass, answers=given, why=by_alike.name if by_alike else "", is_bought=is_bought)
