"""What is known of a manifest before anything is measured: versions by digest and declared checks. Counts nothing."""

import json
from collections.abc import Mapping
from datetime import datetime

from clerestory.assurance import registry
from clerestory.intake.data import find_dataset
from clerestory.intake.language_model import language_model_version
from clerestory.intake.manifest import CheckTable, Manifest
from clerestory.intake.manifest.declare import require_known
from clerestory.intake.manifest.section import ManifestUnusable
from clerestory.intake.model import find_model
from clerestory.intake.result import Run
from clerestory.intake.run import tool_version
from clerestory.terms.error import ClerestoryError
from clerestory.terms.fact import Document

FORMAT = "clerestory-registration"
_PARTS = ("v", "tool", "manifest_digest", "system", "data", "model")


def registration(manifest: Manifest, *, now: datetime) -> Document:
    """Return what `clerestory push --register` sends.

    Raises:
        ClerestoryError: the data or model is missing, or a check or criterion is unknown.
    """
    require_known(manifest)
    table = manifest.data
    named = {"current": (table.current, table.role)}
    if table.reference is not None:
        named["reference"] = (table.reference, table.reference_role)
    data = {
        use: find_dataset(location, manifest.folder, role=role, what=manifest.where("data", use))
        for use, (location, role) in named.items()
    }
    run = Run(
        manifest=manifest,
        tool=tool_version(),
        engine="",
        started_at=now,
        ended_at=now,
        data=data,
        model=find_model(manifest) or language_model_version(manifest),
        results=(),
        tallies={},
    )
    document = run.document()
    return {
        "format": FORMAT,
        **{part: document[part] for part in _PARTS if part in document},
        "checks": [_check(check, manifest) for check in manifest.checks],
    }


def _check(table: CheckTable, manifest: Manifest) -> Mapping[str, object]:
    try:
        check = registry.find(table.name)
        check.require_reference(given=manifest.data.reference is not None)
        criterion = check.criterion(table.criterion)
    except ClerestoryError as error:
        raise ManifestUnusable(f"{table.where}: [[check]] {error.problem}", error.remedy) from error
    return {
        "name": table.name,
        "criterion": str(criterion),
        "source": table.source,
        "parameters": {key: _text(value) for key, value in table.parameters.items()},
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
