"""Hashes the files of a manifest again. What should lie there is not known here: whoever asked compares."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from clerestory.intake.data import find_dataset
from clerestory.intake.manifest import Manifest
from clerestory.intake.model import find_model
from clerestory.intake.outside import refuse_outside
from clerestory.intake.run import Progress
from clerestory.intake.subject import dataset_subject, model_subject
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import Digest

DATA, MODEL = "data", "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFound:
    """One thing that the manifest names: what it is, where it lies, and its digest now or why there is none."""

    what: str
    role: str
    location: str
    version_id: str = ""
    digest: str = ""
    problem: str = ""


def hash_again(manifest: Manifest, progress: Progress, opened: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return what lies where the manifest says: data, reference and model, each by digest or with its problem."""
    refuse_outside(manifest, opened)
    found = []
    named = list(_named(manifest))
    for at, (what, role, location, digest_of) in enumerate(named):
        progress("reading", at, len(named))
        found.append(_found(manifest.system.id, what, role, location, digest_of))
    return {
        "system": manifest.system.id,
        "manifest_digest": manifest.digest,
        "files": [asdict(one) for one in found],
    }


def _named(manifest: Manifest) -> Iterator[tuple[str, str, str, Callable[[], str]]]:
    said = manifest.data
    for key, location, role in (
        ("current", said.current, said.role),
        ("reference", said.reference, said.reference_role),
    ):
        if location is not None:
            yield DATA, role, location, _digest_of_data(manifest, key, location, role)
    if manifest.model is not None and manifest.model.url is None:
        yield MODEL, "", manifest.model.path or manifest.model.entry or "", lambda: _digest_of_model(manifest)


def _digest_of_data(manifest: Manifest, key: str, location: str, role: str) -> Callable[[], str]:
    return lambda: find_dataset(location, manifest.folder, role=role, what=manifest.where("data", key)).digest


def _digest_of_model(manifest: Manifest) -> str:
    model = find_model(manifest)
    return "" if model is None else model.digest


def _found(system_id: str, what: str, role: str, location: str, digest_of: Callable[[], str]) -> FileFound:
    try:
        digest = digest_of()
    except ClerestoryError as error:
        return FileFound(what=what, role=role, location=location, problem=error.problem)
    version = (
        model_subject(system_id, Digest(digest)) if what == MODEL else dataset_subject(system_id, role, Digest(digest))
    )
    return FileFound(what=what, role=role, location=location, version_id=version.id, digest=digest)
