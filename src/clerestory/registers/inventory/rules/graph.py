"""Where the boxes of a picture of relations stand: what leads to the centre on the left, the rest on the right."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, BOX, HIGH, GAP, HEAD = 960, 300, 36, 8, 26
LONGEST = 36
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
    """The places of a picture: height, centre, headings and boxes by group and side."""

    height: int
    centre: Spot
    heads: tuple[tuple[int, int], ...]
    boxes: tuple[tuple[Spot, ...], ...]


def draw(groups: Sequence[tuple[bool, int]]) -> Drawing:
    """Place groups of boxes: whether each leads outward, and how many boxes it has."""
    tall = {
        side: sum(HEAD + count * (HIGH + GAP) + GAP for out, count in groups if out is side) for side in (True, False)
    }
    height = max(tall[True], tall[False], HIGH + 2 * GAP) + 2 * GAP
    middle = height // 2
    centre = Spot((WIDTH - BOX) // 2, middle - HIGH // 2, "")
    below = {side: (height - tall[side]) // 2 + GAP for side in tall}
    heads, boxes = [], []
    for out, count in groups:
        x = WIDTH - BOX if out else 0
        heads.append((x, below[out] + 16))
        below[out] += HEAD
        placed = []
        for _number in range(count):
            placed.append(Spot(x, below[out], _line(out, middle, below[out] + HIGH // 2)))
            below[out] += HIGH + GAP
        boxes.append(tuple(placed))
        below[out] += GAP
    return Drawing(height, centre, tuple(heads), tuple(boxes))


def shortened(text: str) -> str:
    """Return a name as a box holds it; the whole of it stands in the table."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def _line(out: bool, middle: int, y: int) -> str:
    start, end = ((WIDTH + BOX) // 2, WIDTH - BOX) if out else ((WIDTH - BOX) // 2, BOX)
    bend = (start + end) // 2
    return f"M{start} {middle}C{bend} {middle} {bend} {y} {end} {y}"
