"""Time tokens: real ones of OpenSSL hold, and what is over something else, by somebody else or malformed does not."""

import random
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from clerestory.ledger.stamp import der
from clerestory.ledger.stamp.signed import signature_holds
from clerestory.ledger.stamp.token import Authority, StamperUnknown, TokenRefused, check, request
from tests.simulators import stamping
from tests.simulators.stamping import AT, days, response_of, stamper

DATA = b"clerestory.local/northlight\n12\nroot\n"
RSA_KEY, ISSUER_KEY = stamping.rsa_key(), stamping.rsa_key()
TSA = stamper(key=RSA_KEY, by=ISSUER_KEY)
GOOD = response_of(TSA, DATA, nonce=5)


def asked(nonce: int = 99) -> bytes:
    return request(sha256(DATA).digest(), nonce)


@pytest.mark.parametrize("bound_by", ["sha256", "sha1", "sha512"])
def test_a_token_that_openssl_made_holds_for_its_bytes_its_nonce_and_its_authority(tmp_path, bound_by):
    before = datetime.now(UTC).replace(microsecond=0)
    response = stamping.openssl_reply(TSA, asked(), tmp_path, bound_by)
    for named in (TSA.named, TSA.by_issuer):
        found = check(response, DATA, named, 99)
        assert (found.authority, found.nonce) == ("Proof TSA", 99)
        # The time of the token, plus 1.5 seconds of accuracy, in whole seconds upwards.
        assert before < found.not_after <= datetime.now(UTC) + days(1 / 24)
        assert found.not_after.microsecond == 0
    with pytest.raises(TokenRefused, match="other bytes"):
        check(response, DATA + b"x", TSA.named, 99)
    with pytest.raises(TokenRefused, match="another request"):
        check(response, DATA, TSA.named, 98)


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()])
def test_an_authority_may_sign_by_ecdsa(tmp_path, curve):
    tsa = stamper(key=ec.generate_private_key(curve), by=ec.generate_private_key(curve))
    response = stamping.openssl_reply(tsa, asked(), tmp_path)
    assert check(response, DATA, tsa.by_issuer, 99).authority == "Proof TSA"
    with pytest.raises((TokenRefused, der.DerMalformed)):
        check(response[:-1] + bytes([response[-1] ^ 1]), DATA, tsa.by_issuer, 99)


def test_openssl_agrees_about_tokens_made_here_and_about_those_that_are_wrong(tmp_path):
    assert stamping.openssl_accepts(TSA, GOOD, DATA, tmp_path)
    assert check(GOOD, DATA, TSA.by_issuer, 5).not_after == AT
    for bad in (
        response_of(TSA, DATA + b"x"),
        response_of(TSA, DATA, signed_again=DATA + b"x"),
        GOOD[:-1] + bytes([GOOD[-1] ^ 1]),
        response_of(TSA, DATA, status=2),
    ):
        assert not stamping.openssl_accepts(TSA, bad, DATA, tmp_path)
        with pytest.raises(TokenRefused):
            check(bad, DATA, TSA.by_issuer)


@pytest.mark.parametrize(
    "kind, words",
    [
        ({"end": AT - days(1)}, "had expired at that time"),
        ({"start": AT + days(1)}, "was not valid yet"),
        ({"critical": False}, "does not say critically"),
        ({"purposes": ()}, "is not for time stamping"),
        ({"purposes": (ExtendedKeyUsageOID.SERVER_AUTH,)}, "not for time stamping alone"),
        ({"purposes": (ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.SERVER_AUTH)}, "stamping alone"),
        ({"ca": False}, "no certificate of an issuer"),
        ({"signs": False}, "not for signing certificates"),
    ],
)
def test_a_certificate_that_may_not_vouch_for_a_time_is_refused_with_the_reason(kind, words):
    tsa = stamper(key=RSA_KEY, by=ISSUER_KEY, **kind)
    with pytest.raises(TokenRefused, match=words):
        check(response_of(tsa, DATA), DATA, tsa.by_issuer)


def test_a_certificate_that_expired_later_still_vouches_for_its_time():
    tsa = stamper(key=RSA_KEY, by=ISSUER_KEY, end=AT + days(1))
    assert check(response_of(tsa, DATA), DATA, tsa.by_issuer).not_after == AT
    with pytest.raises(TokenRefused, match="expired"):
        check(response_of(tsa, DATA, AT + days(2)), DATA, tsa.named)


def test_an_authority_may_be_trusted_until_a_day_only():
    (named,) = TSA.named
    later = Authority(named.certificate, AT + days(1))
    assert check(GOOD, DATA, [later]).not_after == AT
    for until in (AT, AT - days(1)):
        with pytest.raises(TokenRefused, match="until"):
            check(GOOD, DATA, [Authority(named.certificate, until)])


def test_an_authority_that_nobody_named_is_unknown_also_under_the_same_names():
    other = stamper(key=stamping.rsa_key())
    assert other.issuer.subject == TSA.issuer.subject
    for named in (other.named, other.by_issuer, ()):
        with pytest.raises(StamperUnknown):
            check(GOOD, DATA, named)


def test_fractions_and_accuracy_only_ever_make_the_bound_later():
    second = days(1 / 86400)
    for text, accuracy, later in (
        ("20261102120000Z", b"", 0),
        ("20261102120000.5Z", b"", 1),
        ("20261102115959.0000001Z", b"", 0),
        ("20261102120000Z", der.write(der.SEQUENCE, der.write_number(60)), 60),
        ("20261102120000Z", der.write(der.SEQUENCE, der.write(0x80, b"\1")), 1),
        ("20261102120000Z", der.write(der.SEQUENCE, der.write_number(2), der.write(0x81, b"\1")), 3),
    ):
        response = response_of(TSA, DATA, text, accuracy=accuracy)
        assert check(response, DATA, TSA.named).not_after == AT + later * second


@pytest.mark.parametrize(
    "text", ["20261102120000.50Z", "20261102120000", "20261302120000Z", "2026110212Z", "20261102120000+0100", "Z"]
)
def test_a_time_that_is_not_spelled_as_it_has_to_be_is_refused(text):
    with pytest.raises(der.DerMalformed):
        check(response_of(TSA, DATA, text), DATA, TSA.named)


HOSTILE = {
    "nothing": b"",
    "cut": GOOD[:-1],
    "longer": GOOD + b"\0",
    "indefinite": b"\x30\x80" + GOOD[4:] + b"\0\0",
    "a long length": b"\x30\x83\0" + GOOD[2:4] + GOOD[4:],
    "a length beyond": b"\x30\x84\xff\xff\xff\xff",
    "a long tag": b"\x3f\x81\x01\0",
    "nested": b"".join(b"\x30\x82" + (4 * (2000 - n)).to_bytes(2, "big") for n in range(2000)),
    "flood": der.write(der.SEQUENCE, b"\5\0" * 40_000),
    "numbers": der.write(der.SEQUENCE, der.write(der.SEQUENCE, der.write(der.INTEGER, b"\0\0"))),
    "no token": der.write(der.SEQUENCE, der.write(der.SEQUENCE, der.write_number(0))),
    "text": b"<html>not found</html>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_refused_as_malformed(name):
    with pytest.raises(der.DerMalformed):
        check(HOSTILE[name], DATA, TSA.named)


def test_no_flip_cut_or_repeat_of_a_token_changes_what_it_says_or_breaks_the_reader():
    chance = random.Random(3161)
    said = check(GOOD, DATA, TSA.named)
    passed = []
    for place in range(len(GOOD)):
        bad = GOOD[:place] + bytes([GOOD[place] ^ 1 << chance.randrange(8)]) + GOOD[place + 1 :]
        try:
            assert check(bad, DATA, TSA.named) == said
            passed.append(place)
        except (TokenRefused, der.DerMalformed):
            pass
    for _ in range(100):
        start, end = sorted(chance.choices(range(len(GOOD)), k=2))
        for bad in (GOOD[:start] + GOOD[end:], GOOD[:end] + GOOD[start:]):
            if bad != GOOD:
                with pytest.raises((TokenRefused, der.DerMalformed)):
                    check(bad, DATA, TSA.named)
    # What may differ is signed by nobody: the certificate that travels with a token whose own was named, its list of
    # digests, a version; the bound, the authority and the nonce stay.
    assert len(passed) < len(GOOD) * 0.7


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()])
def test_ecdsa_holds_as_the_library_says(curve):
    key = ec.generate_private_key(curve)
    public = der.read(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    for number, (hashed, name) in enumerate([(hashes.SHA256(), "2"), (hashes.SHA384(), "3"), (hashes.SHA512(), "4")]):
        signature, how = key.sign(bytes([number]), ec.ECDSA(hashed)), f"1.2.840.10045.4.3.{name}"
        assert signature_holds(public, how, "", bytes([number]), signature)
        assert not signature_holds(public, how, "", bytes([number + 1]), signature)
    for r, s in ((0, 1), (1, 0), (0, 0), (2**400, 1)):
        nothing = der.write(der.SEQUENCE, der.write_number(r), der.write_number(s))
        assert not signature_holds(public, how, "", b"x", nothing)


def test_the_request_is_the_one_that_openssl_reads(tmp_path):
    response = stamping.openssl_reply(TSA, asked(2**63), tmp_path)
    assert check(response, DATA, TSA.named, 2**63).nonce == 2**63
    assert isinstance(TSA.certificate, x509.Certificate)
