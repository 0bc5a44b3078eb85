"""One nonconformity with its steps, the later results of its check, and the risks that it bears on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from clerestory.desk.actor import Actor
from clerestory.desk.approval import Standing, standings
from clerestory.desk.permit import permit
from clerestory.judgement.row import Row
from clerestory.registers.nonconformity import models
from clerestory.registers.nonconformity.queries.row import (
    NonconformityRow,
    NonconformityUnknown,
    derived_rows,
    read_row,
)
from clerestory.registers.nonconformity.rules import Days, Result, Step
from clerestory.store import directory, trace
from clerestory.store.directory import Record
from clerestory.store.facts import judging
from clerestory.terms.evidence import FactValue, Subject
from clerestory.terms.ids import EntryId, PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One version of one step: what it says, who took it and where it stands."""

    step: Step
    version: int
    cycle: int
    said: Mapping[str, object]
    effective: bool | None
    taken_by: PersonId
    taken_at: datetime
    entry_id: EntryId
    standing: Standing | None

    @property
    def waits(self) -> bool:
        """Whether it waits for a second person."""
        return self.standing is not None and self.standing.is_open


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One result of the check that found it, before or after the action."""

    entry_id: EntryId
    at: datetime
    value: float | None
    low: float | None
    high: float | None
    n: int
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One nonconformity with its steps, the results of its check and the risks that it bears on."""

    row: NonconformityRow
    statement: str
    days: Days
    similar: tuple[str, ...]
    steps: tuple[Taken, ...]
    check: Mapping[str, str]
    origin_entry_id: str
    earlier_id: str
    later_id: str
    opened_by: str
    results: tuple[Measured, ...]
    risks_waiting: tuple[Record, ...]
    risks_reviewed: tuple[Record, ...]

    def taken(self, step: Step) -> tuple[Taken, ...]:
        """Return every version of a step, oldest first."""
        return tuple(made for made in self.steps if made.step is step)

    def now(self, step: Step) -> Taken | None:
        """Return the version of a step that counts in this round; the correction counts in every one."""
        made = self.taken(step)
        newest = made[-1] if made else None
        return newest if newest and (step is Step.CORRECTION or newest.cycle == self.row.cycle) else None

    @property
    def acted_on(self) -> date:
        """The day of the corrective action; the day it was found where there is none."""
        action = self.now(Step.ACTION)
        return self.row.found_on if action is None else date.fromisoformat(str(action.said["done_on"]))

    @property
    def answering(self) -> Mapping[str, str]:
        """Return who answers for the action, and how, as a sentence about them says it."""
        action = self.now(Step.ACTION)
        own = {"own this nonconformity": str(self.row.owner)}
        if action is None:
            return own
        return own | {"recorded the action": action.taken_by, "answer for the action": str(action.said["responsible"])}

    @property
    def later_results(self) -> tuple[Result, ...]:
        """The results of the check after the one that opened it, oldest first."""
        places = [place for place, result in enumerate(self.results) if result.entry_id == self.origin_entry_id]
        later = self.results[places[0] + 1 :] if places else self.results
        return tuple(Result(entry_id=r.entry_id, verdict=r.verdict, on=r.at.date()) for r in later)

    @property
    def rechecks(self) -> tuple[EntryId, ...]:
        """The passes since the action, newest first: what an effect can rest on."""
        since = self.acted_on
        passed = [r.entry_id for r in self.later_results if r.verdict == "PASS" and r.on >= since]
        return tuple(reversed(passed))


def nonconformity(actor: Actor, nonconformity_id: str) -> Detail:
    """Return one nonconformity with everything that its page shows.

    Raises:
        NonconformityUnknown: there is none of that id in the organisation.
    """
    permit(actor, "read", "nonconformity")
    stored = derived_rows(actor).filter(nonconformity_id=nonconformity_id).first()
    if stored is None:
        raise NonconformityUnknown(
            f"There is no nonconformity {nonconformity_id!r}.", "Choose one of the list of nonconformities."
        )
    row = read_row(actor, stored)
    check = _check_of(stored.check_key)
    waiting, reviewed, later = _linked(actor, nonconformity_id)
    return Detail(
        row=row,
        statement=stored.statement,
        days=_days(stored),
        similar=tuple(stored.similar),
        steps=_steps(actor, stored),
        check=check,
        origin_entry_id=stored.origin_entry_id,
        earlier_id=stored.earlier_id,
        later_id=later,
        opened_by=stored.opened_by,
        results=_results(actor, check) if check else (),
        risks_waiting=waiting,
        risks_reviewed=reviewed,
    )


def _steps(actor: Actor, row: models.Nonconformity) -> tuple[Taken, ...]:
    """Return the steps with where each stands, in two queries."""
    rows = list(
        models.StepTaken.objects.filter(organisation_id=actor.organisation_id, nonconformity=row).order_by("id")
    )
    stand = standings(actor, [EntryId(step.entry_id) for step in rows]) if rows else {}
    return tuple(_taken(step, stand.get(EntryId(step.entry_id))) for step in rows)


def _taken(row: models.StepTaken, standing: Standing | None) -> Taken:
    return Taken(
        step=Step(row.kind),
        version=row.version,
        cycle=row.cycle,
        said=row.said,
        effective=row.effective,
        taken_by=PersonId(row.taken_by),
        taken_at=row.taken_at,
        entry_id=EntryId(row.entry_id),
        standing=standing,
    )


def _days(row: models.Nonconformity) -> Days:
    return Days(correct_by=row.correct_by, cause_by=row.cause_by, act_by=row.act_by, confirm_by=row.confirm_by)


def _check_of(key: str) -> Mapping[str, str]:
    names = ("system_id", "check", "criterion", "data_role", "slice")
    return dict(zip(names, key.split("|", 4), strict=False)) if key else {}


def _linked(actor: Actor, nonconformity_id: str) -> tuple[tuple[Record, ...], tuple[Record, ...], str]:
    """Return the risks that wait to be looked at again, those that were, and the nonconformity that came after."""
    links = trace.links_of(actor.organisation_id, "nonconformity", nonconformity_id)
    asked = {link.to_id for link in links if link.relation == "asks to review"}
    done = {link.to_id for link in links if link.relation == "had reviewed"}
    later = [link.from_id for link in links if link.relation == "came back after" and link.to_id == nonconformity_id]
    records = directory.find(actor.organisation_id, "risk", asked | done) if asked | done else ()
    waiting = tuple(record for record in records if record.id in asked)
    return waiting, tuple(record for record in records if record.id not in asked), (later or [""])[0]


def _results(actor: Actor, check: Mapping[str, str]) -> tuple[Measured, ...]:
    """Return the results of one check on one system, oldest first, whichever version of model or data they are of."""
    with judging(actor.organisation_id) as index:
        node = index.nodes.get(Subject("ai_system", check["system_id"]))
        if node is None:
            return ()
        rows = [row for part in (node, *node.parts) for row in part.about("check") if _is_of(row, check)]
    rows.sort(key=lambda row: row.order)
    return tuple(_measured(row) for row in rows)


def _is_of(row: Row, check: Mapping[str, str]) -> bool:
    values = row.fact.values
    same = all(str(values.get(name, "")) == check[name] for name in ("check", "criterion", "data_role", "slice"))
    return same and row.revoked is None


def _measured(row: Row) -> Measured:
    values = row.fact.values
    n = values.get("n")
    return Measured(
        entry_id=row.fact.entry_id,
        at=row.end,
        value=_number(values.get("value")),
        low=_number(values.get("low")),
        high=_number(values.get("high")),
        n=n if isinstance(n, int) else 0,
        verdict=row.verdict,
        reason=str(values.get("reason", "")),
    )


def _number(value: FactValue | None) -> float | None:
    return float(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None
