"""What a run found, as a value and as documents: the push file (canonical, re-computable) and the JSON for machines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from clerestory.assurance.measurement import Measurement, measurement_document
from clerestory.assurance.tally import Tallies, request_document, tally_document
from clerestory.intake.data import Dataset
from clerestory.intake.manifest import DataTable, Manifest
from clerestory.intake.manifest.declare import Declared
from clerestory.intake.model import Model
from clerestory.intake.subject import (
    dataset_subject,
    deployment_subject,
    model_subject,
    organisation_subject,
    system_subject,
)
from clerestory.ledger.canonical import encode
from clerestory.terms.evidence import Subject, number_text
from clerestory.terms.fact import Document
from clerestory.terms.moment import moment_text
from clerestory.terms.status import Verdict

FORMAT = "clerestory-run"
VERSION = 1
JUDGED, COULD_NOT_RUN = "judged", "could_not_run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One check of a run: judged, or not run for a reason; then ``verdict`` and ``measurement`` are None."""

    declared: Declared
    subject: Subject
    measurement: Measurement | None = None
    verdict: Verdict | None = None
    reason: str = ""

    @property
    def name(self) -> str:
        """The name of the check."""
        return self.declared.check.name

    @property
    def outcome(self) -> str:
        """``judged`` or ``could_not_run``."""
        return COULD_NOT_RUN if self.verdict is None else JUDGED

    @property
    def slice(self) -> str:
        """What tells this run of the check apart from others of the same check; empty when nothing does."""
        return self.declared.check.slice(self.declared.parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A finished run of all checks of one manifest."""

    manifest: Manifest
    tool: str
    engine: str
    started_at: datetime
    ended_at: datetime
    data: Mapping[str, Dataset]
    model: Model | None
    results: tuple[Result, ...]
    tallies: Tallies
    environment: Mapping[str, str] = field(default_factory=dict)
    """Versions of Python and of the libraries that counted and computed, by name."""

    @property
    def exit_code(self) -> int:
        """0 all passed; 1 one failed; 3 none failed, but one was inconclusive or could not run."""
        verdicts = {result.verdict for result in self.results}
        return 1 if Verdict.FAIL in verdicts else 0 if verdicts == {Verdict.PASS} else 3

    def document(self) -> Document:
        """Return what `clerestory push` sends: everything a server needs to compute every verdict again."""
        manifest = self.manifest
        written: dict[str, object] = {
            "format": FORMAT,
            "v": VERSION,
            "tool": {"name": "clerestory", "version": self.tool},
            "engine": self.engine,
            "environment": dict(self.environment),
            "started_at": moment_text(self.started_at),
            "ended_at": moment_text(self.ended_at),
            "manifest_digest": manifest.digest,
            "system": _without_none(
                {
                    "id": manifest.system.id,
                    "name": manifest.system.name,
                    "purpose": manifest.system.purpose,
                    "owner": manifest.system.owner,
                    "stage": manifest.system.stage,
                    "ai_role": list(manifest.system.ai_role),
                    "tier": manifest.system.tier,
                    "affects_people": manifest.system.affects_people,
                    "use_areas": list(manifest.system.use_areas) or None,
                    "interacts": manifest.system.interacts,
                    "autonomy_level": manifest.system.autonomy_level,
                }
            ),
            "data": {use: self._dataset_document(dataset) for use, dataset in self.data.items()},
            "tallies": [
                {"request": request_document(request), "tally": tally_document(tally)}
                for request, tally in self.tallies.items()
            ],
            "checks": [_result_document(result, self.manifest.data.role) for result in self.results],
        }
        if manifest.deployment is not None:
            written["deployment"] = {"id": deployment_subject(manifest.system.id, manifest.deployment.id).id}
        if self.model is not None:
            subject = model_subject(manifest.system.id, self.model.digest)
            written["model"] = _without_none(
                {
                    "id": subject.id,
                    "artefact_digest": self.model.digest,
                    "file": self.model.name,
                    "features": list(self.model.table.features) or None,
                    "output": self.model.table.output,
                    "threshold": self.model.table.threshold,
                    "origin": self.model.table.origin,
                    "generative": self.model.table.generative,
                }
            )
        return written

    def body(self) -> bytes:
        """Return the push file: the canonical form of `document`."""
        return encode(self.document())

    def report(self, run_id: str) -> Mapping[str, object]:
        """Return the document of ``clerestory check --json``; numbers are numbers, what is not there is null."""
        return {
            "system": self.manifest.system.id,
            "run": run_id,
            "engine": self.engine,
            "checks": [_report(result) for result in self.results],
        }

    def _dataset_document(self, dataset: Dataset) -> Document:
        table: DataTable = self.manifest.data
        subject = dataset_subject(self.manifest.system.id, dataset.role, dataset.digest)
        return _without_none(
            {
                "id": subject.id,
                "role": dataset.role,
                "content_digest": dataset.digest,
                "location": dataset.location,
                "origin": table.origin,
                "sources": list(table.sources),
                "about_people": _about_people(table),
                "labelled_by_people": table.labelled_by_people,
                "columns": len(dataset.columns),
            }
        )


def subject_of(declared: Declared, manifest: Manifest, data: Mapping[str, Dataset], model: Model | None) -> Subject:
    """Return what a check is about: its data or model version, deployment or organisation.

    It is the system where no model is named, and for all others.
    """
    about = declared.about or declared.check.subject
    if about == "deployment" and manifest.deployment is not None:
        return deployment_subject(manifest.system.id, manifest.deployment.id)
    if about == "organisation":
        return organisation_subject()
    if about == "dataset_version":
        return dataset_subject(manifest.system.id, data["current"].role, data["current"].digest)
    if about == "model_version" and model is not None:
        return model_subject(manifest.system.id, model.digest)
    return system_subject(manifest.system.id)


def run_id(body: bytes) -> str:
    """Return the id of a run: what its push file is, in short."""
    import hashlib

    return f"run-{hashlib.sha256(body).hexdigest()[:16]}"


def _about_people(table: DataTable) -> bool | None:
    return True if table.about_people is None and table.sensitive_features else table.about_people


def _result_document(result: Result, data_role: str) -> Document:
    declared = result.declared
    written: dict[str, object] = {
        "name": result.name,
        "family": declared.check.family,
        "outcome": result.outcome,
        "reason": result.reason,
        "subject": {"kind": result.subject.kind, "id": result.subject.id},
        "data_role": data_role,
        "slice": result.slice,
        "criterion": str(declared.criterion),
        "source": declared.source,
        "parameters": declared.check.parameters_document(declared.parameters),
    }
    if result.measurement is not None:
        written["measurement"] = measurement_document(result.measurement)
    if result.verdict is not None:
        written["verdict"] = str(result.verdict)
    return written


def _report(result: Result) -> Mapping[str, object]:
    found = result.measurement
    return {
        "name": result.name,
        "slice": result.slice,
        "outcome": result.outcome,
        "verdict": None if result.verdict is None else str(result.verdict),
        "value": None if found is None else found.value,
        "interval": None if found is None or found.low is None else [found.low, found.high],
        "n": None if found is None else found.n,
        "criterion": str(result.declared.criterion),
        "source": result.declared.source,
        "reason": result.reason,
        "share_unassessable": None if found is None else found.share_unassessable,
        "by_group": []
        if found is None
        else [
            {
                "group": item.group,
                "value": item.value,
                "interval": None if item.low is None else [item.low, item.high],
                "n": item.n,
                "assessed": item.assessed,
                "note": item.note,
            }
            for item in found.by_group
        ],
    }


def _without_none(items: Mapping[str, object]) -> dict[str, object]:
    return {
        key: number_text(item) if isinstance(item, float) else item for key, item in items.items() if item is not None
    }
