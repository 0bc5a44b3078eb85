"""What was tried against a gap and what it changed, as a value and as a document."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite

from clerestory.assurance.fairness.mitigation.comparison import Change, GroupRates
from clerestory.assurance.statistics.interval import Interval
from clerestory.intake.data import Dataset
from clerestory.intake.manifest import Manifest

TREATMENT = (
    "Thresholds that differ by group decide on people by the group they belong to. That may be unlawful disparate "
    "treatment: 42 U.S.C. 2000e-2(l) forbids different cutoff scores by race, colour, religion, sex or national origin "
    "in tests for employment, 15 U.S.C. 1691 discrimination in credit, Directives 2000/43/EC, 2004/113/EC and "
    "2006/54/EC direct discrimination. They are shown because a reason was declared; it was not examined."
)
IN_TRAINING = (
    "Weights use the group of people in the training data only; nobody's group is asked when the model decides. "
    "Whether data on groups may be used for training is for whoever answers for the data to say."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One way that was tried, with decisions before and after side by side; ``parts``: what it consists of."""

    method: str
    before: str
    after: str
    caution: str
    declared: str
    changes: tuple[Change, ...]
    groups: tuple[GroupRates, ...]
    parts: Mapping[str, str]

    @property
    def sentence(self) -> str:
        """Say in one sentence what it did to the gap, and for what price."""
        gap, price = self.changes[0], self.changes[-1]
        if gap.before is None or gap.after is None or gap.change is None or price.change is None:
            return f"{self.method}: too few people in one of the two groups to say."
        # Smaller in size: it fell, and not so far below 0 as it stood above.
        smaller = gap.change.high < 0 < gap.before.low + gap.after.low
        grown = "".join(
            f"; the {item.name} grew from {item.before.value:.3f} to {item.after.value:.3f}"
            for item in self.changes[:3]
            if item.before is not None and item.after is not None and _grew(item.before, item.after)
        )
        return (
            f"{self.method}: the gap of selection rates went from {gap.before.value:.3f} to {gap.after.value:.3f}, "
            f"{'surely' if smaller else 'not surely'} smaller (change {_text(gap.change)}, {chance_text(gap.p)}); "
            f"accuracy changed by {_text(price.change)} ({chance_text(price.p)}){grown}."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mitigation:
    """A finished try: on what, between which two groups, and what each way changed."""

    manifest: Manifest
    data: Mapping[str, Dataset]
    tool: str
    started_at: datetime
    feature: str
    high: str
    low: str
    trained_on: int
    held_out: int
    left_out: int
    model: str
    attempts: tuple[Attempt, ...]

    def document(self) -> Mapping[str, object]:
        """Return the document of ``clerestory mitigate --json``; what is not there is null."""
        return {
            "system": self.manifest.system.id,
            "tool": self.tool,
            "started_at": self.started_at.isoformat(),
            "manifest_digest": self.manifest.digest,
            "data": {use: {"location": item.location, "digest": item.digest} for use, item in self.data.items()},
            "sensitive_feature": self.feature,
            "groups_compared": [self.high, self.low],
            "rows": {"trained_on": self.trained_on, "held_out": self.held_out, "left_out": self.left_out},
            "model": self.model,
            "attempts": [_attempt(item) for item in self.attempts],
        }


def _attempt(item: Attempt) -> Mapping[str, object]:
    return {
        "method": item.method,
        "before": item.before,
        "after": item.after,
        "caution": item.caution,
        "declared_reason": item.declared or None,
        "says": item.sentence,
        "values": [
            {
                "name": value.name,
                "before": _interval(value.before),
                "after": _interval(value.after),
                "change": _interval(value.change),
                "p": value.p,
                "n": value.n,
            }
            for value in item.changes
        ],
        "by_group": [
            {
                "group": group.group,
                "n": group.n,
                "judged": group.judged,
                "rates": {
                    name: {"before": _interval(before), "after": _interval(after)}
                    for name, (before, after) in group.rates.items()
                },
            }
            for group in item.groups
        ],
        "parts": dict(item.parts),
    }


def _interval(found: Interval | None) -> Mapping[str, float] | None:
    if found is None or not all(isfinite(end) for end in (found.value, found.low, found.high)):
        return None
    return {"value": found.value, "low": found.low, "high": found.high}


def chance_text(p: float | None) -> str:
    """Return a p-value as text; below a millionth it says no more than that."""
    return "" if p is None else "p < 0.000001" if p < 1e-6 else f"p = {p:.2g}"


def _grew(before: Interval, after: Interval) -> bool:
    """Whether a gap is further from 0 than it was, and surely not 0."""
    return abs(after.value) > abs(before.value) and not after.low <= 0 <= after.high


def _text(found: Interval) -> str:
    return f"{found.value:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"
