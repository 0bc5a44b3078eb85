"""What templates say: status by shape, word and colour, icons, proportions, days and the head of a sorted column."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Protocol

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils import formats
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from clerestory.catalogue.rule import Need
from clerestory.desk.day import hour_here
from clerestory.desk.document.words import shown
from clerestory.desk.lists.words import TONES
from clerestory.judgement.phrase import Phrase
from clerestory.judgement.status import State
from clerestory.report.system import Point
from clerestory.terms.evidence import FactValue
from clerestory.web import words
from clerestory.web.templatetags import drawing

register = template.Library()


class Measured(Protocol):
    """Something with a value and its interval."""

    @property
    def value(self) -> float | None: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...


class Sparkling(Protocol):
    """Results over time with the limits of their criterion."""

    @property
    def points(self) -> Sequence[Point]: ...
    @property
    def limits(self) -> Sequence[float]: ...


WORDS = {
    "CONFORMS": gettext_lazy("Conforms"),
    "NONCONFORMING": gettext_lazy("Nonconforming"),
    "STALE": gettext_lazy("Stale"),
    "NOT_EVIDENCED": gettext_lazy("Not evidenced"),
    "NOT_APPLICABLE": gettext_lazy("Not applicable"),
    "PASS": pgettext_lazy("verdict", "Pass"),
    "FAIL": pgettext_lazy("verdict", "Fail"),
    "INCONCLUSIVE": pgettext_lazy("verdict", "Inconclusive"),
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw the icon of that name."""
    return drawing.icon(name)


@register.simple_tag
def status(value: str, size: str = "") -> SafeString:
    """Show a conformity or a verdict: ``{% status row.conformity %}``, ``{% status row.verdict "large" %}``."""
    value = str(value)
    return format_html(
        '<span class="status tone-{} {}">{}<span>{}</span></span>',
        TONES[value],
        size,
        drawing.shape(value),
        WORDS[value],
    )


@register.simple_tag
def shape(value: str) -> SafeString:
    """Draw the shape of a conformity or verdict alone, where its word stands beside it."""
    return format_html('<span class="status tone-{}">{}</span>', TONES[str(value)], drawing.shape(str(value)))


@register.filter
def word(value: str) -> str:
    """Return the word of a conformity or verdict in the reader's language."""
    return str(WORDS.get(str(value), value))


@register.filter
def tone(value: str) -> str:
    """Return the name of the tone of a conformity or verdict."""
    return TONES.get(str(value), "open")


@register.simple_tag
def tag(text: str, tone: str = "open") -> SafeString:
    """Show a short word on a tint: ``{% tag row.tier "accent" %}``."""
    return format_html('<span class="tag tone-{}">{}</span>', tone, text)


@register.simple_tag
def share(have: int, need: int) -> SafeString:
    """Show how many of how many, as a bar and as numbers; nothing where nothing is counted."""
    if not need:
        return format_html('<span class="faint">{}</span>', "–")
    tone = "good" if have >= need else "accent"
    return format_html(
        '<span class="share tone-{}"><svg class="meter thin" aria-hidden="true" focusable="false">'
        '<rect width="{}%" height="100%"/></svg><span class="number">{}</span></span>',
        tone,
        round(100 * min(have, need) / need, 1),
        gettext("%(have)s of %(need)s") % {"have": have, "need": need},
    )


@register.simple_tag
def stacked(counts: Mapping[str, int]) -> SafeString:
    """Draw counts by conformity as one bar in the order given; the counts themselves stand beside it as text."""
    total = sum(counts.values()) or 1
    parts, start = [], 0.0
    for name, count in counts.items():
        width = 100 * count / total
        if count:
            parts.append((TONES[str(name)], round(start, 3), round(max(width - 0.25, 0.2), 3)))
        start += width
    bars = format_html_join("", '<rect class="tone-{}" x="{}%" width="{}%" height="100%"/>', parts)
    return format_html('<svg class="meter" aria-hidden="true" focusable="false">{}</svg>', bars)


register.filter(shown)


@register.filter
def day(value: date | datetime | str | None) -> str:
    """Write a day, also as an entry keeps it (``2026-11-29``), in the reader's language; a dash where there is none."""
    known = date.fromisoformat(value) if isinstance(value, str) and value else value
    return words.day(known) if isinstance(known, date) else "–"


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """Write a moment by the reader's clock with its day; in UTC in its title and for machines."""
    if value is None:
        return "–"
    text = f"{words.day(value)}, {hour_here(value)}"
    value = value.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', value.isoformat(), f"{value:%Y-%m-%d %H:%M:%S} UTC", text
    )


@register.filter
def short(value: str, length: int = 12) -> str:
    """Shorten a digest to what people compare; the whole one belongs in its title or beside it."""
    bare = str(value).removeprefix("sha256:")
    return bare if len(bare) <= length else f"{bare[:length]}…"


@register.filter
def item(mapping: Mapping[str, object], key: str) -> object:
    """Look a key up that only the template knows."""
    return mapping.get(key, "")


@register.simple_tag
def url_if(name: str, *args: object) -> str:
    """Return the address of a route, or nothing where the part of the product that has it is not there."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


STATES = {
    State.HOLDS: ("CONFORMS", gettext_lazy("Holds")),
    State.LAPSED: ("STALE", gettext_lazy("Lapsed")),
    State.MISSING: ("NOT_EVIDENCED", gettext_lazy("Missing")),
    State.INCONCLUSIVE: ("INCONCLUSIVE", gettext_lazy("Inconclusive")),
    State.FAIL: ("NONCONFORMING", gettext_lazy("Fails")),
}


@register.simple_tag
def state(value: State) -> SafeString:
    """Show how a rule, need or member stands."""
    drawn, said_so = STATES[value]
    return format_html(
        '<span class="status small tone-{}">{}<span>{}</span></span>', TONES[drawn], drawing.shape(drawn), said_so
    )


@register.simple_tag
def said(phrase: Phrase, entries: Mapping[str, object] | None = None, bare: bool = False) -> SafeString:
    """Say a phrase of the judge; entries that are known become links; ``bare``: about whom it is stands above."""
    named = {value for _name, value in phrase.parameters if entries and value in entries}
    return words.linked(phrase, {value: reverse("evidence-entry", args=[value]) for value in named}, bare=bare)


@register.simple_tag
def need_words(need: Need) -> str:
    """Say what a need asks for."""
    return words.need_words(need)


@register.simple_tag
def fact_value(value: FactValue) -> SafeString | str:
    """Show a value of a fact: yes and no, lists as tags, digests whole."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, tuple):
        return format_html_join(" ", '<span class="tag plain wraps">{}</span>', ((item,) for item in value)) or "–"
    if isinstance(value, Mapping):
        return format_html_join("", "<div>{}: {}</div>", value.items()) or "–"
    if isinstance(value, str) and value in WORDS:
        return status(value)
    if isinstance(value, str) and value.startswith("sha256:"):
        return format_html('<span class="hash">{}</span>', value)
    return str(value) if value != "" else "–"


register.filter("kind_word", words.kind_word)
register.filter("which_word", words.which_word)
register.filter("framework_word", words.framework_word)
register.filter("relation_word", words.relation_word)
register.filter("spoken", words.spoken)


@register.simple_tag
def measured(result: Measured) -> str:
    """Write a value with its interval: ``0.84 [0.79, 0.88]``; a dash where nothing was measured."""
    if result.value is None:
        return "–"
    return words.with_interval(result.value, result.low, result.high)


@register.simple_tag
def sparkline(line: Sparkling) -> SafeString:
    """Draw values over time very small, with the limits of the criterion; the numbers stand beside it."""
    points = [(point.at.timestamp(), point.value) for point in line.points if point.value is not None]
    if len(points) < 2:
        return mark_safe('<span class="spark"></span>')
    shown = [value for _at, value in points] + list(line.limits)
    low, high = min(shown), max(shown)
    start, width, height = points[0][0], points[-1][0] - points[0][0] or 1.0, high - low or 1.0

    def down(value: float) -> float:
        return round(21 - 18 * (value - low) / height, 1)

    path = " ".join(f"{round(2 + 92 * (at - start) / width, 1)},{down(value)}" for at, value in points)
    limits = format_html_join("", '<path class="spark-limit" d="M0 {}H96"/>', ((down(limit),) for limit in line.limits))
    return format_html(
        '<svg class="spark" viewBox="0 0 96 24" preserveAspectRatio="none" aria-hidden="true" focusable="false">{}'
        '<polyline class="spark-line" points="{}"/></svg>',
        limits,
        path,
    )


register.filter("inside", words.lower)
register.filter("listed", words.listed)
register.filter("by_subject", words.by_subject)
register.filter("criterion", words.criterion_text)
register.filter("subject_word", words.subject_word)


@register.filter
def rounded(value: str) -> str:
    """Show a measured number in four digits; what is no number stays as it is."""
    try:
        return formats.number_format(f"{float(value):.4g}")
    except (TypeError, ValueError):
        return value
