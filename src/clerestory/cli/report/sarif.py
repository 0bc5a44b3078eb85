"""A run as SARIF 2.1.0 (OASIS) for code scanning: a failed criterion is an error at its line of the manifest."""

import re
from typing import TYPE_CHECKING

from clerestory.cli.report.sentence import sentence
from clerestory.terms.status import Verdict

if TYPE_CHECKING:
    from clerestory.intake.result import Result, Run

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LINE = re.compile(r"line (\d+)")
_KINDS = {Verdict.PASS: ("pass", "none"), Verdict.FAIL: ("fail", "error"), Verdict.INCONCLUSIVE: ("open", "none")}
"""Kind and level by verdict: what is open needs more to be decided, and its level is none by the standard."""


def sarif_document(run: "Run") -> dict[str, object]:
    """Return the SARIF document of a run. A check that could not run is a notification of the tool's execution."""
    names = sorted({result.name for result in run.results})
    judged = [result for result in run.results if result.verdict is not None]
    silent = [result for result in run.results if result.verdict is None]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "clerestory",
                        "semanticVersion": run.tool,
                        "rules": [_rule(run, name) for name in names],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": not silent,
                        "startTimeUtc": run.started_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                        "endTimeUtc": run.ended_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                        "toolExecutionNotifications": [
                            {
                                "level": "warning",
                                "message": {"text": f"{result.name} could not run: {result.reason}"},
                                "associatedRule": {"id": result.name, "index": names.index(result.name)},
                            }
                            for result in silent
                        ],
                    }
                ],
                "results": [_result(run, result, names) for result in judged],
            }
        ],
    }


def _rule(run: "Run", name: str) -> dict[str, object]:
    check = next(result.declared.check for result in run.results if result.name == name)
    first, _, rest = check.about.partition("\n")
    return {"id": name, "shortDescription": {"text": first}, "fullDescription": {"text": rest.strip() or first}}


def _result(run: "Run", result: "Result", names: list[str]) -> dict[str, object]:
    kind, level = _KINDS[Verdict(str(result.verdict))]
    line = _LINE.search(next((t.where for t in run.manifest.checks if t.name == result.name and _same(t, result)), ""))
    place: dict[str, object] = {"artifactLocation": {"uri": run.manifest.file.name}}
    if line:
        place["region"] = {"startLine": int(line.group(1))}
    return {
        "ruleId": result.name,
        "ruleIndex": names.index(result.name),
        "kind": kind,
        "level": level,
        "message": {"text": sentence(result)},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"check/v1": f"{result.name} {result.declared.criterion} {result.slice}"},
    }


def _same(table: object, result: "Result") -> bool:
    return str(getattr(table, "source", "")) == result.declared.source
