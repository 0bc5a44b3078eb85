"""The tables that a bias audit of Local Law 144 publishes, from the counts of `fairness.selection-rate-ratio`.

Rules of the City of New York, title 6: the rates and impact ratios of section 5-301 (b) and (c), people of unknown
category (5-301 (b) (5) and (c) (5)), categories below 2 % that are left out (5-301 (d)). It judges nothing: the law
sets no pass mark. The point rule of four fifths (29 CFR 1607.4 (D)) and the interval stand beside each other.
"""

from dataclasses import dataclass

from clerestory.assurance import groups
from clerestory.assurance.fairness import impact_ratio
from clerestory.assurance.groups import Counted, Family
from clerestory.assurance.parameter import Parameters
from clerestory.assurance.statistics.family import pairs, smallest_ratio
from clerestory.assurance.statistics.interval import Interval
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import MISSING, Tallies

CALCULATED, UNKNOWN, EXCLUDED = "calculated", "unknown category", "excluded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One row of a table: people assessed, selected (or scored above the median), and what follows from the two.

    ``rate`` is None where nobody was assessed; ``impact_ratio`` also where the category takes no part, or where nobody
    of any category was selected.
    """

    values: tuple[str, ...]
    assessed: int
    selected: int
    share: float
    rate: Interval | None
    impact_ratio: float | None
    status: str
    judged: bool

    @property
    def is_below_four_fifths(self) -> bool | None:
        """What the point rule says; None where there is no impact ratio."""
        return None if self.impact_ratio is None else self.impact_ratio < impact_ratio.FOUR_FIFTHS


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The table of one feature or of the intersection of all, with its smallest ratio and the simultaneous interval."""

    features: tuple[str, ...]
    categories: tuple[Category, ...]
    smallest: Interval | None

    @property
    def unknown(self) -> int:
        """People who are in no known category."""
        return sum(item.assessed for item in self.categories if item.status == UNKNOWN)

    @property
    def excluded(self) -> tuple[Category, ...]:
        """Categories that are left out for being small."""
        return tuple(item for item in self.categories if item.status == EXCLUDED)


def audited(tallies: Tallies, parameters: Parameters) -> tuple[Part, ...]:
    """Return the tables: one per sensitive feature in the order of their names, then that of the intersection.

    Rate: selected / assessed, with its Wilson interval; impact ratio: the rate over the highest rate of the table's
    categories that are known and not excluded, rounded nowhere. The smallest ratio has the interval of the check:
    simultaneous over all pairs of judged groups of all tables.

    Args:
        tallies: with the counts that the check wants.
        parameters: those of the check.
    """
    tally = impact_ratio.selected(tallies, parameters)
    features = tuple(sorted(parameters.texts("sensitive_features")))
    families = groups.families(
        tally,
        features,
        groups.selection,
        minimum=parameters.count("min_group_size"),
        intersections=parameters.flag("intersections"),
    )
    kept = impact_ratio.without_small(families, parameters)
    compared = pairs([len(family.judged) for family in kept])
    return tuple(_part(family, features, compared) for family in kept)


def assessed_without_result(tallies: Tallies, parameters: Parameters) -> int:
    """Return how many people have neither been selected nor passed over, or have no score."""
    cells = impact_ratio.selected(tallies, parameters).cells
    return sum(cell.undecided_positive + cell.undecided_negative + cell.undecided_unlabelled for cell in cells)


def _part(family: Family, features: tuple[str, ...], compared: int) -> Part:
    total = sum(item.n for item in family.groups)
    known = [item for item in family.groups if item.n and not impact_ratio.is_unpublished(item)]
    highest = max((item.events / item.n for item in known), default=0.0)
    judged = {rate.group for rate in family.judged}
    return Part(
        features=tuple(features[at] for at in family.axes),
        categories=tuple(_category(item, total, highest, item.group in judged) for item in family.groups),
        smallest=smallest_ratio(family.judged, family=compared) if family.judged else None,
    )


def _category(item: Counted, total: int, highest: float, judged: bool) -> Category:
    status = UNKNOWN if MISSING in item.key else EXCLUDED if impact_ratio.is_unpublished(item) else CALCULATED
    takes_part = status == CALCULATED and item.n and highest
    return Category(
        values=item.key,
        assessed=item.n,
        selected=item.events,
        share=item.n / total if total else 0.0,
        rate=wilson(item.events, item.n) if item.n else None,
        impact_ratio=item.events / item.n / highest if takes_part else None,
        status=status,
        judged=judged,
    )
