"""A census: every thing on a list is looked at, and each is kept, broken or cannot be judged. No sample is drawn.

The number of broken things is known up to what could not be judged: it is at least what was found, and at most that
plus everything unjudged. Those two ends are the interval, and they hold whatever the unjudged things are.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.tally import TrialCell, TrialTally

UNJUDGED = "not judged"
_SHOWN = 20
_NOTE = 240


@dataclass(slots=True)
class Census:
    """Collects, while a trial goes on, what came of each thing; ``tally`` writes it down."""

    _judged: Counter[str] = field(default_factory=Counter)
    _broken: Counter[str] = field(default_factory=Counter)
    _unjudged: Counter[str] = field(default_factory=Counter)
    _lines: dict[str, list[str]] = field(default_factory=dict)
    _notes: dict[str, str] = field(default_factory=dict)
    _left: dict[str, list[str]] = field(default_factory=dict)

    def kept(self, kind: str, things: int = 1) -> None:
        """Count things of a kind that are as they should be."""
        self._judged[kind] += things

    def broken(self, kind: str, what: str) -> None:
        """Count one thing that is not as it should be; ``what`` names it and says why."""
        self._judged[kind] += 1
        self._broken[kind] += 1
        self._lines.setdefault(f"{kind}: broken", []).append(what)

    def unjudged(self, kind: str, what: str) -> None:
        """Count one thing that could not be judged; ``what`` names it and says why."""
        self._unjudged[kind] += 1
        self._lines.setdefault(f"{kind}: {UNJUDGED}", []).append(what)

    def judged(self, kind: str, what: str, faults: list[str]) -> None:
        """Count one thing as broken where it has faults, all in one line, and as kept where it has none."""
        if faults:
            self.broken(kind, f"{what}: {', '.join(faults)}")
        else:
            self.kept(kind)

    def left_out(self, why: str, what: str) -> None:
        """Note a finding that is not counted as broken; how many there are, and ``why``, is shown."""
        self._left.setdefault(why, []).append(what)

    def note(self, name: str, text: str) -> None:
        """Keep a figure for people; no row of data and no personal data."""
        self._notes[name] = text

    def tally(self) -> TrialTally:
        """Return what was counted, with the first lines of what is broken or could not be judged."""
        cells = [TrialCell(kind=(kind,), n=n, hits=self._broken[kind]) for kind, n in self._judged.items() if n]
        cells += [TrialCell(kind=(kind, UNJUDGED), n=n) for kind, n in self._unjudged.items() if n]
        notes = self._notes | {name: _cut(lines) for name, lines in self._lines.items()}
        notes |= {f"not counted, {why}": f"{len(lines)}: {_cut(lines)}" for why, lines in self._left.items()}
        return TrialTally(cells=tuple(sorted(cells, key=lambda cell: cell.kind)), notes=tuple(sorted(notes.items())))


def counted(check: str, method: str, tally: TrialTally, *, details: Mapping[str, str] | None = None) -> Measurement:
    """Return the number of broken things, from those found to those found plus all that could not be judged.

    With nothing judged at all there is nothing to conclude.
    """
    judged = sum(cell.n for cell in tally.cells if UNJUDGED not in cell.kind[1:])
    unjudged = sum(cell.n for cell in tally.cells if UNJUDGED in cell.kind[1:])
    broken = float(sum(cell.hits for cell in tally.cells))
    return Measurement(
        check=check,
        method=method,
        method_version="1",
        value=broken if judged else None,
        low=broken if judged else None,
        high=broken + unjudged if judged else None,
        n=judged,
        by_group=_by_kind(tally),
        share_unassessable=unjudged / (judged + unjudged) if judged + unjudged else 1.0,
        reason=None if judged else Reason.INSUFFICIENT_DATA,
        details={**dict(tally.notes), **(details or {})},
    )


def _by_kind(tally: TrialTally) -> tuple[GroupResult, ...]:
    unjudged = {cell.kind[0]: cell.n for cell in tally.cells if UNJUDGED in cell.kind[1:]}
    found = {cell.kind[0]: cell for cell in tally.cells if UNJUDGED not in cell.kind[1:]}
    lines = dict(tally.notes)
    return tuple(_shown(kind, found.get(kind), unjudged.get(kind, 0), lines) for kind in sorted({*found, *unjudged}))


def _shown(kind: str, cell: TrialCell | None, unjudged: int, lines: Mapping[str, str]) -> GroupResult:
    """Return a kind with its interval; the note names what was found first, so that nobody has to look further."""
    parts = [f"{cell.hits} of {cell.n}{_first(lines.get(f'{kind}: broken'))}"] if cell is not None else []
    parts += [f"{unjudged} {UNJUDGED}{_first(lines.get(f'{kind}: {UNJUDGED}'))}"] if unjudged else []
    note = "; ".join(parts)
    if cell is None:
        return GroupResult(group=kind, value=None, low=None, high=None, n=0, assessed=False, note=note)
    hits = float(cell.hits)
    return GroupResult(group=kind, value=hits, low=hits, high=hits + unjudged, n=cell.n, note=note)


def _first(lines: str | None) -> str:
    if not lines:
        return ""
    return f": {lines}" if len(lines) <= _NOTE else f": {lines[: _NOTE - 3]}..."


def _cut(lines: list[str]) -> str:
    """Write the first lines in the order of their text, so that equal findings give the equal note."""
    shown = [line if len(line) <= 300 else f"{line[:297]}..." for line in sorted(lines)[:_SHOWN]]
    more = len(lines) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more else "")
