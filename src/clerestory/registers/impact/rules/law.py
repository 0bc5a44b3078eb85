"""Views of an assessment as a law asks for it: the same answers, by its points; what is unanswered stays so.

Not legal advice: whether a law binds is not decided here.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from clerestory.catalogue.load import load
from clerestory.registers.impact.rules.assessment import Assessment, Effect, Nature
from clerestory.terms.ids import FrameworkId


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a law: where it stands, and which answers, topics or people heard answer it."""

    point_id: str
    place: str
    questions: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    heard: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """One law as dated data: where it stands, its version, from when its points apply, and the points."""

    view_id: str
    citation: str
    source: str
    version: str
    applies: tuple[tuple[str, date], ...]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an assessment says to a point, and which parts of the point it does not answer."""

    point: Point
    said: tuple[tuple[str, str], ...]
    effects: tuple[Effect, ...]
    lacking: tuple[str, ...]

    @property
    def is_answered(self) -> bool:
        """Whether every part is answered."""
        return not self.lacking


@cache
def views() -> Mapping[str, View]:
    """Return the views by id."""
    text = files("clerestory.registers.impact.rules").joinpath("law.toml").read_text(encoding="utf-8")
    return {row["id"]: _view(row) for row in tomllib.loads(text)["view"]}


def answers_of(said: Assessment, view: View, *, people_heard: bool) -> tuple[Answer, ...]:
    """Return what an assessment says to each point of a law."""
    return tuple(_answer(said, point, people_heard) for point in view.points)


def _answer(said: Assessment, point: Point, people_heard: bool) -> Answer:
    texts = tuple((name, said.said(name)) for name in point.questions if said.said(name))
    effects = tuple(e for e in said.effects if e.topic in point.topics and e.nature is not Nature.BENEFIT)
    lacking = [name for name in point.questions if not said.said(name)]
    lacking += [f"effect:{topic}" for topic in point.topics if topic not in {effect.topic for effect in effects}]
    if point.heard and not people_heard:
        if said.said("not_heard"):
            texts = (*texts, ("not_heard", said.said("not_heard")))
        else:
            lacking.append("not_heard")
    return Answer(point, texts, effects, tuple(lacking))


def _view(row: Mapping[str, Any]) -> View:
    points = row["points"]
    told = tuple(
        Point(p["id"], p["place"], tuple(p.get("questions", ())), tuple(p.get("topics", ())), p.get("heard", False))
        for p in points
    )
    return View(str(row["id"]), str(row["citation"]), str(row["source"]), str(row["version"]), _applies(row), told)


def _applies(row: Mapping[str, Any]) -> tuple[tuple[str, date], ...]:
    if isinstance(day := row.get("valid_from"), date):
        return (("", day),)
    law = load().frameworks[FrameworkId(str(row["framework"]))]
    return next(tuple(item.applies) for item in law.requirements if item.id == row["article"])
