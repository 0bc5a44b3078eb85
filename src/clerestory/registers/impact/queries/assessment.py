"""Reads of assessments: one system with everything said about it, and all systems in a list."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from clerestory.desk.actor import Actor
from clerestory.desk.day import day_in
from clerestory.desk.permit import permit
from clerestory.desk.standing import newest_in_force
from clerestory.registers.impact import models
from clerestory.registers.impact.queries.known import Known, known_of, system_of
from clerestory.registers.impact.queries.method import KINDS, InForce, force_of
from clerestory.registers.impact.queries.reading import AREA, ImpactUnknown, Made, versions
from clerestory.registers.impact.rules.assessment import Assessment, Cause, Effect, Nature, Reach
from clerestory.registers.impact.rules.change import Event, Linked, Reason, Result, Snapshot, linked, reasons
from clerestory.registers.impact.rules.method import Method
from clerestory.registers.impact.rules.threshold import RANK, Depth, depth_of
from clerestory.store import directory
from clerestory.store.facts import judging
from clerestory.store.log import Kept
from clerestory.terms.ids import EntryId, PersonId
from clerestory.terms.sentence import gettext as _

_KEPT: Kept[tuple["Assessed", ...]] = Kept(most=4)
STRICT_DAYS = 180
"""A system of high or unknown tier is assessed again within so many days, whatever the method says."""
ACTS = ("assessment", "consultation", "proceeding", "condition", "trace", "disclosure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is being written: the assessment, its version, and the method that it was begun with."""

    assessment: Assessment
    version: int
    method_version: int
    changed_by: PersonId
    changed_at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """One system with all that was said, decided and done about its impact; newest first."""

    system_id: str
    label: str
    owner: str
    draft: Draft | None
    known: Snapshot
    in_force: InForce
    made: tuple[Made, ...]
    events: tuple[Event, ...]
    time_zone: str

    def acts(self, kind: str) -> tuple[Made, ...]:
        """Return the versions of one kind, newest first."""
        return tuple(one for one in self.made if one.kind == kind)

    @property
    def newest(self) -> Made | None:
        """The newest proposed version of the assessment."""
        return next(iter(self.acts("assessment")), None)

    @property
    def proposed(self) -> Assessment | None:
        """What the newest proposed version says, whatever is written since."""
        return None if self.newest is None else assessment_of(self.newest.said, self.system_id)

    @property
    def approved(self) -> Made | None:
        """The newest version that a second person approved; none once that one was taken back."""
        return newest_in_force((one, one.standing) for one in self.acts("assessment"))

    @property
    def method(self) -> Method:
        """The method in the version that the draft was begun with, or the one in force."""
        return self.in_force.method if self.draft is None else self.in_force.method_of(self.draft.method_version)

    @property
    def assessment(self) -> Assessment:
        """What is written now; empty where nothing was begun."""
        return Assessment(system_id=self.system_id) if self.draft is None else self.draft.assessment

    @property
    def people_heard(self) -> bool:
        """Whether affected people were heard and that was recorded."""
        return bool(self.acts("consultation"))

    @property
    def depth(self) -> Depth:
        """How much this assessment must say, by the thresholds in force."""
        return self._depth(self.assessment, self.method)

    @property
    def depth_to_decide(self) -> Depth:
        """How much a decision asks for: by the newest version or by what is written now, whichever weighs more."""
        if self.newest is None:
            return self.depth
        method = self.in_force.method_of(self.newest.said["method_version"])
        decided = self._depth(assessment_of(self.newest.said, self.system_id), method)
        return max(decided, self.depth, key=lambda depth: RANK[depth.weight])

    def _depth(self, said: Assessment, method: Method) -> Depth:
        return depth_of(
            said,
            self.in_force.thresholds,
            tier=self.known.tier,
            autonomy=self.known.autonomy_level,
            irreversible_from=len(method.scales.get("reversibility", ())),
            areas=self.known.use_areas,
        )

    @property
    def open_points(self) -> tuple[str, ...]:
        """What is not said yet."""
        return self.assessment.open_points(deep=self.depth.deep, people_heard=self.people_heard)

    @property
    def is_changed(self) -> bool:
        """Whether something was written since the newest version was proposed."""
        return self.draft is not None and (
            self.newest is None or self.newest.said["draft_version"] != self.draft.version
        )

    @property
    def results(self) -> tuple[Linked, ...]:
        """What the newest version rests on, each with what became of it; what is measured now before there is one."""
        then = self.known.results if self.newest is None else snapshot_of(self.newest.said["known"]).results
        return linked(then, self.known.results)

    @property
    def fresh_results(self) -> tuple[Result, ...]:
        """Results that came in since and that the newest version knows nothing of."""
        if self.newest is None:
            return ()
        keys = {result.key for result in snapshot_of(self.newest.said["known"]).results}
        return tuple(result for result in self.known.results if result.key not in keys)

    def every_days(self) -> int:
        """Return after how many days this system is assessed again."""
        planned = round(self.in_force.method.every_months * 365 / 12)
        return min(planned, STRICT_DAYS) if self.known.tier in (None, "high") else planned

    def reasons(self, today: date) -> tuple[Reason, ...]:
        """Return why the system must be assessed again; nothing before its first assessment."""
        if self.newest is None:
            return ()
        return reasons(
            snapshot_of(self.newest.said["known"]),
            self.known,
            made_at=self.newest.made_at,
            made_on=day_in(self.time_zone, self.newest.made_at),
            today=today,
            every_days=self.every_days(),
            events=self.events,
            newer_method=self.newest.said["method_version"] < self.in_force.method_version,
        )

    def state(self, today: date) -> str:
        """Return in one word where the system stands."""
        if self.newest is None:
            return "none" if self.draft is None else "draft"
        if self.reasons(today):
            return "again"
        if self.is_changed:
            return "draft"
        return "approved" if self.newest.is_approved else "waits"


def assessed(actor: Actor, system_id: str) -> Assessed:
    """Return one system with all that was said about its impact, in eight queries at most.

    Raises:
        ImpactUnknown: the organisation has no such AI system.
    """
    permit(actor, "read", AREA)
    known = known_of(actor, [system_id])[system_id]
    record = directory.Record("ai_system", system_id, known.snapshot.name, "", known.snapshot.owner)
    if not known.snapshot.entry_id:  # registered a moment ago, or not there
        found = system_of(actor, system_id)
        if found is None:
            raise ImpactUnknown(
                _("There is no AI system {system_id!r}.", system_id=system_id),
                _("Choose one of the list, or register it."),
            )
        record = found
    row = models.Assessment.objects.filter(organisation_id=actor.organisation_id, system_id=system_id).first()
    made = versions(actor, *ACTS, *KINDS, about=system_id)
    return _assessed(
        record,
        None if row is None else _draft(row),
        known,
        force_of(tuple(one for one in made if one.kind in KINDS)),
        tuple(one for one in made if one.kind in ACTS),
        actor.time_zone,
    )


def entries_about(actor: Actor, system_id: str) -> tuple[str, tuple[EntryId, ...]]:
    """Return the name of a system and the entries of its assessment, in two queries.

    Raises:
        ImpactUnknown: the organisation has no such AI system.
    """
    permit(actor, "read", AREA)
    found = system_of(actor, system_id)
    if found is None:
        raise ImpactUnknown(
            _("There is no AI system {system_id!r}.", system_id=system_id), _("Choose one of the list, or register it.")
        )
    made = models.Version.objects.filter(organisation_id=actor.organisation_id, kind__in=ACTS, about=system_id)
    drafts = models.Assessment.objects.filter(organisation_id=actor.organisation_id, system_id=system_id)
    entries = made.values_list("entry_id").union(drafts.values_list("entry_id"))
    return found.label, tuple(EntryId(entry_id) for (entry_id,) in entries)


def all_assessed(actor: Actor) -> tuple[Assessed, ...]:
    """Return every AI system of the inventory with where its assessment stands, in nine queries at most.

    It is gathered anew only when the organisation's log has grown.
    """
    permit(actor, "read", AREA)
    with judging(actor.organisation_id) as index:
        version = index.version
    return _KEPT.get(actor.organisation_id, version, lambda: _all(actor))


def _all(actor: Actor) -> tuple[Assessed, ...]:
    systems = directory.find(actor.organisation_id, "ai_system")
    rows = models.Assessment.objects.filter(organisation_id=actor.organisation_id)
    drafts = {row.system_id: _draft(row) for row in rows}
    made: dict[str, list[Made]] = {}
    every = versions(actor, "assessment", "proceeding", *KINDS)
    for one in every:
        made.setdefault(one.about, []).append(one)
    known, force = known_of(actor, [record.id for record in systems]), force_of(tuple(made.get("", ())))
    return tuple(
        _assessed(
            record, drafts.get(record.id), known[record.id], force, tuple(made.get(record.id, ())), actor.time_zone
        )
        for record in systems
    )


# house: allow permit-first: reads a value that was reached with permission
def assessment_of(said: Mapping[str, Any], system_id: str) -> Assessment:
    """Return the assessment that a version said."""
    return Assessment(
        system_id=system_id,
        answers=said["answers"],
        effects=tuple(_effect(row) for row in said["effects"]),
        marks=tuple(said["marks"]),
        marks_reason=said["marks_reason"],
    )


# house: allow permit-first: reads a value that was reached with permission
def snapshot_of(said: Mapping[str, Any]) -> Snapshot:
    """Return what was known when a version was proposed."""
    values: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in said.items()}
    results = said.get("results", ())
    values["results"] = tuple(
        Result(**{**row, "observed_at": datetime.fromisoformat(row["observed_at"])}) for row in results
    )
    return Snapshot(**values)


def _assessed(
    record: directory.Record, draft: Draft | None, known: Known, force: InForce, made: tuple[Made, ...], time_zone: str
) -> Assessed:
    return Assessed(
        system_id=record.id, label=record.label, owner=record.owner, draft=draft, known=known.snapshot,
        in_force=force, made=made, events=known.events,
        time_zone=time_zone,
    )  # fmt: skip


def _draft(row: models.Assessment) -> Draft:
    said = {"answers": row.answers, "effects": row.effects, "marks": row.marks, "marks_reason": row.marks_reason}
    return Draft(
        assessment=assessment_of(said, row.system_id),
        version=row.version,
        method_version=row.method_version,
        changed_by=PersonId(row.changed_by),
        changed_at=row.changed_at,
        entry_id=EntryId(row.entry_id),
    )


def _effect(row: Mapping[str, Any]) -> Effect:
    words = {"nature": Nature(row["nature"]), "reach": Reach(row["reach"]), "cause": Cause(row["cause"])}
    return Effect(**{**row, **words, "rests_on": tuple(row["rests_on"])})
