"""Carries a recipe out: from the data to the files of a safer table with its report. Writes nothing itself."""

import hashlib
import io
import json
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from clerestory.assurance.trial.checksums import content_digest
from clerestory.intake.data import Dataset, find_dataset
from clerestory.intake.manifest import FILE_NAME, read
from clerestory.intake.manifest.section import ManifestUnusable
from clerestory.intake.protect import effect
from clerestory.intake.protect.change import Changed, Tell, change, output_columns, require_columns
from clerestory.intake.protect.reading import read_table
from clerestory.intake.protect.recipe import Recipe
from clerestory.intake.run import tool_version
from clerestory.store.engine.source import kinds_of
from clerestory.terms.ids import Digest
from clerestory.terms.moment import moment_text

if TYPE_CHECKING:
    import polars as pl

FORMAT = "clerestory-transformation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformed:
    """The new table as the bytes of its file, and the report on it."""

    output: Path
    body: bytes
    report: Mapping[str, object]

    def report_body(self) -> bytes:
        """Return the file of the report."""
        return (json.dumps(self.report, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def transform(recipe: Recipe, *, now: datetime, tell: Tell) -> Transformed:
    """Carry a recipe out.

    Raises:
        ManifestUnusable: the recipe does not fit the data.
        CannotTransform: it would protect nobody, or leave out more rows than it allows.
        SourceUnreadable: the data is missing or broken, or changed meanwhile.
    """
    output = recipe.folder / recipe.output
    written = _writer(recipe, output)
    dataset = _dataset(recipe)
    if output.resolve() in {file.resolve() for file in dataset.source.files}:
        raise ManifestUnusable(f"{recipe.where('output')} is the input.", "Write into another file.")
    tell("reading", 0, 1)
    frame = read_table(dataset)
    kinds = kinds_of(frame)
    require_columns(recipe, kinds)
    names = output_columns(recipe, kinds)
    if not frame.height:
        raise ManifestUnusable(f"{recipe.where('input')}: {dataset.location} has no rows.", "Give data with rows.")
    tell("reading", 1, 1)
    changed = change(frame, recipe, names, tell)
    found = _measured(changed, recipe, tell)
    released = changed.released()
    body = written(released)
    digest = Digest("sha256:" + hashlib.sha256(body).hexdigest())
    report: dict[str, object] = {
        "format": FORMAT,
        "v": 1,
        "tool": f"clerestory {tool_version()}",
        "at": moment_text(now),
        "input": {
            "location": dataset.location,
            "digest": dataset.digest,
            "rows": frame.height,
            "columns": frame.width,
        },
        "recipe": {"file": recipe.file.name, "digest": recipe.digest},
        "output": {
            "location": recipe.output,
            "digest": digest,
            "rows": released.height,
            "columns": released.width,
            "left_out": 1 - released.height / frame.height,
        },
        "steps": dict(changed.steps),
        **found,
        "lineage": {"version": _lineage(recipe, dataset, digest)},
    }
    return Transformed(output=output, body=body, report=report)


def _measured(changed: Changed, recipe: Recipe, tell: Tell) -> Mapping[str, object]:
    """Return the parts of the report that are measured, by name."""
    parts: dict[str, Callable[[], object]] = {
        "anonymity": lambda: effect.anonymity_document(changed, recipe),
        "linkage": lambda: effect.linkage_document(changed, recipe),
        "attributes": lambda: effect.attribute_document(changed, recipe),
        "columns": lambda: effect.column_document(changed, recipe),
        "use": lambda: effect.use_document(changed, recipe),
        "noise": lambda: effect.noise_document(changed),
    }
    found = {}
    for at, (name, measure) in enumerate(parts.items()):
        tell("measuring", at, len(parts))
        found[name] = measure()
    tell("measuring", len(parts), len(parts))
    return found


def lineage_text(report: Mapping[str, object], known: frozenset[str]) -> str:
    """Return the versions of a report as ``[[version]]`` tables of TOML, but for those that are known."""
    lines = []
    versions: list[Mapping[str, object]] = report["lineage"]["version"]  # type: ignore[index]
    for version in versions:
        if version["id"] in known:
            continue
        lines += ["", "[[version]]", f"id = {json.dumps(version['id'])}", f"digest = {json.dumps(version['digest'])}"]
        files: Mapping[str, str] = version["files"]  # type: ignore[assignment]
        lines.append("files = { " + ", ".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in files.items()) + " }")
        parents: list[Mapping[str, str]] = version["parents"]  # type: ignore[assignment]
        if parents:
            said = ", ".join(f"{{ id = {json.dumps(p['id'])}, digest = {json.dumps(p['digest'])} }}" for p in parents)
            lines.append(f"parents = [{said}]")
        if version.get("source"):
            lines.append(f"source = {json.dumps(version['source'])}")
    return "\n".join([*lines, ""]) if lines else ""


def _lineage(recipe: Recipe, dataset: Dataset, digest: Digest) -> list[Mapping[str, object]]:
    from clerestory.intake.data import file_digest

    files: dict[str, str] = {
        posixpath.normpath(_relative(file, recipe.folder)): file_digest(file) for file in dataset.source.files
    }
    if dataset.source.held is not None:
        files = {"rows": dataset.digest}
    made = {posixpath.normpath(recipe.output): str(digest)}
    first, second = content_digest(files), content_digest(made)
    manifest = recipe.folder / FILE_NAME
    sources = ", ".join(read(manifest).data.sources) if manifest.is_file() else ""
    return [
        {"id": dataset.location, "digest": first, "files": files, "parents": [], "source": sources},
        {"id": recipe.output, "digest": second, "files": made, "parents": [{"id": dataset.location, "digest": first}]},
    ]


def _relative(file: Path, folder: Path) -> str:
    import os

    return Path(os.path.relpath(file, folder)).as_posix()


def _dataset(recipe: Recipe) -> Dataset:
    if recipe.input is not None:
        return find_dataset(recipe.input, recipe.folder, role="input", what=recipe.where("input"))
    manifest = recipe.folder / FILE_NAME
    if not manifest.is_file():
        raise ManifestUnusable(
            f"{recipe.file}: [transform] names no input, and there is no {FILE_NAME} beside it.",
            'Add input = "people.parquet", or write the recipe beside a manifest.',
        )
    named = read(manifest)
    if not named.data.current:
        raise ManifestUnusable(
            f"{recipe.file}: [transform] names no input, and the manifest has no [data].",
            'Add input = "people.parquet".',
        )
    return find_dataset(named.data.current, named.folder, role="input", what=named.where("data", "current"))


def _writer(recipe: Recipe, output: Path) -> Callable[["pl.DataFrame"], bytes]:
    """Return what writes a table in the form that the name of the output asks for."""
    suffix = output.suffix.lower()
    if suffix not in (".parquet", ".csv", ".arrow", ".feather"):
        raise ManifestUnusable(
            f"{recipe.where('output')} is {recipe.output!r}, of no known form.", "Name a .parquet, .csv or .arrow file."
        )

    def write(frame: "pl.DataFrame") -> bytes:
        stream = io.BytesIO()
        if suffix == ".parquet":
            frame.write_parquet(stream)
        elif suffix == ".csv":
            frame.write_csv(stream)
        else:
            frame.write_ipc(stream)
        return stream.getvalue()

    return write
