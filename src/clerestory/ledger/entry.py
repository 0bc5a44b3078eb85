"""The leaf that belongs to evidence: the log that writes it and whoever checks it derive it in the same way."""

from datetime import datetime

from clerestory.ledger.leaf import Leaf
from clerestory.terms.evidence import Evidence, Machine, Person
from clerestory.terms.fact import Fact
from clerestory.terms.ids import Digest
from clerestory.terms.moment import moment_text

MOST_DIGESTS = 16


def leaf_of(said: Evidence | Fact, facts: Digest, content: str | None, at: datetime) -> Leaf:
    """Return the leaf of evidence: its subject by name, then the artefacts that a machine read by digest."""
    producer = said.produced_by
    inputs = producer.input_digests[:MOST_DIGESTS] if isinstance(producer, Machine) else ()
    return Leaf(
        kind=said.kind,
        entity=said.entity,
        entity_version=said.entity_version,
        subject=((str(said.subject), ""), *(("", digest) for digest in inputs)),
        facts=facts,
        content=content,
        actor=actor_of(producer),
        at=moment_text(at),
        policy_version=said.policy_version,
        caused_by=said.caused_by,
    )


def actor_of(producer: Machine | Person) -> str:
    """Return the pseudonymous person or the tool that made evidence."""
    return producer.person_id if isinstance(producer, Person) else f"{producer.tool} {producer.version}"
