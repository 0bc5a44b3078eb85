"""Signatures of artefacts: published vectors hold, everything that was changed, missing or of another key does not."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from clerestory.assurance.measurement import Reason
from clerestory.assurance.trial import Verify
from clerestory.assurance.trial.files import FileUnusable
from clerestory.assurance.trial.statement import envelopes
from clerestory.intake.proof.signature import KeyUnusable, holds
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write
from tests.simulators.signing import envelope, pem, signature, statement

NAME = "supply_chain.artefact-signature"
MODEL = b"the weights"
KEY, OTHER = Ed25519PrivateKey.from_private_bytes(b"1" * 32), Ed25519PrivateKey.from_private_bytes(b"2" * 32)
CURVE = ec.derive_private_key(12345, ec.SECP256R1())
HELLO = (
    '{"payload": "aGVsbG8gd29ybGQ=", "payloadType": "http://example.com/HelloWorld", "signatures": [{"sig": '
    '"A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="}]}'
)


def test_the_published_example_of_dsse_holds_over_its_published_encoding():
    # DSSE 1.0, protocol.md: the key by its coordinates, the envelope, and the encoding that is signed.
    x, y = (
        46950820868899156662930047687818585632848591499744589407958293238635476079160,
        5640078356564379163099075877009565129882514886557779369047442380624545832820,
    )
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    key = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (found,) = envelopes("hello.json", HELLO.encode())
    assert found.signed == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert holds(Verify(key, found.signatures[0], found.signed))
    assert not holds(Verify(key, found.signatures[0], found.signed + b"!"))


def test_ed25519_is_that_of_rfc_8032():
    # RFC 8032, 7.1, test 3.
    public = Ed25519PublicKey.from_public_bytes(
        bytes.fromhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
    ).public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    signed = bytes.fromhex(
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    )
    assert holds(Verify(public, signed, bytes.fromhex("af82")))
    assert not holds(Verify(public, signed, bytes.fromhex("af83")))


def test_a_small_rsa_key_and_what_is_no_key_are_refused():
    from cryptography.hazmat.primitives.asymmetric import rsa

    small = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()
    body = small.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for key in (body, b"no key"):
        with pytest.raises(KeyUnusable):
            holds(Verify(key, b"", b""))


HEX = hashlib.sha256(MODEL).hexdigest()
SIGNED = {
    "raw": {"model.onnx.sig": signature(KEY, MODEL)},
    "base64": {"model.onnx.sig": base64.b64encode(signature(KEY, MODEL)) + b"\n"},
    "another kind of key": {"model.onnx.sig": signature(CURVE, MODEL)},
    "statement": {"model.onnx.intoto.jsonl": statement({"m": HEX}, "https://slsa.dev/provenance/v1", KEY)},
}
UNSIGNED = {
    "nothing": {},
    "another key": {"model.onnx.sig": signature(OTHER, MODEL)},
    "another body": {"model.onnx.sig": signature(KEY, b"other weights")},
    "cut": {"model.onnx.sig": signature(KEY, MODEL)[:-1]},
    "empty": {"model.onnx.sig": b""},
    "statement of another file": {"model.onnx.dsse.json": statement({"m": "00" * 32}, "x", KEY)},
    "statement of another key": {"model.onnx.dsse.json": statement({"m": HEX}, "x", OTHER)},
    "envelope that is none": {"model.onnx.dsse.json": b"{}"},
    "no statement": {"model.onnx.dsse.json": envelope("text/plain", b"fine", KEY)},
}


@pytest.mark.parametrize("how", SIGNED)
def test_an_artefact_that_a_trusted_key_signed_passes(how, tmp_path):
    files = {"model.onnx": MODEL, "keys/a.pem": pem(KEY), "keys/b.pem": pem(CURVE)}
    found = measured(NAME, write(tmp_path, files | SIGNED[how]))
    assert (found.value, found.n) == (0.0, 1)
    assert verdict(found) is Verdict.PASS


@pytest.mark.parametrize("how", UNSIGNED)
def test_an_artefact_that_no_trusted_key_signed_fails(how, tmp_path):
    found = measured(NAME, write(tmp_path, {"model.onnx": MODEL, "keys/a.pem": pem(KEY)} | UNSIGNED[how]))
    assert found.value == 1.0
    assert verdict(found) is Verdict.FAIL


def test_without_artefacts_nothing_is_said_and_without_keys_the_check_is_refused(tmp_path):
    with pytest.raises(FileUnusable, match="No public key"):
        measured(NAME, write(tmp_path, {"model.onnx": MODEL}))
    (tmp_path / "model.onnx").unlink()
    assert measured(NAME, write(tmp_path, {"keys/a.pem": pem(KEY)})).reason is Reason.INSUFFICIENT_DATA
    with pytest.raises(KeyUnusable):
        measured(NAME, write(tmp_path, {"keys/a.pem": b"x", "m.onnx": b"", "m.onnx.sig": b"y"}))


@given(st.binary(min_size=1, max_size=40), st.integers(0, 10**6))
def test_one_changed_bit_of_body_or_signature_never_holds(body, at):
    signed, key = signature(KEY, body), pem(KEY)
    assert holds(Verify(key, signed, body))
    for whole in (signed, body):
        changed = bytearray(whole)
        changed[at % len(whole)] ^= 1 << (at % 8)
        pair = (bytes(changed), body) if whole is signed else (signed, bytes(changed))
        assert not holds(Verify(key, *pair))
