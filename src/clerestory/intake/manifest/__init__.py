"""The manifest `clerestory.toml` beside a model: reads it strictly, opens no data and judges nothing."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from clerestory.intake.manifest.agent import AgentTable, read_agent
from clerestory.intake.manifest.bias_audit import BiasAuditTable, read_bias_audit
from clerestory.intake.manifest.deployment import DeploymentTable, read_deployment
from clerestory.intake.manifest.language_model import LanguageModelTable, read_language_model
from clerestory.intake.manifest.mitigation import MitigationTable, read_mitigation
from clerestory.intake.manifest.section import ManifestUnusable, Place, Section, Value, nearest
from clerestory.registers.inventory.rules.record import NO_AREA
from clerestory.registers.inventory.rules.tier import tier_rules
from clerestory.terms.ids import CheckName, Digest

FILE_NAME = "clerestory.toml"
STAGES = (
    "inception",
    "design and development",
    "verification and validation",
    "deployment",
    "operation and monitoring",
    "continuous validation",
    "re-evaluation",
    "retirement",
)
AI_ROLES = ("provider", "producer", "customer", "partner", "subject")
TIERS = ("high", "limited", "minimal")
DATA_ROLES = ("training", "validation", "test", "reference", "production", "retrieval")
ORIGINS = ("own", "supplier", "public", "scraped", "user generated")
ABOUT = ("deployment",)
"""What a check may be told to be about instead of the version of data or model that it reads."""
_TABLES = ("system", "deployment", "data", "model", "language_model", "agent", "bias_audit", "mitigation", "check")
_SLUG = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemTable:
    """What [system] says: which AI system, what for, and who answers for it."""

    id: str
    name: str
    purpose: str
    owner: str
    stage: str
    ai_role: tuple[str, ...]
    tier: str | None = None
    """What the writer expects; the inventory derives the tier from facts and names the difference."""
    affects_people: bool | None = None
    use_areas: tuple[str, ...] = ()
    interacts: bool | None = None
    autonomy_level: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTable:
    """What [data] says: where the data lies and which column means what. Paths are as written.

    ``current`` is empty where there is no [data]: then no check may read any.
    """

    current: str = ""
    role: str = "test"
    reference: str | None = None
    reference_role: str = "reference"
    population: Mapping[str, Value] | None = None
    population_source: str | None = None
    outcome: str | None = None
    favourable: str | int | float | bool | None = None
    label: str | None = None
    positive: str | int | float | bool | None = None
    score: str | None = None
    timestamp: str | None = None
    sensitive_features: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    min_group_size: int = 30
    max_unjudged_share: float = 0.05
    origin: str | None = None
    sources: tuple[str, ...] = ()
    about_people: bool | None = None
    labelled_by_people: bool | None = None

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """Return the columns that the keys of [data] name, by key."""
        single = {key: getattr(self, key) for key in ("outcome", "label", "score", "timestamp")}
        named = {key: (column,) for key, column in single.items() if column is not None}
        return {**named, "sensitive_features": self.sensitive_features, "keys": self.keys}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTable:
    """What [model] says: the artefact, how it is asked, and how it turns a row into a score.

    One of ``path`` (a file), ``entry`` (a function ``module:function`` beside the manifest; ``path`` may name the file
    it opens) and ``url`` (an endpoint, with its ``version``) is there.
    """

    path: str | None = None
    entry: str | None = None
    url: str | None = None
    version: str | None = None
    key_env: str | None = None
    timeout_s: int = 60
    requests_per_minute: int | None = None
    allow_pickle: bool = False
    features: tuple[str, ...] = ()
    output: str | None = None
    threshold: float | None = None
    origin: str | None = None
    generative: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousTable:
    """What [model.previous] says of the version compared with: its columns in the data, and its artefact, if any."""

    outcome: str | None = None
    score: str | None = None
    model: ModelTable | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckTable:
    """One [[check]]: its name, its limit with the limit's source, and the parameters of the check.

    ``about``: what the result is about where that is not what the check itself says; None: that.
    """

    name: CheckName
    criterion: str
    source: str
    parameters: Mapping[str, Value]
    where: str
    about: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A whole manifest. ``digest`` is of the file's bytes; ``where`` finds a key's place for later errors."""

    file: Path
    digest: Digest
    system: SystemTable
    data: DataTable
    model: ModelTable | None
    checks: tuple[CheckTable, ...]
    place: Place
    previous: PreviousTable | None = None
    language_model: LanguageModelTable | None = None
    agent: AgentTable | None = None
    deployment: DeploymentTable | None = None
    bias_audit: BiasAuditTable | None = None
    mitigation: MitigationTable | None = None

    @property
    def folder(self) -> Path:
        """The folder that the paths in the manifest start from."""
        return self.file.parent

    def where(self, table: str, key: str) -> str:
        """Return ``file, line 12: [data] label`` for messages."""
        return f"{self.place.of(table, key)}: [{table}] {key}"


def read(path: Path) -> Manifest:
    """Read a manifest file, or the `clerestory.toml` of a folder.

    Raises:
        ManifestUnusable: the file is missing or no TOML, or a table or key is missing, unknown or of a wrong type.
    """
    file = path / FILE_NAME if path.is_dir() else path
    body = _body(file)
    try:
        document = tomllib.loads(body.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ManifestUnusable(f"{file} is no TOML: {error}.", "Correct the line; texts stand in quotes.") from error
    place = Place(file, body.decode("utf-8-sig"))
    for table in document:
        if table not in _TABLES:
            raise ManifestUnusable(f"{place.of(table, table)}: there is no table [{table}].", nearest(table, _TABLES))
    model, previous = _models(place, document["model"]) if "model" in document else (None, None)
    return Manifest(
        file=file,
        digest=Digest("sha256:" + hashlib.sha256(body).hexdigest()),
        system=_system(_section(place, document, "system")),
        data=_data(_section(place, document, "data")) if "data" in document else DataTable(),
        model=model,
        previous=previous,
        language_model=read_language_model(place, document["language_model"]) if "language_model" in document else None,
        agent=read_agent(place, document["agent"]) if "agent" in document else None,
        bias_audit=read_bias_audit(place, document["bias_audit"]) if "bias_audit" in document else None,
        mitigation=read_mitigation(place, document["mitigation"]) if "mitigation" in document else None,
        deployment=read_deployment(place, document["deployment"]) if "deployment" in document else None,
        checks=_checks(place, document.get("check", [])),
        place=place,
    )


def _body(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise ManifestUnusable(
            f"There is no manifest {file}.", "Write one with `clerestory init`, or name it: `clerestory check PATH`."
        ) from error
    except OSError as error:
        raise ManifestUnusable(
            f"{file} cannot be read: {error.strerror}.", "Give yourself the right to read it."
        ) from error


def _section(place: Place, document: Mapping[str, object], table: str) -> Section:
    if table not in document:
        raise ManifestUnusable(
            f"{place.file}: the table [{table}] is missing.", f"Add [{table}]; `clerestory init` shows how."
        )
    return Section(place, table, document[table])


def _system(section: Section) -> SystemTable:
    system_id = section.text("id")
    if not _SLUG.fullmatch(system_id) or len(system_id) > 80:
        raise section.error(
            "id", f"[system] id is {system_id!r}", "Use small letters, digits and hyphens, like credit-scoring."
        )
    stage = section.choice("stage", STAGES)
    roles = section.choices("ai_role", AI_ROLES)
    for key, found in (("stage", stage), ("ai_role", roles)):
        if not found:
            raise section.error(
                key, f"[system] has no {key!r}", f"Add one of: {', '.join(STAGES if key == 'stage' else AI_ROLES)}."
            )
    table = SystemTable(
        id=system_id,
        name=section.text("name"),
        purpose=section.text("purpose"),
        owner=section.text("owner"),
        stage=stage or "",
        ai_role=roles,
        tier=section.choice("tier", TIERS),
        affects_people=section.boolean("affects_people"),
        use_areas=section.choices("use_areas", areas()),
        interacts=section.boolean("interacts"),
        autonomy_level=section.whole("autonomy_level", 0, least=1) or None,
    )
    section.close()
    return table


def areas() -> tuple[str, ...]:
    """Return the areas of use from which the inventory derives the tier of a system."""
    return (*(area.name for area in tier_rules().areas), NO_AREA)


def _data(section: Section) -> DataTable:
    table = DataTable(
        current=section.text("current"),
        role=section.choice("role", DATA_ROLES, "test") or "test",
        reference=section.text_or_none("reference"),
        reference_role=section.choice("reference_role", DATA_ROLES, "reference") or "reference",
        population=section.table_or_none("population"),
        population_source=section.text_or_none("population_source"),
        outcome=section.text_or_none("outcome"),
        favourable=section.plain("favourable"),
        label=section.text_or_none("label"),
        positive=section.plain("positive"),
        score=section.text_or_none("score"),
        timestamp=section.text_or_none("timestamp"),
        sensitive_features=section.texts("sensitive_features"),
        keys=section.texts("keys"),
        min_group_size=section.whole("min_group_size", 30, least=2),
        max_unjudged_share=section.share("max_unjudged_share", 0.05),
        origin=section.choice("origin", ORIGINS),
        sources=section.texts("sources"),
        about_people=section.boolean("about_people"),
        labelled_by_people=section.boolean("labelled_by_people"),
    )
    section.close()
    return table


def _models(place: Place, values: object) -> tuple[ModelTable, PreviousTable | None]:
    """Read [model] and [model.previous]."""
    section = Section(place, "model", values)
    before = section.table_or_none("previous")
    model = _model(section, section.text_or_none("path"))
    section.close()
    return model, None if before is None else _previous(Section(place, "model.previous", before), model)


def _model(section: Section, path: str | None) -> ModelTable:
    entry, url, version = (section.text_or_none(key) for key in ("entry", "url", "version"))
    if path is None and entry is None and url is None:
        raise section.error(
            "",
            f"[{section.table}] has neither path, entry nor url",
            'Add path = "model.onnx", entry = "module:function", or url = "https://...".',
        )
    if url is not None and (path is not None or entry is not None):
        raise section.error("url", f"[{section.table}] names a url beside a path or an entry", "Keep one of them.")
    if (url is None) != (version is None):
        raise section.error(
            "version" if url is None else "url",
            f"[{section.table}] names {'a version without a url' if url is None else 'a url without its version'}",
            'Give both: what an endpoint runs is known by its version alone, such as version = "2026-11-01".',
        )
    per_minute = section.whole("requests_per_minute", 0, least=1)
    threshold = section.plain("threshold")
    if threshold is not None and (isinstance(threshold, bool | str)):
        raise section.error(
            "threshold",
            f"[{section.table}] threshold is {threshold!r}",
            "Give the score from which on the outcome is favourable.",
        )
    return ModelTable(
        path=path,
        entry=entry,
        url=url,
        version=version,
        key_env=section.text_or_none("key_env"),
        timeout_s=section.whole("timeout_s", 60, least=1),
        requests_per_minute=per_minute or None,
        allow_pickle=bool(section.boolean("allow_pickle")),
        features=section.texts("features"),
        output=section.text_or_none("output"),
        threshold=None if threshold is None else float(threshold),
        origin=section.choice("origin", ORIGINS),
        generative=section.boolean("generative"),
    )


def _previous(section: Section, model: ModelTable) -> PreviousTable:
    outcome, score = section.text_or_none("outcome"), section.text_or_none("score")
    if outcome is None and score is None:
        raise section.error(
            "",
            "[model.previous] names neither outcome nor score",
            "Name the column with the decision or the score of the version that is in use.",
        )
    path = section.text_or_none("path")
    artefact = None if path is None else _model(section, path)
    section.close()
    if artefact is not None and not artefact.features:
        artefact = replace(artefact, features=model.features)
    return PreviousTable(outcome=outcome, score=score, model=artefact)


def _checks(place: Place, items: object) -> tuple[CheckTable, ...]:
    if not isinstance(items, list):
        raise ManifestUnusable(f"{place.of('check')}: [check] is one table.", "Write every check as [[check]].")
    if not items:
        raise ManifestUnusable(
            f"{place.file}: there is no [[check]].", "Add at least one; `clerestory init` shows how."
        )
    checks, seen = [], set[tuple[object, ...]]()
    for index, item in enumerate(items):
        section = Section(place, "check", item, index)
        check = CheckTable(
            name=CheckName(section.text("name")),
            criterion=section.text("criterion"),
            source=section.text("source"),
            about=section.choice("about", ABOUT),
            parameters=section.rest(),
            where=place.of("check", "name", index),
        )
        key = (check.name, check.criterion, check.about, repr(sorted(check.parameters.items())))
        if key in seen:
            raise section.error(
                "name", f"[[check]] {check.name!r} stands there twice with the same criterion", "Remove one of the two."
            )
        seen.add(key)
        checks.append(check)
    return tuple(checks)
