"""Who is affected by a version of the law, and by days that come: all classified systems at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from clerestory.catalogue.law.read import Law, LawVersion, load_law
from clerestory.desk.actor import Actor
from clerestory.desk.duty import Duty
from clerestory.desk.lists import Column
from clerestory.desk.permit import may, permit
from clerestory.registers.inventory import models
from clerestory.registers.inventory.queries.classification import answers_of, is_corrected
from clerestory.registers.inventory.queries.law_words import CLASSES, TONES, article_said, titles
from clerestory.registers.inventory.rules.classification import Answers, Classification, LegalClass
from clerestory.registers.inventory.rules.law_change import Difference, difference, next_day
from clerestory.registers.inventory.rules.law_walk import classify
from clerestory.registers.inventory.rules.record import Stage
from clerestory.store.log import Kept

SOON = timedelta(days=90)
_MOST = 20
Key = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Affected:
    """A system that a change of the law affects, and how."""

    system_id: str
    name: str
    owner: str
    change: Difference


@dataclass(frozen=True, slots=True)
class ComingDay:
    """A day that comes, what begins then, and the systems that it concerns."""

    on: date
    articles: tuple[str, ...]
    systems: tuple[tuple[str, str], ...]


_changes: Kept[tuple[Affected, ...]] = Kept(most=64)
_days: Kept[tuple[ComingDay, ...]] = Kept(most=64)


# house: allow permit-first: asks the law or its caller, reads no record
def compared(law: Law, on: date, before: str, after: str) -> tuple[LawVersion, LawVersion]:
    """Return the two versions to compare: those that were asked for, else the newest step that the law took or takes.

    Raises:
        LawUnknown: there is no such version.
    """
    coming, now = law.coming(on), law.in_force(on)
    place = law.versions.index(now)
    first = now if coming else law.versions[max(place - 1, 0)]
    last = coming[0] if coming else now
    return law.version(before) if before else first, law.version(after) if after else last


def affected(actor: Actor, law: Law, before: str, after: str) -> tuple[Affected, ...]:
    """Return every classified system for which something differs between two versions, by name, in one query."""
    permit(actor, "read", "inventory")
    if law is not load_law():
        return _affected(actor, law, before, after)
    return _changes.get(actor.organisation_id, (before, after), lambda: _affected(actor, law, before, after))


def _affected(actor: Actor, law: Law, before: str, after: str) -> tuple[Affected, ...]:
    found = []
    for row in _classified(actor):
        change = _difference(law, *_counting(row), before, after)
        if change.is_affected:
            found.append(Affected(row.system.system_id, row.system.name, row.system.owner, change))
    return tuple(found)


def coming_days(actor: Actor, law: Law, on: date) -> tuple[ComingDay, ...]:
    """Return the days after ``on`` from which duties count for classified systems, in one query."""
    permit(actor, "read", "inventory")
    if law is not load_law():
        return _coming(actor, law, on)
    return _days.get(actor.organisation_id, (on, get_language()), lambda: _coming(actor, law, on))


def _coming(actor: Actor, law: Law, on: date) -> tuple[ComingDay, ...]:
    days: dict[date, tuple[set[str], dict[str, str]]] = {}
    for row in _classified(actor):
        for duty in _found(law, *_counting(row), law.in_force(on).id).duties:
            if duty.applies_from > on:
                articles, systems = days.setdefault(duty.applies_from, (set(), {}))
                articles.add(duty.article)
                systems[row.system.system_id] = row.system.name
    return tuple(
        ComingDay(day, tuple(map(article_said, sorted(articles, key=_order))), tuple(systems.items()))
        for day, (articles, systems) in sorted(days.items())
    )


def law_duties(actor: Actor, on: date) -> tuple[Duty, ...]:
    """Return what owners of systems have to look at, and what they and legal counsel hear of a law that comes."""
    permit(actor, "read", "inventory")
    return (*_of_owner(actor, on), *_of_what_comes(actor, on))


# house: allow permit-first: puts into words, reads no record
def affected_columns(law: Law, names: Mapping[str, str]) -> tuple[Column, ...]:
    """Return what the list of affected systems shows; ``names`` of people."""
    return (
        Column(
            name="name",
            label=gettext_lazy("AI system"),
            searched=True,
            kind="link",
            value=lambda row: row.name,
            url=lambda row: reverse("classification-system", args=[row.system_id]),
        ),
        _class_column("class_before", gettext_lazy("Class before"), lambda row: row.change.before),
        _class_column("class_after", gettext_lazy("Class after"), lambda row: row.change.after),
        Column(
            name="effect",
            label=gettext_lazy("What differs"),
            kind="list",
            sortable=False,
            value=lambda row: effects(law, row.change),
        ),
        Column(
            name="owner", label=gettext_lazy("Owner"), kind="person", value=lambda row: names.get(row.owner, row.owner)
        ),
    )


# house: allow permit-first: puts into words, reads no record
def effects(law: Law, change: Difference) -> tuple[str, ...]:
    """Return what differs for one system, in words."""
    told = []
    if change.asked:
        told.append(_("To be answered anew: %(titles)s") % {"titles": ", ".join(titles(law, change.asked))})
    told += [_("New: %(article)s") % {"article": article_said(duty.article)} for duty in change.added]
    told += [_("No longer: %(article)s") % {"article": article_said(duty.article)} for duty in change.ended]
    days: dict[tuple[date, date], list[str]] = {}
    for moved in change.moved:
        days.setdefault((moved.before, moved.duty.applies_from), []).append(moved.duty.article)
    for (old, new), articles in days.items():
        words = {"n": len(articles), "old": date_format(old), "new": date_format(new)}
        said = "%(n)d duty from %(new)s instead of %(old)s"
        told.append(ngettext(said, "%(n)d duties from %(new)s instead of %(old)s", len(articles)) % words)
    return tuple(told)


def _class_column(name: str, label: object, of: object) -> Column:
    def klass(row: Affected) -> LegalClass:
        found: Classification = of(row)  # type: ignore[operator]
        return found.klass

    return Column(
        name=name,
        label=label,  # type: ignore[arg-type]
        kind="tag",
        filtered=True,
        options=tuple((str(value), word) for value, word in CLASSES.items()),
        value=lambda row: str(klass(row)),
        tone=lambda row: TONES[klass(row)],
    )


def _of_owner(actor: Actor, on: date) -> Iterable[Duty]:
    if not may(actor, "write", "inventory"):
        return
    law = load_law()
    now = law.in_force(on).id
    for row in _classified(actor).filter(system__owner=actor.person_id)[:_MOST]:
        url = f"/inventory/classification/{row.system.system_id}/"
        found = _found(law, _key(row.answers), row.law_version, now)
        day = next_day(_found(law, *_counting(row), now), on)
        if found.open:
            why = gettext_lazy("Its class under the EU AI Act hangs on questions that nobody answered yet.")
            yield Duty(topic="inventory", title=row.system.name, url=f"{url}answer/", why=why)
        elif is_corrected(row, _found(law, _key(row.answers), row.law_version, row.law_version)):
            why = gettext_lazy("What is known of the EU AI Act was corrected, and another class or day follows for it.")
            yield Duty(topic="inventory", title=row.system.name, url=url, why=why)
        elif day is not None and day <= on + SOON:
            why = gettext_lazy("Duties of the EU AI Act begin to count for it.")
            yield Duty(topic="inventory", title=row.system.name, url=url, why=why, due_on=day)


def _of_what_comes(actor: Actor, on: date) -> Iterable[Duty]:
    """Yield the versions that come: legal counsel hears of each, an owner of those that affect a system of theirs."""
    law, counsel = load_law(), "legal_counsel" in actor.roles
    for version in law.coming(on):
        found = affected(actor, law, law.in_force(on).id, version.id)
        count = sum(counsel or one.owner == actor.person_id for one in found)
        if not count and not counsel:
            continue
        title = _("%(law)s changes on %(day)s") % {"law": law.name, "day": date_format(version.valid_from)}
        said = ngettext("%(n)d system is affected.", "%(n)d systems are affected.", count) % {"n": count}
        yield Duty(topic="inventory", title=title, url=f"/inventory/law/?after={version.id}", why=said)


def _classified(actor: Actor) -> "QuerySet[models.Classification]":
    rows = models.Classification.objects.filter(organisation_id=actor.organisation_id).select_related("system")
    return rows.exclude(system__stage=str(Stage.RETIREMENT)).order_by("system__name", "system__system_id")


def _counting(row: models.Classification) -> tuple[Key, str]:
    """Return the answers that count, and the law they were given under: those approved before, where less waits."""
    if not row.approved and row.before.get("counts"):
        return _key(row.before["answers"]), row.before["law_version"]
    return _key(row.answers), row.law_version


def _key(stored: Mapping[str, Iterable[str]]) -> Key:
    return tuple(sorted((question, tuple(said)) for question, said in stored.items()))


def _order(article: str) -> tuple[int, str]:
    digits = "".join(letter if letter.isdigit() else " " for letter in article).split()
    return int(digits[0]) if digits else 0, article


@lru_cache(maxsize=20_000)
def _compared(key: Key, under: str, before: str, after: str) -> Difference:
    return difference(load_law(), answers_of(dict(key), under), before, after)


@lru_cache(maxsize=20_000)
def _now(key: Key, under: str, version: str) -> Classification:
    return classify(load_law(), version, answers_of(dict(key), under))


def _difference(law: Law, key: Key, under: str, before: str, after: str) -> Difference:
    """Compare for one system; of the shipped law the same answers are compared once."""
    if law is load_law():
        return _compared(key, under, before, after)
    return difference(law, Answers(given=dict(key), under=under), before, after)


def _found(law: Law, key: Key, under: str, version: str) -> Classification:
    if law is load_law():
        return _now(key, under, version)
    return classify(law, version, Answers(given=dict(key), under=under))
