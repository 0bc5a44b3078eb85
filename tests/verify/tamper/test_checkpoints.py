"""T7: forged checkpoints, each refused with its code as the text of signed notes says, and those that are only odd."""

import base64

import pytest

from clerestory.ledger.checkpoint import Checkpoint, checkpoint_text
from clerestory.ledger.note import NoteSignature, SignedNote, note_bytes, read_note
from clerestory.ledger.sign import cosign, sign_note, signing_key
from clerestory.ledger.tree import leaf_hash, root
from clerestory.ledger.vkey import COSIGNATURE, VerifierKey
from clerestory.verify.trust import Trust
from clerestory.verify.verdict import Exit
from tests.simulators.log import KEY, small_log
from tests.simulators.pack import MEMBERS, codes, forged, judged, places, stranger, zip_of

NOTE = MEMBERS["checkpoint"]
READ = read_note(NOTE)
ROOT = root(map(leaf_hash, small_log().leaf_list))
TEXT = READ.text
ELSE = signing_key("clerestory.local/else", bytes(range(32)))
SIZED = TEXT.replace("\n12\n", "\n012\n")
EXTENDED = TEXT + "an extension line\n"
OTHERS = [signing_key(f"else.example/{i}", bytes([i]) * 32) for i in range(1, 18)]


def line(name: str, key_id: bytes, signature: bytes) -> bytes:
    return f"\u2014 {name} {base64.b64encode(key_id + signature).decode()}\n".encode()


def signed(text: str, *lines: bytes) -> bytes:
    """A note as bytes, whether or not it is one."""
    return text.encode() + b"\n" + b"".join(lines)


OWN = line(KEY.key.name, KEY.key.key_id, KEY.sign(TEXT.encode()))


@pytest.mark.parametrize(
    "note, code",
    [
        pytest.param(sign_note(TEXT, stranger()), "E_SIG", id="another key of the same name"),
        pytest.param(
            signed(TEXT, line(KEY.key.name, b"\1\2\3\4", KEY.sign(TEXT.encode()))), "E_SIG", id="another key id"
        ),
        pytest.param(
            signed(TEXT, line(KEY.key.name, KEY.key.key_id, stranger().sign(TEXT.encode()))), "E_SIG", id="same key id"
        ),
        pytest.param(sign_note(TEXT, OTHERS[0]), "E_SIG", id="a key that nobody knows"),
        pytest.param(note_bytes(SignedNote(TEXT.replace("\n12\n", "\n11\n"), READ.signatures)), "E_SIG", id="size"),
        pytest.param(
            sign_note(checkpoint_text(Checkpoint(ELSE.key.name, 12, ROOT)), ELSE), "E_CHECKPOINT", id="another log"
        ),
        pytest.param(
            sign_note(checkpoint_text(Checkpoint(ELSE.key.name, 12, ROOT)), KEY), "E_CHECKPOINT", id="another origin"
        ),
        pytest.param(
            signed(SIZED, line(KEY.key.name, KEY.key.key_id, KEY.sign(SIZED.encode()))), "E_CHECKPOINT", id="012"
        ),
        pytest.param(
            signed(EXTENDED, line(KEY.key.name, KEY.key.key_id, KEY.sign(EXTENDED.encode()))),
            "E_CHECKPOINT",
            id="extension line",
        ),
        pytest.param(
            signed(TEXT, OWN, *(line(k.key.name, k.key.key_id, k.sign(TEXT.encode())) for k in OTHERS[:16])),
            "E_CHECKPOINT",
            id="17 signatures",
        ),
        pytest.param(NOTE.replace(b"\n", b"\r\n"), "E_CHECKPOINT", id="CRLF"),
        pytest.param(NOTE.replace("\u2014".encode(), b"-"), "E_CHECKPOINT", id="no em dash"),
        pytest.param(NOTE.replace("\u2014".encode(), "\u2013".encode()), "E_CHECKPOINT", id="en dash"),
        pytest.param(NOTE[:-1], "E_CHECKPOINT", id="no last newline"),
        pytest.param(NOTE[:-2] + b"\n", "E_CHECKPOINT", id="short base64"),
        pytest.param(signed(TEXT, OWN, OWN), "E_CHECKPOINT", id="two lines of one key"),
        pytest.param(
            signed(TEXT, OWN, line(KEY.key.name, KEY.key.key_id, stranger().sign(TEXT.encode()))),
            "E_CHECKPOINT",
            id="a good and a bad line of one key",
        ),
        pytest.param(TEXT.encode(), "E_CHECKPOINT", id="no signature"),
        pytest.param(b"", "E_CHECKPOINT", id="empty"),
    ],
)
def test_t7_a_forged_checkpoint_is_refused_with_its_code(note, code, tmp_path):
    verdict = judged(zip_of(forged(MEMBERS | {"checkpoint": note})), tmp_path)
    assert (verdict.exit_code, verdict.follows) == (Exit.DOES_NOT_FOLLOW, False)
    assert code in codes(verdict)
    assert places(verdict, code).split(" | ")[0] in ("checkpoint", "manifest.json")
    assert verdict.authenticity["verdict"] == "FAILED"


def test_t7_the_last_bits_of_base64_cannot_be_chosen(tmp_path):
    head, _, tail = NOTE.rpartition(b" ")
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    padded = tail.rstrip(b"\n").rstrip(b"=")
    last = letters.index(padded[-1:])
    unused = tail.count(b"=") * 2
    assert unused
    for other in range(1, 1 << unused):
        sloppy = padded[:-1] + letters[last ^ other : (last ^ other) + 1] + tail[len(padded) :]
        verdict = judged(zip_of(forged(MEMBERS | {"checkpoint": head + b" " + sloppy})), tmp_path)
        assert "E_CHECKPOINT" in codes(verdict)


def test_t7_the_logs_own_key_in_the_place_of_a_witness_is_no_witness(tmp_path):
    name = "witness.example/own"
    key = VerifierKey(name, COSIGNATURE, KEY.key.public)
    disguised = NoteSignature(name, key.key_id, bytes(8) + KEY.sign(TEXT.encode()))
    note = note_bytes(SignedNote(TEXT, (*READ.signatures, disguised)))
    asks = Trust(KEY.key.name, (KEY.key,), (key,), 1)
    verdict = judged(zip_of(forged(MEMBERS | {"checkpoint": note})), tmp_path, trust=asks)
    assert (verdict.exit_code, verdict.witnesses["count"]) == (Exit.DOES_NOT_FOLLOW, 0)
    assert places(verdict, "E_SIG") == "checkpoint"


def test_t7_a_witness_in_the_place_of_the_log_has_not_signed_for_it(tmp_path):
    witness = signing_key(KEY.key.name, KEY.seed, COSIGNATURE)
    line_alone = SignedNote(TEXT, cosign(READ, witness, 5).signatures[1:])
    verdict = judged(zip_of(forged(MEMBERS | {"checkpoint": note_bytes(line_alone)})), tmp_path)
    assert (codes(verdict), verdict.authenticity["verdict"]) == ({"E_SIG"}, "FAILED")


def test_t7_fifteen_unknown_signatures_beside_the_logs_own_are_passed_over(tmp_path):
    note = sign_note(TEXT, KEY, *OTHERS[:15])
    verdict = judged(zip_of(forged(MEMBERS | {"checkpoint": note})), tmp_path)
    assert (verdict.exit_code, verdict.witnesses["count"]) == (Exit.FINE, 0)
