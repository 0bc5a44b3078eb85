"""An export of the Open Source Vulnerabilities format (OSV): its records by package, and which versions they affect."""

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from clerestory.assurance.supply_chain.model_form.packed import members
from clerestory.assurance.trial.files import FileUnusable, json_of, text_of
from clerestory.assurance.trial.version import order

Key = tuple[str, str]
"""Ecosystem and normalised name of a package."""


@dataclass(slots=True)
class Export:
    """Records by package, how many there are, and the newest moment at which one was changed."""

    by_package: dict[Key, list[tuple[Mapping[str, Any], Mapping[str, Any]]]] = field(default_factory=dict)
    records: int = 0
    newest: str = ""
    ecosystems: set[str] = field(default_factory=set)


def key_of(ecosystem: str, name: str) -> Key:
    """Return the key of a package; names of PyPI are normalised by PEP 503."""
    return ecosystem, re.sub(r"[-_.]+", "-", name).lower() if ecosystem == "PyPI" else name


def read(path: str, body: bytes, export: Export) -> None:
    """Add the records of a file: one as JSON, a list, one a line, an answer of the API, or a ZIP of such files.

    Raises:
        FileUnusable: it holds no record.
    """
    found = 0
    for record in _records(path, body):
        if not isinstance(record, Mapping) or "id" not in record or record.get("withdrawn"):
            continue
        found += 1
        export.records += 1
        export.newest = max(export.newest, str(record.get("modified", "")))
        for affected in record.get("affected") or ():
            package = affected.get("package") or {}
            ecosystem = str(package.get("ecosystem", "")).partition(":")[0]
            export.ecosystems.add(ecosystem)
            key = key_of(ecosystem, str(package.get("name", "")))
            export.by_package.setdefault(key, []).append((record, affected))
    if not found:
        raise FileUnusable(f"{path} holds no record of OSV.", "Export it from an OSV database as JSON or ZIP.")


def _records(path: str, body: bytes) -> Iterator[Any]:
    if zipfile.is_zipfile(io.BytesIO(body)):
        unread: list[str] = []
        for name, part in members(path, body, unread):
            if name.endswith(".json"):
                yield json_of(f"{path}/{name}", part)
        if unread:
            raise FileUnusable(f"{unread[0]}.", "Export it again.")
        return
    if path.endswith(".jsonl"):
        for line in filter(str.strip, text_of(path, body).splitlines()):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise FileUnusable(f"{path} has a line that is no JSON: {error}.", "Export it again.") from error
        return
    found = json_of(path, body)
    if isinstance(found, Mapping) and isinstance(found.get("vulns"), list):
        found = found["vulns"]
    yield from found if isinstance(found, list) else [found]


def affects(affected: Mapping[str, Any], ecosystem: str, version: str) -> bool | None:
    """Return whether a version is affected: listed, or inside a range; None where the order is not known.

    A range is a line of events: from ``introduced`` to before ``fixed``, or up to ``last_affected``.
    """
    if version in (affected.get("versions") or ()):
        return True
    here = order(ecosystem, version)
    unknown = False
    for span in affected.get("ranges") or ():
        if span.get("type") == "GIT":
            unknown = unknown or not affected.get("versions")
            continue
        inside = _inside(span.get("events") or (), ecosystem, here)
        if inside:
            return True
        unknown = unknown or inside is None
    return None if unknown else False


def _inside(events: Any, ecosystem: str, here: Any) -> bool | None:
    if here is None:
        return None
    line = []
    for event in events:
        for kind in ("introduced", "fixed", "last_affected"):
            if kind in event:
                # "0" is the schema's word for before all versions.
                at = () if (kind, event[kind]) == ("introduced", "0") else order(ecosystem, str(event[kind]))
                if at is None:
                    return None
                line.append((at, kind))
    inside = False
    for at, kind in sorted(line, key=lambda item: (item[0], item[1] != "fixed")):
        if kind == "introduced" and here >= at:
            inside = True
        elif (kind == "fixed" and here >= at) or (kind == "last_affected" and here > at):
            inside = False
    return inside
