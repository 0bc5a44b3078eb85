"""Reads the law that AI systems are classified by, and refuses data whose names do not resolve. Not legal advice."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from clerestory.terms.error import ClerestoryError


class LawUnreadable(ClerestoryError):
    """The data of a law name a version, a day or a question that does not exist."""


class LawUnknown(ClerestoryError):
    """There is no such version of the law."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LawVersion:
    """One version of the law: from when it is valid, which follows it, its source and its days by name.

    One that was withdrawn stays, since classes were told by it; from that day on it is neither in force nor to come.
    """

    id: str
    name: str
    valid_from: date
    superseded_by: str
    source: str
    changes: tuple[str, ...]
    days: Mapping[str, date]
    withdrawn_on: date | None = None

    def stands(self, on: date) -> bool:
        """Return whether it was not withdrawn by a day."""
        return self.withdrawn_on is None or on < self.withdrawn_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One answer that can be ticked. ``exception`` is what takes it back; ``hints`` are words of a purpose near it.

    ``was`` is the same point in a version that had it elsewhere.
    """

    id: str
    article: str
    text: str
    day: str
    only: tuple[str, ...] = ()
    exception: str = ""
    was: str = ""
    section_b: bool = False
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question. ``kind``: yes_no | many | exceptions (of the ticked options of another) | day.

    ``none``: "none of these" is an answer; ``decides``: the class or a duty hangs on it.
    """

    id: str
    step: str
    kind: str
    article: str
    day: str
    title: str
    text: str
    help: str = ""
    only: tuple[str, ...] = ()
    of: str = ""
    none: bool = True
    decides: bool = True
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalDuty:
    """What follows where all flags hold, for any of the roles (none: for everybody), and where it is answered here."""

    id: str
    article: str
    text: str
    flags: tuple[str, ...]
    roles: tuple[str, ...]
    day: str
    here: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """A law in all its versions, oldest first."""

    id: str
    name: str
    note: str
    sources: tuple[str, ...]
    versions: tuple[LawVersion, ...]
    questions: tuple[Question, ...]
    duties: tuple[LegalDuty, ...]

    def version(self, version_id: str) -> LawVersion:
        """Return one version; raise `LawUnknown` where there is none of that id."""
        found = next((version for version in self.versions if version.id == version_id), None)
        if found is None:
            known = ", ".join(version.id for version in self.versions)
            raise LawUnknown(f"There is no version {version_id!r} of the {self.name}.", f"Choose one of: {known}.")
        return found

    def in_force(self, on: date) -> LawVersion:
        """Return the version that is valid on a day; before the first, the first."""
        valid = [version for version in self.versions if version.valid_from <= on and version.stands(on)]
        return valid[-1] if valid else self.versions[0]

    def coming(self, on: date) -> tuple[LawVersion, ...]:
        """Return the versions that are known and not valid yet."""
        return tuple(version for version in self.versions if version.valid_from > on and version.stands(on))

    def question(self, question_id: str) -> Question:
        """Return one question; raise `LawUnknown` where there is none of that id."""
        found = next((question for question in self.questions if question.id == question_id), None)
        if found is None:
            raise LawUnknown(f"There is no question {question_id!r}.", "Take a question of the questionnaire.")
        return found


@cache
def load_law() -> Law:
    """Return the EU AI Act as this version of the product knows it."""
    text = files("clerestory.catalogue").joinpath("law", "eu_ai_act.toml").read_text(encoding="utf-8")
    return read_law(tomllib.loads(text))


def read_law(data: Mapping[str, Any]) -> Law:
    """Read a law; raise `LawUnreadable` naming what does not resolve."""
    head = data["law"]
    law = Law(
        id=head["id"],
        name=head["name"],
        note=head["note"],
        sources=tuple(head["sources"]),
        versions=tuple(sorted(map(_version, data["version"]), key=lambda version: version.valid_from)),
        questions=tuple(map(_question, data["question"])),
        duties=tuple(map(_duty, data["duty"])),
    )
    _check(law)
    return law


def _version(data: Mapping[str, Any]) -> LawVersion:
    return LawVersion(
        id=data["id"],
        name=data["name"],
        valid_from=data["valid_from"],
        superseded_by=data.get("superseded_by", ""),
        source=data["source"],
        changes=tuple(data.get("changes", ())),
        days=dict(data["days"]),
        withdrawn_on=data.get("withdrawn_on"),
    )


def _question(data: Mapping[str, Any]) -> Question:
    plain = {key: value for key, value in data.items() if key not in ("options", "only")}
    options = tuple(_option(option, data["day"]) for option in data.get("options", ()))
    return Question(**plain, only=tuple(data.get("only", ())), options=options)


def _option(data: Mapping[str, Any], day: str) -> Option:
    lists = {key: tuple(data.get(key, ())) for key in ("only", "hints")}
    return Option(**({"day": day} | dict(data) | lists))


def _duty(data: Mapping[str, Any]) -> LegalDuty:
    lists = {key: tuple(data[key]) for key in ("flags", "roles", "here")}
    return LegalDuty(**(dict(data) | lists))


_MADE = frozenset({"high", "marking"})
"""Days that are found from others: that of the route by which a system is of high risk, and that of marking."""


def _check(law: Law) -> None:
    known = {version.id for version in law.versions}
    for version in law.versions:
        if version.superseded_by and version.superseded_by not in known:
            raise _unreadable(f"version {version.id} is followed by {version.superseded_by}, which is missing")
    _once("question", (question.id for question in law.questions))
    _once("duty", (duty.id for duty in law.duties))
    for question in law.questions:
        _once(f"option of {question.id}", (option.id for option in question.options))
        parts: tuple[Question | Option, ...] = (question, *question.options)
        for part in parts:
            versions = part.only or tuple(known)
            odd = [name for name in versions if name not in known or part.day not in law.version(name).days]
            if odd:
                raise _unreadable(f"{part.id} has no day {part.day!r} in {odd[0]!r}")
    for duty in law.duties:
        if duty.day not in _MADE and any(duty.day not in version.days for version in law.versions):
            raise _unreadable(f"duty {duty.id} has no day {duty.day!r}")


def _once(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise _unreadable(f"{what} {name} stands twice")
        seen.add(name)


def _unreadable(what: str) -> LawUnreadable:
    return LawUnreadable(f"The data of the law do not fit together: {what}.", "Correct the file of the law.")
