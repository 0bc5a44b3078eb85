"""Digests of the released parts of the catalogue, so that a verifier notices rules that somebody changed."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from clerestory.catalogue.table import CatalogueUnreadable
from clerestory.terms.fact import Document
from clerestory.terms.ids import Digest


def digests(document: Document) -> Mapping[str, Digest]:
    """Return part -> digest of a catalogue document: each framework, each rule file, and the shared vocabulary."""
    parts: dict[str, object] = {}
    for name in ("frameworks", "rules"):
        for item in _items(document[name]):
            parts[f"{name}/{_identifier(item)}"] = item
    for name in ("evidence", "crosswalk", "not_yet_produced"):
        parts[name] = document[name]
    return {name: _digest(part) for name, part in sorted(parts.items())}


@cache
def released_digests() -> Mapping[str, frozenset[Digest]]:
    """Return part -> every digest that was ever released for it."""
    text = files("clerestory.catalogue").joinpath("data", "released.toml").read_text(encoding="utf-8")
    found: dict[str, set[Digest]] = {}
    for release in tomllib.loads(text)["release"]:
        for part, digest in release["digests"].items():
            found.setdefault(part, set()).add(Digest(digest))
    return {part: frozenset(values) for part, values in found.items()}


def not_released(document: Document) -> tuple[str, ...]:
    """Return the parts of a catalogue document whose digest was never released."""
    known = released_digests()
    return tuple(part for part, digest in digests(document).items() if digest not in known.get(part, ()))


def differing_rules(document: Document, other: Document) -> tuple[str, ...]:
    """Return the names of rules that are missing, added or different between two catalogue documents."""
    left, right = _rules(document), _rules(other)
    return tuple(sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name)))


def _rules(document: Document) -> dict[str, object]:
    return {
        f"{rule['requirement']}/{rule['id']}": rule
        for table in _items(document["rules"])
        for rule in _items(table["rule"])
    }


def _identifier(item: Document) -> object:
    head = item.get("framework")
    return head["id"] if isinstance(head, Mapping) else head


def _items(value: object) -> list[Document]:
    if not isinstance(value, list):
        raise CatalogueUnreadable("document", "a list was expected")
    return value


def _digest(part: object) -> Digest:
    text = json.dumps(part, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Digest("sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest())
