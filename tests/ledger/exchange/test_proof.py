"""The proof of one entry as a text: written and read as another implementation does, and in no other spelling."""

import base64
import json
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.ledger.exchange.proof import MOST_HASHES, EntryProof, ProofUnreadable, proof_bytes, read_proof

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/ledger/exchange.json").read_text())
PROOF = proof_bytes(EntryProof(5, (b"a" * 32, b"b" * 32), b"a checkpoint\n", b"what was logged"))
EXTRA = b"extra d2hhdCB3YXMgbG9nZ2Vk\n"


@pytest.mark.parametrize("case", VECTORS["proofs"], ids=lambda case: str(case["index"]))
def test_a_proof_is_written_and_read_as_published(case):
    path = tuple(sha256(word.encode()).digest() for word in case["path"])
    proof = EntryProof(case["index"], path, case["note"].encode(), case["extra"].encode())
    assert proof_bytes(proof) == case["text"].encode()
    assert read_proof(case["text"].encode()) == proof


@pytest.mark.parametrize("text", VECTORS["bad_proofs"])
def test_a_proof_that_is_published_as_wrong_is_refused(text):
    with pytest.raises(ProofUnreadable):
        read_proof(text.encode())


@given(
    st.integers(0, 2**53 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=5),
    st.binary(min_size=1, max_size=60),
    st.binary(max_size=60),
)
def test_what_is_written_is_read_back(index, path, note, extra):
    proof = EntryProof(index, tuple(path), note, extra)
    assert read_proof(proof_bytes(proof)) == proof


def test_no_flipped_bit_before_the_checkpoint_is_read_as_the_same_proof():
    said = read_proof(PROOF)
    for place in range(PROOF.index(b"\n\n")):
        for bit in range(8):
            flipped = PROOF[:place] + bytes([PROOF[place] ^ 1 << bit]) + PROOF[place + 1 :]
            try:
                read = read_proof(flipped)
            except ProofUnreadable:
                continue
            assert read != said


@pytest.mark.parametrize(
    "data",
    [
        b"",
        PROOF.replace(b"\n", b"\r\n"),
        PROOF.replace(b"index 5", b"index 05"),
        PROOF.replace(b"index 5", b"index  5"),
        PROOF.replace(b"index 5", b"index +5"),
        PROOF.replace(b"index 5", "index \u0665".encode()),
        PROOF.replace(b"index 5", b"index 99999999999999999999"),
        PROOF.replace(b"index 5\n", b""),
        PROOF.replace(b"extra ", b"extra  "),
        PROOF.replace(EXTRA, b"extra \n"),
        PROOF.replace(EXTRA, b"").replace(b"\n\n", b"\n" + EXTRA + b"\n"),
        PROOF.replace(EXTRA, EXTRA * 2),
        PROOF.replace(base64.b64encode(b"b" * 32), base64.b64encode(b"b" * 31)),
        PROOF.replace(base64.b64encode(b"b" * 32), base64.b64encode(b"b" * 32)[:-1]),
        PROOF.partition(b"\n\n")[0] + b"\n\n",
        PROOF.partition(b"\n\n")[0] + b"\n",
        PROOF.replace(b"@v1", b"@v2"),
        b"\xff" + PROOF,
        b"x" * 1_000_000,
        PROOF.replace(b"index 5\n", b"index 5\n" + (base64.b64encode(bytes(32)) + b"\n") * (MOST_HASHES + 1)),
    ],
)
def test_a_proof_in_any_other_spelling_is_refused(data):
    with pytest.raises(ProofUnreadable):
        read_proof(data)


@pytest.mark.parametrize(
    "proof",
    [
        EntryProof(-1, (), b"note\n"),
        EntryProof(2**53, (), b"note\n"),
        EntryProof(0, (b"short",), b"note\n"),
        EntryProof(0, (bytes(32),) * (MOST_HASHES + 1), b"note\n"),
        EntryProof(0, (), b""),
        EntryProof(0, (), b"note\n", bytes(70_000)),
    ],
)
def test_a_proof_that_nobody_could_read_is_not_written(proof):
    with pytest.raises(ProofUnreadable):
        proof_bytes(proof)
