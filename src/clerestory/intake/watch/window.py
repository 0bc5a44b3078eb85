"""The checks of a manifest on the decisions of the last days: each day is counted once, the window is their sum."""

import hashlib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from clerestory.assurance import registry
from clerestory.assurance.tally import Request, Trial
from clerestory.assurance.tally.merge import NotMergeable, mergeable
from clerestory.assurance.tally.state import merge_states
from clerestory.intake.data import Dataset, find_dataset
from clerestory.intake.manifest import CheckTable, Manifest
from clerestory.intake.manifest.declare import Declared, declare, require_known
from clerestory.intake.model import Model, find_model
from clerestory.intake.outside import refuse_outside
from clerestory.intake.result import Run
from clerestory.intake.run import Progress, environment, result_of, tool_version
from clerestory.intake.subject import model_subject
from clerestory.intake.trial import Ground, carry_out
from clerestory.intake.watch.change import Change, Gathered, requests_for
from clerestory.intake.watch.day import Form, day_source, form_of
from clerestory.intake.watch.order import DayOrder, WatchOrder, chosen_checks
from clerestory.store.daily import DailyStates, Day, together
from clerestory.store.engine.engine import Counted, Engine
from clerestory.store.engine.source import Source
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import Digest

ROLE = "production"


class NothingDecided(ClerestoryError):
    """The decision log holds nothing of the days that are to be watched."""


class AnotherModel(ClerestoryError):
    """The manifest names another model than the one whose decisions are watched."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A run over decisions, which days were counted for it now, and the evidence of a change, where it is gathered."""

    run: Run
    days: tuple[str, ...]
    counted_now: tuple[str, ...]
    change: Change | None

    def document(self) -> dict[str, Any]:
        """Return what the run's document does not say."""
        change = None if self.change is None else self.change.document()
        return {
            "days": list(self.days),
            "counted_now": list(self.counted_now),
            "change": change,
            "alarms": [] if self.change is None else list(self.change.alarms),
        }


def watch(
    manifest: Manifest, order: WatchOrder, *, now: Callable[[], datetime], engine: Engine, progress: Progress
) -> Watched:
    """Run the chosen checks of a manifest on a window of decisions; what they find is about the deployment.

    Raises:
        NothingDecided: no day of the window holds a decision.
        AnotherModel: the manifest's model is not the one that decided.
        ClerestoryError: manifest, reference or a file cannot be used; then nothing ran.
    """
    manifest = _about_what_runs(replace(manifest, checks=chosen_checks(manifest, order.checks)))
    require_known(manifest)
    refuse_outside(manifest, order.opened)
    if not order.window:
        raise NothingDecided(
            f"The decision log of {order.model_version} holds nothing since {order.window_from}.",
            "Look whether the system still decides, and whether its decisions still arrive.",
        )
    started_at = now()
    model = _model(manifest, order)
    with tempfile.TemporaryDirectory(prefix="clerestory-") as scratch:
        progress("reading", 0, 1)
        table = _Table(manifest, order, Path(scratch))
        declared = declare(manifest, table.data, now=started_at)
        counting = _Counting(table, order, engine, progress)
        counted = counting.count(declared)
        counted = _tried(counted, declared, table)
        results = tuple(result_of(item, manifest, table.data, model, counted) for item in declared)
    used = {request for result in results if result.verdict is not None for request in result.declared.requests}
    run = Run(
        manifest=manifest,
        tool=tool_version(),
        engine=f"{engine.name} {engine.version}",
        started_at=started_at,
        ended_at=now(),
        data=table.data,
        model=model,
        results=results,
        environment=environment(),
        tallies={request: tally for request, tally in counted.tallies.items() if request in used},
    )
    return Watched(run, tuple(day.name for day in table.window), counting.counted_now, counting.change)


def _about_what_runs(manifest: Manifest) -> Manifest:
    """Let every check of data or model be about the deployment: a window of decisions is no version of a data set."""
    versions = (registry.DATASET_VERSION, registry.MODEL_VERSION)
    checks = tuple(
        replace(table, about=registry.DEPLOYMENT) if _subject(table) in versions else table for table in manifest.checks
    )
    return replace(manifest, checks=checks, data=replace(manifest.data, role=ROLE))


def _subject(table: CheckTable) -> str:
    try:
        return registry.find(table.name).subject
    except registry.UnknownCheck:
        return ""  # said by `require_known`, with its place


def _model(manifest: Manifest, order: WatchOrder) -> Model | None:
    model = find_model(manifest)
    if model is not None and model_subject(manifest.system.id, model.digest).id != order.model_version:
        raise AnotherModel(
            f"The manifest names {model.name}, and the decisions are those of {order.model_version}.",
            "Watch the version that the manifest names, or correct [model].",
        )
    return model


class _Table:
    """The decisions as data of the manifest; nothing of a day is opened before somebody asks for its rows."""

    def __init__(self, manifest: Manifest, order: WatchOrder, scratch: Path) -> None:
        self.scratch = scratch
        self.manifest = manifest
        said = manifest.data
        self.reference = None
        if said.reference is not None:
            self.reference = find_dataset(
                said.reference, manifest.folder, role=said.reference_role, what=manifest.where("data", "reference")
            )
        schema = None if self.reference is None else self.reference.source.scan().collect_schema()
        self.form: Form = form_of(order.days, keys=said.keys, label=said.label, reference=schema)
        self.days = tuple(self._day(day) for day in order.days)
        first, last = order.window[0].day, order.window[-1].day
        self.window = tuple(day for day in self.days if day.name >= order.window_from)
        current = Dataset(
            role=ROLE,
            location=f"decisions/{order.model_version}/{first}..{last}",
            source=Source("decisions", (), "parquet"),
            digest=_digest(f"{day.name} {day.digest}\n" for day in self.window),
            stamp=(),
            columns=self.form.kinds(),
        )
        self.data: dict[str, Dataset] = {"current": current}
        if self.reference is not None:
            self.data["reference"] = self.reference

    def _day(self, day: DayOrder) -> Day:
        digest = _digest([day.digest, self.form.text()])
        return Day(day.day, lambda: day_source(day, self.form, self.scratch), digest)

    def whole(self) -> Source:
        """Return all rows of the window as one table, for what is no sum of days."""
        files = tuple(file for day in self.window for file in day.open().files)
        return Source("decisions", files, "parquet")


class _Counting:
    """Counts each day once, and the window as a whole only where no sum of days tells."""

    def __init__(self, table: _Table, order: WatchOrder, engine: Engine, progress: Progress) -> None:
        self.table, self.order, self.engine, self.progress = table, order, engine, progress
        self.counted_now: tuple[str, ...] = ()
        self.change: Change | None = None

    def count(self, declared: tuple[Declared, ...]) -> Counted:
        asked: dict[Request, None] = {
            request: None for item in declared for request in item.requests if not isinstance(request, Trial)
        }
        summed = [request for request in asked if mergeable(request)]
        watched = () if self.table.reference is None else requests_for(self._columns())
        states = DailyStates(Path(self.order.state) / "days", self.engine)
        each = states.each(self.table.days, [*summed, *watched], self._reference())
        self.counted_now = each.counted_now
        self.progress("counting", 1, 1)
        by_day = dict(zip((day.name for day in self.table.days), each.states, strict=True))
        if watched:
            self.change = self._gather({day: merge_states([state])[0] for day, state in by_day.items()}, watched)
        counted = together([by_day[day.name] for day in self.table.window], each.refused)
        kept = {request: tally for request, tally in counted.tallies.items() if request in asked}
        refused = {request: error for request, error in counted.refused.items() if request in asked}
        again = [
            request for request in asked if request not in summed or isinstance(refused.get(request), NotMergeable)
        ]
        if not again:
            return Counted(kept, refused)
        rescanned = self.engine.tally(self._sources(), again)
        left = {request: error for request, error in refused.items() if request not in again}
        return Counted({**kept, **rescanned.tallies}, {**left, **rescanned.refused})

    def _columns(self) -> tuple[str, ...]:
        """Return what is watched for a change: every column of both tables but key, label and time."""
        said, reference = self.table.manifest.data, self.table.reference
        known = {} if reference is None else reference.columns
        left = {*said.keys, said.label, said.timestamp}
        return tuple(name for name in self.table.form.columns if name in known and name not in left)

    def _gather(self, by_day: Mapping[str, Mapping[Request, Any]], watched: tuple[Any, ...]) -> Change:
        reference = self.table.reference
        digest = "" if reference is None else reference.digest
        gathered = Gathered(Path(self.order.state) / "change.json", since=self.order.counts_from, reference=digest)
        taken = [
            gathered.take(day.name, day.digest, {one: by_day[day.name][one] for one in watched})
            for day in self.table.days
            if day.name >= self.order.counts_from
        ]
        if any(taken):
            gathered.keep()
        return gathered.change()

    def _reference(self) -> Day | None:
        reference = self.table.reference
        return None if reference is None else Day("reference", reference.source, reference.digest)

    def _sources(self) -> dict[str, Source]:
        sources = {"current": self.table.whole()}
        return sources if self.table.reference is None else {**sources, "reference": self.table.reference.source}


def _tried(counted: Counted, declared: tuple[Declared, ...], table: _Table) -> Counted:
    """Make the trials that draw rows of the window; there is no model to ask."""
    if not any(isinstance(request, Trial) for item in declared for request in item.requests):
        return counted
    data = {**table.data, "current": replace(table.data["current"], source=table.whole())}
    tried, failed = carry_out(declared, Ground(folder=table.manifest.folder, data=data), lambda _done, _total: None)
    return Counted({**counted.tallies, **tried}, {**counted.refused, **failed})


def _digest(lines: Any) -> Digest:
    return Digest("sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest())
