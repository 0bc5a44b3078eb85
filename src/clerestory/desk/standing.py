"""Where a version of a record stands: who proposed and approved it, who is asked next, and if it was taken back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from clerestory.desk.actor import Actor
from clerestory.desk.permit import may
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import EntryId, PersonId
from clerestory.terms.order import Signed, steps_done
from clerestory.terms.sentence import gettext as _

T = TypeVar("T")


class ApprovalRefused(ClerestoryError):
    """An approval would not count: own proposal, missing role, given before, or no longer open."""


@dataclass(frozen=True, slots=True)
class Approved:
    """One approval of a proposal; ``revoked_at`` is set when it was taken back.

    ``granted_by`` let the approver in, or gave them the role in which they approved.
    """

    approver: PersonId
    role: str
    approved_at: datetime
    entry_id: EntryId
    revoked_at: datetime | None = None
    granted_by: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an approval in order: the role, its approval once given, and whether it is asked for now."""

    role: str
    approval: Approved | None
    is_next: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one version of a record stands: who proposed it, who approved it, and whether it was taken back.

    ``order`` names the roles whose approval it waits for, one after the other; ``approver_role`` is the one asked next.
    """

    entry_id: EntryId
    kind: str
    title: str
    url: str
    proposed_by: PersonId
    proposed_at: datetime
    approver_role: str
    approvals: tuple[Approved, ...]
    replaced_at: datetime | None
    revoked_at: datetime | None
    revoked_reason: str
    order: tuple[str, ...] = ()

    @property
    def done(self) -> tuple[Approved, ...]:
        """The approvals that count now: in order those of the steps that are done, else all that stand."""
        return self._counting(approval for approval in self.approvals if approval.revoked_at is None)

    def _counting(self, given: Iterable[Approved]) -> tuple[Approved, ...]:
        if not self.order:
            return tuple(given)
        signed = {Signed(one.role, one.approved_at, frozenset((one.approver,))): one for one in given}
        return tuple(signed[step] for step in steps_done(self.order, signed))

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of an approval in order; none where one approval is enough."""
        done = self.done
        given = (*done, *([None] * (len(self.order) - len(done))))
        return tuple(
            Step(role, approval, self.is_open and place == len(done))
            for place, (role, approval) in enumerate(zip(self.order, given, strict=False))
        )

    @property
    def is_approved(self) -> bool:
        """Whether an approval stands, in order the last one, and neither it nor the version was taken back."""
        return self.revoked_at is None and len(self.done) >= max(1, len(self.order))

    @property
    def was_approved(self) -> bool:
        """Whether it counted once, whatever was taken back since."""
        return len(self._counting(self.approvals)) >= max(1, len(self.order))

    @property
    def is_open(self) -> bool:
        """Whether it still waits for an approval."""
        return not self.is_approved and self.revoked_at is None and self.replaced_at is None

    def can_approve(self, actor: Actor) -> bool:
        """Whether this actor could approve it, signing in anew apart."""
        return (
            self.is_open
            and may(actor, "approve", "proposal")
            and actor.person_id != self.proposed_by
            and (not self.approver_role or self.approver_role in actor.roles)
            and actor.person_id not in self.signers
        )

    @property
    def signers(self) -> frozenset[PersonId]:
        """Who cannot approve it again: in order whose approval counts, else whoever approved it once."""
        return frozenset(approval.approver for approval in (self.done if self.order else self.approvals))


def newest_in_force(versions: Iterable[tuple[T, Standing | None]]) -> T | None:
    """Return the newest version that was approved, given newest first; none where that one was taken back.

    What a newer version replaced does not come to life again by taking the newer one back: nobody approved that.
    """
    counted = ((one, standing) for one, standing in versions if standing is not None and standing.was_approved)
    one, standing = next(counted, (None, None))
    return one if standing is not None and standing.is_approved else None


def read_standing(rows: Sequence[Mapping[str, Any]]) -> Standing:
    """Return where one proposal stands from its rows, one for each approval."""
    row = rows[0]
    return Standing(
        entry_id=EntryId(row["entry_id"]),
        kind=row["kind"],
        title=row["title"],
        url=row["url"],
        proposed_by=PersonId(row["proposed_by"]),
        proposed_at=row["proposed_at"],
        approver_role=row["approver_role"],
        approvals=tuple(_approved(each) for each in rows if each["approvals__entry_id"] is not None),
        replaced_at=row["replaced_at"],
        revoked_at=row["gone_at"],
        revoked_reason=row["gone_for"] or "",
        order=tuple(row["approval_order"]),
    )


def _approved(row: Mapping[str, Any]) -> Approved:
    return Approved(
        PersonId(row["approvals__approver"]),
        row["approvals__role"],
        row["approvals__approved_at"],
        EntryId(row["approvals__entry_id"]),
        row["approval_gone_at"],
        PersonId(row["approvals__granted_by"]) if row["approvals__granted_by"] else None,
    )


def check_open(actor: Actor, standing: Standing, moment: datetime) -> None:
    """Refuse to approve what was replaced or taken back, is one's own, or was approved before; and to date it back."""
    if standing.revoked_at is not None or standing.replaced_at is not None:
        raise ApprovalRefused(
            _("This version was taken back or replaced."), _("Open the newest version and approve that.")
        )
    if actor.person_id == standing.proposed_by:
        raise ApprovalRefused(_("You proposed this yourself."), _("Ask a second person to approve it."))
    if moment < max((standing.proposed_at, *(one.approved_at for one in standing.done))):
        raise ApprovalRefused(
            _("The approval is dated before what it approves, or before the step that goes before it."),
            _("Approve it as of now; an approval cannot be dated back."),
        )
    if standing.order and standing.is_approved:
        raise ApprovalRefused(_("Everybody who is asked approved this version."), _("Nothing more is needed from you."))
    if actor.person_id in standing.signers:
        raise ApprovalRefused(_("You approved this version before."), _("Nothing more is needed from you."))
