"""Run the checks of a manifest on this machine: needs no server, and writes nothing but temporary files."""

import platform
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from clerestory.assurance.judge import judge
from clerestory.assurance.tally import Request, Trial
from clerestory.intake.agent import AskedAgent
from clerestory.intake.data import Dataset, find_dataset
from clerestory.intake.language_model import language_model_version, open_chatting
from clerestory.intake.manifest import Manifest
from clerestory.intake.manifest.declare import Data, Declared, declare, require_known, require_yes_values, yes_values
from clerestory.intake.model import Model, find_model, find_previous
from clerestory.intake.model.asked import asked, can_be_asked
from clerestory.intake.model.scoring import Scoring, with_scores
from clerestory.intake.outside import asked_for, refuse_outside
from clerestory.intake.result import Result, Run, subject_of
from clerestory.intake.running.probe import prober
from clerestory.intake.trial import Ground, carry_out
from clerestory.store.engine.engine import Counted, Engine, open_engine
from clerestory.terms.error import ClerestoryError

Progress = Callable[[str, int, int], None]
"""Told what is being done and how much of how much of it is done; of 0: how much there is in all is not known."""


def run_check(
    manifest: Manifest,
    *,
    now: Callable[[], datetime],
    engine: Engine | None = None,
    progress: Progress | None = None,
    outside: bool = True,
    opened: tuple[str, ...] = (),
) -> Run:
    """Run all checks of a manifest and return what they found.

    ``outside``: whether what the manifest names may be run or called: its functions, its pickles, its addresses; if
    not, data may lie behind those that are ``opened``.

    Raises:
        ClerestoryError: the manifest, the data or the model cannot be used; then nothing ran.
    """
    require_known(manifest)
    if not outside:
        refuse_outside(manifest, opened)
    tell = progress or _silent
    engine = engine or open_engine()
    started_at = now()
    with tempfile.TemporaryDirectory(prefix="clerestory-") as folder:
        tell("reading", 0, 1)
        model, previous = find_model(manifest), find_previous(manifest)
        data = _data(manifest, model, Path(folder), tell, outside)
        data = _with_previous(manifest, previous, data, Path(folder), tell, outside)
        ground = _ground(manifest, model, previous, data)
        ground.probe = prober(manifest) if outside else None
        model = model or language_model_version(manifest)
        declared = declare(
            manifest,
            data,
            now=started_at,
            previous=None if previous is None else previous.digest,
            features=ground.features(),
            asked=ground.there(),
        )
        counted = _with_trials(_count(manifest, declared, data, engine, tell), declared, ground, tell)
        require_yes_values(manifest, counted.tallies)
        for dataset in data.values():
            dataset.require_unchanged()
    results = []
    for at, item in enumerate(declared):
        results.append(result_of(item, manifest, data, model, counted))
        tell("judging", at + 1, len(declared))
    used = {request for result in results if result.verdict is not None for request in result.declared.requests}
    return Run(
        manifest=manifest,
        tool=tool_version(),
        engine=f"{engine.name} {engine.version}",
        started_at=started_at,
        ended_at=now(),
        data=data,
        model=model,
        results=tuple(results),
        environment=environment(),
        tallies={request: tally for request, tally in counted.tallies.items() if request in used},
    )


def _silent(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def tool_version() -> str:
    """Return the version of the product."""
    return _version("clerestory") or "0+source"


_LIBRARIES = ("numpy", "scipy", "polars", "narwhals", "duckdb", "pyspark", "onnxruntime", "scikit-learn", "skops")


def environment() -> Mapping[str, str]:
    """Return the versions of Python and of the libraries that are there and can bear on a number."""
    found = {name: _version(name) for name in _LIBRARIES}
    machine = f"{platform.system()} {platform.machine()}"
    return {"python": platform.python_version(), "machine": machine} | {n: v for n, v in found.items() if v}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _data(manifest: Manifest, model: Model | None, folder: Path, tell: Progress, outside: bool) -> Data:
    table = manifest.data
    if not table.current:
        return {}
    named = {"current": (table.current, table.role)}
    if table.reference is not None:
        named["reference"] = (table.reference, table.reference_role)
    data: dict[str, Dataset] = {}
    scored: tuple[str, ...] = ()
    scoring = None if model is None else Scoring(model, table.score, table.outcome, outside)
    for at, (use, (location, role)) in enumerate(named.items()):
        dataset = find_dataset(location, manifest.folder, role=role, what=manifest.where("data", use))
        made = () if scoring is None else scoring.lacks(dataset)
        if use == "reference":
            made = _made_alike(made, scored, manifest.data.score, dataset)
        scored = made
        if made and scoring is not None:
            tell("scoring", at, len(named))
            dataset = with_scores(dataset, scoring, made, folder)
        data[use] = dataset
        tell("reading", at + 1, len(named))
    return data


def _with_previous(
    manifest: Manifest, previous: Model | None, data: Data, folder: Path, tell: Progress, outside: bool
) -> Data:
    """Return the data with what the version compared with says of the current rows, where they lack it."""
    if previous is None or manifest.previous is None or not data:
        return data
    scoring = Scoring(previous, manifest.previous.score, manifest.previous.outcome, outside)
    made = scoring.lacks(data["current"])
    if not made:
        return data
    tell("scoring", 0, 1)
    return {**data, "current": with_scores(data["current"], scoring, made, folder)}


def _ground(manifest: Manifest, model: Model | None, previous: Model | None, data: Data) -> Ground:
    """Return where trials take place; a model is opened only where a check asks for one."""
    wanted = asked_for(manifest)
    kinds = data["current"].columns if data else {}
    return Ground(
        folder=manifest.folder,
        data=data,
        predict=asked(model, kinds) if model is not None and "model" in wanted and can_be_asked(model) else None,
        previous=asked(previous, kinds)
        if previous is not None and "model" in wanted and can_be_asked(previous)
        else None,
        chat=open_chatting(manifest) if "language_model" in wanted else None,
        act=AskedAgent(manifest.folder, manifest.agent) if manifest.agent is not None and "agent" in wanted else None,
    )


def _made_alike(made: tuple[str, ...], scored: tuple[str, ...], score: str | None, dataset: Dataset) -> tuple[str, ...]:
    """Return what to make for the reference: only what was made for the current data, and in the same way."""
    if score is not None and score not in scored and score not in dataset.columns:
        return ()
    return tuple(column for column in made if column in scored)


def _count(manifest: Manifest, declared: tuple[Declared, ...], data: Data, engine: Engine, tell: Progress) -> Counted:
    requests: dict[Request, None] = {request: None for _, request in yes_values(manifest).values()}
    for item in declared:
        requests.update(dict.fromkeys(request for request in item.requests if not isinstance(request, Trial)))
    sources = {use: dataset.source for use, dataset in data.items()}
    return engine.tally(sources, list(requests), lambda done, total: tell("counting", done, total))


def _with_trials(counted: Counted, declared: tuple[Declared, ...], ground: Ground, tell: Progress) -> Counted:
    def ended(trials: int, of: int) -> None:
        tell("trying", trials, of)

    tried, failed = carry_out(declared, ground, ended, lambda moves: tell("asking", moves, 0))
    return Counted({**counted.tallies, **tried}, {**counted.refused, **failed})


def result_of(declared: Declared, manifest: Manifest, data: Data, model: Model | None, counted: Counted) -> Result:
    """Measure and judge one check from what was counted; what could not be counted or measured says why."""
    subject = subject_of(declared, manifest, data, model)
    refused = next((counted.refused[request] for request in declared.requests if request in counted.refused), None)
    if refused is not None:
        return Result(declared=declared, subject=subject, reason=str(refused))
    try:
        measurement = declared.check.measure(counted.tallies, declared.parameters)
    except ClerestoryError as error:
        return Result(declared=declared, subject=subject, reason=str(error))
    judged = judge(measurement, declared.criterion)
    return Result(
        declared=declared, subject=subject, measurement=measurement, verdict=judged.verdict, reason=judged.reason or ""
    )
