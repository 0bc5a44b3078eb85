"""AI found by search against the register: what is used and not registered, and what was not searched."""

import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from clerestory.assurance.inventory import uses
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import ORGANISATION, check
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Find, Move, Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.files import FileUnusable, needed, offered, rows_of, structured, tables

NAME = "inventory.discovery-reconciliation"
_APART = re.compile(r"(^|/)(\.git|\.venv|venv|node_modules|__pycache__|site-packages|\.tox|\.mypy_cache)(/|$)")
_LARGEST = 5_000_000
_SEARCHED = "files searched of "
_PARAMETERS = (
    Parameter(
        name="register",
        kind="text",
        default="ai_register.csv",
        names_slice=True,
        meaning="An export of the register: CSV, or JSON or TOML with [[entry]]: id, uses and paths (names, and "
        "patterns of files, separated by ; or as lists).",
    ),
    Parameter(
        name="sources",
        kind="texts",
        default=("**/*",),
        names_slice=True,
        meaning="Patterns of the sources that are searched; one that matches nothing counts as not searched.",
    ),
    Parameter(
        name="leave_out",
        kind="texts",
        names_slice=True,
        meaning="Patterns of files that are not searched, such as tests/**; they are counted and shown.",
    ),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a register says of one AI system: what it uses, and where."""

    id: str
    uses: tuple[str, ...]
    paths: tuple[str, ...]

    def covers(self, what: str, path: str) -> bool:
        """Return whether a use at a place is of this entry; one that names neither covers nothing."""
        here = any(fnmatchcase(path, pattern) for pattern in self.paths)
        named = what.lower() in self.uses
        return (here and named) if self.paths and self.uses else here or named


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Search every source, and look each use up in the register."""
    path = parameters.text("register")
    entries = _entries(path, (yield from needed(path)))
    census, seen, left, hit = Census(), {path}, 0, set[str]()
    hidden, searched = 0, set[str]()
    for pattern in parameters.texts("sources"):
        found = yield Find(pattern)
        own = [file for file in found if not _APART.search(file)]
        if not own:
            census.unjudged("source", f"{pattern} matches no file")
        for file in own:
            if file in seen:
                continue
            seen.add(file)
            if any(fnmatchcase(file, out) for out in parameters.texts("leave_out")):
                left += 1
                hidden += len((yield from _uses(file)))
                continue
            used = set(uses.of_name(file))
            body, why = yield from offered(file)
            if body is None:
                census.unjudged("source", f"{file} {why}")
                continue
            if b"\x00" not in body[:8_000]:
                if len(body) > _LARGEST:
                    census.unjudged("source", f"{file} is a text of more than {_LARGEST // 1_000_000} MB")
                    continue
                used |= uses.of_text(file, body.decode("utf-8", "replace"))
            searched.add(file)
            census.kept("source")
            hit |= _reconcile(file, used, entries, census)
        if of_it := searched.intersection(own):
            census.note(f"{_SEARCHED}{pattern}", str(len(of_it)))
    for entry in entries:
        if entry.id not in hit:
            census.unjudged("register entry", f"{entry.id} was not found in what was searched")
        else:
            census.kept("register entry")
    census.note("files left out", str(left))
    census.note("uses in files left out, not counted", str(hidden))
    return census.tally()


def _uses(file: str) -> Generator[Move, Any, set[uses.Use]]:
    """Return the uses of a file that is left out, as far as it can be read: they are not judged, but counted."""
    used = set(uses.of_name(file))
    body, _ = yield from offered(file)
    if body is not None and b"\x00" not in body[:8_000] and len(body) <= _LARGEST:
        used |= uses.of_text(file, body.decode("utf-8", "replace"))
    return used


def _reconcile(file: str, used: set[uses.Use], entries: list[Entry], census: Census) -> set[str]:
    """Count each use as registered or not; return the entries that were found."""
    hit = set[str]()
    for kind, what in sorted(used):
        own = [entry.id for entry in entries if entry.covers(what, file)]
        hit.update(own)
        census.judged(kind, f"{file}: {what}", [] if own else ["is not in the register"])
    return hit


def _entries(path: str, body: bytes) -> list[Entry]:
    if path.endswith(".csv"):
        listed: list[Mapping[str, Any]] = list(rows_of(path, body, ("id", "uses", "paths")))
    else:
        listed = tables(path, structured(path, body), "entry", ("id",))
    found = [
        Entry(str(item["id"]), tuple(use.lower() for use in _several(item, "uses")), _several(item, "paths"))
        for item in listed
    ]
    if len({entry.id for entry in found}) < len(found):
        raise FileUnusable(f"{path} names an entry twice.", "Give each an id of its own.")
    return found


def _several(item: Mapping[str, Any], key: str) -> tuple[str, ...]:
    given = item.get(key) or ()
    parts = given.split(";") if isinstance(given, str) else [str(part) for part in given]
    return tuple(filter(None, (part.strip() for part in parts)))


@check(NAME, subject=ORGANISATION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def discovery_reconciliation(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the uses of AI that were found and are not registered; ``<= 0`` asks that all are.

    Formula: each source is searched for imports and dependencies of AI libraries, addresses of AI services, model files
    and tool servers; a use in a file counts when no entry of the register names it or its place (an entry that names
    both must match both). Sought are the libraries and services listed in `inventory.uses`. Unit: number of uses. The
    interval is from those counted to those plus what is unknown: sources that match no file or cannot be read, and
    entries of which nothing was found. It holds while each unknown source hides at most one use. INCONCLUSIVE where
    nothing was searched. It covers the declared sources of which at least one file was searched.
    Misleads where AI is used by a name that is not on the list, in a service that somebody else runs, or in a source
    that nobody declared: a search finds what it knows (shadow use: NIST AI RMF 1.0, GOVERN 1.6, 2023).

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally, declared = trial_tally(NAME, tallies, parameters), parameters.texts("sources")
    searched = {name for name, _ in tally.notes}
    return replace(
        counted(NAME, "search against the register", tally),
        covers=tuple(dict.fromkeys(source for source in declared if f"{_SEARCHED}{source}" in searched)),
        lists={"declared_sources": tuple(dict.fromkeys(declared))},
    )
