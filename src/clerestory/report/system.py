"""One AI system as evidence shows it: its record, versions, results of checks over time and what is missing.

Refuses to judge: verdicts come from the log, what is missing from the judge. Knows no HTML.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from clerestory.assurance.criterion import Criterion, CriterionUnreadable
from clerestory.assurance.measurement import Measurement, MeasurementUnreadable, read_measurement
from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.judgement.evaluate import lacking
from clerestory.judgement.index import FactIndex
from clerestory.judgement.phrase import Missing
from clerestory.judgement.row import Node, Row
from clerestory.registers.inventory.queries import (
    DatasetRecord,
    ModelRecord,
    SystemRecord,
    ai_system,
    datasets_of,
    models_of,
)
from clerestory.report.board import HOME
from clerestory.store import log
from clerestory.store.facts import judging
from clerestory.terms.evidence import FactValue, Subject
from clerestory.terms.fact import Fact
from clerestory.terms.ids import EntryId, RequirementId
from clerestory.terms.status import Verdict

MOST_VERSIONS = 25
MOST_PASSED = 8
"""So many checks that pass are listed openly; more are folded below what needs somebody."""
DEPLOYMENT = "deployment"
_WORST_FIRST = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One result of a check. A result that was taken back is shown, but counts no longer."""

    entry_id: EntryId
    at: datetime
    subject: Subject
    value: float | None
    low: float | None
    high: float | None
    n: int
    verdict: Verdict
    reason: str
    taken_back: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """Results of one check with one criterion on one kind of data, oldest first; ``newest`` counts.

    ``data_role``: the kind of data, or the name of the deployment that the results are about.
    """

    key: str
    check: str
    what: str
    family: str
    criterion: str
    source: str
    data_role: str
    slice: str
    limits: tuple[float, ...]
    points: tuple[Point, ...]

    @property
    def newest(self) -> Point:
        """The newest result that was not taken back, else the newest."""
        return next((point for point in reversed(self.points) if not point.taken_back), self.points[-1])

    @property
    def is_running(self) -> bool:
        """Whether the results are about something that runs, and not about a version."""
        return self.newest.subject.kind == DEPLOYMENT


@dataclass(frozen=True, slots=True)
class Lack:
    """What one requirement still needs for this system."""

    requirement: RequirementId
    title: str
    items: tuple[Missing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPage:
    """Everything that the page of a system shows, as of one moment."""

    record: SystemRecord
    models: tuple[ModelRecord, ...]
    datasets: tuple[DatasetRecord, ...]
    checks: tuple[CheckLine, ...]
    chosen: CheckLine | None
    measurement: Measurement | None
    lacks: tuple[Lack, ...]
    at: datetime

    @property
    def verdicts(self) -> Mapping[str, int]:
        """Newest results by verdict, the worst first."""
        return {str(v): sum(line.newest.verdict == v for line in self.checks) for v in _WORST_FIRST}

    @property
    def listed(self) -> tuple[CheckLine, ...]:
        """Checks that are listed openly: all of them, or those that did not pass where many did."""
        return tuple(line for line in self.checks if line not in self.folded)

    @property
    def folded(self) -> tuple[CheckLine, ...]:
        """Checks that passed, where there are many."""
        passed = tuple(line for line in self.checks if line.newest.verdict == Verdict.PASS)
        return passed if len(passed) > MOST_PASSED else ()

    @property
    def twice(self) -> frozenset[str]:
        """Names of checks that are made of more than one kind of data, so that each line has to say of which."""
        roles: dict[str, set[str]] = {}
        for line in self.checks:
            roles.setdefault(line.check, set()).add(line.data_role)
        return frozenset(check for check, found in roles.items() if len(found) > 1)


def system_page(actor: Actor, system_id: str, *, at: datetime, check: str = "") -> SystemPage:
    """Return the page of a system; ``check`` is the key of the check to show in full, the worst one otherwise.

    Raises:
        InventoryUnknown: there is no such system in the organisation.
    """
    permit(actor, "read", "inventory")
    record = ai_system(actor, system_id)
    with judging(actor.organisation_id) as index:
        past = index.as_of(at)
        nodes = _own(past, system_id)
        checks = check_lines(results(past, system_id))
        lacks = _lacks(past, nodes, at)
    chosen = next((line for line in checks if line.key == check), checks[0] if checks else None)
    return SystemPage(
        record=record,
        models=models_of(actor, system_id, MOST_VERSIONS),
        datasets=datasets_of(actor, system_id, MOST_VERSIONS),
        checks=checks,
        chosen=chosen,
        measurement=None if chosen is None else _measurement(actor, chosen.newest.entry_id),
        lacks=lacks,
        at=at,
    )


def verdicts_by_system(actor: Actor, system_ids: Iterable[str]) -> Mapping[str, Mapping[str, int]]:
    """Return how many newest results of each system have which verdict; asks the database once at most."""
    return {
        system_id: {str(v): sum(line.newest.verdict == v for line in lines) for v in _WORST_FIRST}
        for system_id, lines in checks_of(actor, system_ids).items()
    }


def checks_of(actor: Actor, system_ids: Iterable[str]) -> Mapping[str, tuple[CheckLine, ...]]:
    """Return the checks of each system, the worst newest verdict first; asks the database once at most."""
    permit(actor, "read", "inventory")
    with judging(actor.organisation_id) as index:
        return {system_id: check_lines(results(index, system_id)) for system_id in system_ids}


def results(index: FactIndex, system_id: str) -> Iterator[Row]:
    """Yield the results of checks about a system, its versions and what of it runs: all kinds that a check emits."""
    kinds = sorted({check.emits for check in load().checks.values()})
    # A deployment is named within its system, and may be measured before anybody registered it.
    running = (
        node for node in index.by_subject_kind.get(DEPLOYMENT, ()) if node.subject.id.startswith(f"{system_id}/")
    )
    for node in (*_own(index, system_id), *sorted(running, key=lambda node: node.subject.id)):
        yield from (row for kind in kinds for row in node.about(kind) if "verdict" in row.fact.values)


def check_lines(rows: Iterable[Row]) -> tuple[CheckLine, ...]:
    """Gather results into lines, the worst newest verdict first."""
    gathered: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        values = row.fact.values
        subject = row.fact.subject
        about = str(subject) if subject.kind == DEPLOYMENT else subject.kind
        key = (about, *(_text(values, name) for name in ("check", "criterion", "data_role", "slice")))
        gathered.setdefault(key, []).append(row)
    lines = (_line(key, sorted(found, key=lambda row: row.order)) for key, found in gathered.items())
    return tuple(
        sorted(lines, key=lambda line: (_WORST_FIRST.index(line.newest.verdict), line.family, line.check, line.slice))
    )


def _line(key: tuple[str, ...], rows: Sequence[Row]) -> CheckLine:
    _about, check, criterion, data_role, slice_ = key
    entry = load().checks.get(check)
    newest, subject = rows[-1].fact.values, rows[-1].fact.subject
    return CheckLine(
        key=hashlib.sha256("|".join(key).encode()).hexdigest()[:12],
        check=check,
        what=entry.what if entry else "",
        family=_text(newest, "family"),
        criterion=criterion,
        source=_text(newest, "threshold_source"),
        data_role=subject.id.rpartition("/")[2] if subject.kind == DEPLOYMENT else data_role,
        slice=slice_,
        limits=_limits(criterion),
        points=tuple(_point(row) for row in rows),
    )


def _point(row: Row) -> Point:
    fact: Fact = row.fact
    n = fact.values.get("n")
    return Point(
        entry_id=fact.entry_id,
        at=fact.observed.end,
        subject=fact.subject,
        value=_number(fact.values.get("value")),
        low=_number(fact.values.get("low")),
        high=_number(fact.values.get("high")),
        n=n if isinstance(n, int) else 0,
        verdict=Verdict(_text(fact.values, "verdict")),
        reason=_text(fact.values, "reason"),
        taken_back=row.revoked is not None,
    )


def _limits(criterion: str) -> tuple[float, ...]:
    try:
        read = Criterion.parse(criterion)
    except CriterionUnreadable:
        return ()
    return tuple(limit for limit in (read.lower, read.upper) if limit is not None)


def _own(index: FactIndex, system_id: str) -> tuple[Node, ...]:
    """Return the nodes of a system and of its model and data-set versions."""
    node = index.nodes.get(Subject("ai_system", system_id))
    if node is None:
        return ()
    parts = (n for n in node.linked if n.kind in ("model_version", "dataset_version"))
    return (node, *sorted(parts, key=lambda n: (n.subject.kind, n.subject.id)))


def _lacks(index: FactIndex, own: Sequence[Node], at: datetime) -> tuple[Lack, ...]:
    """Judge the system and its versions, and nobody beside them."""
    titles = {item.id: gettext(item.title) for item in load().frameworks[HOME].requirements}
    found = lacking(load(), HOME, index, own, at=at)
    return tuple(Lack(requirement, titles[requirement], items) for requirement, items in found.items())


def _measurement(actor: Actor, entry_id: EntryId) -> Measurement | None:
    body = log.content(actor.organisation_id, entry_id)
    if body is None:
        return None
    try:
        return read_measurement(json.loads(body)["measurement"])
    except (MeasurementUnreadable, ValueError, KeyError, TypeError):
        return None


def _text(values: Mapping[str, FactValue], name: str) -> str:
    value = values.get(name, "")
    return value if isinstance(value, str) else str(value)


def _number(value: FactValue | None) -> float | None:
    return float(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None
