"""Registering a system in four fields: what it is called, what it is for, who answers for it, and whom it touches.

Everything else follows from these or stays unknown. Nothing is guessed downwards: a stage that nobody said counts as
in operation, and what is unknown is judged as strictly as it could be.
"""

import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass

from clerestory.registers.inventory.rules.record import AISystem, Stage
from clerestory.registers.inventory.rules.tier import NO_AREA
from clerestory.terms.ids import PersonId

UNKNOWN, INSIDE, TALKS, PEOPLE = "unknown", "inside", "talks", "people"
"""Whom it touches beside the areas of the tier rules: not known; nobody outside our own work; those who talk with it
or see what it makes; other people whom its output is about."""
_LONGEST_ID = 60


@dataclass(frozen=True, slots=True)
class FourFields:
    """What is asked for."""

    name: str
    purpose: str
    owner: PersonId
    touches: str


def system_of(said: FourFields, taken: Container[str]) -> AISystem:
    """Return the system that four fields describe, under an id that is not taken."""
    facts: dict[str, dict[str, object]] = {
        UNKNOWN: {},
        INSIDE: {"use_areas": (NO_AREA,), "affects_people": False, "interacts": False, "has_customers": False},
        TALKS: {"use_areas": (NO_AREA,), "interacts": True},
        PEOPLE: {"use_areas": (NO_AREA,), "affects_people": True},
    }
    known = facts.get(said.touches, {"use_areas": (said.touches,), "affects_people": True})
    return AISystem(
        system_id=free_id(said.name, taken),
        name=said.name.strip(),
        purpose=said.purpose.strip(),
        owner=said.owner,
        stage=Stage.OPERATION,
        assumed=("stage",),
        **known,  # type: ignore[arg-type]
    )


def free_id(name: str, taken: Container[str]) -> str:
    """Return a short lasting id made of a name, with a number where it is taken."""
    bare = unicodedata.normalize("NFKD", name.casefold().replace("ß", "ss"))
    letters = "".join(letter for letter in bare if not unicodedata.combining(letter))
    first = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:_LONGEST_ID].rstrip("-") or "system"
    number, found = 1, first
    while found in taken:
        number += 1
        found = f"{first}-{number}"
    return found
