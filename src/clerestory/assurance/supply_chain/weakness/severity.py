"""How severe a weakness is: the base score of CVSS 3, the level that a database gives, or unknown."""

from collections.abc import Mapping
from math import ceil
from typing import Any

LEVELS = ("low", "medium", "high", "critical")
_WORDS = {"LOW": "low", "MODERATE": "medium", "MEDIUM": "medium", "HIGH": "high", "CRITICAL": "critical"}
_AV = {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2}
_AC = {"L": 0.77, "H": 0.44}
_PR = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}
_UI = {"N": 0.85, "R": 0.62}
_CIA = {"H": 0.56, "L": 0.22, "N": 0.0}


def base_score(vector: str) -> float | None:
    """Return the base score of a CVSS 3.0 or 3.1 vector by the formula of FIRST; None where it is no such vector."""
    if not vector.startswith(("CVSS:3.0/", "CVSS:3.1/")):
        return None
    parts = dict(part.split(":", 1) for part in vector.split("/")[1:] if ":" in part)
    try:
        scope = parts["S"]
        lost = 1.0
        for name in "CIA":
            lost *= 1 - _CIA[parts[name]]
        impact = 1 - lost
        wide = 7.52 * (impact - 0.029) - 3.25 * (impact - 0.02) ** 15
        weight = 6.42 * impact if scope == "U" else wide
        ease = 8.22 * _AV[parts["AV"]] * _AC[parts["AC"]] * _PR[scope][parts["PR"]] * _UI[parts["UI"]]
    except KeyError:
        return None
    if weight <= 0:
        return 0.0
    return _up(min((weight + ease) * (1.08 if scope == "C" else 1.0), 10))


def _up(score: float) -> float:
    """Round up to one decimal as CVSS 3.1, appendix A, does it."""
    whole = round(score * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (ceil(whole / 10_000)) / 10


def level(record: Mapping[str, Any]) -> str:
    """Return the level of an OSV record: by its CVSS 3 vector, else as its database says, else ``unknown``."""
    given = record.get("severity")
    scores = [
        base_score(str(item.get("score", "")))
        for item in (given if isinstance(given, list) else [])
        if isinstance(item, Mapping)
    ]
    known = [score for score in scores if score is not None]
    if known:
        top = max(known)
        return "critical" if top >= 9 else "high" if top >= 7 else "medium" if top >= 4 else "low"
    said = record.get("database_specific")
    word = said.get("severity") if isinstance(said, Mapping) else None
    return _WORDS.get(str(word).upper(), "unknown")


def counts(found: str, limit: str) -> bool:
    """Return whether a level is at or above the limit; an unknown one always is."""
    return found not in LEVELS or LEVELS.index(found) >= LEVELS.index(limit)
