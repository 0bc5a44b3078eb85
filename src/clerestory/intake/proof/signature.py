"""Whether a signature of somebody else holds: the answer to `assurance.trial.Verify`. Signs nothing, trusts nobody."""

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from clerestory.assurance.trial import Verify
from clerestory.ledger.sign import verify as verify_ed25519
from clerestory.terms.error import ClerestoryError

_SMALLEST_RSA = 2048
_CURVES: dict[str, hashes.HashAlgorithm] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}


class KeyUnusable(ClerestoryError):
    """A text is no public key that signatures can be checked with."""


def holds(move: Verify) -> bool:
    """Return whether the signature over the body is of the key.

    Ed25519 under the strict rule of the ledger, ECDSA with the digest of its curve's size, RSA from 2,048 bits on with
    PSS or PKCS #1 v1.5 over SHA-256.

    Raises:
        KeyUnusable: the key is no public key in PEM of one of these kinds.
    """
    try:
        key = serialization.load_pem_public_key(move.key)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyUnusable("A file is no public key in PEM.", "Give the file that begins with BEGIN PUBLIC KEY.") from (
            error
        )
    if isinstance(key, Ed25519PublicKey):
        return verify_ed25519(key.public_bytes_raw(), move.signature, move.body)
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return _elliptic(key, move)
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _SMALLEST_RSA:
        return _rsa(key, move)
    raise KeyUnusable(
        "A public key is of a kind that is not relied on.", "Use Ed25519, ECDSA on P-256 to P-521 or RSA from 2,048."
    )


def _elliptic(key: ec.EllipticCurvePublicKey, move: Verify) -> bool:
    """Verify a signature in either of its two forms: ASN.1, or both numbers one behind the other (IEEE P1363)."""
    size = (key.curve.key_size + 7) // 8
    given = [move.signature]
    if len(move.signature) == 2 * size:
        r, s = (int.from_bytes(half, "big") for half in (move.signature[:size], move.signature[size:]))
        given.append(encode_dss_signature(r, s))
    for signature in given:
        try:
            key.verify(signature, move.body, ec.ECDSA(_CURVES[key.curve.name]))
        except InvalidSignature:
            continue
        return True
    return False


def _rsa(key: rsa.RSAPublicKey, move: Verify) -> bool:
    probabilistic = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.AUTO)
    for scheme in (probabilistic, padding.PKCS1v15()):
        try:
            key.verify(move.signature, move.body, scheme, hashes.SHA256())
        except InvalidSignature:
            continue
        return True
    return False
