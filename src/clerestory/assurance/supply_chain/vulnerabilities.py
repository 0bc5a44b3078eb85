"""Known weaknesses in the listed dependencies, by an export of a weakness database that lies beside the manifest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.supply_chain.acceptance import accepted
from clerestory.assurance.supply_chain.weakness import osv
from clerestory.assurance.supply_chain.weakness.listed import Part, listed_in
from clerestory.assurance.supply_chain.weakness.severity import LEVELS, counts, level
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.files import FileUnusable, matching, needed
from clerestory.terms.moment import MomentUnreadable, read_duration, read_moment

NAME = "supply_chain.vulnerabilities"
_PARAMETERS = (
    Parameter(
        name="parts",
        kind="texts",
        default=("**/*.cdx.json", "**/*.spdx.json", "requirements*.txt"),
        names_slice=True,
        meaning="Patterns of the lists of parts: CycloneDX or SPDX as JSON, locked requirements, wheels.",
    ),
    Parameter(
        name="database",
        kind="texts",
        default=("osv.json", "osv.jsonl", "osv.zip", "osv/*.json", "osv/*.zip"),
        meaning="Patterns of the export in the OSV format.",
    ),
    Parameter(
        name="severity",
        kind="choice",
        options=LEVELS,
        default="low",
        names_slice=True,
        meaning="Level from which on a weakness counts; one without a known level always does.",
    ),
    Parameter(
        name="accepted",
        kind="texts",
        names_slice=True,
        meaning='Weaknesses that somebody answered for, each with the reason, as "CVE-2024-1234: not reachable".',
    ),
    Parameter(
        name="max_age",
        kind="duration",
        default="P30D",
        meaning="Age of the newest record of the export from which on parts without a finding are not judged.",
    ),
    Parameter(
        name="as_of",
        kind="moment",
        from_data="as_of",
        meaning="Moment that ages are counted at: the run; a push with another one is refused.",
    ),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    accepted(NAME, parameters)
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Look each listed part up in the export."""
    listed, export, census = set[Part](), osv.Export(), Census()
    for path in (yield from matching(parameters.texts("parts"))):
        found = yield from listed_in(path)
        listed.update(found.parts)
        for unread in found.unread:
            census.unjudged("list of parts", unread)
    for path in (yield from matching(parameters.texts("database"))):
        osv.read(path, (yield from needed(path)), export)
    if not export.records:
        raise FileUnusable("No export of a weakness database was found.", "Give database: an export in OSV form.")
    stale, answered = _stale(export, parameters), accepted(NAME, parameters)
    for part in sorted(listed):
        _judge(part, export, parameters.text("severity"), answered, stale, census)
    census.note("records of the export", str(export.records))
    census.note("newest record of the export", export.newest or "none has a date")
    return census.tally()


def _stale(export: osv.Export, parameters: Parameters) -> str:
    """Return why the export is too old to clear a part; empty where it is not."""
    try:
        newest = read_moment(export.newest)
    except MomentUnreadable:
        return "the export has no date"
    age = read_moment(parameters.text("as_of")) - newest if "as_of" in parameters else None
    if age is not None and age > read_duration(parameters.text("max_age")):
        return f"the export ends {age.days} days before"
    return ""


@dataclass(slots=True)
class _Weakness:
    id: str
    level: str
    names: set[str]


def _add(found: list[_Weakness], record: Mapping[str, Any]) -> None:
    """Add a record; the same weakness under another name is one, and has the level that one of them gives."""
    names, how = {str(record["id"]), *map(str, record.get("aliases") or ())}, level(record)
    for one in found:
        if one.names & names:
            one.names |= names
            one.level = how if one.level == "unknown" else one.level
            return
    found.append(_Weakness(str(record["id"]), how, names))


def _judge(part: Part, export: osv.Export, limit: str, answered: Mapping[str, str], stale: str, census: Census) -> None:
    """Count each weakness of a part; a part without one is kept only where the export could have told."""
    kind = part.ecosystem or "unknown origin"
    found, unclear = list[_Weakness](), []
    for record, affected in export.by_package.get(osv.key_of(part.ecosystem, part.name), []):
        answer = osv.affects(affected, part.ecosystem, part.version) if part.version else None
        if answer:
            _add(found, record)
        elif answer is None:
            unclear.append(str(record["id"]))
    serious = [one for one in found if counts(one.level, limit)]
    hits = [one for one in serious if not one.names & answered.keys()]
    for one in serious:
        for name in sorted(one.names & answered.keys()):
            census.left_out("accepted", f"{part}: {name} ({one.level}): {answered[name]}")
    below = len(found) - len(serious)
    if below:
        census.left_out(f"below {limit}", f"{part}: {below} weaknesses")
    for hit in hits:
        census.broken(kind, f"{part}: {hit.id} ({hit.level})")
    if hits:
        return
    why = "no version" if not part.version else ""
    why = why or ("no package URL" if not part.ecosystem else "")
    why = why or ("" if part.ecosystem in export.ecosystems else f"the export has no {part.ecosystem}")
    why = why or (f"its version cannot be compared with {', '.join(unclear)}" if unclear else stale)
    if why:
        census.unjudged(kind, f"{part}: {why}")
    else:
        census.kept(kind)


@check(NAME, subject=MODEL_VERSION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def vulnerabilities(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the known weaknesses of the listed parts at or above a level; ``<= 0`` asks that there is none.

    Formula: per part (package URL, or name and pinned version) the records of the export whose ``versions`` list its
    version, or whose ranges hold it, each record once per part. Ranges and the order of versions follow the OSV schema
    1.6 (OpenSSF), PEP 440 and Semantic Versioning 2.0.0; the level is the base score of CVSS 3.1 (FIRST 2019), else the
    word of the database; a weakness without a level counts. Unit: number of weaknesses. The interval is from those
    found to those plus the parts that could not be judged: without version, of an ecosystem that the export lacks or
    whose order of versions is not known, or without a finding in an export older than ``max_age``. It holds while such
    a part has one weakness at most. Nothing is asked of the network: the export lies beside the manifest, and its
    newest record is shown. INCONCLUSIVE where no part is listed.
    A lock that includes others (``-r``) is read with them; one that is not there cannot be judged.
    Misleads where a list leaves parts out, and where a weakness is listed that cannot be reached: ``accepted`` names
    it with a reason, and what was accepted is shown with its number.

    Raises:
        ParameterRefused: a weakness is accepted without a reason.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    return counted(NAME, "parts against an OSV export", trial_tally(NAME, tallies, parameters))
