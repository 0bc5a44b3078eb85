"""Digests of the released parts of the catalogue, so that a verifier notices rules that somebody changed."""

import hashlib
import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from clerestory.catalogue.table import CatalogueUnreadable
from clerestory.terms.fact import Document
from clerestory.terms.ids import Digest

_RULES = "rules/"


@dataclass(frozen=True, slots=True)
class Release:
    """One released version with the digest of each part of its catalogue."""

    version: str
    digests: Mapping[str, Digest]

    @property
    def judged(self) -> tuple[str, ...]:
        """The frameworks that this release has rules for."""
        return tuple(part.removeprefix(_RULES) for part in sorted(self.digests) if part.startswith(_RULES))


def digests(document: Document) -> Mapping[str, Digest]:
    """Return part -> digest of a catalogue document: each framework, each rule file, and what they share."""
    return dict(sorted(_parts(document)))


@cache
def releases() -> tuple[Release, ...]:
    """Return every release, the newest last."""
    text = files("clerestory.catalogue").joinpath("data", "released.toml").read_text(encoding="utf-8")
    return tuple(
        Release(release["version"], {part: Digest(digest) for part, digest in release["digests"].items()})
        for release in tomllib.loads(text)["release"]
    )


def nearest_release(document: Document) -> Release:
    """Return the release with which a catalogue document has the most parts in common, the newest of several."""
    found = set(_parts(document))
    return max(reversed(releases()), key=lambda release: len(found & set(release.digests.items())))


def not_released(document: Document) -> tuple[str, ...]:
    """Return the parts that keep a catalogue document from being one whole release: changed, missing, added, doubled.

    A document of parts that were released with different versions is none either.
    """
    parts = _parts(document)
    times = Counter(part for part, _ in parts)
    known = set(nearest_release(document).digests.items())
    odd = {part for part, _ in known ^ set(parts)}
    return tuple(sorted(odd | {part for part, count in times.items() if count > 1}))


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


def _parts(document: Document) -> list[tuple[str, Digest]]:
    named: list[tuple[str, object]] = [
        (f"{name}/{_identifier(item)}", item) for name in ("frameworks", "rules") for item in _items(document[name])
    ]
    named += [(name, document[name]) for name in ("version", "evidence", "crosswalk", "not_yet_produced")]
    return [(name, _digest(part)) for name, part in named]


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
