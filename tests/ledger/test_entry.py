"""The leaf of evidence: the log writes it and the verifier derives it again from the facts, to the same bytes."""

from dataclasses import replace

from clerestory.ledger import canonical
from clerestory.ledger.entry import MOST_DIGESTS, leaf_of
from clerestory.ledger.leaf import digest_of, leaf_bytes
from clerestory.terms.evidence import Evidence, Machine
from clerestory.terms.fact import fact_document, read_fact
from clerestory.terms.ids import EntryId, LeafHash
from tests.simulators.log import START, measured, record

DIGEST = digest_of(b"facts")


def both(said: Evidence) -> tuple[bytes, bytes]:
    """The leaf from the evidence, and from the facts that were written of it."""
    body = canonical.encode(fact_document(said, entry_id=EntryId("entry-1"), received_at=START))
    fact = read_fact(canonical.decode(body), leaf_hash=LeafHash("0" * 64), position=None)
    return leaf_bytes(leaf_of(said, DIGEST, None, START)), leaf_bytes(leaf_of(fact, DIGEST, None, fact.received_at))


def test_evidence_and_its_facts_give_the_same_leaf():
    for said in (measured(), record("record.note", note="x"), replace(measured(), caused_by=("ab" * 32,))):
        written, derived = both(said)
        assert written == derived


def test_a_person_is_named_by_pseudonym_and_a_tool_by_name_and_version():
    assert leaf_of(record("record.note"), DIGEST, None, START).actor == "person-0a"
    assert leaf_of(measured(), DIGEST, None, START).actor == "clerestory 0.1.0"


def test_what_a_machine_read_is_named_by_digest_up_to_a_limit_that_keeps_the_leaf_small():
    many = tuple(digest_of(str(number).encode()) for number in range(100))
    leaf = leaf_of(replace(measured(), produced_by=Machine("tool", "1", None, many)), DIGEST, None, START)
    assert leaf.subject[0] == ("model_version:credit/0a1b2c", "")
    assert leaf.subject[1:] == tuple(("", digest) for digest in many[:MOST_DIGESTS])
    assert len(leaf_bytes(leaf)) < 8192
