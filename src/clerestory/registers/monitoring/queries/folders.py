"""Folders of the server in which monitors may find a manifest: below the projects folders, and nowhere else.

Follows no symbolic link. With several organisations on one server each sees only the folder that has its id as name.
"""

import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from clerestory.desk.people import is_alone
from clerestory.registers.monitoring.rules import MOST_PARTS, MonitorRefused, check_folder, check_key
from clerestory.terms.ids import OrganisationId
from clerestory.terms.sentence import gettext as _

MANIFEST = "clerestory.toml"
MOST = 500


@dataclass(frozen=True, slots=True, order=True)
class Project:
    """A folder with a manifest: its name below the projects folder, and the system that the manifest is about."""

    folder: str
    system_id: str


# house: allow permit-first: reads folders of the server, no record; its caller asks
def projects(organisation_id: OrganisationId) -> tuple[Project, ...]:
    """Return the folders that this organisation may choose from."""
    found: dict[str, Project] = {}
    for root in settings.PROJECTS:
        for path in _manifests(root, _prefix(organisation_id)):
            name = path.parent.relative_to(root).as_posix()
            if name != ".":
                found.setdefault(name, Project(name, system_of(path)))
    return tuple(sorted(found.values()))[:MOST]


# house: allow permit-first: reads folders of the server, no record; its caller asks
def folder_of(organisation_id: OrganisationId, folder: str) -> Path:
    """Return the folder of that name.

    Raises:
        MonitorRefused: it leads out of the projects folders, belongs to another organisation, or holds no manifest.
    """
    parts = check_folder(folder)
    prefix = _prefix(organisation_id)
    if prefix and parts[: len(prefix)] != prefix:
        raise MonitorRefused(
            _("The folder {folder!r} is not one of this organisation's.", folder=folder),
            _("Use one below {prefix}/.", prefix="/".join(prefix)),
        )
    for root in settings.PROJECTS:
        found = _below(root, parts)
        if found is not None:
            return found
    raise MonitorRefused(
        _("The server has no folder {folder!r} with a {manifest}.", folder=folder, manifest=MANIFEST),
        _("Put it below {projects}, without symbolic links.", projects=settings.PROJECTS[0]),
    )


# house: allow permit-first: reads a file, no record
def system_of(manifest: Path) -> str:
    """Return the id of the system that a manifest is about; empty where it cannot be read."""
    try:
        system = tomllib.loads(manifest.read_text(encoding="utf-8")).get("system", {})
        return str(system.get("id", ""))
    except (OSError, ValueError, AttributeError):
        return ""


# house: allow permit-first: reads a file, no record
def names_deployment(manifest: Path) -> bool:
    """Tell whether a manifest says which deployment it is about."""
    try:
        return bool(tomllib.loads(manifest.read_text(encoding="utf-8-sig")).get("deployment", {}).get("id"))
    except (OSError, ValueError, AttributeError):
        return False


@dataclass(frozen=True, slots=True)
class Declared:
    """A check as a manifest declares it: name, criterion, and where the limit comes from."""

    name: str
    criterion: str
    source: str

    @property
    def key(self) -> str:
        """What tells it apart from the others."""
        return check_key(self.name, self.criterion)


# house: allow permit-first: reads a file, no record
def declared_in(manifest: Path) -> tuple[Declared, ...]:
    """Return the checks that a manifest declares; none where it cannot be read."""
    try:
        tables = tomllib.loads(manifest.read_text(encoding="utf-8-sig")).get("check", [])
        found = [Declared(*(str(table.get(key, "")) for key in ("name", "criterion", "source"))) for table in tables]
    except (OSError, ValueError, AttributeError):
        return ()
    return tuple({check.key: check for check in found if check.name}.values())


# house: allow permit-first: reads a file of the server, no record; its caller asks
def declared_checks(organisation_id: OrganisationId, folder: str) -> tuple[Declared, ...]:
    """Return the checks that the manifest of a folder declares now; none where there is no such manifest."""
    try:
        return declared_in(folder_of(organisation_id, folder) / MANIFEST)
    except MonitorRefused:
        return ()


def _prefix(organisation_id: OrganisationId) -> tuple[str, ...]:
    """Return what the names of this organisation's folders begin with: nothing where it is alone on the server."""
    return () if is_alone(organisation_id) else (str(organisation_id),)


def _below(root: Path, parts: tuple[str, ...]) -> Path | None:
    place = root
    for part in parts:
        place = place / part
        if place.is_symlink() or not place.is_dir():
            return None
    manifest = place / MANIFEST
    return place if manifest.is_file() and not manifest.is_symlink() else None


def _manifests(root: Path, prefix: tuple[str, ...]) -> Iterator[Path]:
    top = root.joinpath(*prefix)
    if top.is_symlink() or not top.is_dir():
        return
    for seen, (folder, below, files) in enumerate(os.walk(top, followlinks=False)):
        depth = len(Path(folder).relative_to(root).parts)
        shown = sorted(name for name in below if not name.startswith((".", "~")))
        below[:] = shown[:MOST] if depth < MOST_PARTS else []
        manifest = Path(folder) / MANIFEST
        if MANIFEST in files and not manifest.is_symlink():
            yield manifest
        if seen > 10 * MOST:
            return
