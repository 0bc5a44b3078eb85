"""The log of human reviews: what was proposed, what was decided, by whom and in what time."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np

from clerestory.assurance.parameter import Parameters
from clerestory.assurance.running.columns import Floats, chosen, numbers, plain_word, texts
from clerestory.assurance.running.window import AS_OF, Window, column, log_of, over, window_of
from clerestory.assurance.trial import Move

_NO = ("", "false", "no", "0")
PARAMETERS = (
    log_of("reviews.*", "one review a row"),
    column("at", "reviewed_at", "moment at which the person decided"),
    column("proposed", "proposed", "what the system proposed"),
    column("final", "final", "what the person decided"),
    column("reviewer", "reviewer", "who reviewed, by pseudonym; may be missing"),
    column("case", "case_id", "the case that was reviewed; may be missing"),
    column("seconds", "seconds", "time from first sight to decision; may be missing"),
    column("planted", "planted", "not empty where a wrong proposal was planted: which kind; may be missing"),
    over("P30D"),
    AS_OF,
)
"""What every check of reviews declares alike."""


@dataclass(frozen=True, slots=True)
class Reviews:
    """Reviews of a window, row by row; ``unusable`` have no readable moment, proposal or decision."""

    proposed: list[str]
    final: list[str]
    reviewer: list[str]
    case: list[str]
    seconds: Floats
    planted: list[str]
    unusable: int
    window: Window

    @property
    def overruled(self) -> list[bool]:
        """Whether the person decided otherwise than the system proposed; another spelling is no other decision."""
        pairs = zip(self.proposed, self.final, strict=True)
        return [plain_word(proposed) != plain_word(final) for proposed, final in pairs]


def reviews(parameters: Parameters, *, planted: bool) -> Generator[Move, Any, Reviews]:
    """Read the reviews of the window: those of planted errors, or all others."""
    name = {key: parameters.text(key) for key in ("proposed", "final", "reviewer", "case", "seconds", "planted")}
    window = yield from window_of(
        parameters,
        parameters.text("at"),
        (name["proposed"], name["final"]),
        tuple(name[key] for key in ("reviewer", "case", "seconds", "planted")),
    )
    kinds = texts(window.table, name["planted"])
    wanted = np.array([(kind.lower() not in _NO) == planted for kind in kinds], dtype=np.bool_)
    sides = [texts(window.table, name[key]) for key in ("proposed", "final")]
    whole = np.array([all(pair) for pair in zip(*sides, strict=True)], dtype=np.bool_)
    table = chosen(window.table, wanted & whole)
    rows = int((wanted & whole).sum())
    return Reviews(
        proposed=texts(table, name["proposed"]),
        final=texts(table, name["final"]),
        reviewer=[plain_word(who) for who in texts(table, name["reviewer"])],
        case=texts(table, name["case"]),
        seconds=numbers(table, name["seconds"]) if name["seconds"] in table else np.full(rows, np.nan),
        planted=texts(table, name["planted"]),
        unusable=int((wanted & ~whole).sum()) + (0 if planted else window.unreadable),
        window=window,
    )


def figures(found: Reviews) -> dict[str, str]:
    """Return what reviews show for people and for the fact: their number, overrules and median time."""
    known = found.seconds[np.isfinite(found.seconds) & (found.seconds >= 0)]
    notes = {"reviews": str(len(found.proposed)), "overrides": str(sum(found.overruled))}
    return notes | ({"median seconds": f"{float(np.median(known)):.6g}"} if len(known) else {})


def as_fields(notes: dict[str, str]) -> dict[str, str | int | bool]:
    """Return the fields of the fact that `figures` noted."""
    fields: dict[str, str | int | bool] = {name: int(notes[name]) for name in ("reviews", "overrides") if name in notes}
    return fields | ({"median_seconds": notes["median seconds"]} if "median seconds" in notes else {})
