"""The leaf: written in one way, read in one way, and bound to its payloads."""

import hashlib
import hmac
import json

import pytest

from clerestory.ledger import canonical, leaf

FACTS = leaf.digest_of(b"facts")
WHOLE = leaf.Leaf(
    kind="check",
    entity="ai_system/credit",
    entity_version=2,
    subject=(("model_version:credit/0a1b", ""), ("", FACTS), ("both", FACTS)),
    facts=FACTS,
    content=leaf.commit_to(b"content", b"s" * 32),
    actor="clerestory 0.1.0",
    at="2026-11-21T08:00:00.000000Z",
    policy_version="1",
    caused_by=("ab" * 32,),
)


def test_a_leaf_is_read_back_as_it_was_written():
    assert leaf.read_leaf(leaf.leaf_bytes(WHOLE)) == WHOLE


def test_a_leaf_holds_the_keys_of_its_published_form_and_no_payload():
    document = json.loads(leaf.leaf_bytes(WHOLE))
    assert set(document) == {
        "v",
        "kind",
        "entity",
        "entity_version",
        "subject",
        "commit",
        "actor",
        "at",
        "policy_version",
        "caused_by",
        "predicateType",
    }
    assert document["commit"] == {
        "facts": "sha256:" + hashlib.sha256(b"facts").hexdigest(),
        "content": "hmac-sha256:" + hmac.digest(b"s" * 32, b"content", "sha256").hex(),
    }
    assert document["subject"] == [
        {"name": "model_version:credit/0a1b"},
        {"digest": FACTS},
        {"name": "both", "digest": FACTS},
    ]


def changed(**changes: object) -> bytes:
    document = dict(canonical.decode(leaf.leaf_bytes(WHOLE))) | changes
    return canonical.encode({key: value for key, value in document.items() if value != "dropped"})


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"v": True},
        {"v": "1"},
        {"kind": ""},
        {"kind": 1},
        {"entity_version": -1},
        {"entity_version": True},
        {"subject": [{}]},
        {"subject": ["name"]},
        {"subject": [{"name": "a", "x": "b"}]},
        {"subject": {"name": "a"}},
        {"subject": [{"digest": "sha256:ABC"}]},
        {"commit": {}},
        {"commit": {"content": FACTS}},
        {"commit": []},
        {"commit": {"facts": "md5:00"}},
        {"commit": {"facts": FACTS, "content": "x"}},
        {"caused_by": ["AB" * 32]},
        {"commit": {"facts": FACTS, "more": FACTS}},
        {"caused_by": "x"},
        {"extra": 1},
        {"actor": "dropped"},
        {"at": 5},
        {"commit": {"facts": FACTS + "\n"}},
    ],
)
def test_a_leaf_of_any_other_form_is_refused(change):
    with pytest.raises(leaf.LeafMalformed):
        leaf.read_leaf(changed(**change))


def test_bytes_that_are_no_canonical_json_are_no_leaf():
    with pytest.raises(leaf.LeafMalformed):
        leaf.read_leaf(leaf.leaf_bytes(WHOLE) + b" ")


def test_a_leaf_over_8_kib_is_neither_written_nor_read():
    large = leaf.Leaf(
        kind="k",
        entity="e" * 8192,
        entity_version=1,
        subject=(("s", ""),),
        facts=FACTS,
        actor="a",
        at="t",
        policy_version="1",
    )
    with pytest.raises(leaf.LeafMalformed, match="8192"):
        leaf.leaf_bytes(large)
    with pytest.raises(leaf.LeafMalformed, match="8192"):
        leaf.read_leaf(changed(entity="e" * 8192))


def test_a_salted_commitment_needs_its_own_salt_and_a_plain_one_none():
    salted, plain = leaf.commit_to(b"content", b"s" * 32), leaf.commit_to(b"content")
    leaf.check_commitment(salted, b"content", b"s" * 32)
    leaf.check_commitment(plain, b"content")
    for commitment, payload, salt in [
        (salted, b"content", None),
        (salted, b"content", b"t" * 32),
        (salted, b"other", b"s" * 32),
        (salted, b"content", b"s" * 31),
        (plain, b"other", None),
        (plain, b"content", b"s" * 32),
    ]:
        with pytest.raises(leaf.CommitmentMismatch):
            leaf.check_commitment(commitment, payload, salt)


def test_a_salt_of_another_length_is_refused():
    with pytest.raises(leaf.LeafMalformed):
        leaf.commit_to(b"content", b"short")
