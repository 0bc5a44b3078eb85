"""Plots of a run as SVG text without script: values with intervals, calibration, and two distributions.

What is told by colour is told by shape, too: judged points are filled, others hollow; a limit is a dashed line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10

WIDTH, LABEL, RIGHT, ROW = 760, 280, 150, 22
_MOST = 40


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: its name, value with interval, cases, and whether it was judged."""

    name: str
    value: float
    low: float
    high: float
    n: int
    judged: bool = True


@dataclass(frozen=True, slots=True)
class Scale:
    """From numbers to places between two edges of the plot."""

    low: float
    high: float
    left: float = LABEL
    right: float = WIDTH - RIGHT

    def at(self, value: float) -> float:
        """Return the place of a value; what lies outside stands at the edge."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.left + share * (self.right - self.left), 1)

    def ticks(self) -> tuple[float, ...]:
        """Return some round numbers inside the scale."""
        span = self.high - self.low
        step = 10 ** floor(log10(span))
        step = next(size for size in (step / 5, step / 2, step, 2 * step) if span / size <= 6)
        first = -int(-self.low // step) if self.low >= 0 else int(self.low / step)
        return tuple(round(n * step, 10) for n in range(first, first + 9) if self.low <= n * step <= self.high)


def intervals(bars: Sequence[Bar], limits: Sequence[float], title: str) -> str:
    """Draw a row per bar with its interval and the limits of the criterion."""
    shown = bars[:_MOST]
    scale = scale_of([*(bar.low for bar in shown), *(bar.high for bar in shown), *limits])
    height = ROW * len(shown) + 34
    parts = [_axis(scale, height)]
    for limit in limits:
        at = scale.at(limit)
        parts.append(f'<line class="limit" x1="{at}" x2="{at}" y1="4" y2="{height - 24}"/>')
    parts += [_bar(bar, scale, 16 + ROW * place) for place, bar in enumerate(shown)]
    if len(bars) > _MOST:
        parts.append(_text(LABEL, height - 2, f"and {len(bars) - _MOST} more, in the table", "start"))
    return svg(height, parts, title)


def curve(points: Sequence[tuple[float, float, int]], title: str, across: str, up: str) -> str:
    """Draw what happened against what was predicted, both 0 to 1; the area of a point is its share of the rows."""
    size, left, top = 280.0, 60.0, 10.0
    total = sum(n for _x, _y, n in points) or 1

    def place(x: float, y: float) -> tuple[float, float]:
        return round(left + x * size, 1), round(top + (1 - y) * size, 1)

    (x0, y0), (x1, y1) = place(0, 0), place(1, 1)
    parts = [
        f'<rect class="frame" x="{left}" y="{top}" width="{size}" height="{size}"/>',
        f'<line class="limit" x1="{x0}" y1="{y0}" x2="{x1}" y2="{y1}"/>',
    ]
    corners = [place(x, y) for x, y, _n in points]
    if len(corners) > 1:
        parts.append(f'<polyline class="line" points="{" ".join(f"{x},{y}" for x, y in corners)}"/>')
    for (x, y), (_x, _y, n) in zip(corners, points, strict=True):
        parts.append(f'<circle class="point" cx="{x}" cy="{y}" r="{round(2 + 10 * (n / total) ** 0.5, 1)}"/>')
    for tick in (0, 0.5, 1):
        x, y = place(tick, 0)
        parts.append(_text(x, y + 16, f"{tick:g}", "middle"))
        parts.append(_text(left - 8, place(0, tick)[1] + 4, f"{tick:g}", "end"))
    parts.append(_text(left + size / 2, top + size + 34, across, "middle"))
    parts.append(_text(left + size + 14, top + 12, up, "start"))
    return svg(int(size + 60), parts, title)


def lines(across: Sequence[float], curves: Mapping[str, Sequence[float]], title: str) -> str:
    """Draw curves over one axis; a curve's name is its look: line, frame (thin) or limit (dashed), and more words."""
    size, tall, left, top = 560.0, 200.0, 60.0, 10.0
    level = scale_of([value for values in curves.values() for value in values])
    flat = Scale(min(across), max(across) if max(across) > min(across) else min(across) + 1.0, left, left + size)
    steep = Scale(level.low, level.high, 0.0, tall)

    def place(x: float, y: float) -> str:
        return f"{flat.at(x)},{round(top + tall - steep.at(y), 1)}"

    parts = [f'<rect class="frame" x="{left}" y="{top}" width="{size}" height="{tall}"/>']
    for name, values in curves.items():
        look = f"{name.split()[0]} open"
        corners = " ".join(place(x, y) for x, y in zip(across, values, strict=True))
        parts.append(f'<polyline class="{look}" points="{corners}"/>')
    parts += [_text(flat.at(tick), top + tall + 16, f"{tick:g}", "middle") for tick in flat.ticks()]
    parts += [_text(left - 8, top + tall - steep.at(tick) + 4, f"{tick:g}", "end") for tick in steep.ticks()]
    return svg(int(tall + 40), parts, title)


def two_shares(names: Sequence[str], reference: Sequence[float], current: Sequence[float], title: str) -> str:
    """Draw two distributions side by side: the reference as an outline, the current data filled."""
    height, left, width = 170.0, 40.0, WIDTH - 60.0
    most = max([*reference, *current, 1e-9])
    step = width / max(len(names), 1)
    parts = [f'<line class="frame" x1="{left}" x2="{left + width}" y1="{height - 30}" y2="{height - 30}"/>']
    for at, (name, old, new) in enumerate(zip(names, reference, current, strict=True)):
        x = left + at * step
        for share, kind, shift in ((new, "now", 0.1), (old, "before", 0.2)):
            tall = round(share / most * (height - 50), 1)
            parts.append(
                f'<rect class="{kind}" x="{x + shift * step:.1f}" y="{height - 30 - tall:.1f}" '
                f'width="{(1 - 2 * shift) * step:.1f}" height="{tall}"/>'
            )
        if len(names) <= 14:
            parts.append(_text(x + step / 2, height - 14, name[:14], "middle"))
    parts.append(_text(left, 12, f"largest share {most:.3g}; outline: reference, filled: current", "start"))
    return svg(int(height), parts, title)


def scale_of(values: Sequence[float]) -> Scale:
    """Return a scale that holds all values with a little room; from 0 where all lie between 0 and 1."""
    low, high = min(values), max(values)
    if low >= 0 and high <= 1:
        low = 0.0
    span = (high - low) or abs(high) or 1.0
    return Scale(low if low == 0 else low - 0.05 * span, high + 0.05 * span)


def svg(height: int, parts: Sequence[str], title: str) -> str:
    """Return a drawing that a screen reader announces by its title; its numbers stand in the table below it."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


def _bar(bar: Bar, scale: Scale, y: float) -> str:
    kind = "point" if bar.judged else "point hollow"
    low, high, value = scale.at(bar.low), scale.at(bar.high), scale.at(bar.value)
    return (
        _text(LABEL - 10, y + 4, bar.name if len(bar.name) <= 36 else bar.name[:35] + "…", "end")
        + f'<line class="line" x1="{low}" x2="{high}" y1="{y}" y2="{y}"/>'
        + "".join(f'<line class="line" x1="{x}" x2="{x}" y1="{y - 4}" y2="{y + 4}"/>' for x in (low, high))
        + f'<circle class="{kind}" cx="{value}" cy="{y}" r="4"/>'
        + _text(WIDTH - RIGHT + 12, y + 4, f"{bar.value:.3g}" + (f", n = {bar.n:,}" if bar.n else ""), "start")
    )


def _axis(scale: Scale, height: int) -> str:
    y = height - 24
    lines = [f'<line class="frame" x1="{scale.left}" x2="{scale.right}" y1="{y}" y2="{y}"/>']
    for tick in scale.ticks():
        at = scale.at(tick)
        lines.append(f'<line class="frame" x1="{at}" x2="{at}" y1="{y}" y2="{y + 4}"/>')
        lines.append(_text(at, y + 18, f"{tick:g}", "middle"))
    return "".join(lines)


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'
