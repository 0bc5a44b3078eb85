"""What all needs of one judgement share: the catalogue, the framework, the facts and the moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from clerestory.catalogue.catalogue import Catalogue
from clerestory.catalogue.framework import Framework
from clerestory.catalogue.rule import Need, Rule
from clerestory.judgement.index import BEGINNING, FactIndex
from clerestory.judgement.need.static import Static
from clerestory.judgement.row import Node
from clerestory.terms.ids import EntryId, RequirementId


@dataclass(slots=True)
class Context:
    """One judgement of one framework at one moment. ``excluded`` are the controls excluded by approved decision."""

    catalogue: Catalogue
    framework: Framework
    index: FactIndex
    at: datetime
    excluded: Mapping[RequirementId, EntryId]
    lists: dict[str, dict[Node, object]] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The day of ``at`` in UTC."""
        return self.at.date()


@dataclass(frozen=True, slots=True)
class Bound:
    """How strict a need is for one tier: its age, the moment before which nothing counts, and what must be true."""

    age: timedelta | None
    floor: datetime
    static: Static


class Bounds(dict[str, Bound]):
    """The bound of each tier, made when it is first asked for; a tier only tightens."""

    def __init__(self, context: Context, rule: Rule, need: Need) -> None:
        super().__init__()
        self._context, self._rule, self._need = context, rule, need
        self._alike = not any(need.kind in by_kind for by_kind in rule.by_tier.values())

    def __missing__(self, tier: str) -> Bound:
        first = next(iter(self.values()), None)
        found = first if first and self._alike else _bound(self._context, self._rule, self._need, tier)
        self[tier] = found
        return found


def _bound(context: Context, rule: Rule, need: Need, tier: str) -> Bound:
    tighter = rule.by_tier.get(tier, {}).get(need.kind)
    ages = [age for age in (need.max_age, tighter.max_age if tighter else None) if age is not None]
    age = min(ages, default=None)
    floor = BEGINNING if age is None or context.at - BEGINNING < age else context.at - age
    static = Static(
        context.index,
        need,
        independent=need.independent or bool(tighter and tighter.independent),
        reproduced=need.reproduced or bool(tighter and tighter.reproduced),
    )
    return Bound(age, floor, static)
