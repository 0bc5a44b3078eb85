"""T9: the same evidence twice: a retry is one leaf, another key is another leaf, and references by place stay right."""

from clerestory.ledger.tree import leaf_hash, verify_inclusion
from clerestory.store import evidence, log
from clerestory.store.models import LogEntry
from clerestory.store.unit import atomic
from tests.organisation import NOW
from tests.store.test_evidence import BY, made, write


def test_t9_one_key_gives_one_leaf_and_two_keys_give_two_that_are_told_apart(organisation, place):
    before = LogEntry.objects.filter(organisation_id=organisation).count()
    first = write(organisation, made(), idempotency_key="push-1")
    for _ in range(3):
        assert write(organisation, made(), idempotency_key="push-1").entry_id == first.entry_id
    other = write(organisation, made(), idempotency_key="push-2")
    place()
    assert LogEntry.objects.filter(organisation_id=organisation).count() == before + 2
    held = [log.entry(organisation, entry.entry_id) for entry in (first, other)]
    assert [entry.position for entry in held] == [before, before + 1]
    assert held[0].leaf != held[1].leaf
    for entry in held:
        proof = log.prove(organisation, entry.entry_id)
        path = [bytes.fromhex(item) for item in proof.path]
        root, size = bytes.fromhex(proof.checkpoint.root), proof.checkpoint.size
        verify_inclusion(leaf_hash(entry.leaf), entry.position, size, path, root)


def test_t9_what_is_taken_back_is_the_one_that_was_named_and_not_its_double(organisation, place):
    first = write(organisation, made(), idempotency_key="push-1")
    other = write(organisation, made(), idempotency_key="push-2")
    with atomic():
        evidence.revoke(other.entry_id, reason="twice", person=BY, organisation_id=organisation, now=NOW)
    place()
    named = [fact.values["revokes"] for fact in log.facts(organisation) if fact.kind == "record.revocation"]
    assert named == [(other.entry_id,)]
    assert first.entry_id != other.entry_id
