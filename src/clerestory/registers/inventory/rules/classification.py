"""The class of an AI system under the EU AI Act: words, answers, steps and results. Not legal advice.

A class is derived from answers and one version of the law, never chosen; an unknown answer never gives a lower class.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from clerestory.catalogue.law.read import Law, LawVersion, Option, Question
from clerestory.registers.inventory.rules.record import NO_AREA, AIRole, AISystem, InventoryRefused
from clerestory.terms.sentence import gettext as _

YES, NO, NONE = "yes", "no", "none"
POINTS: Mapping[str, str] = {
    "credit": "III.5b", "insurance": "III.5c", "public benefits": "III.5a", "emergency": "III.5d",
    "infrastructure": "III.2",
}  # fmt: skip
"""Areas of use, as the inventory knows them, that are one point of Annex III each; others hold several."""


class LegalClass(StrEnum):
    """What the law makes of a system, from strict to free; unknown is no class."""

    UNKNOWN = "unknown"
    PROHIBITED = "prohibited"
    HIGH = "high-risk"
    EXEMPT = "exempt"
    TRANSPARENCY = "transparency"
    MINIMAL = "minimal"
    OUTSIDE = "outside"


class Finding(StrEnum):
    """What one step of the reasoning found."""

    OPEN = "open"
    GOES_ON = "goes on"
    OUTSIDE = "outside"
    OPEN_SOURCE = "open source"
    PROHIBITED = "prohibited"
    EXCEPTED = "excepted"
    CLEAR = "clear"
    HIGH = "high-risk"
    HIGH_SECTOR = "high-risk by sector"
    PROFILES = "profiles"
    EXEMPT = "exempt"
    NO_EXEMPTION = "no exemption"
    TOLD = "told"
    GPAI = "general-purpose"
    SYSTEMIC = "systemic"
    ROLES = "roles"
    BECOMES = "becomes provider"
    MANUFACTURER = "manufacturer as provider"
    BEFORE = "on the market before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was answered, by question, under which version of the law; a question without an answer is unknown."""

    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    under: str = ""

    def yes_no(self, question_id: str) -> bool | None:
        """Return a yes or a no; None is unknown."""
        said = self.given.get(question_id, ())
        return None if not said else said[0] == YES

    def day(self, question_id: str) -> date | None:
        """Return a day; None is unknown."""
        said = self.given.get(question_id, ())
        return date.fromisoformat(said[0]) if said else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the reasoning: what was asked, what was answered, what follows, by which article, and from when."""

    question: str
    article: str
    title: str
    answers: tuple[str, ...]
    finding: Finding
    version: str
    applies_from: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyFrom:
    """A duty that follows, its first day, and where in the management system it is answered."""

    id: str
    article: str
    text: str
    applies_from: date
    here: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """What follows from the answers: a class or what is at least so, its reasoning, the duties, and what is open."""

    klass: LegalClass
    at_least: LegalClass
    applies_from: date | None
    roles: tuple[str, ...]
    flags: frozenset[str]
    steps: tuple[Step, ...]
    duties: tuple[DutyFrom, ...]
    open: tuple[str, ...]
    version: str

    @property
    def is_told(self) -> bool:
        """Whether the class can be told."""
        return self.klass is not LegalClass.UNKNOWN

    @property
    def is_complete(self) -> bool:
        """Whether class and duties can be told: nothing that decides is open."""
        return self.is_told and not self.open

    @property
    def gpai(self) -> str:
        """Whether we answer for a general-purpose model: systemic, model, or nothing."""
        return "systemic" if "gpai_systemic" in self.flags else "model" if "gpai" in self.flags else ""


STRICT = (
    LegalClass.PROHIBITED, LegalClass.HIGH, LegalClass.EXEMPT, LegalClass.TRANSPARENCY, LegalClass.MINIMAL,
    LegalClass.OUTSIDE,
)  # fmt: skip
"""Classes from strict to free."""


def stricter(one: LegalClass, other: LegalClass) -> LegalClass:
    """Return the stricter of two classes; unknown is none."""
    return min((one, other), key=lambda klass: STRICT.index(klass) if klass in STRICT else len(STRICT))


def asks_less(said: Classification, before: Classification) -> bool:
    """Return whether less follows from what is said than before: a lower class, or of the same class fewer duties.

    While the class cannot be told, what is known for certain is compared; a duty that counts from later on is fewer.
    """
    now, held = (one.klass if one.is_told else one.at_least for one in (said, before))
    if now is not held:
        return lower(now, held)
    days = {duty.id: duty.applies_from for duty in said.duties}
    return any(duty.id not in days or days[duty.id] > duty.applies_from for duty in before.duties)


def lower(now: LegalClass, before: LegalClass) -> bool:
    """Return whether a class is freer than another."""
    return now is not before and stricter(now, before) is before


def offered(question: Question, version: LawVersion) -> tuple[Option, ...]:
    """Return the options that a question has in a version of the law."""
    return tuple(option for option in question.options if not option.only or version.id in option.only)


def is_asked(question: Question, version: LawVersion) -> bool:
    """Return whether a version of the law has a question at all."""
    return not question.only or version.id in question.only


def known_answers(system: AISystem) -> dict[str, tuple[str, ...]]:
    """Return what the inventory knows already; the person who classifies confirms or changes it.

    An area of use that is a point of Annex III by itself is that point; what is said to lie in none of the areas is in
    none of these uses, and no safety part of a product. Whom a system talks with stands in its record too.
    """
    known: dict[str, tuple[str, ...]] = {"system": (YES,)}
    roles = {AIRole.PROVIDER: "provider", AIRole.PRODUCER: "provider", AIRole.CUSTOMER: "deployer"}
    if held := tuple(dict.fromkeys(roles[role] for role in system.ai_role if role in roles)):
        known["roles"] = held
    if system.use_areas == (NO_AREA,):
        known |= {"areas": (NONE,), "product": (NONE,)}
    elif points := tuple(POINTS[area] for area in system.use_areas if area in POINTS):
        known["areas"] = points
    if system.interacts:
        known["transparency"] = ("50(1)",)
    return known


def low_risk_answers(law: Law, version: LawVersion, known: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return what the answers would be where nothing applies: what is known, and "none" to every list that allows it.

    It is what a person is asked to confirm of a system of low risk, never an answer by itself. Who plays which role,
    and what is asked with yes or no besides whether the law looks at it at all, is never assumed.
    """
    none = {question.id: (NONE,) for question in law.questions if question.kind == "many" and question.none}
    asked = {question.id for question in law.questions if is_asked(question, version)}
    return {name: said for name, said in {"reach": (YES,), **none, **known}.items() if name in asked}


def near(law: Law, version: LawVersion, *texts: str) -> tuple[Option, ...]:
    """Return the points that the words of a purpose come near; a hint where to look, never an answer."""
    said = " ".join(texts).casefold()
    options = (option for question in law.questions for option in offered(question, version))
    return tuple(option for option in options if any(hint in said for hint in option.hints))


def check_answers(law: Law, version: LawVersion, given: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse answers to questions that do not exist, unknown points, "none" beside a point, and days that are none."""
    for question_id, said in given.items():
        question = law.question(question_id)
        if question.kind == "yes_no" and (len(said) != 1 or said[0] not in (YES, NO)):
            raise InventoryRefused(
                _("{title}: {said!r} is no answer.", title=_(question.title), said=", ".join(said)), _("Say yes or no.")
            )
        if question.kind == "day":
            _check_day(question, said)
        if question.kind in ("many", "exceptions"):
            source = law.question(question.of) if question.of else question
            known = {option.id for option in offered(source, version)} | ({NONE} if question.none else set())
            odd = [point for point in said if point not in known]
            if odd:
                raise InventoryRefused(
                    _("{title}: there is no point {odd!r}.", title=_(question.title), odd=odd[0]),
                    _("Take the points of the questionnaire."),
                )
            if NONE in said and len(said) > 1:
                raise InventoryRefused(
                    _(
                        "{title}: none of these, and {said}.",
                        title=_(question.title),
                        said=said[0] if said[0] != NONE else said[1],
                    ),
                    _("Untick the one or the other."),
                )


def _check_day(question: Question, said: tuple[str, ...]) -> None:
    try:
        (text,) = said
        date.fromisoformat(text)
    except ValueError as error:
        raise InventoryRefused(
            _("{title}: {said!r} is no day.", title=_(question.title), said=", ".join(said)),
            _("Write it as YYYY-MM-DD."),
        ) from error
