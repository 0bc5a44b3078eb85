"""A measurement: what a check found, with its interval, its groups and what it left out. No verdict stands here."""

import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from clerestory.assurance.criterion import NotFinite
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import number_text
from clerestory.terms.fact import Document

T = typing.TypeVar("T", str, int, bool)
CONFIDENCE = 0.95
"""Confidence of every interval."""


class Reason(StrEnum):
    """Why nothing could be concluded."""

    INSUFFICIENT_DATA = "insufficient data"
    CROSSES_LIMIT = "interval crosses the limit"
    LABELS_MISSING = "labels missing or late"
    NOT_CALIBRATED = "judge not calibrated"
    ASSUMPTION_BROKEN = "assumption broken"
    PARTIAL_RUN = "partial run"
    UNJUDGED_SHARE = "too much left unjudged"
    TOO_MANY_GROUPS = "more than 1,000 groups"


class MeasurementUnreadable(ClerestoryError):
    """A document is no measurement of this version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResult:
    """One group, column or rule: its value and interval, its size, and whether it was judged.

    ``note`` says why it was not judged, or what else is to be known of it.
    """

    group: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    assessed: bool = True
    note: str = ""

    def __post_init__(self) -> None:
        _check(self.value, self.low, self.high, self.group)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """The value of a check with its 95 % interval in the same unit, and everything needed to judge it.

    ``value`` is None when nothing could be measured; ``reason`` then says why. ``n`` counts the rows measured.
    ``share_unassessable`` is the share of people (or of columns) that were shown but not judged; above
    ``max_unjudged_share`` the check cannot pass. ``details`` are further figures as text, for people. ``figures`` are
    fields of their own of the fact that the check emits, ``covers`` the items of a declared list found in order, and
    ``lists`` such lists themselves, by the name that the catalogue gives them, where the check is told what they hold.
    """

    check: str
    method: str
    method_version: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    by_group: tuple[GroupResult, ...] = ()
    share_unassessable: float = 0.0
    max_unjudged_share: float = 1.0
    reason: Reason | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, str | int | bool] = field(default_factory=dict)
    covers: tuple[str, ...] = ()
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check(self.value, self.low, self.high, self.check)
        if self.value is None and self.reason is None:
            raise NotFinite(f"{self.check} has neither value nor reason.", "Report this as a fault of the check.")


def measurement_document(measurement: Measurement) -> Document:
    """Write a measurement as a document of text, integers and lists; a missing number is left out."""
    written: dict[str, object] = {
        "check": measurement.check,
        "method": measurement.method,
        "method_version": measurement.method_version,
        **_numbers(measurement),
        "n": measurement.n,
        "by_group": [_group_document(result) for result in measurement.by_group],
        "share_unassessable": number_text(measurement.share_unassessable),
        "max_unjudged_share": number_text(measurement.max_unjudged_share),
        "details": dict(measurement.details),
    }
    if measurement.reason is not None:
        written["reason"] = str(measurement.reason)
    if measurement.figures:
        written["figures"] = dict(measurement.figures)
    if measurement.covers:
        written["covers"] = list(measurement.covers)
    if measurement.lists:
        written["lists"] = {name: list(items) for name, items in measurement.lists.items()}
    return written


def read_measurement(document: object) -> Measurement:
    """Read a measurement back; the inverse of `measurement_document`.

    Raises:
        MeasurementUnreadable: a part is missing, unknown or of the wrong type.
    """
    try:
        measurement = _measurement(typing.cast(Mapping[str, typing.Any], document))
        if measurement_document(measurement) == document:
            return measurement
    except (AttributeError, KeyError, TypeError, ValueError, NotFinite):
        pass
    raise MeasurementUnreadable("A document is no measurement.", "Use the version that wrote it, and do not edit it.")


def _measurement(document: Mapping[str, typing.Any]) -> Measurement:
    return Measurement(
        check=_is(str, document["check"]),
        method=_is(str, document["method"]),
        method_version=_is(str, document["method_version"]),
        value=_number(document.get("value")),
        low=_number(document.get("low")),
        high=_number(document.get("high")),
        n=_is(int, document["n"]),
        by_group=tuple(_group(item) for item in document["by_group"]),
        share_unassessable=float(document["share_unassessable"]),
        max_unjudged_share=float(document["max_unjudged_share"]),
        reason=None if "reason" not in document else Reason(document["reason"]),
        details={_is(str, name): _is(str, item) for name, item in document["details"].items()},
        figures={_is(str, name): _figure(item) for name, item in document.get("figures", {}).items()},
        covers=tuple(_is(str, item) for item in document.get("covers", ())),
        lists={
            _is(str, name): tuple(_is(str, item) for item in items) for name, items in document.get("lists", {}).items()
        },
    )


def _group_document(result: GroupResult) -> Document:
    return {"group": result.group, **_numbers(result), "n": result.n, "assessed": result.assessed, "note": result.note}


def _group(document: Mapping[str, typing.Any]) -> GroupResult:
    return GroupResult(
        group=_is(str, document["group"]),
        value=_number(document.get("value")),
        low=_number(document.get("low")),
        high=_number(document.get("high")),
        n=_is(int, document["n"]),
        assessed=_is(bool, document["assessed"]),
        note=_is(str, document["note"]),
    )


def _is(kind: type[T], item: object) -> T:
    """Return the item if it is of the kind; a truth value is no integer."""
    if not isinstance(item, kind) or (kind is int and isinstance(item, bool)):
        raise TypeError(f"{item!r} is no {kind.__name__}")
    return item


def _figure(item: object) -> str | int | bool:
    """Return a further field of the fact: text, count or truth value."""
    if not isinstance(item, str | int):
        raise TypeError(f"{item!r} is no field of a fact")
    return item


def _numbers(item: Measurement | GroupResult) -> dict[str, str]:
    numbers = {"value": item.value, "low": item.low, "high": item.high}
    return {name: number_text(number) for name, number in numbers.items() if number is not None}


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)


def _check(value: float | None, low: float | None, high: float | None, where: str) -> None:
    """Refuse NaN, infinities, an interval without its value and a value outside its interval."""
    if value is None and low is None and high is None:
        return
    if value is None or low is None or high is None or not float("-inf") < low <= value <= high < float("inf"):
        raise NotFinite(
            f"{where}: {value} with interval [{low}, {high}] is no measurement.", "Report this as a fault of the check."
        )
