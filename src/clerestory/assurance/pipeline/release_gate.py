"""The conditions of a release, each with evidence that was there before the version went live and is about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from clerestory.assurance.criterion import Criterion
from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DEPLOYMENT, check, find
from clerestory.assurance.running.columns import plain_word
from clerestory.assurance.running.window import AS_OF
from clerestory.assurance.tally import Request, Tallies, read_request, read_tally
from clerestory.assurance.trial import Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import UNJUDGED, Census, counted
from clerestory.assurance.trial.files import FileUnusable, digest, json_of, needed, offered, structured, tables
from clerestory.assurance.trial.results import FAILED, SKIPPED, junit
from clerestory.terms.error import ClerestoryError
from clerestory.terms.moment import MomentUnreadable, read_moment
from clerestory.terms.status import Verdict

NAME = "pipeline.release-gate"
_ITSELF = "the artefact itself"
_PARAMETERS = (
    Parameter(
        name="conditions",
        kind="text",
        default="release_conditions.toml",
        names_slice=True,
        meaning="The conditions as TOML or JSON: [[condition]] with name, file and kind (tests: JUnit; check: a run of "
        "`clerestory check` with the check, and its criterion where given; approval: a record with by, author, at and "
        "digest).",
    ),
    Parameter(
        name="release",
        kind="text",
        default="release.json",
        names_slice=True,
        meaning="What went live as TOML or JSON: released_at and digest of the artefact.",
    ),
    Parameter(name="artefact", kind="text", names_slice=True, meaning="The file that went live; hashed now."),
    AS_OF,
)


@dataclass(frozen=True, slots=True)
class _Release:
    """What went live, when."""

    digest: str
    at: datetime


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Look at the evidence of each condition: whether it holds, was there before the release, and is about it."""
    path, place = parameters.text("conditions"), parameters.text("release")
    conditions = tables(path, structured(path, (yield from needed(path))), "condition", ("name", "file", "kind"))
    release = _read_release(place, structured(place, (yield from needed(place))))
    if "as_of" in parameters and release.at > read_moment(parameters.text("as_of")):
        raise FileUnusable(f"{place} names a release that is still to come.", "Correct released_at, or wait for it.")
    census = Census()
    names = [str(condition["name"]) for condition in conditions]
    if not names or len(set(names)) < len(names):
        raise FileUnusable(f"{path} has no condition, or two of one name.", "Write [[condition]] with its own name.")
    for condition in conditions:
        file, kind = str(condition["file"]), str(condition["kind"])
        if kind not in _KINDS:
            raise FileUnusable(
                f"{path}: condition {condition['name']!r} is of kind {kind!r}.", f"Write one of {', '.join(_KINDS)}."
            )
        body, why = yield from offered(file)
        faults = [f"{file} {why}"] if body is None else _judged(_KINDS[kind], file, body, condition, release)
        census.judged(str(condition["name"]), kind, faults)
    artefact = parameters.optional("artefact")
    if artefact is not None:
        body, why = yield from offered(artefact)
        if body is None:
            census.unjudged(_ITSELF, f"{artefact} {why}")
        else:
            census.judged(_ITSELF, artefact, [] if digest(body) == release.digest else ["is not what was released"])
    census.note("released digest", release.digest)
    census.note("released at", release.at.isoformat())
    return census.tally()


def _read_release(path: str, record: Mapping[str, Any]) -> _Release:
    said, at = str(record.get("digest", "")), _moment(record.get("released_at"))
    if at is None or not said.startswith("sha256:"):
        raise FileUnusable(
            f"{path} names no moment of release or no digest.", "Write released_at and digest (sha256:...)."
        )
    return _Release(said, at)


def _judged(
    judge_it: Callable[[str, bytes, Mapping[str, Any], _Release], list[str]],
    file: str,
    body: bytes,
    condition: Mapping[str, Any],
    release: _Release,
) -> list[str]:
    """Return what is wrong with the evidence of a condition; evidence that cannot be read is none."""
    try:
        return judge_it(file, body, condition, release)
    except ClerestoryError as error:
        return [error.problem.rstrip(".")]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return [f"{file} lacks a part: {error}"]


def _tests(file: str, body: bytes, _condition: Mapping[str, Any], release: _Release) -> list[str]:
    ran = [case for case in junit(file, body) if case.outcome != SKIPPED]
    failed = [case.name for case in ran if case.outcome == FAILED]
    moments = [_moment(case.at) for case in ran]
    faults = [f"{len(failed)} of {len(ran)} tests failed"] if failed else [] if ran else ["no test ran"]
    known = [moment for moment in moments if moment is not None]
    if len(known) < len(moments):
        return [*faults, "the tests do not say when they ran"]
    return faults + (["ran after the release"] if known and max(known) > release.at else [])


def _check(file: str, body: bytes, condition: Mapping[str, Any], release: _Release) -> list[str]:
    """Compute the verdict of a run again from its counts; the run must be of the artefact that was released."""
    run = json_of(file, body)
    if (run.get("model") or {}).get("artefact_digest") != release.digest:
        return ["is a run of another artefact"]
    ended = _moment(run["ended_at"])
    faults = [] if ended is not None and ended <= release.at else ["was run after the release"]
    wanted = [one for one in run["checks"] if one["name"] == condition["check"]]
    if not wanted:
        return [*faults, f"has no result of {condition['check']}"]
    tallies = {read_request(item["request"]): read_tally(item["tally"]) for item in run["tallies"]}
    for one in wanted:
        known = find(one["name"])
        parameters = known.read_parameters(one["parameters"])
        criterion = known.criterion(one["criterion"], parameters)  # refuses one that every value would keep
        if "criterion" in condition and str(criterion) != str(Criterion.parse(str(condition["criterion"]))):
            faults.append(f"{one['name']} was held against {criterion}, and {condition['criterion']} is asked")
        said = judge(known.measure(tallies, parameters), criterion).verdict
        if said is not Verdict.PASS:
            faults.append(f"{one['name']} {one['criterion']} gives {said}")
    return faults


def _approval(_file: str, body: bytes, _condition: Mapping[str, Any], release: _Release) -> list[str]:
    record = json_of(_file, body)
    at = _moment(record.get("at"))
    faults = [] if record.get("digest") == release.digest else ["approves another artefact"]
    by, author = (plain_word(str(record.get(key) or "")) for key in ("by", "author"))
    if not by or by == author:
        faults.append("was approved by nobody else than its author")
    elif not author:
        faults.append("does not say who its author is")
    if at is None or at > release.at:
        faults.append("was approved after the release")
    return faults


_KINDS = {"tests": _tests, "check": _check, "approval": _approval}


def _moment(text: object) -> datetime | None:
    """Return a moment as text or of TOML; one without offset, as JUnit writes it, is taken as UTC."""
    if isinstance(text, datetime):
        return text if text.tzinfo is not None else text.replace(tzinfo=UTC)
    for written in (str(text), f"{text}Z"):
        try:
            return read_moment(written)
        except MomentUnreadable:
            continue
    return None


@check(NAME, subject=DEPLOYMENT, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def release_gate(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the conditions of release that did not hold when the version went live; ``<= 0`` asks that all did.

    Formula: a condition counts when its evidence is not there, does not hold, is dated after the release, or is about
    another artefact: tests of JUnit that failed, did not run or do not say when; a run of `clerestory check` of which
    the check does not pass when its verdict is computed again from its counts; an approval by nobody else than the
    author. The artefact counts when its digest is not the one released. Unit: number of conditions. The interval is
    from those counted to those plus an artefact that could not be read. It covers the conditions that held, by name.
    INCONCLUSIVE never: without conditions or release the check is refused. Release gates:
    NIST SP 800-218A (2024), PW.9 and PS.2.
    Misleads where the conditions ask too little: that is for whoever approves the plan of deployment.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    met = tuple(cell.kind[0] for cell in tally.cells if not cell.hits and UNJUDGED not in cell.kind[1:])
    met = tuple(name for name in met if name != _ITSELF)
    released = dict(tally.notes).get("released digest", "")
    figures: dict[str, str | int | bool] = {"conditions_met": len(met), "deployed_digest": released}
    return replace(counted(NAME, "conditions with their evidence", tally), figures=figures, covers=met)
