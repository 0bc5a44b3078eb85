"""The bill of materials of an AI system against what it is made of, by digest."""

from collections.abc import Generator, Iterator, Mapping
from typing import Any

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Move, Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.files import STRONG, FileUnusable, has_digest, matching, needed, offered, structured

NAME = "inventory.bill-of-materials"
_TYPES = frozenset(
    [
        "application",
        "framework",
        "library",
        "container",
        "platform",
        "operating-system",
        "device",
        "device-driver",
        "firmware",
        "file",
        "machine-learning-model",
        "data",
        "cryptographic-asset",
    ]
)
_FILED = ("machine-learning-model", "data", "file")
_FIRST = (1, 5)
"""The first version that knows models and data sets."""
_PARAMETERS = (
    Parameter(
        name="bills",
        kind="texts",
        default=("**/*.cdx.json", "**/bom.json"),
        names_slice=True,
        meaning="Patterns of the bills of materials: CycloneDX 1.5 or later, as JSON.",
    ),
    Parameter(
        name="files",
        kind="texts",
        default=(
            "**/*.onnx",
            "**/*.safetensors",
            "**/*.pkl",
            "**/*.joblib",
            "**/*.pt",
            "**/*.keras",
            "**/*.gguf",
            "**/*.parquet",
        ),
        names_slice=True,
        meaning="Patterns of what the version is made of: models and data.",
    ),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Look for a file with the digest of each part, and for a part with the digest of each file."""
    census, parts = Census(), list[Mapping[str, Any]]()
    for path in (yield from matching(parameters.texts("bills"))):
        parts.extend(_components(path, structured(path, (yield from needed(path))), census))
    filed = [part for part in parts if part.get("type") in _FILED]
    if parts:
        yield from _compare(parameters, filed, census)
    census.note("parts", str(len(parts)))
    census.note("parts that are no model, data or file", str(len(parts) - len(filed)))
    return census.tally()


def _components(path: str, document: Mapping[str, Any], census: Census) -> Iterator[Mapping[str, Any]]:
    version = str(document.get("specVersion", ""))
    numbers = tuple(int(part) for part in version.split(".") if part.isdigit())
    if document.get("bomFormat") != "CycloneDX" or len(numbers) != 2:
        raise FileUnusable(f"{path} is no CycloneDX.", "Give a bill of materials in CycloneDX, as JSON.")
    if numbers < _FIRST:
        raise FileUnusable(
            f"{path} is CycloneDX {version}, which knows no models.", "Write it in version 1.6 or later."
        )
    seen, waiting = set[str](), list(_listed(document.get("components")))
    while waiting:
        part = waiting.pop(0)
        waiting.extend(_listed(part.get("components")))
        name, reference = str(part.get("name", "")), str(part.get("bom-ref", ""))
        faults = [] if part.get("type") in _TYPES else [f"type {part.get('type')!r} is none of CycloneDX"]
        faults += [] if name else ["it has no name"]
        faults += ["its bom-ref stands there twice"] if reference and reference in seen else []
        seen.add(reference)
        census.judged("entry", f"{path}: {name or '(no name)'}", faults)
        yield part


def _listed(parts: object) -> list[Mapping[str, Any]]:
    return [part for part in parts if isinstance(part, Mapping)] if isinstance(parts, list) else []


def _digests(part: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return algorithm and digest of a part; ``SHA-256`` of CycloneDX is our ``sha256``."""
    return [
        (str(item.get("alg", "")).lower().replace("-", ""), str(item.get("content", "")))
        for item in _listed(part.get("hashes"))
    ]


def _compare(parameters: Parameters, filed: list[Mapping[str, Any]], census: Census) -> Generator[Move, Any, None]:
    found, listed = set[int](), [_digests(part) for part in filed]
    paths = yield from matching(parameters.texts("files"))
    if not paths and not filed:
        census.unjudged("file", "neither the bill nor the folder has a model, data or a file to compare")
    for path in paths:
        body, why = yield from offered(path)
        if body is None:
            census.unjudged("file", f"{path} {why}")
            continue
        own = {at for at, digests in enumerate(listed) if _is(body, digests)}
        found |= own
        census.judged("file", path, [] if own else ["no part of the bill has its digest"])
    for at, (part, digests) in enumerate(zip(filed, listed, strict=True)):
        name = f"{part.get('type')} {part.get('name')}"
        if at in found:
            census.kept("part")
        elif not any(algorithm in STRONG for algorithm, _ in digests):
            census.unjudged("part", f"{name} has no digest that can be relied on")
        else:
            census.broken("part", f"{name}: no file has its digest")


def _is(body: bytes, digests: list[tuple[str, str]]) -> bool:
    strong = [f"{algorithm}:{value}" for algorithm, value in digests if algorithm in STRONG]
    return bool(strong) and all(has_digest(body, written) for written in strong)


@check(NAME, subject=MODEL_VERSION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def bill_of_materials(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count where a bill of materials and what the version is made of disagree; ``<= 0`` asks that they agree.

    Formula: counted are models, data and files of the bill of which no file has all strong digests (FIPS 180-4); files
    of models and data that no part of the bill names by digest; and entries of a type that CycloneDX has not, without
    name, or with a reference that stands there twice (CycloneDX 1.6, ECMA-424). Names and versions are not believed.
    Unit: number of parts, files and entries. The interval is from those counted to those plus parts without a digest
    and files that could not be read. INCONCLUSIVE where there is no bill, or it lists nothing. Libraries are looked at
    by supply_chain.vulnerabilities.
    Misleads where ``files`` leaves out a kind of file that the version is made of.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    return counted(NAME, "parts and files by digest", trial_tally(NAME, tallies, parameters))
