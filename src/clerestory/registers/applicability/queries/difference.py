"""Two versions of the statement, control by control: what was decided, why, and where its evidence stood."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.registers.applicability.queries.own import OwnRecord
from clerestory.registers.applicability.queries.statement import StatementVersion, statements
from clerestory.registers.applicability.queries.status import Implementation, implementations_at
from clerestory.registers.applicability.rules import Line, annex_titles

_WORDS = re.compile(r"\s+|[^\s]+")
Said = tuple[tuple[str, str], ...]
"""A reason in pieces, each with ``same``, ``added`` or ``removed``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDifference:
    """One control in two versions; ``before`` or ``after`` is None where that version does not have it."""

    control: str
    title: str
    before: Line | None
    after: Line | None
    reason: Said
    then: Implementation | None
    now: Implementation | None

    @property
    def is_decided_anew(self) -> bool:
        """Whether the decision, its reason or what it rests on differs."""
        one, other = self.before, self.after
        if one is None or other is None:
            return True
        return (one.included, one.justification, one.ground, one.behind) != (
            other.included,
            other.justification,
            other.ground,
            other.behind,
        )

    @property
    def has_moved(self) -> bool:
        """Whether its evidence stands otherwise than when the older version was issued, which had it."""
        return self.before is not None and (self.then and self.then.conformity) != (self.now and self.now.conformity)

    @property
    def added(self) -> tuple[tuple[str, str], ...]:
        """Records that it rests on now and did not."""
        return tuple(pair for pair in _behind(self.after) if pair not in _behind(self.before))

    @property
    def removed(self) -> tuple[tuple[str, str], ...]:
        """Records that it rested on and does not now."""
        return tuple(pair for pair in _behind(self.before) if pair not in _behind(self.after))


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementDifference:
    """Two versions of the statement side by side; the statuses are those of ``then_at`` and ``now_at``."""

    before: StatementVersion
    after: StatementVersion
    then_at: datetime
    now_at: datetime
    rows: tuple[RowDifference, ...]


def statement_difference(actor: Actor, before: int, after: int, *, now: datetime) -> StatementDifference:
    """Return what two versions of the statement say of each control, and where it stood at the older and stands now.

    Raises:
        StatementUnknown: there is no such version.
    """
    permit(actor, "read", "applicability")
    one, other = statements(actor, (before, after))
    old, new = ({str(line.control): line for line in version.lines} for version in (one, other))
    own = tuple({record.entry_id: record for record in (*one.own, *other.own)}.values())
    known = annex_titles()
    today, then = implementations_at(actor, (_newest(own, new), _newest(own, old)), now=now, earlier=one.issued_at)
    rows = tuple(
        RowDifference(
            control=control,
            title=gettext(known[control]) if control in known else _title(new.get(control) or old.get(control)),
            before=old.get(control),
            after=new.get(control),
            reason=_changed_words(_reason(old.get(control)), _reason(new.get(control))),
            then=then.get(control),
            now=today.get(control),
        )
        for control in dict.fromkeys((*new, *old))
    )
    return StatementDifference(before=one, after=other, then_at=one.issued_at, now_at=now, rows=rows)


def _changed_words(before: str, after: str) -> Said:
    """Return a text in pieces, word by word: what stayed, what went and what came."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    pieces: list[tuple[str, str]] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(("same", "".join(old[a:b])))
            continue
        if b > a:
            pieces.append(("removed", "".join(old[a:b])))
        if d > c:
            pieces.append(("added", "".join(new[c:d])))
    return tuple(pieces)


def _newest(own: tuple[OwnRecord, ...], lines: Mapping[str, Line]) -> list[OwnRecord]:
    return [record for record in own if (line := lines.get(record.control_id)) and line.entry_id == record.entry_id]


def _behind(line: Line | None) -> tuple[tuple[str, str], ...]:
    return () if line is None else line.behind


def _reason(line: Line | None) -> str:
    return "" if line is None else line.justification


def _title(line: Line | None) -> str:
    return "" if line is None else line.own_title
