"""Thresholds for sensitive and restricted uses: which use asks for how much, who approves it, and which is refused."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from clerestory.registers.impact.rules import ImpactRefused
from clerestory.registers.impact.rules.assessment import Assessment
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain


class Weight(StrEnum):
    """What follows for a use that meets a criterion."""

    ORDINARY = "ordinary"
    SENSITIVE = "sensitive"
    RESTRICTED = "restricted"
    REFUSED = "refused"


RANK = {weight: place for place, weight in enumerate(Weight)}
MARKS = (
    "biometric identification", "emotion recognition", "children", "employment", "education", "credit and insurance",
    "essential services", "health care", "law enforcement", "justice and elections", "critical infrastructure",
    "social scoring", "manipulation",
)  # fmt: skip
"""Characteristics of a use that somebody names with a reason."""
OF_AREA = {
    "biometrics": "biometric identification", "infrastructure": "critical infrastructure", "education": "education",
    "employment": "employment", "public benefits": "essential services", "credit": "credit and insurance",
    "insurance": "credit and insurance", "emergency": "essential services", "law enforcement": "law enforcement",
    "migration": "law enforcement", "justice and elections": "justice and elections",
}  # fmt: skip
"""Which characteristic the inventory says already, by the area in which a system is used."""
MEASURES = ("high tier", "high autonomy", "severe harm", "irreversible harm")
"""Criteria that follow from inventory and judged effects; nobody picks them."""
CRITERIA = (*MARKS, *MEASURES)
_DEFAULTS = {
    "social scoring": Weight.REFUSED, "manipulation": Weight.REFUSED, "emotion recognition": Weight.RESTRICTED,
    "biometric identification": Weight.RESTRICTED, "law enforcement": Weight.RESTRICTED,
    "justice and elections": Weight.RESTRICTED,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """One version: what follows from each criterion, from which steps on, and who approves; own uses besides."""

    weights: Mapping[str, Weight] = field(
        default_factory=lambda: {name: _DEFAULTS.get(name, Weight.SENSITIVE) for name in CRITERIA}
    )
    own: tuple[tuple[str, Weight], ...] = ()
    severity_from: int = 4
    autonomy_from: int = 4
    roles: Mapping[Weight, str] = field(
        default_factory=lambda: {Weight.SENSITIVE: "", Weight.RESTRICTED: "top_management"}
    )
    reason: str = ""

    @property
    def marks(self) -> tuple[str, ...]:
        """The characteristics that an assessor chooses from: those that are known everywhere, and the own ones."""
        return (*MARKS, *(name for name, _weight in self.own))

    def weight_of(self, name: str) -> Weight:
        """Return what follows from a criterion."""
        return dict(self.own).get(name, self.weights.get(name, Weight.ORDINARY))


@dataclass(frozen=True, slots=True)
class Met:
    """A criterion that a use meets, what follows, and the words for why: named by somebody, or with the figure."""

    name: str
    weight: Weight
    because: str
    figure: int | None = None


@dataclass(frozen=True, slots=True)
class Depth:
    """How much an assessment must say: the weightiest criterion met decides, and all that are met are told."""

    weight: Weight
    met: tuple[Met, ...]
    approver_role: str

    @property
    def deep(self) -> bool:
        """Whether every question is to be answered and affected people are to be heard."""
        return self.weight is not Weight.ORDINARY


def check_thresholds(said: Thresholds, roles: frozenset[str]) -> None:
    """Refuse unknown criteria and roles, own uses that shadow a known one, and thresholds without a reason."""
    unknown = [name for name in said.weights if name not in CRITERIA]
    if unknown:
        raise ImpactRefused(
            _("{unknown!r} is no criterion.", unknown=unknown[0]), _("Use: {choices}.", choices=", ".join(CRITERIA))
        )
    for name, _weight in said.own:
        plain(name, _("own use"), longest=120)
    names = [name.casefold() for name, _weight in said.own]
    if len(set(names)) < len(names) or set(names) & set(CRITERIA):
        raise ImpactRefused(_("A use stands there twice."), _("Name each use once."))
    for role in said.roles.values():
        if role and role not in roles:
            raise ImpactRefused(
                _("{role!r} is no role that approves.", role=role),
                _("Use one of: {choices}.", choices=", ".join(sorted(roles))),
            )
    if not 1 <= said.severity_from <= 7 or not 1 <= said.autonomy_from <= 5:
        raise ImpactRefused(
            _("A threshold lies outside of its scale."), _("Severity goes from 1 to 7, autonomy from 1 to 5.")
        )
    plain(said.reason, _("reason for the thresholds"), longest=4000, lines=True)


def depth_of(
    said: Assessment,
    thresholds: Thresholds,
    *,
    tier: str | None,
    autonomy: int | None,
    irreversible_from: int,
    areas: Iterable[str] = (),
) -> Depth:
    """Return which criteria a use meets. An unknown tier is taken as high, as everywhere; never as low.

    Where the inventory says that a system is used in an area, nobody has to name that, and nobody can leave it out.
    """
    found: list[tuple[str, str, int | None]] = [(mark, said.marks_reason, None) for mark in said.marks]
    known = dict.fromkeys(OF_AREA[area] for area in areas if area in OF_AREA)
    found += [(mark, "the inventory says that it is used there", None) for mark in known if mark not in said.marks]
    if tier in (None, "high"):
        because = "the tier is high" if tier else "the tier is not known, so it is taken as high"
        found.append(("high tier", because, None))
    if autonomy is not None and autonomy >= thresholds.autonomy_from:
        found.append(("high autonomy", "level of autonomy", autonomy))
    if said.severity_highest >= thresholds.severity_from:
        found.append(("severe harm", "a harm of severity", said.severity_highest))
    if irreversible_from and any(effect.reversibility >= irreversible_from for effect in said.harms):
        found.append(("irreversible harm", "a harm that cannot be undone", None))
    met = [Met(name, thresholds.weight_of(name), because, figure) for name, because, figure in found]
    met = [one for one in met if one.weight is not Weight.ORDINARY]
    met.sort(key=lambda one: (-RANK[one.weight], one.name))
    weight = met[0].weight if met else Weight.ORDINARY
    role = thresholds.roles.get(Weight.RESTRICTED if weight is Weight.REFUSED else weight, "")
    return Depth(weight, tuple(met), role)


def check_marks(marks: tuple[str, ...], reason: str, thresholds: Thresholds) -> None:
    """Refuse characteristics that are not on the list, and any judgement about them without its reason."""
    unknown = [mark for mark in marks if mark not in thresholds.marks]
    if unknown:
        raise ImpactRefused(
            _("{unknown!r} is no characteristic of a use.", unknown=unknown[0]),
            _("Use: {choices}.", choices=", ".join(thresholds.marks)),
        )
    plain(reason, _("reason for these characteristics"), longest=4000, lines=True)
