"""Data sets by their content: finds the files, takes their digest, and knows when they changed meanwhile."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from clerestory.store.engine.source import Source, SourceUnreadable, find_source
from clerestory.terms.ids import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """One version of a data set in one role. ``columns`` maps names to kinds: integer, number, text ...."""

    role: str
    location: str
    source: Source
    digest: Digest
    stamp: tuple[tuple[int, ...], ...]
    columns: dict[str, str]

    @property
    def size(self) -> int:
        """Bytes in all files."""
        return sum(size for size, *_ in self.stamp)

    def require_unchanged(self) -> None:
        """Raise `SourceUnreadable` if a file was written or replaced since just before its digest was taken.

        Its time of change is the system's own and cannot be set back by a program, as the time of writing can.
        """
        if _stamp(self.source) != self.stamp:
            raise SourceUnreadable(f"{self.location} changed while it was read.", "Run again when nobody writes to it.")


def find_dataset(location: str, folder: Path, *, role: str, what: str) -> Dataset:
    """Find a data set, read its columns and take the digest of its content.

    Raises:
        SourceUnreadable: it is missing, broken, or has no columns.
    """
    if not location:
        raise SourceUnreadable(f"{what} names no data.", 'Add [data] with current = "data.parquet".')
    source = find_source(location, folder, what=what)
    stamp = _stamp(source)
    columns = source.kinds()
    if not columns:
        raise SourceUnreadable(f"{what}: {location} has no columns.", "Give a table with at least one column.")
    return Dataset(
        role=role, location=source.name, source=source, digest=content_digest(source), stamp=stamp, columns=columns
    )


def content_digest(source: Source) -> Digest:
    """Return the SHA-256 of one file, or of the sorted lines ``name digest`` where there are several files.

    Of rows that were brought from a database or bucket it is the digest of the rows (`store.source.snapshot`). Files of
    a partitioned Delta table have a line each, with their partition values as a JSON list behind.
    """
    if source.digest is not None:
        return source.digest
    if len(source.files) == 1 and not any(source.constants):
        return file_digest(source.files[0])
    common = source.files[0].parent
    while not all(file.is_relative_to(common) for file in source.files):
        common = common.parent
    behind = [f" {json.dumps(values)}" if values else "" for values in source.constants] or [""] * len(source.files)
    lines = sorted(
        f"{file.relative_to(common).as_posix()} {file_digest(file)}{values}\n"
        for file, values in zip(source.files, behind, strict=True)
    )
    return Digest("sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest())


def file_digest(file: Path) -> Digest:
    """Return the SHA-256 of the bytes of one file.

    Raises:
        SourceUnreadable: the file cannot be read.
    """
    try:
        with file.open("rb", buffering=0) as stream:
            return Digest("sha256:" + hashlib.file_digest(stream, "sha256").hexdigest())
    except OSError as error:
        raise SourceUnreadable(
            f"{file} cannot be read: {error.strerror}.", "Give yourself the right to read it."
        ) from error


def _stamp(source: Source) -> tuple[tuple[int, ...], ...]:
    found = [file.stat() for file in source.files]
    return tuple((each.st_size, each.st_mtime_ns, each.st_ctime_ns, each.st_ino) for each in found)
