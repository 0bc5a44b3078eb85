"""The form of what is pushed. Reads strictly: an unknown key, a missing one and a wrong type are refused by name."""

from datetime import datetime
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clerestory.terms.error import ClerestoryError
from clerestory.terms.fact import Document
from clerestory.terms.moment import read_moment

_DIGEST = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
_TEXT = Annotated[str, Field(min_length=1, max_length=4000)]
_NAME = Annotated[str, Field(min_length=1, max_length=200)]


class PushUnreadable(ClerestoryError):
    """A pushed document lacks a part, has an unknown one, or holds something of the wrong type."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Tool(_Part):
    """What made the document."""

    name: _NAME
    version: _NAME


class PushedSystem(_Part):
    """[system] of the manifest."""

    id: _NAME
    name: _NAME
    purpose: _TEXT
    owner: _NAME
    stage: _NAME
    ai_role: list[str]
    tier: str | None = None
    """What the sender expects; the inventory derives the tier and says where that differs."""
    affects_people: bool | None = None
    use_areas: list[str] = []
    interacts: bool | None = None
    autonomy_level: int | None = None


class PushedDataset(_Part):
    """One data set by digest and role."""

    id: _NAME
    role: _NAME
    content_digest: _DIGEST
    location: str
    columns: int
    sources: list[str]
    origin: str | None = None
    about_people: bool | None = None
    labelled_by_people: bool | None = None


class PushedModel(_Part):
    """The model by digest, and how a row becomes a score and a score an outcome."""

    id: _NAME
    artefact_digest: _DIGEST
    file: str
    features: list[str] | None = None
    output: str | None = None
    threshold: str | None = None
    origin: str | None = None
    generative: bool | None = None


class PushedDeployment(_Part):
    """The deployment that is measured: ``system/name``."""

    id: _NAME


class PushedSubject(_Part):
    """What a check is about."""

    kind: _NAME
    id: _NAME


class PushedTally(_Part):
    """A request with its answer."""

    request: dict[str, object]
    tally: dict[str, object]


class PushedCheck(_Part):
    """One check: declared, measured and judged by the sender; the last two are only compared with."""

    name: _NAME
    family: _NAME
    outcome: Literal["judged", "could_not_run"]
    reason: str
    subject: PushedSubject
    data_role: _NAME
    slice: str
    criterion: _NAME
    source: _TEXT
    parameters: dict[str, object]
    measurement: dict[str, object] | None = None
    verdict: Literal["PASS", "FAIL", "INCONCLUSIVE"] | None = None


class _Pushed(_Part):
    v: Literal[1]
    tool: Tool
    manifest_digest: _DIGEST
    system: PushedSystem
    data: dict[Literal["current", "reference", "population"], PushedDataset]
    model: PushedModel | None = None
    deployment: PushedDeployment | None = None


class PushedRun(_Pushed):
    """A whole run, as `clerestory check` keeps it."""

    format: Literal["clerestory-run"]
    engine: str
    environment: dict[str, Annotated[str, Field(max_length=200)]] = {}
    started_at: str
    ended_at: str
    tallies: list[PushedTally]
    checks: list[PushedCheck]

    @property
    def started(self) -> datetime:
        """When the run began."""
        return read_moment(self.started_at)

    @property
    def ended(self) -> datetime:
        """When the run was over."""
        return read_moment(self.ended_at)


class DeclaredCheck(_Part):
    """A check as the manifest declares it, before it ran."""

    name: _NAME
    criterion: _NAME
    source: _TEXT
    parameters: dict[str, str]


class PushedRegistration(_Pushed):
    """What `clerestory push --register` sends before anything is measured."""

    format: Literal["clerestory-registration"]
    checks: list[DeclaredCheck]


D = TypeVar("D", PushedRun, PushedRegistration)


def read_pushed(kind: type[D], document: Document) -> D:
    """Read a document.

    Raises:
        PushUnreadable: naming the first part that is wrong.
    """
    try:
        read = kind.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "the document"
        raise PushUnreadable(
            f"The pushed document is wrong at {place}: {first['msg']}.",
            "Push the file that `clerestory check` wrote, with the same version on both sides.",
        ) from error
    if "current" not in read.data and (read.data or _is_of_data(read)):
        raise PushUnreadable(
            "The pushed document names no current data.", "Push the file that `clerestory check` wrote."
        )
    return read


def _is_of_data(run: PushedRun | PushedRegistration) -> bool:
    """Whether something in a run counts data or is about them; a run of other things names none."""
    if isinstance(run, PushedRegistration):
        return True
    counted = any(item.request.get("type") != "Trial" for item in run.tallies)
    return counted or any(check.subject.kind == "dataset_version" for check in run.checks)
