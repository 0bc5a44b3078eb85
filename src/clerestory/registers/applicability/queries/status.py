"""How far each control is put into effect, derived by the judge: nobody types it in, and no evidence is "unknown"."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from clerestory.catalogue.load import load
from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.judgement.index import FactIndex
from clerestory.judgement.own import own_statuses
from clerestory.judgement.status import RequirementStatus
from clerestory.registers.applicability.queries.own import OwnRecord
from clerestory.registers.applicability.queries.statement import FRAMEWORK
from clerestory.store.facts import judged, judging
from clerestory.terms.status import Conformity

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Implementation:
    """The derived status of one control and how much of its population it holds for."""

    conformity: Conformity
    have: int
    need: int
    stale_on: date | None

    @staticmethod
    def word(status: "Implementation | None") -> str:
        """Return the conformity of a control, or that nothing can be said of it."""
        return UNKNOWN if status is None else str(status.conformity)


def implementations(
    actor: Actor, own: Iterable[OwnRecord], *, at: datetime, live: bool = False
) -> Mapping[str, Implementation]:
    """Return the status of every control as of a moment; own controls that name no evidence are left out: unknown.

    ``live`` says that the moment is now, so that only what is new since the last judgement is judged.
    """
    permit(actor, "read", "applicability")
    with judging(actor.organisation_id) as index:
        return _statuses(actor, index, own, at=at, live=live)


def implementations_at(
    actor: Actor, own: tuple[Iterable[OwnRecord], Iterable[OwnRecord]], *, now: datetime, earlier: datetime
) -> tuple[Mapping[str, Implementation], Mapping[str, Implementation]]:
    """Return the status of every control now and at an earlier moment; ``own`` are the own controls of each."""
    permit(actor, "read", "applicability")
    with judging(actor.organisation_id) as index:
        today = _statuses(actor, index, own[0], at=now, live=True)
        return today, _statuses(actor, index, own[1], at=earlier, live=False)


def _statuses(
    actor: Actor, index: FactIndex, own: Iterable[OwnRecord], *, at: datetime, live: bool
) -> Mapping[str, Implementation]:
    statuses = judged(actor.organisation_id, FRAMEWORK, index, at=at, live=live)
    found = {str(control): _implementation(status) for control, status in statuses.items()}
    named = [(r.control_id, r.control.title, r.control.proved_by) for r in own if r.control.proved_by]
    if named:
        of_own = own_statuses(load(), FRAMEWORK, index, named, at=at)
        found |= {control: _implementation(status) for control, status in of_own.items()}
    return found


def _implementation(status: RequirementStatus) -> Implementation:
    return Implementation(status.conformity, status.coverage.have, status.coverage.need, status.stale_on)
