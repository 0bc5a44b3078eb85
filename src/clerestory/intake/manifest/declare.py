"""From the manifest's [[check]] tables to checks that can be counted: what is wrong is found before anything runs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from clerestory.assurance import registry
from clerestory.assurance.criterion import Criterion
from clerestory.assurance.parameter import Layout, Parameters
from clerestory.assurance.registry import Check
from clerestory.assurance.tally import MISSING, GroupCounts, GroupTally, Request, Tallies, Trial, value_text
from clerestory.intake.data import Dataset
from clerestory.intake.manifest import CheckTable, DataTable, Manifest
from clerestory.intake.manifest.section import ManifestUnusable, nearest
from clerestory.terms.error import ClerestoryError
from clerestory.terms.moment import moment_text

_VALUES = 50
PRODUCTION = "production"
"""The role of data that come from what runs."""
Data = Mapping[str, Dataset]
"""The data sets by what they are for: ``current`` and perhaps ``reference``."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One check as the manifest declares it, complete: nothing is left to default later."""

    check: Check
    criterion: Criterion
    source: str
    parameters: Parameters
    requests: tuple[Request, ...]
    about: str = ""
    """Kind of subject that the result is about; empty: what the check itself says."""


def declare(
    manifest: Manifest,
    data: Data,
    *,
    now: datetime,
    previous: str | None = None,
    features: tuple[str, ...] = (),
    asked: frozenset[str] = frozenset(),
) -> tuple[Declared, ...]:
    """Return all checks of a manifest; ``previous`` is the digest of the version compared with.

    ``features`` are the columns that the model takes; ``asked`` is what can be asked in trials (`Layout.asked`).

    Raises:
        ManifestUnusable: a check or a parameter is unknown, a criterion is none, a column is missing, or the data are
            compared with themselves.
    """
    _require_columns(manifest, data)
    _require_another(manifest, data)
    threshold = None if manifest.model is None else manifest.model.threshold
    layout = replace(_layout(manifest, data, now, previous), features=features, threshold=threshold, asked=asked)
    declared = tuple(_declared(table, manifest, layout) for table in manifest.checks)
    seen = dict[tuple[str, ...], CheckTable]()
    for table, item in zip(manifest.checks, declared, strict=True):
        key = (item.check.name, str(item.criterion), item.check.slice(item.parameters), item.about)
        if key in seen:
            raise ManifestUnusable(
                f"{table.where}: {item.check.name} stands there twice with the same criterion for the same.",
                f"Remove this or the one at {seen[key].where}.",
            )
        seen[key] = table
    return declared


def require_known(manifest: Manifest) -> None:
    """Refuse unknown checks before any data is opened.

    Raises:
        ManifestUnusable: a [[check]] names no check of this version, or is about a deployment that nobody named.
    """
    for table in manifest.checks:
        try:
            check = registry.find(table.name)
        except ClerestoryError as error:
            raise ManifestUnusable(f"{table.where}: [[check]] {error.problem}", error.remedy) from error
        _require_deployment(manifest, table, check)


def _require_deployment(manifest: Manifest, table: CheckTable, check: Check) -> None:
    """Refuse a check about a deployment that nobody named, and one of other data than those of what runs."""
    if registry.DEPLOYMENT not in (check.subject, table.about):
        return
    if manifest.deployment is None:
        raise ManifestUnusable(
            f"{table.where}: [[check]] {table.name} is about a deployment, and the manifest names none.",
            'Add [deployment] with id = "...": which one of the system is measured.',
        )
    if not manifest.data.current:  # What is metered or captured where it runs reads no data that could be others.
        return
    if table.about == registry.DEPLOYMENT != check.subject and manifest.data.role != PRODUCTION:
        raise ManifestUnusable(
            f"{table.where}: [[check]] {table.name} is to be about the deployment, and current is {manifest.data.role} "
            "data.",
            'Give data of what runs, with role = "production" in [data]; or take about out.',
        )


def _declared(table: CheckTable, manifest: Manifest, layout: Layout) -> Declared:
    try:
        check = registry.find(table.name)
        parameters = check.complete(_with_defaults(table, check, manifest.data), layout)
        criterion = check.criterion(table.criterion, parameters)
        about, wanted = table.about or check.subject, check.wants(parameters)
        if not manifest.data.current and _reads_data(check, wanted):
            raise ManifestUnusable(f"{check.name} reads data, and there is no [data].", "Add [data] with current.")
        return Declared(check, criterion, table.source, parameters, wanted, about)
    except ClerestoryError as error:
        raise ManifestUnusable(f"{table.where}: [[check]] {error.problem}", error.remedy) from error


def _reads_data(check: Check, wanted: tuple[Request, ...]) -> bool:
    return check.subject == registry.DATASET_VERSION or not all(isinstance(request, Trial) for request in wanted)


def _with_defaults(table: CheckTable, check: Check, data: DataTable) -> Mapping[str, object]:
    """Return the parameters as given, with what [data] says once for all checks: its key and its population."""
    known = {parameter.name for parameter in check.parameters}
    said = {"unique": list(data.keys), "population": data.population, "population_source": data.population_source}
    return {key: value for key, value in said.items() if key in known and value} | dict(table.parameters)


def _layout(manifest: Manifest, data: Data, now: datetime, previous: str | None) -> Layout:
    table, reference, before = manifest.data, data.get("reference"), manifest.previous
    return Layout(
        columns=data["current"].columns if data else {},
        reference=None if reference is None else reference.columns,
        outcome=table.outcome,
        favourable=_text(table.favourable),
        label=table.label,
        positive=_text(table.positive),
        score=table.score,
        previous_outcome=None if before is None else before.outcome,
        previous_score=None if before is None else before.score,
        previous_model=previous,
        timestamp=table.timestamp,
        keys=table.keys,
        sensitive_features=table.sensitive_features,
        min_group_size=table.min_group_size,
        max_unjudged_share=table.max_unjudged_share,
        as_of=moment_text(now),
        deployed_at="" if manifest.deployment is None else manifest.deployment.started_at,
    )


def _text(value: object) -> str | None:
    """Write what means yes; true and 1 are what a column means by itself."""
    return None if value is None or value is True or value == 1 else value_text(value)


def yes_values(manifest: Manifest) -> Mapping[str, tuple[str, GroupCounts]]:
    """Return the values that mean yes by their key in [data], with what must be counted to know that they occur."""
    table = manifest.data
    named = {"favourable": (table.favourable, table.outcome), "positive": (table.positive, table.label)}
    return {
        key: (value_text(value), GroupCounts((column,), limit=_VALUES))
        for key, (value, column) in named.items()
        if value is not None and column is not None
    }


def require_yes_values(manifest: Manifest, tallies: Tallies) -> None:
    """Refuse a value that means yes and never occurs where at least two others do: it is misspelt.

    Raises:
        ManifestUnusable: `favourable` or `positive` is no value of its column.
    """
    for key, (text, request) in yes_values(manifest).items():
        tally = tallies.get(request)
        if not isinstance(tally, GroupTally) or tally.other:
            continue
        found = [cell.group[0] for cell in tally.cells if cell.group[0] != MISSING]
        if text not in found and len(found) > 1:
            raise ManifestUnusable(
                f"{manifest.where('data', key)} is {text!r}, which never occurs in {request.by[0]!r}.",
                nearest(text, found),
            )


def _require_another(manifest: Manifest, data: Data) -> None:
    """Refuse data that are compared with themselves: nothing could differ, and every comparison would pass."""
    reference = data.get("reference")
    if reference is not None and data and reference.digest == data["current"].digest:
        raise ManifestUnusable(
            f"{manifest.where('data', 'reference')} holds the same bytes as current.",
            "Name the data to compare with: those of training, or of an earlier time.",
        )


def _require_columns(manifest: Manifest, data: Data) -> None:
    named = [("data", key, column) for key, columns in manifest.data.columns().items() for column in columns]
    if manifest.previous is not None:
        before = {"outcome": manifest.previous.outcome, "score": manifest.previous.score}
        named += [("model.previous", key, column) for key, column in before.items() if column is not None]
    for table, key, column in named if data else ():
        if column not in data["current"].columns:
            raise ManifestUnusable(
                f"{manifest.where(table, key)} is {column!r}, and {data['current'].location} has no such column.",
                nearest(column, data["current"].columns),
            )
