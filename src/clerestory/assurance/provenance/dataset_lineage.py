"""Lineage of data set versions: which version came of which, with digests that can be computed again."""

from collections.abc import Generator, Mapping
from graphlib import CycleError, TopologicalSorter
from posixpath import dirname, join, normpath
from typing import Any

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DATASET_VERSION, check
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Move, Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.checksums import compare, content_digest
from clerestory.assurance.trial.files import FileUnusable, needed, split_digest, structured, tables

NAME = "provenance.dataset-lineage"
_PARAMETERS = (
    Parameter(
        name="lineage",
        kind="text",
        default="lineage.toml",
        names_slice=True,
        meaning="TOML or JSON with [[version]]: id, digest, files (a table of digests by path), parents (a list of "
        "tables with id and digest) and, where there is no parent, source.",
    ),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Check versions against their own files, links against what they link to, then hash the files again."""
    path = parameters.text("lineage")
    document = structured(path, (yield from needed(path)))
    versions = {str(item["id"]): item for item in tables(path, document, "version", ("id", "digest"))}
    if len(versions) < len(document.get("version", ())):
        raise FileUnusable(f"{path} names a version twice.", "Give each version an id of its own.")
    census = Census()
    looped = _loop(versions)
    for name, version in versions.items():
        _version(name, version, census)
        _links(name, version, versions, looped, census)
    yield from _files(path, versions, census)
    census.note("versions", str(len(versions)))
    return census.tally()


def _of(version: Mapping[str, Any], key: str) -> Mapping[str, str]:
    found = version.get(key, {})
    if not isinstance(found, Mapping) or not all(isinstance(item, str) for item in found.values()):
        raise FileUnusable(
            f"Version {version['id']}: {key} is no table of digests.", f"Write a digest for each path in {key}."
        )
    return found


def _parents(version: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return tables(f"Version {version['id']}", version, "parents", ("id",))


def _loop(versions: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Return the versions of a loop, which cannot have come of one another."""
    graph = {name: {str(parent["id"]) for parent in _parents(item)} for name, item in versions.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return set(error.args[1])
    return set()


def _version(name: str, version: Mapping[str, Any], census: Census) -> None:
    files = _of(version, "files")
    said, computed = split_digest(str(version["digest"])), split_digest(content_digest(files))
    if not files:
        census.unjudged("version", f"{name} lists no files")
    elif any(split_digest(item) is None for item in files.values()):
        census.unjudged("version", f"{name} lists a file without a digest that can be read")
    else:
        census.judged("version", name, [] if said == computed else ["its digest is not that of its files"])


def _links(
    name: str,
    version: Mapping[str, Any],
    versions: Mapping[str, Mapping[str, Any]],
    looped: set[str],
    census: Census,
) -> None:
    parents = _parents(version)
    if not parents:
        if version.get("source"):
            census.kept("origin")
        else:
            census.unjudged("origin", f"{name} has neither parent nor source")
    for parent in parents:
        other = versions.get(str(parent["id"]))
        link = f"{name} from {parent['id']}"
        if other is None:
            census.broken("link", f"{link}: there is no such version")
        elif name in looped and str(parent["id"]) in looped:
            census.broken("link", f"{link}: the versions come of one another in a loop")
        elif not parent.get("digest"):
            census.unjudged("link", f"{link}: it names no digest of the parent")
        else:
            same = split_digest(str(parent["digest"])) == split_digest(str(other["digest"]))
            census.judged("link", link, [] if same else ["the parent has another digest now"])


def _files(path: str, versions: Mapping[str, Mapping[str, Any]], census: Census) -> Generator[Move, Any, None]:
    """Hash each listed file again; one that is in several versions with different digests is of the last one."""
    last: dict[str, str] = {}
    for version in versions.values():
        last.update(_of(version, "files"))
    pairs = [(normpath(join(dirname(path), name)), written) for name, written in sorted(last.items())]
    yield from compare(pairs, census, missing_is_broken=False)


@check(NAME, subject=DATASET_VERSION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def dataset_lineage(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count what does not verify in the lineage of data sets; ``<= 0`` asks that all of it does.

    Formula: counted are versions whose digest is not that of their files, links to a version that is not there, that
    has another digest than the link names, or that closes a loop (Kahn 1962), and files that are there with another
    content. The digest of a version is SHA-256 over its files' lines as sha256sum writes them, so that a link commits
    to all that its parent was made of (Merkle 1988). Unit: number of versions, links and files. The interval is from
    those counted to those plus what could not be judged: files that are not there, links without digest, versions
    without files, and first versions that name no source. INCONCLUSIVE where no version is listed.
    Misleads where a version was made of more than its lineage names: nothing here sees the making.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    return counted(NAME, "digests and parents computed again", trial_tally(NAME, tallies, parameters))
