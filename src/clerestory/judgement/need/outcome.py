"""What came out of judging one need for one member, kept small: wording is found later, for the few that are shown."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from clerestory.judgement.row import Node, Row
from clerestory.judgement.status import State

END = datetime.max.replace(tzinfo=UTC)
"""The moment of what never ages."""

HOLDS, LAPSED, MISSING, INCONCLUSIVE, FAIL = State


class Reason(NamedTuple):
    """Why a need does not hold, as a code of `phrase.TEMPLATES` with the row it is about."""

    code: str
    node: Node | None = None
    """The subject concerned; None stands for the member itself."""
    row: Row | None = None
    more: tuple[tuple[str, str], ...] = ()


class Outcome:
    """State of one need for one member. ``rows`` are what it rests on.

    ``holds_until`` is the last moment at which it still holds, ``until`` the last at which nothing about it changes
    by time alone. ``have`` of ``need`` counts coverage; ``need`` is -1 where none is asked.
    """

    __slots__ = ("have", "holds_until", "need", "reasons", "rows", "state", "until")

    def __init__(
        self,
        state: State,
        rows: tuple[Row, ...] = (),
        holds_until: datetime = END,
        until: datetime = END,
        reasons: tuple[Reason, ...] = (),
        have: int = 0,
        need: int = -1,
    ) -> None:
        self.state = state
        self.rows = rows
        self.holds_until = holds_until
        self.until = until
        self.reasons = reasons
        self.have = have
        self.need = need


def same(one: Outcome, other: Outcome) -> bool:
    """Tell whether two outcomes say the same."""
    return all(getattr(one, name) == getattr(other, name) for name in Outcome.__slots__)


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """Combine the outcomes of several subjects for one member: the worst decides."""
    if len(outcomes) == 1:
        return outcomes[0]
    counted = [o for o in outcomes if o.need >= 0]
    return Outcome(
        max(o.state for o in outcomes),
        _flat(o.rows for o in outcomes),
        min(o.holds_until for o in outcomes),
        min(o.until for o in outcomes),
        tuple(reason for o in outcomes for reason in o.reasons),
        sum(o.have for o in counted),
        sum(o.need for o in counted) if counted else -1,
    )


def _flat(rows: Iterable[tuple[Row, ...]]) -> tuple[Row, ...]:
    return tuple(row for some in rows for row in some)
