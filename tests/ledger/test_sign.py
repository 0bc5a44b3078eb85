"""Keys and signatures: the published example, 1,065 published Ed25519 cases, and forged or sloppy notes."""

import base64
import gzip
import json
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from clerestory.ledger import checkpoint, note, sign, strict, vkey

VECTORS = Path(__file__).parents[1] / "vectors/ledger"
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_NOTE = (
    "This is an example message.\n\n\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()
LOG = sign.signing_key("log.example/a", bytes(range(32)))
OTHER = sign.signing_key("log.example/a", bytes(range(1, 33)))
WITNESS = sign.signing_key("witness.example/w", bytes(range(2, 34)), vkey.COSIGNATURE)
TEXT = checkpoint.checkpoint_text(checkpoint.Checkpoint("log.example/a", 7, b"r" * 32))


def vectors(name: str) -> list[dict]:
    return json.loads(gzip.decompress((VECTORS / name).read_bytes()))


def test_the_example_of_the_signed_note_text_verifies():
    key = vkey.read_vkey(EXAMPLE_KEY)
    assert sign.verify_note(note.read_note(EXAMPLE_NOTE), [key]) == (key,)


def test_all_151_wycheproof_cases_are_judged_as_published():
    cases = vectors("ed25519_wycheproof.json.gz")
    assert len(cases) == 151
    wrong = [
        case["id"]
        for case in cases
        if sign.verify(bytes.fromhex(case["pk"]), bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
        != (case["result"] == "valid")
    ]
    assert wrong == []


def library_accepts(case: dict) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(case["key"]))
        key.verify(bytes.fromhex(case["sig"]), case["msg"].encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def test_of_914_cctv_cases_those_with_a_point_of_low_order_or_odd_encoding_are_refused_whatever_the_library_says():
    cases = vectors("ed25519_cctv.json.gz")
    refused = {"low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R"}
    by_library = [case for case in cases if library_accepts(case)]
    accepted = [
        case
        for case in cases
        if sign.verify(bytes.fromhex(case["key"]), bytes.fromhex(case["sig"]), case["msg"].encode())
    ]
    canonical = [case for case in by_library if "non_canonical_A" not in (case["flags"] or [])]
    assert [len(cases), len(by_library), len(canonical), len(accepted)] == [914, 208, 172, 43]
    assert accepted == [case for case in by_library if not refused & set(case["flags"] or [])]


def test_the_points_of_low_order_are_those_whose_eightfold_is_the_neutral_point():
    prime, d = strict.PRIME, -121665 * pow(121666, -1, strict.PRIME) % strict.PRIME

    def double(x: int, y: int) -> tuple[int, int]:
        product = d * x * x * y * y
        return 2 * x * y * pow(1 + product, -1, prime) % prime, (y * y + x * x) * pow(1 - product, -1, prime) % prime

    for y in strict.LOW_ORDER:
        square = (y * y - 1) * pow(d * y * y + 1, -1, prime) % prime
        x = pow(square, (prime + 3) // 8, prime)
        if x * x % prime != square:
            x = x * pow(2, (prime - 1) // 4, prime) % prime
        assert x * x % prime == square
        point = (x, y)
        for _ in range(3):
            point = double(*point)
        assert point == (0, 1)
    assert len(strict.LOW_ORDER) == 5


def test_a_generated_key_signs_what_its_public_half_verifies_and_keeps_its_seed_out_of_its_representation():
    made = sign.generate_key("log.example/new")
    again = sign.read_skey(sign.skey_text(made))
    assert again == made
    signed = note.read_note(sign.sign_note(TEXT, made))
    assert sign.verify_note(signed, [vkey.read_vkey(vkey.vkey_text(made.key))]) == (made.key,)
    assert made.seed.hex() not in repr(made)
    assert repr(made.seed) not in repr(made)


def test_a_bad_signature_of_a_known_key_refuses_the_note():
    signed = note.read_note(sign.sign_note(TEXT, LOG))
    with pytest.raises(sign.SignatureMismatch):
        sign.verify_note(note.SignedNote(signed.text.replace("7", "8"), signed.signatures), [LOG.key])


def test_a_key_of_the_same_name_but_another_id_is_ignored_and_proves_nothing():
    assert sign.verify_note(note.read_note(sign.sign_note(TEXT, OTHER)), [LOG.key]) == ()


def test_a_key_id_that_collides_with_the_known_one_is_caught_by_the_signature():
    line = note.NoteSignature(LOG.key.name, LOG.key.key_id, OTHER.sign(TEXT.encode()))
    with pytest.raises(sign.SignatureMismatch):
        sign.verify_note(note.SignedNote(TEXT, (line,)), [LOG.key])


def test_lines_of_unknown_keys_beside_a_known_one_are_ignored():
    signed = note.read_note(sign.sign_note(TEXT, LOG, sign.signing_key("else.example", bytes(32))))
    assert sign.verify_note(signed, [LOG.key]) == (LOG.key,)


def test_a_witness_says_when_it_saw_the_checkpoint():
    signed = sign.cosign(note.read_note(sign.sign_note(TEXT, LOG)), WITNESS, 1_679_315_147)
    again = note.read_note(note.note_bytes(signed))
    assert sign.verify_cosignatures(again, [LOG.key, WITNESS.key]) == (sign.Cosigned(WITNESS.key, 1_679_315_147),)
    assert sign.verify_note(again, [LOG.key, WITNESS.key]) == (LOG.key,)


def test_a_witness_line_with_another_time_or_length_is_refused():
    line = sign.cosign(note.read_note(sign.sign_note(TEXT, LOG)), WITNESS, 5).signatures[1]
    for forged in (b"\0" * 7 + b"\x06" + line.signature[8:], line.signature[:-1], b"\xff" + line.signature[1:]):
        signed = note.SignedNote(TEXT, (note.NoteSignature(line.name, line.key_id, forged),))
        with pytest.raises(sign.SignatureMismatch):
            sign.verify_cosignatures(signed, [WITNESS.key])


def test_a_log_key_in_the_place_of_a_witness_does_not_count_as_one():
    as_witness = sign.SigningKey(vkey.VerifierKey("w.example", vkey.COSIGNATURE, LOG.key.public), LOG.seed)
    line = note.NoteSignature("w.example", as_witness.key.key_id, b"\0" * 8 + LOG.sign(TEXT.encode()))
    with pytest.raises(sign.SignatureMismatch):
        sign.verify_cosignatures(note.SignedNote(TEXT, (line,)), [as_witness.key])
    assert sign.verify_cosignatures(note.read_note(sign.sign_note(TEXT, LOG)), [LOG.key]) == ()


SIGNED = sign.sign_note(TEXT, LOG)


@pytest.mark.parametrize(
    "data",
    [
        SIGNED.replace("\u2014".encode(), b"-"),
        SIGNED.replace(b"\n", b"\r\n"),
        SIGNED[:-1],
        SIGNED + b"\n",
        SIGNED + b" ",
        SIGNED.replace(b"\n\n", b"\n"),
        b"\n" + SIGNED.split(b"\n\n")[1],
        SIGNED.replace(b"=", b""),
        b"",
        b"\n\n",
        SIGNED.replace("\u2014 log".encode(), "\u2014  log".encode()),
        SIGNED + SIGNED.split(b"\n\n")[1],
        b"\xff" + SIGNED,
        SIGNED.replace(b"log.example/a\n7", b"log.example/a\t\n7"),
        TEXT.encode() + "\n\u2014 a AAAAAA==\n".encode(),
        TEXT.encode() + "\n\u2014 a+b AAAAAAA=\n".encode(),
        TEXT.encode() + "\n\u2014 a\u00a0b AAAAAAA=\n".encode(),
        TEXT.encode() + "\n\u2014 a A===\n".encode(),
        b"a" * 200_000,
        TEXT.encode() + b"\n" + b"".join(f"\u2014 k{i} AAAAAAA=\n".encode() for i in range(17)),
    ],
)
def test_a_note_that_is_not_spelled_in_the_one_way_is_refused(data):
    with pytest.raises(note.NoteMalformed):
        note.read_note(data)


def test_16_signatures_are_read():
    data = TEXT.encode() + b"\n" + b"".join(f"\u2014 k{i} AAAAAAA=\n".encode() for i in range(16))
    assert len(note.read_note(data).signatures) == 16


def test_unused_bits_of_base64_are_refused():
    head, _, tail = SIGNED.rpartition(b" ")
    sloppy = tail[:-3] + bytes([tail[-3] + 1]) + tail[-2:]
    assert base64.b64decode(sloppy) == base64.b64decode(tail) or tail.count(b"=") == 0
    with pytest.raises(note.NoteMalformed):
        note.read_note(head + b" " + sloppy)


ROOT = base64.b64encode(b"r" * 32).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"o\n07\n{ROOT}\n",
        f"o\n-1\n{ROOT}\n",
        f"o\n+1\n{ROOT}\n",
        f"o\n\u0667\n{ROOT}\n",
        f"o\n7\n{ROOT}\nextension\n",
        f"o\n7\n{ROOT}",
        f"\n7\n{ROOT}\n",
        f"o o\n7\n{ROOT}\n",
        f"o+o\n7\n{ROOT}\n",
        f"o\n7\n{ROOT[:-4]}\n",
        "o\n7\n????\n",
        f"o\n{2**63}\n{ROOT}\n",
        f"o\n9999999999999999\n{ROOT}\n",
        "",
        "o\n7\n",
        f"o\n7\n{ROOT}\n\n",
    ],
)
def test_a_text_that_is_not_exactly_origin_size_and_root_is_no_checkpoint(text):
    with pytest.raises(checkpoint.CheckpointMalformed):
        checkpoint.read_checkpoint(text)


def test_a_checkpoint_is_read_back_as_it_was_written():
    assert checkpoint.read_checkpoint(TEXT) == checkpoint.Checkpoint("log.example/a", 7, b"r" * 32)
    assert checkpoint.read_signed_checkpoint(SIGNED)[0].size == 7


LINE = vkey.vkey_text(LOG.key)
LOW = vkey.VerifierKey("log.example/a", vkey.ED25519, b"\x01" + bytes(31))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a+b+c",
        LINE + "=",
        LINE.replace("log", "lag"),
        LINE.replace("+", " "),
        vkey.vkey_text(LOW),
        LINE.upper(),
        vkey.vkey_text(vkey.VerifierKey("a", 2, LOG.key.public)),
        vkey.vkey_text(vkey.VerifierKey("a", 1, b"short")),
        LINE + "\n",
    ],
)
def test_a_text_that_is_no_safe_verifier_key_is_refused(text):
    with pytest.raises(vkey.KeyMalformed):
        vkey.read_vkey(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        LINE,
        sign.skey_text(LOG)[:-4],
        sign.skey_text(LOG).replace("log", "lag"),
        sign.skey_text(sign.SigningKey(vkey.VerifierKey("a", 2, LOG.key.public), LOG.seed)),
    ],
)
def test_a_text_that_is_no_signing_key_is_refused_without_showing_it(text):
    with pytest.raises(vkey.KeyMalformed) as refusal:
        sign.read_skey(text)
    assert base64.b64encode(b"\x01" + LOG.seed).decode()[:20] not in str(refusal.value)
