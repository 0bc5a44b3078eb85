"""The fact: what the judge reads of one entry, and its form as a document that log and pack carry.

The document never holds a person's name. Reading is strict: an unknown key is refused, so that nothing
rides along unseen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from clerestory.terms.error import ClerestoryError
from clerestory.terms.evidence import Approval, Evidence, FactValue, Machine, Person, Subject
from clerestory.terms.ids import Digest, EntryId, LeafHash, PersonId
from clerestory.terms.moment import MomentUnreadable, Period, moment_text, read_moment

Document = Mapping[str, object]
"""A JSON object of text, integers, booleans, lists and objects; never a fraction, never null."""

VERSION = 1
_REQUIRED = {
    "v",
    "entry_id",
    "kind",
    "subject",
    "entity",
    "entity_version",
    "observed",
    "received_at",
    "produced_by",
    "policy_version",
    "values",
}
_OPTIONAL = {"links", "approval", "covers", "lists", "answers", "supersedes", "caused_by"}


class FactUnreadable(ClerestoryError):
    """A facts document does not have the form that this version reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One entry as the judge sees it. ``position`` is None until the entry is sequenced."""

    entry_id: EntryId
    leaf_hash: LeafHash
    position: int | None
    kind: str
    subject: Subject
    entity: str
    entity_version: int
    observed: Period
    received_at: datetime
    produced_by: Machine | Person
    policy_version: str
    values: Mapping[str, FactValue]
    links: tuple[Subject, ...] = ()
    approval: Approval | None = None
    covers: tuple[str, ...] = ()
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    answers: tuple[EntryId, ...] = ()
    supersedes: tuple[EntryId, ...] = ()
    caused_by: tuple[LeafHash, ...] = ()
    has_content: bool = False


def fact_document(evidence: Evidence, *, entry_id: EntryId, received_at: datetime) -> Document:
    """Write the facts of evidence as the document that the leaf commits to."""
    document: dict[str, object] = {
        "v": VERSION,
        "entry_id": entry_id,
        "kind": evidence.kind,
        "subject": _subject_document(evidence.subject),
        "entity": evidence.entity,
        "entity_version": evidence.entity_version,
        "observed": {"from": moment_text(evidence.observed.start), "to": moment_text(evidence.observed.end)},
        "received_at": moment_text(received_at),
        "produced_by": _producer_document(evidence.produced_by),
        "policy_version": evidence.policy_version,
        "values": {key: _plain(value) for key, value in evidence.values.items()},
    }
    if evidence.links:
        document["links"] = [_subject_document(link) for link in sorted(evidence.links)]
    if evidence.approval is not None:
        document["approval"] = {
            "person": evidence.approval.person_id,
            "role": evidence.approval.role,
            "at": moment_text(evidence.approval.approved_at),
        }
    for key in ("covers", "answers", "supersedes", "caused_by"):
        if getattr(evidence, key):
            document[key] = list(getattr(evidence, key))
    if evidence.lists:
        document["lists"] = {key: list(items) for key, items in evidence.lists.items()}
    return document


def read_fact(document: Document, *, leaf_hash: LeafHash, position: int | None, has_content: bool = False) -> Fact:
    """Read a facts document back; the inverse of `fact_document`.

    Raises:
        FactUnreadable: a key is missing, unknown or of the wrong type.
    """
    keys = set(document)
    if not _REQUIRED <= keys or keys - _REQUIRED - _OPTIONAL or document["v"] != VERSION:
        odd = sorted((_REQUIRED - keys) | (keys - _REQUIRED - _OPTIONAL)) or [f"v={document['v']!r}"]
        raise FactUnreadable(
            f"Facts have missing or unknown parts: {', '.join(odd)}.", "Use the version that wrote them."
        )
    try:
        return _fact(document, leaf_hash, position, has_content)
    except (KeyError, TypeError, AttributeError, ValueError, MomentUnreadable) as error:
        raise FactUnreadable(
            f"Facts of entry {document['entry_id']!r} are malformed: {error}.", "Use the version that wrote them."
        ) from error


def _fact(document: Document, leaf_hash: LeafHash, position: int | None, has_content: bool) -> Fact:
    observed = _object(document["observed"])
    approval = document.get("approval")
    return Fact(
        entry_id=EntryId(_text(document["entry_id"])),
        leaf_hash=leaf_hash,
        position=position,
        kind=_text(document["kind"]),
        subject=_subject(document["subject"]),
        entity=_text(document["entity"]),
        entity_version=_integer(document["entity_version"]),
        observed=Period(read_moment(_text(observed["from"])), read_moment(_text(observed["to"]))),
        received_at=read_moment(_text(document["received_at"])),
        produced_by=_producer(_object(document["produced_by"])),
        policy_version=_text(document["policy_version"]),
        values={_text(key): _value(value) for key, value in _object(document["values"]).items()},
        links=tuple(map(_subject, _items(document["links"]))) if "links" in document else (),
        approval=None if approval is None else _approval(_object(approval)),
        covers=_texts(document["covers"]) if "covers" in document else (),
        lists={_text(key): _texts(items) for key, items in _object(document.get("lists", {})).items()},
        answers=tuple(map(EntryId, _texts(document["answers"]))) if "answers" in document else (),
        supersedes=tuple(map(EntryId, _texts(document["supersedes"]))) if "supersedes" in document else (),
        caused_by=tuple(map(LeafHash, _texts(document["caused_by"]))) if "caused_by" in document else (),
        has_content=has_content,
    )


def _subject_document(subject: Subject) -> Document:
    return {"kind": subject.kind, "id": subject.id}


def _producer_document(producer: Machine | Person) -> Document:
    if isinstance(producer, Machine):
        machine: dict[str, object] = {"tool": producer.tool, "version": producer.version}
        if producer.configuration_digest:
            machine["configuration_digest"] = producer.configuration_digest
        if producer.input_digests:
            machine["input_digests"] = list(producer.input_digests)
        return {"machine": machine}
    person: dict[str, object] = {"id": producer.person_id, "role": producer.role}
    if producer.responsible is not None:
        person["responsible"] = producer.responsible
    if producer.same_person_as:
        person["same_person_as"] = list(producer.same_person_as)
    if producer.authentication_id:
        person["authentication_id"] = producer.authentication_id
    return {"person": person}


def _producer(document: Document) -> Machine | Person:
    if len(document) != 1:
        raise ValueError("there is not one producer")
    (kind,) = document
    inner = _object(document[kind])
    if kind == "machine":
        digest = inner.get("configuration_digest")
        return Machine(
            _text(inner["tool"]),
            _text(inner["version"]),
            None if digest is None else Digest(_text(digest)),
            tuple(Digest(t) for t in _texts(inner.get("input_digests", []))),
        )
    if kind != "person":
        raise ValueError(f"unknown producer {kind}")
    responsible = inner.get("responsible")
    if responsible is not None and not isinstance(responsible, bool):
        raise TypeError("responsible is no bool")
    authentication = inner.get("authentication_id")
    return Person(
        PersonId(_text(inner["id"])),
        _text(inner["role"]),
        responsible,
        tuple(PersonId(t) for t in _texts(inner.get("same_person_as", []))),
        None if authentication is None else _text(authentication),
    )


def _approval(document: Document) -> Approval:
    return Approval(PersonId(_text(document["person"])), _text(document["role"]), read_moment(_text(document["at"])))


def _subject(value: object) -> Subject:
    inner = _object(value)
    return Subject(_text(inner["kind"]), _text(inner["id"]))


def _plain(value: FactValue) -> object:
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value


def _value(value: object) -> FactValue:
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, list):
        return _texts(value)
    return {_text(key): _text(item) for key, item in _object(value).items()}


def _object(value: object) -> Document:
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r} is no object")
    return value


def _items(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return value


def _texts(value: object) -> tuple[str, ...]:
    return tuple(_text(item) for item in _items(value))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is no integer")
    return value
