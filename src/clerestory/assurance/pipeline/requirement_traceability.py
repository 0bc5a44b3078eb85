"""Requirements and their tests: each needs one with a fresh result that passed."""

import re
from collections.abc import Generator, Iterable, Mapping
from datetime import timedelta
from typing import Any

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Move, Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.files import FileUnusable, matching, needed, rows_of, structured, tables, texts
from clerestory.assurance.trial.results import FAILED, PASSED, SKIPPED, Case, junit
from clerestory.terms.moment import MomentUnreadable, moment_text, read_duration, read_moment

NAME = "pipeline.requirement-traceability"
_PARAMETERS = (
    Parameter(
        name="requirements",
        kind="text",
        default="requirements.toml",
        names_slice=True,
        meaning="The requirements: CSV with id, or TOML or JSON with [[requirement]]: id and perhaps tests, a list of "
        "names of tests.",
    ),
    Parameter(
        name="results",
        kind="texts",
        default=("**/junit*.xml", "**/*.junit.xml", "**/TEST-*.xml"),
        names_slice=True,
        meaning="Patterns of the results of tests, as JUnit XML.",
    ),
    Parameter(
        name="max_age",
        kind="duration",
        default="P90D",
        names_slice=True,
        meaning="Age from which on a result is no longer fresh.",
    ),
    Parameter(
        name="as_of",
        kind="moment",
        from_data="as_of",
        meaning="Moment that ages are counted at: the run; a push with another one is refused.",
    ),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Find the tests of each requirement, and what came of the latest ones."""
    path = parameters.text("requirements")
    wanted = _requirements(path, (yield from needed(path)))
    cases = yield from cases_of(parameters.texts("results"))
    census, traced = Census(), set[str]()
    limit = read_duration(parameters.text("max_age"))
    for name, tests in wanted.items():
        own = [case for case in cases if traces(case, name, tests)]
        traced.update(case.name for case in own)
        _judge(name, own, tests, (parameters.optional("as_of"), limit), census)
    census.note("requirements", str(len(wanted)))
    census.note("tests", str(len(cases)))
    census.note("tests of no requirement", str(len({case.name for case in cases} - traced)))
    return census.tally()


def cases_of(patterns: Iterable[str]) -> Generator[Move, Any, list[Case]]:
    """Return the cases of all files of results; of a test that is in several, the latest."""
    latest: dict[str, Case] = {}
    for path in (yield from matching(patterns)):
        for case in junit(path, (yield from needed(path))):
            before = latest.get(case.name)
            at, other = _order(case), "" if before is None else _order(before)
            # Which of two is later is known only where both say it; otherwise a failure stands.
            apart = before is not None and at != other and at and other
            if before is None or (at > other if apart else before.outcome != FAILED):
                latest[case.name] = case
    return list(latest.values())


def _order(case: Case) -> str:
    """Return when a result was, so that moments of different zones have their order; empty where it does not say."""
    for text in (case.at, f"{case.at}Z"):
        try:
            return moment_text(read_moment(text))
        except MomentUnreadable:
            continue
    return ""


def _requirements(path: str, body: bytes) -> Mapping[str, tuple[str, ...]]:
    if path.endswith(".csv"):
        rows = rows_of(path, body, ("id",))
        found = [
            (row["id"], tuple(filter(None, re.split(r"[;\s]+", row.get("tests", ""))))) for row in rows if row["id"]
        ]
    else:
        listed = tables(path, structured(path, body), "requirement", ("id",))
        found = [(str(item["id"]), texts(path, item, "tests")) for item in listed]
    if len(dict(found)) < len(found):
        raise FileUnusable(f"{path} names a requirement twice.", "Give each an id of its own.")
    return dict(found)


def traces(case: Case, name: str, tests: tuple[str, ...]) -> bool:
    """Return whether a test is of a requirement: it is listed, says so in a property, or has the id in its name."""
    if any(case.name == test or case.name.endswith((f"::{test}", f".{test}")) for test in tests):
        return True
    said = [
        value for key, value in case.properties if key.lower() in ("requirement", "requirements", "verifies", "req")
    ]
    if any(name in re.split(r"[;,\s]+", value) for value in said):
        return True
    return re.search(rf"(?<![A-Za-z0-9]){_loose(name)}(?![A-Za-z0-9])", case.name, re.IGNORECASE) is not None


def _loose(name: str) -> str:
    """Return a pattern of an id in which ``-``, ``_`` and ``.`` are alike, since names of tests allow one of them."""
    return "[-_.]?".join(re.escape(part) for part in re.split(r"[-_.]", name))


def _judge(
    name: str, own: list[Case], tests: tuple[str, ...], fresh: tuple[str | None, timedelta], census: Census
) -> None:
    faults = [f"{case.name} failed" for case in own if case.outcome == FAILED]
    ran = [case for case in own if case.outcome != SKIPPED]
    missing = [test for test in tests if not any(traces(case, "\0", (test,)) for case in ran)]
    faults += [f"{test} has no result" for test in missing]
    passed = [case for case in own if case.outcome == PASSED]
    if not own and not tests:
        faults.append("no test")
    elif not passed and not faults:
        faults.append(f"{len([case for case in own if case.outcome == SKIPPED])} tests, all skipped")
    old = [case for case in passed if _age(case, fresh) is False]
    unknown = [case for case in passed if _age(case, fresh) is None]
    if passed and len(old) == len(passed):
        faults.append("no fresh result")
    if not faults and len(old) + len(unknown) == len(passed):
        census.unjudged("requirement", f"{name}: no result says when it was")
    else:
        census.judged("requirement", name, faults)


def _age(case: Case, fresh: tuple[str | None, timedelta]) -> bool | None:
    """Return whether a result is fresh; None where it does not say when it was. A moment without zone is UTC."""
    as_of, limit = fresh
    try:
        at = read_moment(case.at if re.search(r"(Z|[+-]\d\d:?\d\d)$", case.at) else f"{case.at}Z")
        return as_of is None or timedelta(0) <= read_moment(as_of) - at + timedelta(minutes=5) <= limit + timedelta(
            minutes=5
        )
    except MomentUnreadable:
        return None


@check(NAME, subject=MODEL_VERSION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def requirement_traceability(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the requirements without a test that passed lately; ``<= 0`` asks that every one has it.

    Formula: a requirement counts when it has no test, when one of its tests failed or has no result, when all were
    skipped, or when none that passed is fresher than ``max_age``. A test is of a requirement when the requirement lists
    it, when it carries the id in a property (``requirement``), or in its name (two-way traceability: ISO/IEC/IEEE
    29148:2018; Gotel and Finkelstein 1994). Of a test with several results the latest counts. Unit: number of
    requirements. The interval is from those counted to those plus the ones whose results say no moment. INCONCLUSIVE
    where no requirement is listed.
    Misleads where a test names a requirement and tries something else: that is for a reader of the test.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    return counted(NAME, "requirements against JUnit results", trial_tally(NAME, tallies, parameters))
