"""Canonical form, leaf, Merkle tree, checkpoint and signature: pure functions on bytes; no disk and no clock."""
