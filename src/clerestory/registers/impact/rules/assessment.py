"""One assessment of an AI system: answers in words, and effects judged line by line on the organisation's scales."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from clerestory.registers.impact.rules import ImpactRefused
from clerestory.registers.impact.rules.method import Method
from clerestory.registers.impact.rules.question import (
    ASKED_BY,
    BY_NAME,
    INDIVIDUAL,
    OPTIONAL,
    QUESTIONS,
    SOCIETAL,
    TOPICS,
)
from clerestory.terms.sentence import gettext as _
from clerestory.terms.sentence import word
from clerestory.terms.text import plain

MOST_EFFECTS = 100
LONGEST_ANSWER = 10_000
NO_HARM = "no harm was found"
"""Stands in the list of findings where no effect is a harm, so that this too is carried on with a reason."""


class Nature(StrEnum):
    """Which way an effect works; ``none`` is the judgement that there is no effect, with its reason."""

    HARM = "harm"
    BENEFIT = "benefit"
    NONE = "none"


class Reach(StrEnum):
    """Whom an effect reaches."""

    INDIVIDUALS = "individuals"
    GROUPS = "groups"
    SOCIETIES = "societies"
    ENVIRONMENT = "environment"


class Cause(StrEnum):
    """Out of what an effect comes."""

    USE = "intended use"
    MISUSE = "misuse"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One judged line: who is affected, what happens, how grave, likely and reversible, why, and what is done.

    Steps of scales count from 1; 0 is not judged. ``remaining_*`` is what is left after the measure.
    """

    effect_id: str
    topic: str
    nature: Nature
    reason: str
    reach: Reach = Reach.INDIVIDUALS
    cause: Cause = Cause.USE
    who: str = ""
    what: str = ""
    severity: int = 0
    likelihood: int = 0
    reversibility: int = 0
    measure: str = ""
    remaining_severity: int = 0
    remaining_likelihood: int = 0
    rests_on: tuple[str, ...] = ()
    """Entries of measured results that the judgement rests on."""

    @property
    def level(self) -> int:
        """Severity times likelihood, before any measure."""
        return self.severity * self.likelihood

    @property
    def remaining(self) -> int:
        """Severity times likelihood of what remains."""
        return self.remaining_severity * self.remaining_likelihood

    @property
    def item(self) -> str:
        """How it stands in the list of findings; an ``@`` would make an item wait for a day, so none is kept."""
        return f"{self.effect_id} {self.topic}: {self.what[:120]}".replace("@", " at ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What is said about one system: answers by question, effects, and characteristics of the use with the reason."""

    system_id: str
    answers: Mapping[str, str] = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()
    marks: tuple[str, ...] = ()
    marks_reason: str = ""

    def said(self, name: str) -> str:
        """Return the answer to a question; empty where there is none."""
        return self.answers.get(name, "").strip()

    def listed(self, name: str) -> tuple[str, ...]:
        """Return an answer that is a list."""
        lines = (line.strip() for line in self.said(name).splitlines())
        return tuple(dict.fromkeys(line for line in lines if line))

    def without_steps(self) -> "Assessment":
        """Return it with each line as it was written, but judged on no scale: steps of another one mean nothing."""
        effects = (
            replace(effect, severity=0, likelihood=0, reversibility=0, remaining_severity=0, remaining_likelihood=0)
            for effect in self.effects
        )
        return replace(self, effects=tuple(effects))

    @property
    def judged(self) -> frozenset[str]:
        """Topics of which it was judged what harm there is, or that there is none; a benefit alone leaves that open."""
        return frozenset(effect.topic for effect in self.effects if effect.nature is not Nature.BENEFIT)

    @property
    def harms(self) -> tuple[Effect, ...]:
        """The lines that are harms, the gravest first."""
        return tuple(
            sorted((e for e in self.effects if e.nature is Nature.HARM), key=lambda e: (-e.level, e.effect_id))
        )

    @property
    def severity_highest(self) -> int:
        """The highest severity of any harm; 0 where there is none."""
        return max((effect.severity for effect in self.harms), default=0)

    def findings(self, method: Method) -> tuple[str, ...]:
        """Return the harms that call for treatment, as the trace is counted by them; or that no harm was found."""
        found = tuple(effect.item for effect in self.to_treat(method))
        return found or (NO_HARM,)

    def to_treat(self, method: Method) -> tuple[Effect, ...]:
        """Return the harms that call for treatment by the method: grave and likely enough, or not reversible."""
        steps = len(method.scales.get("reversibility", ()))
        return tuple(e for e in self.harms if e.level >= method.treat_from or (steps and e.reversibility >= steps))

    def open_points(self, *, deep: bool, people_heard: bool) -> tuple[str, ...]:
        """Return what is not said yet: questions by name, topics as ``effect:topic``, and who was not heard."""
        asked = [q.name for q in QUESTIONS if (q.always or deep) and q.name not in OPTIONAL]
        lacking = [name for name in asked if not self.said(name)]
        lacking += [] if self.marks_reason.strip() else ["use"]
        lacking += [f"effect:{topic}" for topic in TOPICS if topic not in self.judged]
        if not any(effect.nature is Nature.BENEFIT for effect in self.effects):
            lacking.append("benefit")
        if deep and not people_heard and not self.said("not_heard"):
            lacking.append("not_heard")
        return tuple(lacking)

    def covers(self, *, approved_method: bool) -> tuple[str, ...]:
        """Return what it covers of the four lists it is counted by; a word of two lists only where both are covered."""
        lists = (
            {topic: topic in self.judged for topic in INDIVIDUAL},
            {topic: topic in self.judged for topic in SOCIETAL},
            self._questions(),
            self._report(approved_method),
        )
        words = dict.fromkeys(word for held in lists for word in held)
        return tuple(word for word in words if all(held.get(word, True) for held in lists))

    def _questions(self) -> dict[str, bool]:
        answered = {item: all(self.said(name) for name in names) for item, names in ASKED_BY.items()}
        benefit = any(effect.nature is Nature.BENEFIT for effect in self.effects)
        return answered | {"harms": self.judged >= set(TOPICS), "benefits": benefit}

    def _report(self, approved_method: bool) -> dict[str, bool]:
        return {
            "purpose": bool(self.said("purpose")),
            "system": bool(self.said("capabilities") and self.said("deployment_context")),
            "data": bool(self.said("data_used")),
            "groups": bool(self.listed("affected_groups")),
            "effects": self.judged >= set(TOPICS),
            "measures": bool(self.said("measures")),
            "remaining effects": bool(self.said("remaining")),
            "approval": approved_method,
        }


def check_answers(answers: Mapping[str, str]) -> None:
    """Refuse answers to what is not asked, and text that no screen shows."""
    for name, text in answers.items():
        if name not in BY_NAME:
            raise ImpactRefused(
                _("{name!r} is no question of the assessment.", name=name),
                _("Use: {choices}.", choices=", ".join(BY_NAME)),
            )
        if text.strip():
            plain(text, word(name.replace("_", " ")), longest=LONGEST_ANSWER, lines=True)


def check_effect(effect: Effect, method: Method, known_entries: Iterable[str]) -> None:
    """Refuse a line without who, what or reason, off the scales, or that grew by its measure."""
    if effect.topic not in TOPICS:
        raise ImpactRefused(
            _("{topic!r} is no topic of effects.", topic=effect.topic),
            _("Use one of: {choices}.", choices=", ".join(TOPICS)),
        )
    plain(effect.reason, _("reason of the judgement"), longest=4000, lines=True)
    if effect.nature is Nature.NONE:
        if effect.severity or effect.likelihood or effect.measure:
            raise ImpactRefused(
                _("No effect is expected, and one is rated."), _("Choose harm or benefit, or rate nothing.")
            )
        return
    plain(effect.who, _("group that is affected"), longest=400)
    plain(effect.what, _("effect"), longest=2000, lines=True)
    for scale, place in (("severity", effect.severity), ("likelihood", effect.likelihood)):
        _check_step(method, scale, place)
    unknown = [entry for entry in effect.rests_on if entry not in set(known_entries)]
    if unknown:
        raise ImpactRefused(
            _("{unknown} is no measured result of this system.", unknown=unknown[0]), _("Choose results of the list.")
        )
    if effect.nature is Nature.HARM:
        _check_harm(effect, method)


def _check_harm(effect: Effect, method: Method) -> None:
    _check_step(method, "reversibility", effect.reversibility)
    remaining = (effect.remaining_severity, effect.remaining_likelihood)
    if any(remaining) and not effect.measure.strip():
        raise ImpactRefused(
            _("Something remains, and no measure is named."), _("Name the measure, or rate no remainder.")
        )
    if effect.measure.strip():
        plain(effect.measure, _("measure"), longest=4000, lines=True)
        _check_step(method, "severity", effect.remaining_severity)
        _check_step(method, "likelihood", effect.remaining_likelihood)
        if effect.remaining > effect.level:
            raise ImpactRefused(
                _("More remains than there was before the measure."), _("Correct one of the two ratings.")
            )


def _check_step(method: Method, scale: str, place: int) -> None:
    steps: Sequence[str] = method.scales.get(scale, ())
    if not 1 <= place <= len(steps):
        raise ImpactRefused(
            _("The {scale} is not judged.", scale=word(scale)), _("Choose one of: {choices}.", choices=", ".join(steps))
        )
