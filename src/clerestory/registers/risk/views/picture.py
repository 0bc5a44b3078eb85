"""Geometry of the pictures: loss curves, arrows in the matrix, and the bow-tie. Each has a table beside it on its page.

Only numbers, words and class names leave here; templates write the SVG, without any style attribute.
"""

import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clerestory.registers.risk.queries.counts import Moved
from clerestory.registers.risk.queries.residual import Barrier
from clerestory.registers.risk.rules.money import Appetite, Curve
from clerestory.registers.risk.rules.scale import Criteria

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 300, 52, 40, 14
CELL_WIDE, CELL_HIGH, MARGIN = 104, 64, 46
LINE = 15
COLUMN, GAP, MIDDLE = 190, 130, 170


@dataclass(frozen=True, slots=True)
class Mark:
    """A text at a place."""

    x: float
    y: float
    text: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class CurveDrawing:
    """Loss exceedance curves as paths, with the marks of both axes."""

    width: int
    height: int
    left: int
    base: int
    before: str
    now: str
    appetite: str
    across: tuple[Mark, ...]
    up: tuple[Mark, ...]


def curve_drawing(before: Curve, now: Curve, appetite: Appetite | None) -> CurveDrawing | None:
    """Draw how likely a year costs more than an amount, before measures and with those that hold; None without loss."""
    limits = appetite.points if appetite else ()
    amounts = [amount for points in (before.points, now.points, limits) for amount, _p in points if amount > 0]
    if not before.points or not amounts:
        return None
    low, high = math.floor(math.log10(min(amounts))), math.ceil(math.log10(max(amounts)))
    high = max(high, low + 1)
    likely = max([p for _a, p in (*before.points, *limits)], default=1.0)
    top = max(math.ceil(likely * 10) / 10, 0.1)

    def place(point: tuple[float, float]) -> str:
        amount, p = point
        x = LEFT + (WIDTH - LEFT - 16) * (math.log10(max(amount, 10**low)) - low) / (high - low)
        return f"{x:.1f},{HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * min(p, top) / top:.1f}"

    def across(power: int) -> float:
        return round(LEFT + (WIDTH - LEFT - 16) * (power - low) / (high - low), 1)

    step = max(1, math.ceil((high - low) / 6))
    ticks = [top * part / 4 for part in range(5)]
    return CurveDrawing(
        WIDTH,
        HEIGHT,
        LEFT,
        HEIGHT - BOTTOM,
        " ".join(map(place, before.points)),
        " ".join(map(place, now.points)),
        " ".join(map(place, limits)),
        tuple(Mark(across(power), HEIGHT - BOTTOM + 18, _amount(10.0**power)) for power in range(low, high + 1, step)),
        tuple(
            Mark(LEFT - 8, round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * p / top, 1), f"{100 * p:.3g} %")
            for p in ticks
        ),
    )


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow from one cell to another; ``count`` risks went that way, or came new where it has no beginning."""

    x1: float
    y1: float
    x2: float
    y2: float
    name: str
    wide: float
    count: int
    text_x: float
    text_y: float


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the matrix as a rectangle with its level."""

    x: float
    y: float
    level: str


@dataclass(frozen=True, slots=True)
class MapDrawing:
    """The matrix with arrows from where risks were to where they are."""

    width: int
    height: int
    cell_wide: int
    cell_high: int
    cells: tuple[Cell, ...]
    arrows: tuple[Arrow, ...]
    marks: tuple[Mark, ...]

    @property
    def across(self) -> float:
        """The middle of the matrix from the left, where the name of its lower axis stands."""
        return (MARGIN + self.width) / 2

    @property
    def along(self) -> float:
        """The middle of the matrix from above, where the name of its upright axis stands."""
        return (self.height - 44) / 2


def map_drawing(criteria: Criteria, moved: Iterable[Moved]) -> MapDrawing:
    """Draw where risks went in the matrix; those of other scales are left to the table."""
    rows, columns = len(criteria.matrix), criteria.widest
    cells = tuple(
        Cell(MARGIN + CELL_WIDE * (right - 1), CELL_HIGH * (rows - up), str(criteria.matrix[up - 1][right - 1]))
        for up in range(rows, 0, -1)
        for right in range(1, columns + 1)
    )
    ways: dict[tuple[int, int, int, int], int] = {}
    for one in moved:
        if one.likelihood <= rows and one.consequence <= columns and one.likelihood:
            way = (one.from_likelihood, one.from_consequence, one.likelihood, one.consequence)
            ways[way] = ways.get(way, 0) + 1
    marks = [
        *(Mark(MARGIN - 10, CELL_HIGH * (rows - up) + CELL_HIGH / 2 + 4, str(up)) for up in range(1, rows + 1)),
        *(
            Mark(MARGIN + CELL_WIDE * (right - 0.5), CELL_HIGH * rows + 18, str(right), "below")
            for right in range(1, columns + 1)
        ),
    ]
    arrows = tuple(_arrow(rows, way, count) for way, count in sorted(ways.items()))
    width, height = MARGIN + CELL_WIDE * columns + 4, CELL_HIGH * rows + 44
    return MapDrawing(width, height, CELL_WIDE - 4, CELL_HIGH - 4, cells, arrows, tuple(marks))


@dataclass(frozen=True, slots=True)
class Box:
    """A box with lines of text, and a line to the event."""

    x: float
    y: float
    high: float
    lines: tuple[Mark, ...]
    from_x: float
    from_y: float
    to_x: float
    to_y: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A barrier across the lines; one that fails is broken and crossed out."""

    x: float
    top: float
    base: float
    label: str
    label_y: float
    holds: bool


@dataclass(frozen=True, slots=True)
class BowTie:
    """Causes, barriers before, the event, barriers after, consequences."""

    width: int
    height: float
    column: int
    middle: int
    event: Box
    causes: tuple[Box, ...]
    consequences: tuple[Box, ...]
    bars: tuple[Bar, ...]


def bow_tie(event: str, causes: Sequence[str], consequences: Sequence[str], barriers: Sequence[Barrier]) -> BowTie:
    """Draw a risk as a bow-tie: what lowers its likelihood stands before the event, what lowers consequences after."""
    left, right = [_lines(text, 26, 4) for text in causes], [_lines(text, 26, 4) for text in consequences]
    middle = _lines(event, 19, 7)
    high = max(_stack(left), _stack(right), len(middle) * LINE + 40, 120) + 40
    center = high / 2 + 12
    event_x = COLUMN + GAP
    width = 2 * COLUMN + 2 * GAP + MIDDLE
    return BowTie(
        width,
        high,
        COLUMN,
        MIDDLE,
        _box(event_x, center - (len(middle) * LINE + 20) / 2, middle, 0, 0, 0, 0),
        tuple(_side(left, 0, high, (COLUMN, event_x), center)),
        tuple(_side(right, COLUMN + 2 * GAP + MIDDLE, high, (event_x + MIDDLE, 0), center)),
        (
            *_bars([b for b in barriers if b.reduction.likelihood or b.reduction.frequency], COLUMN, high),
            *_bars([b for b in barriers if b.reduction.consequence or b.reduction.loss], event_x + MIDDLE, high),
        ),
    )


def _amount(value: float) -> str:
    for size, sign in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g} {sign}"
    return f"{value:g}"


def _arrow(rows: int, way: tuple[int, int, int, int], count: int) -> Arrow:
    def middle(up: int, right: int) -> tuple[float, float]:
        return MARGIN + CELL_WIDE * (right - 0.5) - 2, CELL_HIGH * (rows - up + 0.5) - 2

    x2, y2 = middle(way[2], way[3])
    if not way[0] or way[0] > rows:
        return Arrow(x2, y2, x2, y2, "new", 5, count, x2 + 10, y2 - 8)
    x1, y1 = middle(way[0], way[1])
    length = math.hypot(x2 - x1, y2 - y1) or 1.0
    away_x, away_y = (y2 - y1) / length * 6, (x1 - x2) / length * 6
    near_x, near_y = (x2 - x1) / length * 14, (y2 - y1) / length * 14
    name = "worse" if way[2] + way[3] > way[0] + way[1] else "better"
    return Arrow(
        round(x1 + away_x + near_x, 1),
        round(y1 + away_y + near_y, 1),
        round(x2 + away_x - near_x, 1),
        round(y2 + away_y - near_y, 1),
        name,
        min(1.5 + count / 2, 6),
        count,
        round((x1 + x2) / 2 + 2.5 * away_x, 1),
        round((y1 + y2) / 2 + 2.5 * away_y + 4, 1),
    )


def _lines(text: str, wide: int, most: int) -> list[str]:
    found = textwrap.wrap(text, wide) or ["–"]
    return found if len(found) <= most else [*found[: most - 1], found[most - 1][: wide - 1] + "…"]


def _stack(boxes: Sequence[Sequence[str]]) -> float:
    return sum(len(lines) * LINE + 34 for lines in boxes)


def _box(x: float, y: float, lines: Sequence[str], x1: float, y1: float, x2: float, y2: float) -> Box:
    texts = tuple(Mark(x + 10, round(y + 22 + LINE * row, 1), text) for row, text in enumerate(lines))
    return Box(x, round(y, 1), len(lines) * LINE + 20, texts, x1, round(y1, 1), x2, round(y2, 1))


def _side(
    boxes: Sequence[Sequence[str]], x: float, high: float, ends: tuple[float, float], center: float
) -> Iterable[Box]:
    y = 24 + (high - 24 - _stack(boxes)) / 2
    for lines in boxes:
        tall = len(lines) * LINE + 20
        start = ends[0] if x == 0 else x
        end = ends[1] if x == 0 else ends[0]
        yield _box(x, y, lines, start, y + tall / 2, end, center)
        y += tall + 14


def _bars(barriers: Sequence[Barrier], x: float, high: float) -> Iterable[Bar]:
    for place, barrier in enumerate(barriers, start=1):
        name = barrier.reduction.measure.partition("|")[0]
        label = name if len(name) <= 16 else f"{name[:15]}…"
        across = round(x + GAP * place / (len(barriers) + 1), 1)
        yield Bar(across, 34, high - 8, label, 12 + 13 * ((place - 1) % 2), barrier.holds)
