"""Privacy budgets of data sets, as the pushed results of privacy.budget-accounting tell them. Nothing is typed in.

A budget is a ledger of one AI system; each result tells how much of it is spent, and which releases spent it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clerestory.assurance.criterion import Criterion, CriterionUnreadable
from clerestory.assurance.privacy.budget_accounting import NAME, PEOPLE, RELEASE_PARTS
from clerestory.assurance.tally import InconsistentTally, TallyUnreadable, TrialTally, read_tally
from clerestory.desk.actor import Actor
from clerestory.desk.lists import Column
from clerestory.desk.permit import permit
from clerestory.judgement.row import Row
from clerestory.ledger.canonical import NotCanonical, decode
from clerestory.registers.inventory.queries.records import InventoryUnknown
from clerestory.store import directory, log
from clerestory.store.facts import judging
from clerestory.terms import sentence
from clerestory.terms.evidence import FactValue
from clerestory.terms.fact import Document
from clerestory.terms.ids import EntryId

_SETTING = "dataset="
Gathered = Mapping[tuple[str, str], list[Row]]
"""Results of the check by AI system and slice, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What one result said was spent, of which ceiling, measured on which version of data."""

    entry_id: EntryId
    at: datetime
    version_id: str
    epsilon: float | None
    low: float | None
    high: float | None
    ceiling: float | None
    criterion: str
    verdict: str
    reason: str
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRelease:
    """One release or training run of the ledger; ``size`` is the noise, epsilon or rho that it was made with."""

    day: date | None
    what: str
    dataset: str
    mechanism: str
    size: str
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The budget of a data set as its newest result tells it. ``points`` are all results, oldest first.

    ``shrank``: an earlier result told of more than the newest; what is spent does not come back.
    """

    key: str
    dataset: str
    system_id: str
    system_name: str
    delta: float | None
    releases: tuple[BudgetRelease, ...]
    points: tuple[Spending, ...]

    @property
    def newest(self) -> Spending:
        """What was measured last."""
        return self.points[-1]

    @property
    def left(self) -> float | None:
        """What is left below the ceiling; below 0 where it is overspent, None where either is unknown."""
        newest = self.newest
        return None if newest.epsilon is None or newest.ceiling is None else newest.ceiling - newest.epsilon

    @property
    def count(self) -> int:
        """How many releases the ledger holds."""
        return len(self.releases)

    @property
    def newest_release(self) -> date | None:
        """The last day on which something was released, where the ledger says it."""
        return max((release.day for release in self.releases if release.day is not None), default=None)

    @property
    def shrank(self) -> bool:
        """Whether the ledger tells of less than it did: fewer releases, or less spent than was surely spent before."""
        before, now = max(point.low or 0.0 for point in self.points), self.newest.high
        return max(point.times for point in self.points) > self.newest.times or (now is not None and before > now)

    @property
    def state(self) -> str:
        """Where it stands in one word."""
        words = {"PASS": "within", "FAIL": "beyond"}
        return "shrank" if self.shrank else words.get(self.newest.verdict, "undecided")


STATE_WORDS = {
    "within": _("within the ceiling"),
    "beyond": _("beyond the ceiling"),
    "undecided": _("cannot be told"),
    "shrank": _("less than before"),
}
_TONES = {"within": "good", "beyond": "bad", "undecided": "open", "shrank": "bad"}
BUDGET_COLUMNS = (
    Column(
        name="dataset",
        label=_("Data set"),
        searched=True,
        kind="link",
        value=lambda row: row.dataset,
        url=lambda row: reverse("inventory-budget", args=[row.key]),
        note=lambda row: row.system_name,
    ),
    Column(name="system", label=_("AI system"), searched=True, optional=True, value=lambda row: row.system_name),
    Column(name="version", label=_("Version"), searched=True, optional=True, value=lambda row: row.newest.version_id),
    Column(
        name="state",
        label=_("State"),
        kind="tag",
        filtered=True,
        options=tuple(STATE_WORDS.items()),
        value=lambda row: row.state,
        tone=lambda row: _TONES[row.state],
    ),
    Column(name="releases", label=_("Releases"), kind="number", value=lambda row: row.count),
    Column(name="epsilon", label=_("Epsilon spent"), kind="number", value=lambda row: _rounded(row.newest.epsilon)),
    Column(name="delta", label=_("Delta"), kind="number", value=lambda row: "" if row.delta is None else row.delta),
    Column(name="ceiling", label=_("Ceiling"), kind="number", value=lambda row: _rounded(row.newest.ceiling)),
    Column(name="left", label=_("Left"), kind="number", value=lambda row: _rounded(row.left)),
    Column(name="newest_release", label=_("Newest release"), kind="day", value=lambda row: row.newest_release),
    Column(name="measured_at", label=_("Measured"), kind="day", optional=True, value=lambda row: row.newest.at),
)


def privacy_budgets(actor: Actor) -> tuple[Budget, ...]:
    """Return all budgets of the organisation, in a few queries whatever their number."""
    permit(actor, "read", "inventory")
    return _budgets(actor, _gathered(actor))


def _gathered(actor: Actor) -> Gathered:
    """Return the results that count by AI system and slice, oldest first; nothing is asked that is not new."""
    with judging(actor.organisation_id) as index:
        rows = [
            row
            for node in index.by_kind.get("check", ())
            for results in node.results.get(("check", NAME), ())
            for row in results
            if row.revoked is None
        ]
    gathered: dict[tuple[str, str], list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.order):
        gathered.setdefault((_system_of(row), str(row.value("slice") or "")), []).append(row)
    return gathered


def _budgets(actor: Actor, gathered: Gathered) -> tuple[Budget, ...]:
    if not gathered:
        return ()
    contents = log.contents(actor.organisation_id, [rows[-1].fact.entry_id for rows in gathered.values()])
    names = {
        record.id: record.label
        for record in directory.find(actor.organisation_id, "ai_system", {system for system, _slice in gathered})
    }
    return tuple(
        sorted(
            (
                _budget(system, text, rows, contents.get(rows[-1].fact.entry_id), names.get(system, system))
                for (system, text), rows in gathered.items()
            ),
            key=lambda budget: (budget.system_name, budget.dataset, budget.key),
        )
    )


def privacy_budget(actor: Actor, key: str) -> Budget:
    """Return one budget.

    Raises:
        InventoryUnknown: there is none of that key.
    """
    permit(actor, "read", "inventory")
    own = {pair: rows for pair, rows in _gathered(actor).items() if _key(*pair) == key}
    found = next(iter(_budgets(actor, own)), None)
    if found is None:
        raise InventoryUnknown(
            sentence.gettext("There is no privacy budget {key!r}.", key=key),
            sentence.gettext("Choose one of the list."),
        )
    return found


def privacy_budgets_of(actor: Actor, version_id: str) -> tuple[Budget, ...]:
    """Return the budgets that were measured on one version of data."""
    permit(actor, "read", "inventory")
    gathered = _gathered(actor)
    own = {key: rows for key, rows in gathered.items() if any(row.fact.subject.id == version_id for row in rows)}
    return _budgets(actor, own)


def _key(system_id: str, text: str) -> str:
    """Return what names a budget in addresses: the same for the same ledger of the same system."""
    return sha256(f"{system_id}|{text}".encode()).hexdigest()[:16]


def _system_of(row: Row) -> str:
    linked = (subject.id for subject in row.fact.links if subject.kind == "ai_system")
    return next(linked, row.fact.subject.id)


def _budget(system_id: str, text: str, rows: list[Row], content: bytes | None, name: str) -> Budget:
    document = _document(content)
    releases = tuple(_releases(document))
    told = {release.dataset for release in releases}
    chosen = {part.removeprefix(_SETTING) for part in text.split("; ") if part.startswith(_SETTING)}
    return Budget(
        key=_key(system_id, text),
        dataset=", ".join(sorted(chosen or told)) or system_id,
        system_id=system_id,
        system_name=name,
        delta=_number(_part(_part(document, "measurement"), "details").get("delta")),
        releases=releases,
        points=tuple(_spending(row) for row in rows),
    )


def _spending(row: Row) -> Spending:
    values = row.fact.values
    times = values.get("n")
    criterion = str(values.get("criterion", ""))
    return Spending(
        entry_id=row.fact.entry_id,
        at=row.end,
        version_id=row.fact.subject.id,
        epsilon=_number(values.get("value")),
        low=_number(values.get("low")),
        high=_number(values.get("high")),
        ceiling=_ceiling(criterion),
        criterion=criterion,
        verdict=row.verdict,
        reason=str(values.get("reason", "")),
        times=times if isinstance(times, int) else 0,
    )


def _releases(document: Document) -> Iterable[BudgetRelease]:
    """Read the releases out of the tally of the newest result; newest first, those without a day last."""
    found = []
    for pair in _list(document.get("tallies")):
        try:
            tally = read_tally(_part(pair, "tally")) if isinstance(pair, Mapping) else None
        except (TallyUnreadable, InconsistentTally):
            continue
        if isinstance(tally, TrialTally):
            found += [_release(cell.kind, cell.n) for cell in tally.cells if cell.kind != PEOPLE]
    return sorted(found, key=lambda release: (release.day or date.min, release.what), reverse=True)


def _release(kind: tuple[str, ...], times: int) -> BudgetRelease:
    dataset, _unit, mechanism, noise, epsilon, _delta, rho, rate = kind[:RELEASE_PARTS]
    said = {"gaussian": f"noise {noise}", "laplace": f"noise {noise}", "zcdp": f"rho {rho}"}
    size = said.get(mechanism, f"epsilon {epsilon}")
    day, what = (*kind[RELEASE_PARTS:], "", "")[:2]
    return BudgetRelease(
        day=date.fromisoformat(day) if day else None,
        what=what,
        dataset=dataset,
        mechanism=mechanism,
        size=size if rate == "1" else f"{size}, sample {rate}",
        times=times,
    )


def _ceiling(criterion: str) -> float | None:
    try:
        return Criterion.parse(criterion).upper
    except CriterionUnreadable:
        return None


def _document(content: bytes | None) -> Document:
    try:
        return {} if content is None else decode(content)
    except NotCanonical:
        return {}


def _part(document: object, name: str) -> Document:
    part = document.get(name) if isinstance(document, Mapping) else None
    return part if isinstance(part, Mapping) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _number(value: FactValue | object | None) -> float | None:
    try:
        return float(value) if isinstance(value, str | int | float) and value != "" else None
    except ValueError:
        return None


def _rounded(value: float | None) -> object:
    return "" if value is None else round(value, 4)
