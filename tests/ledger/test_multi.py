"""One proof for many leaves: the same verdict as a proof for each, and no byte to spare."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.ledger import multi, tree
from tests.simulators import merkle as model

REFUSALS = (tree.ProofMalformed, tree.ProofMismatch)


def log_of(size: int) -> tuple[list[bytes], tree.NodeReader, bytes]:
    entries = [f"entry {i}".encode() for i in range(size)]
    leaves = [tree.leaf_hash(entry) for entry in entries]
    return leaves, tree.nodes_of(leaves), model.tree_hash(entries)


@given(st.integers(1, 150), st.data())
def test_a_proof_for_many_verifies_and_any_change_of_it_is_refused(size, data):
    leaves, node, root = log_of(size)
    positions = data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=10, unique=True))
    proof = multi.multi_proof(positions, size, node)
    given_leaves = {position: leaves[position] for position in positions}
    multi.verify_multi(given_leaves, size, proof, root)
    with pytest.raises(REFUSALS):
        multi.verify_multi(given_leaves, size, [*proof, bytes(32)], root)
    with pytest.raises(REFUSALS):
        multi.verify_multi(given_leaves | {positions[0]: bytes(32)}, size, proof, root)
    if proof:
        with pytest.raises(REFUSALS):
            multi.verify_multi(given_leaves, size, proof[:-1], root)
        with pytest.raises(REFUSALS):
            multi.verify_multi(given_leaves, size, [bytes(32), *proof[1:]], root)


@given(st.integers(1, 200), st.data())
def test_a_proof_for_one_holds_the_hashes_of_its_audit_path(size, data):
    position = data.draw(st.integers(0, size - 1))
    leaves, node, _ = log_of(size)
    assert len(leaves) == size
    assert set(multi.multi_proof([position], size, node)) == set(tree.inclusion_proof(position, size, node))


def test_a_proof_for_all_leaves_is_empty():
    leaves, node, root = log_of(77)
    assert multi.multi_proof(range(77), 77, node) == ()
    multi.verify_multi(dict(enumerate(leaves)), 77, (), root)


@pytest.mark.parametrize("positions, size", [([], 5), ([5], 5), ([-1], 5), ([0], 0)])
def test_impossible_positions_are_refused(positions, size):
    with pytest.raises(tree.ProofMalformed):
        multi.multi_proof(positions, size, lambda *_: bytes(32))
    with pytest.raises(tree.ProofMalformed):
        multi.verify_multi(dict.fromkeys(positions, bytes(32)), size, (), bytes(32))


def test_a_hash_of_another_length_is_refused():
    with pytest.raises(tree.ProofMalformed):
        multi.verify_multi({0: bytes(31)}, 1, (), bytes(32))
