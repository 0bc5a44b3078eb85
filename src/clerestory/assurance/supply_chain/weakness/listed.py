"""The parts that a file lists: CycloneDX and SPDX as JSON, a lock of requirements, and wheels with an SBOM inside."""

import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from posixpath import dirname, join, normpath
from typing import Any

from clerestory.assurance.supply_chain.model_form.packed import members
from clerestory.assurance.trial import Move
from clerestory.assurance.trial.files import FileUnusable, json_of, needed, offered, text_of

_ECOSYSTEMS = {"pypi": "PyPI", "npm": "npm", "cargo": "crates.io", "golang": "Go", "maven": "Maven", "nuget": "NuGet",
               "gem": "RubyGems", "deb": "Debian", "apk": "Alpine", "hex": "Hex", "pub": "Pub", "composer": "Packagist",
               "swift": "SwiftURL", "cran": "CRAN"}  # fmt: skip
_KINDS = {"machine-learning-model": "model", "data": "data"}
_PURL = re.compile(r"pkg:([a-z0-9.+-]+)/([^@?#]+)(?:@([^?#]+))?")
_PINNED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*={2,3}\s*([^\s;\\#]+)")
_INCLUDED = re.compile(r"(?:-r|--requirement)[ =]?\s*([^\s#]+)")
_REQUIRED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """A part: its ecosystem (empty: unknown), name and version (empty: none given), licence terms, and what it is."""

    ecosystem: str
    name: str
    version: str
    licence: str = ""
    kind: str = "code"

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


def parts(path: str, body: bytes) -> list[Part]:
    """Return the parts that a file lists, each once.

    Raises:
        FileUnusable: the file has none of the known forms.
    """
    if path.endswith(".whl"):
        return sorted(set(_wheel(path, body)))
    if path.endswith(".json"):
        return sorted(set(_document(path, json_of(path, body))))
    return sorted(set(_lock(text_of(path, body))))


@dataclass(frozen=True, slots=True)
class Listed:
    """The parts of a list and of those that it includes, and what of it was not read."""

    parts: tuple[Part, ...]
    unread: tuple[str, ...]


def listed_in(path: str) -> Generator[Move, Any, Listed]:
    """Read a list of parts and, where it is a lock of requirements, each that it includes by ``-r``.

    Raises:
        FileUnusable: a list has none of the known forms, or is not there.
    """
    found, unread = set(parts(path, (yield from needed(path)))), list[str]()
    if path.endswith((".json", ".whl")):
        return Listed(tuple(sorted(found)), ())
    seen, waiting = {path}, [path]
    while waiting:
        here = waiting.pop()
        body, why = yield from offered(here)
        if body is None:
            unread.append(f"{here}, which a lock includes, {why}")
            continue
        found.update(parts(here, body))
        for name in included(text_of(here, body)):
            place = normpath(join(dirname(here), name))
            if "://" in name or place.startswith(".."):
                unread.append(f"{name}, which {here} includes, lies elsewhere")
            elif place not in seen:
                seen.add(place)
                waiting.append(place)
    return Listed(tuple(sorted(found)), tuple(sorted(unread)))


def included(text: str) -> list[str]:
    """Return the files that a lock of requirements includes: the names behind ``-r`` and ``--requirement``."""
    found = (_INCLUDED.match(line.strip()) for line in text.splitlines())
    return [match[1] for match in found if match]


def _document(path: str, found: Any) -> Iterator[Part]:
    if isinstance(found, Mapping) and found.get("bomFormat") == "CycloneDX":
        yield from _cyclonedx(found.get("components") or ())
    elif isinstance(found, Mapping) and "spdxVersion" in found:
        yield from _spdx(found)
    else:
        raise FileUnusable(f"{path} is neither CycloneDX nor SPDX 2.", "Give an SBOM as JSON, or a lock file.")


def _cyclonedx(components: Any) -> Iterator[Part]:
    for component in components if isinstance(components, list) else ():
        named = part_of(str(component.get("purl", "")))
        ecosystem, name, version = named or ("", str(component.get("name", "")), "")
        kind = _KINDS.get(str(component.get("type")), "code")
        yield Part(ecosystem, name, version or str(component.get("version", "")), licence_of(component), kind)
        yield from _cyclonedx(component.get("components") or ())


def licence_of(component: Mapping[str, Any]) -> str:
    """Return the licence expression of a part in CycloneDX; several entries hold together. Empty: none is given."""
    found = []
    for entry in component.get("licenses") or ():
        licence = entry.get("license") or {}
        said = entry.get("expression") or licence.get("id") or licence.get("name")
        if said:
            found.append(str(said))
    return found[0] if len(found) == 1 else " AND ".join(f"({item})" for item in found)


def _spdx(document: Mapping[str, Any]) -> Iterator[Part]:
    for package in document.get("packages") or ():
        locators = [
            str(item.get("referenceLocator", ""))
            for item in package.get("externalRefs") or ()
            if item.get("referenceType") == "purl"
        ]
        ecosystem, name, version = next(filter(None, map(part_of, locators)), ("", str(package.get("name", "")), ""))
        said = next((str(package[key]) for key in ("licenseConcluded", "licenseDeclared")
                     if package.get(key) not in (None, "NOASSERTION", "NONE")), "")  # fmt: skip
        yield Part(ecosystem, name, version or str(package.get("versionInfo", "")), said)


def part_of(purl: str) -> tuple[str, str, str] | None:
    """Return ecosystem, name and version of a package URL; None where it is none. Unknown types keep their own name."""
    match = _PURL.match(purl)
    if match is None:
        return None
    kind, name, version = match[1], _unquoted(match[2]), _unquoted(match[3] or "")
    if kind == "maven":
        name = name.replace("/", ":")
    return _ECOSYSTEMS.get(kind, kind), name, version


def _unquoted(text: str) -> str:
    whole = re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes.fromhex(found[1].decode()), text.encode())
    return whole.decode("utf-8", "replace")


def _lock(text: str) -> Iterator[Part]:
    for line in text.splitlines():
        line = line.strip()
        editable = line.startswith(("-e ", "--editable"))
        if not line or (line.startswith(("#", "-")) and not editable):
            continue
        pinned = _PINNED.match(line)
        if pinned:
            yield Part("PyPI", pinned[1], "" if "*" in pinned[2] else pinned[2])
        else:
            named = _REQUIRED.match(line)
            yield Part("PyPI", named[0] if named else line[:80], "")


def _wheel(path: str, body: bytes) -> Iterator[Part]:
    """Yield a wheel itself, what it was built with by its own SBOM (PEP 770), and what it asks for without a pin."""
    unread: list[str] = []
    for name, part in members(path, body, unread):
        if re.fullmatch(r"[^/]+\.dist-info/METADATA", name):
            yield from _metadata(text_of(f"{path}/{name}", part))
        elif re.fullmatch(r"[^/]+\.dist-info/sboms/[^/]+\.json", name):
            yield from _document(f"{path}/{name}", json_of(f"{path}/{name}", part))
    if unread:
        raise FileUnusable(f"{unread[0]}.", "Get the wheel again.")


def _metadata(text: str) -> Iterator[Part]:
    head = text.partition("\n\n")[0].splitlines()
    fields = [
        (name, value.strip()) for name, _, value in (line.partition(":") for line in head) if not name[:1].isspace()
    ]
    said = dict(reversed(fields))
    yield Part("PyPI", said.get("Name", ""), said.get("Version", ""), said.get("License-Expression", ""))
    for name, value in fields:
        required = _REQUIRED.match(value) if name == "Requires-Dist" and "extra ==" not in value else None
        if required:
            yield Part("PyPI", required[0], "")
