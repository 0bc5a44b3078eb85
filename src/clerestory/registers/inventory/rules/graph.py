"""Where the boxes of a picture of relations stand: around the centre on both sides, so that it stays low."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, BOX, HIGH, GAP, HEAD = 960, 270, 36, 8, 26
LONGEST = 32
"""So many letters of a name fit into a box."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One box: its corner, and the line that leads to it from the centre."""

    x: int
    y: int
    line: str

    @property
    def text_x(self) -> int:
        """Where its text begins."""
        return self.x + 12

    @property
    def text_y(self) -> int:
        """The line that its text stands on."""
        return self.y + 23


@dataclass(frozen=True, slots=True)
class Drawing:
    """The places of a picture: height, centre, headings and boxes by group."""

    height: int
    centre: Spot
    heads: tuple[tuple[int, int], ...]
    boxes: tuple[tuple[Spot, ...], ...]


def draw(counts: Sequence[int]) -> Drawing:
    """Place groups of so many boxes, each below the others on the side that has more room."""
    tall = {False: 0, True: 0}
    sides = []
    for count in counts:
        side = tall[True] <= tall[False]
        tall[side] += HEAD + count * (HIGH + GAP) + GAP
        sides.append(side)
    height = max(tall[True], tall[False], HIGH + 2 * GAP) + 2 * GAP
    middle = height // 2
    centre = Spot((WIDTH - BOX) // 2, middle - HIGH // 2, "")
    below = {side: (height - tall[side]) // 2 + GAP for side in tall}
    heads, boxes = [], []
    for right, count in zip(sides, counts, strict=True):
        x = WIDTH - BOX if right else 0
        heads.append((x, below[right] + 16))
        below[right] += HEAD
        placed = []
        for _number in range(count):
            placed.append(Spot(x, below[right], _line(right, middle, below[right] + HIGH // 2)))
            below[right] += HIGH + GAP
        boxes.append(tuple(placed))
        below[right] += GAP
    return Drawing(height, centre, tuple(heads), tuple(boxes))


def shortened(text: str) -> str:
    """Return a name as a box holds it; the whole of it stands in the table."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def _line(right: bool, middle: int, y: int) -> str:
    start, end = ((WIDTH + BOX) // 2, WIDTH - BOX) if right else ((WIDTH - BOX) // 2, BOX)
    bend = (start + end) // 2
    return f"M{start} {middle}C{bend} {middle} {bend} {y} {end} {y}"
