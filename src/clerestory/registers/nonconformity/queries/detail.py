"""One nonconformity with its steps, the later results of its check, and the risks that it bears on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import OuterRef, Subquery
from django.db.models.fields.json import KT

from clerestory.desk.actor import Actor
from clerestory.desk.approval import Approved, Standing
from clerestory.desk.day import day_in
from clerestory.desk.models import Approval, Membership, Proposal, Revocation
from clerestory.desk.permit import permit
from clerestory.judgement.index import BEGINNING, FactIndex
from clerestory.judgement.row import Node, Row
from clerestory.registers.nonconformity import models
from clerestory.registers.nonconformity.queries.measured import MONITOR, Measured, runs_of
from clerestory.registers.nonconformity.queries.row import (
    NonconformityRow,
    NonconformityUnknown,
    derived_rows,
    read_row,
)
from clerestory.registers.nonconformity.rules import Days, Result, Step, data_of
from clerestory.store import directory
from clerestory.store.directory import Record
from clerestory.store.facts import judging
from clerestory.terms.evidence import FactValue, Subject
from clerestory.terms.ids import EntryId, PersonId
from clerestory.terms.sentence import gettext as _


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
    def done_on(self) -> date | None:
        """The day on which it was done, where the step says one."""
        day = self.said.get("done_on")
        return date.fromisoformat(day) if isinstance(day, str) else None

    @property
    def waits(self) -> bool:
        """Whether it waits for a second person."""
        return self.standing is not None and self.standing.is_open


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
    opener: str
    names: Mapping[str, str]
    results: tuple[Measured, ...]
    risks_waiting: tuple[Record, ...]
    risks_reviewed: tuple[Record, ...]
    time_zone: str

    def taken(self, step: Step) -> tuple[Taken, ...]:
        """Return every version of a step, oldest first."""
        return tuple(made for made in self.steps if made.step is step)

    def now(self, step: Step) -> Taken | None:
        """Return the version of a step that counts in this round; the correction counts in every one."""
        made = self.taken(step)
        newest = made[-1] if made else None
        return newest if newest and (step is Step.CORRECTION or newest.cycle == self.row.cycle) else None

    @property
    def entries(self) -> tuple[EntryId, ...]:
        """The entries of all steps and their approvals."""
        given = (made.standing.approvals if made.standing else () for made in self.steps)
        return (*(made.entry_id for made in self.steps), *(a.entry_id for approvals in given for a in approvals))

    @property
    def acted_on(self) -> date:
        """The day of the corrective action; the day it was found where there is none."""
        action = self.now(Step.ACTION)
        return (action and action.done_on) or self.row.found_on

    @property
    def answering(self) -> Mapping[str, str]:
        """Return who answers for the action of this round, and how, as a sentence about them says it.

        To hand the nonconformity on, or to let somebody else write the action anew, takes nobody out of it.
        """
        actions = [made for made in self.taken(Step.ACTION) if made.cycle == self.row.cycle]
        owned = {str(made.said.get("owner", "")): _("owned this nonconformity") for made in actions}
        recorded = {str(made.taken_by): _("recorded the action") for made in actions}
        answer = {str(made.said["responsible"]): _("answer for the action") for made in actions}
        return owned | answer | recorded | {str(self.row.owner): _("own this nonconformity")}

    @property
    def later_results(self) -> tuple[Result, ...]:
        """The results of the check after the one that opened it, oldest first."""
        places = [place for place, result in enumerate(self.results) if result.entry_id == self.origin_entry_id]
        zone = self.time_zone
        later = self.results[places[0] + 1 :] if places else self.results
        return tuple(
            Result(entry_id=r.entry_id, verdict=r.verdict, on=day_in(zone, r.at), is_of_older=r.is_of_older)
            for r in later
        )

    @property
    def rechecks(self) -> tuple[EntryId, ...]:
        """The passes since the action, newest first: what an effect can rest on."""
        since = self.acted_on
        return tuple(r.entry_id for r in reversed(self.later_results) if r.repairs(since))


def nonconformity(actor: Actor, nonconformity_id: str, *, whole: bool = True) -> Detail:
    """Return one nonconformity with its steps and, as a ``whole``, its risks and the results of its check.

    Raises:
        NonconformityUnknown: there is none of that id in the organisation.
    """
    permit(actor, "read", "nonconformity")
    after = models.Nonconformity.objects.filter(
        organisation_id=actor.organisation_id, earlier_id=OuterRef("nonconformity_id")
    )
    rows = derived_rows(actor).annotate(
        later_id=Subquery(after.values("nonconformity_id")[:1]), opener=_name(actor, "opened_by")
    )
    stored = rows.filter(nonconformity_id=nonconformity_id).first()
    if stored is None:
        raise NonconformityUnknown(
            _("There is no nonconformity {nonconformity_id!r}.", nonconformity_id=nonconformity_id),
            _("Choose one of the list of nonconformities."),
        )
    row = read_row(actor, stored)
    check = _check_of(stored.check_key)
    waiting, reviewed = _risks(actor, nonconformity_id) if whole else ((), ())
    steps, names = _steps(actor, stored)
    return Detail(
        row=row,
        statement=stored.statement,
        days=_days(stored),
        similar=tuple(stored.similar),
        steps=steps,
        check=check,
        origin_entry_id=stored.origin_entry_id,
        earlier_id=stored.earlier_id,
        later_id=stored.later_id or "",
        opened_by=stored.opened_by,
        opener=stored.opener or "",
        names=names,
        results=_results(actor, check, stored.origin_entry_id) if check and whole else (),
        risks_waiting=waiting,
        risks_reviewed=reviewed,
        time_zone=actor.time_zone,
    )


def _steps(actor: Actor, row: models.Nonconformity) -> tuple[tuple[Taken, ...], Mapping[str, str]]:
    """Return the steps with where each stands, and the names of everybody in them, in one query."""
    own = actor.organisation_id
    proposal = Proposal.objects.filter(organisation_id=own, entry_id=OuterRef("entry_id"))
    ended = Revocation.objects.filter(organisation_id=own)
    approval = Approval.objects.filter(organisation_id=own, proposal__entry_id=OuterRef("entry_id"))
    living = approval.exclude(entry_id__in=ended.values("revoked_entry_id")).order_by("id")
    taken_back = ended.filter(revoked_entry_id=OuterRef("entry_id"))
    rows = (
        models.StepTaken.objects.filter(organisation_id=own, nonconformity=row)
        .annotate(responsible=KT("said__responsible"), confirmer=KT("said__confirmer"))
        .annotate(
            proposed_at=Subquery(proposal.values("proposed_at")[:1]),
            replaced_at=Subquery(proposal.values("replaced_at")[:1]),
            title=Subquery(proposal.values("title")[:1]),
            approver=Subquery(living.values("approver")[:1]),
            role=Subquery(living.values("role")[:1]),
            approved_at=Subquery(living.values("approved_at")[:1]),
            approval_id=Subquery(living.values("entry_id")[:1]),
            granted_by=Subquery(living.values("granted_by")[:1]),
            revoked_at=Subquery(taken_back.values("revoked_at")[:1]),
            revoked_reason=Subquery(taken_back.values("reason")[:1]),
        )
        .annotate(**{f"{who}_name": _name(actor, who) for who in _PEOPLE})
        .order_by("id")
    )
    found = [(step, step.__dict__) for step in rows]
    names = {said[who]: said[f"{who}_name"] for _step, said in found for who in _PEOPLE if said[f"{who}_name"]}
    return tuple(_taken(step, _standing(step, said)) for step, said in found), names


_PEOPLE = ("taken_by", "approver", "responsible", "confirmer")


def _name(actor: Actor, who: str) -> Subquery:
    people = Membership.objects.filter(organisation_id=actor.organisation_id, person_id=OuterRef(who))
    return Subquery(people.values("user__name")[:1])


def _standing(row: models.StepTaken, said: Mapping[str, Any]) -> Standing | None:
    if said["proposed_at"] is None:
        return None
    given: tuple[Approved, ...] = ()
    if said["approver"]:
        granted_by = PersonId(said["granted_by"]) if said["granted_by"] else None
        approver = PersonId(said["approver"])
        given = (
            Approved(approver, said["role"], said["approved_at"], EntryId(said["approval_id"]), granted_by=granted_by),
        )
    return Standing(
        entry_id=EntryId(row.entry_id),
        kind=row.kind,
        title=said["title"],
        url="",
        proposed_by=PersonId(row.taken_by),
        proposed_at=said["proposed_at"],
        approver_role="",
        approvals=given,
        replaced_at=said["replaced_at"],
        revoked_at=said["revoked_at"],
        revoked_reason=said["revoked_reason"] or "",
    )


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


def _risks(actor: Actor, nonconformity_id: str) -> tuple[tuple[Record, ...], tuple[Record, ...]]:
    """Return the risks that wait to be looked at again, and those that were, in one query."""
    relations = ("asks to review", "had reviewed")
    found = directory.led_to(actor.organisation_id, "nonconformity", nonconformity_id, "risk", relations)
    waiting = {record.id for relation, record in found if relation == "asks to review"}
    reviewed = [r for relation, r in found if relation == "had reviewed" and r.id not in waiting]
    return tuple(r for relation, r in found if relation == "asks to review"), tuple(reviewed)


def _results(actor: Actor, check: Mapping[str, str], origin_entry_id: str) -> tuple[Measured, ...]:
    """Return the results of one check on one system, oldest first, whichever version of model or data they are of."""
    with judging(actor.organisation_id) as index:
        node = index.nodes.get(Subject("ai_system", check["system_id"]))
        if node is None:
            return ()
        if check["check"] == MONITOR:
            return runs_of(node, check)
        running = (n for n in index.by_subject_kind.get("deployment", ()) if _is_within(n, check["system_id"]))
        nodes = dict.fromkeys((node, *node.parts, *running, *index.organisations()))
        kinds = index.catalogue.result_kinds
        rows = [row for part in nodes for kind in kinds for row in part.about(kind) if _is_of(row, check)]
        failed = next((_registered(index, row) for row in rows if row.fact.entry_id == origin_entry_id), None)
        rows.sort(key=lambda row: row.order)
        return tuple(_measured(row, failed is not None and _registered(index, row) < failed) for row in rows)


def _registered(index: FactIndex, row: Row) -> datetime:
    """Return when what a result is about was registered; the beginning of time where nobody did."""
    kind = index.catalogue.subjects.get(row.node.kind)
    known = row.node.about(kind.member) if kind else []
    return min((known_row.fact.received_at for known_row in known), default=BEGINNING)


def _is_of(row: Row, check: Mapping[str, str]) -> bool:
    values = row.fact.values
    same = all(str(values.get(name, "")) == check[name] for name in ("check", "criterion", "slice"))
    return same and data_of(row.fact.subject, values) == check["data_role"] and row.revoked is None


def _is_within(node: Node, system_id: str) -> bool:
    """Tell whether a deployment is one of the system, by its name; it may be registered later than its results came."""
    return node.subject.id.rpartition("/")[0] == system_id


def _measured(row: Row, is_of_older: bool) -> Measured:
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
        is_of_older=is_of_older,
    )


def _number(value: FactValue | None) -> float | None:
    return float(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None
