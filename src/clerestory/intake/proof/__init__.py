"""Proofs of others that a trial asks about: signatures, and packs of an evidence log."""
