"""The gate of a pipeline: whether it let a version pass, or stopped it, by its own rules."""

from collections.abc import Generator, Mapping
from math import isfinite
from typing import Any

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Move, Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.files import FileUnusable, has_digest, json_of, needed, offered, structured, tables
from clerestory.assurance.trial.results import FAILED, SKIPPED, junit, sarif_levels

NAME = "pipeline.policy-gate"
KINDS = ("junit", "sarif", "json")
PASSED, STOPPED = "passed", "stopped"
_PARAMETERS = (
    Parameter(
        name="rules",
        kind="text",
        default="gate.toml",
        names_slice=True,
        meaning="The rules as TOML or JSON: [[rule]] with name, file, kind (junit: failed tests; sarif: results of a "
        "level and above; json: the number at value, such as results.auc), and min or max.",
    ),
    Parameter(
        name="decision",
        kind="text",
        default="gate_decision.json",
        names_slice=True,
        meaning="What the gate recorded: decision (passed or stopped), version (digest of the artefact) and rules, a "
        "list with name and outcome (passed or failed) and, where waived, waived_by and reason.",
    ),
    Parameter(
        name="artefact", kind="text", names_slice=True, meaning="The file of the version that the gate decided on."
    ),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Decide each rule anew from its file, and compare with what the gate recorded and did."""
    path, decided = parameters.text("rules"), parameters.text("decision")
    rules = tables(path, structured(path, (yield from needed(path))), "rule", ("name", "file", "kind"))
    if not rules:
        raise FileUnusable(f"{path} has no rule.", "Write [[rule]] with name, file, kind and min or max.")
    record = structured(decided, (yield from needed(decided)))
    if record.get("decision") not in (PASSED, STOPPED):
        raise FileUnusable(
            f"{decided} says neither passed nor stopped.", f'Record "decision": "{PASSED}" or "{STOPPED}".'
        )
    recorded = {str(item["name"]): item for item in tables(decided, record, "rules", ("name", "outcome"))}
    census, held = Census(), list[bool]()
    for rule in rules:
        answer = yield from _rule(path, rule, recorded.get(str(rule["name"]), {}), census)
        held.append(answer)
    census.judged("decision", str(record["decision"]), _decision(record["decision"] == PASSED, held))
    yield from _version(record, parameters.optional("artefact"), census)
    return census.tally()


def _rule(path: str, rule: Mapping[str, Any], record: Mapping[str, Any], census: Census) -> Generator[Move, Any, bool]:
    """Count one rule; return whether it holds or was waived by somebody, as far as can be told."""
    name = str(rule["name"])
    body, why = yield from offered(str(rule["file"]))
    waived = bool(record.get("waived_by") and record.get("reason"))
    if body is None:
        census.unjudged("rule", f"{name}: {rule['file']} {why}")
        return waived or record.get("outcome") == PASSED
    found = _number(path, rule, body)
    holds = _holds(path, rule, found)
    said = record.get("outcome")
    faults = (
        []
        if said == (PASSED if holds else "failed")
        else [f"{'holds' if holds else 'is broken'} ({found:g}), recorded {said or 'nothing'}"]
    )
    census.judged("rule", name, faults)
    return holds or waived


def _number(path: str, rule: Mapping[str, Any], body: bytes) -> float:
    file, kind = str(rule["file"]), rule["kind"]
    if kind == "junit":
        cases = junit(file, body)
        ran = [case for case in cases if case.outcome != SKIPPED]
        return float(sum(case.outcome == FAILED for case in ran)) if ran else float("inf")
    if kind == "sarif":
        levels = sarif_levels(file, body)
        order = ("error", "warning", "note")
        if rule.get("level", "error") not in order:
            raise FileUnusable(
                f"{path}: rule {rule['name']!r} has no level of SARIF.", f"Write one of {', '.join(order)}."
            )
        return float(sum(levels.get(level, 0) for level in order[: order.index(str(rule.get("level", "error"))) + 1]))
    if kind == "json":
        value = json_of(file, body)
        for step in str(rule.get("value", "")).split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        raise FileUnusable(f"{file} has no number at {rule.get('value')!r}.", "Write its place, such as results.auc.")
    raise FileUnusable(f"{path}: rule {rule['name']!r} is of kind {kind!r}.", f"Write one of {', '.join(KINDS)}.")


def _holds(path: str, rule: Mapping[str, Any], found: float) -> bool:
    limits = {key: rule[key] for key in ("min", "max") if key in rule}
    if not limits or not all(
        isinstance(item, int | float) and not isinstance(item, bool) and isfinite(item) for item in limits.values()
    ):
        raise FileUnusable(f"{path}: rule {rule['name']!r} has no limit.", "Write min or max as a number.")
    return bool(limits.get("min", float("-inf")) <= found <= limits.get("max", float("inf")))


def _decision(passed: bool, held: list[bool]) -> list[str]:
    if passed and not all(held):
        return [f"although {held.count(False)} rules are broken and not waived"]
    return ["although every rule holds"] if not passed and all(held) else []


def _version(record: Mapping[str, Any], artefact: str | None, census: Census) -> Generator[Move, Any, None]:
    if artefact is None:
        census.unjudged("version", "no artefact is named, so which version it decided on cannot be told")
        return
    body, why = yield from offered(artefact)
    if body is None:
        census.unjudged("version", f"{artefact} {why}")
    else:
        same = has_digest(body, str(record.get("version", "")))
        census.judged("version", artefact, [] if same else ["is not the version that the gate decided on"])


@check(NAME, subject=MODEL_VERSION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def policy_gate(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count where a gate did not do what its rules say; ``<= 0`` asks that it did everywhere.

    Formula: each rule is decided anew from the results that it is about (failed tests of JUnit, results of SARIF 2.1.0
    (OASIS 2020) at or above a level and not suppressed, or a number of a JSON file, against min and max) and counts
    when the gate recorded another outcome or none; the decision counts when it passed although a rule is broken that
    nobody waived with a reason, or stopped although all hold; the version counts when its digest is not the one decided
    on. A gate that stopped a bad version did its work. Results without any test break a rule. Unit: number of rules and
    decisions. The interval is from those counted to those plus rules whose results are not there. INCONCLUSIVE
    then, and where no ``artefact`` is named: nobody knows which version passed. Without rules or decision the check is
    refused. Policies as code: NIST SP 800-204D (2024).
    Misleads where the rules ask too little: that is for whoever approves them.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    return counted(NAME, "rules decided anew", trial_tally(NAME, tallies, parameters))
