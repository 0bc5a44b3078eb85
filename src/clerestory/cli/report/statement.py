"""A run as an in-toto statement with the test-result predicate: what was tested, by digest, and with which result."""

from typing import TYPE_CHECKING

from clerestory.terms.status import Verdict

if TYPE_CHECKING:
    from clerestory.intake.result import Run

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
_RESULT = {0: "PASSED", 1: "FAILED", 3: "WARNED"}


def in_toto_document(run: "Run") -> dict[str, object]:
    """Return the unsigned statement of a run; INCONCLUSIVE and what could not run are warned tests, never passed."""
    subjects = [_resource(dataset.location, dataset.digest) for dataset in run.data.values()]
    if run.model is not None:
        subjects.insert(0, _resource(run.model.name, run.model.digest))
    by_result: dict[str, list[str]] = {"passedTests": [], "warnedTests": [], "failedTests": []}
    keys = {Verdict.PASS: "passedTests", Verdict.FAIL: "failedTests"}
    for result in run.results:
        key = "warnedTests" if result.verdict is None else keys.get(result.verdict, "warnedTests")
        name = f"{result.name} {result.declared.criterion}" + (f" ({result.slice})" if result.slice else "")
        by_result[key].append(name)
    return {
        "_type": STATEMENT,
        "subject": subjects,
        "predicateType": PREDICATE,
        "predicate": {
            "result": _RESULT[run.exit_code],
            "configuration": [_resource(run.manifest.file.name, run.manifest.digest)],
            **by_result,
        },
    }


def _resource(name: str, digest: str) -> dict[str, object]:
    kind, _, value = digest.partition(":")
    return {"name": name, "digest": {kind: value}}
