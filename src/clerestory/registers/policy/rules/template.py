"""Policies to begin with, in our own words. They are a start, not legal advice, and are no version of anybody's."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Template:
    """A policy to begin with: id, title, text, what it holds, for which kinds of system and for whom."""

    policy_id: str
    title: str
    text: str
    elements: tuple[str, ...]
    kinds: tuple[str, ...]
    audiences: tuple[str, ...]


@cache
def templates() -> tuple[Template, ...]:
    """Return the policies to begin with, the AI policy first."""
    text = files("clerestory.registers.policy.rules").joinpath("templates.toml").read_text(encoding="utf-8")
    return tuple(
        Template(
            item["id"],
            item["title"],
            item["text"].strip(),
            tuple(item.get("elements", ())),
            tuple(item.get("kinds", ())),
            tuple(item["audiences"]),
        )
        for item in tomllib.loads(text)["policy"]
    )
