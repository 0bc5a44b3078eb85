"""The tallies of one part, such as a day, in a form that adds up: what all days share once, and one row of counts.

Most of a window's size is the counts of columns along the points of one reference. On each day only these counts are
new, so a state is a *form* (requests, points, reference) and a row of 64-bit counts; states of one form are added up as
arrays. Tallies that are no sum of counts along one form (extremes, groups that come and go) are kept beside it and go
through `merge`.
"""

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clerestory.assurance.tally import value as v
from clerestory.assurance.tally.document import (
    TallyUnreadable,
    read_request,
    read_tally,
    request_document,
    tally_document,
)
from clerestory.assurance.tally.merge import NotMergeable, merge
from clerestory.assurance.tally.request import REFERENCE, Request

Counts = NDArray[np.int64]
_FORMAT = "clerestory-state-1"
_COUNTED = v.TwoSampleTally | v.CategoryTally | v.NullTally | v.RangeTally


@dataclass(frozen=True)
class Form:
    """What tallies of several days have in common: their requests, and for each its tally with all counts 0."""

    blanks: tuple[tuple[Request, v.Tally], ...]

    @cached_property
    def body(self) -> bytes:
        """The form as bytes; equal forms have equal bytes."""
        items = [[request_document(request), tally_document(blank)] for request, blank in self.blanks]
        return json.dumps(items, sort_keys=True, separators=(",", ":")).encode()

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the bytes."""
        return hashlib.sha256(self.body).hexdigest()

    @cached_property
    def size(self) -> int:
        """How many counts a state of this form has."""
        return sum(1 for _, blank in self.blanks for _ in _counts_of(blank))


@dataclass(frozen=True)
class State:
    """The tallies of one day: counts along a form, and the tallies beside it."""

    form: Form
    counts: Counts
    rest: Mapping[Request, v.Tally]

    def to_bytes(self) -> bytes:
        """Write the state without its form, which it names by digest."""
        rest = [[request_document(request), tally_document(tally)] for request, tally in self.rest.items()]
        head = json.dumps({"format": _FORMAT, "form": self.form.digest, "rest": rest}).encode()
        return len(head).to_bytes(8, "little") + head + zlib.compress(self.counts.astype("<i8").tobytes(), 1)


def pack(tallies: Mapping[Request, v.Tally]) -> State:
    """Return the state of the tallies of one day."""
    blanks, counts = [], []
    rest: dict[Request, v.Tally] = {}
    for request, tally in tallies.items():
        if isinstance(tally, _COUNTED) and getattr(request, "data", None) != REFERENCE:
            row = list(_counts_of(tally))
            counts += row
            blanks.append((request, _with(tally, iter([0] * len(row)))))
        else:
            rest[request] = tally
    return State(Form(tuple(blanks)), np.array(counts, dtype=np.int64), rest)


def merge_states(states: Sequence[State]) -> tuple[dict[Request, v.Tally], dict[Request, NotMergeable]]:
    """Return the tallies of all days together, and why others cannot be had.

    Raises:
        NotMergeable: the states are of different forms, so not of the same requests against the same reference.
    """
    if not states or len({state.form.digest for state in states}) > 1:
        raise NotMergeable(
            "The states are of different requests or references.", "Count every day with the same checks and reference."
        )
    counts: list[int] = np.stack([state.counts for state in states]).sum(axis=0).tolist()
    total = iter(counts)
    merged: dict[Request, v.Tally] = {}
    for request, blank in states[0].form.blanks:
        merged[request] = _with(blank, total)
    refused: dict[Request, NotMergeable] = {}
    for request in dict.fromkeys(request for state in states for request in state.rest):
        try:
            merged[request] = merge(request, [state.rest[request] for state in states if request in state.rest])
        except NotMergeable as error:
            refused[request] = error
    return merged, refused


def read_form(body: bytes) -> Form:
    """Read a form back; the inverse of `Form.body`.

    Raises:
        TallyUnreadable: the bytes have another form.
    """
    try:
        return Form(tuple((read_request(request), read_tally(blank)) for request, blank in json.loads(body)))
    except (ValueError, TypeError) as error:
        raise _unreadable() from error


def form_of(body: bytes) -> str:
    """Return the digest of the form that the bytes of a state name."""
    return str(_head(body)["form"])


def read_state(body: bytes, form: Form) -> State:
    """Read a state back; the inverse of `State.to_bytes`.

    Raises:
        TallyUnreadable: the bytes have another form, or the state is of another one.
    """
    head = _head(body)
    try:
        counts = np.frombuffer(zlib.decompress(body[8 + int.from_bytes(body[:8], "little") :]), dtype="<i8")
        rest = {read_request(request): read_tally(tally) for request, tally in head["rest"]}
    except (zlib.error, ValueError, TypeError) as error:
        raise _unreadable() from error
    if head["form"] != form.digest or len(counts) != form.size:
        raise _unreadable()
    return State(form, counts.astype(np.int64), rest)


def _head(body: bytes) -> dict[str, Any]:
    try:
        head = json.loads(body[8 : 8 + int.from_bytes(body[:8], "little")])
    except ValueError as error:
        raise _unreadable() from error
    if not isinstance(head, dict) or head.get("format") != _FORMAT or not {"form", "rest"} <= set(head):
        raise _unreadable()
    return head


def _unreadable() -> TallyUnreadable:
    return TallyUnreadable("The state of a day cannot be read.", "Remove the file; its day is counted again.")


def _counts_of(tally: v.Tally) -> Iterator[int]:
    """Yield what adds up from day to day."""
    match tally:
        case v.TwoSampleTally(current=spread):
            yield from (*spread.at, *spread.between, spread.missing, spread.infinite)
        case v.CategoryTally():
            yield from (*tally.counts, tally.other, tally.missing)
        case v.NullTally():
            yield from (tally.rows, tally.missing, tally.not_a_number, tally.infinite)
        case v.RangeTally():
            yield from (tally.rows, tally.missing, tally.infinite, tally.below, tally.above)


def _with(blank: v.Tally, counts: Iterator[int]) -> v.Tally:
    """Return a tally of a form with its counts, taken in the order of `_counts_of`."""

    def take(number: int) -> tuple[int, ...]:
        return tuple(islice(counts, number))

    match blank:
        case v.TwoSampleTally(points=points):
            at, between, (missing, infinite) = take(len(points)), take(len(points) + 1), take(2)
            return replace(blank, current=v.Spread(at=at, between=between, missing=missing, infinite=infinite))
        case v.CategoryTally(counts=old):
            return v.CategoryTally(take(len(old)), *take(2))
        case v.NullTally():
            rows, missing, not_a_number, infinite = take(4)
            return v.NullTally(rows=rows, missing=missing, not_a_number=not_a_number, infinite=infinite)
        case v.RangeTally():
            rows, missing, infinite, below, above = take(5)
            return v.RangeTally(rows=rows, missing=missing, infinite=infinite, below=below, above=above)
    raise TypeError(f"a {type(blank).__name__} has no form")
