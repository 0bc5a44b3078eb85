"""Lists of files with their digests, in the forms that sources publish them in, and what came of comparing."""

import hashlib
import re
from collections.abc import Generator, Iterable, Mapping
from posixpath import dirname, join, normpath
from typing import Any

from clerestory.assurance.trial.census import Census
from clerestory.assurance.trial.files import (
    STRONG,
    FileUnusable,
    has_digest,
    json_of,
    offered,
    rows_of,
    split_digest,
    text_of,
)
from clerestory.assurance.trial.move import Move

_GNU = re.compile(r"\\?([0-9a-fA-F]{32,128})[ \t]+\*?(.+)")
_BSD = re.compile(r"(MD5|SHA1|SHA224|SHA256|SHA384|SHA512) \((.+)\) = ([0-9a-fA-F]+)")


def listed(path: str, body: bytes) -> list[tuple[str, str]]:
    """Return pairs of path, relative to the manifest, and digest as written.

    Read are the lines of sha256sum and of BSD, CSV with ``path`` and ``digest``, a table of JSON by path, the
    ``resources`` of a data package and the ``distribution`` of a Croissant description.

    Raises:
        FileUnusable: it holds no digest, or a line has another form.
    """
    if path.endswith(".json"):
        found = _of_document(path, json_of(path, body))
    elif path.endswith(".csv"):
        found = [(row["path"], row["digest"]) for row in rows_of(path, body, ("path", "digest"))]
    else:
        found = _of_lines(path, text_of(path, body))
    if not found:
        raise FileUnusable(f"{path} lists no file with its digest.", "Make it with sha256sum.")
    return [(normpath(join(dirname(path), name)), written) for name, written in found]


def _of_lines(path: str, text: str) -> list[tuple[str, str]]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if match := _BSD.fullmatch(line.strip()):
            found.append((match[2], f"{match[1].lower()}:{match[3]}"))
        elif match := _GNU.fullmatch(line.strip()):
            found.append((match[2], match[1]))
        else:
            raise FileUnusable(f"{path}, line {number} is no digest with a file.", "Make it with sha256sum.")
    return found


def _of_document(path: str, document: Any) -> list[tuple[str, str]]:
    if not isinstance(document, Mapping):
        raise FileUnusable(f"{path} holds no table at its top.", 'Write { "path": "sha256:...", ... }.')
    for key, name, said in (("resources", "path", "hash"), ("distribution", "contentUrl", "sha256")):
        entries = document.get(key)
        if isinstance(entries, list):
            return [
                (str(entry[name]).removeprefix("./"), _named(said, str(entry.get(said) or "")))
                for entry in entries
                if isinstance(entry, Mapping) and isinstance(entry.get(name), str) and "://" not in entry[name]
            ]
    return [(str(name), said if isinstance(said, str) else "") for name, said in document.items()]


def _named(said: str, value: str) -> str:
    return f"sha256:{value}" if said == "sha256" else value


def content_digest(files: Mapping[str, str]) -> str:
    """Return the digest of files together: SHA-256 over the lines ``hex  path`` by path, as sha256sum writes them."""
    parts = {path: split_digest(written) for path, written in files.items()}
    lines = "".join(f"{parts[path][1]}  {path}\n" for path in sorted(parts) if parts[path])  # type: ignore[index]
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def compare(
    pairs: Iterable[tuple[str, str]], census: Census, *, missing_is_broken: bool, kind: str = "file"
) -> Generator[Move, Any, None]:
    """Compare each file with its digest: another content is broken, a digest that can be forged is not judged."""
    for path, written in pairs:
        body, why = yield from offered(path)
        same = None if body is None else has_digest(body, written)
        parts = split_digest(written)
        if body is None and why == "is not there" and missing_is_broken:
            census.broken(kind, f"{path} {why}")
        elif body is None:
            census.unjudged(kind, f"{path} {why}")
        elif same is None or parts is None:
            census.unjudged(kind, f"{path}: {written[:40]!r} is no digest that can be compared")
        elif not same:
            census.broken(kind, f"{path} has another content than {parts[0]}:{parts[1][:12]}...")
        elif parts[0] not in STRONG:
            census.unjudged(kind, f"{path} agrees with {parts[0]}, which can be forged")
        else:
            census.kept(kind)
