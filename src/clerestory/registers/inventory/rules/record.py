"""Words and decisions of the inventory. Unknown is a value (None) and is kept; it is never guessed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeVar

from clerestory.terms import sentence
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import Digest, PersonId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.text import plain


class Stage(StrEnum):
    """Life-cycle stage of an AI system (ISO/IEC 22989)."""

    INCEPTION = "inception"
    DESIGN = "design and development"
    VERIFICATION = "verification and validation"
    DEPLOYMENT = "deployment"
    OPERATION = "operation and monitoring"
    VALIDATION = "continuous validation"
    RE_EVALUATION = "re-evaluation"
    RETIREMENT = "retirement"


class AIRole(StrEnum):
    """Role of the organisation towards the system (ISO/IEC 22989)."""

    PROVIDER = "provider"
    PRODUCER = "producer"
    CUSTOMER = "customer"
    PARTNER = "partner"
    SUBJECT = "subject"


class Tier(StrEnum):
    """How strict the rules are, the strictest first; an unknown tier is judged as high."""

    HIGH = "high"
    LIMITED = "limited"
    MINIMAL = "minimal"


class Origin(StrEnum):
    """Where a model or data set comes from."""

    OWN = "own"
    SUPPLIER = "supplier"
    PUBLIC = "public"
    SCRAPED = "scraped"
    USER_GENERATED = "user generated"


class ModelStatus(StrEnum):
    """State of one version of a model."""

    CANDIDATE = "candidate"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"


class DataRole(StrEnum):
    """What a version of a data set is used for."""

    TRAINING = "training"
    VALIDATION = "validation"
    TEST = "test"
    REFERENCE = "reference"
    PRODUCTION = "production"
    RETRIEVAL = "retrieval"


class InventoryRefused(ClerestoryError):
    """A record of the inventory lacks something or contradicts itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AISystem:
    """An AI system as the inventory holds it. None means unknown, an empty tuple means none named."""

    system_id: str
    name: str
    purpose: str
    owner: PersonId
    stage: Stage
    ai_role: tuple[AIRole, ...] = ()
    use_areas: tuple[str, ...] = ()
    interacts: bool | None = None
    in_scope: bool | None = None
    affects_people: bool | None = None
    affected_groups: tuple[str, ...] = ()
    has_customers: bool | None = None
    involves_third_parties: bool | None = None
    suppliers: tuple[str, ...] = ()
    deployment_context: str = ""
    autonomy_level: int | None = None
    architecture_facts: Mapping[str, str] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    """Fields that hold a default since nobody said them."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of system that policies have rules for, which it belongs to; none once it is retired."""
        if self.stage is Stage.RETIREMENT:
            return ()
        built = bool({AIRole.PROVIDER, AIRole.PRODUCER, AIRole.PARTNER} & set(self.ai_role))
        told = {"built": built, "used": AIRole.CUSTOMER in self.ai_role, "about people": bool(self.affects_people)}
        return tuple(kind for kind, holds in told.items() if holds)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """One version of a model, named by the digest of its artefact."""

    system_id: str
    artefact_digest: Digest
    status: ModelStatus = ModelStatus.CANDIDATE
    origin: Origin | None = None
    generative: bool | None = None

    @property
    def version_id(self) -> str:
        """``credit-scoring/4b1f0c2d9e8a``: unique per system."""
        return f"{self.system_id}/{short_digest(self.artefact_digest)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetVersion:
    """One version of a data set in one role, named by the digest of its content."""

    system_id: str
    role: DataRole
    content_digest: Digest
    origin: Origin | None = None
    labelled_by_people: bool | None = None
    about_people: bool | None = None
    sources: tuple[str, ...] = ()

    @property
    def version_id(self) -> str:
        """``credit-scoring/test/9c02aa31b7d0``: unique per system and role."""
        return f"{self.system_id}/{self.role}/{short_digest(self.content_digest)}"


_SLUG = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_NEXT_STATUS = {
    ModelStatus.CANDIDATE: {ModelStatus.RELEASED, ModelStatus.WITHDRAWN},
    ModelStatus.RELEASED: {ModelStatus.WITHDRAWN},
    ModelStatus.WITHDRAWN: {ModelStatus.CANDIDATE},
}
_SPOKEN = {"AIRole": _("AI role"), "ModelStatus": _("status of a model"), "DataRole": _("role of data")}
W = TypeVar("W", bound=StrEnum)


def word(kind: type[W], text: str) -> W:
    """Read one word of a list; raise `InventoryRefused` naming the allowed words."""
    try:
        return kind(text)
    except ValueError as error:
        raise InventoryRefused(
            _("{text!r} is no {what}.", text=text, what=_SPOKEN.get(kind.__name__) or _(kind.__name__.lower())),
            _("Use one of: {choices}.", choices=", ".join(kind)),
        ) from error


def short_digest(digest: Digest) -> str:
    """Return the first 12 hexadecimal digits of a digest; raise `InventoryRefused` if it is none."""
    if not _DIGEST.fullmatch(digest):
        raise InventoryRefused(
            _("{digest!r} is no digest.", digest=digest), _("Give sha256: and 64 lower-case hexadecimal digits.")
        )
    return digest.removeprefix("sha256:")[:12]


def read_system(stored: Mapping[str, Any]) -> AISystem:
    """Read a system from stored or submitted values, whose keys are the fields of `AISystem`; empty is unknown."""
    return AISystem(
        system_id=str(stored["system_id"]),
        name=str(stored["name"]).strip(),
        purpose=str(stored["purpose"]).strip(),
        owner=PersonId(str(stored["owner"])),
        stage=word(Stage, stored["stage"]),
        ai_role=tuple(word(AIRole, role) for role in stored.get("ai_role", ())),
        use_areas=clean_texts(stored.get("use_areas", ())),
        interacts=stored.get("interacts"),
        in_scope=stored.get("in_scope"),
        affects_people=stored.get("affects_people"),
        affected_groups=clean_texts(stored.get("affected_groups", ())),
        has_customers=stored.get("has_customers"),
        involves_third_parties=stored.get("involves_third_parties"),
        suppliers=clean_texts(stored.get("suppliers", ())),
        deployment_context=str(stored.get("deployment_context", "")).strip(),
        autonomy_level=stored.get("autonomy_level"),
        architecture_facts=dict(stored.get("architecture_facts", {})),
        assumed=clean_texts(stored.get("assumed", ())),
    )


def read_model(system_id: str, stored: Mapping[str, Any]) -> ModelVersion:
    """Read a model version from stored or submitted values; empty is unknown."""
    return ModelVersion(
        system_id=system_id,
        artefact_digest=Digest(str(stored["artefact_digest"])),
        status=word(ModelStatus, stored.get("status", ModelStatus.CANDIDATE)),
        origin=word(Origin, stored["origin"]) if stored.get("origin") else None,
        generative=stored.get("generative"),
    )


def read_dataset(system_id: str, stored: Mapping[str, Any]) -> DatasetVersion:
    """Read a data-set version from stored or submitted values; empty is unknown."""
    return DatasetVersion(
        system_id=system_id,
        role=word(DataRole, stored["role"]),
        content_digest=Digest(str(stored["content_digest"])),
        origin=word(Origin, stored["origin"]) if stored.get("origin") else None,
        labelled_by_people=stored.get("labelled_by_people"),
        about_people=stored.get("about_people"),
        sources=clean_texts(stored.get("sources", ())),
    )


def check_system(system: AISystem) -> None:
    """Refuse a system without id, name, purpose or owner, or with a level of autonomy outside 1 to 5."""
    if not _SLUG.fullmatch(system.system_id) or len(system.system_id) > 80:
        raise InventoryRefused(
            _("{system_id!r} is no id of a system.", system_id=system.system_id),
            _("Use up to 80 small letters, digits and hyphens, like credit-scoring."),
        )
    plain(system.name, _("name of the system"), longest=200)
    plain(system.purpose, _("purpose of the system"), longest=4000, lines=True)
    plain(system.owner, _("owner of the system"), longest=60)
    for text in (*system.affected_groups, *system.suppliers, *system.architecture_facts.values()):
        plain(text, _("group, supplier or architecture fact"), longest=400)
    if system.deployment_context:
        plain(system.deployment_context, _("place of the system"), longest=4000, lines=True)
    if system.autonomy_level is not None and not 1 <= system.autonomy_level <= 5:
        raise InventoryRefused(
            _("The level of autonomy is {autonomy_level}.", autonomy_level=system.autonomy_level),
            _("Give a level from 1 to 5."),
        )


def check_left_out(system: AISystem, before: bool | None) -> None:
    """Refuse to leave a system out of the scope by hand: that takes a decision which a second person approves."""
    if system.in_scope is False and before is not False:
        raise InventoryRefused(
            _("A system is left out of the scope by an approved decision only."),
            _("Propose it under Context and scope; the record follows once a second person approved it."),
        )


def check_stage_change(before: Stage, after: Stage) -> None:
    """Refuse to bring a retired system back; every other move is allowed, since the life cycle turns back too."""
    if before is Stage.RETIREMENT and after is not Stage.RETIREMENT:
        raise InventoryRefused(_("A retired system cannot be taken up again."), _("Register it as a new system."))


def in_force(before: AISystem, said: AISystem) -> tuple[AISystem, dict[str, Any]]:
    """Return what counts of a system once something else is said of it, and what of that waits for a second person.

    What asks for more counts at once. What asks for less waits: an earlier stage or retirement, a yes that is taken
    back, an area of use, a lower level of autonomy, and that we no longer provide or produce it. What is said for the
    first time counts, as it would have when the system was registered.
    """
    said = replace(said, assumed=tuple(name for name in said.assumed if name in before.assumed))
    kept: dict[str, Any] = {}
    was_said = "stage" not in before.assumed or said.stage is Stage.RETIREMENT
    if was_said and _REACH[said.stage] < _REACH[before.stage]:
        kept["stage"] = before.stage
    kept |= {name: True for name in _YES if getattr(before, name) is True and getattr(said, name) is not True}
    areas = tuple(area for area in before.use_areas if area != NO_AREA)
    if set(areas) - set(said.use_areas):
        kept["use_areas"] = tuple(dict.fromkeys((*areas, *(one for one in said.use_areas if one != NO_AREA))))
    level = before.autonomy_level
    if level is not None and (said.autonomy_level is None or said.autonomy_level < level):
        kept["autonomy_level"] = level
    made_by_us = tuple(role for role in before.ai_role if role in (AIRole.PROVIDER, AIRole.PRODUCER))
    if set(made_by_us) - set(said.ai_role):
        kept["ai_role"] = tuple(dict.fromkeys((*made_by_us, *said.ai_role)))
    waits = {name: getattr(said, name) for name in kept if kept[name] != getattr(said, name)}
    return replace(said, **kept), {name: list(v) if isinstance(v, tuple) else v for name, v in waits.items()}


def model_in_force(before: ModelVersion, said: ModelVersion) -> tuple[ModelVersion, dict[str, Any]]:
    """Return what counts of a model version once another status is said of it, and what waits: its withdrawal."""
    if said.status is not ModelStatus.WITHDRAWN or before.status is ModelStatus.WITHDRAWN:
        return said, {}
    return replace(said, status=before.status), {"status": str(said.status)}


def dataset_in_force(before: DatasetVersion, said: DatasetVersion) -> tuple[DatasetVersion, dict[str, Any]]:
    """Return what counts of a version of data once something else is said of it, and what of that waits.

    That rows are no longer about people or labelled by them waits, and so does another origin: each asks for records
    that the other does not.
    """
    kept: dict[str, Any] = {}
    for name in ("about_people", "labelled_by_people"):
        if getattr(before, name) is True and getattr(said, name) is not True:
            kept[name] = True
    if before.origin is not None and said.origin is not before.origin:
        kept["origin"] = before.origin
    waits = {name: getattr(said, name) for name in kept}
    return replace(said, **kept), {name: str(v) if isinstance(v, Origin) else v for name, v in waits.items()}


def with_values(system: AISystem, values: Mapping[str, Any]) -> AISystem:
    """Return a system with other values of some fields, as a row keeps them."""
    if not values:
        return system
    known = {name: getattr(system, name) for name in system.__dataclass_fields__}
    return read_system(known | dict(values))


NO_AREA = "none of these"
"""Said of a system that is used in none of the areas; an empty list of areas is unknown."""
_YES = ("affects_people", "interacts", "has_customers", "involves_third_parties")
_REACH = {
    Stage.RETIREMENT: 0, Stage.INCEPTION: 1, Stage.DESIGN: 2, Stage.VERIFICATION: 3, Stage.DEPLOYMENT: 4,
    Stage.OPERATION: 4, Stage.VALIDATION: 4, Stage.RE_EVALUATION: 4,
}  # fmt: skip
"""How much is asked of a system at a stage: rules look at it from some stage on, and no longer once it is retired."""


def check_status_change(before: ModelStatus, after: ModelStatus) -> None:
    """Refuse a change of a model version's status that skips a step."""
    if after not in _NEXT_STATUS[before]:
        raise InventoryRefused(
            _("A {before} version cannot become {after}.", before=sentence.word(before), after=sentence.word(after)),
            _(
                "From {before} it can become: {choices}.",
                before=before,
                choices=", ".join(sorted(_NEXT_STATUS[before])),
            ),
        )


def check_sources(dataset: DatasetVersion) -> None:
    """Refuse sources of data that no screen shows."""
    for source in dataset.sources:
        plain(source, _("source of the data"), longest=400)


def clean_texts(texts: Sequence[str]) -> tuple[str, ...]:
    """Strip texts, drop empty and repeated ones, keep the order."""
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))


def require_same_digest(held: str, given: str, version_id: str) -> None:
    """Refuse another artefact or content whose digest begins alike: the id holds the beginning only."""
    if held != given:
        raise InventoryRefused(
            _("{id} is registered with the digest {held}, not {given}.", id=version_id, held=held, given=given),
            _("Compute the digest again; if both are right, change the file by one byte so that its id differs."),
        )


def there_already(system_id: str) -> InventoryRefused:
    """Return the error that the id of a system is taken."""
    return InventoryRefused(
        _("There is an AI system {system_id!r} already.", system_id=system_id), _("Choose another id.")
    )
