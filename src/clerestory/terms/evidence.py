"""Evidence as it is handed to the log: what it says, about whom, who made it and when it was true."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from clerestory.terms.ids import Digest, EntryId, LeafHash, PersonId
from clerestory.terms.moment import Period

FactValue = str | int | bool | tuple[str, ...] | Mapping[str, str]
"""What a field of a fact may hold. Numbers with a fraction are decimal strings: see `number_text`."""


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What evidence is about: a kind of subject (``ai_system``, ``dataset_version`` ...) and its id."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Machine:
    """A tool that made evidence, with what is needed to repeat the run."""

    tool: str
    version: str
    configuration_digest: Digest | None = None
    input_digests: tuple[Digest, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A person who made evidence, by pseudonymous id, with the role in which they acted."""

    person_id: PersonId
    role: str
    responsible: bool | None = None
    """Whether the person answers for the subject; None is unknown and never counts as independent."""
    same_person_as: tuple[PersonId, ...] = ()
    authentication_id: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved, in which role and when."""

    person_id: PersonId
    role: str
    approved_at: datetime


@dataclass(frozen=True, slots=True)
class Content:
    """The payload behind the facts: a report, form or attachment. Personal content can be erased."""

    body: bytes
    media_type: str
    personal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One piece of evidence, before the log gave it an entry id and a place.

    ``values`` holds the fields that `fact_kinds.toml` lists for ``kind``. ``entity`` names the record that the
    evidence is a version of, such as ``ai_system/credit-scoring``.
    """

    kind: str
    subject: Subject
    produced_by: Machine | Person
    observed: Period
    values: Mapping[str, FactValue]
    entity: str
    entity_version: int = 1
    links: tuple[Subject, ...] = ()
    approval: Approval | None = None
    covers: tuple[str, ...] = ()
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    answers: tuple[EntryId, ...] = ()
    supersedes: tuple[EntryId, ...] = ()
    caused_by: tuple[LeafHash, ...] = ()
    policy_version: str = "1"
    content: Content | None = None


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody who makes evidence at one moment: what all of it shares, where it is a plain text about a subject."""

    subject: Subject
    by: Machine | Person
    at: datetime

    def evidence(
        self,
        kind: str,
        entity: str,
        version: int,
        values: Mapping[str, FactValue],
        *,
        subject: Subject | None = None,
        covers: tuple[str, ...] = (),
        lists: Mapping[str, tuple[str, ...]] | None = None,
        links: tuple[Subject, ...] = (),
        answers: tuple[EntryId, ...] = (),
        text: str = "",
    ) -> Evidence:
        """Return evidence about the author's subject, or another; ``text`` is kept as its content."""
        return Evidence(
            kind=kind,
            subject=subject or self.subject,
            produced_by=self.by,
            observed=Period.at(self.at),
            entity=entity,
            entity_version=version,
            values=values,
            covers=covers,
            lists=lists or {},
            links=links,
            answers=answers,
            content=Content(text.encode(), "text/plain; charset=utf-8") if text else None,
        )


def number_text(value: float) -> str:
    """Write a number as the shortest decimal text that reads back the same; refuse NaN and infinities.

    Raises:
        ValueError: the number is not finite.
    """
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("not a finite number")
    return repr(float(value)) if not float(value).is_integer() or abs(value) >= 1e15 else str(int(value))
