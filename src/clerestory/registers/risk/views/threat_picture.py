"""Where places and flows of a system stand in its picture: the trust boundary between what is ours and what is not."""

from collections.abc import Iterable
from dataclasses import dataclass

from clerestory.catalogue.threats.fact import Answer
from clerestory.registers.risk.queries import threat_words as words
from clerestory.registers.risk.rules.threat_cover import Crossing

WIDTH, HEIGHT = 640, 470
_PLACES = {
    "users": (5, 58, 150), "developers": (5, 213, 150), "suppliers": (5, 368, 150),
    "data": (245, 50, 150), "model": (245, 213, 150), "retrieval": (206, 378, 110), "memory": (324, 378, 110),
    "outputs": (485, 38, 150), "tools": (485, 153, 150), "agents": (485, 268, 150), "outside": (485, 383, 150),
}  # fmt: skip
"""Left edge, upper edge and width of each place; all are as high."""
_TALL, _MIDDLE = 44, "model"
_LINES = {
    "input": (155, 80, 243, 222), "feedback": (155, 72, 243, 72), "configuration": (155, 235, 243, 235),
    "supply": (155, 390, 243, 248), "training": (320, 94, 320, 211), "retrieval": (261, 378, 292, 259),
    "memory": (379, 378, 348, 259), "output": (395, 222, 483, 62), "tools": (395, 232, 483, 177),
    "agents": (485, 290, 397, 240), "release": (395, 250, 483, 403),
}  # fmt: skip
"""Both ends of each flow."""
_BESIDE = {"tools": 8, "agents": -2}


@dataclass(frozen=True, slots=True)
class Box:
    """One place of the picture."""

    name: str
    label: object
    x: int
    y: int
    width: int
    look: str
    """Inside what we trust, outside of it, open where nobody knows, or absent."""

    @property
    def middle(self) -> int:
        """The middle of the box, from the left."""
        return self.x + self.width // 2

    @property
    def line(self) -> int:
        """Where its words stand."""
        return self.y + _TALL // 2 + 5


@dataclass(frozen=True, slots=True)
class Line:
    """One flow of the picture, with how many threats come over it."""

    crossing: Crossing
    label: object
    start: object
    end: object
    ends: tuple[int, int, int, int]

    @property
    def name(self) -> str:
        """The flow as addresses name it."""
        return self.crossing.flow.id

    @property
    def x(self) -> int:
        """Where its count stands, from the left."""
        return (self.ends[0] + self.ends[2]) // 2

    @property
    def y(self) -> int:
        """Where its count stands, from above."""
        return (self.ends[1] + self.ends[3]) // 2 + _BESIDE.get(self.name, 0)

    @property
    def below(self) -> int:
        """Where the words of its count stand."""
        return self.y + 5

    @property
    def count(self) -> int:
        """Threats that apply or are unassessed."""
        return len(self.crossing.applies) + len(self.crossing.unassessed)

    @property
    def look(self) -> str:
        """How it is drawn: absent, open where nobody knows, crossing or inside."""
        if self.crossing.there is Answer.NO:
            return "absent"
        if self.crossing.there is Answer.OPEN:
            return "open"
        return {Answer.YES: "crossing", Answer.OPEN: "maybe", Answer.NO: "inside"}[self.crossing.crosses]

    @property
    def tone(self) -> str:
        """Bad where threats apply, open where some are unassessed."""
        return "bad" if self.crossing.applies else "open" if self.crossing.unassessed else "old"


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture of one system."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: int = WIDTH
    height: int = HEIGHT


def picture_of(crossings: Iterable[Crossing]) -> Picture:
    """Return where everything stands; a place that nothing leads to or from is shown as not there."""
    flows = list(crossings)
    lines = tuple(
        Line(
            one, words.FLOWS[one.flow.id], words.PLACES[one.flow.start], words.PLACES[one.flow.end], _LINES[one.flow.id]
        )
        for one in flows
        for f in (one.flow,)
    )
    boxes = tuple(
        Box(name, words.PLACES[name], x, y, width, _look(name, flows)) for name, (x, y, width) in _PLACES.items()
    )
    return Picture(boxes, lines)


def _look(place: str, flows: Iterable[Crossing]) -> str:
    """Return on which side of the boundary a place lies: where its own flow crosses, it is not ours."""
    here = [one for one in flows if one.there is not Answer.NO and place in (one.flow.start, one.flow.end)]
    if not here:
        return "absent"
    outer = {one.crosses for one in here if place != _MIDDLE and _far_end(one) == place}
    return "outside" if Answer.YES in outer else "maybe" if Answer.OPEN in outer else "inside"


def _far_end(crossing: Crossing) -> str:
    """Return the end of a flow that lies away from the model; of two others, the one that it comes from."""
    return crossing.flow.end if crossing.flow.start == _MIDDLE else crossing.flow.start
