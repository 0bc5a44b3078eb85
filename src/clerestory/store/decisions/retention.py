"""How long decisions are kept: at least six months, never past the ceiling for personal data, and longer under a hold.

What is disposed of leaves its root, its number of rows and the reason in the log: a tombstone. That rows were there,
and that none were slipped in since, can still be shown.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from clerestory.store import clock, evidence
from clerestory.store.decisions.batch import Batch, DecisionLog
from clerestory.store.decisions.keeping import DISPOSAL
from clerestory.store.unit import atomic, step
from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Evidence, Person, Subject
from clerestory.terms.moment import Period
from clerestory.terms.sentence import gettext as _

FLOOR_MONTHS = 6
FLOOR_SOURCE = _("Regulation (EU) 2024/1689, Art. 19(1) and 26(6): at least six months")


class DisposalRefused(ClerestoryError):
    """Decisions may not be disposed of now, or the rule for keeping them contradicts itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """The rule of an organisation: kept for ``keep_months``; ``ceiling_months`` is the longest for personal data."""

    keep_months: int = FLOOR_MONTHS
    ceiling_months: int | None = None

    def __post_init__(self) -> None:
        if self.keep_months < FLOOR_MONTHS:
            raise DisposalRefused(
                _("Decisions would be kept for {keep_months} months only.", keep_months=self.keep_months),
                _("Keep them longer. {floor_source}.", floor_source=FLOOR_SOURCE),
            )
        if self.ceiling_months is not None and self.ceiling_months < self.keep_months:
            raise DisposalRefused(
                _(
                    "Personal data may be kept for {ceiling_months} months, and decisions are kept for {keep_months}.",
                    ceiling_months=self.ceiling_months,
                    keep_months=self.keep_months,
                ),
                _("Keep personal data out of the decision log, or shorten what is kept down to the floor."),
            )

    def may_go_on(self, day: date) -> date:
        """Return the first day on which decisions of a day may be disposed of."""
        return after_months(day, self.keep_months)

    def must_go_on(self, day: date) -> date | None:
        """Return the day by which personal data of a day must be gone; None without a ceiling."""
        return None if self.ceiling_months is None else after_months(day, self.ceiling_months)


@dataclass(frozen=True, slots=True)
class Disposal:
    """A day that may or must be disposed of; ``held``: why it may not."""

    day: date
    must_by: date | None
    held: tuple[str, ...]


def after_months(day: date, months: int) -> date:
    """Return the same day so many calendar months later; the last of the month where that has fewer days."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def due(place: DecisionLog, rule: Retention, on: date) -> tuple[Disposal, ...]:
    """Return the days that may be disposed of, oldest first, with what holds them."""
    found = []
    for day in place.days():
        manifest = place.read(day)
        if manifest.batches and rule.may_go_on(day) <= on:
            found.append(Disposal(day, rule.must_go_on(day), manifest.holds))
    return tuple(found)


def hold(place: DecisionLog, days: Sequence[date], reason: str) -> None:
    """Keep days until the hold is released, whatever the rule says.

    Raises:
        DisposalRefused: the hold has no reason.
    """
    if not reason.strip():
        raise DisposalRefused(_("A hold has no reason."), _("Name the case that it serves."))
    for day in days:
        with place.locked(day):
            manifest = place.read(day)
            place.write(day, replace(manifest, holds=tuple(sorted({*manifest.holds, reason}))))


def release_hold(place: DecisionLog, days: Sequence[date], reason: str) -> None:
    """End a hold."""
    for day in days:
        with place.locked(day):
            manifest = place.read(day)
            place.write(day, replace(manifest, holds=tuple(held for held in manifest.holds if held != reason)))


def dispose(
    place: DecisionLog, day: date, rule: Retention, *, reason: str, by: Person, now: datetime | None = None
) -> tuple[Batch, ...]:
    """Dispose of the decisions of a day and log a tombstone for each batch, before its file goes.

    Raises:
        DisposalRefused: the day is held or within the time for which it is kept, or no reason is given.
    """
    moment = now or clock.now()
    if not reason.strip():
        raise DisposalRefused(_("A disposal has no reason."), _("Name the rule or request that asks for it."))
    with place.locked(day):
        manifest = place.read(day)
        if manifest.holds:
            raise DisposalRefused(
                _("{day} is held: {holds}.", day=day, holds=", ".join(manifest.holds)), _("Release the hold first.")
            )
        if moment.date() < rule.may_go_on(day):
            raise DisposalRefused(
                _("Decisions of {day} are kept until {may_go_on}.", day=day, may_go_on=rule.may_go_on(day)),
                _("Wait until then. {floor_source}.", floor_source=FLOOR_SOURCE),
            )
        gone = manifest.batches
        with atomic():
            for batch in gone:
                said = _tombstone(place, day, batch, reason, by, moment)
                evidence.append(said, organisation_id=place.organisation_id, now=moment)
        step("decisions.tombstones_logged")
        place.write(day, replace(manifest, batches=(), disposed=(*manifest.disposed, *gone)))
        for name in {batch.file for batch in gone}:
            (place.folder(day) / name).unlink(missing_ok=True)
    return gone


def _tombstone(place: DecisionLog, day: date, batch: Batch, reason: str, by: Person, moment: datetime) -> Evidence:
    return Evidence(
        kind=DISPOSAL,
        subject=Subject("ai_system", place.system_id),
        produced_by=by,
        observed=Period.at(moment),
        entity=f"decision_disposal/{place.model_version}/{day.isoformat()}/{batch.batch_id}",
        values={
            "model_version": place.model_version,
            "day": day.isoformat(),
            "batch_id": batch.batch_id,
            "rows": batch.rows,
            "row_root": batch.row_root,
            "disposed": (batch.entry_id,),
            "reason": reason,
        },
    )
