"""Giving weights away: the tests and approvals that must be complete before, for exactly these files."""

from collections.abc import Mapping
from typing import Any

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.pipeline.requirement_traceability import cases_of, traces
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.running.columns import plain_word
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.checksums import compare, content_digest
from clerestory.assurance.trial.files import FileUnusable, needed, split_digest, structured, tables, texts
from clerestory.assurance.trial.results import FAILED, PASSED, Case
from clerestory.terms.moment import MomentUnreadable, moment_text, read_moment

NAME = "pipeline.weights-release"
_PARAMETERS = (
    Parameter(
        name="rules",
        kind="text",
        default="release_rules.toml",
        names_slice=True,
        meaning="What a release needs, as TOML or JSON: tests and roles, two lists of names.",
    ),
    Parameter(
        name="record",
        kind="text",
        default="release.json",
        names_slice=True,
        meaning="The release: files (a table of digests by path), prepared_by (a pseudonym) and approvals, a list with "
        "role, person, at and digest (that of the files, as provenance.dataset-lineage computes it).",
    ),
    Parameter(
        name="results",
        kind="texts",
        default=("**/junit*.xml", "**/*.junit.xml", "**/TEST-*.xml"),
        names_slice=True,
        meaning="Patterns of the results of tests, as JUnit XML.",
    ),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Compare the files with the release, then look for each needed test and each needed approval of them."""
    path, written = parameters.text("rules"), parameters.text("record")
    rules = structured(path, (yield from needed(path)))
    tests, roles = texts(path, rules, "tests"), texts(path, rules, "roles")
    if not tests and not roles:
        raise FileUnusable(f"{path} asks for nothing.", 'Write tests = ["..."] and roles = ["..."].')
    record = structured(written, (yield from needed(written)))
    files = record.get("files")
    if not isinstance(files, Mapping) or not files or not all(isinstance(item, str) for item in files.values()):
        raise FileUnusable(f"{written}: 'files' is no table of digests.", "Give each file that is released its digest.")
    census = Census()
    yield from compare(sorted(files.items()), census, missing_is_broken=True, kind="file")
    cases = yield from cases_of(parameters.texts("results"))
    latest = _tests(tests, cases, census)
    _approvals(written, record, roles, latest, census)
    return census.tally()


def _tests(tests: tuple[str, ...], cases: list[Case], census: Census) -> str:
    """Count the needed tests; return the moment of the last of their results, empty where none says it."""
    moments = [""]
    for test in tests:
        own = [case for case in cases if traces(case, test, (test,))]
        moments += [_moment(case.at) for case in own]
        faults = [f"{case.name} failed" for case in own if case.outcome == FAILED]
        if not faults and not any(case.outcome == PASSED for case in own):
            faults.append("has no result that passed")
        census.judged("test", test, faults)
    return max(moments)


def _moment(text: str) -> str:
    for written in (text, f"{text}Z"):
        try:
            return moment_text(read_moment(written))
        except MomentUnreadable:
            continue
    return ""


def _approvals(path: str, record: Mapping[str, Any], roles: tuple[str, ...], latest: str, census: Census) -> None:
    given = tables(path, record, "approvals", ("role", "person", "at"))
    whole = split_digest(content_digest(record["files"]))
    people = dict[str, str]()
    for role in roles:
        own = [item for item in given if item["role"] == role]
        faults = [_fault(item, str(record.get("prepared_by", "")), whole, people, latest) for item in own]
        right = [item for item, fault in zip(own, faults, strict=True) if not fault]
        if not own:
            census.broken("approval", f"{role}: nobody approved")
        elif not right:
            census.broken("approval", f"{role}: {', '.join(sorted(set(faults)))}")
        elif not latest or not record.get("prepared_by"):
            missing = "the moment of the tests" if not latest else "who prepared the release"
            census.unjudged("approval", f"{role}: {missing} is not said")
        else:
            people[plain_word(str(right[0]["person"]))] = role
            census.kept("approval")


def _fault(
    item: Mapping[str, Any], author: str, whole: tuple[str, str] | None, people: Mapping[str, str], latest: str
) -> str:
    """Return why an approval does not count, empty where it does."""
    if split_digest(str(item.get("digest", ""))) != whole:
        return "was given for other files"
    person = plain_word(str(item["person"]))
    if not person:
        return "names no person"
    if person == plain_word(author):
        return "was given by who prepared the release"
    if person in people:
        return f"was given by who approved as {people[person]}"
    at = _moment(str(item["at"]))
    if not at:
        return "says no moment"
    return "was given before the tests were through" if latest and at < latest else ""


@check(NAME, subject=MODEL_VERSION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def weights_release(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count what is missing before weights may be given away; ``<= 0`` asks that nothing is.

    Formula: counted are files of the release with another digest or not there; needed tests without a result that
    passed, or with one that failed; and needed roles without an approval that is for exactly these files (by the
    digest over all of them), by somebody else than who prepared the release and than the other roles, and after the
    tests' results. What is needed is the organisation's, since weights once given away cannot be taken back (Solaiman
    2023; NTIA 2024 on open weights). Unit: number of files, tests and approvals. The interval is from those counted to
    those plus approvals for which the tests' moment or the author is not said. INCONCLUSIVE only then.
    Misleads where a test is needed by name and tries little.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    return counted(NAME, "files, tests and approvals of a release", trial_tally(NAME, tallies, parameters))
