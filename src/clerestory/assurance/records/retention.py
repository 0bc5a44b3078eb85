"""Retention: records are there for as long as decided, and gone after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import ORGANISATION, check
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.files import FileUnusable, matching, needed, rows_of, structured, there
from clerestory.terms.moment import MomentUnreadable, read_duration, read_moment

NAME = "records.retention"
_YES = ("true", "yes", "1")
_PARAMETERS = (
    Parameter(
        name="rules",
        kind="text",
        default="retention.toml",
        names_slice=True,
        meaning='The rules as TOML or JSON: [class.NAME] with keep ("P6M": not disposed of before) and perhaps dispose '
        '("P2Y": gone by then).',
    ),
    Parameter(
        name="records",
        kind="texts",
        default=("records*.csv",),
        names_slice=True,
        meaning="Patterns of the lists of records: CSV with id, class, created_at, and perhaps path, disposed_at and "
        "hold (true: kept for a proceeding).",
    ),
    Parameter(
        name="as_of",
        kind="moment",
        from_data="as_of",
        meaning="Moment that ages are counted at: the run; a push with another one is refused.",
    ),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """How long records of a class are kept at least, and by when they are gone; None: never asked for."""

    keep: timedelta
    dispose: timedelta | None


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Hold each record's life against the rule of its class, and look whether its file is there."""
    path = parameters.text("rules")
    rules = _rules(path, structured(path, (yield from needed(path))))
    if "as_of" not in parameters:
        raise FileUnusable("Nobody said at which moment ages are counted.", "Give as_of.")
    census, now, seen = Census(), read_moment(parameters.text("as_of")), set[str]()
    for file in (yield from matching(parameters.texts("records"))):
        for row in rows_of(file, (yield from needed(file)), ("id", "class", "created_at")):
            if row["id"] in seen:
                raise FileUnusable(f"{file} lists record {row['id']!r} twice.", "List each record once.")
            seen.add(row["id"])
            here = (yield from there(row["path"])) if row.get("path") else None
            _judge(row, rules.get(row["class"]), here, now, census)
    return census.tally()


def _rules(path: str, document: Mapping[str, Any]) -> Mapping[str, Rule]:
    classes = document.get("class", {})
    if not isinstance(classes, Mapping) or not classes:
        raise FileUnusable(f"{path} has no class of records.", 'Write [class.NAME] with keep = "P6M".')
    found = {}
    for name, rule in classes.items():
        try:
            dispose = rule.get("dispose")
            found[str(name)] = Rule(
                read_duration(str(rule["keep"])), None if dispose is None else read_duration(str(dispose))
            )
        except (MomentUnreadable, KeyError, AttributeError) as error:
            raise FileUnusable(f"{path}: class {name!r} has no duration to keep.", 'Write keep = "P6M".') from error
        ends = found[str(name)]
        if ends.dispose is not None and ends.dispose < ends.keep:
            raise FileUnusable(f"{path}: class {name!r} is disposed of before it may be.", "Give dispose after keep.")
    return found


def _judge(row: Mapping[str, str], rule: Rule | None, here: bool | None, now: datetime, census: Census) -> None:
    """Judge one record; ``here``: its file is there, None where the list names none below the folder."""
    kind = row["class"] or "(no class)"
    created, disposed = _moment(row["created_at"]), _moment(row.get("disposed_at", ""))
    if rule is None or created is None or (row.get("disposed_at") and disposed is None):
        why = "no rule for its class" if rule is None else "a moment that cannot be read"
        census.unjudged(kind, f"{row['id']}: {why}")
        return
    held = row.get("hold", "").strip().lower() in _YES
    faults = _faults(rule, held, created, disposed, now)
    if disposed is not None and here:
        faults.append("is said to be disposed of and still there")
    if disposed is None and here is False:
        faults.append("is not there and not said to be disposed of")
    if not faults and disposed is None and here is None:
        census.unjudged(kind, f"{row['id']}: its list names no file")
    else:
        census.judged(kind, row["id"], faults)


def _faults(rule: Rule, held: bool, created: datetime, disposed: datetime | None, now: datetime) -> list[str]:
    if created > now or (disposed is not None and not created <= disposed <= now):
        return ["its moments are not in order"]
    if disposed is not None:
        early = disposed - created < rule.keep
        return (["was disposed of too early"] if early else []) + (["was disposed of under a hold"] if held else [])
    late = rule.dispose is not None and now - created > rule.dispose and not held
    return ["is kept too long"] if late else []


def _moment(text: str) -> datetime | None:
    for written in (text, f"{text}T00:00:00Z", f"{text.replace(' ', 'T', 1)}Z"):
        try:
            return read_moment(written)
        except MomentUnreadable:
            continue
    return None


@check(NAME, subject=ORGANISATION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def retention(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the records that were kept too short or too long; ``<= 0`` asks that none was.

    Formula: a record counts when it was disposed of before its class may be, or under a hold; when it is older than its
    class is kept and neither disposed of nor held; when its file is gone and nobody said so, or is there although it is
    said to be disposed of; or when its moments are not in order. Ages are counted to ``as_of``, a year as 365 days and
    a month as 30. How long is the organisation's and the law's: Article 26(6) of the EU AI Act asks six months for logs
    at least (2024), Article 5(1)(e) of the GDPR no longer than needed (2016). Unit: number of records. The interval is
    from those counted to those plus records that could not be judged: without a rule, a readable moment or a named
    file. INCONCLUSIVE where no record is listed.
    Misleads where a list leaves records out, and where copies lie in backups.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    return counted(NAME, "life of each record against its class", trial_tally(NAME, tallies, parameters))
