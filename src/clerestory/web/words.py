"""The judge's phrases and the catalogue's names in the reader's language.

Refuses to change what was said: a text without translation is shown in English.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache

from django.utils import formats
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from clerestory.catalogue.load import load
from clerestory.catalogue.rule import Need
from clerestory.desk.day import day_here
from clerestory.judgement.phrase import TEMPLATES, Phrase
from clerestory.report.which import Which
from clerestory.terms.ids import FrameworkId
from clerestory.web.context import ACCESS

_ENTRIES = ("entry", "by")
_DAYS = ("day", "due", "changed", "until")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_CODE = re.compile(r"`([^`]*)`")
_NAMED = re.compile(r"(.+) \([a-z_]+:[^()]+\)")


def said(phrase: Phrase, *, bare: bool = False) -> str:
    """Return a phrase of the judge as text; ``bare`` leaves out about whom it is, where that stands above it."""
    return _template(phrase, bare).replace("`", "").format_map({n: _part(n, value) for n, value in phrase.parameters})


def linked(phrase: Phrase, addresses: Mapping[str, str], *, bare: bool = False) -> SafeString:
    """Return a phrase of the judge with its entries as links; ``addresses`` leads from entry id to page."""
    parts: dict[str, object] = {}
    for name, value in phrase.parameters:
        parts[name] = _part(name, value)
        if name in _ENTRIES:
            parts[name] = _entry(value, addresses.get(value))
        elif name == "bringer":  # a constant of the judge, never what somebody typed
            parts[name] = mark_safe(_CODE.sub(r"<code>\1</code>", escape(spoken(value))))  # noqa: S308  escaped
    template = _CODE.sub(r"<code>\1</code>", _template(phrase, bare))
    told = format_html(mark_safe(template), **parts)  # noqa: S308  a constant of the judge or its translation
    return mark_safe(_begun(told)) if bare else told  # noqa: S308  escaped above; only its first letter changes


def _entry(entry_id: str, address: str | None) -> SafeString:
    if address is None:
        return format_html('<span class="hash" title="{}">{}</span>', entry_id, entry_id[-8:])
    return format_html('<a class="hash" href="{}" title="{}">{}</a>', address, entry_id, entry_id[-8:])


def listed(text: str) -> str:
    """Write a list that machines write without spaces so that it can be read and wrapped."""
    return text.replace(",", ", ").replace("=", ": ").replace("_", " ")


def about(phrase: Phrase) -> str:
    """Return about whom a phrase is; nothing where it is about the requirement as a whole."""
    return next((subject_word(value) for name, value in phrase.parameters if name == "subject"), "")


def by_subject(phrases: Iterable[Phrase]) -> list[tuple[str, list[Phrase]]]:
    """Gather phrases by whom they are about, in order."""
    gathered: dict[str, list[Phrase]] = {}
    for phrase in phrases:
        gathered.setdefault(about(phrase), []).append(phrase)
    return list(gathered.items())


def subject_word(label: str) -> str:
    """Return the judge's label of a subject without what only machines need: ``Credit scoring test data``."""
    named = _NAMED.fullmatch(label)
    if named:
        return named[1]
    kind, colon, subject_id = label.partition(":")
    if kind == "organisation" and colon:
        return _("The organisation")
    return f"{kind_word(kind)} {subject_id}" if colon else label


def _template(phrase: Phrase, bare: bool) -> str:
    text = _(TEMPLATES[phrase.code])
    if bare and text.startswith("{subject}: "):
        text = text.removeprefix("{subject}: ")
        text = text[:1].upper() + text[1:]
    return text


def _begun(text: str) -> str:
    """Begin with a capital, unless the first word is the name of a check or a tag."""
    first = text.partition(" ")[0]
    return text if "." in first or "_" in first or first.startswith("<") else text[:1].upper() + text[1:]


def _part(name: str, value: str) -> str:
    if name == "subject":
        return subject_word(value)
    if name == "slice":
        return listed(value)
    if name == "criterion":
        return criterion_text(value)
    if name == "meaning":  # the judge says it within a sentence, without its full stop
        return spoken(f"{value}.").removesuffix(".") if value else ""
    if name == "filter":
        return "; ".join(_asked_of(each) for each in value.split("; "))
    if name == "family":
        return _alternatives(value)
    if name == "items":
        return ", ".join(spoken(each) for each in value.split(", "))
    return day(date.fromisoformat(value)) if name in _DAYS and _DAY.fullmatch(value) else spoken(value)


def _asked_of(condition: str) -> str:
    """Say a condition on attributes, ``stage = inception or retirement``, in the reader's language."""
    name, equals, value = condition.partition(" = ")
    return f"{spoken(name)}{equals}{_alternatives(value)}"


def _alternatives(value: str) -> str:
    return _(" or ").join(spoken(each.replace("_", " ")) for each in value.split(" or "))


def day(value: date | datetime) -> str:
    """Write a day as the reader's language does, with the month as a word."""
    known = day_here(value) if isinstance(value, datetime) else value
    return _day(known, get_language())


@lru_cache(maxsize=4096)
def _day(value: date, language: str | None) -> str:  # noqa: ARG001  the words are those of the language
    # Translators: date format of Django
    return formats.date_format(value, pgettext("date format", "j M Y"))


def criterion_text(criterion: str) -> str:
    """Write a criterion with the signs of mathematics."""
    return criterion.replace(">=", "≥").replace("<=", "≤")


def spoken(value: str) -> str:
    """Return a word of the catalogue in the reader's language, or as it is."""
    return _(value) if value else ""


def kind_word(name: str) -> str:
    """Return the name of a kind of fact, subject or field as people say it."""
    bare = str(name)
    for head in ("record.", "register.", "decision.", "approval.", "runtime.", "check."):
        bare = bare.removeprefix(head)
    bare = bare.replace("_", " ").replace(".", " ")
    words = f"{bare} approval" if str(name).startswith("approval.") else bare
    spoken_words = spoken(words)
    first = 2 if spoken_words.startswith("ai ") else 1
    return spoken_words[:first].upper() + spoken_words[first:]


def which_word(which: Which) -> str:
    """Return what tells an entry apart from others of its kind: ``R-2, Card limit offers risk``."""
    parts = (
        which.kind and kind_word(which.kind),
        which.id,
        str(ACCESS.get(which.access, "")),
        which.version and _("version %(version)s") % {"version": which.version},
        which.about and subject_word(which.about),
    )
    return " · ".join(part for part in parts if part)


def framework_word(framework_id: str) -> str:
    """Return the short name of a framework."""
    framework = load().frameworks.get(FrameworkId(framework_id))
    return framework.short if framework else framework_id


def relation_word(relation: str) -> str:
    """Return the relation of a crosswalk row (NIST IR 8477)."""
    words = {"equal": _("equal"), "subset": _("part of it"), "superset": _("more than it"), "intersects": _("overlaps")}
    return words.get(relation, relation)


def age(span: timedelta) -> str:
    """Return a span of time in years or days."""
    if span.days and span.days % 365 == 0:
        return ngettext("%(n)s year", "%(n)s years", span.days // 365) % {"n": span.days // 365}
    return ngettext("%(n)s day", "%(n)s days", span.days) % {"n": span.days}


def need_words(need: Need) -> str:
    """Return what a need asks for, in one line."""
    parts = [_conditions(need)] if _conditions(need) else []
    return f"{_asked(need)}{': ' if parts else ''}{', '.join(parts)}"


def _asked(need: Need) -> str:
    if need.check:
        return _("Check %(name)s") % {"name": need.check}
    if need.families:
        names = ", ".join(lower(family) for family in need.families)
        return _("Checks of %(family)s") % {"family": names}
    return kind_word(need.kind)


def _conditions(need: Need) -> str:
    return ", ".join(text for holds, text in (*_signed(need), *_timed(need)) if holds)


def _signed(need: Need) -> tuple[tuple[bool, str], ...]:
    """Return what a need asks of result, approval and maker."""
    return (
        (need.verdict_pass, _("passed")),
        (need.second_person, _("approved by a second person")),
        (need.approved and not need.second_person, _("approved")),
        (bool(need.approver), _("approved as %(role)s") % {"role": lower(need.approver)}),
        (bool(need.by), _("made as %(role)s") % {"role": lower(need.by)}),
        (need.independent, _("by someone independent")),
        (need.reproduced, _("reproduced")),
        (need.content_present, _("its content is held")),
    )


def _timed(need: Need) -> tuple[tuple[bool, str], ...]:
    """Return what a need asks of coverage and time."""
    covers = {"share": round(need.coverage.minimum * 100), "list": lower(need.coverage.of)} if need.coverage else {}
    changes = ", ".join(lower(name) for name in need.on_change)
    return (
        (bool(covers), _("covers %(share)s %% of %(list)s") % (covers or {"share": 0, "list": ""})),
        (need.max_age is not None, _("at most %(age)s old") % {"age": age(need.max_age or timedelta())}),
        (bool(changes), _("newer than any change of %(what)s") % {"what": changes}),
        (need.precedes is not None, _("approved before")),
        (bool(need.ends), _("not past the day that it names")),
    )


def lower(name: str | None) -> str:
    """Return the name of a kind, role or list as it stands inside a sentence."""
    return spoken((name or "").replace("_", " "))


def with_interval(value: float, low: float | None, high: float | None) -> str:
    """Write a value with its interval, to four significant digits, as the reader's language writes numbers."""

    def number(figure: float) -> str:
        return formats.number_format(f"{figure:.4g}" if abs(figure) >= 1e-4 or not figure else f"{figure:.1e}")

    return number(value) if low is None or high is None else f"{number(value)} [{number(low)}, {number(high)}]"
