"""Plots that the server draws: lines over time as SVG, with their numbers in a table beside them."""

from collections.abc import Sequence
from typing import Protocol

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from clerestory.report.questions import Answer, Point
from clerestory.web import words

register = template.Library()
_BAR_HEIGHT, _BAR_LEFT, _BAR_WIDTH, _BAR_LETTERS = 26, 190, 360, 28
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 288, 96, 2, 34, 8, 20


class Barred(Protocol):
    """A row of a bar chart: what it is called and its share in percent."""

    @property
    def unit(self) -> str:
        """What it is called."""

    @property
    def percent(self) -> int:
        """Its share."""


@register.simple_tag
def trend(answer: Answer) -> SafeString:
    """Draw a figure and what it was counted of over time; nothing where there is only one point."""
    points = answer.points
    if len(points) < 2:
        return SafeString("")
    main, beside = _heights(points, of_first=answer.plain)
    top = max(*main, *beside, 1)
    return format_html(
        '<svg class="trend" viewBox="0 0 {} {}" aria-hidden="true" focusable="false">'
        '<path class="trend-base" d="M{} {}H{}M{} {}H{}"/>{}{}{}{}</svg>',
        _WIDTH,
        _HEIGHT,
        _LEFT,
        _down(0, top),
        _WIDTH - _RIGHT,
        _LEFT,
        _down(top, top),
        _WIDTH - _RIGHT,
        _area(main, top),
        _line("trend-of", beside, top),
        _line("trend-line", main, top),
        _labels(points, main, beside, top),
    )


def _heights(points: Sequence[Point], *, of_first: bool) -> tuple[list[int], list[int]]:
    have, of = [point.have for point in points], [point.of for point in points]
    return (of, have) if of_first else (have, of)


def _down(value: float, top: int) -> float:
    return round(_HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * value / top, 1)


def _along(place: int, count: int) -> float:
    return round(_LEFT + (_WIDTH - _RIGHT - _LEFT) * place / (count - 1), 1)


def _steps(values: Sequence[int], top: int) -> str:
    places = [(_along(place, len(values)), _down(value, top)) for place, value in enumerate(values)]
    return " ".join(f"{x},{y}" for x, y in places)


def _line(name: str, values: Sequence[int], top: int) -> SafeString:
    return format_html('<polyline class="{}" points="{}"/>', name, _steps(values, top))


def _area(values: Sequence[int], top: int) -> SafeString:
    base = _down(0, top)
    end = _along(len(values) - 1, len(values))
    return format_html(
        '<polygon class="trend-area" points="{},{} {} {},{}"/>', _LEFT, base, _steps(values, top), end, base
    )


def _labels(points: Sequence[Point], main: Sequence[int], beside: Sequence[int], top: int) -> SafeString:
    end, x = _along(len(points) - 1, len(points)), _WIDTH - _RIGHT + 7
    ys = _apart(_down(main[-1], top), _down(beside[-1], top))
    texts = [(x, ys[0], "trend-value", main[-1])]
    if main[-1] != beside[-1]:
        texts.append((x, ys[1], "trend-beside", beside[-1]))
    drawn = format_html_join("", '<text x="{}" y="{}" class="{}">{}</text>', texts)
    return format_html(
        '<circle class="trend-dot" cx="{}" cy="{}" r="3.5"/>{}<text x="{}" y="{}" class="trend-day">{}</text>'
        '<text x="{}" y="{}" class="trend-day trend-end">{}</text>',
        end,
        _down(main[-1], top),
        drawn,
        _LEFT,
        _HEIGHT - 5,
        words.day(points[0].on),
        end,
        _HEIGHT - 5,
        words.day(points[-1].on),
    )


def _apart(first: float, second: float) -> tuple[float, float]:
    """Return the baselines of two labels so that they do not cover each other."""
    if abs(first - second) >= 13:
        return first + 4, second + 4
    upper, lower = min(first, second), max(first, second)
    middle = (upper + lower) / 2
    return (middle - 2.5, middle + 10.5) if first <= second else (middle + 10.5, middle - 2.5)


@register.simple_tag
def bars(rows: Sequence[Barred]) -> SafeString:
    """Draw one bar for each row that has a share; the list below it says the same in numbers."""
    height = _BAR_HEIGHT * len(rows)
    drawn = format_html_join(
        "",
        '<text x="0" y="{}">{}</text><rect class="bar-of" x="{}" y="{}" width="{}" height="10" rx="2"/>'
        '<rect class="bar-have" x="{}" y="{}" width="{}" height="10" rx="2"/>'
        '<text class="bar-value" x="{}" y="{}">{} %</text>',
        (
            (y + 10, _cut(row.unit or gettext("without a unit")), _BAR_LEFT, y, _BAR_WIDTH, _BAR_LEFT, y,
             round(_BAR_WIDTH * row.percent / 100, 1), _BAR_LEFT + _BAR_WIDTH + 8, y + 10, row.percent)
            for y, row in ((place * _BAR_HEIGHT + 6, row) for place, row in enumerate(rows))
        ),
    )  # fmt: skip
    label = gettext("Share that is confirmed, by unit")
    return format_html(
        '<svg class="bars" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        _BAR_LEFT + _BAR_WIDTH + 50, height, label, drawn,
    )  # fmt: skip


def _cut(text: str) -> str:
    return text if len(text) <= _BAR_LETTERS else text[: _BAR_LETTERS - 1] + "…"
