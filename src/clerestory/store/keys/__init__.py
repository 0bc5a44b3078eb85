"""Signing keys of the logs: the files that hold them, and which of them may sign at which size of the log."""

from clerestory.store.keys.files import KeyMissing, NameUnsafe, key_path, origin
from clerestory.store.keys.terms import check_key, keys_at, own_keys, signers, signing_key, terms, verifier_key

__all__ = [
    "KeyMissing",
    "NameUnsafe",
    "check_key",
    "key_path",
    "keys_at",
    "origin",
    "own_keys",
    "signers",
    "signing_key",
    "terms",
    "verifier_key",
]
