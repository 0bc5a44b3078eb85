"""The leaf that belongs to a fact: the log and whoever checks it derive it in the same way."""

from clerestory.ledger.leaf import Leaf
from clerestory.terms.evidence import Machine, Person
from clerestory.terms.fact import Fact
from clerestory.terms.ids import Digest
from clerestory.terms.moment import moment_text

MOST_DIGESTS = 16


def leaf_of(fact: Fact, facts: Digest, content: str | None) -> Leaf:
    """Return the leaf of a fact: its subject by name, then the artefacts that a machine read by digest."""
    producer = fact.produced_by
    inputs = producer.input_digests[:MOST_DIGESTS] if isinstance(producer, Machine) else ()
    return Leaf(
        kind=fact.kind,
        entity=fact.entity,
        entity_version=fact.entity_version,
        subject=((str(fact.subject), ""), *(("", digest) for digest in inputs)),
        facts=facts,
        content=content,
        actor=actor_of(producer),
        at=moment_text(fact.received_at),
        policy_version=fact.policy_version,
        caused_by=fact.caused_by,
    )


def actor_of(producer: Machine | Person) -> str:
    """Return the pseudonymous person or the tool that made evidence."""
    return producer.person_id if isinstance(producer, Person) else f"{producer.tool} {producer.version}"
