"""How consequences are judged (6.1.4, A.5.2): when, by whom, in which steps and on which scales; in versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from clerestory.registers.impact.rules import ImpactRefused
from clerestory.terms.sentence import enumeration, word
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain

SCALES = ("severity", "likelihood", "reversibility")
PARTS = ("triggers", "scope", "roles", "scales", "analysis", "approval", "disclosure", "review")
"""Parts of a method, as the catalogue lists them; triggers and scales are lists of their own."""
WRITTEN = tuple(part for part in PARTS if part not in ("triggers", "scales"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One version of the method. A scale goes from least to gravest; ``treat_from`` is severity times likelihood.

    A harm whose product of severity and likelihood reaches ``treat_from`` calls for treatment.
    """

    triggers: tuple[str, ...]
    texts: Mapping[str, str]
    scales: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    every_months: int = 12
    treat_from: int = 6

    def parts_covered(self) -> tuple[str, ...]:
        """Return the parts that it speaks of."""
        covered = {part for part in WRITTEN if self.texts.get(part, "").strip()}
        covered |= {"triggers"} if self.triggers else set()
        covered |= {"scales"} if all(len(self.scales.get(name, ())) > 1 for name in SCALES) else set()
        return tuple(part for part in PARTS if part in covered)

    def step(self, scale: str, place: int) -> str:
        """Return the word of a step of a scale, counted from 1."""
        steps = self.scales.get(scale, ())
        return steps[place - 1] if 1 <= place <= len(steps) else ""


def check_method(method: Method) -> None:
    """Refuse a method that leaves a part out, or whose scales cannot tell two effects apart."""
    for part, text in method.texts.items():
        if part not in WRITTEN:
            raise ImpactRefused(
                _("{part!r} is no part of a method.", part=part), _("Use: {choices}.", choices=", ".join(WRITTEN))
            )
        if text.strip():
            plain(text, word(part), longest=5000, lines=True)
    for trigger in method.triggers:
        plain(trigger, _("trigger"), longest=300)
    for name in SCALES:
        _check_scale(name, method.scales.get(name, ()))
    missing = [part for part in PARTS if part not in method.parts_covered()]
    if missing:
        raise ImpactRefused(
            _("The method says nothing about: {missing}.", missing=enumeration(missing)),
            _("Say it, in a sentence or two."),
        )
    if not 1 <= method.every_months <= 12:
        raise ImpactRefused(
            _("{every_months} months are no interval.", every_months=method.every_months),
            _("Assess again within 1 to 12 months."),
        )
    most = len(method.scales["severity"]) * len(method.scales["likelihood"])
    if not 1 <= method.treat_from <= most:
        raise ImpactRefused(
            _("No harm can reach {treat_from}.", treat_from=method.treat_from),
            _("Give a number from 1 to {most}.", most=most),
        )


def _check_scale(name: str, steps: Sequence[str]) -> None:
    if not 2 <= len(steps) <= 7:
        raise ImpactRefused(
            _("The scale of {name} has {count} steps.", name=word(name), count=len(steps)),
            _("Give 2 to 7, one per line, least first."),
        )
    if len({step.casefold() for step in steps}) < len(steps):
        raise ImpactRefused(_("A step of {name} stands there twice.", name=word(name)), _("Name each step once."))
    for step in steps:
        plain(step, _("step of {name}", name=word(name)), longest=80)
