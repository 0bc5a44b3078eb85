"""Signs files and statements as a supplier would, with keys made on the spot."""

import base64
import json
from collections.abc import Mapping

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Key = Ed25519PrivateKey | ec.EllipticCurvePrivateKey


def pem(key: Key) -> bytes:
    """Return the public half as PEM."""
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def signature(key: Key, body: bytes) -> bytes:
    """Sign a body."""
    return key.sign(body) if isinstance(key, Ed25519PrivateKey) else key.sign(body, ec.ECDSA(hashes.SHA256()))


def envelope(kind: str, payload: bytes, *signers: Key) -> bytes:
    """Return a DSSE envelope, its encoding written out anew."""
    signed = b" ".join([b"DSSEv1", str(len(kind)).encode(), kind.encode(), str(len(payload)).encode(), payload])
    lines = [{"keyid": "x", "sig": base64.b64encode(signature(key, signed)).decode()} for key in signers]
    return json.dumps(
        {"payloadType": kind, "payload": base64.b64encode(payload).decode(), "signatures": lines}
    ).encode()


def statement(subjects: Mapping[str, str], predicate: str, *signers: Key) -> bytes:
    """Return a signed in-toto statement; ``subjects`` gives the SHA-256 in hexadecimal by name."""
    document = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": value}} for name, value in subjects.items()],
        "predicateType": predicate,
        "predicate": {},
    }
    return envelope("application/vnd.in-toto+json", json.dumps(document).encode(), *signers)
